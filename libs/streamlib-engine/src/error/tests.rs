//! Every message that no refusal of the other tests shows.

use std::io;

use streamlib_schema::FormatSet;

use super::*;
use crate::delegates::{InvalidStrategy, RegisterError};
use crate::graph::NoCommonFormat;

fn id() -> ProcessorId {
    ProcessorId::new("gray").unwrap()
}

fn source() -> streamlib_processor::Error {
    streamlib_processor::Error::new("the device is gone; plug it in")
}

fn refused() -> io::Error {
    io::ErrorKind::PermissionDenied.into()
}

#[track_caller]
fn check(error: impl std::error::Error, expected: &str) {
    assert_eq!(error.to_string(), expected);
}

#[test]
fn what_processors_refuse_names_them_and_says_why() {
    let why = "the device is gone; plug it in";
    check(
        Error::Create { processor: id(), source: source() },
        &format!("processor `gray` cannot be created: {why}"),
    );
    check(
        Error::SetUp { processor: id(), source: source() },
        &format!("processor `gray` cannot be set up: {why}"),
    );
    check(
        Error::TearDown { processor: id(), source: source() },
        &format!("processor `gray` cannot be torn down: {why}"),
    );
    check(
        Error::UpdateConfig { processor: id(), source: source() },
        &format!("processor `gray` refuses the new configuration and goes on unchanged: {why}"),
    );
    check(
        Error::HandOver { processor: id(), source: source() },
        &format!("the new `gray` does not take over the state of the old one: {why}"),
    );
}

#[test]
fn what_the_machine_refuses() {
    check(
        Error::StartThread { strand: id(), source: refused() },
        "no thread can be started for `gray`: permission denied",
    );
    check(Error::Threads(refused()), "the engine cannot start its threads: permission denied");
}

#[test]
fn changes_that_are_not_carried_out() {
    check(
        Error::Busy { strand: id(), patience: Duration::from_secs(1) },
        "`gray` did not come back from its call within 1s, so the graph was not changed; try \
         again, or remove the processor",
    );
    let difference = "processor gray was added".to_owned();
    check(
        Error::Outdated { planned: 3, present: 4, difference },
        "the change was planned on revision 3, but the graph is at revision 4: processor gray was \
         added",
    );
    check(
        Error::NotPlanned { what: "gray".to_owned() },
        "the plan names gray, which it did not decide about; please report this",
    );
    check(
        Error::Injected { step: 4, text: "hold gray".to_owned() },
        "step 4 was made to fail: hold gray",
    );
    check(
        Error::NoSuchPort(PortRef::new(id(), "video_out")),
        "there is no output `gray.video_out`",
    );
}

#[test]
fn what_is_passed_on_says_the_same() {
    let graph = || GraphError::IdTaken(id());
    check(Error::Graph(graph()), &graph().to_string());
    let bad = || ProcessorId::new("a b").unwrap_err();
    check(Error::BadName(bad()), &bad().to_string());
    let taken = || RegisterError::NameTaken("com.example.gray".to_owned());
    check(
        Error::Register(Box::new(taken())),
        &format!("the type cannot be registered: {}", taken()),
    );
    check(
        RegisterError::NotAConverter { name: "com.example.mix".to_owned(), inputs: 2, outputs: 1 },
        "`com.example.mix` cannot be a converter: it has 2 inputs and 1 outputs, and a converter \
         has one of each",
    );
    check(
        InvalidStrategy::NotOnMainThread,
        "it declares that it needs the main thread; use the main thread",
    );
}

#[test]
fn ends_without_a_common_format_print_both_lists() {
    let ends = |convert| {
        Box::new(NoCommonFormat {
            from: PortRef::new(id(), "video_out"),
            target: PortRef::new(id(), "audio_in"),
            makes: FormatSet::any(),
            takes: FormatSet::any(),
            convert,
        })
    };
    let lists = "`gray.video_out` makes any format, and `gray.audio_in` takes any format; ";
    let missing = "no converter between them is registered: insert a processor that converts";
    let forbidden = "the link says `convert: false`: allow a converter, or insert one yourself";
    check(GraphError::NoCommonFormat(ends(true)), &format!("{lists}{missing}"));
    check(PlanError::NoCommonFormat(ends(false)), &format!("{lists}{forbidden}"));
    check(Error::Plan(PlanError::NoCommonFormat(ends(true))), &format!("{lists}{missing}"));
}
