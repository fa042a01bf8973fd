//! A join whose inputs end at different times ends when all have, and holds up nobody until then.

use streamlib_engine::graph::LinkOptions;
use streamlib_processor::prelude::*;
use streamlib_processor::schema::Delivery;

use crate::support::{Collect, Numbers, NumbersConfig, engine};

/// A stage with two inputs, joined by a trigger; what comes in at the first is passed on.
macro_rules! join {
    ($name:ident, $type_name:literal, $($trigger:tt)+) => {
        /// See the macro.
        #[processor(name = $type_name, trigger = $($trigger)+, crate = streamlib_processor)]
        pub(crate) struct $name {
            #[input]
            first: Input<DataFrame>,
            #[input]
            second: Input<DataFrame>,
            #[output]
            out: Output<DataFrame>,
        }

        impl Processor for $name {
            fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
                drop(self.second.read()?);
                if let Some(frame) = self.first.read()? {
                    self.out.send(frame)?;
                }
                Ok(())
            }
        }
    };
}

join!(JoinAny, "test.join_any", any);
join!(JoinPrimary, "test.join_primary", primary(first));
join!(JoinAligned, "test.join_aligned", aligned(tolerance_ms = 0));

/// The first input gets `first` numbers and the second `second`, however they are delivered: the
/// graph ends, and lossless links have passed on every number of the first.
macro_rules! check {
    ($join:ident, $first:literal, $second:literal) => {
        for delivery in [Delivery::Lossless, Delivery::EverySample, Delivery::Latest] {
            let (engine, seen) = engine(2);
            let join = engine.add_processor::<$join>(NoConfig {}).unwrap();
            let options = LinkOptions { delivery: Some(delivery), ..LinkOptions::default() };
            for (count, input) in [($first, $join::FIRST), ($second, $join::SECOND)] {
                let config = NumbersConfig { count, ..NumbersConfig::default() };
                let source = engine.add_processor::<Numbers>(config).unwrap();
                engine
                    .connect_with(source.output(Numbers::OUT), join.input(input), options.clone())
                    .unwrap();
            }
            let sink = engine.add_processor::<Collect>(NoConfig {}).unwrap();
            engine.connect(join.output($join::OUT), sink.input(Collect::INPUT)).unwrap();
            engine.start().unwrap();
            let outcome = engine.wait().unwrap();
            assert!(!outcome.failed(), "{delivery:?}: {outcome:?}");
            assert_eq!(outcome.ends.len(), 4, "{delivery:?}: {outcome:?}");
            if delivery == Delivery::Lossless {
                let numbers = seen.numbers.lock().unwrap();
                assert_eq!(*numbers, (0..$first).collect::<Vec<_>>());
            }
        }
    };
}

#[test]
fn the_first_input_ends_first() {
    check!(JoinAny, 3, 100);
    check!(JoinPrimary, 3, 100);
    check!(JoinAligned, 3, 100);
}

#[test]
fn the_second_input_ends_first() {
    check!(JoinAny, 100, 3);
    check!(JoinPrimary, 100, 3);
    check!(JoinAligned, 100, 3);
}
