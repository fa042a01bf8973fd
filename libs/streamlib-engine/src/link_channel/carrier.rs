//! The four ways across a link inside a process, behind one writing and one reading half.
//!
//! | carrier | a full queue | used for |
//! |---|---|---|
//! | inline | refuses, or gives back its oldest frame | consumer in the same strand |
//! | ring | refuses | `lossless` |
//! | overwrite | gives back its oldest frame | `every_sample` |
//! | slot | gives back the frame before | `latest` |
//!
//! Each half belongs to whoever holds the RUN bit of its side's processor.

use std::collections::VecDeque;
use std::sync::Arc;

use crossbeam_queue::ArrayQueue;

use super::plan::Carrier;
use super::slot::{SlotReader, SlotWriter, slot};
use crate::sync::Exclusive;

/// What became of a frame that was put on a carrier.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Put<T> {
    /// It is in the queue.
    Done,
    /// It is in the queue, and this older one had to go.
    Displaced(T),
    /// There is no room.
    Full(T),
}

/// The producer's half.
#[derive(Debug)]
pub(crate) enum CarrierWriter<T> {
    /// See the module's table.
    Inline(Arc<InlineCell<T>>),
    /// See the module's table.
    Ring(rtrb::Producer<T>),
    /// See the module's table.
    Overwrite(Arc<ArrayQueue<T>>),
    /// See the module's table.
    Slot(SlotWriter<T>),
}

/// The consumer's half.
#[derive(Debug)]
pub(crate) enum CarrierReader<T> {
    /// See the module's table.
    Inline(Arc<InlineCell<T>>),
    /// See the module's table.
    Ring(rtrb::Consumer<T>),
    /// See the module's table.
    Overwrite(Arc<ArrayQueue<T>>),
    /// See the module's table.
    Slot(SlotReader<T>),
}

/// The frames of one call between two processors of the same strand.
///
/// Both halves are used only by whoever holds that strand's RUN bit, so there is no race.
#[derive(Debug)]
pub(crate) struct InlineCell<T> {
    frames: Exclusive<Few<T>>,
    depth: usize,
    /// True if a full one gives up its oldest frame.
    gives_up_oldest: bool,
}

impl<T> InlineCell<T> {
    #[inline]
    fn with<R>(&self, action: impl FnOnce(&mut Few<T>) -> R) -> R {
        // SAFETY: both halves belong to the one holder of the strand's RUN bit, and no action
        // reaches the cell again.
        unsafe { self.frames.with_mut(action) }
    }
}

/// A queue in which there is hardly ever more than one, which then lies in place.
#[derive(Debug)]
struct Few<T> {
    first: Option<T>,
    others: VecDeque<T>,
}

impl<T> Few<T> {
    fn new(depth: usize) -> Self {
        Self { first: None, others: VecDeque::with_capacity(depth.saturating_sub(1)) }
    }

    #[inline]
    fn len(&self) -> usize {
        if self.first.is_none() { 0 } else { 1 + self.others.len() }
    }

    #[inline]
    fn push(&mut self, frame: T) {
        if self.first.is_none() {
            self.first = Some(frame);
        } else {
            self.others.push_back(frame);
        }
    }

    #[inline]
    fn pop(&mut self) -> Option<T> {
        let first = self.first.take();
        if !self.others.is_empty() {
            self.first = self.others.pop_front();
        }
        first
    }
}

/// A carrier of this kind for `depth` frames. Only for inline ones, `gives_up_oldest` says what a
/// full one does: the others say so by their kind.
pub(crate) fn carrier<T: Send>(
    kind: Carrier,
    depth: u32,
    gives_up_oldest: bool,
) -> (CarrierWriter<T>, CarrierReader<T>) {
    let depth = depth.max(1) as usize;
    match kind {
        Carrier::Inline => {
            let frames = Exclusive::new(Few::new(depth));
            let cell = Arc::new(InlineCell { frames, depth, gives_up_oldest });
            (CarrierWriter::Inline(Arc::clone(&cell)), CarrierReader::Inline(cell))
        }
        Carrier::Ring => {
            let (writer, reader) = rtrb::RingBuffer::new(depth);
            (CarrierWriter::Ring(writer), CarrierReader::Ring(reader))
        }
        Carrier::Overwrite => {
            let queue = Arc::new(ArrayQueue::new(depth));
            (CarrierWriter::Overwrite(Arc::clone(&queue)), CarrierReader::Overwrite(queue))
        }
        Carrier::Slot => {
            let (writer, reader) = slot();
            (CarrierWriter::Slot(writer), CarrierReader::Slot(reader))
        }
    }
}

