//! The block: the content of a frame, the same bytes on the heap and in shared memory, in every
//! language. It does not change after it was sent.
//!
//! ```text
//! header (144 bytes) | fixed metadata of the kind | MessagePack metadata | memories, 64-aligned
//! ```
//!
//! [`BlockView::parse`] checks everything before anything is read: a block may come from another
//! process. [`BlockHeader::layout`] and [`BlockView`] are the two ways in; nothing else knows
//! the offsets.

use crate::media::{AudioMeta, PacketMeta, VideoMeta};

/// Blocks and their memories start at multiples of this many bytes.
pub const BLOCK_ALIGNMENT: usize = 64;
/// The version of the block's layout.
pub const BLOCK_VERSION: u32 = 1;
/// The most memories that a block has.
pub const MAX_MEMORIES: usize = 4;

crate::media::named_numbers! {
    /// What a block holds.
    BlockKind: u32 {
        /// A picture, described by [`VideoMeta`].
        Video = 1 => "video",
        /// Audio samples, described by [`AudioMeta`].
        Audio = 2 => "audio",
        /// A compressed packet, described by [`PacketMeta`].
        Packet = 3 => "packet",
        /// A MessagePack body that the schema describes.
        Data = 4 => "data",
    }
}

crate::media::named_numbers! {
    /// Where the bytes of a memory are. Readers refuse a kind that they do not know, by name.
    MemoryKind: u32 {
        /// In the block itself.
        Inline = 1 => "inline",
    }
}

/// Where one part of the bulk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
pub struct Memory {
    /// [`MemoryKind`] number.
    pub kind: u32,
    /// Always 0; kept for a later version.
    pub reserved: u32,
    /// Offset from the start of the block, or a handle, as the kind says.
    pub offset: u64,
    /// Bytes.
    pub length: u64,
}

/// The first bytes of every block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct BlockHeader {
    /// Size of this struct as the writer knows it, in bytes.
    pub size: u32,
    /// [`BLOCK_VERSION`] of the writer.
    pub version: u32,
    /// Hash of the schema's name and major version; see `streamlib-schema`.
    pub schema_id: u64,
    /// [`BlockKind`] number.
    pub kind: u32,
    /// Used entries of `memories`, 0 to 4.
    pub memory_count: u32,
    /// Offset of the fixed metadata, from the start of the block.
    pub meta_offset: u32,
    /// Size of the fixed metadata, in bytes.
    pub meta_size: u32,
    /// Offset of the MessagePack metadata, from the start of the block.
    pub extra_offset: u32,
    /// Size of the MessagePack metadata, in bytes; 0 for none.
    pub extra_size: u32,
    /// Bytes of the block that are in use, all parts together.
    pub total_size: u64,
    /// The bulk.
    pub memories: [Memory; MAX_MEMORIES],
}

const HEADER_SIZE: usize = size_of::<BlockHeader>();
const _: () = assert!(HEADER_SIZE == 144 && align_of::<BlockHeader>() == 8);

/// Why a block cannot be read or laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockError {
    /// The block is shorter than what it says it holds.
    Truncated {
        /// Bytes that are there.
        have: u64,
        /// Bytes that are needed.
        need: u64,
    },
    /// The block does not start at a multiple of 64.
    Misaligned,
    /// The writer's layout is newer than this reader.
    Version(u32),
    /// The kind of block is not known.
    UnknownKind(u32),
    /// A memory is of a kind that this reader does not know.
    UnknownMemoryKind(u32),
    /// A number in the header contradicts another.
    Inconsistent(&'static str),
    /// The block holds something else than was asked for.
    WrongKind {
        /// What it holds.
        have: BlockKind,
        /// What was asked for.
        want: BlockKind,
    },
}

impl std::fmt::Display for BlockError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Truncated { have, need } => {
                write!(f, "the block has {have} bytes, but says that it holds {need}")
            }
            Self::Misaligned => write!(f, "the block does not start at a multiple of 64 bytes"),
            Self::Version(version) => write!(
                f,
                "the block has layout version {version}, this reader knows up to {BLOCK_VERSION}"
            ),
            Self::UnknownKind(kind) => write!(f, "the block is of the unknown kind {kind}"),
            Self::UnknownMemoryKind(kind) => write!(
                f,
                "a memory of the block is of the unknown kind {kind}; this reader knows `inline`"
            ),
            Self::Inconsistent(what) => write!(f, "the block's header is inconsistent: {what}"),
            Self::WrongKind { have, want } => {
                write!(f, "the block holds {have} where {want} was expected")
            }
        }
    }
}

impl std::error::Error for BlockError {}

/// A plain struct that may be read from any bytes of its size.
///
/// # Safety
/// Every bit pattern is a valid value, there is no padding, and alignment is at most 8.
pub unsafe trait Pod: Copy + 'static {
    /// The kind of block whose fixed metadata this is; `None` for others.
    const KIND: Option<BlockKind>;
}

