//! Events of the engine as the protocol says them.

use std::io;
use std::sync::Arc;

use streamlib::StreamRuntime;
use streamlib::engine::pubsub::events::{
    Event as EngineEvent, EventKind, GraphEvent, LinkEvent, ProcessorEvent, RuntimeEvent,
};
use streamlib::engine::pubsub::{Subscription, TopicFilter};
use streamlib_protocol::{EVENT_HISTORY_MAX, Event, EventSeverity};

use crate::event_log::EventLog;

/// Moves events into a log, on a thread that ends after the event that says that all has stopped.
pub(super) fn forward(runtime: &StreamRuntime, log: Arc<EventLog>) -> io::Result<()> {
    let events = runtime.events().subscribe(TopicFilter::all(), EVENT_HISTORY_MAX);
    std::thread::Builder::new()
        .name("events".to_owned())
        .spawn(move || move_all(events, &log))
        .map(drop)
}

fn move_all(mut events: Subscription, log: &EventLog) {
    let mut origin_ns = None;
    let mut missed_before = 0;
    while let Some(event) = events.recv() {
        let missed = events.missed();
        if missed > missed_before {
            log.skip(missed - missed_before);
            missed_before = missed;
        }
        let origin_ns = *origin_ns.get_or_insert(event.time_ns);
        let is_last = is_last(&event.kind);
        log.push(translate(&event, origin_ns));
        if is_last {
            break;
        }
    }
    log.close();
}

const fn is_last(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::Runtime {
            event: RuntimeEvent::RuntimeDidStop { .. } | RuntimeEvent::RuntimeStartFailed { .. }
        }
    )
}

fn translate(event: &EngineEvent, origin_ns: u64) -> Event {
    let (kind, severity, processor, link, message) = match &event.kind {
        EventKind::Runtime { event } => {
            let (severity, message) = of_runtime(event);
            (event.name(), severity, None, None, message)
        }
        EventKind::Graph { event } => {
            let (severity, message) = of_graph(event);
            (event.name(), severity, None, None, message)
        }
        EventKind::Processor { processor, event } => {
            let (severity, message) = of_processor(event);
            (event.name(), severity, Some(processor.to_string()), None, message)
        }
        EventKind::Link { link, event } => {
            let (severity, message) = of_link(event);
            (event.name(), severity, None, Some(link.0), message)
        }
    };
    Event {
        time_ns: event.time_ns.saturating_sub(origin_ns),
        kind: kind.to_owned(),
        severity,
        processor,
        link,
        message,
        detail: serde_json::to_value(&event.kind).unwrap_or_default(),
    }
}

fn of_runtime(event: &RuntimeEvent) -> (EventSeverity, String) {
    let info = |text: &str| (EventSeverity::Info, text.to_owned());
    let warning = |text| (EventSeverity::Warning, text);
    match event {
        RuntimeEvent::RuntimeWillStart {} => info("the graph is being started"),
        RuntimeEvent::RuntimeDidStart {} => info("the graph runs"),
        RuntimeEvent::RuntimeStartFailed { error } => {
            (EventSeverity::Error, format!("the graph could not be started: {error}"))
        }
        RuntimeEvent::RuntimeWillStop {} => info("the graph is being stopped"),
        RuntimeEvent::RuntimeDidStop { abandoned_threads: 0 } => info("the graph has stopped"),
        RuntimeEvent::RuntimeDidStop { abandoned_threads: count } => warning(format!(
            "the graph has stopped, but {count} of its threads did not come back from a call and \
             were left behind"
        )),
        RuntimeEvent::RuntimeWillPause {} => info("the graph is being paused"),
        RuntimeEvent::RuntimeDidPause {} => info("the graph is paused"),
        RuntimeEvent::RuntimeWillResume {} => info("the graph is being resumed"),
        RuntimeEvent::RuntimeDidResume {} => info("the graph runs on"),
        RuntimeEvent::UndoFailed { message, .. } => {
            warning(format!("a failed change could not be taken back cleanly: {message}"))
        }
        RuntimeEvent::RetireProblem { message } => {
            warning(format!("what a change removed could not be taken down cleanly: {message}"))
        }
        other => info(&other.name().replace('_', " ")),
    }
}

fn of_graph(event: &GraphEvent) -> (EventSeverity, String) {
    let info = |text| (EventSeverity::Info, text);
    match event {
        GraphEvent::GraphDidAddProcessor { processor_id, processor_type } => {
            info(format!("processor {processor_id} was added, a {processor_type}"))
        }
        GraphEvent::GraphDidRemoveProcessor { processor_id } => {
            info(format!("processor {processor_id} was removed"))
        }
        GraphEvent::GraphDidCreateLink { source, target, .. } => {
            info(format!("{source} was linked to {target}"))
        }
        GraphEvent::GraphDidRemoveLink { link_id } => info(format!("{link_id} was removed")),
        GraphEvent::StateChanged { old, new } => info(format!("the graph was {old} and is {new}")),
        GraphEvent::CommitDone { revision } => {
            info(format!("a change is in force, revision {revision}"))
        }
        GraphEvent::CommitFailed { error, .. } => {
            (EventSeverity::Warning, format!("a change was not carried out: {error}"))
        }
        GraphEvent::WatchdogDeadlock { message, .. } => (EventSeverity::Error, message.clone()),
        other => info(other.name().replace('_', " ")),
    }
}

fn of_processor(event: &ProcessorEvent) -> (EventSeverity, String) {
    let info = |text| (EventSeverity::Info, text);
    let warning = |text| (EventSeverity::Warning, text);
    match event {
        ProcessorEvent::StateChanged { old, new } => info(format!("was {old} and is {new}")),
        ProcessorEvent::ConfigUpdated { config } => info(format!("has new settings: {config}")),
        ProcessorEvent::ProcessorFailed { message, panicked: false } => {
            (EventSeverity::Error, format!("failed: {message}"))
        }
        ProcessorEvent::ProcessorFailed { message, panicked: true } => {
            (EventSeverity::Error, format!("panicked: {message}"))
        }
        ProcessorEvent::ProcessorStuck { elapsed, limit } => warning(format!(
            "has not come back from a call for {:.1} s; its limit is {:.1} s",
            elapsed.as_secs_f64(),
            limit.as_secs_f64()
        )),
        ProcessorEvent::ProcessorRestarted { attempt } => {
            warning(format!("was started again, attempt {attempt}"))
        }
        ProcessorEvent::FormatChanged { port, format, .. } => {
            info(format!("gets another format at {port}: {format}"))
        }
        ProcessorEvent::EndOfStream { port, cause } => {
            info(format!("{port} has ended: {}", cause.as_str()))
        }
        ProcessorEvent::TeardownFailed { message } => {
            warning(format!("could not close what it had opened: {message}"))
        }
        other => info(other.name().replace('_', " ")),
    }
}

fn of_link(event: &LinkEvent) -> (EventSeverity, String) {
    let warning = |text| (EventSeverity::Warning, text);
    match event {
        LinkEvent::LiveOverrun { lost } => {
            warning(format!("is full, and {lost} frames of its live source were lost"))
        }
        LinkEvent::Unmatched { dropped } => {
            warning(format!("{dropped} frames had no match on the other lanes of a join"))
        }
        LinkEvent::LinkGrown { from, to } => {
            (EventSeverity::Info, format!("got deeper: {to} frames instead of {from}"))
        }
        other => (EventSeverity::Info, other.name().replace('_', " ")),
    }
}
