//! The table of test clips: how each is made, and what ffprobe must say of it.

use super::picture::Pictures;

/// One clip.
#[derive(Debug)]
pub(crate) struct Recipe {
    /// Its file name.
    pub(crate) file: &'static str,
    /// What it is for.
    pub(crate) purpose: &'static str,
    /// How it is made.
    pub(crate) make: Make,
    /// What must hold of it.
    pub(crate) probes: &'static [Probe],
}

/// How a clip is made.
#[derive(Debug)]
pub(crate) enum Make {
    /// The film itself.
    Film,
    /// ffmpeg with these arguments between input and output; the pictures are its first input.
    Encode {
        /// Numbered pictures, unless the clip has none.
        pictures: Option<Pictures>,
        /// Arguments, split at white space.
        arguments: &'static [&'static str],
    },
    /// H.264 streams, each encoded alone, one after the other in one track.
    Joined(&'static [(Pictures, &'static [&'static str])]),
    /// A clip that stands earlier in the table, with the display matrix of its first track
    /// changed to a turn by 90 degrees clockwise.
    Turned {
        /// That clip's file name.
        of: &'static str,
    },
    /// The first part of a clip that stands earlier in the table.
    Cut {
        /// That clip's file name.
        of: &'static str,
        /// How much of its bytes stays.
        keep_percent: usize,
    },
    /// These bytes.
    Bytes(&'static [u8]),
}

/// A question to ffprobe with its one right answer.
#[derive(Debug)]
pub(crate) struct Probe {
    /// Arguments, split at white space.
    pub(crate) question: &'static str,
    /// The values, white space made single.
    pub(crate) answer: &'static str,
    /// How far a number may be from the answer's.
    tolerance: f64,
}

impl Probe {
    /// Whether `found`, as ffprobe printed it, is the answer.
    pub(crate) fn holds(&self, found: &str) -> bool {
        fn values(text: &str) -> Vec<&str> {
            let values = text.split(|c: char| c == ',' || c.is_whitespace());
            values.filter(|value| !value.is_empty()).collect()
        }
        let (found, answer) = (values(found), values(self.answer));
        found.len() == answer.len()
            && found.iter().zip(&answer).all(|(found, answer)| {
                found == answer
                    || match (found.parse::<f64>(), answer.parse::<f64>()) {
                        (Ok(found), Ok(answer)) => (found - answer).abs() <= self.tolerance,
                        _ => false,
                    }
            })
    }
}

const fn probe(question: &'static str, answer: &'static str) -> Probe {
    Probe { question, answer, tolerance: 0.0 }
}

/// 640x360 at 25 frames a second.
const fn pictures(count: u32) -> Pictures {
    Pictures { width: 640, height: 360, rate: "25", first: 0, count, flashes: &[] }
}

const fn sized(width: usize, height: usize, first: u32, count: u32) -> Pictures {
    Pictures { width, height, rate: "25", first, count, flashes: &[] }
}

/// x264 without B-frames, a key frame a second.
const H264: &str = "-c:v libx264 -preset veryfast -pix_fmt yuv420p -bf 0 -g 25 -crf 20";
/// AAC-LC.
const AAC: &str = "-c:a aac -b:a 96k";
/// A stereo tone of five seconds.
const STEREO: &str = "-f lavfi -i sine=440:sample_rate=48000:duration=5";

const FRAMES: &str = "-select_streams v -count_frames -show_entries stream=nb_read_frames";

/// Every clip, in the order in which they are made.
pub(crate) const ALL: &[Recipe] = &[
    Recipe {
        file: "bbb.mp4",
        purpose: "the film: H.264 1280x720 and AAC 5.1, 132 frames",
        make: Make::Film,
        probes: &[
            probe(FRAMES, "132"),
            probe("-select_streams a -show_entries stream=codec_name,channels", "aac,6"),
        ],
    },
    Recipe {
        file: "bframes.mp4",
        purpose: "B-frames: decode order other than presentation order, and an edit list",
        make: Make::Encode {
            pictures: Some(pictures(125)),
            arguments: &[
                STEREO,
                "-c:v libx264 -preset veryfast -pix_fmt yuv420p -bf 3 -b_strategy 0 -g 25",
                "-crf 20 -ac 2",
                AAC,
            ],
        },
        probes: &[
            probe("-select_streams v -show_entries stream=has_b_frames,start_time", "2,0.000000"),
            probe(FRAMES, "125"),
            // Decode time starts before presentation: what the edit list takes away again.
            probe(
                "-select_streams v -read_intervals %+#4 -show_entries packet=pts_time,dts_time",
                "0.000000,-0.080000 0.160000,-0.040000 0.080000,0.000000 0.040000,0.040000",
            ),
        ],
    },
    Recipe {
        file: "vfr.mp4",
        purpose: "variable frame rate: frames last 20, 40, 60 and 100 ms in turn",
        make: Make::Encode {
            pictures: Some(pictures(100)),
            arguments: &[
                STEREO,
                "-vf settb=1/1000,setpts=220*floor(N/4)+20*eq(mod(N\\,4)\\,1)+60*eq(mod(N\\,4)\\,2)\
                 +120*eq(mod(N\\,4)\\,3)",
                "-vsync passthrough -enc_time_base 1/1000 -video_track_timescale 1000",
                H264,
                "-ac 2",
                AAC,
            ],
        },
        probes: &[
            probe(FRAMES, "100"),
            probe(
                "-select_streams v -read_intervals %+#6 -show_entries packet=pts_time",
                "0.000000 0.020000 0.060000 0.120000 0.220000 0.240000",
            ),
        ],
    },
    Recipe {
        file: "ntsc.mp4",
        purpose: "29.97 frames a second with 44.1 kHz stereo",
        make: Make::Encode {
            pictures: Some(Pictures {
                width: 640,
                height: 360,
                rate: "30000/1001",
                first: 0,
                count: 150,
                flashes: &[],
            }),
            arguments: &["-f lavfi -i sine=440:sample_rate=44100:duration=5.005 -ac 2", H264, AAC],
        },
        probes: &[
            probe("-select_streams v -show_entries stream=r_frame_rate", "30000/1001"),
            probe("-select_streams a -show_entries stream=sample_rate,channels", "44100,2"),
            probe(FRAMES, "150"),
        ],
    },
    Recipe {
        file: "late_audio.mp4",
        purpose: "sound that starts 2 s after the picture",
        make: Make::Encode {
            pictures: Some(pictures(125)),
            arguments: &[
                "-itsoffset 2 -f lavfi -i sine=440:sample_rate=48000:duration=3 -ac 2",
                H264,
                AAC,
            ],
        },
        probes: &[
            // The encoder's 1024 priming samples stand before the 2 s; how they are marked differs
            // between versions of ffmpeg.
            Probe {
                question: "-show_entries stream=codec_type,start_time",
                answer: "video,0.000000 audio,2.000000",
                tolerance: 0.023,
            },
            probe(FRAMES, "125"),
        ],
    },
    Recipe {
        file: "ten_bit.mp4",
        purpose: "H.264 High 10, which the bundled decoder has to refuse by name",
        make: Make::Encode {
            pictures: Some(pictures(25)),
            arguments: &["-c:v libx264 -preset veryfast -pix_fmt yuv420p10le -crf 20"],
        },
        probes: &[probe(
            "-select_streams v -show_entries stream=profile,pix_fmt",
            "High 10,yuv420p10le",
        )],
    },
    Recipe {
        file: "flash_and_beep.mp4",
        purpose: "a white frame and a 1 kHz beep of 40 ms at 1.0 s and at 9.0 s",
        make: Make::Encode {
            pictures: Some(Pictures {
                width: 640,
                height: 360,
                rate: "25",
                first: 0,
                count: 250,
                flashes: &[25, 225],
            }),
            arguments: &[
                "-f lavfi -i aevalsrc=0.8*sin(2*PI*1000*t)*(gte(t\\,1)*lt(t\\,1.04)\
                 +gte(t\\,9)*lt(t\\,9.04)):sample_rate=48000:duration=10 -ac 2",
                H264,
                AAC,
            ],
        },
        probes: &[
            probe("-show_entries stream=codec_type,start_time", "video,0.000000 audio,0.000000"),
            probe(FRAMES, "250"),
        ],
    },
    Recipe {
        file: "size_change.mp4",
        purpose: "1280x720 for 50 frames, then 640x360 for 50, in one track",
        make: Make::Joined(&[
            (sized(1280, 720, 0, 50), &[H264, "-f h264"]),
            (sized(640, 360, 50, 50), &[H264, "-f h264"]),
        ]),
        probes: &[
            probe(FRAMES, "100"),
            probe(
                "-select_streams v -skip_frame nokey -show_entries frame=width,height",
                "1280,720 1280,720 640,360 640,360",
            ),
        ],
    },
    Recipe {
        file: "no_video.mp4",
        purpose: "sound only",
        make: Make::Encode { pictures: None, arguments: &[STEREO, "-ac 2", AAC] },
        probes: &[probe("-show_entries stream=codec_type,channels", "audio,2")],
    },
    Recipe {
        file: "no_audio.mp4",
        purpose: "pictures only",
        make: Make::Encode { pictures: Some(pictures(50)), arguments: &[H264] },
        probes: &[probe("-show_entries stream=codec_type", "video"), probe(FRAMES, "50")],
    },
    Recipe {
        file: "rotated.mp4",
        purpose: "a picture to be shown turned clockwise by 90 degrees",
        make: Make::Turned { of: "no_audio.mp4" },
        probes: &[
            probe("-select_streams v -show_entries stream_side_data=rotation", "-90"),
            probe("-select_streams v -show_entries stream=width,height", "640,360"),
        ],
    },
    Recipe {
        file: "six_tones.mp4",
        purpose: "AAC 5.1 with its own tone in each channel: FL 300, FR 400, FC 500, LFE 60, \
                  BL 700, BR 800 Hz",
        make: Make::Encode {
            pictures: None,
            arguments: &[
                "-f lavfi -i aevalsrc=0.2*sin(600*PI*t)|0.2*sin(800*PI*t)|0.2*sin(1000*PI*t)\
                 |0.2*sin(120*PI*t)|0.2*sin(1400*PI*t)|0.2*sin(1600*PI*t)\
                 :channel_layout=5.1:sample_rate=48000:duration=3",
                "-c:a aac -b:a 384k",
            ],
        },
        probes: &[probe("-show_entries stream=channels,channel_layout", "6,5.1")],
    },
    Recipe {
        file: "opus.mp4",
        purpose: "H.264 with Opus stereo, whose pre-skip has to be taken away",
        make: Make::Encode {
            pictures: Some(pictures(50)),
            arguments: &[
                "-f lavfi -i sine=440:sample_rate=48000:duration=2 -ac 2",
                H264,
                "-c:a libopus -b:a 96k -strict experimental",
            ],
        },
        probes: &[probe("-select_streams a -show_entries stream=codec_name", "opus")],
    },
    Recipe {
        file: "fragmented.mp4",
        purpose: "a fragmented file, a fragment a second",
        make: Make::Encode {
            pictures: Some(pictures(125)),
            arguments: &[STEREO, H264, "-ac 2", AAC, "-movflags frag_keyframe+empty_moov"],
        },
        probes: &[probe(FRAMES, "125")],
    },
    Recipe {
        file: "anamorphic.mp4",
        purpose: "pixels that are 4:3 wide",
        make: Make::Encode { pictures: Some(pictures(25)), arguments: &[H264, "-vf setsar=4/3"] },
        probes: &[probe("-select_streams v -show_entries stream=sample_aspect_ratio", "4:3")],
    },
    Recipe {
        file: "two_sounds.mp4",
        purpose: "two sound tracks, a tone of 440 Hz and one of 880 Hz",
        make: Make::Encode {
            pictures: Some(pictures(50)),
            arguments: &[
                "-f lavfi -i sine=440:sample_rate=48000:duration=2",
                "-f lavfi -i sine=880:sample_rate=48000:duration=2",
                "-map 0:v -map 1:a -map 2:a",
                H264,
                "-ac 2",
                AAC,
            ],
        },
        probes: &[probe("-show_entries stream=codec_type", "video audio audio")],
    },
    Recipe {
        file: "unknown_codec.mp4",
        purpose: "MPEG-4 part 2 pictures, which nothing in the default build decodes",
        make: Make::Encode { pictures: Some(pictures(25)), arguments: &["-c:v mpeg4 -q:v 5"] },
        probes: &[probe("-select_streams v -show_entries stream=codec_name", "mpeg4")],
    },
    Recipe {
        file: "one_hour.mp4",
        purpose: "an hour at 1 frame a second, with a flash and a beep of 100 ms at 10, 905, \
                  1800, 2695 and 3590 s: drift shows as a growing distance",
        make: Make::Encode {
            pictures: Some(Pictures {
                width: 320,
                height: 180,
                rate: "1",
                first: 0,
                count: 3600,
                flashes: &[10, 905, 1800, 2695, 3590],
            }),
            arguments: &[
                "-f lavfi -i aevalsrc=0.8*sin(2*PI*1000*t)*lt(mod(t+885\\,895)\\,0.1)\
                 :sample_rate=16000:duration=3600",
                "-c:v libx264 -preset veryfast -pix_fmt yuv420p -bf 0 -g 60 -crf 28",
                "-c:a aac -b:a 16k -ac 1",
            ],
        },
        probes: &[
            probe(FRAMES, "3600"),
            probe("-select_streams v -show_entries stream=duration", "3600.000000"),
            probe("-select_streams a -show_entries stream=sample_rate,channels", "16000,1"),
        ],
    },
    Recipe {
        file: "index_first.mp4",
        purpose: "like the others, with its index before its data",
        make: Make::Encode {
            pictures: Some(pictures(125)),
            arguments: &[STEREO, H264, "-ac 2", AAC, "-movflags faststart"],
        },
        probes: &[probe(FRAMES, "125")],
    },
    Recipe {
        file: "truncated.mp4",
        purpose: "the index is whole, the last 40 % of the data are missing",
        make: Make::Cut { of: "index_first.mp4", keep_percent: 60 },
        probes: &[],
    },
    Recipe {
        file: "truncated_no_index.mp4",
        purpose: "the end with the index is missing",
        make: Make::Cut { of: "bframes.mp4", keep_percent: 60 },
        probes: &[],
    },
    Recipe {
        file: "not_an_mp4.mp4",
        purpose: "a text under the wrong name",
        make: Make::Bytes(b"This is a text. It only calls itself an MP4 file.\n"),
        probes: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_exact_but_for_their_tolerance() {
        let exact = probe("", "a,1.000");
        let near = Probe { tolerance: 0.02, ..probe("", "a,1.000") };
        let table =
            [("a,1.000\n", true, true), ("a,1.010", false, true), ("a,1.030", false, false)];
        for (found, is_exact, is_near) in table {
            assert_eq!((exact.holds(found), near.holds(found)), (is_exact, is_near), "{found}");
        }
        assert!(!exact.holds("b,1.000") && !exact.holds("a,1.000 a,1.000") && !exact.holds(""));
    }

    #[test]
    fn every_clip_has_its_own_name_and_a_way_to_be_checked() {
        for (index, recipe) in ALL.iter().enumerate() {
            let earlier = &ALL[..index];
            assert!(earlier.iter().all(|other| other.file != recipe.file), "{}", recipe.file);
            match recipe.make {
                Make::Cut { of, .. } | Make::Turned { of } => {
                    assert!(earlier.iter().any(|other| other.file == of), "{}", recipe.file);
                }
                Make::Bytes(_) => {}
                _ => assert!(!recipe.probes.is_empty(), "{}", recipe.file),
            }
        }
    }
}
