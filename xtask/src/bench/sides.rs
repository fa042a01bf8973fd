//! Runs of programs that are compared with each other: ours and theirs in turn, several rounds,
//! of which the median counts.

use std::process::Command;

use serde_json::Value;

use super::measure::{self, Cost};
use crate::error::{Error, Result};
use crate::{paths, process};

/// How often each side runs.
pub(crate) const ROUNDS: usize = 3;

/// What one side achieved, or the median of several runs.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Sample {
    /// Time from one frame to the next, ns.
    pub(crate) ns_per_frame: f64,
    /// Processor time of all threads for a frame, ns.
    pub(crate) cpu_ns_per_frame: f64,
    /// The largest resident size of the process, MiB.
    pub(crate) peak_mib: f64,
    /// Time to build the graph, ms; 0 where that is not measured.
    pub(crate) built_in_ms: f64,
}

impl Sample {
    /// Frames in a second.
    pub(crate) fn frames_per_s(&self) -> f64 {
        1e9 / self.ns_per_frame.max(f64::MIN_POSITIVE)
    }
}

/// Something that is run several times.
pub(crate) type Side<'a, T> = &'a dyn Fn() -> Result<T>;

/// Runs each side [`ROUNDS`] times, in turn, and returns what they gave, in the order of the sides.
pub(crate) fn in_turn<T, const N: usize>(sides: [Side<'_, T>; N]) -> Result<[Vec<T>; N]> {
    let mut runs: [Vec<T>; N] = std::array::from_fn(|_| Vec::new());
    for _ in 0..ROUNDS {
        for (side, runs) in sides.iter().zip(&mut runs) {
            runs.push(side()?);
        }
    }
    Ok(runs)
}

/// The medians of what [`in_turn`] runs, in the order of the sides.
pub(crate) fn medians<const N: usize>(sides: [Side<'_, Sample>; N]) -> Result<[Sample; N]> {
    Ok(in_turn(sides)?.map(|samples| median_of_each(&samples)))
}

fn median_of_each(samples: &[Sample]) -> Sample {
    let of = |field: fn(&Sample) -> f64| median(samples.iter().map(field).collect());
    Sample {
        ns_per_frame: of(|sample| sample.ns_per_frame),
        cpu_ns_per_frame: of(|sample| sample.cpu_ns_per_frame),
        peak_mib: of(|sample| sample.peak_mib),
        built_in_ms: of(|sample| sample.built_in_ms),
    }
}

/// The value in the middle; 0 if there are none.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// Runs `streamlib-bench` with these words, measured; also what it printed.
pub(crate) fn ours(words: &[&str]) -> Result<(Cost, Value)> {
    let mut command = process::command(paths::target().join("release/streamlib-bench"));
    command.args(words);
    let (cost, printed) = measure::run_and_capture(&command)?;
    let value = serde_json::from_str(&printed).map_err(|error| Error::Output {
        command: process::shown(&command),
        problem: error.to_string(),
    })?;
    Ok((cost, value))
}

/// A number that `streamlib-bench` printed; NaN, which meets no budget, where there is none.
pub(crate) fn number(printed: &Value, name: &str) -> f64 {
    printed[name].as_f64().unwrap_or(f64::NAN)
}

/// A chain of `streamlib-bench`. What starting and stopping take is not counted.
pub(crate) fn our_chain(words: &str, frames: u64) -> Result<Sample> {
    let run = |frames: u64| {
        let frames = frames.to_string();
        let words: Vec<&str> = words.split_whitespace().chain(["--frames", &frames]).collect();
        ours(&words)
    };
    let (one, _) = run(1)?;
    let (all, printed) = run(frames)?;
    Ok(Sample {
        ns_per_frame: number(&printed, "ns_per_frame"),
        built_in_ms: number(&printed, "built_in_ms"),
        ..difference(one, all, frames)
    })
}

/// A pipeline of GStreamer, made for a number of frames. What starting and stopping take is not
/// counted.
pub(crate) fn gstreamer(pipeline: impl Fn(u64) -> String, frames: u64) -> Result<Sample> {
    let run = |frames| {
        let mut command: Command = process::command("gst-launch-1.0");
        command.arg("--quiet").args(pipeline(frames).split_whitespace());
        measure::run(&command)
    };
    let one = run(1)?;
    Ok(difference(one, run(frames)?, frames))
}

fn difference(one: Cost, all: Cost, frames: u64) -> Sample {
    let more = frames.saturating_sub(1).max(1) as f64;
    Sample {
        ns_per_frame: (all.wall_s - one.wall_s) * 1e9 / more,
        cpu_ns_per_frame: (all.cpu_s - one.cpu_s) * 1e9 / more,
        peak_mib: all.peak_mib,
        built_in_ms: 0.0,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn sides_take_turns_and_the_median_counts() {
        let order = RefCell::new(String::new());
        let side = |name: char, values: [f64; ROUNDS]| {
            let order = &order;
            move || {
                let round = order.borrow().matches(name).count();
                order.borrow_mut().push(name);
                Ok(Sample { ns_per_frame: values[round], ..Sample::default() })
            }
        };
        let (a, b) = (side('a', [1.0, 9.0, 2.0]), side('b', [5.0, 4.0, 6.0]));
        let [a, b] = medians([&a, &b]).unwrap();
        assert_eq!((a.ns_per_frame, b.ns_per_frame), (2.0, 5.0));
        assert_eq!(order.into_inner(), "ababab");
    }

    #[test]
    fn starting_is_not_counted() {
        let cost = |wall_s, cpu_s, peak_mib| Cost { wall_s, cpu_s, peak_mib };
        let sample = difference(cost(1.0, 0.5, 9.0), cost(3.0, 1.5, 10.0), 1001);
        assert_eq!((sample.ns_per_frame, sample.cpu_ns_per_frame), (2e6, 1e6));
        assert_eq!((sample.peak_mib, sample.frames_per_s()), (10.0, 500.0));
    }

    #[test]
    fn a_number_that_was_not_printed_meets_no_budget() {
        assert!(number(&serde_json::json!({}), "ns_per_frame").is_nan());
    }
}
