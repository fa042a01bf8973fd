//! Time: what is due by a clock that the test moves, pauses, and what they do not lose.

use std::sync::Arc;
use std::time::Duration;

use streamlib_engine::delegates::RegistryBackedFactory;
use streamlib_processor::abi::Envelope;
use streamlib_processor::prelude::*;

use crate::graphs::id;
use crate::rig::{MS, Rig, Stage, registry};
use crate::support::until;

/// A source that sends the stream time of each call, in ms.
macro_rules! beat {
    ($name:ident, $type_name:literal, $execution:ident $(($($argument:tt)+))?,
        $($needs:ident)?, |$ctx:ident, $now_ns:ident| $then:expr) => {
        /// See the macro.
        #[processor(
            name = $type_name,
            execution = $execution $(($($argument)+))?,
            $(needs($needs),)?
            crate = streamlib_processor
        )]
        struct $name {
            #[output]
            out: Output<DataFrame>,
            stage: Option<Arc<Stage>>,
            name: String,
        }

        impl Processor for $name {
            fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
                (self.stage, self.name) = (ctx.resource(), ctx.name().to_owned());
                Ok(())
            }

            fn process(&mut self, $ctx: &mut ProcessContext<'_>) -> Result<()> {
                let $now_ns = $ctx.now_ns();
                let frame = self.out.frame(&($now_ns / MS), Envelope::at($now_ns))?;
                self.out.send(frame)?;
                Ok($then)
            }

            fn pause(&mut self) {
                self.stage.as_ref().unwrap().write(&self.name, "pause");
            }

            fn resume(&mut self) {
                self.stage.as_ref().unwrap().write(&self.name, "resume");
            }
        }
    };
}

beat!(Beat, "test.beat", continuous(interval_ms = 10), , |_ctx, now_ns| ());
beat!(Paced, "test.paced", continuous, , |ctx, now_ns| ctx.wake_at(now_ns + 10 * MS));
beat!(Sleeper, "test.sleeper", continuous, blocking, |ctx, now_ns| {
    // A wait that is cut short is asked for again by the clock of the next call.
    if !ctx.wait_until(now_ns + 10 * MS) {
        ctx.wake_at(now_ns + 10 * MS);
    }
});

fn beats() -> RegistryBackedFactory {
    let mut registry = registry();
    registry.register::<Beat>().unwrap();
    registry.register::<Paced>().unwrap();
    registry.register::<Sleeper>().unwrap();
    registry
}

const KINDS: [&str; 3] = ["test.beat", "test.paced", "test.sleeper"];

fn rig(kind: &str) -> Rig {
    let graph = format!("+ src: {kind}\n+ sink: test.record\nsrc.out -> sink.input");
    Rig::with(&graph, |builder| builder.with_registry(beats()))
}

fn advance(rig: &Rig, ms: u64) {
    rig.clock.advance(Duration::from_millis(ms));
}

#[test]
fn what_is_due_by_the_clock_is_called_when_the_clock_is_there() {
    for kind in KINDS {
        let rig = rig(kind);
        rig.await_log("sink", "0");
        advance(&rig, 9);
        advance(&rig, 1);
        rig.await_log("sink", "0 10");
        advance(&rig, 10);
        rig.await_log("sink", "0 10 20");
        rig.engine.stop().unwrap();
        assert_eq!(rig.log("sink"), "0 10 20 stopped", "{kind}");
    }
}

#[test]
fn a_late_beat_makes_no_burst_and_does_not_shift_the_next() {
    let rig = rig("test.beat");
    rig.await_log("sink", "0");
    advance(&rig, 35);
    rig.await_log("sink", "0 35");
    advance(&rig, 5);
    rig.await_log("sink", "0 35 40");
    advance(&rig, 10);
    rig.await_log("sink", "0 35 40 50");
}

#[test]
fn a_pause_takes_no_stream_time_and_loses_nothing() {
    for kind in KINDS {
        let rig = rig(kind);
        rig.await_log("sink", "0");
        advance(&rig, 10);
        rig.await_log("sink", "0 10");
        rig.engine.pause().unwrap();
        rig.engine.pause().unwrap();
        advance(&rig, 1000);
        rig.engine.resume().unwrap();
        rig.engine.resume().unwrap();
        assert_eq!(rig.log("src"), "pause resume", "{kind}");
        advance(&rig, 10);
        rig.await_log("sink", "0 10 20");
        rig.engine.stop().unwrap();
        assert_eq!(rig.log("sink"), "0 10 20 stopped", "{kind}");
    }
}

/// What was offered during a pause comes after it, and what was under way is not lost.
#[test]
fn nothing_is_called_while_the_graph_is_paused() {
    let rig = Rig::new(
        "+ src: test.script
        + stage: test.inline
        + sink: test.record
        src.out -> stage.input
        stage.out -> sink.input",
    );
    rig.play("src", "1");
    rig.await_log("sink", "1");
    rig.engine.pause().unwrap();
    let calls = || ["src", "stage", "sink"].map(|name| rig.processor(name).calls);
    let before = calls();
    rig.offer("src", "2 3 end");
    // Each is taken hold of and let go once more, and so looked at.
    for name in ["src", "stage", "sink"] {
        rig.engine.resume_processor(id(name)).unwrap();
    }
    assert_eq!(calls(), before);
    rig.engine.resume().unwrap();
    assert!(!rig.wait().failed());
    assert_eq!(rig.log("sink"), "1 2 3 finished");
}

#[test]
fn a_paused_processor_is_a_slow_consumer() {
    let rig = Rig::with(
        "+ src: test.script
        + stage: test.pass
        + sink: test.record
        src.out -> stage.input {\"depth\": 2}
        stage.out -> sink.input",
        |builder| builder.with_workers(1),
    );
    rig.pause("stage");
    rig.pause("stage");
    rig.offer("src", "1 2 3 4 end");
    until(|| rig.link(0).producer_waits);
    assert_eq!((rig.processor("src").calls, rig.counts(1).as_str()), (2, ""));
    rig.resume("stage");
    assert!(!rig.wait().failed());
    assert_eq!(rig.log("sink"), "1 2 3 4 finished");
}

#[test]
fn a_step_is_one_call() {
    let rig = Rig::new("+ src: test.script\n+ sink: test.record\nsrc.out -> sink.input");
    rig.offer("src", "1 2");
    rig.await_log("sink", "1 2");
    // Steps without words are calls that do nothing.
    rig.engine.step(id("src"), 3).unwrap();
    until(|| rig.processor("src").calls == 5);
    rig.offer("src", "3");
    rig.await_log("sink", "1 2 3");
    assert_eq!(rig.processor("src").calls, 6);
    let error = rig.engine.step(id("nobody"), 1).unwrap_err();
    assert_eq!(error.to_string(), "there is no processor `nobody`");
    let error = rig.engine.step(id("sink"), 1).unwrap_err();
    assert_eq!(
        error.to_string(),
        "processor `sink` is not stepped by hand: only those with manual execution are"
    );
}
