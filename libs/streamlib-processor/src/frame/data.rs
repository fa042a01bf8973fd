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
        // Written twice, once to count: the body goes straight into the block.
        let mut length = Length(0);
        write_body(&mut length, value)?;
        let header = BlockHeader::layout(
            BlockKind::Data,
            builtin::id(builtin::DATA_FRAME),
            0,
            length.0,
            &[],
        )?;
        let mut block = self.loan_block(header.total_size as usize)?;
        let target = block.bytes_mut().ok_or("the host loaned a block that it still holds")?;
        header.write(target)?;
        let mut body = header.extra_mut(target)?;
        write_body(&mut body, value)?;
        if !body.is_empty() {
            return Err(Error::new("the data was written twice, and not alike"));
        }
        envelope.format_id =
            self.format_id(|announced| *announced == Format::Data, || Format::Data)?;
        Ok(DataFrame { raw: RawFrame { envelope, block } })
    }
}

/// Writes nothing, counts the bytes.
struct Length(usize);

impl std::io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn write_body<T: Serialize>(target: &mut impl std::io::Write, value: &T) -> Result<()> {
    rmp_serde::encode::write_named(target, value)
        .map_err(|error| Error::with_source("the data cannot be written", error))
}
