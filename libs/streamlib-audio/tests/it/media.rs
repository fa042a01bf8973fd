//! Making blocks of sound to push, and reading what came out.

use std::f64::consts::TAU;

use streamlib_processor::abi::block::{BlockHeader, BlockKind};
use streamlib_processor::abi::handle::heap_block;
use streamlib_processor::abi::media::AudioMeta;
use streamlib_processor::abi::{Envelope, EnvelopeFlags, RawFrame};
use streamlib_processor::harness::Harness;
use streamlib_processor::schema::{AudioFormat, Format, builtin};
use streamlib_processor::{AudioFrame, FrameType};

/// A block of interleaved samples.
pub(crate) fn block(format: &AudioFormat, timestamp_ns: i64, samples: &[f32]) -> AudioFrame {
    let meta = AudioMeta {
        size: size_of::<AudioMeta>() as u32,
        sample_rate: format.sample_rate,
        channels: format.channels,
        layout: format.layout.number(),
        sample_format: format.sample_format.number(),
        frame_count: samples.len() as u32 / format.channels,
    };
    let schema = builtin::id(builtin::AUDIO_FRAME);
    let memories = [samples.len() * 4];
    let header =
        BlockHeader::layout(BlockKind::Audio, schema, size_of::<AudioMeta>(), 0, &memories)
            .unwrap();
    let mut block = heap_block(header.total_size as usize);
    let bytes = block.bytes_mut().unwrap();
    header.write(bytes).unwrap();
    header.write_meta(bytes, &meta).unwrap();
    let memory = header.memory_mut(bytes, 0).unwrap();
    for (bytes, sample) in memory.chunks_exact_mut(4).zip(samples) {
        bytes.copy_from_slice(&sample.to_le_bytes());
    }
    let mut envelope = Envelope::at(timestamp_ns);
    let lasts = sample_ns(u64::from(meta.frame_count), meta.sample_rate);
    envelope.set_duration_ns(u64::try_from(lasts).ok());
    AudioFrame::from_raw(RawFrame { envelope, block }).unwrap()
}

/// When sample `index` is, ns, rounded to nearest.
pub(crate) fn sample_ns(index: u64, rate: u32) -> i64 {
    let (index, rate) = (i128::from(index), i128::from(rate));
    i64::try_from((index * 1_000_000_000 + rate / 2) / rate).unwrap()
}

/// A tone of half full scale, the same on every channel.
pub(crate) fn tone(hz: f64, format: &AudioFormat, frames: usize) -> Vec<f32> {
    let rate = f64::from(format.sample_rate);
    let sample = |n: usize| (TAU * hz * n as f64 / rate).sin() as f32 * 0.5;
    let channels = format.channels as usize;
    (0..frames * channels).map(|n| sample(n / channels)).collect()
}

/// Pushes samples from sample number `first` on, in blocks of `frames`, on lane `lane`.
pub(crate) fn push(
    harness: &mut Harness,
    lane: u32,
    format: &AudioFormat,
    first: u64,
    samples: &[f32],
    frames: usize,
) {
    let channels = format.channels as usize;
    let mut index = first;
    for samples in samples.chunks(frames * channels) {
        let frame = block(format, sample_ns(index, format.sample_rate), samples);
        harness.push("audio_in", lane, frame, &Format::Audio(format.clone())).unwrap();
        index += (samples.len() / channels) as u64;
    }
}

/// Calls until nothing more comes, ends the stream, and gives all that was sent.
pub(crate) fn run_to_end(harness: &mut Harness) -> Vec<Block> {
    harness.call_until_idle().unwrap();
    harness.end("audio_in", 0).unwrap();
    while harness.end_of_stream().unwrap().again {}
    sent(harness)
}

/// What was sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Block {
    pub(crate) timestamp_ns: i64,
    pub(crate) format: AudioFormat,
    pub(crate) samples: Vec<f32>,
    /// Marked as not following on.
    pub(crate) marked: bool,
    pub(crate) duration_ns: Option<u64>,
}

/// All that was sent and not taken.
pub(crate) fn sent(harness: &mut Harness) -> Vec<Block> {
    let mut blocks = Vec::new();
    while let Some(frame) = harness.take::<AudioFrame>("audio_out").unwrap() {
        blocks.push(Block {
            timestamp_ns: frame.timestamp_ns(),
            format: frame.format(),
            samples: frame.samples().to_vec(),
            marked: frame.envelope().flags.contains(EnvelopeFlags::DISCONTINUITY),
            duration_ns: frame.duration_ns(),
        });
    }
    blocks
}

/// Checks that each block starts where the one before ends, counted in samples from the first, and
/// gives all samples.
pub(crate) fn joined(blocks: &[Block]) -> Vec<f32> {
    let mut samples = Vec::new();
    let Some(first) = blocks.first() else { return samples };
    for (index, block) in blocks.iter().enumerate() {
        let channels = first.format.channels as usize;
        let frames = (samples.len() / channels) as u64;
        let expect = first.timestamp_ns + sample_ns(frames, first.format.sample_rate);
        assert_eq!(block.timestamp_ns, expect, "block {index}");
        assert_eq!(block.format, first.format, "block {index}");
        let lasts = sample_ns((block.samples.len() / channels) as u64, first.format.sample_rate);
        assert_eq!(block.duration_ns, u64::try_from(lasts).ok(), "block {index}");
        samples.extend_from_slice(&block.samples);
    }
    samples
}
