//! The graph that is edited, and what it holds of the machine.
//!
//!     src -> holder
//!     src -> stage -> sink      the sink is paused: three frames wait before it
//!     side -> beside            on threads of their own
//!     other, rgb                linked to nothing
//!
//! Sources are called by hand and time stands still, so between two looks nothing happens.

use std::fs::{DirEntry, File, read_to_string};
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::sync::{Arc, Barrier, Condvar, Mutex};

use serde::{Deserialize, Serialize};
use serde_json::json;
use streamlib_engine::EngineBuilder;
use streamlib_engine::graph::GraphSnapshot;
use streamlib_processor::prelude::*;

use crate::LIVE;
use crate::graphs::{changes, id};
use crate::rig::{Rig, Stage, registry};

const GRAPH: &str = "
    + src: test.script
    + other: test.script
    + rgb: test.rgb
    + stage: test.opens
    + sink: test.record
    + holder: test.holder {\"path\": \"kept\"}
    + side: test.script @ thread
    + beside: test.record @ thread
    src.out -> holder.input
    src.out -> stage.input
    stage.out -> sink.input
    side.out -> beside.input";

/// What the processors of a test hold, and how one of them goes wrong.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Instances that were set up and not dropped.
    pub(super) alive: AtomicI64,
    /// The name and the amount of each that is set up.
    amounts: Mutex<Vec<(String, u64)>>,
    /// Calls that hang.
    pub(super) hanging: AtomicI64,
    /// True while calls that hang are to hang.
    pub(super) hangs: Mutex<bool>,
    pub(super) changed: Condvar,
}

/// Settings of [`Opens`].
#[derive(Debug, Clone, Default, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
#[config(crate = streamlib_processor)]
struct OpensConfig {
    /// Any number.
    amount: u64,
    /// How it goes wrong: `error` and `panic` in its teardown, `hang` in its calls.
    trouble: String,
}

/// Settings of [`Holder`].
#[derive(Debug, Clone, Default, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
#[config(crate = streamlib_processor)]
struct HolderConfig {
    /// What only one holds.
    #[config(required)]
    path: String,
    /// Any number.
    amount: u64,
}

/// What an instance holds from its setup on.
#[derive(Debug, Default)]
struct Held {
    ledger: Option<Arc<Ledger>>,
    file: Option<File>,
    entry: (String, u64),
}

impl Held {
    fn take(&mut self, ctx: &SetupContext<'_>, amount: u64) -> Result<()> {
        let ledger: Arc<Ledger> = ctx.resource().unwrap();
        ledger.alive.fetch_add(1, SeqCst);
        self.file = Some(File::open("/proc/self/stat").unwrap());
        self.entry = (ctx.name().to_owned(), amount);
        ledger.amounts.lock().unwrap().push(self.entry.clone());
        self.ledger = Some(ledger);
        Ok(())
    }

    /// Takes another amount.
    fn change(&mut self, amount: u64) {
        self.give_up();
        self.entry.1 = amount;
        self.ledger.as_ref().unwrap().amounts.lock().unwrap().push(self.entry.clone());
    }

    fn give_up(&self) {
        if let Some(ledger) = &self.ledger {
            let mut amounts = ledger.amounts.lock().unwrap();
            let own = amounts.iter().position(|entry| *entry == self.entry).unwrap();
            amounts.swap_remove(own);
        }
    }

    fn hang(&self) {
        let ledger = self.ledger.as_ref().unwrap();
        ledger.hanging.fetch_add(1, SeqCst);
        drop(ledger.changed.wait_while(ledger.hangs.lock().unwrap(), |hangs| *hangs));
        ledger.hanging.fetch_sub(1, SeqCst);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(ledger) = &self.ledger {
            ledger.alive.fetch_sub(1, SeqCst);
        }
    }
}

/// Passes frames on.
#[processor(name = "test.opens", crate = streamlib_processor)]
struct Opens {
    #[input]
    input: Input<AnyFrame>,
    #[output(same_as = input)]
    out: Output<AnyFrame>,
    #[config]
    config: OpensConfig,
    held: Held,
}

impl Processor for Opens {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        self.held.take(ctx, self.config.amount)
    }

    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        if let Some(frame) = self.input.read()? {
            if self.config.trouble == "hang" {
                self.held.hang();
            }
            self.out.send(frame)?;
        }
        Ok(())
    }

    fn update_config(&mut self, config: OpensConfig) -> Result<()> {
        self.held.change(config.amount);
        self.config = config;
        Ok(())
    }

    fn teardown(&mut self) -> Result<()> {
        self.held.give_up();
        match self.config.trouble.as_str() {
            "error" => Err(Error::new("as it is configured")),
            "panic" => panic!("as it is configured"),
            _ => Ok(()),
        }
    }
}

