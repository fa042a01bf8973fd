//! The envelope: what belongs to one sending of a frame, and not to its content.
//!
//! It is moved by value: in the queue slot inside a process, as user header between processes.
//! Passing a frame on, retiming it or marking it changes the envelope and never the block.

/// Flags of an [`Envelope`], a set of bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(transparent)]
pub struct EnvelopeFlags(u32);

impl EnvelopeFlags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// The frame does not follow on from the one before it: the receiver should reset its state.
    pub const DISCONTINUITY: Self = Self(1);
    /// `duration_ns` is known.
    pub const HAS_DURATION: Self = Self(1 << 1);
    /// `capture_time_ns` is known.
    pub const HAS_CAPTURE_TIME: Self = Self(1 << 2);
    /// Before this frame its sender said that it had nothing for a while: a join does not look for
    /// frames that go with those of other lanes in between.
    pub const AFTER_GAP: Self = Self(1 << 3);

    /// True if every flag of `other` is set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// This set with the flags of `other` added.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This set with the flags of `other` taken away.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The bits as they cross the ABI. Unknown bits are kept.
    pub const fn bits(self) -> u32 {
        self.0
    }
}

/// What belongs to one sending of a frame. 64 bytes, no size field: versioned by the ABI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
pub struct Envelope {
    /// Position in the media, ns. Never decreases within an epoch. For packets: the dts.
    pub timestamp_ns: i64,
    /// How long the content lasts, ns. Meaningful with [`EnvelopeFlags::HAS_DURATION`].
    pub duration_ns: u64,
    /// Machine-wide monotonic time (`CLOCK_MONOTONIC`) at which the data entered the graph, ns.
    /// Meaningful with [`EnvelopeFlags::HAS_CAPTURE_TIME`].
    pub capture_time_ns: u64,
    /// Number of this frame at its sending port, without holes there, starting at 0.
    pub sequence: u64,
    /// Epoch: a restarted or looping source goes on in the next one.
    pub epoch: u32,
    /// Which format the block is in, a number the engine allots in each graph. 0: not announced.
    pub format_id: u32,
    /// Trace context that travels with the data (W3C trace id). All zero: not traced.
    pub trace_id: [u8; 16],
    /// Marks on this sending.
    pub flags: EnvelopeFlags,
    /// Always 0; kept for a later version.
    pub reserved: u32,
}

const _: () = assert!(size_of::<Envelope>() == 64 && align_of::<Envelope>() == 8);

impl Envelope {
    /// An envelope for a frame at `timestamp_ns`; everything else unknown or zero.
    pub fn at(timestamp_ns: i64) -> Self {
        Self { timestamp_ns, ..Self::default() }
    }

    /// The duration, if it is known, ns.
    pub fn duration_ns(&self) -> Option<u64> {
        self.flags.contains(EnvelopeFlags::HAS_DURATION).then_some(self.duration_ns)
    }

    /// Sets or clears the duration, ns.
    pub fn set_duration_ns(&mut self, duration_ns: Option<u64>) {
        self.duration_ns = duration_ns.unwrap_or(0);
        self.set_flag(EnvelopeFlags::HAS_DURATION, duration_ns.is_some());
    }

    /// The time at which the data entered the graph, if it is known, ns.
    pub fn capture_time_ns(&self) -> Option<u64> {
        self.flags.contains(EnvelopeFlags::HAS_CAPTURE_TIME).then_some(self.capture_time_ns)
    }

    /// Sets or clears the time at which the data entered the graph, ns.
    pub fn set_capture_time_ns(&mut self, capture_time_ns: Option<u64>) {
        self.capture_time_ns = capture_time_ns.unwrap_or(0);
        self.set_flag(EnvelopeFlags::HAS_CAPTURE_TIME, capture_time_ns.is_some());
    }

    fn set_flag(&mut self, flag: EnvelopeFlags, on: bool) {
        self.flags = if on { self.flags.with(flag) } else { self.flags.without(flag) };
    }

    /// The end of the frame in stream time: timestamp plus duration, ns.
    pub fn end_ns(&self) -> i64 {
        let duration = i64::try_from(self.duration_ns().unwrap_or(0)).unwrap_or(i64::MAX);
        self.timestamp_ns.saturating_add(duration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_times_are_told_apart_from_zero() {
        let mut envelope = Envelope::at(7);
        assert_eq!((envelope.duration_ns(), envelope.capture_time_ns()), (None, None));
        envelope.set_duration_ns(Some(0));
        envelope.set_capture_time_ns(Some(0));
        assert_eq!((envelope.duration_ns(), envelope.capture_time_ns()), (Some(0), Some(0)));
        envelope.set_duration_ns(None);
        assert_eq!((envelope.duration_ns(), envelope.capture_time_ns()), (None, Some(0)));
    }

    #[test]
    fn the_end_saturates() {
        let mut envelope = Envelope::at(i64::MAX - 1);
        envelope.set_duration_ns(Some(u64::MAX));
        assert_eq!(envelope.end_ns(), i64::MAX);
    }
}
