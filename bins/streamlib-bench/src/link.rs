//! A link between two threads that are both busy, beside the queue that it is made of.
//!
//! Both sides move handles of 64-byte blocks through a queue of the same depth. The engine's side
//! takes the buffer from its pool and gives it back; the bare side moves as many bytes as a handle
//! has, made in place: nothing but the queue.

use std::hint::{black_box, spin_loop};
use std::thread::yield_now;
use std::time::Instant;

use serde_json::{Value, json};

use crate::arguments::Chain;
use crate::chain::{self, Strategy};
use crate::error::Result;
use crate::nulls;
use crate::summary::quantile;

const DEPTH: u32 = 200;
const RUNS: usize = 5;
/// Looks at a queue that is full or empty before the thread lets others run, as must be where
/// there are more threads than cores.
const SPINS: u32 = 100;

/// Bytes that a frame's handle and envelope take in a queue.
const HANDLE_BYTES: usize = size_of::<streamlib_processor::AnyFrame>();

/// Measures both in turn; medians.
pub(crate) fn run(frames: u64) -> Result<Value> {
    let chain =
        Chain { frames, strategy: Strategy::Threaded, depth: Some(DEPTH), ..Chain::default() };
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let ran_for = chain::run(&chain, nulls::parts(frames)?)?.ran_for;
        ours.push(ran_for.as_nanos() as u64);
        bare.push(bare_queue(frames));
    }
    let per_s = |mut ns: Vec<u64>| frames as f64 * 1e9 / quantile(&mut ns, 0.5).max(1) as f64;
    Ok(json!({ "frames_per_s": per_s(ours), "bare_per_s": per_s(bare) }))
}

/// How long `frames` handles take from one thread to the other, ns.
fn bare_queue(frames: u64) -> u64 {
    let (mut writer, mut reader) = rtrb::RingBuffer::<[u64; HANDLE_BYTES / 8]>::new(DEPTH as usize);
    let start = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for number in 0..frames {
                let mut handle = [number; HANDLE_BYTES / 8];
                let mut pause = Pause::default();
                while let Err(rtrb::PushError::Full(back)) = writer.push(handle) {
                    handle = back;
                    pause.once();
                }
            }
        });
        for _ in 0..frames {
            let mut pause = Pause::default();
            let handle = loop {
                match reader.pop() {
                    Ok(handle) => break handle,
                    Err(_) => pause.once(),
                }
            };
            black_box(handle);
        }
    });
    start.elapsed().as_nanos() as u64
}

/// How a thread waits for a queue.
#[derive(Debug, Default)]
struct Pause {
    spins: u32,
}

impl Pause {
    fn once(&mut self) {
        self.spins += 1;
        if self.spins < SPINS { spin_loop() } else { yield_now() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_are_measured() {
        let measured = run(1000).unwrap();
        for name in ["frames_per_s", "bare_per_s"] {
            assert!(measured[name].as_f64() > Some(0.0), "{name}: {measured}");
        }
    }
}
