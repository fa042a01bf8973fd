//! Links: how frames get from an output to the inputs that are connected to it.
//!
//! | module | concept |
//! |---|---|
//! | `plan` | what is decided about a link |
//! | `carrier`, `slot` | the queues, one for each way data can be wanted |
//! | `link` | a link's two ends, its signals, and how each end wakes the other |
//! | `waiting` | a producer that waits for room |
//! | `input`, `output` | the ports, and the C tables behind them |
//! | `by_hand` | frames that an input is given without a queue |
//! | `lease` | which frames a processor holds |
//! | `trigger` | which frames make one call |
//! | `pool` | recycled buffers of an output |
//! | `tap` | observers of a link |
//! | `counters` | what is counted, always |
//! | `format_registry` | numbers for formats |

pub(crate) mod by_hand;
pub(crate) mod carrier;
pub(crate) mod counters;
pub(crate) mod format_registry;
pub(crate) mod input;
pub(crate) mod lease;
pub(crate) mod link;
pub(crate) mod output;
mod plan;
pub(crate) mod pool;
pub(crate) mod slot;
pub(crate) mod tap;
pub(crate) mod trigger;
pub(crate) mod waiting;

pub use counters::{DropReason, LinkCounts};
pub use plan::{Carrier, LinkKey, LinkPlan};
pub use pool::PoolState;
