//! What is written is what is read, for films made up at random.

use std::time::Duration;

use proptest::prelude::*;
use streamlib_abi::media::{Colour, Orientation, Rational};
use streamlib_container::{Language, TrackId, VideoTrack, WriterOptions, WriterTrack};

use crate::film::{Film, PICTURE, Sample, opus_track, scale, video_track};

/// Frames of a video track: duration, whether it is a key frame, size, and how many of the frames
/// behind it are shown before it (B-frames).
fn frames() -> impl Strategy<Value = Vec<(u32, bool, usize, usize)>> {
    proptest::collection::vec(
        (1..5_000_u32, prop::bool::weighted(0.1), 1..300_usize, 0..4_usize),
        1..120,
    )
}

fn picture() -> impl Strategy<Value = VideoTrack> {
    (0..4_u8, 0..2_u8, 1..500_u32, 1..500_u32, any::<bool>()).prop_map(
        |(quarter_turns, mirrored, num, den, coloured)| VideoTrack {
            orientation: Orientation { quarter_turns, mirrored },
            sample_aspect: Rational::new(num, den).reduced(),
            colour: if coloured {
                Colour { siting: Colour::UNKNOWN.siting, ..Colour::BT709 }
            } else {
                Colour::UNKNOWN
            },
            ..PICTURE
        },
    )
}

fn timescale() -> impl Strategy<Value = u32> {
    prop::sample::select(vec![24, 25, 600, 12_800, 30_000, 44_100, 48_000, 90_000, 1_000_000])
}

/// Presentation times for frames that are decoded at `dts`: frame `i` is shown after the
/// `behind[i]` frames that follow it, as an encoder with B-frames reorders them. Also the largest
/// distance by which a frame would have to be shown before it is decoded.
fn reorder(dts: &[i64], behind: &[usize]) -> (Vec<i64>, i64) {
    let mut order: Vec<usize> = (0..dts.len()).collect();
    let mut index = 0;
    while index < order.len() {
        let count = behind[index].min(order.len() - 1 - index);
        order[index..=index + count].rotate_left(1);
        index += count + 1;
    }
    let mut pts = vec![0; dts.len()];
    for (place, frame) in order.into_iter().enumerate() {
        pts[frame] = dts[place];
    }
    let delay = dts.iter().zip(&pts).map(|(dts, pts)| dts - pts).max().unwrap_or(0);
    (pts, delay.max(0))
}

fn video(frames: &[(u32, bool, usize, usize)], rate: u32, delay: u64, picture: VideoTrack) -> Film {
    let mut next = 0_i64;
    let dts: Vec<i64> = frames
        .iter()
        .map(|frame| {
            let dts = next;
            next += i64::from(frame.0);
            dts
        })
        .collect();
    let behind: Vec<usize> = frames.iter().map(|frame| frame.3).collect();
    let (pts, reorder_delay) = reorder(&dts, &behind);
    let start = i64::try_from(delay).expect("small");
    let samples = frames.iter().zip(dts.iter().zip(pts)).map(|(frame, (dts, pts))| Sample {
        track: TrackId(1),
        dts: dts - reorder_delay + start,
        pts: pts + start,
        duration: frame.0,
        key_frame: frame.1,
        trim_start: 0,
        data: vec![frame.2 as u8; frame.2],
    });
    let track = WriterTrack {
        timescale: scale(rate),
        media_start: u32::try_from(reorder_delay).expect("small"),
        start_delay: delay,
        language: Language::new(*b"deu").expect("a language"),
        kind: streamlib_container::TrackKind::Video(picture),
        ..video_track()
    };
    Film { samples: samples.collect(), tracks: vec![track] }
}

fn with_sound(mut film: Film, count: usize, delay: u64) -> Film {
    let start = i64::try_from(delay).expect("small") - 312;
    film.samples.extend((0..count).map(|index| Sample {
        track: TrackId(2),
        dts: start + index as i64 * 960,
        pts: start + index as i64 * 960,
        duration: 960,
        key_frame: true,
        trim_start: if index == 0 { 312 } else { 0 },
        data: vec![index as u8; 1 + index % 7],
    }));
    film.tracks.push(WriterTrack { start_delay: delay, ..opus_track() });
    let tracks = film.tracks.clone();
    film.samples
        .sort_by_key(|sample| tracks[sample.track.0 as usize - 1].timescale.to_ns(sample.dts));
    film
}

proptest! {
    #[test]
    fn films(
        frames in frames(),
        rate in timescale(),
        picture in picture(),
        delays in (0..3_u64, 0..100_000_u64),
        sound in 0..200_usize,
        limits in (1..3_000_u64, 1..20_000_usize),
    ) {
        let start_delay = delays.0 * u64::from(rate);
        let film = with_sound(video(&frames, rate, start_delay, picture), sound, delays.1);
        let options = WriterOptions {
            max_fragment_duration: Duration::from_millis(limits.0),
            max_fragment_bytes: limits.1,
        };
        let again = Film::parse(&film.encode(options));
        for id in film.ids() {
            prop_assert_eq!(again.of(id), film.of(id));
        }
        prop_assert_eq!(&again.tracks[0], &film.tracks[0]);
        if sound > 0 {
            prop_assert_eq!(&again.tracks[1], &film.tracks[1]);
        }
    }
}

#[test]
fn a_gap_keeps_its_place() {
    let film = video(&[(1, true, 5, 0); 10], 25, 0, PICTURE);
    let mut gapped = film.clone();
    for sample in &mut gapped.samples[4..] {
        sample.dts += 50;
        sample.pts += 50;
    }
    let again = Film::parse(&gapped.encode(WriterOptions::default()));
    let times = |film: &Film| film.samples.iter().map(|s| (s.dts, s.pts)).collect::<Vec<_>>();
    assert_eq!(times(&again), times(&gapped));
    assert_eq!(again.samples[3].duration, 51);
}
