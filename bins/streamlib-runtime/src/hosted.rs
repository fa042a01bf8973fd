//! The seam between the control plane and the engine: what the server asks of a graph.
//!
//! The server speaks the protocol's types only. [`crate::engine`] answers from the engine, and
//! the tests of the server from a graph that is made up.

use streamlib_protocol::{
    ErrorBody, GraphState, Inspect, ProcessorTypes, Progress, Snapshot, TransactionReply,
    TransactionRequest,
};

/// A graph as the control plane sees it. Calls may take as long as a commit takes, so they are
/// made on threads that may wait; only `request_stop` and `cut` return at once.
pub(crate) trait HostedGraph: Send + Sync + 'static {
    /// What the graph is doing.
    fn state(&self) -> GraphState;
    /// Time since it was started, ns; 0 before. Stands still after its end.
    fn uptime_ns(&self) -> u64;
    /// What it can be made of: what is built in and what its plugins offer.
    fn types(&self) -> ProcessorTypes;
    /// The graph as it is declared.
    fn snapshot(&self) -> Snapshot;
    /// Everything that is known of the running graph.
    fn inspect(&self) -> Inspect;
    /// How far it is.
    fn progress(&self) -> Progress;
    /// Plans and, unless it is a dry run, carries out changes.
    fn transaction(&self, request: TransactionRequest) -> Result<TransactionReply, ErrorBody>;
    /// Takes back the last transaction.
    fn undo(&self) -> Result<TransactionReply, ErrorBody>;
    /// Stops the graph's clock.
    fn pause(&self) -> Result<(), ErrorBody>;
    /// Lets the graph's clock run on.
    fn resume(&self) -> Result<(), ErrorBody>;
    /// Ends the sources and lets what is under way drain, without a limit. Called once.
    fn request_stop(&self);
    /// Cuts what is not drained yet. Called once, after `request_stop`.
    fn cut(&self);
}
