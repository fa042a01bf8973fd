//! A processor that asks for a call to give what it held back, and leaves what came meanwhile.

use serde::{Deserialize, Serialize};
use streamlib_processor::NoConfig;
use streamlib_processor::abi::Envelope;
use streamlib_processor::prelude::*;

use crate::support::{Collect, Numbers, NumbersConfig, check_counters, engine};

/// How many calls a [`Held`] asks for after it has read a frame.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
#[config(crate = streamlib_processor)]
pub(crate) struct HeldConfig {
    /// Frames that it makes of one, beside the first.
    pub held: u64,
}

/// As an encoder whose packets are shorter than its blocks: makes several frames of one, one a
/// call, and reads the next one when the last is sent.
#[processor(name = "test.held", crate = streamlib_processor)]
pub(crate) struct Held {
    #[input]
    input: Input<DataFrame>,
    #[output]
    out: Output<DataFrame>,
    #[config]
    config: HeldConfig,
    number: u64,
    left: u64,
}

impl Processor for Held {
    fn process(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
        if self.left == 0 {
            let Some(frame) = self.input.read()? else { return Ok(()) };
            self.number = frame.value()?;
            self.left = self.config.held + 1;
        }
        let frame = self.out.frame(&self.number, Envelope::at(self.number as i64))?;
        self.out.send(frame)?;
        self.left -= 1;
        if self.left > 0 {
            ctx.again();
        }
        Ok(())
    }
}

fn check(workers: usize, held: u64) {
    const COUNT: u64 = 100;
    let (engine, seen) = engine(workers);
    let config = NumbersConfig { count: COUNT, ..NumbersConfig::default() };
    let source = engine.add_processor::<Numbers>(config).unwrap();
    let several = engine.add_processor::<Held>(HeldConfig { held }).unwrap();
    let sink = engine.add_processor::<Collect>(NoConfig {}).unwrap();
    engine.connect(&source, &several).unwrap();
    engine.connect(&several, &sink).unwrap();
    engine.start().unwrap();
    let outcome = engine.wait().unwrap();
    assert!(!outcome.failed(), "{outcome:?}");
    check_counters(&engine);
    let expected = (0..COUNT).flat_map(|number| (0..=held).map(move |_| number));
    assert_eq!(*seen.numbers.lock().unwrap(), expected.collect::<Vec<_>>(), "{workers}, {held}");
}

#[test]
fn what_came_while_it_gave_what_it_held_back_is_read_next() {
    for workers in [1, 2] {
        for held in [0, 1, 2, 5] {
            check(workers, held);
        }
    }
}
