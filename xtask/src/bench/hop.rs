//! `cargo xtask bench hop`: what it costs to hand a frame from one processor to the next.
//!
//! Null stages show the engine and nothing else, beside GStreamer's `identity` with and without
//! `queue`: frames of 64 bytes, each in a buffer of its own. Stages that change pictures of
//! 1920x1080 show what is left of that with real work. Peers: GStreamer's `gamma` changes luma
//! only, of which our `invert` does all and chroma too; `videobalance saturation=0` and our
//! `grayscale` make the same picture.

use super::report::{Budget, Row};
use super::sides::{Sample, gstreamer, medians, number, our_chain, ours};
use crate::error::Result;
use crate::{process, ui};

/// Depth of GStreamer's `queue`, and of ours where the two are compared.
const QUEUE_DEPTH: u32 = 200;
const STAGES: [u64; 3] = [1, 10, 50];
/// Frames through as many stages as this would be one hop.
const OUR_HOPS: u64 = 24_000_000;
const THEIR_HOPS: u64 = 2_400_000;
const PICTURES: u64 = 300;

/// Measures and returns the rows.
pub(crate) fn run() -> Result<Vec<Row>> {
    process::run(&mut process::cargo(&[
        "build",
        "--quiet",
        "--release",
        "--locked",
        "--package",
        "streamlib-bench",
    ]))?;
    ui::say("Null stages.");
    let mut rows = Vec::new();
    let mut inline = Vec::new();
    for stages in STAGES {
        inline.push(nulls(stages, &mut rows)?);
    }
    long_chains(&inline, &mut rows)?;
    ui::say("Edits of a running graph.");
    edits(&mut rows)?;
    ui::say("Links between threads.");
    links(&mut rows)?;
    ui::say("Stages that change pictures of 1920x1080.");
    pictures("invert", "gamma gamma=2.0", &mut rows)?;
    pictures("grayscale", "videobalance saturation=0", &mut rows)?;
    Ok(rows)
}

/// A chain of null stages, on everything that it can run on, beside GStreamer. Returns the one
/// that ran inline.
fn nulls(stages: u64, rows: &mut Vec<Row>) -> Result<Sample> {
    let hops = stages + 2;
    let chain = |strategy: &str, cost: u64| {
        let words = format!("nulls --stages {stages} --strategy {strategy}");
        move || our_chain(&words, OUR_HOPS / hops / cost)
    };
    let peer = |element: &str| {
        let stages = element.repeat(stages as usize);
        let pipeline = move |frames| {
            format!(
                "fakesrc num-buffers={frames} sizetype=fixed sizemax=64 {stages} \
                 ! fakesink sync=false"
            )
        };
        move || gstreamer(&pipeline, THEIR_HOPS / hops)
    };
    let (inline, pooled) = (chain("inline", 1), chain("pooled", 4));
    let threaded = chain(&format!("threaded --depth {QUEUE_DEPTH}"), 8);
    let bare = peer(" ! identity");
    let queued = peer(&format!(
        " ! queue max-size-buffers={QUEUE_DEPTH} max-size-bytes=0 max-size-time=0 ! identity"
    ));
    let [inline, pooled, threaded, bare, queued] =
        medians([&inline, &pooled, &threaded, &bare, &queued])?;
    let name = |strategy: &str| match stages {
        1 => format!("{strategy}, 1 null stage"),
        _ => format!("{strategy}, {stages} null stages"),
    };
    let fast = |budget: f64, from: u64| (stages >= from).then_some(Budget::RatioAtLeast(budget));
    let half = (stages >= 5).then_some(Budget::RatioAtMost(0.5));
    rows.extend([
        rate(name("inline"), inline, ("gst identity", bare), fast(15.0, 10)),
        hop(name("inline"), stages, inline, ("gst identity", bare)),
        memory(name("inline"), inline, ("gst identity", bare), half),
        rate(name("pooled"), pooled, ("gst queue", queued), None),
        hop(name("pooled"), stages, pooled, ("gst queue", queued)),
        memory(name("pooled"), pooled, ("gst queue", queued), half),
        rate(name("threaded"), threaded, ("gst queue", queued), fast(8.0, 5)),
        hop(name("threaded"), stages, threaded, ("gst queue", queued)),
        memory(name("threaded"), threaded, ("gst queue", queued), half),
    ]);
    Ok(inline)
}

/// What one more stage costs, and chains that are longer than GStreamer's can be.
fn long_chains(inline: &[Sample], rows: &mut Vec<Row>) -> Result<()> {
    let thousand = || our_chain("nulls --stages 1000 --strategy inline", OUR_HOPS / 1000);
    let longest = || our_chain("nulls --stages 50000 --strategy inline", 200);
    let [thousand, longest] = medians([&thousand, &longest])?;
    let ns = |name: &str, value, at_most| plain(name, value, "ns", at_most);
    if let [one, .., fifty] = inline {
        let each = |long: &Sample, more: f64| (long.ns_per_frame - one.ns_per_frame) / more;
        rows.push(ns("inline, each of 49 more stages", each(fifty, 49.0), Some(20.0)));
        rows.push(ns("inline, each of 999 more stages", each(&thousand, 999.0), Some(20.0)));
    }
    let kib_each = (longest.peak_mib - thousand.peak_mib) * 1024.0 / 49_000.0;
    rows.extend([
        plain("inline, 1000 null stages", thousand.frames_per_s(), "frames/s", None),
        plain("inline, 50000 null stages, a frame", longest.ns_per_frame / 1e6, "ms", Some(1.0)),
        plain("inline, 50000 null stages, built in", longest.built_in_ms, "ms", Some(50.0)),
        plain("inline, 50000 null stages, peak memory", longest.peak_mib, "MiB", None),
        plain("inline, each of 49000 more stages, memory", kib_each, "KiB", None),
    ]);
    Ok(())
}

