//! Graphs that are driven by hand: sources play what a test wrote for them, one word a call, and
//! sinks write down what they see. Time is a virtual clock, which stands still.
//!
//! What a source plays: `7` sends the number 7 at 7 ms, `7@3` sends it at 3 ms, `gap:9` says that
//! nothing comes before 9 ms, `wake:9` asks to be called at 9 ms, `epoch` begins a new one, `skip`
//! leaves a hole, `end` finishes, `fail` and `panic` fail.
//!
//! What a sink writes: `7` for the number, `!7` after a hole, `e1` when a frame of epoch 1 is the
//! first of it, and the cause of the end: `finished`, `stopped`, `removed`, `failed`.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex};

use streamlib_engine::delegates::RegistryBackedFactory;
use streamlib_engine::execution::VirtualClock;
use streamlib_engine::ids::{LinkId, ProcessorId};
use streamlib_engine::link_channel::LinkCounts;
use streamlib_engine::observability::{LinkSnapshot, ProcessorSnapshot};
use streamlib_engine::{Engine, EngineBuilder, GraphOutcome};
use streamlib_processor::abi::{Envelope, EnvelopeFlags};
use streamlib_processor::prelude::*;

use crate::graphs::{changes, id};
use crate::support::{Inline, Pass, check_counters, until};

/// Nanoseconds of a millisecond.
pub(crate) const MS: i64 = 1_000_000;

/// What the processors of a test share with it.
#[derive(Debug, Default)]
pub(crate) struct Stage {
    scripts: Mutex<HashMap<String, VecDeque<String>>>,
    log: Mutex<HashMap<String, Vec<String>>>,
    threads: Mutex<HashMap<String, Vec<String>>>,
    written: Condvar,
}

impl Stage {
    /// Writes a word down for a processor, and which thread calls it.
    pub(crate) fn write(&self, name: &str, word: impl Into<String>) {
        let current = std::thread::current();
        let thread = current.name().unwrap_or("?").to_owned();
        let mut threads = self.threads.lock().unwrap();
        let threads = threads.entry(name.to_owned()).or_default();
        if !threads.contains(&thread) {
            threads.push(thread);
        }
        self.log.lock().unwrap().entry(name.to_owned()).or_default().push(word.into());
        self.written.notify_all();
    }

    /// The next word that a source is to play.
    pub(crate) fn next(&self, name: &str) -> Option<String> {
        self.scripts.lock().unwrap().get_mut(name)?.pop_front()
    }
}

/// A source that plays its script.
macro_rules! source {
    ($name:ident, $type_name:literal $(, $($attribute:tt)+)?) => {
        /// See the macro.
        #[processor(
            name = $type_name, execution = manual, $($($attribute)+,)? crate = streamlib_processor
        )]
        pub(crate) struct $name {
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

            fn process(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
                let word = self.stage.as_ref().and_then(|stage| stage.next(&self.name));
                word.map_or(Ok(()), |word| play(&word, &mut self.out, ctx))
            }
        }
    };
}

source!(Script, "test.script");
source!(LiveScript, "test.live", needs(live));

fn play(word: &str, out: &mut Output<DataFrame>, ctx: &mut ProcessContext<'_>) -> Result<()> {
    let (verb, time) = word.split_once([':', '@']).unwrap_or((word, ""));
    let at_ns = |text: &str| text.parse::<i64>().unwrap() * MS;
    match verb {
        "gap" => out.gap(at_ns(time)),
        "wake" => ctx.wake_at(at_ns(time)),
        "epoch" => drop(out.next_epoch()),
        "skip" => out.skip(),
        "end" => ctx.finish(),
        "fail" => return Err(Error::new("as it is written")),
        "panic" => panic!("as it is written"),
        number => {
            let mut at = Envelope::at(at_ns(if time.is_empty() { number } else { time }));
            at.set_capture_time_ns(Some(ctx.monotonic_ns()));
            let frame = out.frame(&number.parse::<u64>().unwrap(), at)?;
            out.send(frame)?;
        }
    }
    Ok(())
}

/// The words for a frame.
fn read(frame: &DataFrame, epoch: &mut u32) -> Result<String> {
    let hole = frame.envelope().flags.contains(EnvelopeFlags::DISCONTINUITY);
    let number: u64 = frame.value()?;
    let mut word = if hole { format!("!{number}") } else { number.to_string() };
    let of = frame.envelope().epoch;
    if std::mem::replace(epoch, of) != of {
        word = format!("e{of} {word}");
    }
    Ok(word)
}

