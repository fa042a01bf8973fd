//! `com.tatolab.audio_resampler`.

use serde::{Deserialize, Serialize};
use streamlib_processor::__private::ProcessorParts;
use streamlib_processor::MediaConfig;
use streamlib_processor::abi::Envelope;
use streamlib_processor::prelude::*;

use super::LastSent;
use crate::resample::{Quality, StreamResampler};
use crate::timeline::{InputTimeline, Placement, SampleClock, marked, retimed};
use crate::{AudioChannelCount, Error as AudioError};

/// Settings of [`AudioResampler`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
#[config(crate = streamlib_processor)]
pub struct AudioResamplerConfig {
    /// Rate of the output; left open for that of the graph's `MediaConfig`. Input of this rate goes
    /// through as it is.
    #[config(min = 8_000, max = 192_000, unit = "Hz")]
    pub output_sample_rate: Option<u32>,
    /// How steep the filter is, against its delay.
    pub quality: Quality,
}

/// Changes the sample rate of sound. Timestamps are counted in samples, so they do not drift, and
/// the delay of the filter is taken off: what is heard at a time in the input is heard at that
/// time in the output, within one sample. When the stream ends, stops for a while, changes its
/// format or enters a new epoch, the rest of what was before is sent first, so that its duration
/// stays the same within one sample. Samples that overlap the ones before them are left out.
#[derive(Debug)]
#[processor(
    name = "com.tatolab.audio_resampler",
    execution = reactive,
    latency(min_ns = 0, max_ns = 100_000_000),
    crate = streamlib_processor
)]
pub struct AudioResampler {
    /// Sound of 1 to 8 channels at 1,000 to 768,000 Hz.
    #[input(formats(audio(F32)))]
    audio_in: Input<AudioFrame>,
    /// The same sound at the new rate: a block for each input block, of varying size, and one more
    /// where the stream restarts.
    #[output(formats(audio(F32)), max_per_call = 2)]
    audio_out: Output<AudioFrame>,
    #[config]
    config: AudioResamplerConfig,
    media: MediaConfig,
    stream: Option<Stream>,
    input: InputTimeline,
    sent: LastSent,
}

/// One stretch of input without holes and changes.
#[derive(Debug)]
struct Stream {
    resampler: StreamResampler,
    format: AudioFormat,
    quality: Quality,
    clock: SampleClock,
    /// Of the newest input block.
    envelope: Envelope,
    /// The next block starts the stretch, which does not follow on from the one before.
    restarted: bool,
}

impl AudioResampler {
    /// Rate of the output, Hz.
    fn output_rate(&self) -> u32 {
        self.config.output_sample_rate.unwrap_or(self.media.sample_rate)
    }

    /// Sends what the resampler has made.
    fn send_made(&mut self) -> Result<()> {
        let Some(stream) = &mut self.stream else { return Ok(()) };
        let frames = stream.resampler.output().len() / stream.resampler.channels();
        if frames == 0 {
            return Ok(());
        }
        let timestamp_ns = stream.clock.now_ns();
        let mut envelope = retimed(&stream.envelope, timestamp_ns);
        if std::mem::take(&mut stream.restarted) {
            envelope = marked(envelope);
        }
        self.sent.go_to(timestamp_ns, &mut self.audio_out);
        let mut out = self.audio_out.loan_with(&stream.format, frames, envelope)?;
        out.samples_mut().copy_from_slice(stream.resampler.output());
        self.audio_out.send(out)?;
        stream.clock.advance(frames as u64);
        stream.resampler.clear_output();
        Ok(())
    }

    /// Sends the rest of the present stretch.
    fn finish_stretch(&mut self) -> Result<()> {
        if let Some(stream) = &mut self.stream {
            stream.resampler.finish()?;
        }
        self.send_made()
    }

    /// Makes ready for a stretch that starts with `frame`.
    fn start_stretch(&mut self, frame: &AudioFrame, restarted: bool) -> Result<()> {
        let (input, to) = (frame.format(), self.output_rate());
        let clock = SampleClock::new(to, frame.timestamp_ns());
        let envelope = *frame.envelope();
        let format = AudioFormat { sample_rate: to, ..input };
        match &mut self.stream {
            Some(stream)
                if stream.resampler.input_rate() == input.sample_rate
                    && stream.format == format
                    && stream.quality == self.config.quality =>
            {
                stream.resampler.reset();
                (stream.clock, stream.envelope, stream.restarted) = (clock, envelope, restarted);
            }
            _ => {
                let channels = AudioChannelCount::try_from(input.channels)?;
                let quality = self.config.quality;
                let resampler = StreamResampler::new(input.sample_rate, to, channels, quality)?;
                self.stream =
                    Some(Stream { resampler, format, quality, clock, envelope, restarted });
            }
        }
        Ok(())
    }

    /// True if `frame` is of the format of the present stretch.
    fn goes_on(&self, frame: &AudioFrame) -> bool {
        self.stream.as_ref().is_some_and(|stream| {
            let format = frame.format();
            stream.resampler.input_rate() == format.sample_rate
                && stream.format.channels == format.channels
                && stream.format.layout == format.layout
        })
    }
}

fn check(config: &AudioResamplerConfig) -> Result<(), AudioError> {
    match config.output_sample_rate {
        None | Some(8_000..=192_000) => Ok(()),
        Some(rate) => Err(AudioError::OutOfRange {
            setting: "output_sample_rate".to_owned(),
            found: rate.into(),
            min: 8_000.0,
            max: 192_000.0,
        }),
    }
}

impl Processor for AudioResampler {
    fn from_config(config: AudioResamplerConfig) -> Result<Self> {
        check(&config)?;
        Ok(Self::assemble(config))
    }

    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        self.media = ctx.media();
        Ok(())
    }

    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        let Some(frame) = self.audio_in.read()? else { return Ok(()) };
        if frame.sample_rate() == self.output_rate() {
            self.finish_stretch()?;
            (self.stream, self.input) = (None, InputTimeline::default());
            self.sent.go_to(frame.timestamp_ns(), &mut self.audio_out);
            self.audio_out.send(frame)?;
            return Ok(());
        }
        if !self.goes_on(&frame) {
            self.input.reset();
        }
        let frames = frame.frame_count() as u64;
        let mut overlap = 0;
        match self.input.place(frame.envelope(), frame.sample_rate(), frames) {
            Placement::Continues => {}
            Placement::Overlap(samples) => overlap = samples.min(frames),
            Placement::Start => {
                self.finish_stretch()?;
                self.start_stretch(&frame, false)?;
            }
            Placement::Gap(_) => {
                self.finish_stretch()?;
                self.start_stretch(&frame, true)?;
            }
        }
        if let Some(stream) = &mut self.stream {
            stream.envelope = *frame.envelope();
            let first = overlap as usize * frame.channels();
            stream.resampler.push(&frame.samples()[first..])?;
        }
        self.send_made()
    }

    fn update_config(&mut self, config: AudioResamplerConfig) -> Result<()> {
        check(&config)?;
        self.config = config;
        // The next block starts a stretch with the new settings, after the rest of this one.
        self.input.reset();
        Ok(())
    }

    fn end_of_stream(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        self.finish_stretch()?;
        (self.stream, self.input) = (None, InputTimeline::default());
        Ok(())
    }

    fn flush(&mut self) {
        (self.stream, self.input) = (None, InputTimeline::default());
    }
}
