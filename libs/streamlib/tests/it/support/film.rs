//! What stands in a film, as ffprobe and ffmpeg decode it: nothing of ours looks at what ours made.

use std::cell::OnceCell;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use streamlib_processor::abi::media::Rectangle;
use streamlib_video::frame_number::{read_frame_number, read_frame_number_in};

/// Mean luma from which on a picture is a flash; the moving pattern stays below 120.
const BRIGHT: u64 = 170;

/// A decoded film. Times are seconds.
#[derive(Debug)]
pub(crate) struct Film {
    pub(crate) pictures: Vec<Picture>,
    pub(crate) sound: Option<Sound>,
}

/// A decoded picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Picture {
    /// When it is shown.
    pub(crate) time: f64,
    /// The number in its top left corner, if it has one that can be read.
    pub(crate) number: Option<u16>,
    pub(crate) is_flash: bool,
}

/// Decoded sound.
#[derive(Debug)]
pub(crate) struct Sound {
    pub(crate) channels: usize,
    pub(crate) rate: usize,
    pub(crate) start: f64,
    pub(crate) end: f64,
    path: PathBuf,
    /// The first two seconds, channels interleaved, once they were asked for.
    samples: OnceCell<Vec<f32>>,
}

impl Film {
    /// Decodes a film.
    pub(crate) fn of(path: &Path) -> Self {
        let kinds = probe(path, &["-show_entries", "stream=codec_type"]);
        let has = |kind: &str| kinds.iter().any(|found| found.trim_end_matches(',') == kind);
        let pictures = if has("video") { pictures(path) } else { Vec::new() };
        Self { pictures, sound: has("audio").then(|| Sound::of(path)) }
    }

    /// The numbers in the pictures.
    pub(crate) fn numbers(&self) -> Vec<Option<u16>> {
        self.pictures.iter().map(|picture| picture.number).collect()
    }

    /// Where the pictures end, if the last one is shown for as long as the one before it.
    pub(crate) fn end(&self) -> f64 {
        match self.pictures[..] {
            [.., before, last] => 2.0 * last.time - before.time,
            _ => panic!("too few pictures: {:?}", self.pictures),
        }
    }

    /// When flashes are seen.
    pub(crate) fn flashes(&self) -> Vec<f64> {
        self.pictures.iter().filter(|it| it.is_flash).map(|it| it.time).collect()
    }
}

