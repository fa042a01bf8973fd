//! A processor as it runs: instance, ports, state. Never moves while it exists.
//!
//! | part | who may touch it |
//! |---|---|
//! | `body`, `inputs`, `outputs` | the holder of the strand's RUN bit |
//! | `state`, `stats` | written by that holder, read by anyone |
//! | `strand` | written by a plan that holds both strands, read by anyone |

use std::ptr::NonNull;
use std::sync::atomic::{
    AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering::AcqRel, Ordering::Acquire,
    Ordering::Relaxed,
};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use arc_swap::ArcSwapOption;
use streamlib_abi::port::EndCause;
use streamlib_processor::BoxedProcessor;
use streamlib_schema::{ProcessExecution, ProcessorDescriptor};

use super::armed::Armed;
use super::env::GraphEnv;
use super::pace::Pace;
use super::relay::Relay;
use super::stats::ProcessorStats;
use super::strand::Strand;
use crate::ids::ProcessorId;
use crate::link_channel::input::{InputCell, Lane};
use crate::link_channel::output::{OutputCell, OutputContext, OutputCounters};
use crate::link_channel::trigger::TriggerRule;
use crate::pubsub::events::{EventKind, ProcessorEvent, ProcessorState};
use crate::sync::Exclusive;

const STATES: [ProcessorState; 8] = [
    ProcessorState::Idle,
    ProcessorState::Running,
    ProcessorState::Paused,
    ProcessorState::Stuck,
    ProcessorState::Ending,
    ProcessorState::Ended,
    ProcessorState::Error,
    ProcessorState::Stopped,
];

/// Where a processor is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Not started: called never.
    Created,
    /// Called when ready.
    Running,
    /// Its inputs have ended, or it is stopped: sends what it held back.
    Ending(EndCause),
    /// It failed or ended and a new instance is to come: nothing is called, and what comes in
    /// waits.
    AwaitingRestart,
    /// Its outputs have ended. What still comes in is discarded, counted.
    Ended,
}

/// What only the holder of the RUN bit sees.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) instance: Option<BoxedProcessor>,
    pub(crate) rule: TriggerRule,
    pub(crate) execution: ProcessExecution,
    pub(crate) phase: Phase,
    /// Paused by itself, not with the graph.
    pub(crate) paused: bool,
    /// It said that it has more to give.
    pub(crate) again: bool,
    /// Not before this stream time, ns.
    pub(crate) wake_at_ns: Option<i64>,
    /// When the next call of a continuous processor with an interval is due, stream time, ns.
    pub(crate) next_due_ns: i64,
    /// Calls that somebody asked for by hand.
    pub(crate) manual_calls: u32,
    /// How long its calls take.
    pub(crate) pace: Pace,
}

impl Body {
    /// True if nothing but a frame decides whether the processor is called, and calls are short.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        self.phase == Phase::Running
            && self.execution == ProcessExecution::Reactive
            && self.rule == TriggerRule::Any
            && !self.paused
            && !self.again
            && self.wake_at_ns.is_none()
            && self.instance.is_some()
            && !self.pace.is_long()
    }
}

