//! The pictures of a file, decoded in the order of presentation.

use std::collections::VecDeque;
use std::path::Path;

use streamlib_abi::media::{Codec, Colour, Framing};
use streamlib_codec::h264::{AvcConfiguration, NalKind, length_prefixed_units};
use streamlib_codec::{
    CodecError, DecodedPicture, I420View, Role, VideoDecoder, VideoDecoderSettings, VideoPacket,
    VideoStreamInfo, video_decoder,
};
use streamlib_processor::prelude::*;

use super::super::playback::{Playback, Timeline, video_format};
use crate::{ContainerError, Mp4File, Packet, TrackCodec, TrackInfo};

/// How many packets are looked at before they are decoded. H.264 reorders at most 16 pictures
/// (ITU-T H.264, A.3.1), so the next picture to be shown is always among them.
const AHEAD: usize = 18;

/// A picture that was given to the decoder and has not come out.
#[derive(Debug, Clone, Copy)]
struct InFlight {
    /// What the decoder hands through.
    pts_ns: i64,
    /// When it is shown from, and how long at most; `None` if it is only decoded.
    shown: Option<(i64, i64)>,
}

/// Decodes one video track.
pub(super) struct VideoPlayback {
    track: TrackInfo,
    decoder: Box<dyn VideoDecoder>,
    /// What the container says of the pictures; the size is the decoder's to say.
    format: VideoFormat,
    ahead: VecDeque<Packet>,
    in_flight: Vec<InFlight>,
    data: Vec<u8>,
    /// Bytes of the length in front of each unit of H.264.
    length_size: usize,
    spare: Spare,
    /// Where the frame that was sent last ends, ns.
    end_ns: i64,
}

/// A picture that came out when another one had already been sent in the same call.
#[derive(Debug, Default)]
struct Spare {
    pixels: Vec<u8>,
    /// Its place in time and its size, while there is one.
    picture: Option<SparePicture>,
}

#[derive(Debug, Clone, Copy)]
struct SparePicture {
    from_ns: i64,
    end_ns: i64,
    info: VideoStreamInfo,
}

/// What may be played of a track: its decoder.
fn decoder_for(track: &TrackInfo, path: &Path) -> Result<Box<dyn VideoDecoder>, ContainerError> {
    let decoder = match track.codec {
        TrackCodec::Known(codec) => video_decoder(&VideoDecoderSettings {
            codec,
            framing: Framing::LengthPrefixed,
            parameters: &track.stream_parameters,
        }),
        TrackCodec::Other(code) => {
            Err(CodecError::unknown_codec(&format!("'{code}'"), Role::Decoder, true))
        }
    };
    let no_decoder =
        |source| ContainerError::NoDecoder { path: path.to_owned(), track: track.id, source };
    decoder.map_err(no_decoder)
}

impl Playback for VideoPlayback {
    type Frame = VideoFrame;