/// One edit in a graph of 50,000 processors: from the call of `commit` until it returns. The program
/// fails if a frame is lost elsewhere.
fn edits(rows: &mut Vec<Row>) -> Result<()> {
    let words = ["edit", "--stages", "50000", "--edits", "40", "--strategy", "inline"];
    let (_, measured) = ours(&words)?;
    let places = [("inside", "inside its one strand"), ("beside", "beside that strand")];
    for (key, place) in places {
        for (name, budget) in [("min", None), ("p50", None), ("p99", Some(20.0))] {
            let value = number(&measured, &format!("{key}_{name}_ns")) / 1e6;
            let name = format!("one edit among 50000 stages, {place}, {name}");
            rows.push(plain(&name, value, "ms", budget));
        }
    }
    Ok(())
}

/// A busy link beside the bare queue, and a woken one beside a bare wake.
fn links(rows: &mut Vec<Row>) -> Result<()> {
    let (_, busy) = ours(&["link", "--frames", "2000000"])?;
    let peer = |name: &str, value| Some((name.to_owned(), value));
    rows.push(Row {
        name: "busy link between two threads".to_owned(),
        value: number(&busy, "frames_per_s"),
        unit: "frames/s",
        peer: peer("rtrb", number(&busy, "bare_per_s")),
        budget: Some(Budget::RatioAtLeast(0.8)),
    });
    let (_, woken) = ours(&["wake", "--frames", "4000"])?;
    for (name, budget) in [("min", None), ("p50", Some(Budget::RatioAtMost(1.15))), ("p99", None)] {
        rows.push(Row {
            name: format!("link whose consumer sleeps, {name}"),
            value: number(&woken, &format!("{name}_ns")),
            unit: "ns",
            peer: peer("futex", number(&woken, &format!("bare_{name}_ns"))),
            budget,
        });
    }
    Ok(())
}

/// Ten stages that change pictures in place: the same number of them in one thread, and as the
/// engine runs them by itself.
fn pictures(effect: &str, element: &str, rows: &mut Vec<Row>) -> Result<()> {
    let words = |workers: &str| format!("pictures --stages 10 --effect {effect} {workers}");
    let chain = |words: String| move || our_chain(&words, PICTURES);
    let (pooled, single) = (chain(words("")), chain(words("--workers 1")));
    let stages = format!(" ! {element}").repeat(10);
    let pipeline = |frames| {
        format!(
            "videotestsrc num-buffers=1 ! video/x-raw,format=I420,width=1920,height=1080 \
             ! imagefreeze num-buffers={frames} {stages} ! fakesink sync=false"
        )
    };
    let theirs = || gstreamer(pipeline, PICTURES);
    let [pooled, single, theirs] = medians([&pooled, &single, &theirs])?;
    let peer = (format!("gst {}", element.split(' ').next().unwrap_or(element)), theirs);
    let peer = (peer.0.as_str(), peer.1);
    let name = |how: &str| format!("{how}, 10 x {effect} of 1080p");
    let at_least = Some(Budget::RatioAtLeast(1.0));
    let at_most = Some(Budget::RatioAtMost(1.0));
    rows.extend([
        rate(name("pooled"), pooled, peer, at_least),
        rate(name("one worker"), single, peer, None),
        Row {
            name: format!("{}, processor time a frame", name("pooled")),
            value: pooled.cpu_ns_per_frame / 1e6,
            unit: "ms",
            peer: Some((peer.0.to_owned(), theirs.cpu_ns_per_frame / 1e6)),
            budget: at_most,
        },
        memory(name("pooled"), pooled, peer, at_most),
    ]);
    Ok(())
}

fn rate(name: String, ours: Sample, peer: (&str, Sample), budget: Option<Budget>) -> Row {
    let peer = Some((peer.0.to_owned(), peer.1.frames_per_s()));
    Row { name, value: ours.frames_per_s(), unit: "frames/s", peer, budget }
}

/// Time for a frame over the links that it goes through: source and sink are counted in.
fn hop(name: String, stages: u64, ours: Sample, peer: (&str, Sample)) -> Row {
    let links = (stages + 1) as f64;
    Row {
        name: format!("{name}, a hop"),
        value: ours.ns_per_frame / links,
        unit: "ns",
        peer: Some((peer.0.to_owned(), peer.1.ns_per_frame / links)),
        budget: None,
    }
}

fn memory(name: String, ours: Sample, peer: (&str, Sample), budget: Option<Budget>) -> Row {
    Row {
        name: format!("{name}, peak memory"),
        value: ours.peak_mib,
        unit: "MiB",
        peer: Some((peer.0.to_owned(), peer.1.peak_mib)),
        budget,
    }
}

fn plain(name: &str, value: f64, unit: &'static str, at_most: Option<f64>) -> Row {
    Row { name: name.to_owned(), value, unit, peer: None, budget: at_most.map(Budget::AtMost) }
}
