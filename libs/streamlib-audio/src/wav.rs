//! WAV files: the header, the samples, and a file that can be read while it grows.
//!
//! Formats: RIFF WAVE with `WAVE_FORMAT_EXTENSIBLE` (Microsoft, "Multiple channel audio data and
//! WAVE files", 2001); over 4 GiB it becomes RF64 (EBU Tech 3306), for which the header keeps a
//! `JUNK` chunk in the place where `ds64` comes. The header has one size, so it can be written
//! again in place. Channels lie in the order of StreamLib's layouts, which is that of the file.

use std::io::{self, Seek, SeekFrom, Write};

use serde::{Deserialize, Serialize};
use streamlib_processor::ConfigChoice;
use streamlib_processor::schema::AudioFormat;

/// Bytes of the header: everything before the first sample.
pub const HEADER_BYTES: usize = 116;

/// How samples lie in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ConfigChoice)]
#[serde(rename_all = "snake_case")]
#[config(crate = streamlib_processor)]
pub enum WavSample {
    /// Signed 16-bit integers; what is over full scale is cut off.
    #[default]
    S16,
    /// Signed 24-bit integers; what is over full scale is cut off.
    S24,
    /// 32-bit floats, as they are.
    F32,
}

impl WavSample {
    /// Bytes of one sample.
    pub const fn bytes(self) -> u16 {
        match self {
            Self::S16 => 2,
            Self::S24 => 3,
            Self::F32 => 4,
        }
    }
}

/// Adds samples in their form in the file to `bytes`.
pub fn encode_samples(samples: &[f32], form: WavSample, bytes: &mut Vec<u8>) {
    // Conversion from float to integer saturates, and makes 0 of what is not a number.
    match form {
        WavSample::S16 => samples.iter().for_each(|sample| {
            bytes.extend_from_slice(&((sample * 32_768.0).round() as i16).to_le_bytes());
        }),
        WavSample::S24 => samples.iter().for_each(|sample| {
            let value = (f64::from(*sample) * 8_388_608.0).round() as i32;
            let value = value.clamp(-8_388_608, 8_388_607);
            bytes.extend_from_slice(&value.to_le_bytes()[..3]);
        }),
        WavSample::F32 => {
            samples.iter().for_each(|sample| bytes.extend_from_slice(&sample.to_le_bytes()));
        }
    }
}

/// The header of a file with so many samples a channel.
pub fn header(format: &AudioFormat, form: WavSample, frames: u64) -> [u8; HEADER_BYTES] {
    let channels = format.channels as u16;
    let align = channels * form.bytes();
    let data_bytes = frames.saturating_mul(align.into());
    // What follows the first eight bytes, with the byte that makes an odd chunk even.
    let riff_bytes = data_bytes.saturating_add(data_bytes % 2 + HEADER_BYTES as u64 - 8);
    let long = riff_bytes > u32::MAX.into();
    let short = |value: u64| if long { u32::MAX } else { value as u32 };
    let mask =
        format.layout.speakers().iter().fold(0_u32, |mask, place| mask | 1 << (*place as u8));
    let tag: u16 = if form == WavSample::F32 { 3 } else { 1 };
    let bits = form.bytes() * 8;

    let mut header = [0; HEADER_BYTES];
    let mut rest = header.as_mut_slice();
    let mut put = |bytes: &[u8]| {
        let (place, after) = std::mem::take(&mut rest).split_at_mut(bytes.len());
        place.copy_from_slice(bytes);
        rest = after;
    };
    put(if long { b"RF64" } else { b"RIFF" });
    put(&short(riff_bytes).to_le_bytes());
    put(b"WAVE");
    put(if long { b"ds64" } else { b"JUNK" });
    put(&28_u32.to_le_bytes());
    for value in [riff_bytes, data_bytes, frames] {
        put(&(if long { value } else { 0 }).to_le_bytes());
    }
    put(&0_u32.to_le_bytes());
    put(b"fmt ");
    put(&40_u32.to_le_bytes());
    put(&0xFFFE_u16.to_le_bytes());
    put(&channels.to_le_bytes());
    put(&format.sample_rate.to_le_bytes());
    put(&format.sample_rate.saturating_mul(align.into()).to_le_bytes());
    put(&align.to_le_bytes());
    put(&bits.to_le_bytes());
    put(&22_u16.to_le_bytes());
    put(&bits.to_le_bytes());
    put(&mask.to_le_bytes());
    put(&tag.to_le_bytes());
    put(b"\x00\x00\x00\x00\x10\x00\x80\x00\x00\xAA\x00\x38\x9B\x71");
    put(b"fact");
    put(&4_u32.to_le_bytes());
    put(&short(frames).to_le_bytes());
    put(b"data");
    put(&short(data_bytes).to_le_bytes());
    header
}