/// See the module. What a call needs whose frame comes by hand comes first, in one cache line.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct ProcessorCell {
    relay: Exclusive<Relay>,
    /// Whether frames may come by hand: there is nothing unusual about the processor and its links.
    pub(crate) armed: Armed,
    pub(crate) stats: ProcessorStats,
    pub(crate) id: ProcessorId,
    pub(crate) descriptor: Arc<ProcessorDescriptor>,
    pub(crate) env: Arc<GraphEnv>,
    /// When it was made, monotonic, ns.
    pub(crate) made_ns: u64,
    strand: ArcSwapOption<Strand>,
    state: AtomicU8,
    /// Where it stands in its strand.
    position: AtomicU32,
    /// The counters of its outputs, once it has taken over those of the one before.
    counters: OnceLock<Box<[Arc<OutputCounters>]>>,
    /// True while somebody observes it.
    observed: AtomicBool,
    /// False for a processor that only inline producers make ready: those list it themselves.
    on_boundary: AtomicBool,
    failure: Mutex<Option<String>>,
    /// True if a new instance comes when this one fails.
    pub(crate) restarts: AtomicBool,
    /// True if a new instance comes also when this one has no more to give.
    pub(crate) restarts_always: AtomicBool,
    /// True once it failed or ended and a new instance is to come.
    pub(crate) awaits_restart: AtomicBool,
    /// True while it stands in the count of processors that may still do something.
    counted_active: AtomicBool,
    /// How long what it sends will be in all, ns; the largest number if it did not say.
    length_ns: AtomicU64,
    body: Exclusive<Body>,
    inputs: Ports<InputCell>,
    outputs: Ports<OutputCell>,
}

/// Ports at fixed addresses. Views of ports keep pointers into it, so every access goes through
/// the one pointer that those come from.
#[derive(Debug)]
struct Ports<T>(NonNull<[T]>);

// SAFETY: access is by the holder of the RUN bit only.
unsafe impl<T: Send> Send for Ports<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Ports<T> {}

impl<T> Ports<T> {
    fn new(ports: Vec<T>) -> Self {
        Self(NonNull::from(Box::leak(ports.into_boxed_slice())))
    }

    fn pointers(&self) -> impl Iterator<Item = *mut T> {
        let first = self.0.as_ptr().cast::<T>();
        // SAFETY: positions within the slice.
        (0..self.0.len()).map(move |index| unsafe { first.add(index) })
    }
}

