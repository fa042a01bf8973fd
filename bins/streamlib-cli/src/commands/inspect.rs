//! `streamlib inspect`: a running graph looked into.

use streamlib_protocol::{Inspect, LinkReport, ProcessorReport, paths};

use crate::args::NameArguments;
use crate::error::Error;
use crate::running;
use crate::screen::Screen;
use crate::table::Table;
use crate::text;

/// Prints the inspection.
pub(crate) fn inspect(arguments: &NameArguments, screen: &mut Screen) -> Result<(), Error> {
    let graph = running::find(arguments.name.as_deref())?;
    let inspect: Inspect = graph.client().get(paths::INSPECT)?;
    if arguments.json {
        return screen.print_json(&inspect);
    }
    screen.print(&tables(&inspect))
}

/// The inspection for people.
fn tables(inspect: &Inspect) -> String {
    let seconds = std::time::Duration::from_nanos(inspect.uptime_ns).as_secs_f64();
    let mut text = format!(
        "{}: {} for {}, revision {}\n",
        inspect.name,
        inspect.state.as_str(),
        text::clock(seconds),
        inspect.revision
    );
    let problems = inspect.health.problems.iter();
    text.extend(problems.map(|one| format!("problem: {}: {}\n", one.subject, one.message)));
    if !inspect.health.bottlenecks.is_empty() {
        text.push_str(&format!("the others wait for: {}\n", inspect.health.bottlenecks.join(", ")));
    }
    for table in [processors(inspect), links(inspect), outputs(inspect), pools(inspect)] {
        if !table.is_empty() {
            text.push('\n');
            text.push_str(&table.to_text());
        }
    }
    text
}

fn processors(inspect: &Inspect) -> Table {
    let mut table = Table::new(&[
        "PROCESSOR",
        "STATE",
        "RUNS ON",
        "THREAD",
        ">CALLS",
        ">P50",
        ">P99",
        ">ERRORS",
        ">RESTARTS",
        "WAITS FOR",
        "LAST ERROR",
    ]);
    for one in &inspect.processors {
        let ProcessorReport { id, strategy, calls, errors, restarts, .. } = one;
        let times = one.call_times.as_ref();
        table.row([
            id.clone(),
            one.state.as_str().to_owned(),
            strategy.clone(),
            one.obtained_priority.clone().unwrap_or_default(),
            calls.to_string(),
            times.map(|times| text::time(times.p50_ns)).unwrap_or_default(),
            times.map(|times| text::time(times.p99_ns)).unwrap_or_default(),
            text::some(*errors),
            text::some(*restarts),
            one.waits_for.clone().unwrap_or_default(),
            one.last_error.clone().unwrap_or_default(),
        ]);
    }
    table
}

fn links(inspect: &Inspect) -> Table {
    let mut table = Table::new(&[
        "FROM",
        "TO",
        "CARRIER",
        "DELIVERY",
        ">DEPTH",
        ">SENT",
        ">DELIVERED",
        ">WAITING",
        "DROPPED",
        ">FLUSHED",
        ">LOST",
        ">CONVERTED",
        "DEEPENED FOR",
        "FORMAT",
    ]);
    for link in &inspect.links {
        let LinkReport { from, to, carrier, delivery, .. } = link;
        table.row([
            from.clone(),
            to.clone(),
            carrier.clone(),
            delivery.clone(),
            link.depth.to_string(),
            link.sent.to_string(),
            link.delivered.to_string(),
            text::some(link.waiting),
            dropped(link),
            text::some(link.flushed),
            text::some(link.lost),
            text::some(link.converted),
            link.deepened.clone().unwrap_or_default(),
            link.format.clone().unwrap_or_default(),
        ]);
    }
    table
}

/// What a link dropped, by reason: `12 superseded, 1 too old`.
pub(crate) fn dropped(link: &LinkReport) -> String {
    let reasons = link.dropped.reasons();
    reasons.map(|(reason, count)| format!("{count} {reason}")).collect::<Vec<_>>().join(", ")
}

/// Outputs at which something happened beside sending.
fn outputs(inspect: &Inspect) -> Table {
    let mut table = Table::new(&[
        "OUTPUT",
        ">UNLINKED",
        ">NO BUFFER",
        ">COPIED",
        ">CONVERTED",
        ">COPIED BYTES",
    ]);
    for one in &inspect.processors {
        for output in &one.outputs {
            if output.unlinked + output.no_buffer + output.copied > 0 {
                table.row([
                    format!("{}.{}", one.id, output.port),
                    text::some(output.unlinked),
                    text::some(output.no_buffer),
                    text::some(output.copied),
                    text::some(output.converted),
                    text::bytes(output.copied_bytes),
                ]);
            }
        }
    }
    table
}

fn pools(inspect: &Inspect) -> Table {
    let mut table = Table::new(&["POOL OF", ">BUFFERS", ">IN USE", ">AT MOST", ">EACH"]);
    for pool in &inspect.pools {
        table.row([
            pool.port.clone(),
            pool.buffers.to_string(),
            pool.in_use.to_string(),
            pool.limit.to_string(),
            text::bytes(pool.buffer_bytes),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_inspection_is_shown_in_tables_without_empty_columns() {
        let inspect: Inspect = serde_json::from_value(json!({
            "name": "g", "revision": 2, "state": "running", "uptime_ns": 75_000_000_000_u64,
            "processors": [
                {
                    "id": "movie", "type": "x.source", "state": "running", "strategy": "pool", "strand": "movie",
                    "calls": 132, "errors": 0,
                    "outputs": [{ "port": "video", "sent": 132, "copied": 2, "copied_bytes": 4000 }],
                    "call_times": {
                        "p50_ns": 1_200_000, "p90_ns": 0, "p99_ns": 3_400_000, "max_ns": 0,
                        "samples": 132, "sampling": "every call",
                    },
                },
                {
                    "id": "file", "type": "x.sink", "state": "stuck", "strategy": "thread", "strand": "file", "obtained_priority": "normal",
                    "calls": 7, "errors": 1, "last_error": "the disk is full",
                },
            ],
            "links": [{
                "id": 1, "from": "movie.video", "to": "file.video", "lane": 0, "carrier": "slot",
                "delivery": "latest", "depth": 1, "sent": 132, "delivered": 7,
                "dropped": { "superseded": 124, "too_old": 1 }, "waiting": 0, "high_water": 1,
                "bytes": 5, "format": "I420 64x64",
            }],
            "pools": [{
                "port": "movie.video", "buffer_bytes": 1_382_400, "buffers": 10, "in_use": 3,
                "limit": 12,
            }],
            "health": {
                "bottlenecks": ["file"],
                "problems": [{ "subject": "file", "message": "stuck for 3 s" }],
            },
        }))
        .unwrap();
        insta::assert_snapshot!(tables(&inspect), @r"
        g: running for 1:15, revision 2
        problem: file: stuck for 3 s
        the others wait for: file

        PROCESSOR  STATE    RUNS ON  THREAD  CALLS      P50      P99  ERRORS  LAST ERROR
        movie      running  pool               132  1.20 ms  3.40 ms
        file       stuck    thread   normal      7                         1  the disk is full

        FROM         TO          CARRIER  DELIVERY  DEPTH  SENT  DELIVERED  DROPPED                    FORMAT
        movie.video  file.video  slot     latest        1   132          7  124 superseded, 1 too old  I420 64x64

        OUTPUT       COPIED  COPIED BYTES
        movie.video       2       4.00 kB

        POOL OF      BUFFERS  IN USE  AT MOST     EACH
        movie.video       10       3       12  1.38 MB
        ");
    }
}
