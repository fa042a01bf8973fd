//! What a refusal looks like to people, and which code a program ends with.

use streamlib_protocol::parent::{Outcome, ParentMessage};
use streamlib_protocol::{ErrorBody, ErrorCode, Place, Problem, ProblemSeverity};

fn problem() -> Problem {
    Problem {
        severity: ProblemSeverity::Error,
        code: "unknown-key".to_owned(),
        message: "there is no key `tpye` here".to_owned(),
        path: "processors.movie.tpye".to_owned(),
        location: Some(Place { file: "a.yaml".to_owned(), line: 3, column: 5, length: Some(4) }),
        hint: Some("did you mean `type`?".to_owned()),
        shown: String::new(),
    }
}

#[test]
fn a_refusal_is_shown_with_its_problems_and_its_hint() {
    let plain = ErrorBody::new(ErrorCode::WrongState, "the graph has ended");
    assert_eq!(plain.to_string(), "the graph has ended");
    let full = ErrorBody::new(ErrorCode::InvalidGraph, "a.yaml has 1 problem")
        .with_problems(vec![problem()])
        .with_hint("see `streamlib check --help`");
    insta::assert_snapshot!(full, @r"
    a.yaml has 1 problem

    a.yaml:3:5: error[unknown-key]: there is no key `tpye` here
    hint: did you mean `type`?
    hint: see `streamlib check --help`
    ");
    let shown = Problem { shown: "as the file shows it".to_owned(), ..problem() };
    assert_eq!(shown.to_string(), "as the file shows it");
}

#[test]
fn every_code_has_a_status_and_an_exit_code() {
    let check = |code: ErrorCode, status: u16, exit: u8| {
        assert_eq!((code.http_status(), code.exit_code()), (status, exit), "{code:?}");
    };
    check(ErrorCode::BadRequest, 400, 2);
    check(ErrorCode::NoSuchPath, 404, 2);
    check(ErrorCode::UnknownName, 404, 2);
    check(ErrorCode::RevisionConflict, 409, 1);
    check(ErrorCode::WrongState, 409, 1);
    check(ErrorCode::TooLarge, 413, 2);
    check(ErrorCode::InvalidGraph, 422, 2);
    check(ErrorCode::CommitFailed, 500, 1);
    check(ErrorCode::Environment, 500, 3);
    check(ErrorCode::Internal, 500, 1);
    check(ErrorCode::Unknown, 500, 1);
    check(ErrorCode::Busy, 503, 1);
}

#[test]
fn a_run_ends_with_the_code_of_its_outcome() {
    let outcomes = [Outcome::Finished, Outcome::Stopped, Outcome::Interrupted, Outcome::Failed];
    assert_eq!(outcomes.map(Outcome::exit_code), [0, 0, 130, 1]);
}

#[test]
fn a_message_to_the_parent_is_one_line() {
    let message =
        ParentMessage::Failed { error: ErrorBody::new(ErrorCode::Internal, "two\nlines") };
    let line = message.to_line().unwrap();
    assert_eq!(
        line,
        "{\"message\":\"failed\",\"error\":{\"code\":\"internal\",\"message\":\"two\\nlines\"}}\n"
    );
    assert_eq!(ParentMessage::from_line(&line).unwrap(), message);
    assert!(ParentMessage::from_line("{}").is_err());
}
