//! The sound of a file, decoded, cut to the sample.

use std::path::Path;

use streamlib_abi::media::{Framing, SampleFormat};
use streamlib_codec::{
    AudioDecoder, AudioDecoderSettings, CodecError, DecodedAudio, Role, audio_decoder,
};
use streamlib_processor::prelude::*;

use super::super::playback::{Playback, Timeline};
use crate::{ContainerError, Mp4File, Packet, Timescale, TrackCodec, TrackInfo};

/// Decodes one audio track.
pub(super) struct AudioPlayback {
    track: TrackInfo,
    decoder: Box<dyn AudioDecoder>,
    /// The packet that is decoded next, and the one behind it.
    next: Option<Packet>,
    after: Option<Packet>,
    /// Samples of the decoder's delay that the container does not cut, each channel.
    delay_left: u32,
    data: Vec<u8>,
    samples: Vec<f32>,
    /// Where the sound that was sent last ends, ns of the file.
    end_ns: i64,
}

/// Samples of a decoded packet that are sent.
struct Cut {
    /// Position of the first one on the time line of the file, samples.
    position: i64,
    /// The samples in the packet, each channel.
    range: std::ops::Range<usize>,
}

impl Playback for AudioPlayback {
    type Frame = AudioFrame;

    fn open(_file: &mut Mp4File, track: TrackInfo, path: &Path) -> Result<Self, ContainerError> {
        let decoder = match track.codec {
            TrackCodec::Known(codec) => audio_decoder(&AudioDecoderSettings {
                codec,
                framing: Framing::Raw,
                parameters: &track.stream_parameters,
            }),
            TrackCodec::Other(code) => {
                Err(CodecError::unknown_codec(&format!("'{code}'"), Role::Decoder, false))
            }
        };
        let decoder = decoder.map_err(|source| ContainerError::NoDecoder {
            path: path.to_owned(),
            track: track.id,
            source,
        })?;
        let samples = vec![0.0; decoder.max_output_samples()];
        Ok(Self {
            track,
            decoder,
            next: None,
            after: None,
            delay_left: 0,
            data: Vec::new(),
            samples,
            end_ns: 0,
        })
    }

    fn track(&self) -> &TrackInfo {
        &self.track
    }

    fn end_ns(&self) -> i64 {
        self.end_ns
    }

    fn restart(
        &mut self,
        file: &mut Mp4File,
        start_ns: i64,
        path: &Path,
    ) -> Result<(), ContainerError> {
        self.next = file.next_packet_of(self.track.id);
        self.after = file.next_packet_of(self.track.id);
        self.end_ns = start_ns;
        // An edit list that cuts nothing leaves the delay to the decoder.
        let uncut = |packet: &Packet| packet.dts == 0 && packet.shown && packet.trim_start == 0;
        let delay = u32::try_from(self.decoder.delay_frames()).unwrap_or(0);
        self.delay_left = if self.next.as_ref().is_some_and(uncut) { delay } else { 0 };
        self.decoder.reset().map_err(|source| self.failed(path, start_ns, source))
    }

    fn next_due_ns(&mut self, _file: &mut Mp4File, time: &Timeline) -> Option<i64> {
        let packet = self.next.as_ref()?;
        let scale = self.track.timescale;
        let from_ns = scale.to_ns(packet.pts.saturating_add(i64::from(packet.trim_start)));
        let end_ns = scale.to_ns(packet.pts.saturating_add(i64::from(packet.duration)));
        let heard = packet.shown && end_ns > time.start_ns;
        Some(if heard { from_ns.max(time.start_ns) } else { i64::MIN })
    }

    fn step(
        &mut self,
        file: &mut Mp4File,
        time: &Timeline,
        path: &Path,
        output: &mut Output<AudioFrame>,
    ) -> Result<()> {
        let Some(packet) = self.next.take() else { return Ok(()) };
        self.next = self.after.take();
        self.after = file.next_packet_of(self.track.id);
        self.data.resize(packet.size as usize, 0);
        file.read(&packet, &mut self.data)?;
        let decoded = self.decoder.decode(&self.data, &mut self.samples);
        let decoded = decoded.map_err(|source| self.failed(path, packet.pts_ns, source))?;
        let Some(rate) = Timescale::new(decoded.sample_rate) else { return Ok(()) };
        let Some(cut) = self.cut(&packet, decoded, rate, time) else { return Ok(()) };

        let frames = cut.range.len();
        let from_ns = rate.to_ns(cut.position);
        let end_ns = rate.to_ns(cut.position.saturating_add(frames as i64));
        let format = AudioFormat {
            sample_rate: decoded.sample_rate,
            channels: decoded.channels as u32,
            layout: decoded.layout,
            sample_format: SampleFormat::F32,
        };
        let mut frame = output.loan_with(&format, frames, time.envelope(from_ns, end_ns))?;
        let first = cut.range.start * decoded.channels;
        let samples = &self.samples[first..first + frames * decoded.channels];
        frame.samples_mut().copy_from_slice(samples);
        output.send(frame)?;
        self.end_ns = end_ns;
        Ok(())
    }
}

impl AudioPlayback {
    fn failed(&self, path: &Path, time_ns: i64, source: CodecError) -> ContainerError {
        let (path, track) = (path.to_owned(), self.track.id);
        ContainerError::Decode { path, track, time_ms: time_ns / 1_000_000, source }
    }

    /// What is heard of a decoded packet.
    fn cut(
        &mut self,
        packet: &Packet,
        decoded: DecodedAudio,
        rate: Timescale,
        time: &Timeline,
    ) -> Option<Cut> {
        let scale = self.track.timescale;
        let samples = |ticks: u32| rate.rescale(i64::from(ticks), scale);
        let frames = decoded.frames as i64;
        let position = rate.rescale(packet.pts, scale);
        let mut first = samples(packet.trim_start);
        let mut last = frames - samples(packet.trim_end);
        if self.next.is_none() && scale == rate {
            // Padding of the last packet: the container says how long it really is.
            let length = i64::from(packet.duration - packet.trim_end.min(packet.duration));
            last = last.min(length);
        }
        let delay = i64::from(self.delay_left).min(frames);
        self.delay_left -= delay as u32;
        first = first.max(delay).max(rate.from_ns(time.start_ns) - position);
        let range = usize::try_from(first).ok()?..usize::try_from(last).ok()?;
        let heard = packet.shown && range.start < range.end && range.end <= decoded.frames;
        heard.then_some(Cut { position: position + first, range })
    }
}
