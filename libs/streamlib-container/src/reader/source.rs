//! Bytes of a file by position, never past its end.

use std::{
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use crate::{ContainerError, FourCc, Result};

/// A reader that knows its length and its name.
#[derive(Debug)]
pub(super) struct Source<R> {
    inner: R,
    length: u64,
    path: PathBuf,
}

/// Name, place and size of a box at the top level of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TopLevelBox {
    pub(super) kind: FourCc,
    pub(super) offset: u64,
    /// Whole size in bytes; saturated where the file claims more than fits.
    pub(super) size: u64,
}

impl TopLevelBox {
    pub(super) fn end(&self) -> u64 {
        self.offset.saturating_add(self.size)
    }
}

impl<R: Read + Seek> Source<R> {
    pub(super) fn new(mut inner: R, path: PathBuf) -> Result<Self> {
        match inner.seek(SeekFrom::End(0)) {
            Ok(0) => Err(ContainerError::Empty { path }),
            Ok(length) => Ok(Self { inner, length, path }),
            Err(source) => Err(ContainerError::Io { action: "read", path, source }),
        }
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Fills `buffer` with the bytes at `offset`.
    pub(super) fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        let read =
            self.inner.seek(SeekFrom::Start(offset)).and_then(|_| self.inner.read_exact(buffer));
        read.map_err(|source| self.io(source))
    }

    /// The whole box, at most `limit` bytes of it.
    pub(super) fn read_box(&mut self, header: &TopLevelBox, limit: u64) -> Result<Vec<u8>> {
        let TopLevelBox { kind, offset, size } = *header;
        if header.end() > self.length {
            return Err(self.truncated(header));
        }
        if size > limit {
            let path = self.path.clone();
            return Err(ContainerError::TooLarge { path, kind, offset, size, limit });
        }
        let mut bytes = vec![0; usize::try_from(size).unwrap_or(0)];
        self.read_at(offset, &mut bytes)?;
        Ok(bytes)
    }

    /// The header of the box at `offset`; `None` where fewer than 8 bytes are left. A size of 0
    /// means "to the end of the file".
    pub(super) fn top_level_box(&mut self, offset: u64) -> Result<Option<TopLevelBox>> {
        if self.length.saturating_sub(offset) < 8 {
            return Ok(None);
        }
        let mut header = [0; 8];
        self.read_at(offset, &mut header)?;
        let [s0, s1, s2, s3, k0, k1, k2, k3] = header;
        let kind = FourCc([k0, k1, k2, k3]);
        let mut least = 8;
        let size = match u32::from_be_bytes([s0, s1, s2, s3]) {
            0 => self.length - offset,
            1 if self.length - offset < 16 => u64::MAX,
            1 => {
                let mut large = [0; 8];
                self.read_at(offset + 8, &mut large)?;
                least = 16;
                u64::from_be_bytes(large)
            }
            size => u64::from(size),
        };
        if size < least {
            return Err(ContainerError::Malformed {
                path: self.path.clone(),
                kind,
                offset,
                reason: format!("its size {size} is smaller than its own header"),
            });
        }
        Ok(Some(TopLevelBox { kind, offset, size }))
    }

    pub(super) fn truncated(&self, header: &TopLevelBox) -> ContainerError {
        ContainerError::Truncated {
            path: self.path.clone(),
            kind: header.kind,
            offset: header.offset,
            needed: header.end(),
            available: self.length,
        }
    }

    fn io(&self, source: io::Error) -> ContainerError {
        ContainerError::Io { action: "read", path: self.path.clone(), source }
    }
}
