//! Rates, percent and time left, from totals and the times at which they were read. Pure.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use streamlib_protocol::{Position, Progress, SinkProgress};

/// Rates are means over about this long: short enough to follow a change, long enough to be read.
const WINDOW: Duration = Duration::from_secs(3);
/// Most readings that are kept.
const READINGS_MAX: usize = 64;

/// What can be said of a run at a moment.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Estimate {
    /// Part of the medium that is done, 0 to 100; `None` if its length is not known.
    pub(super) percent: Option<f64>,
    /// Frames that have arrived at the main sink.
    pub(super) frames: u64,
    /// Frames a second there, now.
    pub(super) frame_rate: Option<f64>,
    /// Seconds of the medium a second, now.
    pub(super) speed: Option<f64>,
    /// Frames dropped so far.
    pub(super) dropped: u64,
    /// Seconds until the end, if it goes on like this.
    pub(super) seconds_left: Option<f64>,
}

#[derive(Debug, Clone, Copy)]
struct Reading {
    at: Instant,
    frames: u64,
    passed_ns: Option<u64>,
}

/// The last readings.
#[derive(Debug, Clone, Default)]
pub(super) struct Estimator {
    readings: VecDeque<Reading>,
}

impl Estimator {
    /// Takes a reading made at `at` and says what follows from it and those before.
    pub(super) fn add(&mut self, progress: &Progress, at: Instant) -> Estimate {
        let frames = main_sink(&progress.sinks).map_or(0, |sink| sink.frames);
        let passed_ns = progress.position.map(passed_ns);
        let now = Reading { at, frames, passed_ns };
        let is_old = |reading: &Reading| at.saturating_duration_since(reading.at) > WINDOW;
        // The last one stays however old it is, so that slow readings make a rate as well.
        while self.readings.len() >= READINGS_MAX
            || (self.readings.len() > 1 && self.readings.front().is_some_and(is_old))
        {
            self.readings.pop_front();
        }
        let before = self.readings.front().copied().or_else(|| beginning(progress, at));
        self.readings.push_back(now);
        let speed = rate(before, now, |reading| reading.passed_ns).map(|ns| ns / 1e9);
        Estimate {
            percent: progress.position.and_then(percent),
            frames,
            frame_rate: rate(before, now, |reading| Some(reading.frames)),
            speed,
            dropped: progress.dropped,
            seconds_left: progress.position.and_then(|position| seconds_left(position, speed?)),
        }
    }
}

/// The reading that the first one is compared with: when the graph was started, and empty. A source
/// that knows how long it is begins at 0; where any other begins is not known.
fn beginning(progress: &Progress, at: Instant) -> Option<Reading> {
    let at = at.checked_sub(Duration::from_nanos(progress.uptime_ns))?;
    let passed_ns = progress.position.and_then(|position| position.duration_ns).map(|_| 0);
    Some(Reading { at, frames: 0, passed_ns })
}

/// The sink that is counted: the first one of pictures, else the first one.
pub(super) fn main_sink(sinks: &[SinkProgress]) -> Option<&SinkProgress> {
    sinks.iter().find(|sink| sink.kind == "video").or_else(|| sinks.first())
}

/// How much a total grew a second. `None` if it went back, as it does when a source begins anew.
fn rate(
    before: Option<Reading>,
    now: Reading,
    total: impl Fn(&Reading) -> Option<u64>,
) -> Option<f64> {
    let before = before?;
    let seconds = now.at.saturating_duration_since(before.at).as_secs_f64();
    let grown = total(&now)?.checked_sub(total(&before)?)?;
    (seconds > 0.0).then(|| float(grown) / seconds)
}

fn percent(position: Position) -> Option<f64> {
    let duration_ns = position.duration_ns.filter(|duration| *duration > 0)?;
    Some((float(passed_ns(position)) * 100.0 / float(duration_ns)).min(100.0))
}

fn seconds_left(position: Position, speed: f64) -> Option<f64> {
    let left = position.duration_ns?.saturating_sub(passed_ns(position));
    (speed > 0.0).then(|| float(left) / 1e9 / speed)
}

