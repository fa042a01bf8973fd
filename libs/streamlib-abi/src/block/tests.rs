use super::*;
use crate::handle::heap_block;
use crate::media::PixelFormat;

fn picture() -> (crate::BlockRef, BlockHeader) {
    let (meta, bytes) = VideoMeta::packed(PixelFormat::I420, 6, 4, 1);
    let header =
        BlockHeader::layout(BlockKind::Video, 42, size_of::<VideoMeta>(), 3, &[bytes]).unwrap();
    let mut block = heap_block(header.total_size as usize);
    let target = block.bytes_mut().unwrap();
    header.write(target).unwrap();
    header.write_meta(target, &meta).unwrap();
    header.extra_mut(target).unwrap().copy_from_slice(&[0x81, 0xa0, 0xc0]);
    header.memory_mut(target, 0).unwrap().fill(7);
    (block, header)
}

#[test]
fn what_was_written_is_read() {
    let (block, header) = picture();
    let view = block.view().unwrap();
    assert_eq!((view.kind(), *view.header()), (BlockKind::Video, header));
    assert_eq!(view.meta::<VideoMeta>().unwrap().width, 6);
    assert_eq!(view.extra(), [0x81, 0xa0, 0xc0]);
    assert!(view.memory(0).unwrap().iter().all(|&byte| byte == 7));
    assert_eq!(view.memory(1), None);
    assert_eq!(
        view.meta::<AudioMeta>().unwrap_err().to_string(),
        "the block holds video where audio was expected"
    );
}

#[test]
fn what_does_not_add_up_is_refused() {
    fn check(change: impl Fn(&mut BlockHeader), expect: BlockError) {
        let (mut block, mut header) = picture();
        change(&mut header);
        write_pod(block.bytes_mut().unwrap(), &header);
        assert_eq!(block.view().err(), Some(expect));
    }
    let size = picture().1.total_size;
    check(|h| h.version = 2, BlockError::Version(2));
    check(|h| h.kind = 77, BlockError::UnknownKind(77));
    check(|h| h.total_size = size + 1, BlockError::Truncated { have: size, need: size + 1 });
    check(|h| h.memories[0].kind = 9, BlockError::UnknownMemoryKind(9));
    check(|h| h.memory_count = 5, BlockError::Inconsistent("more than four memories"));
    let outside = BlockError::Inconsistent("a memory lies outside or is not aligned");
    check(|h| h.memories[0].length += 1, outside);
    check(|h| h.memories[0].offset = u64::MAX - 63, outside);
    check(|h| h.memories[0].offset = 0, outside);
    check(|h| h.meta_offset = 1 << 30, BlockError::Inconsistent("the fixed metadata lies outside"));
    check(
        |h| h.extra_offset = u32::MAX,
        BlockError::Inconsistent("the MessagePack metadata lies outside"),
    );
    check(|h| h.size = 8, BlockError::Inconsistent("the header is shorter than version 1's"));
}

#[test]
fn any_header_is_read_or_refused_but_never_escapes() {
    use proptest::prelude::*;
    let strategy = proptest::collection::vec((0..HEADER_SIZE, any::<u8>()), 0..12);
    proptest!(|(changes in strategy)| {
        let (mut block, _) = picture();
        for (at, byte) in changes {
            block.bytes_mut().unwrap()[at] = byte;
        }
        if let Ok(view) = block.view() {
            let _meta = view.meta::<VideoMeta>();
            let inside = block.bytes().as_ptr_range();
            for index in 0..view.memory_count() {
                let memory = view.memory(index).unwrap().as_ptr_range();
                prop_assert!(memory.is_empty() || inside.contains(&memory.start));
            }
        }
    });
}
