//! What every way to have a processor must do alike: built in, or compiled into a plugin. The table
//! is run for each way with the same [`Subject`]; it needs no engine.
//!
//! A way is a function that makes the subject of a configuration.

#![expect(clippy::unwrap_used, reason = "checks of tests fail by panicking, like tests do")]

mod subject;

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::{Value, json};
use streamlib_processor::abi::Envelope;
use streamlib_processor::harness::{CallOutcome, DetachedOutput, Harness};
use streamlib_processor::prelude::*;
use streamlib_processor::{BoxedProcessor, ProcessorParts as _, Resources};

pub use subject::{NewerSubject, Seen, Subject, SubjectConfig, Trouble};

/// A way to make the subject.
pub type Way<'a> = &'a dyn Fn(&Value) -> Result<BoxedProcessor>;

/// What a way must do: what it is about, and its check.
pub type Row = (&'static str, fn(Way<'_>));

/// Everything that each way must do.
pub const TABLE: &[Row] = &[
    ("numbers go through in order, with their times", numbers_go_through),
    ("a frame that is passed on is the same memory", a_frame_is_not_copied),
    ("settings that are left out have their defaults, and wrong ones are refused", settings),
    ("settings change while it runs, or stay when they are refused", settings_change),
    ("an error has what led to it", an_error_has_its_sources),
    ("a panic goes on with what it said", a_panic_goes_on),
    ("what cannot be made says why", what_cannot_be_made),
    ("what cannot be set up or torn down says why", setup_and_teardown_fail),
    ("it is told of set-up, formats, flush, pause and resume", it_is_told),
    ("what is held back comes at the end, call by call", the_end_of_the_stream),
    ("requests and the clock reach the host", requests),
    ("state is handed over, and refused when it is of another form", state),
];

fn harness(way: Way<'_>, config: Value) -> Harness {
    Harness::with_processor(way(&config).unwrap(), Subject::descriptor()).unwrap()
}

/// Pushes a number, stamped with itself.
fn push(harness: &mut Harness, number: u64) {
    let mut output = DetachedOutput::<DataFrame>::new();
    let frame = output.frame(&number, Envelope::at(number as i64)).unwrap();
    harness.push("input", 0, frame, &Format::Data).unwrap();
}

fn call(harness: &mut Harness, number: u64) -> Result<CallOutcome> {
    push(harness, number);
    harness.call()
}

fn take(harness: &mut Harness) -> Option<(i64, Seen)> {
    let frame = harness.take::<DataFrame>("out").unwrap()?;
    Some((frame.envelope().timestamp_ns, frame.value().unwrap()))
}

fn taken(harness: &mut Harness) -> Vec<(i64, i64)> {
    std::iter::from_fn(|| take(harness)).map(|(time, seen)| (time, seen.number)).collect()
}

fn refusal<T>(result: Result<T>) -> String {
    result.err().map(|error| error.to_string()).unwrap_or_else(|| "it was not refused".to_owned())
}

/// What `action` panics with.
fn panic_of<T>(action: impl FnOnce() -> T) -> String {
    let payload = catch_unwind(AssertUnwindSafe(|| drop(action()))).unwrap_err();
    payload.downcast_ref::<String>().cloned().unwrap_or_else(|| {
        payload.downcast_ref::<&str>().map_or_else(|| "no text".to_owned(), ToString::to_string)
    })
}

fn assert_starts(text: &str, start: &str) {
    assert!(text.starts_with(start), "{text:?} does not start with {start:?}");
}

fn numbers_go_through(way: Way<'_>) {
    let mut harness = harness(way, json!({ "add": 10 }));
    for number in [1, 2, 3] {
        call(&mut harness, number).unwrap();
    }
    assert_eq!(taken(&mut harness), [(1, 11), (2, 12), (3, 13)]);
}

fn a_frame_is_not_copied(way: Way<'_>) {
    let mut harness = harness(way, json!({ "pass": true }));
    let mut output = DetachedOutput::<DataFrame>::new();
    let frame = output.frame(&5_u64, Envelope::at(5)).unwrap();
    let address = frame.body().as_ptr();
    harness.push("input", 0, frame, &Format::Data).unwrap();
    harness.call().unwrap();
    let frame = harness.take::<DataFrame>("out").unwrap().unwrap();
    assert_eq!(frame.body().as_ptr(), address);
    assert_eq!(harness.copied_bytes("out").unwrap(), 0);
}

fn settings(way: Way<'_>) {
    let mut harness = harness(way, Value::Null);
    call(&mut harness, 4).unwrap();
    assert_eq!(taken(&mut harness), [(4, 4)]);
    assert_starts(&refusal(way(&json!({ "add": "x" }))), "the configuration is not valid: invalid");
    assert_starts(&refusal(way(&json!({ "adds": 1 }))), "the configuration is not valid: unknown");
    let no_map = "the configuration is not valid: it is a map of settings";
    assert_eq!(refusal(way(&json!([]))), no_map);
}

