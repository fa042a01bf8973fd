//! What a run has done, said at its end.

use std::time::Duration;

use streamlib_protocol::LinkReport;
use streamlib_protocol::parent::{Outcome, Report};

use crate::commands::dropped;
use crate::table::Table;
use crate::text;

/// How it ended and how long it took; the frames of each sink; what was dropped, where and why;
/// and who failed.
pub(super) fn summary(report: &Report) -> String {
    let inspect = &report.inspect;
    let seconds = Duration::from_nanos(inspect.uptime_ns).as_secs_f64();
    let ended = match report.outcome {
        Outcome::Finished => "finished",
        Outcome::Stopped => "was stopped",
        Outcome::Interrupted => "was interrupted",
        Outcome::Failed => "FAILED",
    };
    let mut text = format!("{} {ended} after {}\n", inspect.name, text::time(inspect.uptime_ns));
    let sinks = sinks(report, seconds);
    if !sinks.is_empty() {
        text.push('\n');
        text.push_str(&sinks.to_text());
    }
    text.push('\n');
    text.push_str(&losses(&inspect.links));
    text.push_str(&failures(report));
    text
}

/// Who failed and why, and whom that ended early.
fn failures(report: &Report) -> String {
    let mut text = String::new();
    let mut ended_early = Vec::new();
    for end in report.ends.iter().filter(|end| end.is_failure()) {
        match &end.message {
            Some(why) => text.push_str(&format!("\nfailed: {}: {why}\n", end.processor)),
            None => ended_early.push(end.processor.as_str()),
        }
    }
    if !ended_early.is_empty() {
        text.push_str(&format!("\nended early by that: {}\n", ended_early.join(", ")));
    }
    text
}

/// Links to processors that pass nothing on.
fn sinks(report: &Report, seconds: f64) -> Table {
    let links = &report.inspect.links;
    let mut table = Table::new(&["ARRIVED AT", ">FRAMES", ">A SECOND"]);
    for link in links {
        if !links.iter().any(|other| other.source_processor() == link.target_processor()) {
            #[expect(clippy::cast_precision_loss, reason = "one digit is shown")]
            let rate = if seconds > 0.0 { link.delivered as f64 / seconds } else { 0.0 };
            let is_one_of_many = links.iter().filter(|other| other.to == link.to).count() > 1;
            let to = match is_one_of_many {
                true => format!("{} (lane {})", link.to, link.lane),
                false => link.to.clone(),
            };
            table.row([to, link.delivered.to_string(), format!("{rate:.1}")]);
        }
    }
    table
}

fn losses(links: &[LinkReport]) -> String {
    let mut table = Table::new(&["NOT DELIVERED FROM", "TO", "DROPPED", ">FLUSHED", ">LOST"]);
    let has_losses = |link: &&LinkReport| link.dropped.total() + link.flushed + link.lost > 0;
    for link in links.iter().filter(has_losses) {
        table.row([
            link.from.clone(),
            link.to.clone(),
            dropped(link),
            text::some(link.flushed),
            text::some(link.lost),
        ]);
    }
    if table.is_empty() { "every frame was delivered\n".to_owned() } else { table.to_text() }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn report(outcome: &str, ends: Value, superseded: u64) -> Report {
        let link = |from: &str, to: &str, lane: u32, delivered: u64, superseded: u64| {
            json!({
                "id": 1, "from": from, "to": to, "lane": lane, "carrier": "ring",
                "delivery": "lossless", "depth": 8, "sent": delivered + superseded,
                "delivered": delivered, "dropped": { "superseded": superseded }, "waiting": 0,
                "high_water": 1, "bytes": 5,
            })
        };
        serde_json::from_value(json!({
            "outcome": outcome,
            "ends": ends,
            "inspect": {
                "name": "g", "revision": 1, "state": "ended", "uptime_ns": 4_000_000_000_u64,
                "processors": [],
                "links": [
                    link("movie.video", "gray.video_in", 0, 132, 0),
                    link("gray.video_out", "file.video", 0, 132, 0),
                    link("gray.video_out", "sheet.video_in", 0, 132, 0),
                    link("movie.video", "sheet.video_in", 1, 132, 0),
                    link("movie.video", "preview.video_in", 0, 132 - superseded, superseded),
                ],
            },
        }))
        .unwrap()
    }

    #[test]
    fn a_run_that_went_well() {
        insta::assert_snapshot!(summary(&report("finished", json!([]), 0)), @r"
        g finished after 4.00 s

        ARRIVED AT               FRAMES  A SECOND
        file.video                  132      33.0
        sheet.video_in (lane 0)     132      33.0
        sheet.video_in (lane 1)     132      33.0
        preview.video_in            132      33.0

        every frame was delivered
        ");
    }

    #[test]
    fn a_run_that_failed_and_dropped() {
        let ends = json!([
            { "processor": "movie", "cause": "finished" },
            { "processor": "file", "cause": "failed", "message": "the disk is full" },
            { "processor": "sheet", "cause": "failed" },
        ]);
        insta::assert_snapshot!(summary(&report("failed", ends, 12)), @r"
        g FAILED after 4.00 s

        ARRIVED AT               FRAMES  A SECOND
        file.video                  132      33.0
        sheet.video_in (lane 0)     132      33.0
        sheet.video_in (lane 1)     132      33.0
        preview.video_in            120      30.0

        NOT DELIVERED FROM  TO                DROPPED
        movie.video         preview.video_in  12 superseded

        failed: file: the disk is full

        ended early by that: sheet
        ");
    }
}