/// Writes down what comes. Only one may hold its path.
#[processor(name = "test.holder", exclusive = path, crate = streamlib_processor)]
struct Holder {
    #[input]
    input: Input<DataFrame>,
    #[config]
    config: HolderConfig,
    held: Held,
    stage: Option<Arc<Stage>>,
    name: String,
}

impl Processor for Holder {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        (self.stage, self.name) = (ctx.resource(), ctx.name().to_owned());
        self.held.take(ctx, self.config.amount)
    }

    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        if let Some(frame) = self.input.read()? {
            self.stage.as_ref().unwrap().write(&self.name, frame.value::<u64>()?.to_string());
        }
        Ok(())
    }

    fn update_config(&mut self, config: HolderConfig) -> Result<()> {
        self.held.change(config.amount);
        self.config = config;
        Ok(())
    }

    fn teardown(&mut self) -> Result<()> {
        self.held.give_up();
        Ok(())
    }
}

/// A source of pictures, which sends none and ends.
#[processor(name = "test.rgb", execution = manual, crate = streamlib_processor)]
struct Rgb {
    #[output(formats(video(Rgb8)))]
    out: Output<VideoFrame>,
}

impl Processor for Rgb {
    fn process(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
        self.out.gap(0);
        ctx.finish();
        Ok(())
    }
}

/// Takes grey pictures.
#[processor(name = "test.grey_sink", crate = streamlib_processor)]
struct GreySink {
    #[input(formats(video(Gray8)))]
    input: Input<VideoFrame>,
    held: Held,
}

impl Processor for GreySink {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        self.held.take(ctx, 0)
    }

    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        self.input.read().map(drop)
    }

    fn teardown(&mut self) -> Result<()> {
        self.held.give_up();
        Ok(())
    }
}

/// Makes grey of anything.
#[processor(name = "test.to_grey", crate = streamlib_processor)]
struct ToGrey {
    #[input]
    input: Input<VideoFrame>,
    #[output(formats(video(Gray8)))]
    out: Output<VideoFrame>,
    held: Held,
}

impl Processor for ToGrey {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        self.held.take(ctx, 0)
    }

    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        if let Some(frame) = self.input.read()? {
            let out = self.out.loan_like(&frame)?;
            self.out.send(out)?;
        }
        Ok(())
    }

    fn teardown(&mut self) -> Result<()> {
        self.held.give_up();
        Ok(())
    }
}

/// What an engine holds of the machine, and how it stands: a line each.
pub(super) type Footprint = Vec<String>;

/// Looks until it is so, and says what differs if it does not become so: threads and workers finish
/// what they were doing a moment after those who wait for it were told.
pub(super) fn settles(context: &str, look: impl Fn() -> Footprint, expected: &[String]) {
    let mut seen = look();
    for _ in 0..1000 {
        if seen == expected {
            return;
        }
        std::thread::yield_now();
        seen = look();
    }
    let without = |lines: &[String], others: &[String]| {
        let mut lines = lines.to_vec();
        for other in others {
            lines.iter().position(|line| line == other).map(|at| lines.swap_remove(at));
        }
        lines
    };
    let (new, gone) = (without(&seen, expected), without(expected, &seen));
    panic!("{context}: there is {new:#?} in the place of {gone:#?}");
}

/// What the process holds, if the test is alone in it.
pub(super) fn process() -> Footprint {
    if !is_alone() {
        return Vec::new();
    }
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    // A thread may end between the two looks.
    let name = |task: std::io::Result<DirEntry>| read_to_string(task.unwrap().path().join("comm"));
    // The pool adds a worker when one is held up, which a busy machine does to any worker.
    let is_worker = |name: &str| name.starts_with("streamlib-") && name.ends_with(char::is_numeric);
    let names = tasks.flat_map(name).map(|name| name.trim_end().to_owned());
    let mut lines: Vec<_> =
        names.filter(|name| !is_worker(name)).map(|name| format!("thread {name}")).collect();
    lines.sort_unstable();
    lines.push(format!("{} descriptors", std::fs::read_dir("/proc/self/fd").unwrap().count()));
    lines
}

/// True if no other test runs in this process.
pub(super) fn is_alone() -> bool {
    std::env::var("NEXTEST_EXECUTION_MODE").is_ok_and(|mode| mode == "process-per-test")
}

/// Blocks of memory that are alive, if the test is alone.
pub(super) fn live_blocks() -> i64 {
    if is_alone() { LIVE.blocks() } else { 0 }
}

