//! `com.tatolab.h264_decoder`.

use streamlib_abi::media::FieldOrder;
use streamlib_processor::prelude::*;

use super::parameters_of;
use super::times::{InFlight, OutputOrder, derived, mark};
use crate::h264::{NalKind, annex_b_units, length_prefixed_units};
use crate::{
    CodecError, DecodedPicture, VideoDecoder, VideoDecoderSettings, VideoPacket, video_decoder,
};

/// Decodes H.264: 8-bit 4:2:0 progressive Baseline, Main and High; anything else is refused by
/// name. Pictures come in display order, each with the pts of its packet as timestamp, and with
/// its duration, capture time, trace and epoch. Pictures that are not to be shown are decoded and
/// not sent.
///
/// Parameters are those of the packets (`avcC`, or in band with start codes). When they change,
/// the pictures that are held back are sent first. After a discontinuity or damage pictures are
/// left out up to the next key frame, whose picture is marked as a discontinuity. A stream that
/// ends without a picture fails with what was wrong with it. No settings.
#[processor(
    name = "com.tatolab.h264_decoder",
    latency(min_ns = 0, max_ns = 700_000_000),
    crate = streamlib_processor
)]
#[derive(Debug)]
pub struct H264Decoder {
    /// Packets of H.264, one access unit each: with 4-byte lengths and `avcC`, or with start codes.
    #[input(formats(packets(H264, framings(LengthPrefixed, AnnexB))))]
    video_in: Input<EncodedVideoFrame>,
    /// Pictures in display order: none to two a packet, and what was held back at the end.
    #[output(formats(video(I420)), max_per_call = 2)]
    video_out: Output<VideoFrame>,
    stream: Option<Stream>,
    announced: Announced,
    pictures: Pictures,
    /// The first damage, until a picture has come out.
    damage: Option<CodecError>,
}

/// The present decoder and what it was made for.
struct Stream {
    decoder: Box<dyn VideoDecoder>,
    framing: Framing,
    parameters: Vec<u8>,
    /// Nothing can be decoded before a key frame.
    waiting: bool,
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream")
            .field("framing", &self.framing)
            .field("waiting", &self.waiting)
            .finish_non_exhaustive()
    }
}

/// The format that the sender announced last.
#[derive(Debug, Default)]
struct Announced {
    format: Option<PacketFormat>,
    /// No decoder was made for it yet.
    is_new: bool,
}

/// What becomes of pictures that come out of the decoder.
#[derive(Debug, Default)]
struct Pictures {
    in_flight: InFlight,
    order: OutputOrder,
    /// What the container says about the pictures.
    described: Option<VideoFormat>,
    /// The next picture does not follow on.
    mark_next: bool,
    any: bool,
    /// Why a picture could not be sent.
    failed: Option<Error>,
}

impl Pictures {
    /// Sends a picture, for a decoder's `visit`.
    fn send(&mut self, decoded: &DecodedPicture<'_>, output: &mut Output<VideoFrame>) {
        self.any = true;
        let held = self.in_flight.take(decoded.pts_ns);
        if !held.shown || self.failed.is_some() {
            return;
        }
        let mut envelope = derived(&held.envelope, decoded.pts_ns);
        if std::mem::take(&mut self.mark_next) {
            mark(&mut envelope);
        }
        self.order.place(&mut envelope, output);
        let format = format_of(decoded, self.described.as_ref());
        self.failed = fill_and_send(decoded, &format, envelope, output).err();
    }

    fn result(&mut self) -> Result<()> {
        self.failed.take().map_or(Ok(()), Err)
    }
}

fn fill_and_send(
    decoded: &DecodedPicture<'_>,
    format: &VideoFormat,
    envelope: Envelope,
    output: &mut Output<VideoFrame>,
) -> Result<()> {
    let mut out = output.loan_with(format, envelope)?;
    let strides = [0, 1, 2].map(|plane| out.stride(plane));
    let [y, u, v, _] = out.planes_mut();
    if !decoded.picture.copy_to([y, u, v], strides) {
        return Err(Error::new("a decoded picture does not fit the frame that was loaned for it"));
    }
    Ok(output.send(out)?)
}

/// The container knows the pace of the pictures and the shape of a pixel best, the stream its
/// colour.
fn format_of(decoded: &DecodedPicture<'_>, described: Option<&VideoFormat>) -> VideoFormat {
    let info = &decoded.info;
    let mut format =
        VideoFormat::new(PixelFormat::I420, decoded.picture.width, decoded.picture.height);
    format.field_order = FieldOrder::Progressive;
    (format.frame_rate, format.sample_aspect) = (info.frame_rate, info.sample_aspect);
    format.colour = info.colour;
    if let Some(described) = described {
        format.frame_rate = described.frame_rate;
        format.orientation = described.orientation;
        if described.sample_aspect.is_known() {
            format.sample_aspect = described.sample_aspect;
        }
        if info.colour == Colour::UNKNOWN {
            format.colour = described.colour;
        }
    }
    format
}

