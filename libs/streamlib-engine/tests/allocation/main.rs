//! In steady state nothing is allocated: on no thread, over no carrier, with no strategy, by no
//! trigger, with one consumer and with three.
//!
//! A binary of its own, because it replaces the program's allocator; each test needs a process of
//! its own, which cargo nextest gives it. Memory that the engine makes when it is first needed
//! (buffers, what a thread keeps for itself) is made in the frames before the count.

#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure")]

mod course;
mod processors;

use std::sync::Arc;

use streamlib_engine::compiler::{Carrier, Plan, Step};
use streamlib_engine::delegates::{SchedulerDelegate, SchedulingStrategy, ThreadPriority};
use streamlib_engine::graph::{LinkOptions, ProcessorNode};
use streamlib_engine::ids::{PortRef, ProcessorId};
use streamlib_engine::{Engine, Transaction};
use streamlib_processor::schema::{Delivery, ProcessExecution, ProcessorDescriptor};
use streamlib_processor::{NoConfig, Processor};
use streamlib_testing::CountingAllocator;

use self::course::{Course, END, FIRST};
use self::processors::{JoinAligned, JoinAny, JoinPrimary, Sink, Source};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

/// As many workers as the pool ever has: it adds one when a worker is held up, which a busy machine
/// does to any worker, and a thread that starts allocates.
const WORKERS: usize = 64;

/// What the processors of a run run on.
#[derive(Debug, Clone)]
struct Strategies {
    source: SchedulingStrategy,
    others: SchedulingStrategy,
}

impl SchedulerDelegate for Strategies {
    fn scheduling_strategy(
        &self,
        _node: &ProcessorNode,
        descriptor: &ProcessorDescriptor,
    ) -> SchedulingStrategy {
        match descriptor.execution {
            ProcessExecution::Continuous { .. } => self.source.clone(),
            _ => self.others.clone(),
        }
    }
}

const POOL: SchedulingStrategy = SchedulingStrategy::WorkStealingPool;
const MAIN: SchedulingStrategy = SchedulingStrategy::MainThread;
const THREAD: SchedulingStrategy =
    SchedulingStrategy::DedicatedThread { priority: ThreadPriority::Normal, name: None };

/// The delivery that gives the carrier.
fn delivery(carrier: Carrier) -> Delivery {
    match carrier {
        Carrier::Inline | Carrier::Ring => Delivery::Lossless,
        Carrier::Overwrite => Delivery::EverySample,
        Carrier::Slot => Delivery::Latest,
    }
}

/// Adds `source -> (stage J, at both inputs) -> sinks`.
fn declare<J: Processor>(transaction: &mut Transaction<'_>, carrier: Carrier, sinks: usize) {
    let options = LinkOptions { delivery: Some(delivery(carrier)), ..LinkOptions::default() };
    let port = |processor: &ProcessorId, name: &str| PortRef::new(processor.clone(), name);
    let source = transaction.add_processor::<Source>(NoConfig {}).unwrap();
    let stage = transaction.add_processor::<J>(J::Config::default()).unwrap();
    for input in ["first", "second"] {
        transaction.connect(port(&source, "out"), port(&stage, input), options.clone());
    }
    for _ in 0..sinks {
        let sink = transaction.add_processor::<Sink>(NoConfig {}).unwrap();
        transaction.connect(port(&stage, "out"), port(&sink, "input"), options.clone());
    }
}

fn carriers(plan: &Plan) -> Vec<Carrier> {
    let carrier = |step: &Step| match step {
        Step::BuildLink { carrier, .. } => Some(*carrier),
        _ => None,
    };
    plan.steps().filter_map(carrier).collect()
}

/// Runs one graph; from frame [`FIRST`] to frame [`END`] nothing is allocated.
fn run<J: Processor>(carrier: Carrier, home: &SchedulingStrategy, sinks: usize) {
    let case = format!("{} on {home}, {}, {sinks} sinks", carrier.as_str(), J::descriptor().name);
    let course = Course::new(sinks);
    let others = match carrier {
        Carrier::Inline => SchedulingStrategy::Lightweight,
        _ => home.clone(),
    };
    let builder = Engine::builder()
        .with_workers(WORKERS)
        .with_scheduler(Strategies { source: home.clone(), others })
        .with_resource(Arc::clone(&course));
    let engine = builder.build().unwrap();
    let mut transaction = engine.transaction();
    declare::<J>(&mut transaction, carrier, sinks);
    let (plan, _) = transaction.dry_run().unwrap();
    assert_eq!(carriers(&plan), vec![carrier; 2 + sinks], "{case}: {plan}");
    transaction.commit().unwrap();
    engine.start().unwrap();
    course.start();
    let outcome = engine.wait().unwrap();
    assert!(!outcome.failed(), "{case}: {outcome:?}");
    let (read, report) = course.result();
    report.assert_none(&case);
    if delivery(carrier) == Delivery::Lossless {
        assert_eq!(read, (END - FIRST) * sinks as u64, "{case}");
    }
}

/// Every trigger, with one consumer and with three.
fn check(carrier: Carrier, home: &SchedulingStrategy) {
    for sinks in [1, 3] {
        run::<JoinAny>(carrier, home, sinks);
        run::<JoinPrimary>(carrier, home, sinks);
        run::<JoinAligned>(carrier, home, sinks);
    }
}

/// One test a carrier and strategy, so that a failure names it.
macro_rules! cases {
    ($($name:ident: $carrier:ident, $home:ident;)+) => {
        $(
            #[test]
            fn $name() {
                check(Carrier::$carrier, &$home);
            }
        )+
    };
}

cases! {
    inline_behind_the_pool: Inline, POOL;
    inline_behind_a_thread: Inline, THREAD;
    inline_behind_the_main_thread: Inline, MAIN;
    ring_on_the_pool: Ring, POOL;
    ring_on_threads: Ring, THREAD;
    ring_on_the_main_thread: Ring, MAIN;
    overwrite_on_the_pool: Overwrite, POOL;
    overwrite_on_threads: Overwrite, THREAD;
    overwrite_on_the_main_thread: Overwrite, MAIN;
    slot_on_the_pool: Slot, POOL;
    slot_on_threads: Slot, THREAD;
    slot_on_the_main_thread: Slot, MAIN;
}
