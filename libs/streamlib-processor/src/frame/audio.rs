//! Audio samples.

use streamlib_abi::block::{BlockHeader, BlockKind};
use streamlib_abi::media::{AudioMeta, ChannelLayout, MAX_CHANNELS, SampleFormat};
use streamlib_abi::port::CopyReason;
use streamlib_abi::{BlockError, BlockRef, Envelope, RawFrame};
use streamlib_schema::{AudioFormat, Format, builtin};

use super::{FrameType, frame_common};
use crate::error::{Error, Result};
use crate::ports::Output;

/// The highest sample rate, Hz.
const MAX_RATE: u32 = 768_000;

/// Audio samples that were received: 32-bit float, channels interleaved.
#[derive(Debug, Clone)]
pub struct AudioFrame {
    raw: RawFrame,
}

frame_common!(AudioFrame);

impl FrameType for AudioFrame {
    const SCHEMA: &'static str = builtin::AUDIO_FRAME;

    fn from_raw(raw: RawFrame) -> Result<Self, BlockError> {
        check(&raw.block)?;
        Ok(Self { raw })
    }

    fn from_raw_unchecked(raw: RawFrame) -> Self {
        Self { raw }
    }

    fn into_raw(self) -> RawFrame {
        self.raw
    }
}

fn check(block: &BlockRef) -> Result<(), BlockError> {
    let view = block.view()?;
    let meta: &AudioMeta = view.meta()?;
    if SampleFormat::from_number(meta.sample_format) != Some(SampleFormat::F32) {
        return Err(BlockError::Inconsistent("the sample format is not f32"));
    }
    let channels = 1..=MAX_CHANNELS as u32;
    if !channels.contains(&meta.channels) || !(1..=MAX_RATE).contains(&meta.sample_rate) {
        return Err(BlockError::Inconsistent("not 1 to 8 channels, or a rate over 768,000 or 0"));
    }
    let samples = u64::from(meta.frame_count) * u64::from(meta.channels) * 4;
    if view.memory(0).unwrap_or_default().len() as u64 != samples {
        return Err(BlockError::Inconsistent("the samples are not as many as is said"));
    }
    Ok(())
}

fn format_of(meta: &AudioMeta) -> AudioFormat {
    AudioFormat {
        sample_rate: meta.sample_rate,
        channels: meta.channels,
        layout: ChannelLayout::from_number(meta.layout).unwrap_or(ChannelLayout::Unknown),
        sample_format: SampleFormat::F32,
    }
}

impl AudioFrame {
    /// The fixed metadata.
    pub fn meta(&self) -> &AudioMeta {
        let view = self.raw.block.view().expect("the block was checked when it was received");
        view.meta().expect("the block was checked when it was received")
    }

    /// Rate, channels and layout.
    pub fn format(&self) -> AudioFormat {
        format_of(self.meta())
    }

    /// Samples a second in each channel.
    pub fn sample_rate(&self) -> u32 {
        self.meta().sample_rate
    }

    /// Channels, 1 to 8.
    pub fn channels(&self) -> usize {
        self.meta().channels as usize
    }

    /// Samples in each channel.
    pub fn frame_count(&self) -> usize {
        self.meta().frame_count as usize
    }

    /// The samples, channels interleaved.
    pub fn samples(&self) -> &[f32] {
        let view = self.raw.block.view().expect("the block was checked when it was received");
        bytemuck::try_cast_slice(view.memory(0).unwrap_or_default()).unwrap_or_default()
    }
}

/// Audio samples to be filled: their holder's alone.
#[derive(Debug)]
pub struct AudioFrameMut {
    envelope: Envelope,
    block: BlockRef,
    header: BlockHeader,
    meta: AudioMeta,
}

impl AudioFrameMut {
    /// What belongs to this sending.
    pub fn envelope_mut(&mut self) -> &mut Envelope {
        &mut self.envelope
    }

    /// Rate, channels and layout.
    pub fn format(&self) -> AudioFormat {
        format_of(&self.meta)
    }

    /// Channels, 1 to 8.
    pub fn channels(&self) -> usize {
        self.meta.channels as usize
    }

    /// Samples in each channel.
    pub fn frame_count(&self) -> usize {
        self.meta.frame_count as usize
    }

    /// The samples for writing, channels interleaved.
    pub fn samples_mut(&mut self) -> &mut [f32] {
        let bytes = self.block.bytes_mut().expect("a loaned block is its holder's alone");
        let memory = self.header.memory_mut(bytes, 0).expect("laid out when it was loaned");
        bytemuck::try_cast_slice_mut(memory).unwrap_or_default()
    }
}

