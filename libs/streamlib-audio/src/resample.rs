//! Sample rate conversion of a stream of blocks of any size.
//!
//! Guarantees: output sample `n` is at the time of input position `n * from / to`, the delay of the
//! filter being taken off, within one output sample; after [`StreamResampler::finish`] there are
//! `round(input frames * to / from)` output frames; after the first second or so of a stream
//! nothing is allocated.
//!
//! Rates whose ratio is simple go through an FFT of fixed size, all others (where that would take
//! seconds of sound at once) through interpolated sinc filters; both are the `rubato` library's.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{
    Async, Fft, FixedAsync, FixedSync, Indexing, Resampler, SincInterpolationParameters,
    WindowFunction,
};
use serde::{Deserialize, Serialize};
use streamlib_processor::ConfigChoice;

use crate::{AudioChannelCount, Error};

/// Least and greatest rates, Hz.
pub const RATES: std::ops::RangeInclusive<u32> = 1_000..=768_000;

/// The most frames that are taken at once of the side with the lower rate.
const LONGEST_BLOCK: usize = 16_384;

/// How much sound is looked at at once: longer blocks have a steeper filter and more delay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ConfigChoice)]
#[serde(rename_all = "snake_case")]
#[config(crate = streamlib_processor)]
pub enum Quality {
    /// About 256 samples of the lower rate: 8 ms of delay between 44.1 and 48 kHz.
    LowLatency,
    /// About 1,024 samples: 35 ms.
    #[default]
    Balanced,
    /// About 4,096 samples: 140 ms.
    High,
}

impl Quality {
    /// Samples of the lower rate in a block, at least.
    fn block(self) -> usize {
        match self {
            Self::LowLatency => 256,
            Self::Balanced => 1_024,
            Self::High => 4_096,
        }
    }
}

/// Converts the rate of one stream.
pub struct StreamResampler {
    from: u32,
    to: u32,
    channels: usize,
    inner: Box<dyn Resampler<f32>>,
    /// Input that is less than a block, interleaved.
    pending: Vec<f32>,
    /// One block of output, interleaved.
    block: Vec<f32>,
    /// Output that was not taken, interleaved.
    output: Vec<f32>,
    /// Frames of output that are still to be left out for the delay of the filter.
    skip: usize,
    frames_in: u64,
    frames_out: u64,
}

impl std::fmt::Debug for StreamResampler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StreamResampler")
            .field("from", &self.from)
            .field("to", &self.to)
            .field("channels", &self.channels)
            .field("frames_in", &self.frames_in)
            .field("frames_out", &self.frames_out)
            .finish_non_exhaustive()
    }
}

impl StreamResampler {
    /// A converter from `from` Hz to `to` Hz.
    ///
    /// # Errors
    /// A rate is not one of [`RATES`].
    pub fn new(
        from: u32,
        to: u32,
        channels: AudioChannelCount,
        quality: Quality,
    ) -> Result<Self, Error> {
        if let Some(rate) = [from, to].into_iter().find(|rate| !RATES.contains(rate)) {
            return Err(Error::RateNotSupported(rate));
        }
        let channels = channels.get();
        let inner = inner(from as usize, to as usize, channels, quality)
            .map_err(|reason| Error::Resample { from, to, reason })?;
        let longest_input = inner.input_frames_max() * channels;
        Ok(Self {
            from,
            to,
            channels,
            pending: Vec::with_capacity(longest_input * 2),
            block: vec![0.0; inner.output_frames_max() * channels],
            output: Vec::with_capacity(inner.output_frames_max() * channels * 4),
            skip: inner.output_delay(),
            inner,
            frames_in: 0,
            frames_out: 0,
        })
    }

    /// Rate of the input, Hz.
    pub fn input_rate(&self) -> u32 {
        self.from
    }

    /// Rate of the output, Hz.
    pub fn output_rate(&self) -> u32 {
        self.to
    }

    /// Channels.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Takes interleaved samples; what comes of them is added to [`Self::output`].
    ///
    /// # Errors
    /// The library refuses them, which means that it is not used as it wants to be.
    pub fn push(&mut self, samples: &[f32]) -> Result<(), Error> {
        self.frames_in += (samples.len() / self.channels) as u64;
        self.pending.extend_from_slice(samples);
        let mut start = 0;
        loop {
            let wanted = self.inner.input_frames_next() * self.channels;
            if self.pending.len() - start < wanted {
                break;
            }
            self.step(start, None)?;
            start += wanted;
        }
        self.pending.drain(..start);
        Ok(())
    }

