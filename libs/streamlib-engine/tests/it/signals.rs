//! Signals come in order with frames, and no policy drops them: formats, epochs, gaps and ends.

use std::sync::Arc;

use streamlib_engine::delegates::RegistryBackedFactory;
use streamlib_processor::abi::media::PixelFormat;
use streamlib_processor::prelude::*;
use streamlib_processor::schema::{Format, VideoFormat};

use crate::rig::{MS, Rig, Stage, registry};
use crate::support::until;

/// Sends pictures: `4x2@5` is one of 4 by 2 at 5 ms.
#[processor(name = "test.pictures", execution = manual, crate = streamlib_processor)]
struct Pictures {
    #[output]
    out: Output<VideoFrame>,
    stage: Option<Arc<Stage>>,
    name: String,
}

impl Processor for Pictures {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        (self.stage, self.name) = (ctx.resource(), ctx.name().to_owned());
        Ok(())
    }

    fn process(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
        let word = self.stage.as_ref().and_then(|stage| stage.next(&self.name)).unwrap();
        let Some((size, at)) = word.split_once('@') else {
            ctx.finish();
            return Ok(());
        };
        let (width, height) = size.split_once('x').unwrap();
        let format =
            VideoFormat::new(PixelFormat::Gray8, width.parse().unwrap(), height.parse().unwrap());
        let picture = self.out.loan(&format, at.parse::<i64>().unwrap() * MS)?;
        self.out.send(picture)?;
        Ok(())
    }
}

/// Writes down formats as `[4x2]` and pictures by their time; takes none that is over 8 wide.
#[processor(name = "test.watch", crate = streamlib_processor)]
struct Watch {
    #[input]
    input: Input<VideoFrame>,
    stage: Option<Arc<Stage>>,
    name: String,
    width: u32,
}

impl Watch {
    fn write(&self, word: String) {
        self.stage.as_ref().unwrap().write(&self.name, word);
    }
}

impl Processor for Watch {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        (self.stage, self.name) = (ctx.resource(), ctx.name().to_owned());
        Ok(())
    }

    fn format_changed(&mut self, port: &str, lane: u32, format: &Format) -> Result<()> {
        assert_eq!((port, lane), ("input", 0));
        let Format::Video(format) = format else { return Err(Error::new("not a picture")) };
        self.width = format.width;
        if format.width > 8 {
            return Err(Error::new(format!("{} is too wide", format.width)));
        }
        self.write(format!("[{}x{}]", format.width, format.height));
        Ok(())
    }

    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        let Some(picture) = self.input.read()? else { return Ok(()) };
        assert_eq!(picture.width(), self.width, "the format came before");
        self.write((picture.timestamp_ns() / MS).to_string());
        Ok(())
    }

    fn end_of_stream(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        let cause = self.input.end_cause().map_or("not ended", |cause| cause.as_str());
        self.write(cause.to_owned());
        Ok(())
    }
}

fn pictures() -> RegistryBackedFactory {
    let mut registry = registry();
    registry.register::<Pictures>().unwrap();
    registry.register::<Watch>().unwrap();
    registry
}

fn watched(options: &str) -> Rig {
    let graph =
        format!("+ src: test.pictures\n+ sink: test.watch\nsrc.out -> sink.input {options}");
    Rig::with(&graph, |builder| builder.with_registry(pictures()))
}

/// One picture is taken; of the others, sent while the sink is paused, the policy lets through what
/// it does.
fn check_formats(options: &str, expect: &str) {
    let rig = watched(options);
    rig.play("src", "4x2@0");
    rig.await_log("sink", "[4x2] 0");
    rig.pause("sink");
    rig.play("src", "4x2@1 8x4@2 8x4@3 4x2@4 6x6@5");
    rig.resume("sink");
    until(|| rig.link(0).counts.in_flight == 0);
    rig.play("src", "end");
    let outcome = rig.wait();
    assert!(!outcome.failed(), "{outcome:?}");
    assert_eq!(rig.log("sink"), expect, "{options}");
}

