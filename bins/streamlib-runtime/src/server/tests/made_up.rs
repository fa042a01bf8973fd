//! A graph that answers and does nothing.

use std::sync::{Arc, Mutex};

use streamlib_protocol::{
    Change, ErrorBody, ErrorCode, GraphState, Health, Inspect, ProcessorTypes, Progress, Snapshot,
    TransactionReply, TransactionRequest,
};

use crate::hosted::HostedGraph;

pub(crate) struct MadeUp(Mutex<GraphState>);

impl MadeUp {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(GraphState::Running)))
    }

    fn become_(&self, state: GraphState) {
        *self.0.lock().unwrap() = state;
    }
}

impl HostedGraph for MadeUp {
    fn state(&self) -> GraphState {
        *self.0.lock().unwrap()
    }

    fn uptime_ns(&self) -> u64 {
        5
    }

    fn types(&self) -> ProcessorTypes {
        ProcessorTypes { processors: Vec::new() }
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot { name: "made-up".to_owned(), revision: 3, ..Snapshot::default() }
    }

    fn inspect(&self) -> Inspect {
        Inspect {
            name: "made-up".to_owned(),
            revision: 3,
            state: self.state(),
            uptime_ns: 5,
            processors: Vec::new(),
            links: Vec::new(),
            pools: Vec::new(),
            health: Health::default(),
        }
    }

    fn progress(&self) -> Progress {
        let state = self.state();
        Progress { state, uptime_ns: 5, position: None, sinks: Vec::new(), dropped: 0 }
    }

    fn transaction(&self, request: TransactionRequest) -> Result<TransactionReply, ErrorBody> {
        let Change::Remove { processor } = &request.changes[0] else {
            return Err(ErrorBody::new(ErrorCode::InvalidGraph, "only removals here"));
        };
        let plan = vec![format!("remove {processor}")];
        Ok(TransactionReply { revision: 3, committed: !request.dry_run, plan, warnings: vec![] })
    }

    fn undo(&self) -> Result<TransactionReply, ErrorBody> {
        Err(ErrorBody::new(ErrorCode::WrongState, "there is nothing to undo"))
    }

    fn pause(&self) -> Result<(), ErrorBody> {
        self.become_(GraphState::Paused);
        Ok(())
    }

    fn resume(&self) -> Result<(), ErrorBody> {
        self.become_(GraphState::Running);
        Ok(())
    }

    fn request_stop(&self) {
        self.become_(GraphState::Stopping);
    }

    fn cut(&self) {
        self.become_(GraphState::Ended);
    }
}
