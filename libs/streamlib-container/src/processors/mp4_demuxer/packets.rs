//! The packets of one track.

use std::marker::PhantomData;
use std::path::Path;

use streamlib_abi::media::{Codec, Framing, SampleFormat};
use streamlib_codec::{
    AudioSpecificConfig, CodecError, OpusConfiguration, Role, channel_configuration_layout,
};
use streamlib_processor::prelude::*;
use streamlib_processor::{PacketFrame, PacketMut};

use super::super::playback::{Playback, Timeline, video_format};
use crate::{ContainerError, Mp4File, Packet, Timescale, TrackInfo};

/// Gives the packets of one track.
pub(super) struct PacketPlayback<F> {
    track: TrackInfo,
    format: PacketFormat,
    /// Samples a second, for sound.
    rate: Option<Timescale>,
    next: Option<Packet>,
    /// Duration of the longest packet so far, ticks.
    usual: u32,
    end_ns: i64,
    frame: PhantomData<fn() -> F>,
}

impl<F: PacketFrame + From<PacketMut>> Playback for PacketPlayback<F> {
    type Frame = F;

    fn open(file: &mut Mp4File, track: TrackInfo, path: &Path) -> Result<Self, ContainerError> {
        let codec = track.codec.known().ok_or_else(|| {
            let is_video = track.video().is_some();
            let name = track.codec.to_string();
            let source = CodecError::unknown_codec(&name, Role::Decoder, is_video);
            ContainerError::NoDecoder { path: path.to_owned(), track: track.id, source }
        })?;
        let framing = match codec {
            Codec::H264 | Codec::H265 => Framing::LengthPrefixed,
            _ => Framing::Raw,
        };
        let format = PacketFormat {
            codec,
            framing,
            parameters: track.stream_parameters.clone(),
            video: track.video().is_some().then(|| video_format(file, &track)),
            audio: audio_format(codec, &track),
        };
        let rate = format.audio.as_ref().and_then(|audio| Timescale::new(audio.sample_rate));
        Ok(Self { track, format, rate, next: None, usual: 0, end_ns: 0, frame: PhantomData })
    }

    fn restart(
        &mut self,
        file: &mut Mp4File,
        start_ns: i64,
        _path: &Path,
    ) -> Result<(), ContainerError> {
        self.next = file.next_packet_of(self.track.id);
        self.end_ns = start_ns;
        Ok(())
    }

    fn track(&self) -> &TrackInfo {
        &self.track
    }

    fn end_ns(&self) -> i64 {
        self.end_ns
    }

    fn next_due_ns(&mut self, _file: &mut Mp4File, _time: &Timeline) -> Option<i64> {
        self.next.map(|packet| packet.dts_ns)
    }

    fn step(
        &mut self,
        file: &mut Mp4File,
        time: &Timeline,
        _path: &Path,
        output: &mut Output<F>,
    ) -> Result<()> {
        let Some(mut packet) = self.next.take() else { return Ok(()) };
        self.next = file.next_packet_of(self.track.id);
        self.usual = self.usual.max(packet.duration);
        if self.next.is_none() && self.rate == Some(self.track.timescale) {
            // Sound ends inside of its last packet, which the container says by a short duration.
            packet.trim_end = packet.trim_end.max(self.usual - packet.duration);
            packet.duration = self.usual;
            let end_ns = self.track.timescale.to_ns(packet.dts + i64::from(packet.duration));
            packet.duration_ns = end_ns.saturating_sub(packet.dts_ns);
        }
        let end_ns = packet.dts_ns.saturating_add(packet.duration_ns);
        let envelope = time.envelope(packet.dts_ns, end_ns);
        let info = self.info(&packet, time);
        let mut frame = output.loan(&self.format, packet.size as usize, info, envelope)?;
        file.read(&packet, frame.data_mut())?;
        output.send(frame)?;
        self.end_ns = end_ns;
        Ok(())
    }
}

impl<F> PacketPlayback<F> {
    fn info(&self, packet: &Packet, time: &Timeline) -> PacketInfo {
        let scale = self.track.timescale;
        let start = scale.from_ns(time.start_ns);
        let length = i64::from(packet.duration);
        let before = start.saturating_sub(packet.pts).clamp(0, length);
        let shown = match self.rate {
            // Sound may start inside of a packet, a picture may not.
            Some(_) => before < length,
            None => packet.pts.saturating_add(i64::from(packet.trim_start)) >= start,
        };
        let trimmed = |ticks: u32| {
            let samples = self.rate.map_or(0, |rate| rate.rescale(i64::from(ticks), scale));
            u32::try_from(samples).unwrap_or(u32::MAX)
        };
        let mut flags = 0;
        if packet.key_frame {
            flags |= PacketFlags::KEY_FRAME.0;
        }
        if !packet.shown || !shown {
            flags |= PacketFlags::NOT_SHOWN.0;
        }
        PacketInfo {
            flags: PacketFlags(flags),
            pts_ns: time.stream_ns(packet.pts_ns),
            trim_start: trimmed(packet.trim_start.max(before as u32)),
            trim_end: trimmed(packet.trim_end),
        }
    }
}

/// What is known of the sound before it is decoded.
fn audio_format(codec: Codec, track: &TrackInfo) -> Option<AudioFormat> {
    let audio = track.audio()?;
    let parameters = &track.stream_parameters;
    let layout = match codec {
        Codec::Opus => OpusConfiguration::parse(parameters).map(|opus| opus.layout()),
        Codec::Aac => AudioSpecificConfig::parse(parameters)
            .map(|aac| channel_configuration_layout(aac.channel_configuration)),
        _ => Ok(ChannelLayout::Unknown),
    };
    Some(AudioFormat {
        sample_rate: audio.sample_rate,
        channels: audio.channels.into(),
        layout: layout.unwrap_or(ChannelLayout::Unknown),
        sample_format: SampleFormat::F32,
    })
}