    /// The stream has ended: adds what the filter still holds to [`Self::output`], so that the
    /// output lasts as long as the input, and is then as new.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub fn finish(&mut self) -> Result<(), Error> {
        let scaled = u128::from(self.frames_in) * u128::from(self.to) * 2 + u128::from(self.from);
        let expected = u64::try_from(scaled / (2 * u128::from(self.from))).unwrap_or(u64::MAX);
        while self.frames_out < expected {
            let frames = self.pending.len() / self.channels;
            let wanted = self.inner.input_frames_next();
            self.pending.resize(wanted * self.channels, 0.0);
            self.step(0, Some(frames))?;
            self.pending.clear();
        }
        let surplus = usize::try_from(self.frames_out - expected).unwrap_or(0) * self.channels;
        self.output.truncate(self.output.len().saturating_sub(surplus));
        self.reset_stream();
        Ok(())
    }

    /// Forgets the stream: nothing of it is in what comes next.
    pub fn reset(&mut self) {
        self.output.clear();
        self.reset_stream();
    }

    fn reset_stream(&mut self) {
        self.inner.reset();
        self.pending.clear();
        self.skip = self.inner.output_delay();
        self.frames_in = 0;
        self.frames_out = 0;
    }

    /// Output that was not taken yet, interleaved.
    pub fn output(&self) -> &[f32] {
        &self.output
    }

    /// The output was taken.
    pub fn clear_output(&mut self) {
        self.output.clear();
    }

    /// Converts one block of input that starts at sample `start` of what is pending; of the last
    /// one only `partial` frames count.
    fn step(&mut self, start: usize, partial: Option<usize>) -> Result<(), Error> {
        let (from, to) = (self.from, self.to);
        let refused = |reason: String| Error::Resample { from, to, reason };
        let input = &self.pending[start..];
        let frames = input.len() / self.channels;
        let input = InterleavedSlice::new(input, self.channels, frames)
            .map_err(|error| refused(error.to_string()))?;
        let frames = self.block.len() / self.channels;
        let mut output = InterleavedSlice::new_mut(&mut self.block, self.channels, frames)
            .map_err(|error| refused(error.to_string()))?;
        let indexing = partial.map(|frames| Indexing::new().partial_len(frames));
        let (_, made) = self
            .inner
            .process_into_buffer(&input, &mut output, indexing.as_ref())
            .map_err(|error| refused(error.to_string()))?;
        let skipped = made.min(self.skip);
        self.skip -= skipped;
        self.frames_out += (made - skipped) as u64;
        let samples = skipped * self.channels..made * self.channels;
        self.output.extend_from_slice(&self.block[samples]);
        Ok(())
    }
}

/// The library's converter: FFT blocks that are a multiple of the least ones that the ratio
/// allows, an even one so that the filter's delay is a whole number of samples.
fn inner(
    from: usize,
    to: usize,
    channels: usize,
    quality: Quality,
) -> Result<Box<dyn Resampler<f32>>, String> {
    let divisor = greatest_common_divisor(from, to);
    let (least_in, least_low) = (from / divisor, from.min(to) / divisor);
    let blocks = quality.block().div_ceil(least_low).next_multiple_of(2);
    if blocks * least_low <= LONGEST_BLOCK {
        let fft =
            Fft::new_custom(from, to, blocks * least_in, 1, channels, WINDOW, FixedSync::Both)
                .map_err(|error| error.to_string())?;
        return Ok(Box::new(fft));
    }
    let length = quality.block().min(512);
    let parameters = SincInterpolationParameters::new(length, WINDOW).oversampling_factor(256);
    let ratio = to as f64 / from as f64;
    let sinc =
        Async::new_sinc(ratio, 1.0, &parameters, quality.block(), channels, FixedAsync::Input)
            .map_err(|error| error.to_string())?;
    Ok(Box::new(sinc))
}

const WINDOW: WindowFunction = WindowFunction::BlackmanHarris2;

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests;
