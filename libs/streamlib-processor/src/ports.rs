//! Typed views of ports. A processor's port is a field of its struct; the engine binds it to a
//! pointer and a table before `setup`, and the view only adds the type.

use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ptr::{null, null_mut};

use streamlib_abi::port::{CopyReason, EndCause, InputPort, LaneState, OutputPort};
use streamlib_abi::{BlockRef, RawFrame, Status};
use streamlib_schema::Format;

use crate::error::{Error, Result};
use crate::frame::FrameType;

const UNBOUND_INPUT: InputPort = InputPort { table: null(), port: null_mut() };
const UNBOUND_OUTPUT: OutputPort = OutputPort { table: null(), port: null_mut() };

/// An input that takes one link.
#[derive(Debug)]
pub struct Input<F> {
    lanes: InputLanes<F>,
}

/// An input that takes several links, each a lane, numbered from 0. A lane whose link was removed
/// keeps its number.
#[derive(Debug)]
pub struct InputLanes<F> {
    name: &'static str,
    port: InputPort,
    frame: PhantomData<fn() -> F>,
}

// SAFETY: a port may be used by whichever thread runs its processor, one at a time; the views give
// access through `&mut` and reading functions only, and the host hands the processor over with its
// ports.
unsafe impl<F> Send for InputLanes<F> {}

impl<F> Default for InputLanes<F> {
    fn default() -> Self {
        Self { name: "", port: UNBOUND_INPUT, frame: PhantomData }
    }
}

impl<F> Default for Input<F> {
    fn default() -> Self {
        Self { lanes: InputLanes::default() }
    }
}

impl<F: FrameType> InputLanes<F> {
    /// For the macro: binds the view.
    #[doc(hidden)]
    pub fn bind(&mut self, name: &'static str, port: InputPort) {
        self.name = name;
        self.port = port;
    }

    /// How many lanes there are, connected or not.
    pub fn lanes(&self) -> u32 {
        if self.port.table.is_null() {
            return 0;
        }
        // SAFETY: a bound port's table and pointer are live while its processor exists.
        unsafe { ((*self.port.table).lanes)(self.port.port) }
    }

    /// Takes the frame that the trigger chose for `lane`; `None` if it chose none.
    ///
    /// # Errors
    /// The processor holds more frames than it declared, or the frame's content is not what its
    /// schema says.
    #[inline]
    pub fn read(&mut self, lane: u32) -> Result<Option<F>> {
        let mut frame = MaybeUninit::<RawFrame>::uninit();
        let status = match self.port.table {
            table if table.is_null() => Status::UNBOUND,
            // SAFETY: as in `lanes`; `frame` is a place for one frame.
            table => unsafe { ((*table).read)(self.port.port, lane, &raw mut frame) },
        };
        match status {
            // SAFETY: `OK` says that a frame was written.
            Status::OK => F::from_raw(unsafe { frame.assume_init() })
                .map(Some)
                .map_err(|error| Error::block(self.name, error)),
            Status::EMPTY => Ok(None),
            status => Err(self.not_read(status)),
        }
    }

    #[cold]
    fn not_read(&self, status: Status) -> Error {
        if status != Status::HOLDS_TOO_MANY {
            return failure(self.name, "read", status);
        }
        Error::new(format!(
            "port `{}` gives no more frames: the processor holds more than it declared; raise \
             `holds` of the port or drop frames earlier",
            self.name
        ))
    }

    /// Puts back a frame that was read in this call: the next call is given it again.
    ///
    /// # Errors
    /// No frame was read from the lane in this call.
    pub fn unread(&mut self, lane: u32, frame: F) -> Result<()> {
        let mut raw = frame.into_raw();
        let status = match self.port.table {
            table if table.is_null() => Status::UNBOUND,
            // SAFETY: as in `lanes`; on `OK` the frame has moved and is forgotten below.
            table => unsafe { ((*table).unread)(self.port.port, lane, &raw mut raw) },
        };
        if status.is_ok() {
            std::mem::forget(raw);
            return Ok(());
        }
        Err(failure(self.name, "unread", status))
    }

    /// The state of `lane`; that of a lane that was never linked if there is none.
    pub fn state(&self, lane: u32) -> LaneState {
        let mut state = LaneState {
            size: size_of::<LaneState>() as u32,
            linked: 0,
            ended: 0,
            end_cause: 0,
            gap_until_ns: i64::MIN,
            missed: 0,
        };
        if !self.port.table.is_null() {
            // SAFETY: as in `lanes`; `state` is a place for one state, which failures leave alone.
            unsafe { ((*self.port.table).state)(self.port.port, lane, &raw mut state) };
        }
        state
    }
}

