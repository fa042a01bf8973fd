//! Frames get from sources to sinks, in order, all of them.

mod again;
mod workers;

use crate::support::{Collect, Inline, Numbers, NumbersConfig, Pass, check_counters, engine};
use streamlib_processor::NoConfig;

/// Sends `count` numbers through `stages` passing processors; every one arrives, in order.
fn check(workers: usize, stages: usize, inline: bool, count: u64) {
    let (engine, seen) = engine(workers);
    let config = NumbersConfig { count, ..NumbersConfig::default() };
    let source = engine.add_processor::<Numbers>(config).unwrap();
    let mut last = source.id().clone();
    for _ in 0..stages {
        let next = if inline {
            engine.add_processor::<Inline>(NoConfig {}).unwrap().id().clone()
        } else {
            engine.add_processor::<Pass>(NoConfig {}).unwrap().id().clone()
        };
        engine.connect(&last, &next).unwrap();
        last = next;
    }
    let sink = engine.add_processor::<Collect>(NoConfig {}).unwrap();
    engine.connect(&last, sink.id()).unwrap();
    engine.start().unwrap();
    let outcome = engine.wait().unwrap();
    assert!(!outcome.failed(), "{outcome:?}");
    check_counters(&engine);
    let numbers = seen.numbers.lock().unwrap();
    assert_eq!(*numbers, (0..count).collect::<Vec<_>>(), "{workers} workers, {stages} stages");
}

/// One test a case, so that a failure names it.
macro_rules! cases {
    ($($name:ident: $workers:literal workers, $stages:literal stages, inline $inline:literal;)+) => {
        $(
            #[test]
            fn $name() {
                check($workers, $stages, $inline, 1000);
            }
        )+
    };
}

cases! {
    direct_1: 1 workers, 0 stages, inline false;
    direct_2: 2 workers, 0 stages, inline false;
    direct_4: 4 workers, 0 stages, inline false;
    chain_of_1_on_1: 1 workers, 1 stages, inline false;
    chain_of_1_on_2: 2 workers, 1 stages, inline false;
    chain_of_5_on_1: 1 workers, 5 stages, inline false;
    chain_of_5_on_4: 4 workers, 5 stages, inline false;
    chain_of_50_on_1: 1 workers, 50 stages, inline false;
    chain_of_50_on_4: 4 workers, 50 stages, inline false;
    inline_1_on_1: 1 workers, 1 stages, inline true;
    inline_5_on_2: 2 workers, 5 stages, inline true;
    inline_50_on_1: 1 workers, 50 stages, inline true;
    inline_50_on_4: 4 workers, 50 stages, inline true;
}
