//! A link whose consumer sleeps on a thread of its own, beside a bare wake: the time from just
//! before the send to the consumer's call, and from just before the wake to the woken thread.
//!
//! Both sides send every 500 us, so that the consumer has gone to sleep; the bare wake is the
//! standard library's `unpark`, a futex where the system has one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use streamlib_engine::Engine;
use streamlib_processor::prelude::*;

use crate::nulls::Frames;
use crate::summary::quantile;

const GAP: Duration = Duration::from_micros(500);

/// How long each frame was under way, ns.
#[derive(Debug, Default)]
struct Latencies(Mutex<Vec<u64>>);

impl Latencies {
    fn push(&self, ns: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(ns);
    }

    fn take(&self) -> Vec<u64> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Sends a frame every [`GAP`].
#[processor(
    name = "bench.paced_source",
    execution = continuous,
    needs(blocking),
    crate = streamlib_processor
)]
pub(crate) struct PacedSource {
    #[output]
    frame_out: Output<DataFrame>,
    #[config]
    config: Frames,
    sent: u64,
}

impl Processor for PacedSource {
    fn process(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
        ctx.wait_until(ctx.now_ns() + GAP.as_nanos() as i64);
        let mut at = Envelope::at(i64::try_from(self.sent).unwrap_or(i64::MAX));
        at.set_capture_time_ns(Some(ctx.monotonic_ns()));
        let frame = self.frame_out.frame(&self.sent, at)?;
        self.frame_out.send(frame)?;
        self.sent += 1;
        if self.sent == self.config.frames {
            ctx.finish();
        }
        Ok(())
    }
}

/// Notes how long each frame was under way.
#[processor(name = "bench.woken_sink", needs(blocking), crate = streamlib_processor)]
pub(crate) struct WokenSink {
    #[input]
    frame_in: Input<DataFrame>,
    latencies: Option<Arc<Latencies>>,
}

impl Processor for WokenSink {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        self.latencies = ctx.resource();
        Ok(())
    }

    fn process(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
        let now_ns = ctx.monotonic_ns();
        let (Some(frame), Some(latencies)) = (self.frame_in.read()?, &self.latencies) else {
            return Ok(());
        };
        let sent_ns = frame.envelope().capture_time_ns().unwrap_or(now_ns);
        latencies.push(now_ns.saturating_sub(sent_ns));
        Ok(())
    }
}

/// Measures both, half the frames each time, in turn.
pub(crate) fn run(frames: u64) -> crate::error::Result<Value> {
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..2 {
        ours.append(&mut woken_link(frames.div_ceil(2))?);
        bare.append(&mut bare_wake(frames.div_ceil(2)));
    }
    let mut measured = Map::new();
    for (name, share) in [("min", 0.0), ("p50", 0.5), ("p99", 0.99)] {
        measured.insert(format!("{name}_ns"), json!(quantile(&mut ours, share)));
        measured.insert(format!("bare_{name}_ns"), json!(quantile(&mut bare, share)));
    }
    Ok(Value::Object(measured))
}

fn woken_link(frames: u64) -> crate::error::Result<Vec<u64>> {
    let latencies = Arc::new(Latencies::default());
    let engine = Engine::builder().with_resource(Arc::clone(&latencies)).build()?;
    let source = engine.add_processor::<PacedSource>(Frames { frames })?;
    let sink = engine.add_processor::<WokenSink>(NoConfig {})?;
    engine.connect(&source, &sink)?;
    engine.start()?;
    engine.wait()?;
    Ok(latencies.take())
}

fn bare_wake(frames: u64) -> Vec<u64> {
    let start = Instant::now();
    let ns = || start.elapsed().as_nanos() as u64;
    // When the wake was sent; 0 while there is none.
    let sent_ns = AtomicU64::new(0);
    std::thread::scope(|scope| {
        let woken = scope.spawn(|| {
            let mut latencies = Vec::new();
            while latencies.len() < frames as usize {
                match sent_ns.swap(0, Ordering::AcqRel) {
                    0 => std::thread::park(),
                    sent_ns => latencies.push(ns().saturating_sub(sent_ns)),
                }
            }
            latencies
        });
        while !woken.is_finished() {
            std::thread::sleep(GAP);
            sent_ns.store(ns(), Ordering::Release);
            woken.thread().unpark();
        }
        woken.join().unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_frame_is_timed_on_both_sides() {
        assert_eq!(woken_link(5).unwrap().len(), 5);
        assert_eq!(bare_wake(5).len(), 5);
        let measured = run(4).unwrap();
        assert!(measured["p50_ns"].as_u64() > Some(0), "{measured}");
        assert!(measured["bare_p50_ns"].as_u64() > Some(0), "{measured}");
    }
}
