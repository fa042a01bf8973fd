//! Clips with one difficulty each go through effects into a file, and come out of it whole: the
//! same pictures at the same times, the same sound, in step.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Film, Graph, Sound, assert_near, clip, numbers, probe};

/// Three effects that leave the numbers in the pictures as they are, and the sound beside them.
const PICTURES: [&str; 4] = [
    "movie.video -> gray.video_in",
    "gray.video_out -> negative.video_in",
    "negative.video_out -> positive.video_in",
    "positive.video_out -> file.video",
];
const SOUND: &str = "movie.audio -> file.audio";
/// Opus knows no 44.1 kHz.
const RESAMPLED: [&str; 2] =
    ["movie.audio -> resampled.audio_in", "resampled.audio_out -> file.audio"];

/// Plays a clip through these links into a file, and decodes both.
fn through(name: &str, settings: Value, links: &[&str]) -> (Film, Film, Graph) {
    let source = clip(name);
    let mut graph = Graph::new(2);
    let mut config = json!({ "path": source });
    config.as_object_mut().unwrap().extend(settings.as_object().cloned().unwrap_or_default());
    graph.add("movie", "mp4_source", config);
    let stages = [
        ("gray", "grayscale"),
        ("negative", "invert"),
        ("positive", "invert"),
        ("resampled", "audio_resampler"),
    ];
    for (id, stage) in stages {
        if links.iter().any(|link| link.contains(&format!("{id}."))) {
            graph.add(id, stage, Value::Null);
        }
    }
    let file = graph.add_writer("file", json!({}));
    graph.link(links);
    graph.run();
    (Film::of(&source), Film::of(&file), graph)
}

/// The same pictures at the same times, counted from the first one.
fn assert_same_pictures(source: &Film, made: &Film) {
    let expected = numbers(source.pictures.len() as u16);
    assert_eq!(source.numbers(), expected, "the clip's own");
    assert_eq!(made.numbers(), expected);
    for (made, source) in made.pictures.iter().zip(&source.pictures) {
        assert_near(&format!("picture {:?}", made.number), made.time, source.time, 0.001);
    }
}

/// The sound starts and ends where that of the clip does.
fn assert_same_span(source: &Sound, made: &Sound, within: f64) {
    assert_near("start of the sound", made.start, source.start, within);
    assert_near("end of the sound", made.end, source.end, within);
}

/// Pictures and sound come through; gives both films for what else there is to see.
fn check(name: &str, sound: &[&str]) -> (Film, Film, Graph) {
    let (source, made, graph) = through(name, json!({}), &[&PICTURES[..], sound].concat());
    assert_same_pictures(&source, &made);
    match (&source.sound, &made.sound) {
        (Some(source), Some(made)) => assert_same_span(source, made, 0.02),
        (None, None) => {}
        other => panic!("sound was lost or made up: {other:?}"),
    }
    (source, made, graph)
}

#[test]
fn pictures_that_are_decoded_in_another_order() {
    check("bframes", &[SOUND]);
}

#[test]
fn a_variable_frame_rate() {
    check("vfr", &[SOUND]);
}

#[test]
fn a_rate_of_29_97_with_44_1_khz() {
    let (source, made, _graph) = check("ntsc", &RESAMPLED);
    let (source, made) = (source.sound.unwrap(), made.sound.unwrap());
    assert_eq!((made.rate, made.channels), (48_000, 2));
    let (before, after) = (source.level(0, 440.0), made.level(0, 440.0));
    assert!((before - after).abs() < 0.05 * before, "a tone of {before} became one of {after}");
}

#[test]
fn sound_that_starts_two_seconds_late() {
    check("late_audio", &[SOUND]);
}

#[test]
fn opus_sound() {
    check("opus", &[SOUND]);
}

#[test]
fn a_fragmented_clip() {
    check("fragmented", &[SOUND]);
}

/// What ffprobe says of the pictures' geometry is the same before and after.
fn check_geometry(name: &str, entry: &str, expected: &str) {
    let (_, _, graph) = check(name, &[]);
    let ask = |path: &Path| {
        let lines = probe(path, &["-select_streams", "v:0", "-show_entries", entry]);
        lines.concat().trim_matches(',').to_owned()
    };
    assert_eq!(
        (ask(&clip(name)), ask(&graph.path("file.mp4"))),
        (expected.into(), expected.into())
    );
}

#[test]
fn turned_pictures() {
    check_geometry("rotated", "stream_side_data=rotation", "-90");
}

#[test]
fn pixels_that_are_not_square() {
    check_geometry("anamorphic", "stream=sample_aspect_ratio", "4:3");
}