/// A WAV file that is being written. Its header is brought up to date every second of sound, so
/// that it can be read at any moment but for the last second.
#[derive(Debug)]
pub struct WavFile<W> {
    inner: W,
    format: AudioFormat,
    form: WavSample,
    frames: u64,
    /// How many frames the header in the file says.
    said: u64,
    bytes: Vec<u8>,
}

impl<W: Write + Seek> WavFile<W> {
    /// Starts a file, writing its header.
    ///
    /// # Errors
    /// Writing fails.
    pub fn start(inner: W, format: AudioFormat, form: WavSample) -> io::Result<Self> {
        let mut file = Self { inner, format, form, frames: 0, said: 0, bytes: Vec::new() };
        file.write_header()?;
        Ok(file)
    }

    /// Rate, channels and layout.
    pub fn format(&self) -> &AudioFormat {
        &self.format
    }

    /// Samples a channel that were written.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Bytes of the file up to the last whole frame.
    pub fn length(&self) -> u64 {
        let align = u64::from(self.format.channels) * u64::from(self.form.bytes());
        self.frames.saturating_mul(align).saturating_add(HEADER_BYTES as u64)
    }

    /// Where the bytes go.
    pub fn get_ref(&self) -> &W {
        &self.inner
    }

    fn write_header(&mut self) -> io::Result<()> {
        self.inner.seek(SeekFrom::Start(0))?;
        self.inner.write_all(&header(&self.format, self.form, self.frames))?;
        self.said = self.frames;
        self.inner.seek(SeekFrom::Start(self.length())).map(|_| ())
    }

    /// Adds interleaved samples.
    ///
    /// # Errors
    /// Writing fails; the samples then do not count.
    pub fn write(&mut self, samples: &[f32]) -> io::Result<()> {
        self.bytes.clear();
        encode_samples(samples, self.form, &mut self.bytes);
        self.inner.write_all(&self.bytes)?;
        self.frames += (samples.len() / self.format.channels as usize) as u64;
        if self.frames - self.said >= self.format.sample_rate.into() {
            self.write_header()?;
        }
        Ok(())
    }

    /// Adds silence of so many samples a channel.
    ///
    /// # Errors
    /// As [`Self::write`]; what was added before the failure counts.
    pub fn write_silence(&mut self, mut frames: u64) -> io::Result<()> {
        const SILENCE: [f32; 4_096] = [0.0; 4_096];
        let channels = self.format.channels as usize;
        while frames > 0 {
            let now = frames.min((SILENCE.len() / channels) as u64);
            self.write(&SILENCE[..now as usize * channels])?;
            frames -= now;
        }
        Ok(())
    }

    /// Ends the file after the last whole frame. It can be called after a failure, too.
    ///
    /// # Errors
    /// Writing fails.
    pub fn finish(&mut self) -> io::Result<()> {
        let length = self.length();
        if length % 2 == 1 {
            self.inner.seek(SeekFrom::Start(length))?;
            self.inner.write_all(&[0])?;
        }
        self.write_header()?;
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests;
