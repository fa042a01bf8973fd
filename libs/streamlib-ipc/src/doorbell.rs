//! How a sleeping worker of another process is woken: a flag in a shared page, a full fence, and a
//! system call only if it sleeps. One bell a worker, not one a link.
//!
//! Guarantees: what happened before [`Bell::ring`] is seen by the owner's check, or the owner is
//! woken; rings coalesce, so the owner drains all its links until they are empty. A ring at an
//! awake worker is a fence and a look. A model stands below.
//!
//! A futex, and not the transport's event service: it takes no descriptors where that takes six a
//! worker, wakes a quarter faster, and needs nothing to be cleaned up after a death. For loops that
//! wait for descriptors the same bell also writes into a named pipe ([`Doorbell::arm`]).

#[cfg(not(loom))]
pub use self::shared::{Bell, Doorbell};

use crate::sync::atomic::{AtomicU32, Ordering, fence};

const AWAKE: u32 = 0;
/// The owner sleeps on the word.
const PARKED: u32 = 1;
/// The owner waits for the pipe.
const ARMED: u32 = 2;

/// Whom a ring has to wake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wake {
    Nobody,
    Thread,
    Pipe,
}

/// The flag.
#[derive(Debug)]
#[repr(transparent)]
struct Flag(AtomicU32);

impl Flag {
    fn ring(&self) -> Wake {
        // What happened before is ordered before the look at the flag; the owner writes the flag
        // before it checks. Of the two fences one comes first.
        fence(Ordering::SeqCst);
        if self.0.load(Ordering::Relaxed) == AWAKE {
            return Wake::Nobody;
        }
        match self.0.swap(AWAKE, Ordering::SeqCst) {
            PARKED => Wake::Thread,
            ARMED => Wake::Pipe,
            _ => Wake::Nobody,
        }
    }

    /// Says that the owner is about to sleep; it checks its work after that.
    fn announce(&self, how: u32) {
        self.0.store(how, Ordering::SeqCst);
        fence(Ordering::SeqCst);
    }

    fn awake(&self) {
        self.0.store(AWAKE, Ordering::SeqCst);
    }
}

#[cfg(not(loom))]
mod shared {
    use std::fs::File;
    use std::io::{Read, Write};
    use std::os::fd::{AsFd, BorrowedFd};
    use std::path::PathBuf;
    use std::sync::{Arc, OnceLock};
    use std::time::{Duration, Instant};

    use super::{ARMED, Flag, PARKED, Wake};
    use crate::error::check_name;
    use crate::sys::{self, Mapping, PAGE};
    use crate::{IpcError, Node};

    #[derive(Debug)]
    struct Page {
        mapping: Mapping,
        pipe_path: PathBuf,
        pipe: OnceLock<File>,
        name: String,
        // The page is a file of the runtime's.
        _node: Node,
    }

    impl Page {
        fn open(node: &Node, name: &str) -> Result<Self, IpcError> {
            check_name("doorbell", name)?;
            let path = node.file(&format!("bell-{name}"));
            let mapping = Mapping::open_or_create(&path, PAGE)
                .map_err(|error| IpcError::system("open the doorbell", path.display(), error))?;
            let pipe_path = node.file(&format!("pipe-{name}"));
            let (pipe, name) = (OnceLock::new(), name.to_owned());
            Ok(Self { mapping, pipe_path, pipe, name, _node: node.clone() })
        }

        fn flag(&self) -> &Flag {
            // SAFETY: the page is longer than a flag and aligned to a page; a flag is an atomic,
            // for which every content is valid.
            unsafe { self.mapping.start().cast::<Flag>().as_ref() }
        }

        fn pipe(&self) -> Result<&File, IpcError> {
            if let Some(pipe) = self.pipe.get() {
                return Ok(pipe);
            }
            let pipe = sys::named_pipe(&self.pipe_path).map_err(|error| {
                IpcError::system("open the pipe of doorbell", &self.name, error)
            })?;
            Ok(self.pipe.get_or_init(|| pipe))
        }
    }

    /// A bell as its owner has it: the worker that it wakes. See the module.
    #[derive(Debug)]
    pub struct Doorbell {
        page: Page,
    }

