//! Blocks, as another process could have written them.

use streamlib_abi::BlockView;
use streamlib_abi::block::BLOCK_ALIGNMENT;
use streamlib_abi::media::{AudioMeta, PacketMeta, VideoMeta};

/// Reads a block. Every part that its header names lies inside of it.
///
/// # Panics
/// A part lies elsewhere.
pub fn block(bytes: &[u8]) {
    let mut room = vec![0; bytes.len() + BLOCK_ALIGNMENT];
    let start = room.as_ptr().align_offset(BLOCK_ALIGNMENT);
    let Some(block) = room.get_mut(start..start + bytes.len()) else { return };
    block.copy_from_slice(bytes);
    let block = &*block;
    let view = match BlockView::parse(block) {
        Ok(view) => view,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let inside = |part: &[u8]| {
        part.is_empty()
            || block.as_ptr_range().contains(&part.as_ptr()) && part.len() <= block.len()
    };
    assert!(inside(view.extra()), "the MessagePack metadata lies outside");
    for index in 0..view.memory_count() {
        assert!(view.memory(index).is_some_and(inside), "memory {index} lies outside");
    }
    assert!(view.memory(view.memory_count()).is_none());
    if let Ok(meta) = view.meta::<VideoMeta>() {
        let (_colour, _rate) = (meta.colour(), meta.frame_rate.reduced());
        let _start = meta.frame_rate.frame_start_ns(u64::MAX);
    }
    let (_audio, _packet) = (view.meta::<AudioMeta>(), view.meta::<PacketMeta>());
}
