//! Looking into a graph, whether it runs or not, without stopping it.
//!
//! | module | concept |
//! |---|---|
//! | `snapshot` | what is seen: plain values, ready to be written as JSON |
//! | `inspector` | who looks |
//! | `read` | how a processor and a link are read |
//! | `health` | what is wrong or slow |
//! | `rate` | frames a second |
//! | `observer` | who is told what happens, and who is given frames |
//! | `perception`, `actions` | what an agent sees and does |
//! | `sample` | pictures and sound taken from a running graph |
//! | `taps` | how observers follow the graph through its changes |
//!
//! Guarantees: nothing here takes a lock that the frame path takes, and nothing waits for a
//! processor. Every count is exact: each is written by one thread at a time and never sampled. Not
//! offered: one moment for everything. Counters are read one after the other while the graph runs,
//! so `sent` may be ahead of what is counted behind it by what happened meanwhile; at rest
//! `sent = delivered + dropped + flushed + lost + in_flight` on every link. Times of calls are
//! sampled and say so (`latency.samples`). The counters of a graph that has stopped stay readable
//! until it is started again.

mod actions;
mod health;
mod inspector;
mod observer;
mod perception;
mod rate;
mod read;
mod sample;
mod snapshot;
mod taps;

pub use actions::AgentActions;
pub use inspector::GraphInspector;
pub(crate) use inspector::last_run;
pub use observer::{LinkTap, ObserverHandle, TappedFrame};
pub use perception::{AgentPerception, EventStream, ProcessorStatus};
pub use sample::{
    ImageEncoder, ImageFormat, SampleConfig, SampleEncoder, SampleError, SampleMode, SampleSource,
    SampledAudio, SampledFrame,
};
pub use snapshot::{
    GraphHealth, GraphTopology, Inspection, LinkSnapshot, OutputSnapshot, ProcessorSnapshot,
    TopologyLink, TopologyProcessor, WaitsFor,
};
pub(crate) use taps::Observed;
