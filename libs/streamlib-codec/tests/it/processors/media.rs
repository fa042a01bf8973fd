//! Frames to push, and what came out.

use streamlib_codec::I420View;
use streamlib_processor::PacketMut;
use streamlib_processor::harness::{CallOutcome, DetachedOutput, Harness};
use streamlib_processor::prelude::*;

use crate::support::OwnedPicture;

/// A packet of a test.
#[derive(Debug, Clone)]
pub(crate) struct Packet {
    pub(crate) data: Vec<u8>,
    pub(crate) info: PacketInfo,
    pub(crate) envelope: Envelope,
    pub(crate) format: PacketFormat,
}

impl Packet {
    pub(crate) fn new(format: &PacketFormat, data: &[u8], pts_ns: i64) -> Self {
        Self {
            data: data.to_vec(),
            info: PacketInfo { pts_ns, ..PacketInfo::default() },
            envelope: Envelope::at(pts_ns),
            format: format.clone(),
        }
    }

    pub(crate) fn is_key_frame(&self) -> bool {
        self.info.flags.contains(PacketFlags::KEY_FRAME)
    }

    pub(crate) fn discontinuous(mut self) -> Self {
        self.envelope.flags = self.envelope.flags.with(EnvelopeFlags::DISCONTINUITY);
        self
    }
}

/// A format of packets that says no more than it has to.
pub(crate) fn packet_format(codec: Codec, framing: Framing, parameters: &[u8]) -> PacketFormat {
    PacketFormat { codec, framing, parameters: parameters.to_vec(), video: None, audio: None }
}

fn push<F: PacketFrame + From<PacketMut>>(harness: &mut Harness, port: &str, packet: &Packet) {
    let mut output = DetachedOutput::<F>::new();
    let mut out = output
        .loan(&packet.format, packet.data.len(), packet.info, packet.envelope)
        .expect("a block");
    out.data_mut().copy_from_slice(&packet.data);
    let format = Format::Packet(packet.format.clone());
    harness.push(port, 0, F::from(out), &format).expect("an input");
}

pub(crate) fn push_video(harness: &mut Harness, packet: &Packet) {
    push::<EncodedVideoFrame>(harness, "video_in", packet);
}

pub(crate) fn push_audio(harness: &mut Harness, packet: &Packet) {
    push::<EncodedAudioFrame>(harness, "audio_in", packet);
}

/// Every packet that an output has sent.
pub(crate) fn taken<F: PacketFrame>(harness: &mut Harness, port: &str) -> Vec<Packet> {
    let mut packets = Vec::new();
    while let Some(frame) = harness.take::<F>(port).expect("an output") {
        let meta = frame.meta();
        assert_eq!(frame.raw().envelope.timestamp_ns, meta.dts_ns);
        let info = PacketInfo {
            flags: meta.flags,
            pts_ns: meta.pts_ns,
            trim_start: meta.trim_start,
            trim_end: meta.trim_end,
        };
        let (codec, framing) = (frame.codec().expect("known"), frame.framing().expect("known"));
        packets.push(Packet {
            data: frame.data().to_vec(),
            info,
            envelope: frame.raw().envelope,
            format: packet_format(codec, framing, frame.parameters()),
        });
    }
    packets
}

/// Calls until all is taken and the stream is over.
pub(crate) fn finish(harness: &mut Harness) -> Result<()> {
    harness.call_until_idle()?;
    let again = |outcome: CallOutcome| outcome.again;
    while again(harness.end_of_stream()?) {}
    Ok(())
}

