//! Commands that concern a whole running graph: stop, pause, resume, undo.

use streamlib_protocol::{Accepted, StopRequest, TransactionReply, paths};

use crate::args::{PlainNameArguments, StopArguments};
use crate::error::Error;
use crate::running;
use crate::screen::Screen;

/// Stops a graph and waits for its end.
pub(crate) fn stop(arguments: &StopArguments, screen: &mut Screen) -> Result<(), Error> {
    let graph = running::find(arguments.graph.name.as_deref())?;
    let client = graph.client();
    // The stream of events ends with the runtime, which is what is waited for.
    let until_the_end = client.events(None)?;
    let drain_timeout_ms = arguments.drain_timeout.map(milliseconds);
    let _: Accepted = client.post(paths::STOP, &StopRequest { drain_timeout_ms })?;
    until_the_end.for_each(drop);
    screen.print(&format!("{} has stopped", graph.name.graph))
}

/// Stops the clock of a graph.
pub(crate) fn pause(arguments: &PlainNameArguments, screen: &mut Screen) -> Result<(), Error> {
    change_state(arguments, paths::PAUSE, screen)
}

/// Lets the clock of a graph run on.
pub(crate) fn resume(arguments: &PlainNameArguments, screen: &mut Screen) -> Result<(), Error> {
    change_state(arguments, paths::RESUME, screen)
}

/// Takes back the last change.
pub(crate) fn undo(arguments: &PlainNameArguments, screen: &mut Screen) -> Result<(), Error> {
    let graph = running::find(arguments.name.as_deref())?;
    let reply = graph.client().post(paths::UNDO, &serde_json::json!({}))?;
    print_reply(&reply, screen)
}

/// Prints what a change did, or would do.
pub(super) fn print_reply(reply: &TransactionReply, screen: &mut Screen) -> Result<(), Error> {
    let end = match reply.committed {
        true => format!("done; the graph is at revision {}", reply.revision),
        false => "nothing was changed".to_owned(),
    };
    let warnings = reply.warnings.iter().map(|warning| format!("warning: {warning}"));
    let lines: Vec<String> = reply.plan.iter().cloned().chain(warnings).chain([end]).collect();
    screen.print(&lines.join("\n"))
}

/// Whole milliseconds; what is more than fits is as good as for ever.
pub(crate) fn milliseconds(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn change_state(
    arguments: &PlainNameArguments,
    path: &str,
    screen: &mut Screen,
) -> Result<(), Error> {
    let graph = running::find(arguments.name.as_deref())?;
    let accepted: Accepted = graph.client().post(path, &serde_json::json!({}))?;
    screen.print(&format!("{} is {}", graph.name.graph, accepted.state.as_str()))
}
