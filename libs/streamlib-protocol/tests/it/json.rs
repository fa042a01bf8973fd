//! The JSON of every type: read, written back the same, and misspelt requests refused.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use streamlib_protocol::{
    Accepted, DoctorReport, ErrorBody, ErrorCode, Event, GraphState, Info, Inspect, Lagged,
    LinkReport, ProcessorTypes, Progress, Snapshot, StopRequest, TransactionReply,
    TransactionRequest,
};

/// The type reads `json` and writes it back the same.
#[track_caller]
fn check<T: Serialize + DeserializeOwned>(json: Value) -> T {
    let read: T = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), json);
    read
}

#[track_caller]
fn check_refused<T: DeserializeOwned + std::fmt::Debug>(json: Value, expected: &str) {
    let message = serde_json::from_value::<T>(json).unwrap_err().to_string();
    assert!(message.contains(expected), "{message}");
}

#[test]
fn answers_about_the_runtime() {
    check::<Info>(json!({
        "protocol": 1, "version": "0.1.0", "pid": 4711, "name": "side-by-side",
        "file": "/graphs/a.yaml", "state": "running", "uptime_ns": 5, "revision": 1,
    }));
    check::<Accepted>(json!({ "state": "stopping" }));
    check::<ErrorBody>(json!({
        "code": "invalid_graph", "message": "a.yaml has 1 problem", "hint": "look",
        "problems": [{
            "severity": "error", "code": "unknown-key", "message": "no", "path": "links[2]",
            "location": { "file": "a.yaml", "line": 1, "column": 2, "length": 3 },
            "hint": "yes", "shown": "all of it",
        }],
    }));
    check::<DoctorReport>(json!({ "checks": [
        { "name": "ffmpeg", "status": "warning", "detail": "none", "fix": "apt install ffmpeg" },
        { "name": "home", "status": "ok", "detail": "/home" },
    ]}));
}

#[test]
fn answers_about_the_graph() {
    check::<Snapshot>(json!({
        "name": "g", "revision": 2,
        "processors": [
            { "id": "a", "type": "x.y", "config": { "path": "p" }, "scheduling": "pool" },
            { "id": "b", "type": "x.z" },
        ],
        "links": [
            { "id": 1, "from": "a.o", "to": "b.i", "lane": 0, "delivery": "latest", "depth": 1 },
            { "from": "b.o", "to": "a.i", "feedback": true },
        ],
    }));
    check::<Progress>(json!({
        "state": "running", "uptime_ns": 9, "position": { "position_ns": 1, "duration_ns": 2 },
        "sinks": [{ "processor": "file", "port": "video", "kind": "video", "frames": 3 }],
        "dropped": 1,
    }));
    check::<ProcessorTypes>(json!({ "processors": [] }));
}

#[test]
fn an_inspection() {
    let inspect: Inspect = check(json!({
        "name": "g", "revision": 2, "state": "running", "uptime_ns": 5,
        "processors": [{
            "id": "a", "type": "x.y", "state": "stuck", "strategy": "thread",
            "obtained_priority": "real-time", "strand": "a", "is_converter": true, "calls": 3,
            "errors": 1, "restarts": 2,
            "call_times": {
                "p50_ns": 1, "p90_ns": 2, "p99_ns": 3, "max_ns": 4, "samples": 5,
                "sampling": "every call",
            },
            "position": { "position_ns": -7 },
            "outputs": [{
                "port": "o", "sent": 1, "unlinked": 2, "no_buffer": 3, "copied": 4,
                "copied_bytes": 5, "converted": 6,
            }],
            "last_error": "it broke", "waits_for": "room on o",
        }],
        "links": [{
            "id": 1, "part": 0, "from": "a.o", "to": "b.i", "lane": 0, "carrier": "ring",
            "delivery": "lossless", "depth": 8, "deepened": "join at b.i",
            "format": "I420 64x64", "sent": 10, "delivered": 3, "dropped": {
                "superseded": 1, "overflow": 0, "stuck": 0, "live_overrun": 2, "too_old": 0,
                "unmatched": 1,
            },
            "flushed": 1, "lost": 1, "waiting": 1, "high_water": 4, "converted": 2, "bytes": 100,
        }],
        "pools": [{
            "port": "a.o", "buffer_bytes": 10, "buffers": 2, "in_use": 1, "limit": 4,
        }],
        "health": {
            "bottlenecks": ["a"], "memory_used_bytes": 20, "memory_limit_bytes": 30,
            "problems": [{ "subject": "a", "message": "stuck for 3 s" }],
        },
    }));
    let link = &inspect.links[0];
    assert_eq!((link.source_processor(), link.target_processor()), ("a", "b"));
    let converter = LinkReport { from: "b.i~convert.out".to_owned(), ..link.clone() };
    assert_eq!(converter.source_processor(), "b.i~convert");
    let dropped = link.dropped;
    assert_eq!(dropped.total(), 4);
    let reasons: Vec<_> = dropped.reasons().collect();
    assert_eq!(reasons, [("superseded", 1), ("live overrun", 2), ("unmatched", 1)]);
}

