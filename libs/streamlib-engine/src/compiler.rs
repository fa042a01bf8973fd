//! From what is wanted to what runs: [`blueprint()`] decides, [`plan()`] says what to do, and the
//! phases do it.
//!
//! Deciding and planning are pure: a snapshot and the delegates go in, values come out, and
//! nothing runs. The same plan is what a dry run shows.

pub mod blueprint;
mod error;
pub(crate) mod installation;
pub(crate) mod phases;
mod plan;
mod planner;

pub use blueprint::{Blueprint, Carrier, LinkKey, LinkPlan, ProcessorPlan, StrandPlan};
pub use error::PlanError;
pub use plan::{Plan, Step, plan};
pub(crate) use planner::{Adaptation, adapt};
pub use planner::{blueprint, revise};