#[test]
fn each_format_is_told_before_its_first_frame() {
    check_formats("{}", "[4x2] 0 1 [8x4] 2 3 [4x2] 4 [6x6] 5 finished");
    let every = r#"{"delivery": "every_sample", "depth": 2}"#;
    check_formats(every, "[4x2] 0 4 [6x6] 5 finished");
    check_formats(r#"{"delivery": "latest"}"#, "[4x2] 0 [6x6] 5 finished");
}

#[test]
fn a_format_that_cannot_be_taken_fails_by_name() {
    let rig = watched("{}");
    rig.play("src", "4x2@0 16x2@1 4x2@2 end");
    let outcome = rig.wait();
    let failures: Vec<_> = outcome.failures().map(|(id, message)| (id.as_str(), message)).collect();
    assert_eq!(failures, [("sink", "16 is too wide")]);
    assert_eq!(rig.log("sink"), "[4x2] 0");
    assert_eq!(rig.counts(0).split(", flushed").next(), Some("sent 3, delivered 1"));
}

/// What a source plays, and what comes to a sink behind `stage`.
fn check(stage: &str, words: &str, expect: &str) {
    let rig = Rig::new(&format!(
        "+ src: test.script
        + stage: {stage}
        + sink: test.record
        src.out -> stage.input
        stage.out -> sink.input"
    ));
    rig.play("src", words);
    rig.wait();
    assert_eq!(rig.log("sink"), expect, "{stage}: {words}");
}

#[test]
fn epochs_and_ends_come_in_order_with_frames() {
    for stage in ["test.pass", "test.inline"] {
        check(stage, "1 2 3 end", "1 2 3 finished");
        check(stage, "end", "finished");
        check(stage, "1 fail", "1 failed");
        check(stage, "1 panic", "1 failed");
        // A new epoch skips nothing, goes on in time like a loop, or begins anew.
        check(stage, "5 6 epoch 7 8 end", "5 6 e1 7 8 finished");
        check(stage, "5 6 epoch 1 2 epoch epoch 0 end", "5 6 e1 1 2 e3 0 finished");
        // Time that goes back within an epoch is refused.
        check(stage, "5 4", "5 failed");
    }
}

#[test]
fn time_that_goes_back_is_refused_by_name() {
    let rig = Rig::new("+ src: test.script\n+ sink: test.record\nsrc.out -> sink.input");
    rig.play("src", "5 4");
    let outcome = rig.wait();
    let failures: Vec<_> = outcome.failures().map(|(_, message)| message).collect();
    assert_eq!(
        failures,
        ["port `out`: the timestamp 4000000 ns is before that of the frame sent last; timestamps \
          never decrease within an epoch (see `next_epoch`)"]
    );
}

/// How two branches end, and how what joins them ends.
fn check_causes(a: &str, b: &str, expect: [&str; 2]) {
    for join in ["test.any", "test.aligned"] {
        let rig = Rig::new(&format!(
            "+ a: test.script
            + b: test.script
            + join: {join}
            + sink: test.record
            a.out -> join.a
            b.out -> join.b
            join.out -> sink.input"
        ));
        rig.play("a", a);
        rig.play("b", b);
        rig.wait();
        assert_eq!([rig.log("join"), rig.log("sink")], expect, "{join}: {a} and {b}");
    }
}

#[test]
fn the_gravest_cause_goes_on() {
    check_causes("end", "end", ["finished+finished", "finished"]);
    check_causes("fail", "end", ["failed+finished", "failed"]);
    check_causes("end", "panic", ["finished+failed", "failed"]);
}

#[test]
fn a_stop_ends_sources_and_what_they_sent_still_comes() {
    for stage in ["test.pass", "test.inline"] {
        let rig = Rig::new(&format!(
            "+ src: test.script
            + stage: {stage}
            + sink: test.record
            src.out -> stage.input
            stage.out -> sink.input"
        ));
        rig.pause("stage");
        rig.offer("src", "1 2 3");
        until(|| rig.processor("src").calls > 0);
        rig.resume("stage");
        until(|| rig.processor("src").calls == 3);
        let outcome = rig.engine.stop().unwrap();
        assert!(outcome.ends.iter().all(|end| end.cause.as_str() == "stopped"), "{outcome:?}");
        assert_eq!(rig.log("sink"), "1 2 3 stopped", "{stage}");
    }
}

/// A source that is removed leaves its consumer waiting, for another link or for the stop.
#[test]
fn an_input_that_is_left_alone_waits_and_ends_with_the_graph() {
    let rig = Rig::new(
        "+ src: test.script\n+ other: test.script\n+ sink: test.record\nsrc.out -> sink.input",
    );
    rig.play("src", "1 2");
    rig.engine.remove_processor(crate::graphs::id("src")).unwrap();
    rig.await_log("sink", "1 2");
    let port = crate::graphs::port;
    rig.engine.connect(port("other.out"), port("sink.input")).unwrap();
    rig.play("other", "3");
    rig.await_log("sink", "1 2 !3");
    rig.engine.remove_processor(crate::graphs::id("other")).unwrap();
    let outcome = rig.engine.stop().unwrap();
    let ends: Vec<_> =
        outcome.ends.iter().map(|end| (end.processor.as_str(), end.cause.as_str())).collect();
    assert_eq!(ends, [("src", "removed"), ("other", "removed"), ("sink", "stopped")]);
    assert_eq!(rig.log("sink"), "1 2 !3 not ended");
}
