//! How data is wanted, over every carrier: what arrives, and under which name the rest is counted.

use std::time::Duration;

use serde_json::json;
use streamlib_engine::link_channel::Carrier;
use streamlib_schema::Delivery::{self, EverySample, Latest, Lossless};

use crate::rig::Rig;
use crate::support::{check_counters, until};

/// A source sends 0, which is taken, and 1 to 6 while its consumer is paused; then the consumer goes
/// on, and the source sends 7 and ends.
#[derive(Debug, Clone, Copy)]
struct Case {
    /// Types of source and sink.
    ends: [&'static str; 2],
    /// `delivery` and `depth` of the link; `None` for what the port says.
    delivery: Option<Delivery>,
    depth: Option<u32>,
    carrier: Carrier,
    /// How many of the first six get away while nobody takes them.
    away: u64,
    arrives: &'static str,
    counts: &'static str,
}

fn check(case: Case) {
    let [source, sink] = case.ends;
    let mut options = json!({ "depth": case.depth });
    if let Some(delivery) = case.delivery {
        options["delivery"] = json!(delivery.as_str());
    }
    let graph = format!("+ src: {source}\n+ sink: {sink}\nsrc.out -> sink.input {options}");
    let rig = Rig::new(&graph);
    assert_eq!(rig.link(0).carrier, case.carrier, "{case:?}");
    rig.play("src", "0");
    rig.await_log("sink", "0");
    rig.pause("sink");
    if case.away == 6 {
        rig.play("src", "1 2 3 4 5 6");
    } else {
        rig.offer("src", "1 2 3 4 5 6");
        until(|| rig.link(0).counts.sent == case.away + 1 && rig.link(0).producer_waits);
    }
    assert_eq!(rig.processor("src").calls, case.away + 1, "{case:?}");
    rig.resume("sink");
    until(|| rig.link(0).counts.in_flight == 0 && rig.processor("src").calls == 7);
    rig.play("src", "7 end");
    assert!(!rig.wait().failed());
    assert_eq!(rig.log("sink"), case.arrives, "{case:?}");
    assert_eq!(rig.counts(0), case.counts, "{case:?}");
}

const POOL: [&str; 2] = ["test.script", "test.record"];
const POOL_LATEST: [&str; 2] = ["test.script", "test.record_latest"];
const INLINE: [&str; 2] = ["test.script", "test.record_inline"];
const LIVE: [&str; 2] = ["test.live", "test.record"];
const LIVE_INLINE: [&str; 2] = ["test.live", "test.record_inline"];

const ALL: &str = "0 1 2 3 4 5 6 7 finished";
const ALL_COUNTED: &str = "sent 8, delivered 8";

/// Each row: ends, delivery, depth, carrier, how many get away, what arrives, what is counted.
macro_rules! table {
    ($($name:ident: $ends:ident $delivery:expr, $depth:expr, $carrier:ident, $away:literal =>
        $arrives:expr, $counts:expr;)+) => {
        $(
            #[test]
            fn $name() {
                check(Case {
                    ends: $ends,
                    delivery: $delivery,
                    depth: $depth,
                    carrier: Carrier::$carrier,
                    away: $away,
                    arrives: $arrives,
                    counts: $counts,
                });
            }
        )+
    };
}

table! {
    lossless_as_declared: POOL None, None, Ring, 6 => ALL, ALL_COUNTED;
    lossless_deep: POOL Some(Lossless), Some(6), Ring, 6 => ALL, ALL_COUNTED;
    lossless_shallow: POOL Some(Lossless), Some(2), Ring, 2 => ALL, ALL_COUNTED;
    lossless_of_one: POOL Some(Lossless), Some(1), Ring, 1 => ALL, ALL_COUNTED;
    every_sample_deep: POOL Some(EverySample), Some(6), Overwrite, 6 => ALL, ALL_COUNTED;
    every_sample_shallow: POOL Some(EverySample), Some(2), Overwrite, 6 =>
        "0 !5 6 7 finished", "sent 8, delivered 4, overflow 4";
    every_sample_of_one: POOL Some(EverySample), Some(1), Overwrite, 6 =>
        "0 !6 7 finished", "sent 8, delivered 3, overflow 5";
    latest: POOL Some(Latest), None, Slot, 6 => "0 !6 7 finished", "sent 8, delivered 3, superseded 5";
    latest_as_declared: POOL_LATEST None, None, Slot, 6 =>
        "0 !6 7 finished", "sent 8, delivered 3, superseded 5";
    a_link_may_be_stronger_than_its_port: POOL_LATEST Some(Lossless), Some(3), Ring, 3 =>
        ALL, ALL_COUNTED;
    inline_lossless: INLINE Some(Lossless), None, Inline, 1 => ALL, ALL_COUNTED;
    inline_every_sample: INLINE Some(EverySample), Some(2), Inline, 6 =>
        "0 !5 6 7 finished", "sent 8, delivered 4, overflow 4";
    inline_latest: INLINE Some(Latest), None, Inline, 6 =>
        "0 !6 7 finished", "sent 8, delivered 3, superseded 5";
    live_lossless: LIVE Some(Lossless), Some(2), Ring, 6 =>
        "0 1 2 !7 finished", "sent 8, delivered 4, live_overrun 4";
    live_every_sample: LIVE Some(EverySample), Some(2), Overwrite, 6 =>
        "0 !5 6 7 finished", "sent 8, delivered 4, overflow 4";
    live_latest: LIVE Some(Latest), None, Slot, 6 =>
        "0 !6 7 finished", "sent 8, delivered 3, superseded 5";
    live_inline: LIVE_INLINE Some(Lossless), Some(2), Inline, 6 =>
        "0 1 2 !7 finished", "sent 8, delivered 4, live_overrun 4";
}

/// Frames of 0 and 6 ms of age, with 5 ms allowed, on a link of `options` to a sink that was
/// paused.
fn check_age(sink: &str, options: &str, arrives: &str, counts: &str) {
    let age = r#""max_age": { "secs": 0, "nanos": 5000000 }"#;
    let graph =
        format!("+ src: test.script\n+ sink: {sink}\nsrc.out -> sink.input {{ {age}, {options} }}");
    let rig = Rig::new(&graph);
    let ms = Duration::from_millis;
    rig.pause("sink");
    rig.play("src", "1 2");
    rig.clock.advance(ms(1));
    rig.play("src", "3");
    rig.clock.advance(ms(5));
    rig.play("src", "4");
    rig.resume("sink");
    until(|| rig.link(0).counts.in_flight == 0);
    rig.play("src", "end");
    assert!(!rig.wait().failed());
    assert_eq!((rig.log("sink").as_str(), rig.counts(0).as_str()), (arrives, counts), "{options}");
}

#[test]
fn what_is_too_old_is_dropped_over_every_queue() {
    let aged = "sent 4, delivered 2, too_old 2";
    check_age("test.record", r#""delivery": "lossless""#, "3 4 finished", aged);
    check_age("test.record", r#""delivery": "every_sample""#, "3 4 finished", aged);
    check_age("test.record_inline", r#""delivery": "every_sample""#, "3 4 finished", aged);
    let newest = "sent 4, delivered 1, superseded 3";
    check_age("test.record", r#""delivery": "latest""#, "4 finished", newest);
    check_age("test.record_inline", r#""delivery": "latest""#, "4 finished", newest);
    let both = "sent 4, delivered 1, overflow 3";
    check_age("test.record", r#""delivery": "every_sample", "depth": 1"#, "4 finished", both);
}

#[test]
fn a_frame_without_a_link_is_counted_at_its_port() {
    let rig = Rig::new("+ src: test.script");
    rig.play("src", "1 2 3 end");
    assert!(!rig.wait().failed());
    let output = &rig.processor("src").outputs[0];
    assert_eq!((output.sent, output.unlinked, output.no_buffer), (0, 3, 0));
}

#[test]
fn a_frame_that_was_never_made_leaves_a_hole() {
    let rig = Rig::new("+ src: test.live\n+ sink: test.record\nsrc.out -> sink.input");
    rig.play("src", "1 skip skip 2 3 end");
    assert!(!rig.wait().failed());
    assert_eq!(rig.log("sink"), "1 !2 3 finished");
    let output = &rig.processor("src").outputs[0];
    assert_eq!((output.sent, output.no_buffer), (3, 2));
    assert_eq!(rig.counts(0), "sent 3, delivered 3");
}

/// A source with five links; all but the lossless one are of consumers that never come back.
#[test]
fn consumers_that_stand_still_hold_up_nobody_who_takes_every_frame() {
    let rig = Rig::new(
        r#"+ src: test.script
        + file: test.record
        + old: test.record
        + new: test.record_latest
        + near: test.record_inline
        + nearer: test.record_inline
        src.out -> file.input
        src.out -> old.input {"delivery": "every_sample", "depth": 2}
        src.out -> new.input
        src.out -> near.input {"delivery": "every_sample", "depth": 2}
        src.out -> nearer.input {"delivery": "latest"}"#,
    );
    for paused in ["old", "new", "near", "nearer"] {
        rig.pause(paused);
    }
    let numbers: Vec<_> = (0..100).map(|number| number.to_string()).collect();
    rig.play("src", &numbers.join(" "));
    rig.await_log("file", &numbers.join(" "));
    let counts = |number| rig.counts(number);
    assert_eq!(counts(0), "sent 100, delivered 100");
    for number in [1, 3] {
        assert_eq!(counts(number), "sent 100, overflow 98, in_flight 2");
    }
    for number in [2, 4] {
        assert_eq!(counts(number), "sent 100, superseded 99, in_flight 1");
    }
    rig.engine.stop_within(Duration::ZERO).unwrap();
    check_counters(&rig.engine);
    assert_eq!(counts(3), "sent 100, overflow 98, flushed 2");
}
