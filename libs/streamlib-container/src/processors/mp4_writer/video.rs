//! Pictures on their way into the file: encoded here, or packets as they come.

use std::path::Path;

use streamlib_abi::media::{Codec, Framing, PixelFormat, Rational};
use streamlib_codec::h264::AvcConfiguration;
use streamlib_codec::{I420View, VideoEncoder, VideoEncoderSettings, video_encoder};
use streamlib_processor::prelude::*;
use streamlib_processor::schema::{PacketFormat, VideoFormat};

use super::super::scaler::PictureScaler;
use super::queue::{CodedSample, SampleQueue, TrackStart, video_timescale};
use crate::{ContainerError, Timescale, TrackKind, VideoTrack, WriterTrack};

/// How long a picture lasts when nothing says so, ns.
const USUAL_DURATION_NS: i64 = 40_000_000;

/// What pictures are encoded with.
#[derive(Debug, Clone, Copy)]
pub(super) struct VideoSettings {
    pub(super) bitrate: u32,
    pub(super) key_frame_interval: u32,
}

/// The video track of the file.
#[derive(Default)]
pub(super) struct VideoLane {
    pub(super) queue: SampleQueue,
    pub(super) start: Option<TrackStart>,
    kind: Kind,
    scale: Option<Timescale>,
    /// A coded picture, before it is queued.
    coded: Vec<u8>,
    last_pts_ns: Option<i64>,
    /// The earliest presentation time of packets so far, until the start is settled.
    earliest_ns: Option<i64>,
    scaler: Option<Box<dyn PictureScaler>>,
    /// A picture that was scaled.
    scaled: Vec<u8>,
}

/// What comes in.
#[derive(Default)]
enum Kind {
    /// Nothing came.
    #[default]
    Unknown,
    /// Pictures.
    Pictures { encoder: Box<dyn VideoEncoder>, format: VideoFormat, size: (u32, u32) },
    /// Packets, with the parameters of the first.
    Packets(Vec<u8>),
}

impl Kind {
    fn name(&self) -> &'static str {
        match self {
            Self::Unknown => "nothing",
            Self::Pictures { .. } => "pictures",
            Self::Packets(_) => "packets",
        }
    }
}

fn refused(path: &Path, found: String, way_out: impl Into<String>) -> ContainerError {
    ContainerError::Input { path: path.to_owned(), port: "video", found, way_out: way_out.into() }
}

fn failed(path: &Path, source: streamlib_codec::CodecError) -> ContainerError {
    ContainerError::Encode { path: path.to_owned(), port: "video", source }
}

impl VideoLane {
    /// Scales pictures of another size than the first from now on.
    pub(super) fn scale_with(&mut self, scaler: Box<dyn PictureScaler>) {
        self.scaler = Some(scaler);
    }

    /// Changes the bitrate of the encoder, if there is one.
    pub(super) fn set_bitrate(&mut self, bitrate: u32, path: &Path) -> Result<(), ContainerError> {
        match &mut self.kind {
            Kind::Pictures { encoder, .. } => {
                encoder.set_bitrate(bitrate).map_err(|source| failed(path, source))
            }
            _ => Ok(()),
        }
    }

    /// Encodes a picture.
    pub(super) fn picture(
        &mut self,
        frame: &VideoFrame,
        settings: VideoSettings,
        path: &Path,
    ) -> Result<(), ContainerError> {
        let format = frame.format();
        if format.pixel_format != PixelFormat::I420 {
            let way_out = "insert com.tatolab.video_converter, which makes i420";
            return Err(refused(path, format.to_string(), way_out));
        }
        let visible = frame.visible();
        let size = (visible.width, visible.height);
        if matches!(self.kind, Kind::Unknown) {
            self.begin_pictures(&format, size, frame.timestamp_ns(), settings, path)?;
        }
        let (Kind::Pictures { encoder, size: expected, .. }, Some(scale)) =
            (&mut self.kind, self.scale)
        else {
            return Err(self.mixed("a picture", path));
        };
        let view = view_of(frame);
        let pts_ns = frame.timestamp_ns();
        self.coded.clear();
        let encoded = if size == *expected {
            encoder.encode(&view, pts_ns, &mut self.coded)
        } else {
            let scaler = self.scaler.as_mut();
            let scaler = scaler.ok_or_else(|| other_size(size, *expected, path))?;
            let fitting = scaled(&mut **scaler, &view, *expected, &mut self.scaled);
            let fitting = fitting
                .map_err(|why| refused(path, format!("a picture of {}x{}", size.0, size.1), why))?;
            encoder.encode(&fitting, pts_ns, &mut self.coded)
        };
        let encoded = encoded.map_err(|source| failed(path, source))?;
        let duration_ns = frame.duration_ns().and_then(|ns| i64::try_from(ns).ok());
        let duration_ns = duration_ns.filter(|ns| *ns > 0).or(self.guessed_duration(pts_ns));
        self.last_pts_ns = Some(pts_ns);
        if let Some(encoded) = encoded {
            let sample = CodedSample {
                dts: scale.from_ns(encoded.dts_ns),
                pts: scale.from_ns(encoded.pts_ns),
                duration: ticks(scale, duration_ns.unwrap_or(USUAL_DURATION_NS)),
                key_frame: encoded.key_frame,
                data: Vec::new(),
            };
            if !self.queue.push(sample, &self.coded) {
                return Err(went_back(pts_ns, path));
            }
        }
        Ok(())
    }