/// A sink that writes down what it sees.
macro_rules! sink {
    ($name:ident, $type_name:literal, [$($port:tt)*] $(, $($attribute:tt)+)?) => {
        /// See the macro.
        #[processor(name = $type_name, $($($attribute)+,)? crate = streamlib_processor)]
        pub(crate) struct $name {
            #[input($($port)*)]
            input: Input<DataFrame>,
            stage: Option<Arc<Stage>>,
            name: String,
            epoch: u32,
        }

        impl Processor for $name {
            fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
                (self.stage, self.name) = (ctx.resource(), ctx.name().to_owned());
                Ok(())
            }

            fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
                if let (Some(frame), Some(stage)) = (self.input.read()?, &self.stage) {
                    stage.write(&self.name, read(&frame, &mut self.epoch)?);
                }
                Ok(())
            }

            fn end_of_stream(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
                let cause = self.input.end_cause().map_or("not ended", |cause| cause.as_str());
                if let Some(stage) = &self.stage {
                    stage.write(&self.name, cause);
                }
                Ok(())
            }
        }
    };
}

sink!(Record, "test.record", []);
sink!(RecordInline, "test.record_inline", [], needs(cheap));
sink!(RecordLatest, "test.record_latest", [delivery = latest]);
sink!(RecordMain, "test.record_main", [], needs(main_thread));
sink!(RecordRealTime, "test.record_real_time", [], needs(real_time));

/// A join of two inputs, which writes down what it is given in each call, `1+2` or `1+-`, and
/// passes the first on.
macro_rules! join {
    ($name:ident, $type_name:literal, $($trigger:tt)+) => {
        /// See the macro.
        #[processor(name = $type_name, trigger = $($trigger)+, crate = streamlib_processor)]
        pub(crate) struct $name {
            #[input]
            a: Input<DataFrame>,
            #[input]
            b: Input<DataFrame>,
            #[output]
            out: Output<DataFrame>,
            stage: Option<Arc<Stage>>,
            name: String,
            epochs: [u32; 2],
        }

        impl Processor for $name {
            fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
                (self.stage, self.name) = (ctx.resource(), ctx.name().to_owned());
                Ok(())
            }

            fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
                let frames = [self.a.read()?, self.b.read()?];
                let mut words = Vec::new();
                for (frame, epoch) in frames.iter().zip(&mut self.epochs) {
                    words.push(frame.as_ref().map_or(Ok("-".to_owned()), |f| read(f, epoch))?);
                }
                if let Some(stage) = &self.stage {
                    stage.write(&self.name, words.join("+"));
                }
                let [first, _] = frames;
                if let Some(first) = first {
                    self.out.send(first)?;
                }
                Ok(())
            }

            fn end_of_stream(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
                let cause = |input: &Input<DataFrame>| {
                    input.end_cause().map_or("open", |cause| cause.as_str())
                };
                if let Some(stage) = &self.stage {
                    stage.write(&self.name, format!("{}+{}", cause(&self.a), cause(&self.b)));
                }
                Ok(())
            }
        }
    };
}

join!(JoinAny, "test.any", any);
join!(JoinPrimary, "test.primary", primary(a));
join!(JoinAligned, "test.aligned", aligned(tolerance_ms = 2));

/// A graph of the types of this module, as text (see `graphs`), that runs.
pub(crate) struct Rig {
    pub(crate) engine: Engine,
    pub(crate) clock: Arc<VirtualClock>,
    pub(crate) stage: Arc<Stage>,
}

impl Rig {
    /// Declares the graph and starts it, on two workers.
    pub(crate) fn new(graph: &str) -> Self {
        Self::with(graph, |builder| builder)
    }

    /// As [`Self::new`], with an engine that is put together differently.
    pub(crate) fn with(graph: &str, edit: impl FnOnce(EngineBuilder) -> EngineBuilder) -> Self {
        let rig = Self::declare(graph, edit);
        rig.engine.start().unwrap();
        rig
    }

