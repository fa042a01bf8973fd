//! Joins whose branches hold more frames than was declared: links grow, or the graph fails by name.

use std::collections::VecDeque;
use std::time::Duration;

use streamlib_engine::graph::LinkOptions;
use streamlib_engine::pubsub::TopicFilter;
use streamlib_engine::{Engine, GraphOutcome};
use streamlib_processor::NoConfig;
use streamlib_processor::abi::Envelope;
use streamlib_processor::prelude::*;
use streamlib_processor::schema::Delivery;

use crate::support::{Inline, Numbers, NumbersConfig, Pass, check_counters};

const COUNT: u64 = 100;

/// A stage that is 30 frames late, as an encoder is that looks ahead, and declares nothing. It holds
/// what it makes of the frames, not the frames.
macro_rules! late {
    ($name:ident, $type_name:literal $(, $needs:ident)?) => {
        /// See the macro.
        #[processor(name = $type_name, $(needs($needs),)? crate = streamlib_processor)]
        struct $name {
            #[input]
            input: Input<DataFrame>,
            #[output]
            out: Output<DataFrame>,
            held: VecDeque<u64>,
        }

        impl $name {
            fn send_first(&mut self) -> Result<()> {
                if let Some(number) = self.held.pop_front() {
                    let frame = self.out.frame(&number, Envelope::at(number as i64))?;
                    self.out.send(frame)?;
                }
                Ok(())
            }
        }

        impl Processor for $name {
            fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
                let Some(frame) = self.input.read()? else { return Ok(()) };
                self.held.push_back(frame.value()?);
                if self.held.len() > 30 { self.send_first() } else { Ok(()) }
            }

            fn end_of_stream(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
                self.send_first()?;
                if !self.held.is_empty() {
                    ctx.again();
                }
                Ok(())
            }
        }
    };
}

late!(Late, "test.late");
late!(LateInline, "test.late_inline", cheap);

/// Says how many pairs of frames it saw that belong together.
macro_rules! both {
    ($name:ident, $type_name:literal, $($attribute:tt)+) => {
        /// See the macro.
        #[processor(name = $type_name, $($attribute)+, crate = streamlib_processor)]
        struct $name {
            #[input]
            input: InputLanes<DataFrame>,
            pairs: u64,
        }

        impl Processor for $name {
            fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
                let (first, second) = (self.input.read(0)?, self.input.read(1)?);
                let (Some(first), Some(second)) = (first, second) else {
                    return Err(Error::new("a frame came alone"));
                };
                if (first.value::<u64>()?, second.value::<u64>()?) != (self.pairs, self.pairs) {
                    return Err(Error::new(format!("not pair {}", self.pairs)));
                }
                self.pairs += 1;
                Ok(())
            }

            fn teardown(&mut self) -> Result<()> {
                if self.pairs == COUNT { Ok(()) } else { Err(Error::new("frames are missing")) }
            }
        }
    };
}

both!(Both, "test.both", trigger = aligned(tolerance_ms = 0));
both!(BothInline, "test.both_inline", trigger = aligned(tolerance_ms = 0), needs(cheap));

/// `source -> pass -> late -> both` beside `pass -> both`, every depth at 1.
fn run(
    builder: streamlib_engine::EngineBuilder,
    inline: bool,
) -> (Engine, GraphOutcome, Vec<String>) {
    let engine = builder.build().unwrap();
    let source =
        engine.add_processor::<Numbers>(NumbersConfig { count: COUNT, step_ns: 1 }).unwrap();
    let (pass, late, both) = match inline {
        true => (
            engine.add_processor::<Inline>(NoConfig {}).unwrap().id().clone(),
            engine.add_processor::<LateInline>(NoConfig {}).unwrap().id().clone(),
            engine.add_processor::<BothInline>(NoConfig {}).unwrap().id().clone(),
        ),
        false => (
            engine.add_processor::<Pass>(NoConfig {}).unwrap().id().clone(),
            engine.add_processor::<Late>(NoConfig {}).unwrap().id().clone(),
            engine.add_processor::<Both>(NoConfig {}).unwrap().id().clone(),
        ),
    };
    let shallow = LinkOptions {
        depth: Some(1),
        delivery: Some(Delivery::Lossless),
        ..LinkOptions::default()
    };
    let links = [(source.id(), &pass), (&pass, &both), (&pass, &late), (&late, &both)];
    for (from, to) in links {
        engine.connect_with(from, to, shallow.clone()).unwrap();
    }
    let filter = "*".parse::<TopicFilter>().unwrap();
    let mut events = engine.events().subscribe(filter, 4096);
    engine.start().unwrap();
    let outcome = engine.wait().unwrap();
    check_counters(&engine);
    let mut seen = Vec::new();
    while let Some(event) = events.recv_timeout(Duration::ZERO) {
        seen.push(format!("{:?}", event.kind));
    }
    (engine, outcome, seen)
}

/// Every pair arrives, because the direct link grew.
fn check_grows(workers: usize, inline: bool) {
    let (engine, outcome, events) = run(Engine::builder().with_workers(workers), inline);
    assert!(!outcome.failed(), "{outcome:?}");
    assert!(!events.iter().any(|event| event.contains("frames are missing")), "{events:?}");
    let direct = &engine.inspector().inspect().links[1];
    assert!(direct.counts.grown > 0 && direct.capacity > 30, "{direct:?}");
    assert_eq!((direct.counts.sent, direct.counts.delivered), (COUNT, COUNT));
    let told = events.iter().filter(|event| event.contains("LinkGrown")).count();
    assert_eq!(told as u64, direct.counts.grown, "{events:?}");
}

#[test]
fn a_full_link_grows_on_one_worker() {
    check_grows(1, false);
}

#[test]
fn a_full_link_grows_on_four_workers() {
    check_grows(4, false);
}

#[test]
fn a_link_inside_a_strand_grows() {
    check_grows(1, true);
    check_grows(4, true);
}

/// With so few bytes, the graph fails and says who waits for whom.
fn check_fails(builder: streamlib_engine::EngineBuilder, inline: bool, message: &str) {
    let (_, outcome, events) = run(builder, inline);
    let failures: Vec<_> = outcome.failures().map(|(id, said)| (id.as_str(), said)).collect();
    let both = if inline { "both_inline" } else { "both" };
    assert_eq!(failures, [(both, message)]);
    assert_eq!(events.iter().filter(|event| event.contains("WatchdogDeadlock")).count(), 1);
}

#[test]
fn at_its_budget_the_graph_fails_with_the_cycle_of_waits() {
    for workers in [1, 4] {
        check_fails(
            Engine::builder().with_workers(workers).with_link_budget(2048),
            false,
            "the graph stands still, for its processors wait for each other: `both` waits at \
             `input[1]` for a frame from `late`, `late` waits at `input` for a frame from `pass`, \
             `pass` waits at `out` for room for a frame to `both`; the link to `both` holds 9 \
             frames and is at its budget; declare how many frames each processor holds (`holds`), \
             or allow more bytes",
        );
    }
}
