//! Frames: an envelope and a counted block, typed by what the block holds.
//!
//! A frame is moved, not copied; cloning one retains the block. The content never changes after
//! `send`. What is loaned for filling (`...Mut`) is its holder's alone.

mod audio;
mod data;
mod describe;
mod packet;
mod video;

use streamlib_abi::{BlockError, Envelope, EnvelopeFlags, RawFrame};

pub use audio::{AudioFrame, AudioFrameMut};
pub use data::DataFrame;
pub use packet::{EncodedAudioFrame, EncodedVideoFrame, PacketFrame, PacketInfo, PacketMut};
pub use video::{VideoFrame, VideoFrameMut};

/// A type of frame: what a port is typed with.
pub trait FrameType: Sized + Send + 'static {
    /// Name of the schema.
    const SCHEMA: &'static str;

    /// The typed frame, after its content was checked.
    ///
    /// # Errors
    /// The content is not what the schema says.
    fn from_raw(raw: RawFrame) -> Result<Self, BlockError>;

    /// The typed frame of a frame that was of this type before.
    #[doc(hidden)]
    fn from_raw_unchecked(raw: RawFrame) -> Self;

    /// The frame as it lies in a queue.
    fn into_raw(self) -> RawFrame;
}

/// What every frame has: the times and marks of its sending.
macro_rules! frame_common {
    ($type:ident) => {
        impl $type {
            /// What belongs to this sending.
            pub fn envelope(&self) -> &$crate::abi::Envelope {
                &self.raw.envelope
            }

            /// What belongs to this sending, for retiming and marking; the content stays.
            pub fn envelope_mut(&mut self) -> &mut $crate::abi::Envelope {
                &mut self.raw.envelope
            }

            /// Position in the media, ns. Never decreases within an epoch.
            pub fn timestamp_ns(&self) -> i64 {
                self.raw.envelope.timestamp_ns
            }

            /// How long the content lasts, ns, if it is known.
            pub fn duration_ns(&self) -> Option<u64> {
                self.raw.envelope.duration_ns()
            }

            /// The handle to the content.
            pub fn block(&self) -> &$crate::abi::BlockRef {
                &self.raw.block
            }
        }
    };
}
pub(crate) use frame_common;

/// A frame of any type: for processors that pass frames on without looking inside.
#[derive(Debug, Clone)]
pub struct AnyFrame {
    raw: RawFrame,
}

frame_common!(AnyFrame);

impl FrameType for AnyFrame {
    const SCHEMA: &'static str = ANY_SCHEMA;

    fn from_raw(raw: RawFrame) -> Result<Self, BlockError> {
        Ok(Self { raw })
    }

    fn from_raw_unchecked(raw: RawFrame) -> Self {
        Self { raw }
    }

    fn into_raw(self) -> RawFrame {
        self.raw
    }
}

/// The schema of ports that take frames of every schema.
pub const ANY_SCHEMA: &str = "com.tatolab.any";

/// The envelope of a frame that is made from the one that `source` belongs to: times and trace are
/// kept, number, format and marks are not.
pub(crate) fn derived(source: &Envelope) -> Envelope {
    Envelope {
        sequence: 0,
        format_id: 0,
        flags: source.flags.without(EnvelopeFlags::DISCONTINUITY),
        ..*source
    }
}
