//! Frames that are lost where nobody expects it are counted and told.

use std::time::Duration;

use streamlib_engine::Engine;
use streamlib_engine::graph::LinkOptions;
use streamlib_engine::ids::LinkId;
use streamlib_engine::pubsub::events::{EventKind, LinkEvent};
use streamlib_engine::pubsub::{Subscription, TopicFilter};
use streamlib_processor::NoConfig;
use streamlib_processor::abi::Envelope;
use streamlib_processor::prelude::*;

use crate::support::{Collect, Numbers, NumbersConfig, check_counters, engine, until};

/// A device: sends a number each millisecond, 50 in all, whoever can take them or not.
#[processor(
    name = "test.device",
    execution = continuous(interval_ms = 1),
    needs(live),
    crate = streamlib_processor
)]
struct Device {
    #[output]
    out: Output<DataFrame>,
    next: u64,
}

impl Processor for Device {
    fn process(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
        if self.next == 50 {
            ctx.finish();
            return Ok(());
        }
        let frame = self.out.frame(&self.next, Envelope::at(self.next as i64))?;
        self.out.send(frame)?;
        self.next += 1;
        Ok(())
    }
}

/// Takes pairs of numbers.
#[processor(
    name = "test.pairs",
    trigger = aligned(tolerance_ms = 0),
    crate = streamlib_processor
)]
struct Pairs {
    #[input]
    first: Input<DataFrame>,
    #[input]
    second: Input<DataFrame>,
}

impl Processor for Pairs {
    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        drop((self.first.read()?, self.second.read()?));
        Ok(())
    }
}

fn subscribe(engine: &Engine) -> Subscription {
    engine.events().subscribe("*".parse::<TopicFilter>().unwrap(), 4096)
}

/// What the events told so far of frames that `link` lost: of live sources, and unmatched.
fn told(events: &mut Subscription, link: LinkId) -> (u64, u64) {
    let mut told = (0, 0);
    while let Some(event) = events.recv_timeout(Duration::ZERO) {
        match &event.kind {
            EventKind::Link { link: of, event: LinkEvent::LiveOverrun { lost } } => {
                assert_eq!(*of, link);
                told.0 += lost;
            }
            EventKind::Link { link: of, event: LinkEvent::Unmatched { dropped } } => {
                assert_eq!(*of, link);
                told.1 += dropped;
            }
            _ => {}
        }
    }
    told
}

#[test]
fn a_live_source_is_not_held_up_and_its_full_link_alone_loses_frames() {
    let (engine, seen) = engine(2);
    let device = engine.add_processor::<Device>(NoConfig {}).unwrap();
    let slow = engine.add_processor::<Collect>(NoConfig {}).unwrap();
    let other = engine.add_processor::<Collect>(NoConfig {}).unwrap();
    let full = engine
        .connect_with(&device, &slow, LinkOptions { depth: Some(4), ..LinkOptions::default() })
        .unwrap();
    let link = engine.connect(&device, &other).unwrap();
    let mut events = subscribe(&engine);
    engine.start().unwrap();
    engine.pause_processor(&slow).unwrap();
    let counts = |link| engine.inspector().link(link).unwrap().counts;
    until(|| counts(link).delivered == 50);
    let lost = counts(full).live_overrun;
    assert!((1..=46).contains(&lost), "{lost}");
    let (mut of_live, mut unmatched) = (0, 0);
    until(|| {
        let more = told(&mut events, full);
        (of_live, unmatched) = (of_live + more.0, unmatched + more.1);
        of_live == lost
    });
    assert_eq!(unmatched, 0);
    engine.resume_processor(&slow).unwrap();
    assert!(!engine.wait().unwrap().failed());
    check_counters(&engine);
    assert_eq!(counts(full).delivered + lost, 50);
    assert_eq!(seen.numbers.lock().unwrap().len() as u64, 100 - lost);
}

#[test]
fn what_a_join_that_takes_every_frame_cannot_match_is_told() {
    let (engine, _) = engine(2);
    let join = engine.add_processor::<Pairs>(NoConfig {}).unwrap();
    let mut links = Vec::new();
    // Twice as many on one side: every second one has no match.
    for (count, step_ns, input) in [(20, 1, Pairs::FIRST), (10, 2, Pairs::SECOND)] {
        let source = engine.add_processor::<Numbers>(NumbersConfig { count, step_ns }).unwrap();
        links.push(engine.connect(source.output(Numbers::OUT), join.input(input)).unwrap());
    }
    let mut events = subscribe(&engine);
    engine.start().unwrap();
    until(|| engine.inspector().link(links[0]).unwrap().counts.unmatched >= 9);
    let mut unmatched = 0;
    until(|| {
        unmatched += told(&mut events, links[0]).1;
        unmatched >= 9
    });
    assert!(!engine.wait().unwrap().failed());
    check_counters(&engine);
    assert_eq!(engine.inspector().link(links[1]).unwrap().counts.unmatched, 0);
}
