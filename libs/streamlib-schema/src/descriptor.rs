//! The description of a processor: one form for Rust, for manifests and for the control plane.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::config::ConfigField;
use crate::format_set::FormatSet;
use crate::reference::SchemaRef;
#[cfg(feature = "definitions")]
use crate::schema::{Schema, SchemaError};

/// Everything that is known about a type of processor without creating one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProcessorDescriptor {
    /// Dotted name, `com.example.grayscale`.
    pub name: String,
    /// Version, `1.0.0`.
    pub version: String,
    /// What it does, one sentence or more.
    pub description: String,
    /// How it works: on its own schedule, on input, or when told.
    pub execution: ProcessExecution,
    /// Which sets of input frames make one call.
    #[serde(default)]
    pub trigger: Trigger,
    /// What it needs from whoever runs it.
    #[serde(default)]
    pub needs: Needs,
    /// Its inputs, in the order of declaration.
    #[serde(default)]
    pub inputs: Vec<InputPortDescriptor>,
    /// Its outputs, in the order of declaration.
    #[serde(default)]
    pub outputs: Vec<OutputPortDescriptor>,
    /// Its configuration.
    #[serde(default)]
    pub config: Vec<ConfigField>,
    /// Time it adds between input and output.
    #[serde(default)]
    pub latency: Latency,
    /// The name of a configuration field whose value only one processor may hold at a time: an
    /// output file, a device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exclusive: Option<String>,
}

impl ProcessorDescriptor {
    /// A processor without ports and settings.
    pub fn new(name: impl Into<String>, execution: ProcessExecution) -> Self {
        Self {
            name: name.into(),
            version: "1.0.0".to_owned(),
            description: String::new(),
            execution,
            trigger: Trigger::default(),
            needs: Needs::default(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            config: Vec::new(),
            latency: Latency::default(),
            exclusive: None,
        }
    }

    /// What its configuration is: [`ConfigField::schema`] with a name, that of the processor and
    /// `.config`.
    ///
    /// # Errors
    /// The fields contradict themselves, which those that the macros make do not.
    #[cfg(feature = "definitions")]
    pub fn config_schema(&self) -> Result<Schema, SchemaError> {
        let reference = format!("{}.config@{}", self.name, self.version).parse().ok();
        ConfigField::named_schema(&self.config, reference.as_ref())
    }

    /// The input called `name`.
    pub fn input(&self, name: &str) -> Option<&InputPortDescriptor> {
        self.inputs.iter().find(|port| port.name == name)
    }

    /// The output called `name`.
    pub fn output(&self, name: &str) -> Option<&OutputPortDescriptor> {
        self.outputs.iter().find(|port| port.name == name)
    }
}

/// How a processor works, whatever it runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProcessExecution {
    /// Makes data on its own schedule.
    Continuous {
        /// Time from one call to the next, ms; 0 for whenever there is room for its output.
        interval_ms: u64,
    },
    /// Called when its trigger holds.
    Reactive,
    /// Called only when told to.
    Manual,
}

/// Which sets of input frames make one call of a reactive processor.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// A frame on any lane; each lane gives its next frame if it has one.
    #[default]
    Any,
    /// A frame on this port; other lanes give their newest frame at or before its timestamp.
    Primary(String),
    /// One frame from every lane, timestamps within this tolerance, ns. A lane that ended or
    /// signalled a gap does not hold it.
    Aligned {
        /// How far timestamps may differ, ns.
        tolerance_ns: u64,
    },
}

/// What a processor needs from whoever runs it. The scheduler reads this, never the type's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Needs {
    /// Late output is audible or visible: real-time priority.
    pub real_time: bool,
    /// `process` may wait for the outside world: a thread of its own.
    pub blocking: bool,
    /// Must run on the thread that waits for the runtime.
    pub main_thread: bool,
    /// A call takes well under a microsecond: runs inline in its producer.
    pub cheap: bool,
    /// A call over this is `stuck`.
    pub call_limit: Duration,
    /// A source that cannot be held up (device, network): a full lossless link loses the frame.
    pub live: bool,
}

