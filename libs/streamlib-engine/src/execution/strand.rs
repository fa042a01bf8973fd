//! A strand: what is scheduled. One processor, or several that always run on the same worker one
//! after the other.
//!
//! Whoever holds the strand's RUN bit owns its members, their ports and its work list. Members
//! leave a strand only by a plan, which holds the strand while it moves them, or has pinned the
//! call in which its owner is (see [`super::pin`]) and moves the others.

use std::sync::atomic::{AtomicBool, Ordering::AcqRel, Ordering::Relaxed, Ordering::Release};
use std::sync::{Arc, OnceLock};

use super::cell::ProcessorCell;
use super::env::GraphEnv;
use super::home::Home;
use super::relay::pass_on;
use super::run_word::{Notified, Released, RunWord};
use super::step::{Step, step};
use super::timer::Alarm;
use super::watch::CallWatch;
use super::work_list::WorkList;
use crate::link_channel::output::{lay_down, lay_down_for_good};
use crate::sync::Exclusive;

/// Calls in a row before a strand lets others run, if there are any.
const CALLS_IN_A_ROW: u32 = 256;

/// See the module.
#[derive(Debug)]
pub(crate) struct Strand {
    word: RunWord,
    /// Who runs it.
    pub(crate) home: Home,
    /// When it wants to be woken.
    pub(crate) alarm: Alarm,
    env: Arc<GraphEnv>,
    members: Vec<Arc<ProcessorCell>>,
    /// Positions of the members that something outside of the strand can make ready.
    boundary: Vec<u32>,
    /// True if something happened to a member that is not on the boundary.
    look_everywhere: AtomicBool,
    work: Exclusive<WorkList>,
    /// Where the processor is whose call went on while the strand was taken from its thread.
    successor: OnceLock<Arc<Strand>>,
}

/// How a thread leaves a strand that it ran.
enum Left<'a> {
    /// It owns the strand still; with `more` there is more to do.
    Owned { more: bool },
    /// The strand was taken while it was in a call; it owns this one, of the processor it called.
    Moved(&'a Arc<Strand>),
}

impl Strand {
    /// A strand that is owned by its maker until [`Self::release`].
    pub(crate) fn new_owned(
        env: Arc<GraphEnv>,
        home: Home,
        members: Vec<Arc<ProcessorCell>>,
        boundary: Vec<u32>,
    ) -> Arc<Self> {
        let work = Exclusive::new(WorkList::new(members.len()));
        let (word, alarm) = (RunWord::new_owned(), Alarm::new());
        let look_everywhere = AtomicBool::new(false);
        let successor = OnceLock::new();
        Arc::new(Self {
            word,
            home,
            alarm,
            env,
            members,
            boundary,
            look_everywhere,
            work,
            successor,
        })
    }

    /// The processors, producers before consumers.
    pub(crate) fn members(&self) -> &[Arc<ProcessorCell>] {
        &self.members
    }

    /// Where `processor` stands; `u32::MAX` for one that is not a member. For the owner, once
    /// all members know their places.
    pub(crate) fn position(self: &Arc<Self>, processor: &ProcessorCell) -> u32 {
        if processor.is_in(self) { processor.position() } else { u32::MAX }
    }

    /// True if something outside can make the member at `index` ready.
    pub(crate) fn is_boundary(&self, index: u32) -> bool {
        self.boundary.binary_search(&index).is_ok()
    }

    /// What its members share with all others of the graph.
    pub(crate) fn env(&self) -> &Arc<GraphEnv> {
        &self.env
    }

    /// The work list, for the ports of the members.
    pub(crate) fn work_list(&self) -> *mut WorkList {
        self.work.pointer()
    }

    /// Says that something happened. False if the members moved to other strands: wake those.
    #[inline]
    pub(crate) fn wake(self: &Arc<Self>) -> bool {
        match self.word.notify() {
            Notified::Enqueue => self.home.enqueue(self),
            Notified::Seen => {}
            Notified::Retired => return false,
        }
        true
    }

    /// True if its members moved to other strands.
    pub(crate) fn is_retired(&self) -> bool {
        self.word.is_retired()
    }