impl Stream {
    fn new(framing: Framing, parameters: &[u8]) -> Result<Self, CodecError> {
        if framing == Framing::LengthPrefixed && parameters.is_empty() {
            return Err(CodecError::MissingParameters { codec: Codec::H264, structure: "avcC" });
        }
        let settings = VideoDecoderSettings { codec: Codec::H264, framing, parameters };
        let decoder = video_decoder(&settings)?;
        Ok(Self { decoder, framing, parameters: parameters.to_vec(), waiting: true })
    }

    /// True if decoding can start at this packet.
    fn can_start_at(&self, packet: &EncodedVideoFrame) -> bool {
        let is_idr = |unit: &[u8]| NalKind::of(unit) == Some(NalKind::IdrSlice);
        packet.is_key_frame()
            || match self.framing {
                Framing::AnnexB => annex_b_units(packet.data()).any(is_idr),
                // Byte 4 of `avcC` holds the bytes of a length less one.
                _ => {
                    let length = self.parameters.get(4).map_or(4, |byte| (byte & 3) + 1);
                    length_prefixed_units(packet.data(), length.into())
                        .any(|unit| unit.is_ok_and(is_idr))
                }
            }
    }
}

impl H264Decoder {
    /// True if this packet is not for the present decoder, or does not follow on.
    fn starts_anew(&self, packet: &EncodedVideoFrame) -> bool {
        let parameters = parameters_of(packet, self.announced.format.as_ref());
        self.announced.is_new
            || packet.envelope().flags.contains(EnvelopeFlags::DISCONTINUITY)
            || self.stream.as_ref().is_none_or(|stream| {
                Some(stream.framing) != packet.framing() || stream.parameters != parameters
            })
    }

    /// Sends up to two of the pictures that are held back; true if there was one.
    fn send_held(&mut self) -> Result<bool> {
        let Self { stream, pictures, video_out, .. } = self;
        let Some(stream) = stream else { return Ok(false) };
        let mut any = false;
        for _ in 0..2 {
            let shown = stream.decoder.flush(&mut |picture| pictures.send(&picture, video_out))?;
            any |= shown;
            if !shown {
                break;
            }
        }
        pictures.result()?;
        Ok(any)
    }

    /// Makes a decoder for this packet.
    fn restart(&mut self, packet: &EncodedVideoFrame) -> Result<()> {
        let framing = packet.framing().unwrap_or(Framing::Raw);
        let format = self.announced.format.as_ref();
        let marked = packet.envelope().flags.contains(EnvelopeFlags::DISCONTINUITY);
        self.pictures.mark_next |= marked && self.stream.is_some();
        self.stream = Some(Stream::new(framing, parameters_of(packet, format))?);
        self.pictures.described = format.and_then(|format| format.video.clone());
        self.pictures.in_flight.clear();
        self.announced.is_new = false;
        Ok(())
    }

    fn decode(&mut self, packet: &EncodedVideoFrame) -> Result<()> {
        let Self { stream, pictures, video_out, .. } = self;
        let Some(stream) = stream else { return Ok(()) };
        if stream.waiting && !stream.can_start_at(packet) {
            pictures.mark_next = true;
            return Ok(());
        }
        let pts_ns = packet.meta().pts_ns;
        let shown = !packet.meta().flags.contains(PacketFlags::NOT_SHOWN);
        pictures.in_flight.push(pts_ns, *packet.envelope(), shown);
        let unit = VideoPacket { data: packet.data(), pts_ns };
        let decoded =
            stream.decoder.decode(unit, &mut |picture| pictures.send(&picture, video_out));
        pictures.result()?;
        stream.waiting = false;
        match decoded {
            Ok(()) => Ok(()),
            Err(
                error @ (CodecError::CorruptPacket { .. } | CodecError::InvalidParameters { .. }),
            ) => {
                (stream.waiting, pictures.mark_next) = (true, true);
                self.damage.get_or_insert(error);
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl Processor for H264Decoder {
    fn process(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
        let Some(packet) = self.video_in.read()? else { return Ok(()) };
        if self.starts_anew(&packet) {
            if self.send_held()? {
                self.video_in.unread(packet)?;
                ctx.again();
                return Ok(());
            }
            self.restart(&packet)?;
        }
        self.decode(&packet)
    }

    fn format_changed(&mut self, _port: &str, _lane: u32, format: &Format) -> Result<()> {
        if let Format::Packet(packet) = format {
            self.announced = Announced { format: Some(packet.clone()), is_new: true };
        }
        Ok(())
    }

    fn end_of_stream(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
        if self.send_held()? {
            ctx.again();
            return Ok(());
        }
        self.stream = None;
        match self.damage.take() {
            Some(first) if !self.pictures.any => {
                Err(CodecError::NothingDecoded { codec: Codec::H264, first: Box::new(first) }
                    .into())
            }
            _ => Ok(()),
        }
    }

    fn flush(&mut self) {
        // The next packet makes a new decoder.
        self.stream = None;
        self.pictures.in_flight.clear();
    }
}
