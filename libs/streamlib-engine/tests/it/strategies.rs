//! On which thread `process` runs, for each strategy.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Barrier};
use std::thread::Builder;

use streamlib_engine::delegates::{SchedulingStrategy, ThreadPriority};
use streamlib_engine::graph::{Change, ProcessorNode};
use streamlib_processor::prelude::*;

use crate::graphs::changes;
use crate::rig::{Rig, Stage, registry};
use crate::support::until;

/// Writes down its thread's nice value and scheduling policy as the system knows them, `10 0`.
#[processor(name = "test.priority", crate = streamlib_processor)]
struct Priority {
    #[input]
    input: Input<DataFrame>,
    stage: Option<Arc<Stage>>,
    name: String,
}

impl Processor for Priority {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        (self.stage, self.name) = (ctx.resource(), ctx.name().to_owned());
        Ok(())
    }

    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        drop(self.input.read()?);
        // Fields as in proc_pid_stat(5), counted behind the name in parentheses.
        let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
        let fields: Vec<_> = stat.rsplit(") ").next().unwrap_or("").split(' ').collect();
        self.stage.as_ref().unwrap().write(&self.name, format!("{} {}", fields[16], fields[38]));
        Ok(())
    }
}

/// Two of them in `process` at once let each other go on.
#[processor(name = "test.meet", crate = streamlib_processor)]
struct Meet {
    #[input]
    input: Input<DataFrame>,
    stage: Option<Arc<Stage>>,
    barrier: Option<Arc<Barrier>>,
    name: String,
}

impl Processor for Meet {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        (self.stage, self.name) = (ctx.resource(), ctx.name().to_owned());
        self.barrier = ctx.resource();
        Ok(())
    }

    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        drop(self.input.read()?);
        self.barrier.as_ref().unwrap().wait();
        self.stage.as_ref().unwrap().write(&self.name, "met");
        Ok(())
    }
}

/// A graph whose processor `edited` is declared with a strategy of its own.
fn rig(graph: &str, edited: &str, strategy: Option<SchedulingStrategy>, workers: usize) -> Rig {
    let mut types = registry();
    types.register::<Priority>().unwrap();
    types.register::<Meet>().unwrap();
    let rig = Rig::declare("", |builder| {
        let builder = builder.with_workers(workers).with_registry(types);
        builder.with_resource(Arc::new(Barrier::new(2)))
    });
    let edit = |change| match change {
        Change::Add { node } if node.id.as_str() == edited => {
            Change::Add { node: ProcessorNode { scheduling: strategy.clone(), ..node } }
        }
        other => other,
    };
    rig.engine.transaction().with(changes(graph).into_iter().map(edit)).commit().unwrap();
    rig.engine.start().unwrap();
    rig
}

fn thread(priority: ThreadPriority, name: Option<&str>) -> Option<SchedulingStrategy> {
    let name = name.map(str::to_owned);
    Some(SchedulingStrategy::DedicatedThread { priority, name })
}

fn one(sink: &str) -> String {
    format!("+ src: test.script\n+ sink: {sink}\nsrc.out -> sink.input")
}

/// All frames of a sink that was given this strategy come on one thread, of this name.
fn check(sink: &str, strategy: Option<SchedulingStrategy>, workers: usize, expect: &str) {
    let rig = rig(&one(sink), "sink", strategy, workers);
    rig.play("src", "1 2 3");
    rig.await_log("sink", "1 2 3");
    assert_eq!(rig.threads("sink"), [expect], "{sink}");
    rig.engine.stop().unwrap();
    assert_eq!(rig.threads("sink"), [expect], "the end comes there, too");
}

#[test]
fn a_pool_of_one_worker_runs_everything_there() {
    check("test.record", None, 1, "streamlib-0");
    check("test.record", Some(SchedulingStrategy::WorkStealingPool), 1, "streamlib-0");
    check("test.record_inline", Some(SchedulingStrategy::WorkStealingPool), 1, "streamlib-0");
}

#[test]
fn a_pool_of_several_workers_runs_several_at_once() {
    let graph = "+ a: test.script
        + b: test.script
        + left: test.meet
        + right: test.meet
        a.out -> left.input
        b.out -> right.input";
    let rig = rig(graph, "", None, 2);
    rig.play("a", "1");
    rig.play("b", "1");
    rig.await_log("left", "met");
    rig.await_log("right", "met");
    let (left, right) = (rig.threads("left"), rig.threads("right"));
    assert!(left != right && left.len() == 1 && right.len() == 1, "{left:?} {right:?}");
    for name in [&left[0], &right[0]] {
        assert!(name.starts_with("streamlib-"), "{name}");
    }
}

#[test]
fn a_thread_of_its_own_has_the_processors_name_or_its_own() {
    let normal = ThreadPriority::Normal;
    check("test.record", thread(normal, None), 1, "sink");
    check("test.record", thread(normal, Some("display")), 1, "display");
    check("test.record_inline", thread(normal, None), 1, "sink");
    check("test.record_real_time", None, 1, "sink");
}