#[test]
fn events() {
    check::<Event>(json!({
        "time_ns": 4, "kind": "processor_failed", "severity": "error", "processor": "a",
        "link": 2, "message": "it broke", "detail": { "calls": 3 },
    }));
    check::<Lagged>(json!({ "missed": 12 }));
}

#[test]
fn transactions() {
    check::<TransactionRequest>(json!({
        "changes": [
            { "change": "set_config", "processor": "a", "config": { "x": 1 }, "mode": "merge" },
            { "change": "add", "processor": "b", "type": "x.y", "config": {} },
            { "change": "remove", "processor": "b" },
            { "change": "connect", "from": "a.o", "to": "b.i", "options": {
                "delivery": "lossless", "depth": 8, "max_age_ms": 100, "lane": 1,
                "convert": false, "feedback": true,
            } },
            { "change": "disconnect", "from": "a.o", "to": "b.i" },
            { "change": "replace", "processor": "a", "type": "x.z", "config": { "y": "z" } },
        ],
        "dry_run": true, "base_revision": 3,
    }));
    check::<TransactionReply>(json!({
        "revision": 4, "committed": true, "plan": ["make b"], "warnings": ["b did not stop"],
    }));
    check::<StopRequest>(json!({ "drain_timeout_ms": 0 }));
}

#[test]
fn a_request_with_a_misspelt_key_is_refused_by_name() {
    check_refused::<StopRequest>(json!({ "drain_timeout": 1 }), "unknown field `drain_timeout`");
    check_refused::<TransactionRequest>(
        json!({ "changes": [], "dryrun": true }),
        "unknown field `dryrun`",
    );
    let change = json!({ "change": "remove", "processor": "a", "links": true });
    check_refused::<TransactionRequest>(json!({ "changes": [change] }), "unknown field `links`");
    let change = json!({ "change": "delete", "processor": "a" });
    check_refused::<TransactionRequest>(json!({ "changes": [change] }), "unknown variant `delete`");
}

#[test]
fn words_and_fields_of_a_later_runtime_are_no_error() {
    let accepted: Accepted =
        serde_json::from_value(json!({ "state": "hibernating", "since_ns": 3 })).unwrap();
    assert_eq!(accepted.state, GraphState::Unknown);
    let code: ErrorCode = serde_json::from_value(json!("teapot")).unwrap();
    assert_eq!(code, ErrorCode::Unknown);
}

#[test]
fn a_type_is_found_by_its_name_or_by_the_last_part_of_it() {
    let types = ["a.x", "b.x", "a.y"].map(|name| {
        streamlib_schema::ProcessorDescriptor::new(
            name,
            streamlib_schema::ProcessExecution::Reactive,
        )
    });
    let types = ProcessorTypes { processors: types.to_vec() };
    let found = |name| types.find(name).map(|one| one.name.as_str());
    assert_eq!(
        [found("b.x"), found("y"), found("x"), found("z")],
        [Some("b.x"), Some("a.y"), None, None]
    );
}