    /// Declares the graph and does not start it.
    pub(crate) fn declare(graph: &str, edit: impl FnOnce(EngineBuilder) -> EngineBuilder) -> Self {
        let (clock, stage) = (Arc::new(VirtualClock::default()), Arc::new(Stage::default()));
        let builder = Engine::builder().with_workers(2).with_registry(registry());
        let builder = builder.with_clock(clock.clone()).with_resource(stage.clone());
        let engine = edit(builder).build().unwrap();
        engine.transaction().with(changes(graph)).commit().unwrap();
        Self { engine, clock, stage }
    }

    /// Gives a source words to play, and the calls to play them in.
    pub(crate) fn offer(&self, source: &str, words: &str) {
        let words: Vec<_> = words.split_whitespace().map(str::to_owned).collect();
        let calls = words.len() as u32;
        let mut scripts = self.stage.scripts.lock().unwrap();
        scripts.entry(source.to_owned()).or_default().extend(words);
        drop(scripts);
        self.engine.step(id(source), calls).unwrap();
    }

    /// As [`Self::offer`], and waits until all of it was played.
    pub(crate) fn play(&self, source: &str, words: &str) {
        let before = self.processor(source);
        self.offer(source, words);
        let calls = before.calls + words.split_whitespace().count() as u64;
        until(|| {
            // One that was made anew has played all of it, and counts from 0 again.
            let now = self.processor(source);
            now.calls >= calls || now.restarts != before.restarts
        });
    }

    pub(crate) fn pause(&self, processor: &str) {
        self.engine.pause_processor(id(processor)).unwrap();
    }

    pub(crate) fn resume(&self, processor: &str) {
        self.engine.resume_processor(id(processor)).unwrap();
    }

    /// What a processor wrote so far.
    pub(crate) fn log(&self, name: &str) -> String {
        self.stage.log.lock().unwrap().get(name).map(|words| words.join(" ")).unwrap_or_default()
    }

    /// Waits until a processor wrote exactly this.
    pub(crate) fn await_log(&self, name: &str, expect: &str) {
        let mut log = self.stage.log.lock().unwrap();
        loop {
            let written = log.get(name).map(|words| words.join(" ")).unwrap_or_default();
            if written == expect {
                return;
            }
            let started = expect.starts_with(&written);
            assert!(started, "{name} wrote `{written}`, not `{expect}`");
            log = self.stage.written.wait(log).unwrap();
        }
    }

    /// The threads that called a processor that writes.
    pub(crate) fn threads(&self, name: &str) -> Vec<String> {
        self.stage.threads.lock().unwrap().get(name).cloned().unwrap_or_default()
    }

    pub(crate) fn processor(&self, name: &str) -> ProcessorSnapshot {
        self.engine.inspector().processor(&ProcessorId::new(name).unwrap()).unwrap()
    }

    pub(crate) fn link(&self, number: u64) -> LinkSnapshot {
        self.engine.inspector().link(LinkId(number)).unwrap()
    }

    /// The counters of a link that are not 0, without bytes and high water.
    pub(crate) fn counts(&self, number: u64) -> String {
        words(&self.link(number).counts)
    }

    /// Waits for the end of the graph; all counters add up then.
    pub(crate) fn wait(&self) -> GraphOutcome {
        let outcome = self.engine.wait().unwrap();
        check_counters(&self.engine);
        outcome
    }
}

fn words(counts: &LinkCounts) -> String {
    let named = [
        ("sent", counts.sent),
        ("delivered", counts.delivered),
        ("superseded", counts.superseded),
        ("overflow", counts.overflow),
        ("stuck", counts.stuck),
        ("live_overrun", counts.live_overrun),
        ("too_old", counts.too_old),
        ("unmatched", counts.unmatched),
        ("flushed", counts.flushed),
        ("lost", counts.lost),
        ("in_flight", counts.in_flight),
    ];
    let words = named.iter().filter(|(_, count)| *count > 0);
    words.map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
}

/// The types that a [`Rig`] knows.
pub(crate) fn registry() -> RegistryBackedFactory {
    let mut registry = RegistryBackedFactory::new();
    macro_rules! register {
        ($($type:ty),+) => { $(registry.register::<$type>().unwrap();)+ };
    }
    register!(Script, LiveScript, Record, RecordInline, RecordLatest, RecordMain);
    register!(RecordRealTime, JoinAny, JoinPrimary, JoinAligned, Pass, Inline);
    registry
}
