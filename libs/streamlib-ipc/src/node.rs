//! A process's part in a domain.
//!
//! A runtime *hosts* a node: it makes ports, and what it made goes with it. A child process
//! *joins* the runtime by its name, and opens what the runtime made. Handles are cheap to clone
//! and may be used from any thread; the node lives as long as one of them, or anything opened
//! through it.

use std::path::PathBuf;
use std::sync::Arc;

use iceoryx2::config::Config;
use iceoryx2::node::{NodeBuilder, NodeState, NodeView as _};
use iceoryx2::prelude::{
    CallbackProgression, FileName, Path as TransportPath, SemanticString, SignalHandlingMode,
};

use crate::domain::{Presence, Removed, RuntimeFolder};
use crate::sweep::{Making, Sweeping};
use crate::{Domain, IpcError, one_copy, sys};

/// The kind of service everything here is: between processes, usable from any thread.
pub(crate) type Service = iceoryx2::service::ipc_threadsafe::Service;

type TransportNode = iceoryx2::node::Node<Service>;

/// See the module.
#[derive(Debug, Clone)]
pub struct Node {
    inner: Arc<Inner>,
}

// Dropped in this order: the transport, then the runtime's folder, then the presence.
#[derive(Debug)]
struct Inner {
    transport: TransportNode,
    hosted: Option<RuntimeFolder>,
    presence: Presence,
    domain: Domain,
    folder: PathBuf,
    runtime: String,
}

impl Node {
    /// Starts the runtime `runtime` in `domain`. What programs that died left there is removed
    /// first.
    pub fn host(domain: &Domain, runtime: &str) -> Result<Self, IpcError> {
        one_copy::claim()?;
        let presence = Presence::enter(domain)?;
        let hosted = presence.claim_runtime(runtime)?;
        let folder = hosted.path.clone();
        Self::start(domain, runtime, presence, Some(hosted), folder)
    }

    /// Joins the runtime `runtime`, which another process (or another node of this one) hosts.
    pub fn join(domain: &Domain, runtime: &str) -> Result<Self, IpcError> {
        one_copy::claim()?;
        let presence = Presence::enter(domain)?;
        let folder = presence.runtime_folder(runtime)?;
        Self::start(domain, runtime, presence, None, folder)
    }

    fn start(
        domain: &Domain,
        runtime: &str,
        presence: Presence,
        hosted: Option<RuntimeFolder>,
        folder: PathBuf,
    ) -> Result<Self, IpcError> {
        let config = config(domain)?;
        let root = || domain.root();
        let making = Making::begin(domain)
            .map_err(|error| IpcError::system("lock", root().display(), error))?;
        let transport = NodeBuilder::new()
            .config(&config)
            // Signals are the program's.
            .signal_handling_mode(SignalHandlingMode::Disabled)
            .create::<Service>()
            .map_err(|error| IpcError::transport("start in", root().display(), error))?;
        let (domain, runtime) = (domain.clone(), runtime.to_owned());
        let inner = Inner { transport, hosted, presence, domain, folder, runtime };
        drop(making);
        let node = Self { inner: Arc::new(inner) };
        // A child that hangs at it would hold up everybody else.
        if node.is_host() {
            node.reclaim()?;
        }
        Ok(node)
    }

    /// The runtime that this node hosts or has joined.
    pub fn runtime(&self) -> &str {
        &self.inner.runtime
    }

    /// True if this node hosts its runtime.
    pub fn is_host(&self) -> bool {
        self.inner.hosted.is_some()
    }

    /// Files that dead programs had left in the domain and that this node removed when it started.
    pub fn found(&self) -> u64 {
        self.inner.presence.found
    }

    /// Takes processes that died out of all services, and removes what they and dead runtimes
    /// left. For whoever learns of a death: until then their seats and slots stay taken.
    /// Where another process makes something just then, that is for the next call.
    pub fn reclaim(&self) -> Result<Removed, IpcError> {
        self.clean()
            .map_err(|error| IpcError::system("clean", self.inner.domain.root().display(), error))
    }

    fn clean(&self) -> std::io::Result<Removed> {
        let domain = &self.inner.domain;
        let Some(sweeping) = Sweeping::try_begin(domain)? else {
            return Ok(Removed { failed: 1, ..Removed::default() });
        };
        // The transport waits for files without a size, so they go first. What it leaves behind
        // goes afterwards: a connection that it still works on, for example, whose ends are gone.
        let mut removed = Removed { files: sweeping.sweep(&self.dead())?, ..Removed::default() };
        let cleaned = self.inner.transport.try_cleanup_dead_nodes();
        (removed.processes, removed.failed) = (cleaned.cleanups, cleaned.failed_cleanups);
        removed.files += sweeping.sweep(&self.dead())? + domain.remove_dead_runtimes()?;
        Ok(removed)
    }

    /// The nodes of processes that died.
    fn dead(&self) -> Vec<String> {
        let mut dead = Vec::new();
        // Where they cannot be listed, they cannot be taken apart either.
        let _unlisted = TransportNode::list(self.inner.transport.config(), |state| {
            if let NodeState::Dead(node) = state {
                dead.push(node.id().value().to_string());
            }
            CallbackProgression::Continue
        })
        .is_err();
        dead
    }

    /// Makes something of the transport with `make`; if that fails, once more without the
    /// processes that died, which may be in the way.
    pub(crate) fn make<T, E>(&self, make: impl Fn() -> Result<T, E>) -> Result<T, E> {
        let attempt = || {
            // Without the lock only the cleaning after a death is less sure.
            let _making = Making::begin(&self.inner.domain).ok();
            make()
        };
        attempt().or_else(|_| {
            drop(self.clean());
            attempt()
        })
    }

    pub(crate) fn transport(&self) -> &TransportNode {
        &self.inner.transport
    }

    /// Where the shared pages of the runtime are.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.inner.folder.join(name)
    }

    /// The transport's name for something of this runtime.
    pub(crate) fn service_name(
        &self,
        name: &str,
    ) -> Result<iceoryx2::service::service_name::ServiceName, IpcError> {
        let full = format!("streamlib/{}/{name}", self.inner.runtime);
        iceoryx2::service::service_name::ServiceName::new(&full)
            .map_err(|error| IpcError::transport("name", full, error))
    }

    /// Bytes of shared memory that nobody has yet.
    pub(crate) fn free_bytes(&self) -> std::io::Result<u64> {
        sys::free_bytes(&self.inner.folder)
    }

    /// Gives this process the memory that the port `id` of the transport has, now.
    pub(crate) fn prefault(&self, id: u128, touch: sys::Touch) -> std::io::Result<()> {
        let config = &self.inner.transport.config().global;
        sys::prefault(&config.prefix.to_string(), &format!("_{id}.data"), touch)
    }
}

fn config(domain: &Domain) -> Result<Config, IpcError> {
    let root = domain.transport_root();
    let failed = |error| IpcError::transport("use", root.display(), error);
    let mut config = Config::default();
    let bytes = root.as_os_str().as_encoded_bytes();
    config.global.set_root_path(&TransportPath::new(bytes).map_err(failed)?);
    // We clean ourselves, where it is sure not to wait for what a dead process left half made.
    config.global.node.cleanup_dead_nodes_on_creation = false;
    config.global.node.cleanup_dead_nodes_on_destruction = false;
    config.global.service.cleanup_dead_nodes_on_open = false;
    config.global.prefix = FileName::new(domain.prefix().as_bytes()).map_err(failed)?;
    Ok(config)
}
