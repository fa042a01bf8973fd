use super::assets::asset;
use super::drive::{play, record};
use crate::clips::{folder, run};

#[test]
fn what_is_written_is_read_again() {
    let played = play(&asset("bbb.mp4"));
    let path = folder().join("written-film.mp4");
    record(&played, &path);
    let again = play(&path);
    assert_eq!(again.video.len(), 132);
    let samples = |played: &super::drive::Played| -> usize {
        played.audio.iter().map(|frame| frame.frame_count()).sum()
    };
    assert_eq!(samples(&again), samples(&played));
    let (_, warnings) =
        run("ffprobe", &["-v", "warning", "-show_frames", &path.display().to_string()]);
    assert_eq!(warnings, "");
}
