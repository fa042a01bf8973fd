//! What the author of a processor sees: the [`Processor`] trait, typed ports, frames, contexts,
//! and a [`harness`] that runs one processor alone.
//!
//! Guarantees:
//! - nothing here waits: a processor is called when its trigger holds and when there is room for
//!   what one call may send;
//! - a received frame never changes; a loaned frame is its holder's alone until it is sent;
//! - every reason for which a frame is not delivered is counted by whoever drops it.
//!
//! Not offered: queues, threads and graphs. Those are the engine's.

#![expect(unsafe_code, reason = "the port views call through the tables of streamlib-abi")]

pub mod audio;
mod config;
mod context;
mod error;
pub mod frame;
pub mod harness;
pub mod names;
mod object;
mod ports;
mod processor;

pub use config::{NoConfig, ProcessorConfig};
pub use context::{MediaConfig, ProcessContext, Resources, SetupContext};
pub use error::{Error, Result};
pub use frame::{
    AnyFrame, AudioFrame, AudioFrameMut, DataFrame, EncodedAudioFrame, EncodedVideoFrame,
    FrameType, PacketFrame, PacketInfo, PacketMut, VideoFrame, VideoFrameMut,
};
pub use object::{BoxedProcessor, DynProcessor, create, instantiate};
pub use ports::{Input, InputLanes, Output, SendError};
pub use processor::{Processor, ProcessorParts};
pub use streamlib_abi as abi;
pub use streamlib_abi::port::CopyReason;
pub use streamlib_macros::{ConfigChoice, ProcessorConfig, processor};
pub use streamlib_schema as schema;

/// What an author of processors imports.
pub mod prelude {
    pub use crate::abi::media::{
        ChannelLayout, Codec, Colour, Framing, PacketFlags, PixelFormat, Rational, SampleFormat,
    };
    pub use crate::abi::{Envelope, EnvelopeFlags};
    pub use crate::schema::{AudioFormat, Format, PacketFormat, VideoFormat};
    pub use crate::{
        AnyFrame, AudioFrame, ConfigChoice, DataFrame, EncodedAudioFrame, EncodedVideoFrame, Error,
        FrameType, Input, InputLanes, NoConfig, Output, PacketFrame, PacketInfo, ProcessContext,
        Processor, ProcessorConfig, Result, SendError, SetupContext, VideoFrame, processor,
    };
}

/// What the macros expand to. Not for people: it may change in any version.
#[doc(hidden)]
pub mod __private {
    pub use crate::abi::port::{InputPort, OutputPort};
    pub use crate::abi::{self, media};
    pub use crate::config::{NoConfig, ProcessorConfig, field};
    pub use crate::frame::FrameType;
    pub use crate::names::{InputName, OutputName};
    pub use crate::processor::ProcessorParts;
    pub use crate::schema::{self, builtin};
}