/// What is before the beginning of the medium counts as its beginning.
fn passed_ns(position: Position) -> u64 {
    position.position_ns.max(0).unsigned_abs()
}

#[expect(clippy::cast_precision_loss, reason = "a few digits are shown")]
fn float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use streamlib_protocol::GraphState;

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    /// Readings at milliseconds, with frames and position in seconds.
    fn estimates(readings: &[(u64, u64, Option<u64>)], duration: Option<u64>) -> Vec<Estimate> {
        let start = Instant::now();
        let mut estimator = Estimator::default();
        let readings = readings.iter().map(|(ms, frames, seconds)| {
            let sink = |kind: &str, frames| SinkProgress {
                processor: "file".to_owned(),
                port: kind.to_owned(),
                kind: kind.to_owned(),
                frames,
            };
            let progress = Progress {
                state: GraphState::Running,
                uptime_ns: ms * 1_000_000,
                position: seconds.map(|seconds| Position {
                    position_ns: (seconds * SECOND).cast_signed(),
                    duration_ns: duration.map(|seconds| seconds * SECOND),
                }),
                sinks: vec![sink("audio", 7), sink("video", *frames)],
                dropped: 3,
            };
            estimator.add(&progress, start + Duration::from_millis(*ms))
        });
        readings.collect()
    }

    #[test]
    fn rates_follow_from_two_readings() {
        let estimates = estimates(&[(0, 0, Some(0)), (500, 30, Some(2))], Some(10));
        let first = Estimate {
            percent: Some(0.0),
            frames: 0,
            frame_rate: None,
            speed: None,
            dropped: 3,
            seconds_left: None,
        };
        let second = Estimate {
            percent: Some(20.0),
            frames: 30,
            frame_rate: Some(60.0),
            speed: Some(4.0),
            dropped: 3,
            seconds_left: Some(2.0),
        };
        assert_eq!(estimates, [first, second]);
    }

    #[test]
    fn the_first_reading_is_compared_with_the_start() {
        let first = estimates(&[(2000, 50, Some(4))], Some(8)).pop().unwrap();
        assert_eq!(
            (first.frame_rate, first.speed, first.percent),
            (Some(25.0), Some(2.0), Some(50.0))
        );
    }

    #[test]
    fn rates_are_those_of_the_last_seconds() {
        let slow_then_fast =
            [(0, 0, None), (1000, 10, None), (9000, 90, None), (10_000, 290, None)];
        let last = estimates(&slow_then_fast, None).pop().unwrap();
        assert_eq!((last.frame_rate, last.speed, last.percent), (Some(200.0), None, None));
    }

    #[test]
    fn readings_far_apart_make_a_rate_too() {
        let last = estimates(&[(0, 0, None), (10_000, 100, None)], None).pop().unwrap();
        assert_eq!(last.frame_rate, Some(10.0));
    }

    #[test]
    fn a_source_without_an_end_or_that_begins_anew_has_no_time_left() {
        let last = estimates(&[(0, 0, Some(0)), (1000, 1, Some(1))], None).pop().unwrap();
        assert_eq!((last.percent, last.speed, last.seconds_left), (None, Some(1.0), None));
        let last = estimates(&[(0, 0, Some(5)), (1000, 1, Some(1))], Some(10)).pop().unwrap();
        assert_eq!((last.percent, last.speed, last.seconds_left), (Some(10.0), None, None));
    }

    #[test]
    fn the_sink_of_pictures_is_counted_and_else_the_first() {
        let sink = |kind: &str| SinkProgress {
            processor: String::new(),
            port: String::new(),
            kind: kind.to_owned(),
            frames: 0,
        };
        let sinks = [sink("audio"), sink("data"), sink("video")];
        assert_eq!(main_sink(&sinks).unwrap().kind, "video");
        assert_eq!(main_sink(&sinks[..2]).unwrap().kind, "audio");
        assert!(main_sink(&[]).is_none());
    }
}
