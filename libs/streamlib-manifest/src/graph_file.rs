//! The model of a graph file: plain data, as the file says it.
//!
//! Nothing is resolved here: config strings still hold their `${parameter}` references and
//! absent keys stay absent ([`crate::ResolvedGraph`] has the values). Defaults of absent keys
//! belong to whoever reads the model. Mappings keep the order of the file. `Serialize` writes
//! the form of the file, so JSON of it is a graph file again.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use indexmap::IndexMap;

use crate::error::{ManifestError, excerpt};
use crate::identifier::check_identifier;
use crate::package::PackageSource;
use crate::value::{Map, Value};
use crate::words::word_enum;

/// Largest `depth` of a link, in frames.
pub const LINK_DEPTH_MAX: u16 = 4096;

/// A graph as a file declares it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GraphFile {
    /// Name of the graph ([`crate::check_graph_name`]).
    pub name: String,
    /// What it does, for people.
    pub description: Option<String>,
    /// Parameters by their names.
    pub parameters: IndexMap<String, Parameter>,
    /// Packages whose processors it uses.
    pub packages: Vec<PackageSource>,
    /// Settings of the whole graph.
    pub settings: Settings,
    /// Processors by their ids ([`crate::check_identifier`]).
    pub processors: IndexMap<String, ProcessorEntry>,
    /// Links, in the order of the file, which is the order of lanes.
    pub links: Vec<LinkEntry>,
}

/// A value that the command line can set; `${name}` stands for it in config strings.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parameter {
    /// Value when it is not set: text, a number or a boolean. Without one it must be set.
    pub default: Option<Value>,
    /// What it means, for people.
    pub description: Option<String>,
    /// The declared type of its values.
    pub value_type: Option<ParameterType>,
}

word_enum! {
    /// Type of a parameter.
    pub enum ParameterType {
        /// Any text.
        String = "string",
        /// A 64-bit whole number.
        Integer = "integer",
        /// Any finite number.
        Number = "number",
        /// `true` or `false`.
        Boolean = "boolean",
    }
}

/// Settings of the whole graph. An absent one has the engine's default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// How long `stop` waits for frames under way before it cuts.
    pub drain_timeout: Option<Duration>,
    /// Most memory that frames and queues of the graph may take.
    pub memory_budget_bytes: Option<u64>,
}

/// A processor of the graph.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ProcessorEntry {
    /// Name of its type ([`crate::check_type_name`]).
    pub type_name: String,
    /// Its configuration, with `${parameter}` references unresolved.
    pub config: Map,
    /// Where it runs; by its declared needs when absent.
    pub scheduling: Option<Scheduling>,
    /// When it is started again after a failure.
    pub restart: Option<Restart>,
    /// How long one call may take before it counts as stuck.
    pub process_limit: Option<Duration>,
    /// Notes of editors.
    pub annotations: Annotations,
}

/// Where a processor runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheduling {
    /// What kind of place.
    pub strategy: Strategy,
    /// Priority of the thread; only with [`Strategy::Dedicated`].
    pub priority: Option<Priority>,
    /// Name of the thread, an identifier; only with [`Strategy::Dedicated`].
    pub name: Option<String>,
}

impl From<Strategy> for Scheduling {
    fn from(strategy: Strategy) -> Self {
        Self { strategy, priority: None, name: None }
    }
}

word_enum! {
    /// What kind of place a processor runs in.
    pub enum Strategy {
        /// A thread of its own.
        Dedicated = "dedicated",
        /// The work-stealing pool.
        Pool = "pool",
        /// The thread that waits for the graph.
        MainThread = "main_thread",
        /// Inline in whatever produces its input.
        Lightweight = "lightweight",
    }
}

word_enum! {
    /// Priority of a dedicated thread.
    pub enum Priority {
        /// Real-time, for audio.
        RealTime = "real_time",
        /// Above normal.
        High = "high",
        /// Normal.
        Normal = "normal",
        /// Below everything else.
        Background = "background",
    }
}

/// When a processor is started again after a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restart {
    /// In which cases.
    pub policy: RestartPolicy,
    /// Wait before the first restart; it doubles from one to the next. Not with
    /// [`RestartPolicy::Never`].
    pub backoff: Option<Duration>,
    /// Most restarts, at least 1, before the failure is final. Not with
    /// [`RestartPolicy::Never`].
    pub limit: Option<u32>,
}

impl From<RestartPolicy> for Restart {
    fn from(policy: RestartPolicy) -> Self {
        Self { policy, backoff: None, limit: None }
    }
}

word_enum! {
    /// In which cases a processor is started again.
    pub enum RestartPolicy {
        /// Never: a failure is final.
        Never = "never",
        /// After an error or a panic.
        OnFailure = "on_failure",
        /// Whenever it has stopped by itself.
        Always = "always",
    }
}

/// A link of the graph. An absent policy is the one that the input port declares.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkEntry {
    /// The output.
    pub from: Endpoint,
    /// The input.
    pub to: Endpoint,
    /// How frames are delivered.
    pub delivery: Option<Delivery>,
    /// Most frames that wait in the link, 1 to [`LINK_DEPTH_MAX`]. Not with
    /// [`Delivery::Latest`].
    pub depth: Option<u16>,
    /// Frames older than this are dropped and counted.
    pub max_age: Option<Duration>,
    /// Lane of an input that takes several links; by order in the file when absent.
    pub lane: Option<u16>,
    /// Whether a format converter may be put into the link; absent means yes.
    pub convert: Option<bool>,
    /// Whether the link closes a cycle; its delivery is then `latest`.
    pub feedback: bool,
    /// Notes of editors.
    pub annotations: Annotations,
}

impl LinkEntry {
    /// A link with every policy left to its input port.
    #[must_use]
    pub fn new(from: Endpoint, to: Endpoint) -> Self {
        Self {
            from,
            to,
            delivery: None,
            depth: None,
            max_age: None,
            lane: None,
            convert: None,
            feedback: false,
            annotations: Annotations::default(),
        }
    }
}

/// Reads the short form, `from.port -> to.port`.
impl FromStr for LinkEntry {
    type Err = ManifestError;

    fn from_str(text: &str) -> Result<Self, ManifestError> {
        let (from, to) = text
            .split_once("->")
            .ok_or_else(|| ManifestError::InvalidLink { text: excerpt(text) })?;
        Ok(Self::new(from.trim().parse()?, to.trim().parse()?))
    }
}

/// One end of a link. Displays and parses as `processor.port`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endpoint {
    /// Id of the processor.
    pub processor: String,
    /// Name of its port.
    pub port: String,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.processor, self.port)
    }
}

impl FromStr for Endpoint {
    type Err = ManifestError;

    fn from_str(text: &str) -> Result<Self, ManifestError> {
        let invalid = || ManifestError::InvalidEndpoint { text: excerpt(text) };
        let (processor, port) = text.split_once('.').ok_or_else(invalid)?;
        if check_identifier(processor).is_err() || check_identifier(port).is_err() {
            return Err(invalid());
        }
        Ok(Self { processor: processor.to_owned(), port: port.to_owned() })
    }
}

word_enum! {
    /// How a link delivers frames.
    pub enum Delivery {
        /// The newest frame wins.
        Latest = "latest",
        /// Bounded; the oldest frame is dropped when it is full.
        EverySample = "every_sample",
        /// Bounded; back-pressure when it is full.
        Lossless = "lossless",
    }
}

/// Notes of editors, saved with the graph and without effect on it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Annotations {
    /// Place in a drawing, as x and y; finite.
    pub position: Option<[f64; 2]>,
    /// A note, for people.
    pub note: Option<String>,
}
