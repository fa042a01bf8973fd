//! Events: what happens to a runtime, its graph, processors and links, for whoever wants to know.
//!
//! Guarantees: publishing never waits and takes no lock; a subscription gets every event that is
//! published after `subscribe` returned and fits its filter, except those that its own bounded
//! queue had no room for, which are counted. Not offered: history, and a transport to other
//! processes. Nothing in the engine acts on events: they tell, they do not command.

mod bus;
pub mod events;
mod topic;

pub use bus::{EventBus, Subscription};
pub use events::{Event, EventKind};
pub use topic::{BadFilter, TopicFilter};
