//! Workers of the pool: what one keeps for itself, and what others get.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use streamlib_engine::Engine;
use streamlib_engine::execution::VirtualClock;
use streamlib_processor::NoConfig;
use streamlib_processor::abi::Envelope;
use streamlib_processor::prelude::*;

use crate::support::{Pass, check_counters, until};

const FRAMES: u64 = 50;
/// Calls after which the engine knows that they are long.
const KNOWN_AFTER: u64 = 8;

/// The time by which a call moves the clock, and how many frames have arrived.
#[derive(Debug, Default)]
struct Work {
    clock: Arc<VirtualClock>,
    workers: usize,
    /// True once all processors have been started: before that no frame is sent.
    started: AtomicBool,
    arrived: AtomicU64,
}

/// Its calls are long. With several workers they do not return before the frame of the call before
/// has arrived.
#[processor(name = "test.long_source", execution = continuous, crate = streamlib_processor)]
pub(crate) struct LongSource {
    #[output]
    out: Output<DataFrame>,
    sent: u64,
    work: Option<Arc<Work>>,
}

impl Processor for LongSource {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        self.work = ctx.resource();
        Ok(())
    }

    fn process(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
        let Some(work) = &self.work else { return Ok(()) };
        work.clock.advance(Duration::from_millis(1));
        if !work.started.load(SeqCst) {
            return Ok(());
        }
        if work.workers > 1 && self.sent >= KNOWN_AFTER {
            until(|| work.arrived.load(SeqCst) >= self.sent);
        }
        let frame = self.out.frame(&self.sent, Envelope::at(self.sent as i64))?;
        self.out.send(frame)?;
        self.sent += 1;
        if self.sent == FRAMES {
            ctx.finish();
        }
        Ok(())
    }
}

/// Says that frames have arrived.
#[processor(name = "test.arrivals", crate = streamlib_processor)]
pub(crate) struct Arrivals {
    #[input]
    input: Input<DataFrame>,
    work: Option<Arc<Work>>,
}

impl Processor for Arrivals {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        self.work = ctx.resource();
        Ok(())
    }

    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        if let (Some(_), Some(work)) = (self.input.read()?, &self.work) {
            work.arrived.fetch_add(1, SeqCst);
        }
        Ok(())
    }
}

/// Runs source, a stage and sink; every frame arrives. Most frames that waited in each link.
fn check(workers: usize) -> Vec<u64> {
    let work = Arc::new(Work { workers, ..Work::default() });
    let clock = Arc::clone(&work.clock);
    let builder = Engine::builder().with_workers(workers).with_clock(clock);
    let engine = builder.with_resource(Arc::clone(&work)).build().unwrap();
    let source = engine.add_processor::<LongSource>(NoConfig {}).unwrap();
    let stage = engine.add_processor::<Pass>(NoConfig {}).unwrap();
    let sink = engine.add_processor::<Arrivals>(NoConfig {}).unwrap();
    engine.connect(&source, &stage).unwrap();
    engine.connect(&stage, &sink).unwrap();
    engine.start().unwrap();
    work.started.store(true, SeqCst);
    let outcome = engine.wait().unwrap();
    assert!(!outcome.failed(), "{outcome:?}");
    check_counters(&engine);
    assert_eq!(work.arrived.load(SeqCst), FRAMES);
    let inspection = engine.inspector().inspect();
    let links = inspection.links.iter().flat_map(|link| link.parts());
    links.map(|link| link.counts.high_water).collect()
}

#[test]
fn what_waits_behind_a_long_call_goes_to_another_worker() {
    check(2);
}

#[test]
fn a_worker_brings_a_frame_to_its_end_before_the_next_long_call() {
    assert_eq!(check(1), [1, 1]);
}
