//! From times in the file to stream time.

use streamlib_processor::abi::Envelope;

/// How times in the file become stream time, in the present pass through the file.
#[derive(Debug, Clone, Copy)]
pub(in crate::processors) struct Timeline {
    /// What comes before this time of the file is decoded and not given, ns.
    pub(in crate::processors) start_ns: i64,
    /// What is added to times of the file, ns.
    pub(in crate::processors) offset_ns: i64,
}

impl Timeline {
    /// Stream time of a time of the file, ns.
    pub(in crate::processors) fn stream_ns(&self, file_ns: i64) -> i64 {
        file_ns.saturating_add(self.offset_ns)
    }

    /// The envelope of a frame that is presented between two times of the file, ns.
    pub(in crate::processors) fn envelope(&self, from_ns: i64, end_ns: i64) -> Envelope {
        let mut envelope = Envelope::at(self.stream_ns(from_ns));
        envelope.set_duration_ns(u64::try_from(end_ns.saturating_sub(from_ns)).ok());
        envelope
    }
}
