//! Boxes inside a byte slice, each knowing where it lies in the file.
//!
//! The tree is walked here, so that every error names the box and its byte; the content of single
//! boxes is decoded by `shiguredo_mp4`. Nothing is copied, and nothing recurses: the depth of what
//! is read is fixed by the code.

use std::path::Path;

use shiguredo_mp4::Decode;

use crate::{ContainerError, FourCc, Result};

/// One box: its name, its place in the file, and all its bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct BoxView<'a> {
    pub(super) kind: FourCc,
    pub(super) offset: u64,
    pub(super) bytes: &'a [u8],
    header_length: usize,
    path: &'a Path,
}

impl<'a> BoxView<'a> {
    /// The box that `bytes` starts with; `offset` is where `bytes` lies in the file.
    pub(super) fn first(bytes: &'a [u8], offset: u64, path: &'a Path) -> Result<Self> {
        let malformed = |kind: FourCc, reason: String| ContainerError::Malformed {
            path: path.to_owned(),
            kind,
            offset,
            reason,
        };
        let mut fields = Fields::new(bytes);
        let (Some(short), Some(kind)) = (fields.u32(), fields.four_cc()) else {
            let reason = format!("{} bytes are left, too few for a box", bytes.len());
            return Err(malformed(FourCc(*b"????"), reason));
        };
        let size = if short == 1 { fields.u64().unwrap_or(0) } else { u64::from(short) };
        let header_length = bytes.len() - fields.rest().len();
        match usize::try_from(size).ok().filter(|size| *size >= header_length) {
            Some(size) if size <= bytes.len() => {
                Ok(Self { kind, offset, bytes: &bytes[..size], header_length, path })
            }
            Some(size) => Err(malformed(
                kind,
                format!("it claims {size} bytes and its parent has {} left", bytes.len()),
            )),
            None => Err(malformed(kind, format!("its size {size} is impossible"))),
        }
    }

    /// The bytes behind the header.
    pub(super) fn payload(&self) -> &'a [u8] {
        &self.bytes[self.header_length..]
    }

    /// Where the payload starts in the file.
    pub(super) fn payload_offset(&self) -> u64 {
        self.offset + self.header_length as u64
    }

    /// The boxes inside, after `skip` bytes of fields of this one.
    pub(super) fn children(&self, skip: usize) -> Children<'a> {
        let skip = skip.min(self.payload().len());
        Children {
            rest: &self.payload()[skip..],
            offset: self.payload_offset() + skip as u64,
            path: self.path,
        }
    }

    /// The first child of that name.
    pub(super) fn child(&self, name: &[u8; 4]) -> Result<Option<BoxView<'a>>> {
        for child in self.children(0) {
            let child = child?;
            if child.kind.0 == *name {
                return Ok(Some(child));
            }
        }
        Ok(None)
    }

    /// The first child of that name, which the format demands.
    pub(super) fn required_child(&self, name: &[u8; 4]) -> Result<BoxView<'a>> {
        self.child(name)?
            .ok_or_else(|| self.malformed(format!("it has no '{}' box inside", FourCc(*name))))
    }

    /// The content of this box, decoded.
    pub(super) fn decode<T: Decode>(&self) -> Result<T> {
        match T::decode(self.bytes) {
            Ok((content, _)) => Ok(content),
            Err(error) if error.reason.is_empty() => {
                Err(self.malformed("it ends before its fields do"))
            }
            Err(error) => Err(self.malformed(error.reason)),
        }
    }

    /// An error about this box.
    pub(super) fn malformed(&self, reason: impl Into<String>) -> ContainerError {
        ContainerError::Malformed {
            path: self.path.to_owned(),
            kind: self.kind,
            offset: self.offset,
            reason: reason.into(),
        }
    }
}

/// Iterator over the boxes of a parent. It ends after the first error, and before a rest of fewer
/// than 8 bytes (QuickTime ends some lists with a zero word).
#[derive(Debug)]
pub(super) struct Children<'a> {
    rest: &'a [u8],
    offset: u64,
    path: &'a Path,
}

impl<'a> Iterator for Children<'a> {
    type Item = Result<BoxView<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.len() < 8 {
            return None;
        }
        let child = BoxView::first(self.rest, self.offset, self.path);
        match &child {
            Ok(child) => {
                self.rest = &self.rest[child.bytes.len()..];
                self.offset += child.bytes.len() as u64;
            }
            Err(_) => self.rest = &[],
        }
        Some(child)
    }
}

/// Big-endian fields, taken one after the other. `None` once the bytes are used up.
#[derive(Debug, Clone)]
pub(super) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.0
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    pub(super) fn skip(&mut self, count: usize) -> Option<()> {
        self.0 = self.0.get(count..)?;
        Some(())
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.take().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.take().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_be_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_be_bytes)
    }

    pub(super) fn four_cc(&mut self) -> Option<FourCc> {
        self.take().map(FourCc)
    }
}
