//! What a thread finds that comes back from a call whose processor was moved to a strand of its
//! own meanwhile: that strand, and the new ends of the links that led to others of the old one.
//!
//! While the call goes on the processor sends into the old ends, to which nobody listens any more;
//! what is in them then goes into the new ones, in order, so no frame is lost on the way. What it
//! was sent over the old ends and did not take comes before the frames of the new ones. The thread
//! allocates nothing for that.

use std::collections::VecDeque;
use std::sync::Arc;

use super::cell::ProcessorCell;
use super::relay::disarm;
use super::strand::Strand;
use crate::link_channel::input::{InputCell, Lane};
use crate::link_channel::link::{LinkReceiver, LinkSender};

/// See the module.
#[derive(Debug)]
pub(crate) struct Handover {
    /// The processors' strand from now on, owned by the thread that makes the call.
    strand: Arc<Strand>,
    senders: Vec<LinkSender>,
    receivers: Vec<LinkReceiver>,
    /// Room for the old ends of each lane that gets a new one.
    rooms: Vec<VecDeque<LinkReceiver>>,
    /// The far ends of the links that the processors still send into.
    deserted: Vec<LinkReceiver>,
}

impl Handover {
    /// Room for the old ends of one lane.
    pub(crate) fn room() -> VecDeque<LinkReceiver> {
        VecDeque::with_capacity(Lane::MOST_BEFORE + 1)
    }

    /// A handover of all members of `strand`, with one of `rooms` for each of `receivers`. The old
    /// far ends of the links of `senders` are `deserted`.
    pub(crate) fn new(
        strand: Arc<Strand>,
        senders: Vec<LinkSender>,
        receivers: Vec<LinkReceiver>,
        rooms: Vec<VecDeque<LinkReceiver>>,
        deserted: Vec<LinkReceiver>,
    ) -> Self {
        Self { strand, senders, receivers, rooms, deserted }
    }

    /// Puts the new ends in their places. For the thread that made the call, after it.
    pub(super) fn install(mut self) {
        // Old ends of lanes that were connected anew very often; see `Lane::reconnect`.
        let mut surplus = Vec::new();
        let strand = Arc::clone(&self.strand);
        for (cell, position) in strand.members().iter().zip(0..) {
            put_down(cell);
            self.install_outputs(cell);
            self.install_inputs(cell, &mut surplus);
            cell.set_position(position);
        }
        for (cell, position) in strand.members().iter().zip(0..) {
            cell.set_on_boundary(strand.is_boundary(position));
            // SAFETY: the thread that was in a call of the strand owns all of its members, and the
            // call is over.
            unsafe { cell.settle_ports(&strand) };
        }
        surplus.iter_mut().for_each(LinkReceiver::flush);
    }

    fn install_outputs(&mut self, cell: &ProcessorCell) {
        // SAFETY: as in `install`.
        let outputs = unsafe { cell.outputs() };
        for old in outputs.iter_mut().flat_map(|output| &mut output.links) {
            let key = old.shared.key;
            let new = self.senders.iter().position(|new| new.shared.key == key);
            let Some(mut new) = new.map(|index| self.senders.swap_remove(index)) else { continue };
            let far = self.deserted.iter().position(|far| far.shared.key == key);
            if let Some(mut far) = far.map(|index| self.deserted.swap_remove(index)) {
                new.take_over(old, &mut far);
            }
            *old = new;
            old.notify();
        }
    }

    fn install_inputs(&mut self, cell: &ProcessorCell, surplus: &mut Vec<LinkReceiver>) {
        // SAFETY: as in `install`.
        let inputs = unsafe { cell.inputs() };
        for lane in inputs.iter_mut().flat_map(|input| &mut input.lanes) {
            let Some(key) = lane.link.as_ref().map(|link| link.shared.key) else { continue };
            let new = self.receivers.iter().position(|new| new.shared.key == key);
            if let Some(index) = new {
                if let Some(mut room) = self.rooms.pop() {
                    room.extend(lane.before.drain(..));
                    lane.before = room;
                }
                lane.reconnect(Some(self.receivers.swap_remove(index)), surplus);
            }
        }
    }
}

/// What a call has of the strand in which it was made is the processor's, or stays there.
fn put_down(cell: &ProcessorCell) {
    // SAFETY: as in `Handover::install`.
    unsafe {
        cell.inputs().iter_mut().for_each(InputCell::keep_lent);
        disarm(cell);
        cell.inputs().iter_mut().for_each(InputCell::end_call);
    }
}
