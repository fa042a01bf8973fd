//! The demo of the README: the film with two effects beside itself, its sound in stereo.

use streamlib::StreamRuntime;

use crate::support::{Film, Graph, assert_near, film, probe};

const FRAME_COUNT: usize = 132;

fn check(workers: usize) {
    let clip = film();
    let mut graph = Graph::demo(StreamRuntime::builder().with_workers(workers), &clip);
    graph.run();

    let file = graph.path("comparison.mp4");
    let shape = ["-show_entries", "stream=codec_name,width,height,channels"];
    assert_eq!(probe(&file, &shape), ["h264,2560,720", "opus,2"]);
    let (source, made) = (Film::of(&clip), Film::of(&file));
    assert_eq!(made.pictures.len(), FRAME_COUNT);
    assert_near("first picture", made.pictures[0].time, source.pictures[0].time, 0.02);
    assert_near("end of the pictures", made.end(), source.end(), 0.02);
    let (source, made) = (source.sound.unwrap(), made.sound.unwrap());
    assert_near("start of the sound", made.start, source.start, 0.02);
    assert_near("end of the sound", made.end, source.end, 0.02);
    let sheet = std::fs::read(graph.path("contact-sheet.png")).unwrap();
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