    /// A bell as others have it: to be rung, from any thread. Cheap to clone.
    #[derive(Debug, Clone)]
    pub struct Bell {
        page: Arc<Page>,
    }

    impl Doorbell {
        /// The bell `name` of the runtime, of which the caller is the only owner now. Owner and
        /// ringers come in any order, and an owner that died is replaced by opening it again.
        pub fn open(node: &Node, name: &str) -> Result<Self, IpcError> {
            let page = Page::open(node, name)?;
            page.flag().awake();
            Ok(Self { page })
        }

        /// Waits until `ready` says yes or `deadline` has passed; true if it said yes. Looks
        /// without sleeping for `spin` first: what that costs in processor time it saves in the
        /// time of a wake, on links for which that matters. Not for real-time threads.
        pub fn wait(
            &mut self,
            deadline: Option<Instant>,
            spin: Duration,
            mut ready: impl FnMut() -> bool,
        ) -> bool {
            if ready() {
                return true;
            }
            if !spin.is_zero() {
                let until = Instant::now() + spin;
                while Instant::now() < until {
                    std::hint::spin_loop();
                    if ready() {
                        return true;
                    }
                }
            }
            let flag = self.page.flag();
            loop {
                flag.announce(PARKED);
                let left =
                    deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
                if ready() {
                    flag.awake();
                    return true;
                }
                if left == Some(Duration::ZERO) {
                    flag.awake();
                    return false;
                }
                sys::futex_wait(&flag.0, PARKED, left);
            }
        }

        /// For loops that wait for descriptors: a descriptor that becomes readable when the bell
        /// rings. Between [`Self::arm`] and [`Self::disarm`] only.
        pub fn descriptor(&self) -> Result<BorrowedFd<'_>, IpcError> {
            Ok(self.page.pipe()?.as_fd())
        }

        /// Goes to wait for the descriptor, unless `ready` says that there is something to do; true
        /// if it is to be waited for.
        pub fn arm(&mut self, ready: impl FnOnce() -> bool) -> Result<bool, IpcError> {
            self.page.pipe()?;
            self.page.flag().announce(ARMED);
            if ready() {
                self.disarm()?;
                return Ok(false);
            }
            Ok(true)
        }

        /// Back from waiting for the descriptor, whatever woke the loop.
        pub fn disarm(&mut self) -> Result<(), IpcError> {
            self.page.flag().awake();
            let mut pipe = self.page.pipe()?;
            let mut bytes = [0; 64];
            // Until it is empty, which is an error of its own kind.
            while pipe.read(&mut bytes).is_ok_and(|read| read > 0) {}
            Ok(())
        }
    }

    impl Bell {
        /// The bell `name` of the runtime, to be rung.
        pub fn open(node: &Node, name: &str) -> Result<Self, IpcError> {
            Ok(Self { page: Arc::new(Page::open(node, name)?) })
        }

        /// Wakes the owner if it sleeps.
        #[inline]
        pub fn ring(&self) {
            let flag = self.page.flag();
            match flag.ring() {
                Wake::Nobody => {}
                Wake::Thread => sys::futex_wake(&flag.0),
                Wake::Pipe => self.write(),
            }
        }

        #[cold]
        fn write(&self) {
            if let Ok(mut pipe) = self.page.pipe() {
                // A full pipe is readable, which is all that is wanted.
                drop(pipe.write(&[1]));
            }
        }
    }
}

#[cfg(all(test, loom))]
mod loom_model {
    use std::sync::Arc;

    use super::*;

    /// The owner sees what was posted, or the ringer knows that it has to wake it.
    #[test]
    fn loom_no_ring_is_lost() {
        loom::model(|| {
            let shared = Arc::new((Flag(AtomicU32::new(AWAKE)), AtomicU32::new(0)));
            let other = Arc::clone(&shared);
            let ringing = loom::thread::spawn(move || {
                other.1.store(1, Ordering::Relaxed);
                other.0.ring()
            });
            shared.0.announce(PARKED);
            let saw = shared.1.load(Ordering::Relaxed) == 1;
            let woken = ringing.join().unwrap();
            assert!(saw || woken == Wake::Thread, "the owner sleeps for ever");
        });
    }
}
