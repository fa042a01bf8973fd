//! Frames that go by hand through a chain of processors in one strand, until one of them does
//! something else than to pass its frame on.

use serde::{Deserialize, Serialize};
use streamlib_engine::ids::ProcessorId;
use streamlib_processor::NoConfig;
use streamlib_processor::prelude::*;

use crate::support::{Collect, Inline, Numbers, NumbersConfig, check_counters, engine};

const FRAMES: u64 = 100;
/// Late enough that everything goes by hand, and no call that is measured.
const AT: u64 = 37;

/// Settings of [`Odd`].
#[derive(Debug, Clone, Default, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
#[config(crate = streamlib_processor)]
struct OddConfig {
    /// What it does once, when it gets the number [`AT`].
    what: String,
}

/// Passes frames on, and does something else once.
#[processor(name = "test.odd", needs(cheap), crate = streamlib_processor)]
struct Odd {
    #[input(holds = 1)]
    input: Input<DataFrame>,
    #[output(same_as = input, max_per_call = 2)]
    out: Output<DataFrame>,
    #[config]
    config: OddConfig,
    was_odd: bool,
    kept: Vec<DataFrame>,
    is_next: bool,
}

impl Processor for Odd {
    fn process(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
        if self.is_next && !self.was_odd && self.config.what == "leave" {
            self.was_odd = true;
            ctx.again();
            return Ok(());
        }
        let Some(frame) = self.input.read()? else { return Ok(()) };
        let number: u64 = frame.value()?;
        self.is_next = number + 1 == AT;
        if number != AT || std::mem::replace(&mut self.was_odd, true) {
            self.kept.truncate(if self.config.what == "hold" { 1 } else { 0 });
            if let Some(kept) = self.kept.pop() {
                self.out.send(kept)?;
            }
            return Ok(self.out.send(frame)?);
        }
        match self.config.what.as_str() {
            "unread" => {
                self.input.unread(frame)?;
                ctx.again();
            }
            "hold" => self.kept.push(frame),
            "clone" => {
                self.kept.push(frame.clone());
                self.out.send(frame)?;
            }
            "drop" => {}
            "twice" => {
                self.out.send(frame.clone())?;
                self.out.send(frame)?;
            }
            "room" => {
                let before = self.out.room();
                self.out.send(frame)?;
                assert_eq!((before, self.out.room()), (2, 1));
            }
            "gap" => {
                let until_ns = frame.timestamp_ns() + 1;
                self.out.send(frame)?;
                self.out.gap(until_ns);
            }
            "epoch" => {
                self.out.next_epoch();
                self.out.send(frame)?;
            }
            "finish" => {
                self.out.send(frame)?;
                ctx.finish();
            }
            "fail" => {
                self.out.send(frame)?;
                return Err(Error::new("as it is written"));
            }
            "panic" => {
                self.out.send(frame)?;
                panic!("as it is written");
            }
            "panic unread" => {
                self.input.unread(frame)?;
                panic!("as it is written");
            }
            _ => self.out.send(frame)?,
        }
        Ok(())
    }
}

/// Sends [`FRAMES`] numbers through `inline -> odd -> inline -> inline`: what came out, and how
/// often each of the four was called.
fn run(what: &str) -> (Vec<u64>, Vec<u64>) {
    let (engine, seen) = engine(1);
    let numbers = NumbersConfig { count: FRAMES, step_ns: 10 };
    let source = engine.add_processor::<Numbers>(numbers).unwrap();
    let before = engine.add_processor::<Inline>(NoConfig {}).unwrap();
    let odd = engine.add_processor::<Odd>(OddConfig { what: what.to_owned() }).unwrap();
    let after = engine.add_processor::<Inline>(NoConfig {}).unwrap();
    let last = engine.add_processor::<Inline>(NoConfig {}).unwrap();
    let sink = engine.add_processor::<Collect>(NoConfig {}).unwrap();
    let chain: [&ProcessorId; 6] = [&source, &before, &odd, &after, &last, &sink];
    for ends in chain.windows(2) {
        engine.connect(ends[0], ends[1]).unwrap();
    }
    engine.start().unwrap();
    engine.wait().unwrap();
    check_counters(&engine);
    let inspection = engine.inspector().inspect();
    let calls = |id: &&ProcessorId| {
        inspection.processors.iter().find(|processor| processor.id == **id).unwrap().calls
    };
    let calls = chain[1..5].iter().map(calls).collect();
    (seen.numbers.lock().unwrap().clone(), calls)
}

/// Runs it; says what is to come out, and how many calls the odd one is to have had. Calls of
/// `end_of_stream` are among them.
fn check(what: &str, expected: impl IntoIterator<Item = u64>, odd_calls: u64) {
    let expected: Vec<u64> = expected.into_iter().collect();
    let (numbers, calls) = run(what);
    assert_eq!(numbers, expected, "{what}");
    let others = expected.len() as u64 + 1;
    assert_eq!(calls[1..], [odd_calls, others, others], "{what}");
}

#[test]
fn every_frame_passes_and_is_counted() {
    check("nothing", 0..FRAMES, FRAMES + 1);
    check("clone", 0..FRAMES, FRAMES + 1);
    check("room", 0..FRAMES, FRAMES + 1);
    check("gap", 0..FRAMES, FRAMES + 1);
    check("epoch", 0..FRAMES, FRAMES + 1);
    check("hold", 0..FRAMES, FRAMES + 1);
}

#[test]
fn a_frame_that_is_left_or_put_back_comes_again_in_its_place() {
    check("leave", 0..FRAMES, FRAMES + 2);
    check("unread", 0..FRAMES, FRAMES + 2);
}

#[test]
fn more_or_fewer_frames_keep_their_order() {
    check("drop", (0..AT).chain(AT + 1..FRAMES), FRAMES + 1);
    check("twice", (0..=AT).chain(AT..FRAMES), FRAMES + 1);
}

#[test]
fn what_was_sent_before_the_end_comes_before_it() {
    for what in ["finish", "fail", "panic"] {
        check(what, 0..=AT, AT + 1);
    }
    check("panic unread", 0..AT, AT + 1);
}