/// As [`settles`], for blocks of memory after something was done eight times: there are no more than
/// before, but for what a worker keeps for itself that the pool has added. What leaks is more: a
/// processor, its links and its thread are dozens each time.
pub(super) fn blocks_settle(context: &str, before: i64) {
    let most = before + 40;
    for _ in 0..1000 {
        if live_blocks() <= most {
            return;
        }
        std::thread::yield_now();
    }
    assert_eq!(live_blocks(), most, "{context}: blocks of memory");
}

/// The graph of this module, running.
pub(super) struct Bed {
    pub(super) rig: Rig,
    pub(super) ledger: Arc<Ledger>,
}

impl Bed {
    /// With three frames before the paused sink, and everything else at rest.
    pub(super) fn new(edit: impl FnOnce(EngineBuilder) -> EngineBuilder) -> Self {
        let ledger = Arc::new(Ledger::default());
        let mut types = registry();
        types.register::<Opens>().unwrap();
        types.register::<Holder>().unwrap();
        types.register::<Rgb>().unwrap();
        types.register::<GreySink>().unwrap();
        types.register_converter::<ToGrey>(|_, _| Some(json!({}))).unwrap();
        let rig = Rig::with(GRAPH, |builder| {
            edit(builder.with_registry(types).with_resource(Arc::clone(&ledger)))
        });
        let bed = Self { rig, ledger };
        bed.warm_up();
        bed.rig.pause("sink");
        bed.flow(1);
        bed.flow(2);
        bed.flow(3);
        bed.rest();
        bed
    }

    /// The number goes through what no edit takes frames from.
    pub(super) fn flow(&self, number: u64) {
        let upto = (1..=number).map(|number| number.to_string()).collect::<Vec<_>>().join(" ");
        for (source, end) in [("src", "holder"), ("side", "beside")] {
            self.rig.play(source, &number.to_string());
            self.rig.await_log(end, &upto);
        }
    }

    /// As many threads at once as there will be, so that what is kept for each is there: it is
    /// never given back, but to the next thread.
    fn warm_up(&self) {
        let all = Barrier::new(32);
        std::thread::scope(|scope| {
            let look = || {
                self.rig.engine.state();
                all.wait();
            };
            let run = |_| scope.spawn(look);
            let threads: Vec<_> = (0..32).map(run).collect();
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        });
    }

    /// Number 4 goes through what nothing replaces.
    pub(super) fn flow_beside(&self) {
        self.rig.play("side", "4");
        self.rig.await_log("beside", "1 2 3 4");
    }

    /// Makes the changes, with a failure at a step.
    pub(super) fn edit(
        &self,
        text: &str,
        fail_at: Option<usize>,
    ) -> streamlib_engine::Result<streamlib_engine::Committed> {
        self.rig.engine.fail_at_step(fail_at);
        self.rig.engine.transaction().with(changes(text)).commit()
    }

    pub(super) fn snapshot(&self) -> GraphSnapshot {
        self.rig.engine.snapshot()
    }

    /// All have returned from their calls.
    pub(super) fn rest(&self) {
        for source in ["src", "side", "other"] {
            self.rig.engine.step(id(source), 0).unwrap();
        }
        for processor in ["stage", "holder", "beside"] {
            if self.snapshot().processor(&id(processor)).is_some() {
                self.rig.pause(processor);
                self.rig.resume(processor);
            }
        }
    }

    pub(super) fn footprint(&self) -> Footprint {
        let inspection = self.rig.engine.inspector().inspect();
        let mut amounts = self.ledger.amounts.lock().unwrap().clone();
        amounts.sort_unstable();
        let mut lines = process();
        lines.push(format!("{} instances", self.ledger.alive.load(SeqCst)));
        lines.push(format!("set up: {amounts:?}"));
        lines.push(format!("revision {}, {}", inspection.revision, inspection.state));
        lines.push(format!("{:?}", inspection.health));
        lines.extend(inspection.processors.iter().map(|processor| format!("{processor:?}")));
        lines.extend(inspection.links.iter().map(|link| format!("{link:?}")));
        lines
    }

    /// What waited arrives, everything ends, and nothing is left.
    pub(super) fn finish(self) {
        self.rig.resume("sink");
        for source in ["src", "side", "other", "more", "rgb"] {
            if self.snapshot().processor(&id(source)).is_some() {
                self.rig.offer(source, "end");
            }
        }
        let outcome = self.rig.wait();
        assert!(!outcome.failed(), "{outcome:?}");
        assert_eq!(self.ledger.alive.load(SeqCst), 0);
        assert_eq!(*self.ledger.amounts.lock().unwrap(), []);
        assert_eq!(self.rig.engine.inspector().health().memory_used_bytes, 0);
    }
}
