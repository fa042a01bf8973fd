//! A writer, a reader and whoever takes the seat away, in every order that the memory model allows.

use std::collections::VecDeque;
use std::sync::Arc;

use loom::sync::Mutex;

use super::*;

const DEPTH: usize = 1;

/// The transport: a queue that gives up its oldest.
#[derive(Debug, Default)]
struct Queue(Mutex<VecDeque<u32>>);

impl Queue {
    fn push(&self, number: u32) {
        let mut queue = self.0.lock().unwrap();
        if queue.len() == DEPTH {
            queue.pop_front();
        }
        queue.push_back(number);
    }

    fn pop(&self) -> Option<u32> {
        self.0.lock().unwrap().pop_front()
    }
}

/// Sends two frames, if `lossless` only where there is credit; how many were counted, and dropped.
fn write(word: &CreditWord, queue: &Queue, lossless: bool) -> (u64, u64) {
    let (mut sent, mut dropped) = (0, 0);
    for number in 0..2 {
        if lossless && word.room(DEPTH as u32) == Some(0) {
            continue;
        }
        match word.count(number, DEPTH as u32) {
            Counted::Vacant => {}
            Counted::Absent => {
                sent += 1;
                dropped += 1;
            }
            Counted::Sent { sent: more, given_up } => {
                sent += u64::from(more);
                dropped += u64::from(given_up);
            }
        }
        queue.push(number);
    }
    (sent, dropped)
}

/// Reads what is there, `times` times; how many were delivered, and missing.
fn read(word: &CreditWord, queue: &Queue, epoch: u32, times: usize) -> (u64, u64) {
    let (mut delivered, mut missing) = (0, 0);
    for number in (0..times).filter_map(|_| queue.pop()) {
        if let Taken::Delivered { missing: before, .. } = word.take(epoch, number) {
            delivered += 1;
            missing += u64::from(before);
        }
    }
    (delivered, missing)
}

fn check(lossless: bool, revokes: bool) {
    loom::model(move || {
        let shared = Arc::new((CreditWord::new(), Queue::default()));
        let epoch = shared.0.offer().unwrap();
        let other = Arc::clone(&shared);
        let writer = loom::thread::spawn(move || write(&other.0, &other.1, lossless));
        let other = Arc::clone(&shared);
        let revoker = revokes.then(|| {
            loom::thread::spawn(move || u64::from(other.0.revoke(SeatState::Absent, None)))
        });
        let (mut delivered, mut missing) = read(&shared.0, &shared.1, epoch, 2);
        let (sent, dropped) = writer.join().unwrap();
        let lost = revoker.map_or(0, |revoker| revoker.join().unwrap());
        let rest = read(&shared.0, &shared.1, epoch, 2);
        delivered += rest.0;
        missing += rest.1;
        let in_flight = u64::from(shared.0.in_flight());
        assert_eq!(sent, delivered + missing + dropped + lost + in_flight);
        if lossless && !revokes {
            assert_eq!((missing, in_flight), (0, 0), "a lossless link lost a frame");
        }
    });
}

#[test]
fn loom_a_lossless_link_loses_nothing() {
    check(true, false);
}

#[test]
fn loom_frames_are_accounted_for_when_the_seat_is_taken_away() {
    check(true, true);
}

#[test]
fn loom_frames_are_accounted_for_when_the_queue_overflows() {
    check(false, true);
}