/// A picture as a frame, with rows that are padded.
pub(crate) fn picture_frame(picture: &OwnedPicture, pixel: PixelFormat, at_ns: i64) -> VideoFrame {
    let mut output = DetachedOutput::<VideoFrame>::new();
    let format = VideoFormat {
        frame_rate: Rational::new(25, 1),
        ..VideoFormat::new(pixel, picture.width, picture.height)
    };
    let mut out = output.loan(&format, at_ns).expect("a block");
    let envelope = out.envelope_mut();
    envelope.set_duration_ns(Some(40_000_000));
    envelope.set_capture_time_ns(Some(5_000 + at_ns.unsigned_abs()));
    envelope.trace_id = [9; 16];
    let strides = [0, 1, 2].map(|plane| out.stride(plane));
    let [y, u, v, _] = out.planes_mut();
    if pixel == PixelFormat::I420 {
        assert!(picture.view().copy_to([y, u, v], strides));
        return out.into();
    }
    let (columns, chroma) = (picture.width as usize, picture.width as usize / 2);
    for (to, from) in y.chunks_mut(strides[0]).zip(picture.planes[0].chunks(columns)) {
        to[..columns].copy_from_slice(from);
    }
    let pairs = picture.planes[1].iter().zip(&picture.planes[2]);
    for (index, (cb, cr)) in pairs.enumerate() {
        let at = index / chroma * strides[1] + index % chroma * 2;
        [u[at], u[at + 1]] = [*cb, *cr];
    }
    out.into()
}

pub(crate) fn push_picture(harness: &mut Harness, frame: VideoFrame) {
    let format = Format::Video(frame.format());
    harness.push("video_in", 0, frame, &format).expect("an input");
}

/// A received picture, viewed.
pub(crate) fn view(frame: &VideoFrame) -> I420View<'_> {
    I420View {
        width: frame.width(),
        height: frame.height(),
        planes: [0, 1, 2].map(|plane| frame.plane(plane)),
        strides: [0, 1, 2].map(|plane| frame.stride(plane)),
    }
}

/// Every picture that was sent.
pub(crate) fn pictures(harness: &mut Harness) -> Vec<VideoFrame> {
    let take = || harness.take::<VideoFrame>("video_out").expect("an output");
    std::iter::from_fn(take).collect()
}

pub(crate) fn is_marked(envelope: &Envelope) -> bool {
    envelope.flags.contains(EnvelopeFlags::DISCONTINUITY)
}

/// When frame `index` is heard after `start_ns`.
pub(crate) fn sample_ns(start_ns: i64, index: usize, rate: u32) -> i64 {
    let (index, rate) = (index as i128, i128::from(rate));
    start_ns + i64::try_from((index * 1_000_000_000 + rate / 2) / rate).expect("a time")
}

/// A block of sound.
pub(crate) fn sound_frame(format: &AudioFormat, at_ns: i64, samples: &[f32]) -> AudioFrame {
    let mut output = DetachedOutput::<AudioFrame>::new();
    let frames = samples.len() / format.channels as usize;
    let mut out = output.loan(format, frames, at_ns).expect("a block");
    out.samples_mut().copy_from_slice(samples);
    out.into()
}

/// Pushes samples that start at `start_ns` in blocks of `frames`.
pub(crate) fn push_sound(
    harness: &mut Harness,
    format: &AudioFormat,
    start_ns: i64,
    samples: &[f32],
    frames: usize,
) {
    for (index, block) in samples.chunks(frames * format.channels as usize).enumerate() {
        let at_ns = sample_ns(start_ns, index * frames, format.sample_rate);
        let frame = sound_frame(format, at_ns, block);
        harness.push("audio_in", 0, frame, &Format::Audio(format.clone())).expect("an input");
    }
}

/// Every block of sound that was sent.
pub(crate) fn sound(harness: &mut Harness) -> Vec<AudioFrame> {
    let take = || harness.take::<AudioFrame>("audio_out").expect("an output");
    std::iter::from_fn(take).collect()
}

/// All samples of blocks of which each starts where the one before it ends.
pub(crate) fn joined(blocks: &[AudioFrame]) -> Vec<f32> {
    let mut samples = Vec::new();
    for (index, block) in blocks.iter().enumerate() {
        let frames = samples.len() / block.channels();
        let expected = sample_ns(blocks[0].timestamp_ns(), frames, block.sample_rate());
        assert_eq!(block.timestamp_ns(), expected, "block {index}");
        samples.extend_from_slice(block.samples());
    }
    samples
}
