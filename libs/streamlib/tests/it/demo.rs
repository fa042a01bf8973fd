//! The demo of the README: the film with two effects beside itself, its sound in stereo.

use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use streamlib::prelude::*;

use crate::support::{Film, Graph, assert_near, film, probe};

const FRAME_COUNT: usize = 132;

/// Runs the demo and looks at what it made. Gives the graph, in whose folder it is.
fn check(workers: usize) -> Graph {
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
    graph
}

#[test]
fn every_frame_gets_through_on_all_workers() {
    let graph = check(4);
    check_pictures(&film(), &graph.path("comparison.mp4"));
}

#[test]
fn every_frame_gets_through_on_one_worker() {
    check(1);
}

/// Least PSNR of the luma of every picture of the demo, dB, against what was encoded. The encoder
/// has 4 Mb/s for 2560x720, of which one half is a negative.
const LEAST_PSNR: f64 = 35.0;

/// What each [`Compare`] found, in dB, a picture each.
#[derive(Debug, Default)]
struct Found(Mutex<Vec<(String, f64)>>);

/// Compares the pictures of two lanes.
#[processor(name = "test.compare", trigger = aligned(tolerance_ms = 5))]
struct Compare {
    #[input(formats(video(I420)))]
    video_in: InputLanes<VideoFrame>,
    name: String,
    found: Option<Arc<Found>>,
}

impl Processor for Compare {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        (self.name, self.found) = (ctx.name().to_owned(), ctx.resource());
        Ok(())
    }

    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        let (Some(one), Some(other)) = (self.video_in.read(0)?, self.video_in.read(1)?) else {
            return Err(Error::new("a picture without its counterpart"));
        };
        if let Some(found) = &self.found {
            found.0.lock().unwrap().push((self.name.clone(), psnr(&one, &other)));
        }
        Ok(())
    }
}

/// Peak signal to noise ratio of luma, dB, over every twelfth row.
fn psnr(one: &VideoFrame, other: &VideoFrame) -> f64 {
    assert_eq!((one.width(), one.height()), (other.width(), other.height()));
    let row = |frame: &VideoFrame, number: usize| {
        let start = number * frame.stride(0);
        frame.plane(0)[start..start + frame.width() as usize].to_vec()
    };
    let (mut sum, mut count) = (0_u64, 0_u64);
    for number in (0..one.height() as usize).step_by(12) {
        for (a, b) in row(one, number).into_iter().zip(row(other, number)) {
            sum += u64::from(a.abs_diff(b)).pow(2);
            count += 1;
        }
    }
    10.0 * (255.0 * 255.0 * count as f64 / sum.max(1) as f64).log10()
}

/// Decodes film and comparison with the same library, and compares the left half with the film and
/// the right half with the film after the effects.
fn check_pictures(film: &Path, comparison: &Path) {
    let found = Arc::new(Found::default());
    let builder = StreamRuntime::builder().with_workers(2).with_resource(Arc::clone(&found));
    let mut graph = Graph::build(builder);
    for (id, path) in [("movie", film), ("made", comparison)] {
        graph.add(id, "mp4_source", json!({ "path": path, "audio": false }));
    }
    graph.add("gray", "grayscale", Value::Null);
    graph.add("negative", "invert", Value::Null);
    for (id, x) in [("left", 0), ("right", 1280)] {
        graph.add(id, "crop", json!({ "x": x, "width": 1280 }));
    }
    let halves: Vec<_> = (0..2)
        .map(|_| graph.add_processor::<Compare>(NoConfig {}).unwrap().id().to_string())
        .collect();
    graph.link(&[
        "movie.video -> gray.video_in",
        "gray.video_out -> negative.video_in",
        "made.video -> left.video_in",
        "made.video -> right.video_in",
        &format!("movie.video -> {}.video_in", halves[0]),
        &format!("left.video_out -> {}.video_in", halves[0]),
        &format!("negative.video_out -> {}.video_in", halves[1]),
        &format!("right.video_out -> {}.video_in", halves[1]),
    ]);
    graph.run();
    let found = found.0.lock().unwrap();
    for half in halves {
        let ratios: Vec<_> = found.iter().filter(|it| it.0 == half).map(|it| it.1).collect();
        assert_eq!(ratios.len(), FRAME_COUNT);
        let least = ratios.iter().copied().fold(f64::MAX, f64::min);
        assert!(least >= LEAST_PSNR, "{half}: {least} dB");
    }
}