    fn open(file: &mut Mp4File, track: TrackInfo, path: &Path) -> Result<Self, ContainerError> {
        let decoder = decoder_for(&track, path)?;
        let format = video_format(file, &track);
        let largest = largest_packet(file, &track);
        let parameters = track.stream_parameters.clone();
        Ok(Self {
            track,
            decoder,
            format,
            ahead: VecDeque::with_capacity(AHEAD),
            in_flight: Vec::with_capacity(2 * AHEAD),
            data: Vec::with_capacity(largest),
            length_size: AvcConfiguration::parse(&parameters).map_or(4, |avc| avc.length_size),
            spare: Spare::default(),
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
        _file: &mut Mp4File,
        start_ns: i64,
        path: &Path,
    ) -> Result<(), ContainerError> {
        self.ahead.clear();
        self.in_flight.clear();
        self.spare.picture = None;
        self.end_ns = start_ns;
        self.decoder.reset().map_err(|source| ContainerError::Decode {
            path: path.to_owned(),
            track: self.track.id,
            time_ms: start_ns / 1_000_000,
            source,
        })
    }

    fn next_due_ns(&mut self, file: &mut Mp4File, time: &Timeline) -> Option<i64> {
        if let Some(spare) = &self.spare.picture {
            return Some(spare.from_ns);
        }
        while self.ahead.len() < AHEAD
            && let Some(packet) = file.next_packet_of(self.track.id)
        {
            self.ahead.push_back(packet);
        }
        let waiting = self.ahead.iter().filter_map(|packet| shown(&self.track, packet, time));
        let decoded = self.in_flight.iter().filter_map(|picture| picture.shown);
        let earliest = waiting.chain(decoded).map(|(from_ns, _)| from_ns).min();
        earliest.or((!self.ahead.is_empty()).then_some(i64::MIN))
    }

    fn step(
        &mut self,
        file: &mut Mp4File,
        time: &Timeline,
        path: &Path,
        output: &mut Output<VideoFrame>,
    ) -> Result<()> {
        if self.send_spare(time, output)? {
            return Ok(());
        }
        let Some(packet) = self.ahead.front().copied() else {
            return self.drain(time, path, output);
        };
        self.data.resize(packet.size as usize, 0);
        file.read(&packet, &mut self.data)?;
        // New parameters make the decoder forget what it holds back, so that comes out first.
        let restarts = packet.key_frame && self.brings_parameters();
        if restarts && !self.in_flight.is_empty() {
            return self.drain(time, path, output);
        }
        self.ahead.pop_front();
        let shown = shown(&self.track, &packet, time);
        self.in_flight.push(InFlight { pts_ns: packet.pts_ns, shown });

        let Self { decoder, data, .. } = self;
        let mut visits = Visits {
            format: &self.format,
            in_flight: &mut self.in_flight,
            ahead: &self.ahead,
            spare: &mut self.spare,
            end_ns: &mut self.end_ns,
            time,
            output,
            sent: false,
            result: Ok(()),
        };
        let unit = VideoPacket { data, pts_ns: packet.pts_ns };
        let decoded = decoder.decode(unit, &mut |picture| visits.visit(&picture));
        visits.result?;
        decoded.map_err(|source| {
            let (path, track) = (path.to_owned(), self.track.id);
            ContainerError::Decode { path, track, time_ms: packet.pts_ns / 1_000_000, source }
                .into()
        })
    }
}

impl VideoPlayback {
    /// True if the packet that was read holds parameters of the stream.
    fn brings_parameters(&self) -> bool {
        let is_set = |unit| NalKind::of(unit) == Some(NalKind::SequenceParameters);
        self.track.codec == TrackCodec::Known(Codec::H264)
            && length_prefixed_units(&self.data, self.length_size).flatten().any(is_set)
    }

    /// Takes out what the decoder holds back for reordering.
    fn drain(
        &mut self,
        time: &Timeline,
        path: &Path,
        output: &mut Output<VideoFrame>,
    ) -> Result<()> {
        let mut visits = Visits {
            format: &self.format,
            in_flight: &mut self.in_flight,
            ahead: &self.ahead,
            spare: &mut self.spare,
            end_ns: &mut self.end_ns,
            time,
            output,
            sent: false,
            result: Ok(()),
        };
        let more = self.decoder.flush(&mut |picture| visits.visit(&picture));
        visits.result?;
        let more = more.map_err(|source| ContainerError::Decode {
            path: path.to_owned(),
            track: self.track.id,
            time_ms: self.end_ns / 1_000_000,
            source,
        })?;
        if !more {
            // What has not come out by now never will.
            self.in_flight.clear();
        }
        Ok(())
    }

    fn send_spare(&mut self, time: &Timeline, output: &mut Output<VideoFrame>) -> Result<bool> {
        let Some(picture) = self.spare.picture.take() else { return Ok(false) };
        let view = self.spare.view(picture.info.width, picture.info.height);
        let format = format_of(&self.format, &picture.info);
        send(&format, &view, (picture.from_ns, picture.end_ns), time, output)?;
        self.end_ns = picture.end_ns;
        Ok(true)
    }
}

impl Spare {
    fn keep(&mut self, picture: &DecodedPicture<'_>, from_ns: i64, end_ns: i64) {
        self.pixels.clear();
        for plane in 0..3 {
            picture.picture.rows(plane).for_each(|row| self.pixels.extend_from_slice(row));
        }
        self.picture = Some(SparePicture { from_ns, end_ns, info: picture.info });
    }

    fn view(&self, width: u32, height: u32) -> I420View<'_> {
        let (row, rows) = I420View::plane_size(width, height, 0);
        let (half_row, half_rows) = I420View::plane_size(width, height, 1);
        let (luma, chroma) = self.pixels.split_at((row * rows).min(self.pixels.len()));
        let (cb, cr) = chroma.split_at((half_row * half_rows).min(chroma.len()));
        I420View { width, height, planes: [luma, cb, cr], strides: [row, half_row, half_row] }
    }
}

/// What happens to the pictures that come out of the decoder in one call.
struct Visits<'a> {
    format: &'a VideoFormat,
    in_flight: &'a mut Vec<InFlight>,
    ahead: &'a VecDeque<Packet>,
    spare: &'a mut Spare,
    end_ns: &'a mut i64,
    time: &'a Timeline,
    output: &'a mut Output<VideoFrame>,
    sent: bool,
    result: Result<()>,
}