    /// True if nothing will run before something outside happens: nobody owns the strand, there is
    /// nothing to look at, and no alarm is set.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.word.is_at_rest() && !self.alarm.is_set()
    }

    /// True if there is something to look at and nobody does.
    pub(crate) fn is_waiting(&self) -> bool {
        self.word.is_waiting()
    }

    /// Runs what is ready, for a worker that found the strand in its queue. Returns at once if
    /// somebody else owns it.
    pub(crate) fn run(self: &Arc<Self>, watch: &CallWatch) {
        if !self.word.try_begin() {
            return;
        }
        watch.forget_end();
        match self.run_owned(watch) {
            Left::Owned { more } => self.release(more),
            Left::Moved(strand) => strand.release(true),
        }
    }

    /// Gives ownership up.
    pub(crate) fn release(self: &Arc<Self>, more: bool) {
        match self.word.release(more) {
            Released::Idle => {}
            Released::Enqueue => self.home.enqueue_again(self),
            Released::TellController => self.env.gate.tell(),
        }
    }

    /// Takes ownership for a controller, or tells the owner to hurry.
    pub(crate) fn try_hold(&self) -> bool {
        let held = self.word.try_hold();
        if !held {
            self.home.interrupt();
        }
        held
    }

    /// A controller no longer waits for the strand.
    pub(crate) fn give_up_hold(self: &Arc<Self>) {
        if self.word.give_up() {
            self.home.enqueue(self);
        }
    }

    /// True if a controller waits for the strand.
    pub(crate) fn is_wanted(&self) -> bool {
        self.word.is_wanted()
    }

    /// The strand is taken from a thread that is inside a call, which goes on with `successor`.
    pub(crate) fn set_successor(&self, successor: &Arc<Self>) {
        self.successor.get_or_init(|| Arc::clone(successor));
    }

    /// The members moved to other strands. For the owner. True if those must be woken.
    pub(crate) fn retire(&self) -> bool {
        self.word.retire()
    }

    /// # Safety
    /// The caller owns the strand, and no other borrow of the list is live.
    #[inline]
    unsafe fn with_work<R>(&self, action: impl FnOnce(&mut WorkList) -> R) -> R {
        // SAFETY: by the caller.
        unsafe { self.work.with_mut(action) }
    }

    /// The next look is at all members, not only at those on the boundary.
    pub(crate) fn look_everywhere(&self) {
        self.look_everywhere.store(true, Release);
    }

    fn list_boundary(&self) {
        let everywhere =
            self.look_everywhere.load(Relaxed) && self.look_everywhere.swap(false, AcqRel);
        // SAFETY: only `run_owned` calls this, for the owner, between two calls.
        unsafe {
            self.with_work(|work| match everywhere {
                true => (0..self.members.len() as u32).for_each(|index| work.push(index)),
                false => self.boundary.iter().rev().for_each(|&index| work.push(index)),
            });
        }
    }

    /// Runs what is ready, until nothing is, the strand ran long enough, or a controller wants it.
    fn run_owned(self: &Arc<Self>, watch: &CallWatch) -> Left<'_> {
        self.list_boundary();
        let mut calls = 0;
        loop {
            // SAFETY: the strand is owned, and no processor is being called.
            while let Some(index) = unsafe { self.with_work(WorkList::next) } {
                // SAFETY: as above; its members are owned as well.
                let step = unsafe { self.look_at(index, watch) };
                if step == Step::NotReady {
                    continue;
                }
                calls += 1;
                // SAFETY: as above.
                unsafe { pass_on(self, watch, &mut calls, CALLS_IN_A_ROW) };
                if self.is_to_pause(index, &mut calls) {
                    lay_down_for_good(self.work.pointer());
                    return self.leave(true);
                }
            }
            if !self.word.take_notification() {
                return self.leave(false);
            }
            self.list_boundary();
        }
    }

    /// Looks at a member. The frame that comes to it by hand goes through the queue.
    ///
    /// # Safety
    /// The caller owns the strand, and no processor is being called.
    unsafe fn look_at(self: &Arc<Self>, index: u32, watch: &CallWatch) -> Step {
        let sender = lay_down(self.work.pointer());
        let cell = &self.members[index as usize];
        // SAFETY: by the caller.
        let step = unsafe { step(self, cell, index, watch) };
        if let Some(sender) = sender.filter(|_| self.successor.get().is_none()) {
            // SAFETY: the port is of a member, of which no method is running.
            unsafe { (*sender.as_ptr()).was_laid_down() };
        }
        step
    }

    /// The present thread stops running the strand, in which there may be `more` to do.
    fn leave(&self, more: bool) -> Left<'_> {
        self.successor.get().map_or(Left::Owned { more }, Left::Moved)
    }

    /// True if somebody else is to have his turn, after a call of the member at `index` and those
    /// that followed from it.
    fn is_to_pause(&self, index: u32, calls: &mut u32) -> bool {
        // Others go first after a long call, those that the call made ready before all: what they
        // want is still in the cache, and few frames are under way at once.
        // SAFETY: the strand is owned, and no method of the processor is running.
        let is_long = || unsafe { self.members[index as usize].body() }.pace.is_long();
        if self.word.is_wanted() || is_long() && self.home.has_others() {
            return true;
        }
        if *calls >= CALLS_IN_A_ROW {
            // Going on spares the way through the queue, and the move to another core.
            if self.home.has_others() {
                return true;
            }
            *calls = 0;
        }
        false
    }
}