    fn guessed_duration(&self, pts_ns: i64) -> Option<i64> {
        let by_rate = match &self.kind {
            Kind::Pictures { format, .. } => format.frame_rate.frame_start_ns(1),
            _ => None,
        };
        by_rate.or_else(|| Some(pts_ns.saturating_sub(self.last_pts_ns?)).filter(|ns| *ns > 0))
    }

    fn begin_pictures(
        &mut self,
        format: &VideoFormat,
        size: (u32, u32),
        first_ns: i64,
        settings: VideoSettings,
        path: &Path,
    ) -> Result<(), ContainerError> {
        let settings = VideoEncoderSettings {
            bitrate_bps: settings.bitrate,
            key_frame_interval: settings.key_frame_interval,
            colour: format.colour,
            sample_aspect: format.sample_aspect,
            ..VideoEncoderSettings::new(size.0, size.1, format.frame_rate)
        };
        let encoder =
            video_encoder(Codec::H264, &settings).map_err(|source| failed(path, source))?;
        self.coded.reserve(encoder.max_packet_bytes());
        let parameters = encoder.parameters().to_vec();
        self.begin(parameters, format, size, first_ns, first_ns, path)?;
        self.kind = Kind::Pictures { encoder, format: format.clone(), size };
        Ok(())
    }

    fn begin(
        &mut self,
        parameters: Vec<u8>,
        format: &VideoFormat,
        (width, height): (u32, u32),
        first_dts_ns: i64,
        start_ns: i64,
        path: &Path,
    ) -> Result<(), ContainerError> {
        let scale = *self.scale.get_or_insert_with(|| video_timescale(format.frame_rate));
        let (Ok(width), Ok(height)) = (u16::try_from(width), u16::try_from(height)) else {
            let found = format!("pictures of {width}x{height}");
            return Err(refused(path, found, "MP4 has no pictures over 65535 pixels"));
        };
        let video = VideoTrack {
            width,
            height,
            orientation: format.orientation,
            sample_aspect: format.sample_aspect,
            colour: format.colour,
        };
        let track = WriterTrack {
            codec: Codec::H264,
            stream_parameters: parameters,
            kind: TrackKind::Video(video),
            timescale: scale,
            media_start: 0,
            start_delay: 0,
            language: crate::Language::UNDETERMINED,
        };
        let (first_dts, start) = (scale.from_ns(first_dts_ns), scale.from_ns(start_ns));
        self.start = Some(TrackStart { track, first_dts, start });
        Ok(())
    }

    /// Takes a packet as it is.
    pub(super) fn packet(
        &mut self,
        frame: &EncodedVideoFrame,
        format: Option<&PacketFormat>,
        path: &Path,
    ) -> Result<(), ContainerError> {
        let meta = frame.meta();
        let (codec, framing) = (frame.codec(), frame.framing());
        if codec != Some(Codec::H264) || framing != Some(Framing::LengthPrefixed) {
            let name = codec.map_or("an unknown codec", Codec::as_str);
            let framing = framing.map_or("unknown", Framing::as_str);
            let found = format!("packets of {name} ({framing})");
            let way_out = "it takes h264 (length_prefixed): decode the packets before the writer";
            return Err(refused(path, found, way_out));
        }
        if matches!(self.kind, Kind::Unknown) {
            self.kind = Kind::Packets(frame.parameters().to_vec());
            let video = format.and_then(|format| format.video.as_ref());
            let rate = video.map_or(Rational::UNKNOWN, |video| video.frame_rate);
            self.scale = Some(video_timescale(rate));
        }
        let (Kind::Packets(parameters), Some(scale)) = (&self.kind, self.scale) else {
            return Err(self.mixed("a packet", path));
        };
        if parameters != frame.parameters() {
            let found = "packets with other parameters than the first ones".to_owned();
            let way_out = "a track has one set of parameters: decode the packets before the writer";
            return Err(refused(path, found, way_out));
        }
        let (dts_ns, pts_ns) = (frame.timestamp_ns(), meta.pts_ns);
        let not_shown = meta.flags.contains(PacketFlags::NOT_SHOWN);
        let duration_ns = frame.duration_ns().and_then(|ns| i64::try_from(ns).ok());
        let sample = CodedSample {
            dts: scale.from_ns(dts_ns),
            pts: scale.from_ns(pts_ns),
            duration: ticks(scale, duration_ns.unwrap_or(USUAL_DURATION_NS)),
            key_frame: frame.is_key_frame(),
            data: Vec::new(),
        };
        if !self.queue.push(sample, frame.data()) {
            return Err(went_back(dts_ns, path));
        }
        if self.start.is_none() && !not_shown {
            self.earliest_ns = Some(self.earliest_ns.map_or(pts_ns, |before| before.min(pts_ns)));
        }
        // Nothing is shown before it is decoded, so from here on nothing earlier can come.
        if self.earliest_ns.is_some_and(|earliest_ns| earliest_ns <= dts_ns) {
            self.begin_packets(format, path)?;
        }
        Ok(())
    }