impl Default for Needs {
    fn default() -> Self {
        Self {
            real_time: false,
            blocking: false,
            main_thread: false,
            cheap: false,
            call_limit: Duration::from_secs(2),
            live: false,
        }
    }
}

/// Time a processor adds between its input and its output, ns of stream time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Latency {
    /// Least.
    pub min_ns: u64,
    /// Most.
    pub max_ns: u64,
}

/// How a consumer wants data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// The newest frame; an older one that was not taken is dropped, counted `superseded`.
    Latest,
    /// Every frame as long as the queue holds them; the oldest is dropped, counted `overflow`.
    EverySample,
    /// Every frame: a full queue holds its producer up.
    #[default]
    Lossless,
}

impl Delivery {
    /// The name used in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Latest => "latest",
            Self::EverySample => "every_sample",
            Self::Lossless => "lossless",
        }
    }

    /// The queue's depth where none is given, frames.
    pub const fn default_depth(self) -> u32 {
        match self {
            Self::Latest => 1,
            Self::EverySample => 16,
            Self::Lossless => 8,
        }
    }
}

/// How a consumer wants data, with its limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DeliveryPolicy {
    /// Which frames.
    pub delivery: Delivery,
    /// Depth of the queue, frames; `None` for the default of `delivery`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub depth: Option<u32>,
    /// Frames captured longer ago than this are dropped, counted `too old`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<Duration>,
}

impl DeliveryPolicy {
    /// The policy with the usual depth.
    pub const fn new(delivery: Delivery) -> Self {
        Self { delivery, depth: None, max_age: None }
    }

    /// The queue's depth, frames, at least 1.
    pub fn depth(&self) -> u32 {
        match self.delivery {
            Delivery::Latest => 1,
            other => self.depth.unwrap_or(other.default_depth()).max(1),
        }
    }
}

/// An input of a processor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InputPortDescriptor {
    /// Name, unique among the inputs.
    pub name: String,
    /// What comes in.
    #[serde(default)]
    pub description: String,
    /// Schema of the frames.
    pub schema: SchemaRef,
    /// Formats it takes, best first.
    #[serde(default)]
    pub formats: FormatSet,
    /// How it wants data.
    #[serde(default)]
    pub policy: DeliveryPolicy,
    /// Takes several links, each a lane.
    #[serde(default)]
    pub many: bool,
    /// Works without a link as well.
    #[serde(default)]
    pub optional: bool,
    /// Frames it may hold beside the one it was called with.
    #[serde(default)]
    pub holds: u32,
}

impl InputPortDescriptor {
    /// A lossless input of any format.
    pub fn new(name: impl Into<String>, schema: SchemaRef) -> Self {
        Self {
            name: name.into(),
            description: String::new(),
            schema,
            formats: FormatSet::any(),
            policy: DeliveryPolicy::default(),
            many: false,
            optional: false,
            holds: 0,
        }
    }
}

/// What an output's format follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FormatTie {
    /// The format of this input.
    SameAs(String),
}

/// An output of a processor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutputPortDescriptor {
    /// Name, unique among the outputs.
    pub name: String,
    /// What goes out.
    #[serde(default)]
    pub description: String,
    /// Schema of the frames.
    pub schema: SchemaRef,
    /// Formats it makes, best first.
    #[serde(default)]
    pub formats: FormatSet,
    /// Whether its format follows an input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tie: Option<FormatTie>,
    /// Frames that one call may send, at most.
    pub max_per_call: u32,
}

impl OutputPortDescriptor {
    /// An output of any format, one frame a call.
    pub fn new(name: impl Into<String>, schema: SchemaRef) -> Self {
        Self {
            name: name.into(),
            description: String::new(),
            schema,
            formats: FormatSet::any(),
            tie: None,
            max_per_call: 1,
        }
    }
}
