//! The film through encoders that are processors of their own.

use serde_json::json;

use crate::support::{Film, Graph, assert_near, film, probe};

/// Each packet of sound is shorter than a block of the film's: the encoder has more to give than one
/// call takes.
fn check(workers: usize) {
    let clip = film();
    let mut graph = Graph::new(workers);
    graph.add_movie(&clip);
    graph.add("h264", "h264_encoder", json!({}));
    graph.add("opus", "opus_encoder", json!({}));
    let file = graph.add_writer("file", json!({}));
    graph.link(&[
        "movie.video -> h264.video_in",
        "h264.video_out -> file.video",
        "movie.audio -> opus.audio_in",
        "opus.audio_out -> file.audio",
    ]);
    graph.run();
    let shape = ["-show_entries", "stream=codec_name,width,height,channels"];
    assert_eq!(probe(&file, &shape), ["h264,1280,720", "opus,6"]);
    let (source, made) = (Film::of(&clip), Film::of(&file));
    assert_eq!(made.pictures.len(), 132, "{workers} workers");
    assert_near("end of the pictures", made.end(), source.end(), 0.02);
    assert_near("end of the sound", made.sound.unwrap().end, source.sound.unwrap().end, 0.02);
}

#[test]
fn the_film_comes_through_on_two_workers() {
    check(2);
}

#[test]
fn the_film_comes_through_on_one_worker() {
    check(1);
}
