//! Structured data: a MessagePack body that a schema describes.

use serde::Serialize;
use serde::de::DeserializeOwned;
use streamlib_abi::block::{BlockHeader, BlockKind};
use streamlib_abi::{BlockError, Envelope, RawFrame};
use streamlib_schema::{Format, builtin};

use super::{FrameType, frame_common};
use crate::error::{Error, Result};
use crate::ports::Output;

/// Structured data. The body is the MessagePack part of the block.
#[derive(Debug, Clone)]
pub struct DataFrame {
    raw: RawFrame,
}

frame_common!(DataFrame);

impl FrameType for DataFrame {
    const SCHEMA: &'static str = builtin::DATA_FRAME;

    fn from_raw(raw: RawFrame) -> Result<Self, BlockError> {
        let kind = raw.block.view()?.kind();
        if kind != BlockKind::Data {
            return Err(BlockError::WrongKind { have: kind, want: BlockKind::Data });
        }
        Ok(Self { raw })
    }

    fn from_raw_unchecked(raw: RawFrame) -> Self {
        Self { raw }
    }

    fn into_raw(self) -> RawFrame {
        self.raw
    }
}

impl DataFrame {
    /// The body, MessagePack.
    pub fn body(&self) -> &[u8] {
        self.raw.block.view().map(|view| view.extra()).unwrap_or_default()
    }

    /// The body as a value.
    ///
    /// # Errors
    /// The body is not of the form of `T`.
    pub fn value<T: DeserializeOwned>(&self) -> Result<T> {
        rmp_serde::from_slice(self.body())
            .map_err(|error| Error::with_source("the data is not of the expected form", error))
    }
}

impl Output<DataFrame> {
    /// A frame that holds `value`, sent with `envelope`'s times.
    ///
    /// # Errors
    /// The value cannot be written as MessagePack, there is no free buffer, or the memory budget
    /// does not allow it.
    pub fn frame<T: Serialize>(&mut self, value: &T, mut envelope: Envelope) -> Result<DataFrame> {
        let body = rmp_serde::to_vec_named(value)
            .map_err(|error| Error::with_source("the data cannot be written", error))?;
        let header = BlockHeader::layout(
            BlockKind::Data,
            builtin::id(builtin::DATA_FRAME),
            0,
            body.len(),
            &[],
        )?;
        let mut block = self.loan_block(header.total_size as usize)?;
        let target = block.bytes_mut().ok_or("the host loaned a block that it still holds")?;
        header.write(target)?;
        header.extra_mut(target)?.copy_from_slice(&body);
        envelope.format_id =
            self.format_id(|announced| *announced == Format::Data, || Format::Data)?;
        Ok(DataFrame { raw: RawFrame { envelope, block } })
    }
}
