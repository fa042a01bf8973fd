//! Small processors and a `check`-style way to run graphs of them.

use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use streamlib_engine::Engine;
use streamlib_engine::graph::GraphState;
use streamlib_processor::abi::Envelope;
use streamlib_processor::prelude::*;

/// Settings of [`Numbers`].
#[derive(Debug, Clone, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
#[config(crate = streamlib_processor)]
pub(crate) struct NumbersConfig {
    /// How many to send.
    pub count: u64,
    /// Stream time from one to the next, ns.
    pub step_ns: u64,
}

impl Default for NumbersConfig {
    fn default() -> Self {
        Self { count: 10, step_ns: 1_000_000 }
    }
}

/// Sends the numbers from 0 on.
#[processor(
    name = "test.numbers",
    execution = continuous,
    crate = streamlib_processor
)]
pub(crate) struct Numbers {
    #[output]
    out: Output<DataFrame>,
    #[config]
    config: NumbersConfig,
    next: u64,
}

impl Processor for Numbers {
    fn process(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
        if self.next == self.config.count {
            ctx.finish();
            return Ok(());
        }
        let at = Envelope::at((self.next * self.config.step_ns) as i64);
        let frame = self.out.frame(&self.next, at)?;
        self.out.send(frame)?;
        self.next += 1;
        Ok(())
    }
}

/// Passes frames on.
#[processor(name = "test.pass", crate = streamlib_processor)]
pub(crate) struct Pass {
    #[input]
    input: Input<AnyFrame>,
    #[output(same_as = input)]
    out: Output<AnyFrame>,
}

impl Processor for Pass {
    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        if let Some(frame) = self.input.read()? {
            self.out.send(frame)?;
        }
        Ok(())
    }
}

/// As [`Pass`], inline in its producer.
#[processor(name = "test.inline", needs(cheap), crate = streamlib_processor)]
pub(crate) struct Inline {
    #[input]
    input: Input<AnyFrame>,
    #[output(same_as = input)]
    out: Output<AnyFrame>,
}

impl Processor for Inline {
    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        if let Some(frame) = self.input.read()? {
            self.out.send(frame)?;
        }
        Ok(())
    }
}

/// What a [`Collect`] saw.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The numbers, in order.
    pub numbers: Mutex<Vec<u64>>,
    /// The threads that called `process`.
    pub threads: Mutex<Vec<String>>,
}

/// Keeps the numbers that come in.
#[processor(name = "test.collect", crate = streamlib_processor)]
pub(crate) struct Collect {
    #[input]
    input: Input<DataFrame>,
    seen: Option<Arc<Seen>>,
}

impl Processor for Collect {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        self.seen = ctx.resource::<Seen>();
        Ok(())
    }

    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        let (Some(frame), Some(seen)) = (self.input.read()?, &self.seen) else { return Ok(()) };
        seen.numbers.lock().unwrap().push(frame.value()?);
        let thread = std::thread::current().name().unwrap_or("?").to_owned();
        let mut threads = seen.threads.lock().unwrap();
        if !threads.contains(&thread) {
            threads.push(thread);
        }
        Ok(())
    }
}

/// An engine whose collectors write into what comes with it.
pub(crate) fn engine(workers: usize) -> (Engine, Arc<Seen>) {
    let seen = Arc::new(Seen::default());
    let builder = Engine::builder().with_workers(workers).with_resource(Arc::clone(&seen));
    (builder.build().unwrap(), seen)
}

/// On every link what was sent is delivered, dropped, flushed, lost or in the link; when nothing
/// runs, nothing is in a link. What an output sent is what each link made with it sent.
pub(crate) fn check_counters(engine: &Engine) {
    let inspection = engine.inspector().inspect();
    for link in inspection.links.iter().flat_map(|link| link.parts()) {
        let counts = &link.counts;
        let name = format!("{} part {}: {counts:?}", link.id, link.part);
        let accounted = counts.delivered + counts.dropped + counts.flushed + counts.lost;
        assert_eq!(counts.sent, accounted + counts.in_flight, "{name}");
        let reasons = [
            counts.superseded,
            counts.overflow,
            counts.stuck,
            counts.live_overrun,
            counts.too_old,
            counts.unmatched,
        ];
        assert_eq!(counts.dropped, reasons.iter().sum::<u64>(), "{name}");
        if inspection.state == GraphState::Idle {
            assert_eq!(counts.in_flight, 0, "{name}");
        }
    }
}

/// More numbers than any test waits for.
pub(crate) const ENDLESS: u64 = u64::MAX >> 1;

/// Looks until it is so; a test that waits for ever is stopped by its runner.
pub(crate) fn until(mut is_so: impl FnMut() -> bool) {
    while !is_so() {
        std::thread::yield_now();
    }
}
