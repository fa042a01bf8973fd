//! Which frames make one call of a processor with several inputs.
//!
//! The join is paused while its sources play, so what it has to choose from does not depend on who
//! is faster; then it goes on, and the sources end.

use crate::rig::Rig;
use crate::support::until;

/// A join of this type, with the sources `a` and `b`, whose links have these options.
fn graph(join: &str, options: &str) -> String {
    format!(
        "+ a: test.script
        + b: test.script
        + join: {join}
        + sink: test.record
        a.out -> join.a {options}
        b.out -> join.b {options}
        join.out -> sink.input"
    )
}

/// `a` and `b` play these words; what the join is given in each call, and what its two links count.
fn check(join: &str, a: &str, b: &str, given: &str, counts: [&str; 2]) {
    let rig = Rig::new(&graph(join, "{}"));
    rig.pause("join");
    rig.play("a", a);
    rig.play("b", b);
    rig.resume("join");
    let outcome = rig.wait();
    assert!(!outcome.failed(), "{outcome:?}");
    let context = format!("{join}: {a} and {b}");
    assert_eq!(rig.log("join"), format!("{given} finished+finished"), "{context}");
    assert_eq!([rig.counts(0), rig.counts(1)], counts, "{context}");
}

#[test]
fn any_takes_the_next_frame_of_every_lane_that_has_one() {
    let join = "test.any";
    check(
        join,
        "1 2 3 end",
        "9 end",
        "1+9 2+- 3+-",
        ["sent 3, delivered 3", "sent 1, delivered 1"],
    );
    check(join, "end", "1 2 end", "-+1 -+2", ["", "sent 2, delivered 2"]);
}

#[test]
fn primary_gives_of_the_others_the_newest_at_or_before_its_time() {
    let join = "test.primary";
    let cases = [
        // The newest of several, one of the same time, and none that is later.
        (
            "2 5 end",
            "1 2 3 9 end",
            "2+2 5+3",
            ["sent 2, delivered 2", "sent 4, delivered 2, superseded 2"],
        ),
        // The same one again, as long as there is none that is newer.
        ("2 3 4 end", "1 end", "2+1 3+1 4+1", ["sent 3, delivered 3", "sent 1, delivered 1"]),
        // None before the first that is not later.
        ("1 2 3 end", "2 end", "1+- 2+2 3+2", ["sent 3, delivered 3", "sent 1, delivered 1"]),
        // Without frames of its own it makes no call.
        ("1 end", "2 3 4 end", "1+-", ["sent 1, delivered 1", "sent 3, superseded 3"]),
    ];
    for (a, b, given, counts) in cases {
        check(join, a, b, given, counts);
    }
}

#[test]
fn aligned_takes_frames_that_go_together() {
    let join = "test.aligned";
    let cases = [
        // Within 2 ms, whichever is first.
        (
            "0 10 20 end",
            "1 10 18 end",
            "0+1 10+10 20+18",
            ["sent 3, delivered 3", "sent 3, delivered 3"],
        ),
        // Just at the tolerance, and just beyond.
        ("0 end", "2 end", "0+2", ["sent 1, delivered 1", "sent 1, delivered 1"]),
        ("0 end", "3 end", "-+3", ["sent 1, unmatched 1", "sent 1, delivered 1"]),
        // What the other has nothing for is passed over.
        (
            "0 10 20 30 end",
            "10 30 end",
            "10+10 30+30",
            ["sent 4, delivered 2, unmatched 2", "sent 2, delivered 2"],
        ),
        // A lane that ended does not hold the other.
        ("0 10 20 end", "0 end", "0+0 10+- 20+-", ["sent 3, delivered 3", "sent 1, delivered 1"]),
        // Nor does one that says that it has nothing yet.
        ("0 10 end", "gap:3 10 end", "0+- 10+10", ["sent 2, delivered 2", "sent 1, delivered 1"]),
        // Whether that is known by itself or by the frame behind it.
        (
            "0 5 10 end",
            "0 gap:8 10 11 end",
            "0+0 5+- 10+10 -+11",
            ["sent 3, delivered 3", "sent 3, delivered 3"],
        ),
        // What may still be within the tolerance is waited for.
        ("0 end", "gap:2 2 end", "0+2", ["sent 1, delivered 1", "sent 1, delivered 1"]),
    ];
    for (a, b, given, counts) in cases {
        check(join, a, b, given, counts);
    }
}

#[test]
fn aligned_is_held_by_a_lane_that_may_still_bring_something() {
    let rig = Rig::new(&graph("test.aligned", "{}"));
    rig.play("a", "0 10");
    rig.play("b", "gap:5");
    rig.await_log("join", "0+-");
    rig.play("b", "10");
    rig.await_log("join", "0+- 10+10");
    rig.play("a", "20 30");
    rig.play("b", "end");
    rig.await_log("join", "0+- 10+10 20+- 30+-");
    rig.play("a", "end");
    assert!(!rig.wait().failed());
    assert_eq!(rig.log("sink"), "0 10 20 30 finished");
}

#[test]
fn primary_is_called_while_its_other_lane_is_silent() {
    let rig = Rig::new(&graph("test.primary", r#"{"delivery": "latest"}"#));
    rig.play("a", "1");
    rig.await_log("join", "1+-");
    rig.play("b", "2");
    until(|| rig.link(1).counts.sent == 1);
    rig.play("a", "3");
    rig.await_log("join", "1+- 3+2");
    rig.play("a", "end");
    rig.play("b", "end");
    assert!(!rig.wait().failed());
}

/// A link that closes a cycle is empty in the first call, calls nobody, and does not keep the graph
/// from ending.
#[test]
fn a_feedback_link_gives_what_came_out_last() {
    for stage in ["test.pass", "test.inline"] {
        let rig = Rig::new(&format!(
            "+ src: test.script
            + join: test.any
            + stage: {stage}
            src.out -> join.a
            join.out -> stage.input
            stage.out -> join.b {{\"feedback\": true}}"
        ));
        let mut given = String::new();
        for (number, word) in ["1+-", "2+1", "3+2"].into_iter().enumerate() {
            rig.play("src", &(number + 1).to_string());
            given = format!("{given} {word}").trim().to_owned();
            rig.await_log("join", &given);
            until(|| rig.link(2).counts.sent == number as u64 + 1);
        }
        rig.play("src", "end");
        let outcome = rig.wait();
        assert!(!outcome.failed(), "{outcome:?}");
        assert_eq!(rig.log("join"), "1+- 2+1 3+2 finished+open", "{stage}");
        assert_eq!(rig.counts(2), "sent 3, delivered 2, flushed 1", "{stage}");
    }
}
