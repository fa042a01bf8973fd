//! A processor holds as many frames as it declared, and is refused one more by name.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use streamlib_processor::NoConfig;
use streamlib_processor::prelude::*;

use crate::support::{Collect, Numbers, NumbersConfig, check_counters, engine};

/// Settings of [`Keeps`].
#[derive(Debug, Clone, Default, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
#[config(crate = streamlib_processor)]
struct KeepsConfig {
    /// How many frames it keeps.
    count: usize,
    /// Keeps a clone and sends the frame at once, instead of sending what it kept longest.
    clones: bool,
}

/// Declares that it keeps 3 frames.
#[processor(name = "test.keeps", crate = streamlib_processor)]
struct Keeps {
    #[input(holds = 3)]
    input: Input<AnyFrame>,
    #[output(same_as = input)]
    out: Output<AnyFrame>,
    #[config]
    config: KeepsConfig,
    kept: VecDeque<AnyFrame>,
}

impl Processor for Keeps {
    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        let Some(frame) = self.input.read()? else { return Ok(()) };
        if self.config.clones {
            self.kept.push_back(frame.clone());
            self.out.send(frame)?;
            self.kept.truncate(self.config.count);
            return Ok(());
        }
        self.kept.push_back(frame);
        if self.kept.len() > self.config.count
            && let Some(frame) = self.kept.pop_front()
        {
            self.out.send(frame)?;
        }
        Ok(())
    }

    fn end_of_stream(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
        if self.config.clones {
            return Ok(());
        }
        if let Some(frame) = self.kept.pop_front() {
            self.out.send(frame)?;
            ctx.again();
        }
        Ok(())
    }
}

/// Sends 20 numbers through it: what came out, and what it said if it failed.
fn run(count: usize, clones: bool) -> (Vec<u64>, Vec<String>) {
    let (engine, seen) = engine(2);
    let source = engine.add_processor::<Numbers>(NumbersConfig { count: 20, step_ns: 1 }).unwrap();
    let keeps = engine.add_processor::<Keeps>(KeepsConfig { count, clones }).unwrap();
    let sink = engine.add_processor::<Collect>(NoConfig {}).unwrap();
    engine.connect(&source, &keeps).unwrap();
    engine.connect(&keeps, &sink).unwrap();
    engine.start().unwrap();
    let outcome = engine.wait().unwrap();
    check_counters(&engine);
    let failures = outcome.failures().map(|(_, message)| message.to_owned()).collect();
    (seen.numbers.lock().unwrap().clone(), failures)
}

#[test]
fn what_is_declared_may_be_held() {
    for (count, clones) in [(0, false), (3, false), (0, true), (3, true)] {
        let (numbers, failures) = run(count, clones);
        assert_eq!(failures, [""; 0], "{count} {clones}");
        assert_eq!(numbers, (0..20).collect::<Vec<_>>(), "{count} {clones}");
    }
}

#[test]
fn one_more_is_refused_by_name() {
    for (clones, sent) in [(false, 0), (true, 4)] {
        let (numbers, failures) = run(4, clones);
        assert_eq!(
            failures,
            ["`keeps` is refused another frame of its input `input`: it declares that it holds 3 \
              of them between two calls, and holds 4; raise `holds` of the port or let frames go \
              earlier"]
        );
        assert_eq!(numbers, (0..sent).collect::<Vec<_>>());
    }
}
