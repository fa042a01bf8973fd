//! The steps of a plan.

use streamlib_schema::Delivery;

use crate::compiler::blueprint::{Carrier, LinkKey};
use crate::delegates::SchedulingStrategy;
use crate::ids::ProcessorId;

/// One step of a plan. Displayed as one line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Make an instance.
    Create {
        /// Which.
        processor: ProcessorId,
        /// Its type.
        processor_type: String,
        /// True if it comes in the place of one that runs.
        replaces: bool,
    },
    /// Make the queue of a link.
    BuildLink {
        /// Which.
        key: LinkKey,
        /// The producer and its output.
        from: (ProcessorId, String),
        /// The consumer and its input.
        to: (ProcessorId, String),
        /// How frames get across.
        carrier: Carrier,
        /// How they are delivered.
        delivery: Delivery,
        /// Frames that fit.
        depth: u32,
        /// Why the depth is more than was declared.
        deepened: Option<String>,
    },
    /// Make ready what a strand runs on; nothing is called yet.
    StartStrand {
        /// Which.
        strand: ProcessorId,
        /// What runs it.
        home: SchedulingStrategy,
        /// How many processors run in it.
        members: usize,
    },
    /// Bind the ports of a new instance and set it up.
    SetUp {
        /// Which.
        processor: ProcessorId,
    },
    /// Take the RUN bits of these strands' processors.
    Hold {
        /// Which, by their names before the change.
        strands: Vec<ProcessorId>,
    },
    /// Stop and tear down a processor before its replacement is set up, for only one can hold
    /// what both hold. Until the flip nothing stands in its place; if the plan fails, it is made
    /// again from its declaration.
    Gap {
        /// Which.
        processor: ProcessorId,
        /// What only one can hold.
        reason: String,
    },
    /// Give a running processor its new configuration, which it may refuse.
    UpdateConfig {
        /// Which.
        processor: ProcessorId,
    },
    /// Put new port tables in the place of the old.
    SwapPorts {
        /// Which.
        processor: ProcessorId,
    },
    /// Put the new member list, or another home, in the place of a strand's old.
    Regroup {
        /// Which, by its name after the change.
        strand: ProcessorId,
    },
    /// Let readers see the new graph.
    PublishSnapshot {
        /// Its revision.
        revision: u64,
    },
    /// Let the frames in a removed processor's links be used up, for up to a second.
    Drain {
        /// Which.
        processor: ProcessorId,
    },
    /// Stop calling an instance.
    Stop {
        /// Which.
        processor: ProcessorId,
        /// True if another instance is in its place now.
        replaced: bool,
    },
    /// Tear down an instance.
    TearDown {
        /// Which.
        processor: ProcessorId,
        /// True if another instance is in its place now.
        replaced: bool,
    },
    /// Drop the queue of a link; frames in it are counted flushed.
    DropLink {
        /// Which.
        key: LinkKey,
        /// The producer and its output.
        from: (ProcessorId, String),
        /// The consumer and its input.
        to: (ProcessorId, String),
    },
    /// Give back what a strand ran on.
    EndStrand {
        /// Which.
        strand: ProcessorId,
    },
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let old = |replaced: &bool| if *replaced { "the old " } else { "" };
        match self {
            Self::Create { processor, processor_type, replaces } => {
                let why = if *replaces { ", to replace the one that runs" } else { "" };
                write!(f, "create {processor} ({processor_type}){why}")
            }
            Self::BuildLink { from, to, carrier, delivery, depth, deepened, .. } => {
                write!(f, "build link {}.{} -> {}.{}: ", from.0, from.1, to.0, to.1)?;
                match carrier {
                    Carrier::Inline => f.write_str(carrier.as_str())?,
                    queue => write!(f, "{}, {}, depth {depth}", queue.as_str(), delivery.as_str())?,
                }
                match deepened {
                    Some(why) => write!(f, " (deepened: {why})"),
                    None => Ok(()),
                }
            }
            Self::StartStrand { strand, home, members: 1 } => {
                write!(f, "start strand {strand} on {home}")
            }
            Self::StartStrand { strand, home, members } => {
                write!(f, "start strand {strand} on {home}, {members} processors")
            }
            Self::SetUp { processor } => write!(f, "set up {processor}"),
            Self::Hold { strands } => write!(f, "hold {}", names(strands)),
            Self::Gap { processor, reason } => {
                write!(f, "gap: stop {processor} before its replacement is set up: {reason}")
            }
            Self::UpdateConfig { processor } => {
                write!(f, "update the configuration of {processor}")
            }
            Self::SwapPorts { processor } => write!(f, "swap the ports of {processor}"),
            Self::Regroup { strand } => write!(f, "regroup strand {strand}"),
            Self::PublishSnapshot { revision } => write!(f, "publish revision {revision}"),
            Self::Drain { processor } => write!(f, "drain {processor}"),
            Self::Stop { processor, replaced } => write!(f, "stop {}{processor}", old(replaced)),
            Self::TearDown { processor, replaced } => {
                write!(f, "tear down {}{processor}", old(replaced))
            }
            Self::DropLink { from, to, .. } => {
                write!(f, "drop link {}.{} -> {}.{}", from.0, from.1, to.0, to.1)
            }
            Self::EndStrand { strand } => write!(f, "end strand {strand}"),
        }
    }
}

fn names(ids: &[ProcessorId]) -> String {
    ids.iter().map(ProcessorId::as_str).collect::<Vec<_>>().join(", ")
}
