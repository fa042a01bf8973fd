//! What is installed: the processors, links and strands that run, by the names of the blueprint
//! that they follow. Only the compiler's phases change it, one commit at a time.

use std::sync::Arc;

use super::blueprint::{Blueprint, LinkKey};
use crate::execution::ProcessorCell;
use crate::execution::dedicated::DedicatedThread;
use crate::execution::env::GraphEnv;
use crate::execution::home::Home;
use crate::execution::pool::WorkerPool;
use crate::execution::strand::Strand;
use crate::ids::ProcessorId;
use crate::link_channel::link::LinkShared;
use crate::maps::SharedMap;

/// See the module.
#[derive(Debug)]
pub(crate) struct Installation {
    pub(crate) env: Arc<GraphEnv>,
    pub(crate) pool: Arc<WorkerPool>,
    /// What is installed follows this.
    pub(crate) blueprint: Blueprint,
    pub(crate) cells: SharedMap<ProcessorId, Arc<ProcessorCell>>,
    pub(crate) links: SharedMap<LinkKey, Arc<LinkShared>>,
    pub(crate) strands: SharedMap<ProcessorId, Arc<Strand>>,
    /// Numbers for the origin of buffers.
    pub(crate) next_origin: u64,
    /// Threads that did not come back from a call and were left behind.
    pub(crate) abandoned_threads: usize,
    /// Removed processors that did not come back from a call, until they do.
    pub(crate) left_behind: Vec<Arc<ProcessorCell>>,
    /// Threads that end when they come back from a call.
    pub(crate) left_threads: Vec<Arc<DedicatedThread>>,
}

impl Installation {
    pub(crate) fn new(env: Arc<GraphEnv>, pool: Arc<WorkerPool>) -> Self {
        Self {
            env,
            pool,
            blueprint: Blueprint::default(),
            cells: SharedMap::default(),
            links: SharedMap::default(),
            strands: SharedMap::default(),
            next_origin: 1,
            abandoned_threads: 0,
            left_behind: Vec::new(),
            left_threads: Vec::new(),
        }
    }

    /// What each thread that calls processors is doing.
    pub(crate) fn homes(&self) -> impl Iterator<Item = &Home> {
        self.strands.values().map(|strand| &strand.home)
    }
}
