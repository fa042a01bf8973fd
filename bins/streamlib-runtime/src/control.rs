//! The thread of the control plane: the server, signals, the parent's end and the time to cut.
//!
//! One thread with an async runtime of its own; the main thread is the graph's.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::io::AsyncReadExt as _;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::server::{self, Shared};
use crate::stopping::{Reason, Stopper};

/// The control plane at work.
#[derive(Debug)]
pub(crate) struct Control {
    end: watch::Sender<bool>,
    thread: JoinHandle<()>,
}

impl Control {
    /// Begins to answer on `listener` and to watch.
    ///
    /// # Errors
    /// The thread, the async runtime or the watch for signals cannot be made.
    pub(crate) fn start(
        listener: std::os::unix::net::UnixListener,
        parent: Option<std::os::unix::net::UnixStream>,
        shared: Shared,
    ) -> io::Result<Self> {
        let tokio = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .thread_name("control-call")
            .max_blocking_threads(16)
            .build()?;
        let (end, is_end) = watch::channel(false);
        let watched = {
            let _entered = tokio.enter();
            let signals = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
            let [interrupt, terminate, hangup] = signals.map(signal);
            // A file that outgrows the limit of this user fails its writer, and does not end the
            // program, as it would if nobody watched for the signal.
            let file_size = rustix::process::Signal::XFSZ.as_raw();
            let _watched = signal(SignalKind::from_raw(file_size))?;
            let parent = match parent {
                Some(parent) => {
                    parent.set_nonblocking(true)?;
                    Some(tokio::net::UnixStream::from_std(parent)?)
                }
                None => None,
            };
            let listener = tokio::net::UnixListener::from_std(listener)?;
            (listener, [interrupt?, terminate?, hangup?], parent)
        };
        let work = move || {
            let (listener, signals, parent) = watched;
            tokio.block_on(work(listener, signals, parent, shared, is_end));
            // A call that does not come back is not waited for.
            tokio.shutdown_background();
        };
        let thread = std::thread::Builder::new().name("control".to_owned()).spawn(work)?;
        Ok(Self { end, thread })
    }

    /// Ends what is under way, waits for it a little, and stops answering.
    pub(crate) fn end(self) {
        self.end.send_replace(true);
        // A panic there was printed, and there is nothing left to be done about it.
        let _ended = self.thread.join();
    }
}

async fn work(
    listener: tokio::net::UnixListener,
    signals: [Signal; 3],
    parent: Option<tokio::net::UnixStream>,
    shared: Shared,
    is_end: watch::Receiver<bool>,
) {
    let stopper = Arc::clone(&shared.stopper);
    let watching = async {
        tokio::join!(
            watch_signals(&stopper, signals),
            watch_parent(&stopper, parent),
            stopper.cut_in_time(),
        );
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = watching => {}
        () = server::serve(listener, shared, is_end) => {}
    }
}

async fn watch_signals(stopper: &Stopper, signals: [Signal; 3]) {
    let [mut interrupt, mut terminate, mut hangup] = signals;
    loop {
        let came = tokio::select! {
            came = interrupt.recv() => came,
            came = terminate.recv() => came,
            came = hangup.recv() => came,
        };
        match came {
            Some(()) => stopper.ask_by_signal(),
            None => return,
        }
    }
}

async fn watch_parent(stopper: &Stopper, parent: Option<tokio::net::UnixStream>) {
    let Some(mut parent) = parent else { return };
    // It sends nothing; whatever comes is passed over, and an error is an end.
    let mut passed_over = [0; 64];
    while matches!(parent.read(&mut passed_over).await, Ok(1..)) {}
    stopper.ask(Reason::ParentGone, None);
}
