//! What the source gives of each kind of file.

use streamlib_abi::media::{ChannelLayout, Orientation, Rational};

use super::assets::asset;
use super::drive::{Played, from_file, play, play_all, source};
use super::measure::{beeps, flashes, heard, numbers, sample_count};

/// Every picture is there, in order, at these times, and lasts until the next.
fn check_pictures(clip: &str, count: u16, start_ns: impl Fn(i64) -> i64) -> Played {
    let played = play(&asset(clip));
    assert_eq!(numbers(&played.video), (0..count).collect::<Vec<_>>(), "{clip}");
    for (index, frame) in (0..).zip(&played.video) {
        let length_ns = (start_ns(index + 1) - start_ns(index)) as u64;
        let found = (frame.timestamp_ns(), frame.duration_ns());
        assert_eq!(found, (start_ns(index), Some(length_ns)), "{clip}, frame {index}");
    }
    assert!(played.order_ns.is_sorted(), "{clip}");
    played
}

/// The sound has this many samples and follows on from itself.
fn check_sound(played: &Played, clip: &str, start_ns: i64, samples: usize) {
    assert_eq!(
        (heard(&played.audio).0, sample_count(&played.audio)),
        (start_ns, samples),
        "{clip}"
    );
    for pair in played.audio.windows(2) {
        let off_ns = pair[1].timestamp_ns() - pair[0].envelope().end_ns();
        assert!(off_ns.abs() <= 1, "{clip}: {off_ns} ns at {}", pair[1].timestamp_ns());
    }
}

fn at_25(index: i64) -> i64 {
    index * 40_000_000
}

#[test]
fn the_film_is_played_whole_and_in_order() {
    let played = play(&asset("bbb.mp4"));
    assert_eq!(played.video.len(), 132);
    assert!(played.order_ns.is_sorted());
    for (index, frame) in (0..).zip(&played.video) {
        assert_eq!((frame.timestamp_ns(), frame.duration_ns()), (at_25(index), Some(40_000_000)));
    }
    check_sound(&played, "bbb.mp4", 0, 254_976);
    let sound = played.audio[0].format();
    assert_eq!((sound.sample_rate, sound.layout), (48_000, ChannelLayout::Surround51));
    let pictures = played.video[0].format();
    assert_eq!((pictures.width, pictures.height), (1280, 720));
    assert_eq!(pictures.frame_rate, Rational::new(25, 1));
}

#[test]
fn pictures_come_in_the_order_of_presentation() {
    let played = check_pictures("bframes.mp4", 125, at_25);
    check_sound(&played, "bframes.mp4", 0, 240_000);
    check_pictures("index_first.mp4", 125, at_25);
    // ffmpeg writes fragments without an edit list: the priming of the sound delays the pictures,
    // all but the first of them.
    let fragmented = play(&asset("fragmented.mp4"));
    assert_eq!(numbers(&fragmented.video), (0..125).collect::<Vec<_>>());
    let second_ns = fragmented.video[1].timestamp_ns();
    assert_eq!((second_ns, fragmented.video[0].duration_ns()), (61_406_250, Some(61_406_250)));
}

#[test]
fn a_variable_rate_keeps_its_times() {
    let start_ns =
        |index: i64| (index / 4 * 220 + [0, 20, 60, 120][index as usize % 4]) * 1_000_000;
    let played = play(&asset("vfr.mp4"));
    assert_eq!(numbers(&played.video), (0..100).collect::<Vec<_>>());
    assert_eq!(played.video[0].format().frame_rate, Rational::UNKNOWN);
    for (index, frame) in (0..99).zip(&played.video) {
        let length_ns = (start_ns(index + 1) - start_ns(index)) as u64;
        assert_eq!((frame.timestamp_ns(), frame.duration_ns()), (start_ns(index), Some(length_ns)));
    }
}

#[test]
fn times_of_29_97_frames_a_second_do_not_drift() {
    let rate = Rational::new(30_000, 1_001);
    let start_ns = |index: i64| rate.frame_start_ns(index as u64).expect("a known rate");
    let played = check_pictures("ntsc.mp4", 150, start_ns);
    assert_eq!(played.video[0].format().frame_rate, rate);
    assert_eq!(played.audio[0].sample_rate(), 44_100);
    check_sound(&played, "ntsc.mp4", 0, 220_721);
}

#[test]
fn sound_that_starts_late_starts_late_and_nobody_waits_for_it() {
    let mut harness = source(from_file(&asset("late_audio.mp4")));
    harness.call().expect("a first picture");
    let until_ns = harness.gap_until_ns("audio").expect("there is the output").expect("a gap");
    let (played, result) = play_all(&mut harness);
    result.expect("the file plays");
    assert_eq!(heard(&played.audio).0, until_ns);
    assert!(until_ns.abs_diff(2_000_000_000) <= 22_000_000, "{until_ns}");
    assert_eq!(harness.gap_until_ns("video").expect("the output"), Some(i64::MAX));
}

#[test]
fn turned_and_wide_pixels_stand_in_the_format() {
    let rotated = play(&asset("rotated.mp4"));
    let turn = Orientation { quarter_turns: 1, mirrored: 0 };
    assert_eq!(rotated.video[0].format().orientation, turn);
    assert_eq!((rotated.video[0].width(), rotated.video[0].height()), (640, 360));
    let wide = play(&asset("anamorphic.mp4"));
    assert_eq!(wide.video[0].format().sample_aspect, Rational::new(4, 3));
}

#[test]
fn a_change_of_size_is_a_change_of_format() {
    let played = play(&asset("size_change.mp4"));
    assert_eq!(numbers(&played.video), (0..100).collect::<Vec<_>>());
    let sizes: Vec<_> = played.video.iter().map(|frame| (frame.width(), frame.height())).collect();
    assert!(sizes[..50].iter().all(|size| *size == (1280, 720)), "{sizes:?}");
    assert!(sizes[50..].iter().all(|size| *size == (640, 360)), "{sizes:?}");
}

#[test]
fn the_delay_of_opus_is_taken_away() {
    let played = check_pictures("opus.mp4", 50, at_25);
    check_sound(&played, "opus.mp4", 0, 96_000);
}

#[test]
fn a_file_may_have_one_track_only() {
    let mut harness = source(from_file(&asset("no_video.mp4")));
    let (played, result) = play_all(&mut harness);
    result.expect("sound alone plays");
    assert_eq!((played.video.len(), sample_count(&played.audio)), (0, 240_000));
    assert_eq!(harness.gap_until_ns("video").expect("the output"), Some(i64::MAX));
    let played = check_pictures("no_audio.mp4", 50, at_25);
    assert!(played.audio.is_empty());
    assert_eq!(sample_count(&play(&asset("six_tones.mp4")).audio), 144_000);
}

#[test]
fn flash_and_beep_are_at_the_same_time() {
    let played = play(&asset("flash_and_beep.mp4"));
    assert_eq!(flashes(&played), [1_000_000_000, 9_000_000_000]);
    let beeps = beeps(&played);
    assert_eq!(beeps.len(), 2);
    for (beep, flash) in beeps.iter().zip(flashes(&played)) {
        assert!((beep - flash).abs() < 2_000_000, "{beep} and {flash}");
    }
}
