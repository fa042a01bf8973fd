//! One sample as the tables describe it, before edits.

/// A sample on the media time line, in ticks of its track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MediaSample {
    /// First byte in the file.
    pub(super) offset: u64,
    /// Length in bytes.
    pub(super) size: u32,
    /// Decode time.
    pub(super) dts: i64,
    /// Presentation time minus decode time.
    pub(super) composition_offset: i64,
    pub(super) duration: u32,
    pub(super) key_frame: bool,
}

impl MediaSample {
    /// Presentation time on the media time line.
    pub(super) fn pts(&self) -> i64 {
        self.dts.saturating_add(self.composition_offset)
    }
}
