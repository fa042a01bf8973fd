//! The demo of the README: the film with two effects beside itself, its sound in stereo.

use crate::support::{assert_near, asset, decoded_frames, probe, run, span};

const FRAME_COUNT: usize = 132;

fn check(workers: usize) {
    let folder = tempfile::tempdir().unwrap();
    let text = include_str!("../../../../examples/demo/comparison.yaml");
    let clip = asset("bigbuckbunny.mp4");
    run(text, &[("clip", &clip), ("out", folder.path())], workers);

    let film = folder.path().join("comparison.mp4");
    assert_eq!(decoded_frames(&film, "v:0"), FRAME_COUNT);
    let shape = ["-show_entries", "stream=codec_name,width,height,channels"];
    assert_eq!(probe(&film, &shape), ["h264,2560,720", "opus,2"]);
    for stream in ["v:0", "a:0"] {
        let ((start, duration), (clip_start, clip_duration)) =
            (span(&film, stream), span(&clip, stream));
        // The clip's sound starts before 0: priming that is cut when it is decoded.
        let expected_start = clip_start.max(0.0);
        let expected = clip_duration - (expected_start - clip_start);
        assert_near(&format!("{stream} start"), start.max(0.0), expected_start, 0.02);
        assert_near(&format!("{stream} duration"), start.min(0.0) + duration, expected, 0.02);
    }
    let sheet = std::fs::read(folder.path().join("contact-sheet.png")).unwrap();
    assert!(sheet.starts_with(b"\x89PNG"));
}

#[test]
fn every_frame_gets_through_on_all_workers() {
    check(4);
}

#[test]
fn every_frame_gets_through_on_one_worker() {
    check(1);
}
