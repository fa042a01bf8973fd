//! Progress as people see it: a line drawn again and again on a terminal, else a line now and
//! then.

use std::time::Instant;

use streamlib_protocol::{GraphState, Progress};

use super::estimate::{Estimate, Estimator};
use crate::screen::Screen;
use crate::text;

/// What is shown of a run.
#[derive(Debug)]
pub(super) struct Shown {
    is_wanted: bool,
    estimator: Estimator,
}

impl Shown {
    pub(super) fn new(is_wanted: bool) -> Self {
        Self { is_wanted, estimator: Estimator::default() }
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.is_wanted
    }

    /// Shows a reading made at `at`.
    pub(super) fn show(&mut self, progress: &Progress, at: Instant, screen: &mut Screen) {
        let line = line(progress.state, &self.estimator.add(progress, at));
        if screen.is_terminal() {
            screen.draw_line(&line);
        } else {
            screen.say(&line);
        }
    }
}

/// ` 42%   128 frames   61.3 fps   2.04x   3 dropped   0:12 left`
fn line(state: GraphState, estimate: &Estimate) -> String {
    let mut parts = Vec::new();
    if let Some(percent) = estimate.percent {
        parts.push(format!("{:3.0}%", percent.floor()));
    }
    parts.push(text::counted(estimate.frames, "frame"));
    if let Some(rate) = estimate.frame_rate {
        parts.push(format!("{rate:.1} fps"));
    }
    if let Some(speed) = estimate.speed {
        parts.push(format!("{speed:.2}x real time"));
    }
    parts.push(format!("{} dropped", estimate.dropped));
    match (state, estimate.seconds_left) {
        (GraphState::Running, Some(seconds)) => {
            parts.push(format!("{} left", text::clock(seconds)));
        }

        (GraphState::Running, None) => {}
        (state, _) => parts.push(state.as_str().to_owned()),
    }
    parts.join("   ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(state: GraphState, estimate: &Estimate, expected: &str) {
        assert_eq!(line(state, estimate), expected);
    }

    #[test]
    fn the_line_says_what_is_known() {
        let all = Estimate {
            percent: Some(42.9),
            frames: 128,
            frame_rate: Some(61.28),
            speed: Some(2.042),
            dropped: 3,
            seconds_left: Some(12.3),
        };
        check(
            GraphState::Running,
            &all,
            " 42%   128 frames   61.3 fps   2.04x real time   3 dropped   0:12 left",
        );
        check(
            GraphState::Stopping,
            &all,
            " 42%   128 frames   61.3 fps   2.04x real time   3 dropped   stopping",
        );
        let little = Estimate {
            percent: None,
            frames: 1,
            frame_rate: None,
            speed: None,
            dropped: 0,
            seconds_left: None,
        };
        check(GraphState::Running, &little, "1 frame   0 dropped");
    }
}
