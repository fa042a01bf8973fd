//! Compressed packets.

use streamlib_abi::block::{BlockHeader, BlockKind};
use streamlib_abi::media::{Codec, Framing, PacketFlags, PacketMeta};
use streamlib_abi::{BlockError, BlockRef, Envelope, RawFrame};
use streamlib_schema::{Format, PacketFormat, builtin};

use super::{FrameType, frame_common};
use crate::error::Result;
use crate::ports::Output;

/// A frame that holds a compressed packet.
pub trait PacketFrame: FrameType {
    /// The frame as it lies in a queue.
    fn raw(&self) -> &RawFrame;

    /// The fixed metadata.
    fn meta(&self) -> &PacketMeta {
        let view = self.raw().block.view().expect("the block was checked when it was received");
        view.meta().expect("the block was checked when it was received")
    }

    /// The codec of the content; `None` for one that this version does not know.
    fn codec(&self) -> Option<Codec> {
        Codec::from_number(self.meta().codec)
    }

    /// How units are told apart; `None` for a framing that this version does not know.
    fn framing(&self) -> Option<Framing> {
        Framing::from_number(self.meta().framing)
    }

    /// True if decoding can start here.
    fn is_key_frame(&self) -> bool {
        self.meta().flags.contains(PacketFlags::KEY_FRAME)
    }

    /// The packet.
    fn data(&self) -> &[u8] {
        let view = self.raw().block.view().expect("the block was checked when it was received");
        view.memory(0).unwrap_or_default()
    }

    /// The codec's parameters (`avcC`, `AudioSpecificConfig`, `dOps`); empty for none.
    fn parameters(&self) -> &[u8] {
        let view = self.raw().block.view().expect("the block was checked when it was received");
        view.memory(1).unwrap_or_default()
    }
}

fn check(block: &BlockRef) -> Result<(), BlockError> {
    let view = block.view()?;
    let _meta: &PacketMeta = view.meta()?;
    view.memory(0).ok_or(BlockError::Inconsistent("a packet without content"))?;
    Ok(())
}

macro_rules! packet_frame {
    ($(#[$meta:meta])* $type:ident, $schema:expr) => {
        $(#[$meta])*
        #[derive(Debug, Clone)]
        pub struct $type {
            raw: RawFrame,
        }

        frame_common!($type);

        impl FrameType for $type {
            const SCHEMA: &'static str = $schema;

            fn from_raw(raw: RawFrame) -> Result<Self, BlockError> {
                check(&raw.block)?;
                Ok(Self { raw })
            }

            fn from_raw_unchecked(raw: RawFrame) -> Self {
                Self { raw }
            }

            fn into_raw(self) -> RawFrame {
                self.raw
            }
        }

        impl $type {
            /// The envelope and the fixed metadata, as its schema has them.
            pub fn describe(&self) -> serde_json::Value {
                super::describe::packet(self)
            }
        }

        impl PacketFrame for $type {
            fn raw(&self) -> &RawFrame {
                &self.raw
            }
        }

        impl From<PacketMut> for $type {
            fn from(packet: PacketMut) -> Self {
                Self { raw: RawFrame { envelope: packet.envelope, block: packet.block } }
            }
        }
    };
}

packet_frame!(
    /// A compressed picture. The envelope's timestamp is the dts; the pts is in the metadata.
    EncodedVideoFrame,
    builtin::ENCODED_VIDEO_FRAME
);
packet_frame!(
    /// Compressed audio. The envelope's timestamp is the dts; the pts is in the metadata.
    EncodedAudioFrame,
    builtin::ENCODED_AUDIO_FRAME
);

/// A packet to be filled: its holder's alone.
#[derive(Debug)]
pub struct PacketMut {
    envelope: Envelope,
    block: BlockRef,
    header: BlockHeader,
}

impl PacketMut {
    /// What belongs to this sending.
    pub fn envelope_mut(&mut self) -> &mut Envelope {
        &mut self.envelope
    }

    /// The packet for writing, of the length that was asked for.
    pub fn data_mut(&mut self) -> &mut [u8] {
        let bytes = self.block.bytes_mut().expect("a loaned block is its holder's alone");
        self.header.memory_mut(bytes, 0).expect("laid out when it was loaned")
    }
}

/// What is said of a packet beside its format.
#[derive(Debug, Clone, Copy, Default)]
pub struct PacketInfo {
    /// Marks.
    pub flags: PacketFlags,
    /// When the content is shown or heard, stream time, ns.
    pub pts_ns: i64,
    /// Samples to cut at the start of the decoded content, each channel.
    pub trim_start: u32,
    /// Samples to cut at the end of the decoded content, each channel.
    pub trim_end: u32,
}

impl<F: PacketFrame + From<PacketMut>> Output<F> {
    /// A packet of `length` bytes to be filled, with undefined content. `envelope`'s timestamp is
    /// the dts.
    ///
    /// # Errors
    /// There is no free buffer (not for the first `max_per_call` frames of a call), or the memory
    /// budget does not allow it.
    pub fn loan(
        &mut self,
        format: &PacketFormat,
        length: usize,
        info: PacketInfo,
        mut envelope: Envelope,
    ) -> Result<PacketMut> {
        let meta = PacketMeta {
            size: size_of::<PacketMeta>() as u32,
            codec: format.codec.number(),
            framing: format.framing.number(),
            flags: info.flags,
            pts_ns: info.pts_ns,
            dts_ns: envelope.timestamp_ns,
            trim_start: info.trim_start,
            trim_end: info.trim_end,
        };
        let memories = [length, format.parameters.len()];
        let used = if format.parameters.is_empty() { 1 } else { 2 };
        let header = BlockHeader::layout(
            BlockKind::Packet,
            builtin::id(F::SCHEMA),
            size_of::<PacketMeta>(),
            0,
            &memories[..used],
        )?;
        let mut block = self.loan_block(header.total_size as usize)?;
        let target = block.bytes_mut().ok_or("the host loaned a block that it still holds")?;
        header.write(target)?;
        header.write_meta(target, &meta)?;
        if used == 2 {
            header.memory_mut(target, 1)?.copy_from_slice(&format.parameters);
        }
        envelope.format_id = self.format_id(
            |announced| matches!(announced, Format::Packet(packet) if packet == format),
            || Format::Packet(format.clone()),
        )?;
        Ok(PacketMut { envelope, block, header })
    }
}