impl<T> CarrierWriter<T> {
    /// Puts a frame into the queue.
    #[inline(always)]
    pub(crate) fn put(&mut self, frame: T) -> Put<T> {
        match self {
            Self::Inline(cell) => cell.with(|frames| {
                let oldest = match frames.len() == cell.depth {
                    false => None,
                    true if cell.gives_up_oldest => frames.pop(),
                    true => return Put::Full(frame),
                };
                frames.push(frame);
                oldest.map_or(Put::Done, Put::Displaced)
            }),
            Self::Ring(writer) => match writer.push(frame) {
                Ok(()) => Put::Done,
                Err(rtrb::PushError::Full(frame)) => Put::Full(frame),
            },
            Self::Overwrite(queue) => match queue.force_push(frame) {
                None => Put::Done,
                Some(oldest) => Put::Displaced(oldest),
            },
            Self::Slot(writer) => match writer.put(frame) {
                None => Put::Done,
                Some(before) => Put::Displaced(before),
            },
        }
    }

    /// True if consumer and producer have one owner, and nothing waits.
    #[inline]
    pub(crate) fn is_vacant(&self) -> bool {
        matches!(self, Self::Inline(cell) if cell.with(|frames| frames.first.is_none()))
    }

    /// How many frames may be put before the answer would be `Full`.
    #[inline]
    pub(crate) fn room(&self) -> u32 {
        match self {
            Self::Inline(cell) if cell.gives_up_oldest => u32::MAX,
            Self::Inline(cell) => cell.with(|frames| (cell.depth - frames.len()) as u32),
            Self::Ring(writer) => writer.slots() as u32,
            Self::Overwrite(_) | Self::Slot(_) => u32::MAX,
        }
    }

    /// True if at least `count` frames may be put.
    #[inline(always)]
    pub(crate) fn has_room(&self, count: u32) -> bool {
        match self {
            Self::Inline(cell) if count == 1 && cell.with(|frames| frames.first.is_none()) => true,
            // The writer's own copy of the reader's position suffices most of the time.
            Self::Ring(writer) if count == 1 => !writer.is_full(),
            other => other.room() >= count,
        }
    }
}

impl<T> CarrierReader<T> {
    /// Takes the frame that is next.
    #[inline(always)]
    pub(crate) fn take(&mut self) -> Option<T> {
        match self {
            Self::Inline(cell) => cell.with(Few::pop),
            Self::Ring(reader) => reader.pop().ok(),
            Self::Overwrite(queue) => queue.pop(),
            Self::Slot(reader) => reader.take(),
        }
    }

    /// How many frames are there now.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Inline(cell) => cell.with(|frames| frames.len()),
            Self::Ring(reader) => reader.slots(),
            Self::Overwrite(queue) => queue.len(),
            Self::Slot(reader) => reader.is_full().into(),
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// Puts 1 to 5 into a carrier for 3 frames; says what came back and what is read after.
    fn check(
        (kind, gives_up_oldest): (Carrier, bool),
        refused: &[u32],
        displaced: &[u32],
        read: &[u32],
    ) {
        let (mut writer, mut reader) = carrier(kind, 3, gives_up_oldest);
        let (mut full, mut back) = (Vec::new(), Vec::new());
        for frame in 1..=5 {
            let room = writer.room();
            assert_eq!(writer.has_room(1), room > 0, "{kind:?}");
            match writer.put(frame) {
                Put::Done => assert!(room > 0, "{kind:?}"),
                Put::Displaced(old) => back.push(old),
                Put::Full(frame) => {
                    assert_eq!(room, 0, "{kind:?}");
                    full.push(frame);
                }
            }
        }
        assert_eq!(reader.len(), read.len(), "{kind:?}");
        let taken: Vec<u32> = std::iter::from_fn(|| reader.take()).collect();
        assert_eq!(
            (full.as_slice(), back.as_slice(), taken.as_slice()),
            (refused, displaced, read)
        );
        assert!(writer.has_room(1) && reader.len() == 0, "{kind:?}");
    }

    #[test]
    fn each_carrier_keeps_its_promise_when_it_is_full() {
        check((Carrier::Inline, false), &[4, 5], &[], &[1, 2, 3]);
        check((Carrier::Inline, true), &[], &[1, 2], &[3, 4, 5]);
        check((Carrier::Ring, false), &[4, 5], &[], &[1, 2, 3]);
        check((Carrier::Overwrite, true), &[], &[1, 2], &[3, 4, 5]);
        check((Carrier::Slot, true), &[], &[1, 2, 3, 4], &[5]);
    }

    #[test]
    fn two_threads_lose_nothing_uncounted() {
        for kind in [Carrier::Ring, Carrier::Overwrite, Carrier::Slot] {
            let (mut writer, mut reader) = carrier(kind, 4, kind != Carrier::Ring);
            let writing = std::thread::spawn(move || {
                let mut back = 0_u64;
                for frame in 1..=20_000_u64 {
                    let mut frame = frame;
                    loop {
                        match writer.put(frame) {
                            Put::Done => break,
                            Put::Displaced(_) => {
                                back += 1;
                                break;
                            }
                            Put::Full(again) => frame = again,
                        }
                        std::hint::spin_loop();
                    }
                }
                back
            });
            let (mut read, mut last) = (0_u64, 0);
            while last < 20_000 {
                if let Some(frame) = reader.take() {
                    assert!(frame > last, "{kind:?}: {frame} after {last}");
                    last = frame;
                    read += 1;
                }
            }
            assert_eq!(read + writing.join().unwrap(), 20_000, "{kind:?}");
        }
    }
}
