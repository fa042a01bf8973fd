//! `com.tatolab.h264_encoder`.

mod source;

use serde::{Deserialize, Serialize};
use streamlib_processor::__private::ProcessorParts;
use streamlib_processor::prelude::*;

use self::source::{Source, visible_format};
use super::check_config;
use super::times::{InFlight, OutputOrder, derived};
use crate::{CodecError, EncodedPicture, VideoEncoder, VideoEncoderSettings, video_encoder};

/// Settings of [`H264Encoder`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
#[config(crate = streamlib_processor)]
pub struct H264EncoderConfig {
    /// Target. May change while running: the next picture follows it, without a key frame.
    #[config(min = 10_000, max = 288_000_000, unit = "bit/s")]
    pub bitrate: u32,
    /// How many pictures after a key frame the next one comes. 0: 2 seconds. Cannot change while
    /// running.
    #[config(max = 100_000, unit = "pictures")]
    pub key_frame_interval: u32,
    /// Raising it while running makes the next picture a key frame. The number itself means
    /// nothing.
    pub force_key_frame: u32,
}

impl Default for H264EncoderConfig {
    fn default() -> Self {
        Self { bitrate: 4_000_000, key_frame_interval: 0, force_key_frame: 0 }
    }
}

/// Encodes pictures to H.264, Constrained Baseline. Every picture gives one packet, in order, at
/// its own timestamp (pts and dts are the same), with its duration, capture time, trace and epoch.
/// Only the visible part is encoded. Sides are even, 16x16 to 3840x2160 or 2160x3840; other sizes
/// are refused by name. Colour and pixel shape go into the stream where they are known,
/// orientation into the format of the packets.
///
/// A picture of another size or description starts anew: a new format is announced, and the
/// picture is a key frame. So is the first one of a new epoch.
#[processor(name = "com.tatolab.h264_encoder", crate = streamlib_processor)]
#[derive(Debug)]
pub struct H264Encoder {
    /// Pictures.
    #[input(formats(video(I420, Nv12)))]
    video_in: Input<VideoFrame>,
    /// Packets with 4-byte lengths; parameters are `avcC`.
    #[output(formats(packets(H264, framings(LengthPrefixed))))]
    video_out: Output<EncodedVideoFrame>,
    #[config]
    config: H264EncoderConfig,
    coding: Option<Coding>,
    source: Source,
    /// The next picture is a key frame.
    force: bool,
    epoch: u32,
    in_flight: InFlight,
    order: OutputOrder,
    packet: Vec<u8>,
}

/// The present encoder and what it was made for.
struct Coding {
    encoder: Box<dyn VideoEncoder>,
    pictures: VideoFormat,
    packets: PacketFormat,
}

impl std::fmt::Debug for Coding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Coding").field("pictures", &self.pictures).finish_non_exhaustive()
    }
}

impl Coding {
    fn new(pictures: VideoFormat, config: &H264EncoderConfig) -> Result<Self, CodecError> {
        let (width, height) = (pictures.width, pictures.height);
        let mut settings = VideoEncoderSettings::new(width, height, pictures.frame_rate);
        settings.bitrate_bps = config.bitrate;
        if config.key_frame_interval > 0 {
            settings.key_frame_interval = config.key_frame_interval;
        }
        (settings.colour, settings.sample_aspect) = (pictures.colour, pictures.sample_aspect);
        let encoder = video_encoder(Codec::H264, &settings)?;
        let packets = PacketFormat {
            codec: encoder.codec(),
            framing: encoder.framing(),
            parameters: encoder.parameters().to_vec(),
            video: Some(pictures.clone()),
            audio: None,
        };
        Ok(Self { encoder, pictures, packets })
    }
}

impl H264Encoder {
    /// Sends what the encoder has appended to `packet`.
    fn send(&mut self, encoded: EncodedPicture) -> Result<()> {
        let Some(coding) = &self.coding else { return Ok(()) };
        let held = self.in_flight.take(encoded.pts_ns);
        let mut envelope = derived(&held.envelope, encoded.dts_ns);
        self.order.place(&mut envelope, &mut self.video_out);
        let flags = if encoded.key_frame { PacketFlags::KEY_FRAME } else { PacketFlags::default() };
        let info = PacketInfo { flags, pts_ns: encoded.pts_ns, ..PacketInfo::default() };
        let mut out = self.video_out.loan(&coding.packets, self.packet.len(), info, envelope)?;
        out.data_mut().copy_from_slice(&self.packet);
        Ok(self.video_out.send(out)?)
    }

    /// Sends one packet that the encoder holds back; true if there was one.
    fn send_held(&mut self) -> Result<bool> {
        let Some(coding) = &mut self.coding else { return Ok(false) };
        self.packet.clear();
        let encoded = coding.encoder.flush(&mut self.packet)?;
        encoded.map_or(Ok(false), |encoded| self.send(encoded).map(|()| true))
    }

    fn encode(&mut self, frame: &VideoFrame) -> Result<()> {
        let Some(coding) = &mut self.coding else { return Ok(()) };
        if self.force || frame.envelope().epoch != self.epoch {
            coding.encoder.force_key_frame();
            (self.force, self.epoch) = (false, frame.envelope().epoch);
        }
        self.packet.clear();
        self.packet.reserve(coding.encoder.max_packet_bytes());
        let picture = self.source.view(frame)?;
        let pts_ns = frame.timestamp_ns();
        self.in_flight.push(pts_ns, *frame.envelope(), true);
        match coding.encoder.encode(&picture, pts_ns, &mut self.packet)? {
            Some(encoded) => self.send(encoded),
            None => Ok(()),
        }
    }
}

impl Processor for H264Encoder {
    fn from_config(config: H264EncoderConfig) -> Result<Self> {
        check_config(&config)?;
        Ok(Self::assemble(config))
    }

    fn process(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
        let Some(frame) = self.video_in.read()? else { return Ok(()) };
        let format = visible_format(&frame);
        if self.coding.as_ref().is_none_or(|coding| coding.pictures != format) {
            if self.send_held()? {
                self.video_in.unread(frame)?;
                ctx.again();
                return Ok(());
            }
            self.coding = Some(Coding::new(format, &self.config)?);
        }
        self.encode(&frame)
    }

    fn update_config(&mut self, config: H264EncoderConfig) -> Result<()> {
        check_config(&config)?;
        if let Some(coding) = &mut self.coding {
            if config.key_frame_interval != self.config.key_frame_interval {
                let setting = "key_frame_interval";
                return Err(CodecError::FixedWhileRunning { setting }.into());
            }
            if config.bitrate != self.config.bitrate {
                coding.encoder.set_bitrate(config.bitrate)?;
            }
        }
        self.force |= config.force_key_frame > self.config.force_key_frame;
        self.config = config;
        Ok(())
    }

    fn end_of_stream(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
        if self.send_held()? {
            ctx.again();
        } else {
            self.coding = None;
        }
        Ok(())
    }

    fn flush(&mut self) {
        // Nothing refers to what is dropped: the next picture makes a new encoder.
        self.coding = None;
        self.in_flight.clear();
    }
}