fn settings_change(way: Way<'_>) {
    let mut harness = harness(way, json!({ "add": 1 }));
    call(&mut harness, 1).unwrap();
    harness.update_config(&json!({ "add": 100 })).unwrap();
    call(&mut harness, 2).unwrap();
    assert_eq!(refusal(harness.update_config(&json!({ "add": -1 }))), "it only adds");
    call(&mut harness, 3).unwrap();
    assert_eq!(taken(&mut harness), [(1, 2), (2, 102), (3, 103)]);
}

fn an_error_has_its_sources(way: Way<'_>) {
    let mut harness = harness(way, json!({ "fail_at": 2 }));
    call(&mut harness, 1).unwrap();
    let error = call(&mut harness, 2).unwrap_err();
    let cause = "it is bad: provided string was not `true` or `false`";
    assert_eq!(error.to_string(), format!("no 2: {cause}"));
    assert_eq!(error.message(), "no 2");
    // An error is no end: whoever runs it decides.
    call(&mut harness, 3).unwrap();
    assert_eq!(taken(&mut harness), [(1, 1), (3, 3)]);
}

fn a_panic_goes_on(way: Way<'_>) {
    let mut one = harness(way, json!({ "panic_at": 2 }));
    call(&mut one, 1).unwrap();
    assert_starts(&panic_of(|| call(&mut one, 2)), "number 2 is too much");
    one.processor().teardown().unwrap();
    let mut one = harness(way, json!({ "trouble": "pause_panics" }));
    assert_starts(&panic_of(|| one.processor().pause()), "it does not pause");
}

fn what_cannot_be_made(way: Way<'_>) {
    let fails = json!({ "trouble": "create_fails" });
    assert_eq!(refusal(way(&fails)), "it does not want to be made");
    let panics = json!({ "trouble": "create_panics" });
    assert_starts(&panic_of(|| way(&panics)), "it cannot be made");
}

fn setup_and_teardown_fail(way: Way<'_>) {
    let processor = way(&json!({ "trouble": "setup_fails" })).unwrap();
    let refused = Harness::with_processor(processor, Subject::descriptor());
    assert_eq!(refusal(refused), "it cannot be set up: nothing is there");
    let mut one = harness(way, json!({ "trouble": "teardown_fails" }));
    assert_eq!(refusal(one.processor().teardown()), "it does not close");
}

fn it_is_told(way: Way<'_>) {
    let mut processor = way(&Value::Null).unwrap();
    let mut resources = Resources::default();
    let media = streamlib_processor::MediaConfig { sample_rate: 44_100, channels: 1 };
    resources.insert(std::sync::Arc::new(media));
    let mut context = SetupContext::new("there", &resources);
    processor.setup(&mut context).unwrap();
    assert_eq!(context.announced_length_ns(), Some(5_000_000));
    let mut harness = Harness::with_processor(processor, Subject::descriptor()).unwrap();
    harness.processor().flush();
    harness.processor().pause();
    harness.processor().resume();
    call(&mut harness, 1).unwrap();
    let (_, seen) = take(&mut harness).unwrap();
    let format = Format::Data.canonical_json();
    let format = format!("format input.0: {format}");
    let told =
        ["setup there 44100x1", "setup harness 48000x2", "flush", "pause", "resume", &format];
    assert_eq!(seen.told, told);
}

fn the_end_of_the_stream(way: Way<'_>) {
    let mut harness = harness(way, json!({ "hold": true }));
    call(&mut harness, 1).unwrap();
    call(&mut harness, 2).unwrap();
    assert_eq!(taken(&mut harness), []);
    assert!(harness.end_of_stream().unwrap().again);
    assert!(!harness.end_of_stream().unwrap().again);
    assert_eq!(taken(&mut harness), [(1, 1), (2, 2)]);
}

fn requests(way: Way<'_>) {
    let mut harness = harness(way, Value::Null);
    let nothing = CallOutcome { again: false, finished: false, wake_at_ns: None };
    assert_eq!(call(&mut harness, 1).unwrap(), nothing);
    assert!(call(&mut harness, 900).unwrap().finished);
    harness.set_now_ns(70);
    assert_eq!(call(&mut harness, 901).unwrap().wake_at_ns, Some(75));
}

fn state(way: Way<'_>) {
    let mut old = harness(way, Value::Null);
    assert_eq!(old.processor().save_state(), None);
    call(&mut old, 1).unwrap();
    call(&mut old, 2).unwrap();
    let state = old.processor().save_state().unwrap();
    let mut new = harness(way, Value::Null);
    new.processor().restore_state(state).unwrap();
    call(&mut new, 3).unwrap();
    assert_eq!(take(&mut new).unwrap().1.before, 2);
    let refused = new.processor().restore_state(json!({ "x": 1 }));
    assert_eq!(refusal(refused), "the state has no `before`");
}