// SAFETY: only integers, no padding (sizes asserted beside the struct), alignment 8.
unsafe impl Pod for BlockHeader {
    const KIND: Option<BlockKind> = None;
}
// SAFETY: as above.
unsafe impl Pod for VideoMeta {
    const KIND: Option<BlockKind> = Some(BlockKind::Video);
}
// SAFETY: as above.
unsafe impl Pod for AudioMeta {
    const KIND: Option<BlockKind> = Some(BlockKind::Audio);
}
// SAFETY: as above.
unsafe impl Pod for PacketMeta {
    const KIND: Option<BlockKind> = Some(BlockKind::Packet);
}

fn read_pod<T: Pod>(bytes: &[u8]) -> Option<&T> {
    if bytes.len() < size_of::<T>() || !(bytes.as_ptr() as usize).is_multiple_of(align_of::<T>()) {
        return None;
    }
    // SAFETY: long enough and aligned, and `Pod` promises that every bit pattern is valid.
    Some(unsafe { &*bytes.as_ptr().cast::<T>() })
}

/// Copies `value` over the first bytes of `bytes`. False if they do not suffice.
fn write_pod<T: Pod>(bytes: &mut [u8], value: &T) -> bool {
    let Some(target) = bytes.get_mut(..size_of::<T>()) else {
        return false;
    };
    // SAFETY: `Pod` promises that there is no padding, so all bytes of `value` are initialised.
    let source =
        unsafe { std::slice::from_raw_parts(std::ptr::from_ref(value).cast(), size_of::<T>()) };
    target.copy_from_slice(source);
    true
}

impl BlockHeader {
    /// Lays out a block: where its parts lie and how long it is altogether (`total_size`).
    /// `meta_size` is the size of the kind's fixed metadata, `extra_size` that of the MessagePack
    /// metadata, `memories` the lengths of the inline memories, in bytes.
    pub fn layout(
        kind: BlockKind,
        schema_id: u64,
        meta_size: usize,
        extra_size: usize,
        memories: &[usize],
    ) -> Result<Self, BlockError> {
        if memories.len() > MAX_MEMORIES {
            return Err(BlockError::Inconsistent("more than four memories"));
        }
        let too_large = BlockError::Inconsistent("a part is larger than 4 GiB");
        let extra_offset = (HEADER_SIZE + meta_size).next_multiple_of(8);
        let mut end = (extra_offset + extra_size) as u64;
        let mut list = [Memory::default(); MAX_MEMORIES];
        for (memory, &length) in list.iter_mut().zip(memories) {
            let offset = end.next_multiple_of(BLOCK_ALIGNMENT as u64);
            *memory = Memory {
                kind: MemoryKind::Inline.number(),
                reserved: 0,
                offset,
                length: length as u64,
            };
            end = offset.checked_add(length as u64).ok_or(too_large)?;
        }
        Ok(Self {
            size: HEADER_SIZE as u32,
            version: BLOCK_VERSION,
            schema_id,
            kind: kind.number(),
            memory_count: memories.len() as u32,
            meta_offset: HEADER_SIZE as u32,
            meta_size: u32::try_from(meta_size).map_err(|_| too_large)?,
            extra_offset: u32::try_from(extra_offset).map_err(|_| too_large)?,
            extra_size: u32::try_from(extra_size).map_err(|_| too_large)?,
            total_size: end,
            memories: list,
        })
    }

    /// Writes this header at the start of `block`.
    pub fn write(&self, block: &mut [u8]) -> Result<(), BlockError> {
        let error = BlockError::Truncated { have: block.len() as u64, need: self.total_size };
        if (block.len() as u64) < self.total_size || !write_pod(block, self) {
            return Err(error);
        }
        Ok(())
    }

    /// Writes the fixed metadata into `block`, which this header describes.
    pub fn write_meta<M: Pod>(&self, block: &mut [u8], meta: &M) -> Result<(), BlockError> {
        let part = self.part_mut(block, u64::from(self.meta_offset), u64::from(self.meta_size))?;
        if write_pod(part, meta) {
            return Ok(());
        }
        Err(BlockError::Inconsistent("the fixed metadata is larger than its place"))
    }