impl<F: FrameType> Input<F> {
    /// For the macro: binds the view.
    #[doc(hidden)]
    pub fn bind(&mut self, name: &'static str, port: InputPort) {
        self.lanes.bind(name, port);
    }

    /// Takes the frame that the trigger chose; `None` if it chose none from this port.
    ///
    /// # Errors
    /// The processor holds more frames than it declared, or the frame's content is not what its
    /// schema says.
    #[inline]
    pub fn read(&mut self) -> Result<Option<F>> {
        self.lanes.read(0)
    }

    /// Puts back a frame that was read in this call: the next call is given it again.
    ///
    /// # Errors
    /// No frame was read in this call.
    pub fn unread(&mut self, frame: F) -> Result<()> {
        self.lanes.unread(0, frame)
    }

    /// True if a link is connected.
    pub fn is_linked(&self) -> bool {
        self.lanes.state(0).linked != 0
    }

    /// Why the stream ended, once every frame was taken.
    pub fn end_cause(&self) -> Option<EndCause> {
        let state = self.lanes.state(0);
        if state.ended == 0 { None } else { EndCause::from_number(state.end_cause) }
    }
}

/// Why a frame was not sent, with the frame.
#[derive(Debug)]
pub enum SendError<F> {
    /// A lossless link has no room. Say `ctx.again()` and send it in the next call.
    Full(F),
    /// It can never be sent.
    Refused(F, Error),
}

impl<F> From<SendError<F>> for Error {
    fn from(error: SendError<F>) -> Self {
        match error {
            SendError::Full(_) => Self::new(
                "a frame was lost because it was sent on a full link: a call sends at most \
                 `max_per_call` frames a port; keep the frame of `SendError::Full`, say \
                 `ctx.again()` and send it in the next call",
            ),
            SendError::Refused(_, error) => error,
        }
    }
}

/// An output. Frames go to every link that is connected to it.
#[derive(Debug)]
pub struct Output<F> {
    name: &'static str,
    port: OutputPort,
    announced: Option<(Format, u32)>,
    frame: PhantomData<fn(F)>,
}

// SAFETY: as for `InputLanes`.
unsafe impl<F> Send for Output<F> {}

impl<F> Default for Output<F> {
    fn default() -> Self {
        Self { name: "", port: UNBOUND_OUTPUT, announced: None, frame: PhantomData }
    }
}

impl<F: FrameType> Output<F> {
    /// For the macro: binds the view.
    #[doc(hidden)]
    pub fn bind(&mut self, name: &'static str, port: OutputPort) {
        self.name = name;
        self.port = port;
        self.announced = None;
    }

    /// Sends a frame on every link. Never waits.
    ///
    /// # Errors
    /// [`SendError::Full`] gives the frame back; this does not happen for the first `max_per_call`
    /// frames of a call. [`SendError::Refused`]: the timestamp went back within an epoch, or the
    /// port has ended.
    #[inline]
    pub fn send(&mut self, frame: impl Into<F>) -> Result<(), SendError<F>> {
        let mut raw = frame.into().into_raw();
        let status = match self.port.table {
            table if table.is_null() => Status::UNBOUND,
            // SAFETY: a bound port's table and pointer are live while its processor exists.
            table => unsafe { ((*table).send)(self.port.port, &raw mut raw) },
        };
        if matches!(status, Status::OK | Status::UNLINKED) {
            // The port has taken the frame's reference.
            std::mem::forget(raw);
            return Ok(());
        }
        Err(self.not_sent(raw, status))
    }

    #[cold]
    fn not_sent(&self, raw: RawFrame, status: Status) -> SendError<F> {
        let timestamp_ns = raw.envelope.timestamp_ns;
        let frame = F::from_raw_unchecked(raw);
        match status {
            Status::FULL => SendError::Full(frame),
            Status::TIME_WENT_BACK => {
                let message = format!(
                    "port `{}`: the timestamp {timestamp_ns} ns is before that of the frame sent \
                     last; timestamps never decrease within an epoch (see `next_epoch`)",
                    self.name
                );
                SendError::Refused(frame, Error::new(message))
            }
            status => SendError::Refused(frame, failure(self.name, "send", status)),
        }
    }