impl Visits<'_> {
    fn visit(&mut self, picture: &DecodedPicture<'_>) {
        let pts_ns = picture.pts_ns;
        let found = self.in_flight.iter().find(|waiting| waiting.pts_ns == pts_ns);
        let shown = found.and_then(|waiting| waiting.shown);
        // Pictures come out in the order of presentation: earlier ones were swallowed.
        self.in_flight.retain(|waiting| waiting.pts_ns > pts_ns);
        let Some((from_ns, last_ns)) = shown else { return };
        let next = self.in_flight.iter().map(|waiting| waiting.pts_ns);
        let next = next.chain(self.ahead.iter().map(|packet| packet.pts_ns));
        let next_ns = next.filter(|next| *next > from_ns).min();
        let end_ns = next_ns.unwrap_or(last_ns);
        if self.sent {
            self.spare.keep(picture, from_ns, end_ns);
            return;
        }
        self.sent = true;
        *self.end_ns = end_ns;
        let format = format_of(self.format, &picture.info);
        let sent = send(&format, &picture.picture, (from_ns, end_ns), self.time, self.output);
        if self.result.is_ok() {
            self.result = sent;
        }
    }
}

/// When the picture of a packet is shown, and when at the latest it ends if none follows, ns of
/// the file.
fn shown(track: &TrackInfo, packet: &Packet, time: &Timeline) -> Option<(i64, i64)> {
    let scale = track.timescale;
    let from_ns = scale.to_ns(packet.pts.saturating_add(i64::from(packet.trim_start)));
    let length = packet.duration.saturating_sub(packet.trim_end);
    let end_ns = scale.to_ns(packet.pts.saturating_add(i64::from(length)));
    (packet.shown && from_ns >= time.start_ns).then_some((from_ns, end_ns.max(from_ns)))
}

/// Size and rate from the stream, and what the container does not say. ISO/IEC 14496-12, 12.1.5
/// gives the container's word on colour precedence.
fn format_of(container: &VideoFormat, info: &VideoStreamInfo) -> VideoFormat {
    let unknown = Colour::UNKNOWN;
    let mut format = container.clone();
    (format.width, format.height) = (info.width, info.height);
    if !format.sample_aspect.is_known() {
        format.sample_aspect = info.sample_aspect;
    }
    let (colour, stream) = (&mut format.colour, info.colour);
    if colour.primaries == unknown.primaries {
        colour.primaries = stream.primaries;
    }
    if colour.transfer == unknown.transfer {
        colour.transfer = stream.transfer;
    }
    if colour.matrix == unknown.matrix {
        colour.matrix = stream.matrix;
    }
    if colour.range == unknown.range {
        colour.range = stream.range;
    }
    if colour.siting == unknown.siting {
        colour.siting = stream.siting;
    }
    format
}

fn send(
    format: &VideoFormat,
    picture: &I420View<'_>,
    (from_ns, end_ns): (i64, i64),
    time: &Timeline,
    output: &mut Output<VideoFrame>,
) -> Result<()> {
    let envelope = time.envelope(from_ns, end_ns);
    let mut frame = output.loan_with(format, envelope)?;
    let strides = [0, 1, 2].map(|plane| frame.stride(plane));
    let [luma, cb, cr, _] = frame.planes_mut();
    if !picture.copy_to([luma, cb, cr], strides) {
        return Err(Error::new("a decoded picture does not fit the frame that was made for it"));
    }
    output.send(frame)?;
    Ok(())
}

/// Bytes of the largest packet.
fn largest_packet(file: &mut Mp4File, track: &TrackInfo) -> usize {
    let mut largest = 0;
    while let Some(packet) = file.next_packet_of(track.id) {
        largest = largest.max(packet.size as usize);
    }
    file.rewind();
    largest
}
