//! `streamlib events`: what happens in a running graph.

use std::time::Duration;

use streamlib_protocol::{Event, EventSeverity};

use crate::args::EventsArguments;
use crate::client::FromStream;
use crate::error::Error;
use crate::running;
use crate::screen::Screen;
use crate::text;

/// Prints the events until the graph ends.
pub(crate) fn events(arguments: &EventsArguments, screen: &mut Screen) -> Result<(), Error> {
    let graph = running::find(arguments.graph.name.as_deref())?;
    let after = arguments.all.then_some(0);
    for next in graph.client().events(after)? {
        match (next?, arguments.graph.json) {
            (FromStream::Event(event), true) => screen.print(&serde_json::to_string(&event)?)?,
            (FromStream::Event(event), false) => screen.print(&line(&event))?,
            (FromStream::Lagged(lagged), true) => screen.print(&serde_json::to_string(&lagged)?)?,
            (FromStream::Lagged(lagged), false) => {
                let missed = text::counted(lagged.missed, "event");
                screen.print(&format!("({missed} are missing here: no longer kept)"))?;
            }
        }
    }
    Ok(())
}

/// An event as a line.
pub(crate) fn line(event: &Event) -> String {
    let seconds = Duration::from_nanos(event.time_ns).as_secs_f64();
    let severity = match event.severity {
        EventSeverity::Info => "info",
        EventSeverity::Warning => "warning",
        EventSeverity::Error => "error",
    };
    let about = match (&event.processor, event.link) {
        (Some(processor), _) => format!("{processor}: "),
        (None, Some(link)) => format!("link {link}: "),
        (None, None) => String::new(),
    };
    format!("{seconds:10.3}  {severity:7}  {about}{}", event.message)
}