#[test]
fn an_inline_processor_runs_where_its_producer_runs() {
    let graph = "+ src: test.script
        + stage: test.inline
        + sink: test.record_inline
        src.out -> stage.input
        stage.out -> sink.input";
    let threads = |strategy| {
        let rig = rig(graph, "src", strategy, 1);
        assert_eq!(rig.processor("sink").strand.as_str(), "src");
        rig.play("src", "1 2 3");
        rig.await_log("sink", "1 2 3");
        rig.threads("sink")
    };
    assert_eq!(threads(None), ["streamlib-0"]);
    assert_eq!(threads(thread(ThreadPriority::Normal, None)), ["src"]);
}

/// What the system says of a thread is what is reported of it.
#[test]
fn a_priority_is_obtained_or_reported_as_refused() {
    let check = |priority: ThreadPriority, granted: (&str, &str), else_one_of: &[(&str, &str)]| {
        let rig = rig(&one("test.priority"), "sink", thread(priority, None), 1);
        rig.play("src", "1");
        until(|| !rig.log("sink").is_empty());
        let obtained = rig.processor("sink").obtained_priority.unwrap();
        let seen = rig.log("sink");
        let mut expect = [granted].into_iter().chain(else_one_of.iter().copied());
        let known = expect.any(|(text, stat)| obtained.starts_with(text) && seen == stat);
        assert!(known, "{priority}: reported `{obtained}`, seen `{seen}`");
        if obtained != granted.0 {
            assert!(obtained.contains("refused"), "{obtained}");
        }
    };
    check(ThreadPriority::Normal, ("normal", "0 0"), &[]);
    check(ThreadPriority::Background, ("nice 10", "10 0"), &[]);
    check(ThreadPriority::High, ("nice -10", "-10 0"), &[("normal", "0 0")]);
    let refused = [("nice -10", "-10 0"), ("normal", "0 0")];
    check(ThreadPriority::RealTime, ("SCHED_FIFO 50", "0 1"), &refused);
}

const MAIN: &str = "+ src: test.script
    + stage: test.pass
    + sink: test.record_main
    src.out -> stage.input
    stage.out -> sink.input";

#[test]
fn the_thread_that_waits_is_the_main_thread() {
    let rig = rig(MAIN, "", None, 2);
    rig.play("src", "1 2 3 end");
    let waiting = std::thread::scope(|scope| {
        let main = Builder::new().name("main loop".to_owned());
        main.spawn_scoped(scope, || rig.engine.wait().unwrap()).unwrap().join().unwrap()
    });
    assert!(!waiting.failed());
    assert_eq!(rig.log("sink"), "1 2 3 finished");
    assert_eq!(rig.threads("sink"), ["main loop"]);
}

#[test]
fn without_a_main_thread_nothing_runs_there_and_a_stop_takes_its_place() {
    let rig = rig(MAIN, "", None, 2);
    rig.play("src", "1 2 3");
    until(|| rig.link(1).counts.sent == 3);
    assert_eq!(rig.log("sink"), "");
    std::thread::scope(|scope| {
        let stopping = Builder::new().name("stopper".to_owned());
        stopping.spawn_scoped(scope, || rig.engine.stop().unwrap()).unwrap();
    });
    assert_eq!(rig.log("sink"), "1 2 3 stopped");
    assert_eq!(rig.threads("sink"), ["stopper"]);
}

/// A main loop of somebody else: woken by a message, it looks.
fn foreign_loop(rig: &Rig, woken: &Receiver<()>) -> usize {
    let mut turns = 0;
    loop {
        woken.recv().unwrap();
        turns += 1;
        if !rig.engine.run_on_main().unwrap() {
            return turns;
        }
    }
}

#[test]
fn a_main_loop_of_somebody_else_is_woken_and_runs_them() {
    let rig = rig(MAIN, "", None, 2);
    let (wake, woken) = channel();
    rig.engine.set_main_waker(move || wake.send(()).unwrap_or_default());
    let calls = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let main = Builder::new().name("foreign loop".to_owned());
        let (rig, calls) = (&rig, &calls);
        let main = main.spawn_scoped(scope, move || {
            calls.store(foreign_loop(rig, &woken), SeqCst);
            rig.engine.wait().unwrap()
        });
        for number in 1..=3 {
            rig.play("src", &number.to_string());
            until(|| rig.processor("sink").calls == number);
        }
        rig.play("src", "end");
        assert!(!main.unwrap().join().unwrap().failed());
    });
    assert!(calls.load(SeqCst) >= 4, "three frames and the end");
    assert_eq!(rig.log("sink"), "1 2 3 finished");
    assert_eq!(rig.threads("sink"), ["foreign loop"]);
    assert!(rig.engine.run_on_main().is_err());
}

#[test]
fn a_request_to_stop_wakes_a_main_loop_of_somebody_else() {
    let rig = rig(MAIN, "", None, 2);
    let (wake, woken) = channel();
    rig.engine.set_main_waker(move || wake.send(()).unwrap_or_default());
    rig.play("src", "1");
    std::thread::scope(|scope| {
        let rig = &rig;
        let main = scope.spawn(move || {
            foreign_loop(rig, &woken);
            rig.engine.wait().unwrap()
        });
        until(|| rig.log("sink") == "1");
        rig.engine.request_stop();
        assert!(!main.join().unwrap().failed());
    });
    assert_eq!(rig.log("sink"), "1 stopped");
}
