//! The transport's service of a port, and the runtime's handle to it.

use std::sync::Arc;

use iceoryx2::prelude::{PortFactory as _, ZeroCopySend};
use iceoryx2::sample::Sample;
use iceoryx2::sample_mut::SampleMut;
use iceoryx2::service::port_factory::publish_subscribe::PortFactory;
use streamlib_abi::Envelope;
use streamlib_abi::block::BLOCK_ALIGNMENT;

use super::page::{Page, Revoked, SeatCounters};
use super::plan::PortPlan;
use crate::credit::SeatState;
use crate::node::Service;
use crate::{IpcError, Node};

/// The envelope as it travels. Its `reserved` field carries the lowest 32 bits of the frame's
/// number at the port meanwhile.
#[derive(Debug, Clone, Copy, Default)]
#[repr(transparent)]
pub(crate) struct WireEnvelope(pub(crate) Envelope);

// SAFETY: `repr(C)` all the way down, 64 bytes of integers, no pointers.
unsafe impl ZeroCopySend for WireEnvelope {
    // SAFETY: the name stands for the layout that `streamlib-abi` asserts.
    unsafe fn type_name() -> &'static str {
        "streamlib.envelope.1"
    }
}

/// 64 bytes of a block. Blocks travel as slices of these: a slice of bytes that is aligned to 64
/// would get a place of 64 bytes for each byte.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct Line([u8; BLOCK_ALIGNMENT]);

const _: () = assert!(size_of::<Line>() == BLOCK_ALIGNMENT);

// SAFETY: bytes, `repr(C)`, no pointers.
unsafe impl ZeroCopySend for Line {
    // SAFETY: the name stands for the layout above.
    unsafe fn type_name() -> &'static str {
        "streamlib.block.1"
    }
}

/// How many lines a block of `bytes` bytes has.
pub(crate) fn lines(bytes: u64) -> usize {
    usize::try_from(bytes.div_ceil(BLOCK_ALIGNMENT as u64)).unwrap_or(usize::MAX)
}

pub(crate) type Factory = PortFactory<Service, [Line], WireEnvelope>;
pub(crate) type SentSlot = SampleMut<Service, [Line], WireEnvelope>;
pub(crate) type ReceivedSlot = Sample<Service, [Line], WireEnvelope>;

/// What writer, readers and runtime share of one generation of a port.
#[derive(Debug)]
pub(crate) struct Opened {
    // The service goes before the node that it is part of.
    pub(crate) factory: Factory,
    pub(crate) page: Page,
    pub(crate) node: Node,
}

impl Opened {
    pub(crate) fn open(node: &Node, port: &str, generation: u32) -> Result<Arc<Self>, IpcError> {
        crate::error::check_name("port", port)?;
        let path = node.file(&Page::file_name(port, generation));
        let page = Page::open(&path, port, generation)?;
        Self::with(node, page)
    }

    fn with(node: &Node, page: Page) -> Result<Arc<Self>, IpcError> {
        let plan = page.plan();
        let most = |of: fn(&super::plan::SeatPlan) -> u32| {
            plan.seats.iter().map(of).max().unwrap_or(1) as usize
        };
        let name = node.service_name(&Page::file_name(&plan.port, plan.generation))?;
        let open = || {
            node.transport()
                .service_builder(&name)
                .publish_subscribe::<[Line]>()
                .user_header::<WireEnvelope>()
                .enable_safe_overflow(true)
                .history_size(0)
                .max_publishers(1)
                .max_subscribers(plan.seats.len())
                .subscriber_max_buffer_size(most(|seat| seat.depth))
                .subscriber_max_borrowed_samples(most(|seat| seat.held) + 1)
                // Each end may be a process of its own, the runtime is one more, and until it is
                // reclaimed a dead one counts too.
                .max_nodes(2 * plan.seats.len() + 8)
                .open_or_create()
        };
        let factory = node.make(open);
        let factory =
            factory.map_err(|error| IpcError::transport("open port", &plan.port, error))?;
        Ok(Arc::new(Self { factory, page, node: node.clone() }))
    }
}

/// A port as its runtime sees it. While it lives, writer and readers can open the port by its name
/// and generation, from any process that joined the runtime. Any thread may use it.
#[derive(Debug)]
pub struct Port {
    opened: Arc<Opened>,
}

impl Port {
    /// Makes the port that `plan` describes. Only the host of a runtime makes ports.
    pub fn create(node: &Node, plan: PortPlan) -> Result<Self, IpcError> {
        plan.check()?;
        let port = plan.port.clone();
        let failed = |what: &str| IpcError::Plan { port: port.clone(), what: what.to_owned() };
        if !node.is_host() {
            return Err(failed("this node joined its runtime; the host makes ports"));
        }
        // Asked for now and not found out by touching it: that would take it from all others first.
        let bytes = plan.memory_bytes();
        if node.free_bytes().is_ok_and(|free| bytes > free) {
            return Err(IpcError::NoMemory { port: plan.port, bytes });
        }
        let path = node.file(&Page::file_name(&plan.port, plan.generation));
        if path.exists() {
            return Err(failed("this generation of it exists already; take the next"));
        }
        let page = Page::create(&path, plan)?;
        let opened = Opened::with(node, page).inspect_err(|_| drop(std::fs::remove_file(&path)))?;
        Ok(Self { opened })
    }

    /// Makes the next generation of this port after `plan`, beside this one. The writer opens it
    /// before it sends again, the readers follow with [`crate::PortReader::follow`], and then this
    /// one may go.
    pub fn next_generation(&self, mut plan: PortPlan) -> Result<Self, IpcError> {
        plan.generation = self.plan().generation + 1;
        Self::create(&self.opened.node, plan)
    }

    /// What the port was made after.
    pub fn plan(&self) -> &PortPlan {
        self.opened.page.plan()
    }

    /// Who sits on seat `seat`; `None` if there is no such seat.
    pub fn state(&self, seat: usize) -> Option<SeatState> {
        self.has(seat).then(|| self.opened.page.seat(seat).credit.state())
    }

    /// The counters of seat `seat`; `None` if there is no such seat.
    pub fn counters(&self, seat: usize) -> Option<SeatCounters> {
        self.has(seat).then(|| self.opened.page.seat(seat).counters())
    }

    /// Takes seat `seat` away from its reader, at once: the writer does not wait for it any more,
    /// and it delivers nothing more. Answers how many frames were in flight. The caller rings the
    /// writer's bell. After a death, call this when the process is gone: then the counters are
    /// settled too.
    pub fn revoke(&self, seat: usize, why: Revoked) -> u64 {
        if !self.has(seat) {
            return 0;
        }
        let seat = self.opened.page.seat(seat);
        let in_flight = seat.revoke(why, None);
        if why == Revoked::PeerDied {
            seat.settle();
        }
        in_flight
    }

    /// Puts right what a writer that died had begun to count. Call it when the process is gone and
    /// before another writer opens the port.
    pub fn writer_died(&self) {
        // What cannot be cleaned now is when the next writer opens the port.
        drop(self.opened.node.reclaim());
        self.opened.page.seats().for_each(super::page::Seat::settle);
    }

    /// How many readers the transport knows. Dead ones count until [`Node::reclaim`].
    pub fn readers(&self) -> usize {
        self.opened.factory.dynamic_config().number_of_subscribers()
    }

    fn has(&self, seat: usize) -> bool {
        seat < self.plan().seats.len()
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        let plan = self.plan();
        let name = Page::file_name(&plan.port, plan.generation);
        // What has the page open goes on; nobody else finds it any more.
        drop(std::fs::remove_file(self.opened.node.file(&name)));
    }
}
