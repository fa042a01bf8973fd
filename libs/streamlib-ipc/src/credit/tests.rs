use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;

#[test]
fn the_word_keeps_its_parts() {
    for state in [SeatState::Vacant, SeatState::Offered, SeatState::Open, SeatState::Absent] {
        let parts = Parts { epoch: EPOCH_MASK, state, written: NUMBER_MASK, taken: 1 };
        assert_eq!(Parts::of(parts.word()), parts);
    }
}

#[test]
fn frames_from_before_the_seat_was_taken_are_not_of_the_link() {
    let word = CreditWord::new();
    assert_eq!(word.count(7, 4), Counted::Vacant);
    let epoch = word.offer().expect("free");
    assert_eq!(word.offer(), None);
    assert_eq!(word.take(epoch, 7), Taken::NotOfThisLink);
    assert_eq!(word.count(8, 4), Counted::Sent { sent: 1, given_up: 0 });
    assert_eq!(word.take(epoch, 7), Taken::NotOfThisLink);
    assert_eq!(word.take(epoch, 8), Taken::Delivered { missing: 0, in_flight: 0 });
    assert_eq!(word.take(epoch, 8), Taken::NotOfThisLink);
}

#[test]
fn a_revoked_reader_delivers_nothing_and_the_next_one_starts_afresh() {
    let word = CreditWord::new();
    let first = word.offer().expect("free");
    word.count(0, 4);
    word.count(1, 4);
    assert_eq!(word.revoke(SeatState::Absent, None), 2);
    assert_eq!(word.revoke(SeatState::Absent, None), 0);
    assert_eq!(word.take(first, 0), Taken::Revoked);
    assert_eq!(word.count(2, 4), Counted::Absent);
    let second = word.offer().expect("free again");
    assert_eq!(word.take(first, 1), Taken::Revoked);
    assert_eq!(word.revoke(SeatState::Vacant, Some(first)), 0, "it is not the first one's seat");
    assert_eq!(word.room(4), Some(4));
    word.count(3, 4);
    assert_eq!(word.take(second, 2), Taken::NotOfThisLink);
    assert_eq!(word.take(first, 3), Taken::Revoked, "it is another one's frame");
    assert_eq!(word.take(second, 3), Taken::Delivered { missing: 0, in_flight: 0 });
}

#[test]
fn a_reader_that_never_reads_does_not_let_numbers_meet() {
    let word = CreditWord::new();
    let epoch = word.offer().expect("free");
    word.count(0, 2);
    // A writer that goes on after a death may jump.
    let far = MOST_IN_FLIGHT + 10;
    let counted = word.count(far, 2);
    assert_eq!(counted, Counted::Sent { sent: far, given_up: far - 1 });
    assert_eq!(word.in_flight(), 2);
    assert_eq!(word.take(epoch, far), Taken::Delivered { missing: 1, in_flight: 0 });
}

/// A link in one thread: the word, the transport's queue that gives up its oldest, and what was
/// counted.
#[derive(Debug)]
struct Link {
    word: CreditWord,
    queue: VecDeque<u32>,
    depth: u32,
    lossless: bool,
    next: u32,
    epoch: Option<u32>,
    sent: u64,
    delivered: Vec<u32>,
    dropped: u64,
    lost: u64,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Send,
    Read,
    Take,
    Die,
}

impl Link {
    fn send(&mut self) {
        if self.lossless && self.word.room(self.depth) == Some(0) {
            return;
        }
        match self.word.count(self.next, self.depth) {
            Counted::Vacant => {}
            Counted::Absent => {
                self.sent += 1;
                self.dropped += 1;
            }
            Counted::Sent { sent, given_up } => {
                self.sent += u64::from(sent);
                self.dropped += u64::from(given_up);
            }
        }
        if self.queue.len() == self.depth as usize {
            self.queue.pop_front();
        }
        self.queue.push_back(self.next);
        self.next = self.next.wrapping_add(1);
    }

    fn read(&mut self) {
        let (Some(epoch), Some(number)) = (self.epoch, self.queue.pop_front()) else {
            return;
        };
        if let Taken::Delivered { missing, .. } = self.word.take(epoch, number) {
            self.dropped += u64::from(missing);
            self.delivered.push(number);
            assert!(!self.lossless || missing == 0, "a lossless link lost {missing}");
        }
    }

    fn check(&self) {
        let accounted = self.delivered.len() as u64
            + self.dropped
            + self.lost
            + u64::from(self.word.in_flight());
        assert_eq!(self.sent, accounted);
    }
}

proptest! {
    /// Whatever happens in whatever order, each frame is accounted for once, in order.
    #[test]
    fn every_frame_is_accounted_for(
        depth in 1_u32..5,
        lossless: bool,
        start in prop_oneof![Just(0), Just(u32::MAX - 20), Just(NUMBER_MASK - 20)],
        steps in prop::collection::vec(
            prop_oneof![
                4 => Just(Step::Send),
                4 => Just(Step::Read),
                1 => Just(Step::Take),
                1 => Just(Step::Die),
            ],
            0..200,
        ),
    ) {
        let mut link = Link {
            word: CreditWord::new(),
            queue: VecDeque::new(),
            depth,
            lossless,
            next: start,
            epoch: None,
            sent: 0,
            delivered: Vec::new(),
            dropped: 0,
            lost: 0,
        };
        for step in steps {
            match step {
                Step::Send => link.send(),
                Step::Read => link.read(),
                // A new reader has an empty queue, but may get a frame before it is counted.
                Step::Take => {
                    if let Some(epoch) = link.word.offer() {
                        link.epoch = Some(epoch);
                        link.queue.clear();
                    }
                }
                Step::Die => {
                    link.lost += u64::from(link.word.revoke(SeatState::Absent, None));
                }
            }
            link.check();
        }
        let is_in_order =
            link.delivered.windows(2).all(|pair| pair[1].wrapping_sub(pair[0]) < 1 << 30);
        prop_assert!(is_in_order);
    }
}
