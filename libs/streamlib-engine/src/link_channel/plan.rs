//! What is decided about a link before it is built. Pure data.

use std::time::Duration;

use serde::Serialize;
use streamlib_schema::{Delivery, FormatSet};

use crate::ids::{LinkId, ProcessorId};

/// A link of the graph, or the part of one behind a converter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkKey {
    /// The link of the graph.
    pub link: LinkId,
    /// 0 for the link itself, or for its part before the converter; 1 for the part behind it.
    pub part: u8,
}

/// What is decided about a link.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkPlan {
    /// Which link.
    pub key: LinkKey,
    /// Producer and index of its output.
    pub source: (ProcessorId, usize),
    /// Consumer, index of its input, and lane.
    pub target: (ProcessorId, usize, usize),
    /// How frames get across.
    pub carrier: Carrier,
    /// How the consumer wants data.
    pub delivery: Delivery,
    /// Frames that fit, at least 1.
    pub depth: u32,
    /// Why the depth is more than was declared, for the plan's text: `join at both.video_in`.
    pub deepened: Option<String>,
    /// Frames captured longer ago are dropped.
    pub max_age: Option<Duration>,
    /// Closes a cycle: never a trigger, empty on the first call.
    pub feedback: bool,
    /// The source is live: a full lossless link loses the frame instead of holding it up.
    pub live: bool,
    /// What both ends can agree on.
    pub formats: FormatSet,
}

impl LinkPlan {
    /// True if a full queue holds the producer up: it does where every frame counts, unless the
    /// source is live.
    pub fn holds_producer(&self) -> bool {
        self.delivery == Delivery::Lossless && !self.live
    }
}

/// How frames get across a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Carrier {
    /// The consumer runs in its producer's worker: no queue.
    Inline,
    /// A bounded queue that is lossless.
    Ring,
    /// A bounded queue that drops its oldest frame.
    Overwrite,
    /// One place for the newest frame.
    Slot,
}

impl Carrier {
    /// The name shown to people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inline => "inline",
            Self::Ring => "ring",
            Self::Overwrite => "overwrite",
            Self::Slot => "slot",
        }
    }
}