    /// The place of the MessagePack metadata in `block`, which this header describes.
    pub fn extra_mut<'b>(&self, block: &'b mut [u8]) -> Result<&'b mut [u8], BlockError> {
        self.part_mut(block, u64::from(self.extra_offset), u64::from(self.extra_size))
    }

    /// Memory `index` of `block`, which this header describes.
    pub fn memory_mut<'b>(
        &self,
        block: &'b mut [u8],
        index: usize,
    ) -> Result<&'b mut [u8], BlockError> {
        let memory = *self
            .memories
            .get(index)
            .filter(|_| index < self.memory_count as usize)
            .ok_or(BlockError::Inconsistent("there is no such memory"))?;
        self.part_mut(block, memory.offset, memory.length)
    }

    fn part_mut<'b>(
        &self,
        block: &'b mut [u8],
        offset: u64,
        length: u64,
    ) -> Result<&'b mut [u8], BlockError> {
        let have = block.len() as u64;
        let need = offset.saturating_add(length);
        range(offset, length)
            .and_then(|range| block.get_mut(range))
            .ok_or(BlockError::Truncated { have, need })
    }
}

fn range(offset: u64, length: u64) -> Option<std::ops::Range<usize>> {
    let start = usize::try_from(offset).ok()?;
    let end = usize::try_from(offset.checked_add(length)?).ok()?;
    Some(start..end)
}

/// A block whose header was checked: every part it names lies inside it.
#[derive(Debug, Clone, Copy)]
pub struct BlockView<'a> {
    bytes: &'a [u8],
    header: &'a BlockHeader,
    kind: BlockKind,
}

impl<'a> BlockView<'a> {
    /// Checks `bytes` and gives the view. Cost: a few comparisons, no copy.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, BlockError> {
        let have = bytes.len() as u64;
        if !(bytes.as_ptr() as usize).is_multiple_of(BLOCK_ALIGNMENT) {
            return Err(BlockError::Misaligned);
        }
        let header: &BlockHeader =
            read_pod(bytes).ok_or(BlockError::Truncated { have, need: HEADER_SIZE as u64 })?;
        if header.version > BLOCK_VERSION || header.version == 0 {
            return Err(BlockError::Version(header.version));
        }
        if (header.size as usize) < HEADER_SIZE {
            return Err(BlockError::Inconsistent("the header is shorter than version 1's"));
        }
        let kind =
            BlockKind::from_number(header.kind).ok_or(BlockError::UnknownKind(header.kind))?;
        if header.total_size > have {
            return Err(BlockError::Truncated { have, need: header.total_size });
        }
        let inside = |offset: u64, length: u64| {
            offset >= u64::from(header.size)
                && offset.checked_add(length).is_some_and(|end| end <= header.total_size)
        };
        if !inside(header.meta_offset.into(), header.meta_size.into())
            || !header.meta_offset.is_multiple_of(8)
        {
            return Err(BlockError::Inconsistent("the fixed metadata lies outside"));
        }
        if header.extra_size > 0 && !inside(header.extra_offset.into(), header.extra_size.into()) {
            return Err(BlockError::Inconsistent("the MessagePack metadata lies outside"));
        }
        if header.memory_count as usize > MAX_MEMORIES {
            return Err(BlockError::Inconsistent("more than four memories"));
        }
        for memory in &header.memories[..header.memory_count as usize] {
            if MemoryKind::from_number(memory.kind).is_none() {
                return Err(BlockError::UnknownMemoryKind(memory.kind));
            }
            if !inside(memory.offset, memory.length)
                || !memory.offset.is_multiple_of(BLOCK_ALIGNMENT as u64)
            {
                return Err(BlockError::Inconsistent("a memory lies outside or is not aligned"));
            }
        }
        Ok(Self { bytes, header, kind })
    }

    /// What the block holds.
    pub fn kind(&self) -> BlockKind {
        self.kind
    }

    /// The header as it was written.
    pub fn header(&self) -> &'a BlockHeader {
        self.header
    }

    /// The fixed metadata. Longer metadata of a newer writer is accepted, shorter is not.
    pub fn meta<M: Pod>(&self) -> Result<&'a M, BlockError> {
        if let Some(want) = M::KIND
            && want != self.kind
        {
            return Err(BlockError::WrongKind { have: self.kind, want });
        }
        let part = self.part(self.header.meta_offset.into(), self.header.meta_size.into());
        read_pod(part).ok_or(BlockError::Inconsistent("the fixed metadata is too short"))
    }

    /// The MessagePack metadata; empty for none.
    pub fn extra(&self) -> &'a [u8] {
        self.part(self.header.extra_offset.into(), self.header.extra_size.into())
    }

    /// How many memories there are.
    pub fn memory_count(&self) -> usize {
        self.header.memory_count as usize
    }

    /// The bytes of memory `index`; `None` if there are fewer.
    pub fn memory(&self, index: usize) -> Option<&'a [u8]> {
        let memory = self.header.memories[..self.memory_count()].get(index)?;
        Some(self.part(memory.offset, memory.length))
    }

    fn part(&self, offset: u64, length: u64) -> &'a [u8] {
        range(offset, length).and_then(|range| self.bytes.get(range)).unwrap_or(&[])
    }
}

#[cfg(test)]
mod tests;
