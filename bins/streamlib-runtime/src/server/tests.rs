//! The server over a real socket, with a graph that is made up.

mod made_up;
mod talk;

use std::sync::Arc;

pub(crate) use made_up::MadeUp;
use streamlib_protocol::{Event, EventSeverity};
use talk::{Server, check, check_with};

#[test]
fn questions_are_answered() {
    check(
        "GET /v1/snapshot",
        "",
        "200 {\"name\":\"made-up\",\"revision\":3,\"processors\":[],\"links\":[]}",
    );
    check(
        "GET /v1/progress",
        "",
        "200 {\"state\":\"running\",\"uptime_ns\":5,\"sinks\":[],\"dropped\":0}",
    );
    check(
        "GET /v1/inspect",
        "",
        "200 {\"name\":\"made-up\",\"revision\":3,\"state\":\"running\",\"uptime_ns\":5,\
         \"processors\":[],\"links\":[],\"pools\":[],\"health\":{\"bottlenecks\":[],\"memory_used_bytes\":0,\"memory_limit_bytes\":0,\"problems\":[]}}",
    );
    let pid = std::process::id();
    let version = env!("CARGO_PKG_VERSION");
    check(
        "GET /v1/info",
        "",
        &format!(
            "200 {{\"protocol\":1,\"version\":\"{version}\",\"pid\":{pid},\"name\":\"left\",\
             \"file\":\"/graphs/a.yaml\",\"state\":\"running\",\"uptime_ns\":5,\"revision\":3}}"
        ),
    );
}

#[test]
fn changes_reach_the_graph_and_its_answer_comes_back() {
    check(
        "POST /v1/transaction",
        r#"{"changes":[{"change":"remove","processor":"gray"}],"dry_run":true}"#,
        r#"200 {"revision":3,"committed":false,"plan":["remove gray"]}"#,
    );
    check(
        "POST /v1/undo",
        "",
        r#"409 {"code":"wrong_state","message":"there is nothing to undo"}"#,
    );
    check("POST /v1/pause", "", r#"200 {"state":"paused"}"#);
    check("POST /v1/resume", "{}", r#"200 {"state":"running"}"#);
    check("POST /v1/stop", r#"{"drain_timeout_ms":250}"#, r#"200 {"state":"stopping"}"#);
    check("POST /v1/stop", "", r#"200 {"state":"stopping"}"#);
}

#[test]
fn what_cannot_be_understood_is_refused_with_a_sentence() {
    check(
        "GET /v2/info",
        "",
        r#"404 {"code":"no_such_path","message":"there is nothing at `/v2/info`","hint":"the paths begin with `/v1/`"}"#,
    );
    check(
        "GET /v1/stop",
        "",
        r#"405 {"code":"no_such_path","message":"`/v1/stop` does not take GET"}"#,
    );
    check(
        "POST /v1/stop",
        r#"{"drain":1}"#,
        r#"400 {"code":"bad_request","message":"the body of the request is not what this path takes: unknown field `drain`, expected `drain_timeout_ms` at line 1 column 8"}"#,
    );
    check(
        "POST /v1/pause",
        r#"{"for":1}"#,
        r#"400 {"code":"bad_request","message":"the body of the request is not what this path takes: unknown field `for`, there are no fields at line 1 column 6"}"#,
    );
    check(
        "POST /v1/transaction",
        "{",
        r#"400 {"code":"bad_request","message":"the body of the request is not what this path takes: EOF while parsing an object at line 1 column 1"}"#,
    );
}

#[test]
fn what_is_too_large_is_refused() {
    check(
        "POST /v1/transaction",
        &" ".repeat(streamlib_protocol::BODY_BYTES_MAX + 1),
        r#"413 {"code":"too_large","message":"the body of the request has more than 1048576 bytes"}"#,
    );
    let one = r#"{"change":"remove","processor":"x"}"#;
    let many = vec![one; streamlib_protocol::CHANGES_MAX + 1].join(",");
    check(
        "POST /v1/transaction",
        &format!(r#"{{"changes":[{many}]}}"#),
        r#"413 {"code":"too_large","message":"the transaction has 10001 changes; at most 10000 can be","hint":"make several transactions of it"}"#,
    );
}

#[test]
fn a_defect_of_the_graph_is_an_answer_too() {
    check_with("POST /v1/transaction", r#"{"changes":[]}"#, |answer| {
        assert!(answer.starts_with(r#"500 {"code":"internal","message":"the runtime could not"#));
    });
}

fn event(kind: &str) -> Event {
    Event {
        time_ns: 1,
        kind: kind.to_owned(),
        severity: EventSeverity::Info,
        processor: None,
        link: None,
        message: "it happened".to_owned(),
        detail: serde_json::Value::Null,
    }
}

const A: &str = "id: 1\nevent: a\ndata: {\"time_ns\":1,\"kind\":\"a\",\"severity\":\"info\",\"message\":\"it happened\"}\n\n";
const B: &str = "id: 2\nevent: b\ndata: {\"time_ns\":1,\"kind\":\"b\",\"severity\":\"info\",\"message\":\"it happened\"}\n\n";

#[test]
fn events_are_replayed_from_where_the_client_left_off() {
    let follow = |last_event_id: &str| {
        let server = Server::start();
        server.events.push(event("a"));
        server.events.push(event("b"));
        server.events.close();
        let header = match last_event_id {
            "" => String::new(),
            id => format!("Last-Event-ID: {id}\r\n"),
        };
        server.ask("GET /v1/events", &header, "")
    };
    assert_eq!(follow("0"), format!("200 {A}{B}"));
    assert_eq!(follow("1"), format!("200 {B}"));
    assert_eq!(follow(""), "200 ");
    assert_eq!(
        follow("x"),
        r#"400 {"code":"bad_request","message":"the header `Last-Event-ID` is not the number of an event"}"#
    );
}

#[test]
fn events_that_come_later_are_sent_when_they_come() {
    let server = Server::start();
    let events = Arc::clone(&server.events);
    let waiting = server.begin("GET /v1/events", "Last-Event-ID: 0\r\n", "");
    events.push(event("a"));
    let mut stream = waiting.until(A);
    events.push(event("b"));
    stream = stream.until(B);
    events.skip(7);
    stream = stream.until("event: lagged\ndata: {\"missed\":7}\n\n");
    events.close();
    stream.until_the_end();
}