impl From<AudioFrameMut> for AudioFrame {
    fn from(frame: AudioFrameMut) -> Self {
        Self { raw: RawFrame { envelope: frame.envelope, block: frame.block } }
    }
}

impl Output<AudioFrame> {
    /// `frame_count` samples in each channel to be filled, with undefined content, sent with
    /// `envelope`'s times. The duration is set from the samples, to the nearest ns.
    ///
    /// # Errors
    /// There is no free buffer (not for the first `max_per_call` frames of a call), the format is
    /// not one of f32 with 1 to 8 channels, or the memory budget does not allow it.
    pub fn loan_with(
        &mut self,
        format: &AudioFormat,
        frame_count: usize,
        mut envelope: Envelope,
    ) -> Result<AudioFrameMut> {
        let channels_fit = (1..=MAX_CHANNELS as u32).contains(&format.channels);
        if format.sample_format != SampleFormat::F32 || !channels_fit || format.sample_rate == 0 {
            return Err(Error::new(format!(
                "audio of {format} cannot be made: samples are f32, channels 1 to {MAX_CHANNELS}"
            )));
        }
        let meta = AudioMeta {
            size: size_of::<AudioMeta>() as u32,
            sample_rate: format.sample_rate,
            channels: format.channels,
            layout: format.layout.number(),
            sample_format: format.sample_format.number(),
            frame_count: u32::try_from(frame_count)
                .map_err(|_| Error::new("an audio frame has more than 4,294,967,295 samples"))?,
        };
        let bytes = frame_count * format.channels as usize * size_of::<f32>();
        let header = BlockHeader::layout(
            BlockKind::Audio,
            builtin::id(builtin::AUDIO_FRAME),
            size_of::<AudioMeta>(),
            0,
            &[bytes],
        )?;
        let mut block = self.loan_block(header.total_size as usize)?;
        let target = block.bytes_mut().ok_or("the host loaned a block that it still holds")?;
        header.write(target)?;
        header.write_meta(target, &meta)?;
        let rate = u64::from(format.sample_rate);
        envelope.set_duration_ns(Some((frame_count as u64 * 1_000_000_000 + rate / 2) / rate));
        envelope.format_id = self.audio_format_id(format)?;
        Ok(AudioFrameMut { envelope, block, header, meta })
    }

    fn audio_format_id(&mut self, format: &AudioFormat) -> Result<u32> {
        self.format_id(
            |announced| matches!(announced, Format::Audio(audio) if audio == format),
            || Format::Audio(format.clone()),
        )
    }

    /// As [`Self::loan_with`], for samples that start at `timestamp_ns`.
    ///
    /// # Errors
    /// As [`Self::loan_with`].
    pub fn loan(
        &mut self,
        format: &AudioFormat,
        frame_count: usize,
        timestamp_ns: i64,
    ) -> Result<AudioFrameMut> {
        self.loan_with(format, frame_count, Envelope::at(timestamp_ns))
    }

    /// As [`Self::loan_with`], with the times of `source`.
    ///
    /// # Errors
    /// As [`Self::loan_with`].
    pub fn loan_from(
        &mut self,
        source: &AudioFrame,
        format: &AudioFormat,
        frame_count: usize,
    ) -> Result<AudioFrameMut> {
        self.loan_with(format, frame_count, super::derived(source.envelope()))
    }

    /// The same samples for writing, with all their marks: in place if nobody else holds them, else
    /// a copy, counted.
    ///
    /// # Errors
    /// As [`Self::loan_with`], when a copy has to be made.
    pub fn edit(&mut self, mut frame: AudioFrame) -> Result<AudioFrameMut> {
        let format = frame.format();
        if frame.raw.block.bytes_mut().is_some() {
            let RawFrame { mut envelope, block } = frame.raw;
            let view = block.view()?;
            let (header, meta) = (*view.header(), *view.meta()?);
            envelope.format_id = self.audio_format_id(&format)?;
            return Ok(AudioFrameMut { envelope, block, header, meta });
        }
        let mut copy = self.loan_with(&format, frame.frame_count(), frame.raw.envelope)?;
        copy.samples_mut().copy_from_slice(frame.samples());
        self.count_copy(size_of_val(frame.samples()), CopyReason::Shared);
        Ok(copy)
    }
}