#[test]
fn the_chosen_one_of_two_sounds() {
    let tones = [440.0, 880.0];
    for (track, chosen) in [(2, 0), (3, 1)] {
        let links = [&PICTURES[..], &[SOUND]].concat();
        let (source, made, _graph) = through("two_sounds", json!({ "audio_track": track }), &links);
        assert_same_pictures(&source, &made);
        let sound = made.sound.unwrap();
        let levels = tones.map(|hertz| sound.level(0, hertz));
        assert!(levels[chosen] > 50.0 * levels[1 - chosen], "track {track}: {levels:?}");
    }
}

/// AAC and Opus order their channels differently, and ffmpeg gives both in its own order.
#[test]
fn every_channel_stays_itself() {
    let (_, made, _graph) = through("six_tones", json!({}), &[SOUND]);
    let sound = made.sound.unwrap();
    assert_eq!(sound.channels, 6);
    let tones = [300.0, 400.0, 500.0, 60.0, 700.0, 800.0];
    for channel in 0..6 {
        for (number, tone) in tones.into_iter().enumerate() {
            let level = sound.level(channel, tone);
            let is_right = if number == channel { level > 0.1 } else { level < 0.01 };
            assert!(is_right, "channel {channel} has {level} of {tone} Hz");
        }
    }
}

/// Each flash is seen when its beep is heard, where the clip has them.
fn check_in_step(name: &str, expected: &[f64], links: &[&str]) -> Film {
    let (source, made, _graph) = through(name, json!({}), links);
    for film in [&source, &made] {
        let (flashes, beeps) = (film.flashes(), film.sound.as_ref().unwrap().beeps());
        assert_eq!((flashes.len(), beeps.len()), (expected.len(), expected.len()), "{beeps:?}");
        for ((flash, beep), expected) in flashes.iter().zip(&beeps).zip(expected) {
            assert_near("flash", *flash, *expected, 0.001);
            assert_near("beep", *beep, *flash, 0.02);
        }
    }
    assert_same_pictures(&source, &made);
    made
}

#[test]
fn flashes_and_beeps_are_in_step() {
    check_in_step("flash_and_beep", &[1.0, 9.0], &[&PICTURES[..], &[SOUND]].concat());
}

#[test]
fn nothing_drifts_in_an_hour() {
    let expected = [10.0, 905.0, 1800.0, 2695.0, 3590.0];
    let made = check_in_step("one_hour", &expected, &["movie.video -> file.video", SOUND]);
    assert_near("end of the sound", made.sound.unwrap().end, 3600.0, 0.1);
}

/// Pictures are made, written, read, inverted, and written again: none is lost, doubled or moved.
#[test]
fn pictures_keep_their_identity_through_two_files() {
    let mut first = Graph::new(2);
    let pattern =
        json!({ "width": 640, "height": 360, "frame_rate": [30000, 1001], "frames": 200 });
    first.add("pattern", "test_pattern", pattern);
    let once = first.add_writer("once", json!({}));
    first.link(&["pattern.video_out -> once.video"]);
    first.run();

    let mut second = Graph::new(2);
    second.add_movie(&once);
    second.add("negative", "invert", Value::Null);
    let twice = second.add_writer("twice", json!({}));
    second.link(&["movie.video -> negative.video_in", "negative.video_out -> twice.video"]);
    second.run();
    for (file, is_inverted) in [(once, false), (twice, true)] {
        let made = Film::of(&file);
        let shown = |number: u16| Some(if is_inverted { !number } else { number });
        assert_eq!(made.numbers(), (0..200).map(shown).collect::<Vec<_>>());
        for (number, picture) in made.pictures.iter().enumerate() {
            let expected = number as f64 * 1001.0 / 30_000.0;
            assert_near(&format!("picture {number}"), picture.time, expected, 0.000_1);
        }
    }
}

/// What cannot be decoded is refused before anything runs, in these words.
fn check_refused(name: &str, expected: &str) {
    let mut graph = Graph::new(1);
    graph.add_movie(&clip(name));
    let file = graph.add_writer("file", json!({}));
    graph.link(&["movie.video -> file.video"]);
    let words = graph.refuse();
    assert!(words.contains(expected), "{words}");
    assert!(!file.exists(), "nothing is left behind");
}

#[test]
fn ten_bits_are_refused_by_name() {
    check_refused("ten_bit", "H.264 High 10 (10-bit)");
}

#[test]
fn an_unknown_codec_is_refused_by_name() {
    check_refused("unknown_codec", "mp4v");
}