impl<T> Drop for Ports<T> {
    fn drop(&mut self) {
        // SAFETY: the slice came from a box, and the processor with its views is gone.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

impl ProcessorCell {
    /// A processor that was created but not bound, set up or started.
    pub(crate) fn new(
        id: ProcessorId,
        descriptor: Arc<ProcessorDescriptor>,
        instance: BoxedProcessor,
        origin: u64,
        env: Arc<GraphEnv>,
    ) -> Arc<Self> {
        let made_ns = env.clock.monotonic_ns();
        let is_observed = env.observed.is_observed(&id);
        Arc::new_cyclic(|weak: &Weak<Self>| {
            let inputs: Vec<InputCell> = descriptor
                .inputs
                .iter()
                .map(|port| {
                    let lanes = if port.many { Vec::new() } else { vec![Lane::default()] };
                    InputCell::new(port.name.as_str().into(), lanes, port.holds)
                })
                .collect();
            let context = OutputContext {
                formats: Arc::clone(&env.formats),
                budget: Arc::clone(&env.budget),
                owner: Weak::clone(weak),
                origin,
            };
            let outputs = descriptor
                .outputs
                .iter()
                .map(|port| {
                    let limit = port.max_per_call.max(1);
                    OutputCell::new(port.name.as_str().into(), limit, context.clone())
                })
                .collect();
            let body = Body {
                instance: Some(instance),
                rule: TriggerRule::new(&descriptor.trigger, &inputs),
                execution: descriptor.execution,
                phase: Phase::Created,
                paused: false,
                again: false,
                wake_at_ns: None,
                next_due_ns: 0,
                manual_calls: 0,
                pace: Pace::default(),
            };
            Self {
                id,
                descriptor: Arc::clone(&descriptor),
                env,
                stats: ProcessorStats::default(),
                made_ns,
                strand: ArcSwapOption::empty(),
                state: AtomicU8::new(0),
                position: AtomicU32::new(0),
                counters: OnceLock::new(),
                observed: AtomicBool::new(is_observed),
                on_boundary: AtomicBool::new(true),
                failure: Mutex::new(None),
                restarts: AtomicBool::new(false),
                restarts_always: AtomicBool::new(false),
                awaits_restart: AtomicBool::new(false),
                counted_active: AtomicBool::new(false),
                length_ns: AtomicU64::new(u64::MAX),
                armed: Armed::new(),
                relay: Exclusive::new(Relay::default()),
                body: Exclusive::new(body),
                inputs: Ports::new(inputs),
                outputs: Ports::new(outputs),
            }
        })
    }

    /// Something happened to this processor: whoever runs it is to look.
    #[inline]
    pub(crate) fn wake(&self) {
        loop {
            let strand = self.strand.load();
            let Some(strand) = &*strand else { return };
            if !self.on_boundary.load(Relaxed) {
                strand.look_everywhere();
            }
            if strand.wake() {
                return;
            }
        }
    }

    /// True if something outside of its strand can make it ready.
    #[inline]
    pub(crate) fn is_on_boundary(&self) -> bool {
        self.on_boundary.load(Relaxed)
    }

    pub(crate) fn set_on_boundary(&self, on_boundary: bool) {
        self.on_boundary.store(on_boundary, Relaxed);
    }

    /// The strand it runs in; none before it is started and after it was removed.
    pub(crate) fn strand(&self) -> Option<Arc<Strand>> {
        self.strand.load_full()
    }

    /// Where the strand is that it runs in.
    pub(crate) fn strand_address(&self) -> Option<usize> {
        self.strand.load().as_ref().map(|strand| Arc::as_ptr(strand) as usize)
    }

    /// True if it runs in this strand.
    pub(crate) fn is_in(&self, strand: &Arc<Strand>) -> bool {
        self.strand.load().as_ref().is_some_and(|own| Arc::ptr_eq(own, strand))
    }

    /// For a plan that holds the old strand and the new one.
    pub(crate) fn set_strand(&self, strand: Option<Arc<Strand>>) -> Option<Arc<Strand>> {
        self.strand.swap(strand)
    }

    /// Where it stands in its strand.
    pub(crate) fn position(&self) -> u32 {
        self.position.load(Relaxed)
    }

    /// For a plan that holds the strand.
    pub(crate) fn set_position(&self, position: u32) {
        self.position.store(position, Relaxed);
    }

    /// The counters of its outputs, in the order of its descriptor; none before it is installed.
    pub(crate) fn counters(&self) -> &[Arc<OutputCounters>] {
        self.counters.get().map_or(&[], |counters| counters)
    }

    /// From now on anyone may read the counters of its outputs.
    pub(crate) fn publish_counters(&self, counters: Box<[Arc<OutputCounters>]>) {
        self.counters.get_or_init(|| counters);
    }

    /// What it is doing.
    pub(crate) fn state(&self) -> ProcessorState {
        STATES[usize::from(self.state.load(Acquire)) % STATES.len()]
    }

    /// True if it is in a call over its limit: who needs it does not wait for that again.
    pub(crate) fn is_stuck(&self) -> bool {
        self.state() == ProcessorState::Stuck
    }

    /// Says what it is doing; an event tells of the change.
    pub(crate) fn set_state(&self, new: ProcessorState) {
        let number = STATES.iter().position(|state| *state == new).unwrap_or(0);
        let old = self.state.swap(number as u8, AcqRel);
        let old = STATES[usize::from(old) % STATES.len()];
        if old != new {
            self.publish(ProcessorEvent::StateChanged { old, new });
        }
    }

    /// As [`Self::set_state`], if it is doing `old` now.
    pub(crate) fn change_state(&self, old: ProcessorState, new: ProcessorState) {
        let number = |state| STATES.iter().position(|known| *known == state).unwrap_or(0) as u8;
        let changed = self.state.compare_exchange(number(old), number(new), AcqRel, Relaxed);
        if changed.is_ok() {
            self.publish(ProcessorEvent::StateChanged { old, new });
        }
    }

    /// Publishes what happened to this processor.
    pub(crate) fn publish(&self, event: ProcessorEvent) {
        let kind = EventKind::Processor { processor: self.id.clone(), event };
        self.env.publish(kind);
    }

    /// Whether it stands in the count of processors that may still do something; gives back
    /// whether it did. Whoever changes that changes the count.
    pub(crate) fn set_counted_active(&self, active: bool) -> bool {
        self.counted_active.swap(active, AcqRel)
    }

    /// True while somebody wants to know of each measured call.
    pub(crate) fn is_observed(&self) -> bool {
        self.observed.load(Relaxed)
    }

    pub(crate) fn set_observed(&self, observed: bool) {
        self.observed.store(observed, Relaxed);
        self.armed.disarm_from_outside();
    }

    /// How long what it sends will be in all, stream time, ns, if it said so when it was set up.
    pub(crate) fn length_ns(&self) -> Option<u64> {
        Some(self.length_ns.load(Relaxed)).filter(|length_ns| *length_ns < u64::MAX)
    }

    pub(crate) fn set_length_ns(&self, length_ns: Option<u64>) {
        self.length_ns.store(length_ns.unwrap_or(u64::MAX), Relaxed);
    }

    /// What it said when it failed last.
    pub(crate) fn failure(&self) -> Option<String> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_failure(&self, message: Option<String>) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = message;
    }

    /// # Safety
    /// The caller owns the strand, or the processor is in none; no other borrow of the body lives.
    #[expect(clippy::mut_from_ref, reason = "exclusive by the strand's RUN bit")]
    #[inline]
    pub(crate) unsafe fn body(&self) -> &mut Body {
        // SAFETY: by the caller.
        unsafe { &mut *self.body.pointer() }
    }

    /// What a call needs whose frame comes by hand. For the holder of the RUN bit.
    #[inline(always)]
    pub(super) fn relay(&self) -> *mut Relay {
        self.relay.pointer()
    }

    /// # Safety
    /// As [`Self::body`], and no method of the processor is running.
    #[expect(clippy::mut_from_ref, reason = "exclusive by the strand's RUN bit")]
    #[inline]
    pub(crate) unsafe fn inputs(&self) -> &mut [InputCell] {
        // SAFETY: by the caller.
        unsafe { &mut *self.inputs.0.as_ptr() }
    }

    /// # Safety
    /// As [`Self::inputs`].
    #[expect(clippy::mut_from_ref, reason = "exclusive by the strand's RUN bit")]
    #[inline]
    pub(crate) unsafe fn outputs(&self) -> &mut [OutputCell] {
        // SAFETY: by the caller.
        unsafe { &mut *self.outputs.0.as_ptr() }
    }

    /// The ports know their places in `strand`, in which the processor is.
    ///
    /// # Safety
    /// As [`Self::inputs`], and all members of the strand know their positions.
    pub(crate) unsafe fn settle_ports(&self, strand: &Arc<Strand>) {
        // SAFETY: by the caller.
        for output in unsafe { self.outputs() } {
            output.work = strand.work_list();
            for link in &mut output.links {
                link.inline_index = link.shared.target_in(strand);
            }
        }
        // SAFETY: by the caller.
        let inputs = unsafe { self.inputs() };
        inputs.iter_mut().for_each(|input| input.work = strand.work_list());
        for lane in inputs.iter_mut().flat_map(|input| &mut input.lanes) {
            if let Some(link) = &lane.link {
                lane.producer_index = link.shared.source_in(strand);
            }
        }
    }

    /// Binds the ports of the instance.
    ///
    /// # Safety
    /// As [`Self::inputs`].
    pub(crate) unsafe fn bind(&self) {
        let inputs: Vec<_> = self.inputs.pointers().map(InputCell::port).collect();
        let outputs: Vec<_> = self.outputs.pointers().map(OutputCell::port).collect();
        // SAFETY: by the caller.
        if let Some(instance) = &mut unsafe { self.body() }.instance {
            instance.bind(&inputs, &outputs);
        }
    }
}
