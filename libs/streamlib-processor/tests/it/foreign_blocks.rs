//! Blocks as another process may send them: what the accessors would rely on is checked first.

use streamlib_processor::AnyFrame;
use streamlib_processor::abi::RawFrame;
use streamlib_processor::abi::block::{BlockHeader, BlockKind, Pod};
use streamlib_processor::abi::handle::heap_block;
use streamlib_processor::abi::media::{AudioMeta, PacketMeta, VideoMeta};
use streamlib_processor::harness::{DetachedOutput, Harness};
use streamlib_processor::prelude::*;

use crate::processors::Relay;

pub(crate) fn frame(kind: BlockKind, meta: &impl Pod, memory: usize) -> RawFrame {
    let header = BlockHeader::layout(kind, 0, size_of_val(meta), 0, &[memory]).unwrap();
    let mut block = heap_block(header.total_size as usize);
    let bytes = block.bytes_mut().unwrap();
    header.write(bytes).unwrap();
    header.write_meta(bytes, meta).unwrap();
    RawFrame { envelope: Envelope::at(0), block }
}

/// An I420 picture of 16 by 8 pixels whose maker changed its metadata. Its planes are 32 bytes a
/// row, at 0, 256 and 384 of 512 bytes.
fn picture(change: impl FnOnce(&mut VideoMeta)) -> RawFrame {
    let (mut meta, bytes) = VideoFormat::new(PixelFormat::I420, 16, 8).meta();
    assert_eq!((meta.planes.map(|plane| plane.offset), bytes), ([0, 256, 384, 0], 512));
    change(&mut meta);
    frame(BlockKind::Video, &meta, bytes)
}

fn check_picture(change: impl FnOnce(&mut VideoMeta), expect: Option<&str>) {
    let result = VideoFrame::from_raw(picture(change));
    let message = result.err().map(|error| error.to_string());
    let expect = expect.map(|text| format!("the block's header is inconsistent: {text}"));
    assert_eq!(message, expect);
}

#[test]
fn a_picture_is_what_its_metadata_says() {
    check_picture(|_| (), None);
    check_picture(|meta| meta.pixel_format = 99, Some("the pixel format is not known"));
    check_picture(|meta| meta.height = 0, Some("width and height are not 1 to 32,768"));
    check_picture(|meta| meta.width = 32_769, Some("width and height are not 1 to 32,768"));
    let planes = Some("the planes are not those of the pixel format");
    check_picture(|meta| meta.plane_count = 2, planes);
    check_picture(|meta| meta.plane_count = u32::MAX, planes);
    let outside = Some("a plane does not fit its memory");
    check_picture(|meta| meta.planes[2].offset = 385, outside);
    check_picture(|meta| meta.planes[2].offset = u64::MAX, outside);
    check_picture(|meta| meta.planes[0].stride = 15, outside);
    check_picture(|meta| meta.planes[0].stride = u32::MAX, outside);
    check_picture(|meta| meta.planes[1].rows = 5, outside);
    check_picture(|meta| meta.planes[1].rows = 3, outside);
    let over = Some("planes lie over each other");
    check_picture(|meta| meta.planes[1].offset = 255, over);
    check_picture(|meta| meta.planes[2].offset = 256, over);
    let visible = Some("the visible part lies outside the picture");
    check_picture(|meta| meta.visible.x = 1, visible);
    check_picture(|meta| meta.visible.y = u32::MAX, visible);
}

#[test]
fn planes_may_lie_in_any_order() {
    let raw = picture(|meta| meta.planes.swap(1, 2));
    let frame = VideoFrame::from_raw(raw).unwrap();
    let mut output = DetachedOutput::<VideoFrame>::new();
    let mut picture = output.edit(frame).unwrap();
    for (plane, value) in picture.planes_mut().into_iter().zip([1, 2, 3, 4]) {
        plane.fill(value);
    }
    let frame = VideoFrame::from(picture);
    for (index, length) in [(0, 256), (1, 128), (2, 128), (3, 0)] {
        assert_eq!(frame.plane(index), vec![index as u8 + 1; length], "plane {index}");
    }
}

fn check_samples(change: impl FnOnce(&mut AudioMeta), expect: Option<&str>) {
    let mut meta = AudioMeta {
        size: size_of::<AudioMeta>() as u32,
        sample_rate: 48_000,
        channels: 2,
        layout: ChannelLayout::Stereo.number(),
        sample_format: SampleFormat::F32.number(),
        frame_count: 3,
    };
    change(&mut meta);
    let result = AudioFrame::from_raw(frame(BlockKind::Audio, &meta, 24));
    let message = result.err().map(|error| error.to_string());
    let expect = expect.map(|text| format!("the block's header is inconsistent: {text}"));
    assert_eq!(message, expect);
}

#[test]
fn samples_are_as_many_as_is_said() {
    check_samples(|_| (), None);
    check_samples(|meta| meta.layout = 99, None);
    let format = Some("the sample format is not f32");
    check_samples(|meta| meta.sample_format = SampleFormat::S16.number(), format);
    let range = Some("not 1 to 8 channels, or a rate over 768,000 or 0");
    check_samples(|meta| meta.channels = 9, range);
    check_samples(|meta| meta.sample_rate = 0, range);
    check_samples(|meta| meta.sample_rate = 768_001, range);
    check_samples(|meta| meta.sample_rate = 768_000, None);
    let count = Some("the samples are not as many as is said");
    check_samples(|meta| meta.frame_count = 4, count);
    check_samples(|meta| meta.frame_count = u32::MAX, count);
}

#[test]
fn a_packet_has_content() {
    let meta = PacketMeta {
        size: size_of::<PacketMeta>() as u32,
        codec: 999,
        framing: 999,
        flags: PacketFlags::default(),
        pts_ns: 0,
        dts_ns: 0,
        trim_start: 0,
        trim_end: 0,
    };
    let packet = EncodedAudioFrame::from_raw(frame(BlockKind::Packet, &meta, 1)).unwrap();
    assert_eq!((packet.codec(), packet.framing(), packet.data()), (None, None, [0].as_slice()));
    let header =
        BlockHeader::layout(BlockKind::Packet, 0, size_of::<PacketMeta>(), 0, &[]).unwrap();
    let mut block = heap_block(header.total_size as usize);
    header.write(block.bytes_mut().unwrap()).unwrap();
    let error = EncodedAudioFrame::from_raw(RawFrame { envelope: Envelope::at(0), block });
    assert_eq!(
        error.unwrap_err().to_string(),
        "the block's header is inconsistent: a packet without content"
    );
}

#[test]
fn a_port_names_itself_when_its_frame_cannot_be_read() {
    let mut harness = Harness::new::<Relay<AudioFrame>>(NoConfig {}).unwrap();
    let foreign = AnyFrame::from_raw(picture(|_| ())).unwrap();
    harness.push("input", 0, foreign, &Format::Data).unwrap();
    assert_eq!(
        harness.call().unwrap_err().to_string(),
        "port `input` got a frame that it cannot read: \
         the block holds video where audio was expected"
    );
}