fn pictures(path: &Path) -> Vec<Picture> {
    let select = ["-select_streams", "v:0", "-show_entries"];
    let size = probe(path, &[&select[..], &["stream=width,height"]].concat());
    let [width, height] = values(&size[0])[..] else { panic!("{size:?}") };
    let times = probe(path, &[&select[..], &["frame=pts_time"]].concat());
    let mut times = times.iter().map(|line| values(line)[0]);
    let mut luma = vec![0; width as usize * height as usize];
    let mut found = Vec::new();
    let gray = ["-map", "0:v:0", "-vsync", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray"];
    decode(path, &gray, |stdout| {
        while stdout.read_exact(&mut luma).is_ok() {
            let below = luma[width as usize * 64..].iter().step_by(61);
            let (count, sum) =
                below.fold((0, 0), |(count, sum), it| (count + 1, sum + u64::from(*it)));
            found.push(Picture {
                time: times.next().expect("a time for each picture"),
                number: read_number(&luma, (width as u32, height as u32)),
                is_flash: sum / count > BRIGHT,
            });
        }
    });
    assert_eq!(times.next(), None, "a picture for each time");
    found
}

/// The number of a picture, also of one that was made twice as large.
fn read_number(luma: &[u8], (width, height): (u32, u32)) -> Option<u16> {
    let stride = width as usize;
    let shown = Rectangle { x: 0, y: 0, width, height };
    read_frame_number(luma, stride, width, height)
        .or_else(|| read_frame_number_in(luma, stride, shown, (width / 2, height / 2)))
}

impl Sound {
    fn of(path: &Path) -> Self {
        let select = ["-select_streams", "a:0", "-show_entries"];
        let shape = probe(path, &[&select[..], &["stream=sample_rate,channels"]].concat());
        let [rate, channels] = values(&shape[0])[..] else { panic!("{shape:?}") };
        let blocks = probe(path, &[&select[..], &["frame=pts_time,nb_samples"]].concat());
        let blocks: Vec<_> = blocks.iter().map(|line| values(line)).collect();
        let (start, mut end) = (blocks[0][0], blocks[0][0]);
        for block in &blocks {
            assert!((block[0] - end).abs() < 0.002, "a hole in the sound at {end} s");
            end = block[0] + block[1] / rate;
        }
        let (path, channels, rate) = (path.to_owned(), channels as usize, rate as usize);
        Self { channels, rate, start, end, path, samples: OnceCell::new() }
    }

    /// When beeps begin: where the sound gets loud after 0.3 s of quiet, and quiet again.
    pub(crate) fn beeps(&self) -> Vec<f64> {
        let detect = ["-af", "silencedetect=noise=0.2:duration=0.3", "-f", "null", "-"];
        let output = ffmpeg(&self.path, &["-map", "0:a:0"], &detect).output().unwrap();
        let log = String::from_utf8_lossy(&output.stderr);
        let after = |line: &str, word: &str| {
            let rest = line.split_once(word)?.1.split_whitespace().next()?;
            rest.parse::<f64>().ok()
        };
        let (mut found, mut loud_since) = (Vec::new(), None);
        for line in log.lines() {
            if after(line, "silence_start: ").is_some() {
                found.extend(loud_since.take());
            }
            loud_since = after(line, "silence_end: ").or(loud_since);
        }
        found
    }

    /// How much of a tone there is in a channel, 0 to 1, by the Goertzel algorithm over the first
    /// two seconds.
    pub(crate) fn level(&self, channel: usize, hertz: f64) -> f64 {
        let samples = self.samples.get_or_init(|| {
            let mut bytes = Vec::new();
            let arguments = ["-map", "0:a:0", "-t", "2", "-c:a", "pcm_f32le", "-f", "f32le"];
            decode(&self.path, &arguments, |stdout| {
                stdout.read_to_end(&mut bytes).unwrap();
            });
            let samples = bytes.chunks_exact(4);
            samples.map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect()
        });
        let coefficient = 2.0 * (std::f64::consts::TAU * hertz / self.rate as f64).cos();
        let (mut one, mut two, mut count) = (0.0, 0.0, 0.0);
        for sample in samples.iter().skip(channel).step_by(self.channels) {
            (one, two) = (f64::from(*sample) + coefficient * one - two, one);
            count += 1.0;
        }
        2.0 * (one * one + two * two - coefficient * one * two).max(0.0).sqrt() / count
    }
}

/// An ffmpeg that decodes a stream. It says only what is wrong, and what its filters find.
fn ffmpeg(path: &Path, stream: &[&str], arguments: &[&str]) -> Command {
    let level = if arguments.contains(&"-af") { "info" } else { "error" };
    let mut command = Command::new("ffmpeg");
    command.args(["-v", level, "-nostats", "-nostdin", "-noautorotate", "-copyts", "-i"]);
    command.arg(path).args(stream).args(arguments);
    command
}

/// Has ffmpeg decode a stream without a word of complaint, and reads what comes out.
fn decode(path: &Path, arguments: &[&str], read: impl FnOnce(&mut dyn Read)) {
    let mut child = ffmpeg(path, arguments, &["pipe:1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("ffmpeg is there; `cargo xtask test` installs it");
    read(&mut child.stdout.take().unwrap());
    let output = child.wait_with_output().unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaints.is_empty(), "{}: {complaints}", path.display());
}

/// What `ffprobe -v warning` says of a file: its lines, and that it has no warning.
pub(crate) fn probe(path: &Path, arguments: &[&str]) -> Vec<String> {
    let output = Command::new("ffprobe")
        .args(["-v", "warning", "-of", "csv=p=0"])
        .args(arguments)
        .arg(path)
        .output()
        .expect("ffprobe is there; `cargo xtask test` installs it");
    let warnings = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && warnings.is_empty(), "{}: {warnings}", path.display());
    let lines = String::from_utf8_lossy(&output.stdout);
    lines.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// The numbers of the first pictures of a clip.
pub(crate) fn numbers(count: u16) -> Vec<Option<u16>> {
    (0..count).map(Some).collect()
}

/// The values of one line of ffprobe's.
fn values(line: &str) -> Vec<f64> {
    line.split(',').filter_map(|text| text.parse().ok()).collect()
}

/// How many pictures or blocks of sound decode from a stream (`v:0`, `a:0`).
pub(crate) fn decoded_frames(path: &Path, stream: &str) -> usize {
    let select = ["-select_streams", stream, "-count_frames"];
    let lines = probe(path, &[&select[..], &["-show_entries", "stream=nb_read_frames"]].concat());
    values(&lines[0])[0] as usize
}
