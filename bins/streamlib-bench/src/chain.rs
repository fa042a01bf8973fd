//! A source, any number of equal stages and a sink, in a row, run once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use streamlib_engine::delegates::{RegistryBackedFactory, SchedulingStrategy, ThreadPriority};
use streamlib_engine::graph::{Change, LinkOptions, ProcessorNode};
use streamlib_engine::ids::{PortRef, ProcessorId};
use streamlib_engine::{Engine, Transaction};

use crate::arguments::Chain;
use crate::error::{Error, Result};
use crate::marks::Marks;

/// What the processors of a chain run on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Strategy {
    /// The source on the pool, everything else inline in it.
    Inline,
    /// Everything on the pool, which is where the scheduler puts it by itself.
    #[default]
    Pooled,
    /// Each on a thread of its own.
    Threaded,
}

impl Strategy {
    /// The strategy of that name on the command line.
    pub(crate) fn from_name(name: &str) -> std::result::Result<Self, &'static str> {
        match name {
            "inline" => Ok(Self::Inline),
            "pooled" => Ok(Self::Pooled),
            "threaded" => Ok(Self::Threaded),
            _ => Err("not inline, pooled or threaded"),
        }
    }

    fn of_source(self) -> Option<SchedulingStrategy> {
        if self == Self::Inline { None } else { self.of_stages() }
    }

    /// What the stages run on; `None` leaves it to the scheduler.
    pub(crate) fn of_stages(self) -> Option<SchedulingStrategy> {
        match self {
            Self::Inline => Some(SchedulingStrategy::Lightweight),
            Self::Pooled => None,
            Self::Threaded => {
                let priority = ThreadPriority::Normal;
                Some(SchedulingStrategy::DedicatedThread { priority, name: None })
            }
        }
    }
}

/// What stands in a chain.
pub(crate) struct Parts {
    /// The types of the processors.
    pub(crate) registry: RegistryBackedFactory,
    /// Type and configuration of the source.
    pub(crate) source: (&'static str, Value),
    /// Type of every stage.
    pub(crate) stage: &'static str,
    /// Type and configuration of the sink.
    pub(crate) sink: (&'static str, Value),
    /// The name of the inputs.
    pub(crate) input: &'static str,
    /// The name of the outputs.
    pub(crate) output: &'static str,
}

/// How a chain ran.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    /// From the first declaration until the graph runs.
    pub(crate) built_in: Duration,
    /// From the source's first call until the sink has read the last frame.
    pub(crate) ran_for: Duration,
}

impl Run {
    /// As it is printed, for a run of `frames` frames.
    pub(crate) fn to_json(self, frames: u64) -> Value {
        json!({
            "built_in_ms": self.built_in.as_secs_f64() * 1e3,
            "ns_per_frame": self.ran_for.as_secs_f64() * 1e9 / frames as f64,
        })
    }
}

/// Builds and runs the chain.
pub(crate) fn run(arguments: &Chain, mut parts: Parts) -> Result<Run> {
    let marks = Arc::new(Marks::default());
    let mut builder = Engine::builder()
        .with_registry(std::mem::take(&mut parts.registry))
        .with_resource(Arc::clone(&marks));
    if let Some(workers) = arguments.workers {
        builder = builder.with_workers(workers);
    }
    let engine = builder.build()?;
    let start = Instant::now();
    let mut transaction = engine.transaction();
    declare(&mut transaction, arguments, &parts)?;
    transaction.commit()?;
    engine.start()?;
    let built_in = start.elapsed();
    let outcome = engine.wait()?;
    if let Some((processor, message)) = outcome.failures().next() {
        let (processor, message) = (processor.to_string(), message.to_owned());
        return Err(Error::Failed { processor, message });
    }
    let ran_for = marks.took().ok_or(Error::Incomplete { frames: arguments.frames })?;
    Ok(Run { built_in, ran_for })
}

/// Adds the chain: `p0` is the source, the last one the sink.
pub(crate) fn declare(
    transaction: &mut Transaction<'_>,
    arguments: &Chain,
    parts: &Parts,
) -> Result<()> {
    let mut last: Option<ProcessorId> = None;
    for position in 0..arguments.stages + 2 {
        let (processor_type, config, scheduling) = match position {
            0 => (parts.source.0, parts.source.1.clone(), arguments.strategy.of_source()),
            stage if stage <= arguments.stages => {
                (parts.stage, Value::Null, arguments.strategy.of_stages())
            }
            _ => (parts.sink.0, parts.sink.1.clone(), arguments.strategy.of_stages()),
        };
        let id = ProcessorId::new(format!("p{position}")).map_err(streamlib_engine::Error::from)?;
        let node =
            ProcessorNode { scheduling, ..ProcessorNode::new(id.clone(), processor_type, config) };
        transaction.push(Change::Add { node });
        if let Some(last) = last {
            let options = LinkOptions { depth: arguments.depth, ..LinkOptions::default() };
            let source = PortRef::new(last, parts.output);
            transaction.connect(source, PortRef::new(id.clone(), parts.input), options);
        }
        last = Some(id);
    }
    Ok(())
}