    /// The inputs have ended: what is known of the track is all there is to know.
    pub(super) fn finish(
        &mut self,
        format: Option<&PacketFormat>,
        path: &Path,
    ) -> Result<(), ContainerError> {
        self.begin_packets(format, path)
    }

    /// Settles where a track of packets starts, unless that is settled or nothing was shown.
    fn begin_packets(
        &mut self,
        format: Option<&PacketFormat>,
        path: &Path,
    ) -> Result<(), ContainerError> {
        let (Kind::Packets(parameters), Some(scale)) = (&self.kind, self.scale) else {
            return Ok(());
        };
        let (Some(start_ns), Some(first)) = (self.earliest_ns.take(), self.queue.front()) else {
            return Ok(());
        };
        let first_ns = scale.to_ns(first.dts);
        let parameters = parameters.clone();
        let (format, size) = described(&parameters, format, path)?;
        self.begin(parameters, &format, size, first_ns, start_ns, path)
    }

    fn mixed(&self, found: &str, path: &Path) -> ContainerError {
        let way_out = format!("it got {} before, and a track holds one of both", self.kind.name());
        refused(path, found.to_owned(), way_out)
    }
}

fn other_size(size: (u32, u32), expected: (u32, u32), path: &Path) -> ContainerError {
    let way_out = format!(
        "pictures of the file are {}x{}: set `on_size_change: scale`, or insert com.tatolab.scale \
         before the writer",
        expected.0, expected.1
    );
    refused(path, format!("a picture of {}x{}", size.0, size.1), way_out)
}

/// `picture` in the size `(width, height)`, laid into `buffer`.
fn scaled<'a>(
    scaler: &mut dyn PictureScaler,
    picture: &I420View<'_>,
    (width, height): (u32, u32),
    buffer: &'a mut Vec<u8>,
) -> Result<I420View<'a>, String> {
    let (row, rows) = I420View::plane_size(width, height, 0);
    let (half_row, half_rows) = I420View::plane_size(width, height, 1);
    let (luma, chroma) = (row * rows, half_row * half_rows);
    buffer.resize(luma + 2 * chroma, 0);
    let (y, rest) = buffer.split_at_mut(luma);
    let (cb, cr) = rest.split_at_mut(chroma);
    scaler.scale(picture, (width, height), [y, cb, cr])?;
    let (y, rest) = buffer.split_at(luma);
    let (cb, cr) = rest.split_at(chroma);
    Ok(I420View { width, height, planes: [y, cb, cr], strides: [row, half_row, half_row] })
}

fn went_back(to_ns: i64, path: &Path) -> ContainerError {
    let found = format!("a frame at {} ms, which is before the last one", to_ns / 1_000_000);
    refused(path, found, "a file goes on in time: let its source go on with its timestamps")
}

/// Format and size of the pictures in packets: what their source says, else what the parameters do.
fn described(
    parameters: &[u8],
    format: Option<&PacketFormat>,
    path: &Path,
) -> Result<(VideoFormat, (u32, u32)), ContainerError> {
    if let Some(video) = format.and_then(|format| format.video.clone()) {
        let size = (video.width, video.height);
        return Ok((video, size));
    }
    let sequence = AvcConfiguration::parse(parameters).and_then(|avc| avc.sequence());
    let info = sequence.map_err(|source| failed(path, source))?.info();
    let mut format = VideoFormat::new(PixelFormat::I420, info.width, info.height);
    format.sample_aspect = info.sample_aspect;
    format.colour = info.colour;
    Ok((format, (info.width, info.height)))
}

/// The visible part of a picture. Chroma is shared by two columns and rows, so an odd first column
/// or row is that before it.
fn view_of(frame: &VideoFrame) -> I420View<'_> {
    let visible = frame.visible();
    let strides = [0, 1, 2].map(|plane| frame.stride(plane));
    let planes = [0, 1, 2].map(|plane| {
        let half = u32::from(plane > 0);
        let (x, y) = ((visible.x & !1) >> half, (visible.y & !1) >> half);
        let first = y as usize * strides[plane] + x as usize;
        frame.plane(plane).get(first..).unwrap_or_default()
    });
    I420View { width: visible.width, height: visible.height, planes, strides }
}

fn ticks(scale: Timescale, ns: i64) -> u32 {
    u32::try_from(scale.from_ns(ns)).unwrap_or(0)
}

#[cfg(test)]
mod tests;