    /// How many frames may be sent now without [`SendError::Full`].
    pub fn room(&self) -> u32 {
        if self.port.table.is_null() {
            return 0;
        }
        // SAFETY: as in `send`.
        unsafe { ((*self.port.table).room)(self.port.port) }
    }

    /// A block of its own of at least `bytes` bytes.
    ///
    /// # Errors
    /// The pool has no free buffer, or the memory budget of the graph does not allow so many.
    pub(crate) fn loan_block(&mut self, bytes: usize) -> Result<BlockRef> {
        let mut block = MaybeUninit::<BlockRef>::uninit();
        let status = match self.port.table {
            table if table.is_null() => Status::UNBOUND,
            // SAFETY: as in `send`; `block` is a place for one handle.
            table => unsafe { ((*table).loan)(self.port.port, bytes as u64, &raw mut block) },
        };
        match status {
            // SAFETY: `OK` says that a handle was written.
            Status::OK => Ok(unsafe { block.assume_init() }),
            Status::NO_BUFFER => Err(Error::new(format!(
                "port `{}` has no free buffer: its consumers hold all of them",
                self.name
            ))),
            Status::OVER_BUDGET => Err(Error::new(format!(
                "port `{}` asks for buffers of {bytes} bytes, which is over the memory budget of \
                 the graph; raise `memory_budget` or lower the depths of its links",
                self.name
            ))),
            status => Err(failure(self.name, "loan", status)),
        }
    }

    /// The number of `format`, announcing it if it is not that of the frame before.
    pub(crate) fn format_id(
        &mut self,
        is_same: impl FnOnce(&Format) -> bool,
        format: impl FnOnce() -> Format,
    ) -> Result<u32> {
        if let Some((announced, id)) = &self.announced
            && is_same(announced)
        {
            return Ok(*id);
        }
        if self.port.table.is_null() {
            return Err(failure(self.name, "announce a format", Status::UNBOUND));
        }
        let format = format();
        let json = format.canonical_json();
        let mut id = 0;
        // SAFETY: as in `send`; the text lives during the call.
        let status = unsafe {
            ((*self.port.table).announce_format)(
                self.port.port,
                json.as_ptr(),
                json.len(),
                &raw mut id,
            )
        };
        if !status.is_ok() {
            return Err(failure(self.name, "announce a format", status));
        }
        self.announced = Some((format, id));
        Ok(id)
    }

    /// Says that nothing will be sent with a timestamp before `until_ns`, so that a join need not
    /// wait for it.
    pub fn gap(&mut self, until_ns: i64) {
        if !self.port.table.is_null() {
            // SAFETY: as in `send`.
            unsafe { ((*self.port.table).gap)(self.port.port, until_ns) };
        }
    }

    /// Starts a new epoch: timestamps may start anew. A looping source calls this, and goes on
    /// with timestamps that continue. Returns the epoch's number.
    pub fn next_epoch(&mut self) -> u32 {
        let mut epoch = 0;
        if !self.port.table.is_null() {
            // SAFETY: as in `send`.
            unsafe { ((*self.port.table).next_epoch)(self.port.port, &raw mut epoch) };
        }
        epoch
    }

    /// Counts a frame that could not be made for want of a buffer (live sources).
    pub fn skip(&mut self) {
        if !self.port.table.is_null() {
            // SAFETY: as in `send`.
            unsafe { ((*self.port.table).skip)(self.port.port) };
        }
    }

    /// Counts `bytes` bytes that had to be copied on the way to this port, though in the best case
    /// they need not be. `edit` on outputs of pictures and samples counts for itself.
    pub fn count_copy(&mut self, bytes: usize, reason: CopyReason) {
        if !self.port.table.is_null() {
            // SAFETY: as in `send`.
            unsafe {
                ((*self.port.table).copied)(self.port.port, bytes as u64, reason.number());
            }
        }
    }
}

#[cold]
fn failure(port: &str, action: &str, status: Status) -> Error {
    let why = match status {
        Status::UNBOUND => "it is not bound to a host; run the processor in a graph or a harness",
        Status::ENDED => "it has ended",
        Status::INVALID => "the host refused an argument",
        _ => "the host gave an unknown answer",
    };
    let name = if port.is_empty() { "(unbound)" } else { port };
    Error::new(format!("port `{name}` cannot {action}: {why}"))
}
