//! The video traits: what every encoder and decoder of pictures does, whoever wraps it.
//!
//! Pictures are I420 with 8 bits a sample. Times are stream time in nanoseconds and are carried
//! through, never made up: a decoded picture has the `pts` of the packet it came from, also when
//! pictures come out in another order than packets went in.

use streamlib_abi::media::{Codec, Colour, Framing, Rational};

use crate::error::CodecError;

/// An I420 picture that somebody else owns.
///
/// Plane 0 has `height` rows of `width` bytes; planes 1 and 2 have `height.div_ceil(2)` rows of
/// `width.div_ceil(2)` bytes. Row `n` of plane `p` starts at byte `n * strides[p]`.
#[derive(Debug, Clone, Copy)]
pub struct I420View<'a> {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Luma, Cb, Cr.
    pub planes: [&'a [u8]; 3],
    /// Bytes from one row to the next, at least the bytes of a row.
    pub strides: [usize; 3],
}

impl<'a> I420View<'a> {
    /// Bytes of a row and number of rows of `plane` (0 to 2).
    pub const fn plane_size(width: u32, height: u32, plane: usize) -> (usize, usize) {
        if plane == 0 {
            (width as usize, height as usize)
        } else {
            (width.div_ceil(2) as usize, height.div_ceil(2) as usize)
        }
    }

    /// Bytes that a plane must have: the last row needs no padding. `None` if it does not fit
    /// an address.
    pub(crate) fn needed(&self, plane: usize) -> Option<usize> {
        let (row, rows) = Self::plane_size(self.width, self.height, plane);
        if rows == 0 {
            return Some(0);
        }
        self.strides[plane].checked_mul(rows - 1)?.checked_add(row)
    }

    /// True if every plane holds the rows that the size and the strides promise.
    pub fn is_complete(&self) -> bool {
        (0..3).all(|plane| {
            let (row, _) = Self::plane_size(self.width, self.height, plane);
            self.strides[plane] >= row
                && self.needed(plane).is_some_and(|needed| self.planes[plane].len() >= needed)
        })
    }

    /// The rows of `plane`, without padding. Empty where the plane is not complete.
    pub fn rows(&self, plane: usize) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let (row, rows) = Self::plane_size(self.width, self.height, plane);
        let stride = self.strides[plane];
        let bytes = self.planes[plane];
        (0..rows).map_while(move |index| bytes.get(index.checked_mul(stride)?..)?.get(..row))
    }

    /// Copies the picture into planes of another owner. Returns false, having copied only the rows
    /// that fit, if a stride is shorter than a row or a plane too short for its stride.
    #[must_use]
    pub fn copy_to(&self, planes: [&mut [u8]; 3], strides: [usize; 3]) -> bool {
        let mut complete = true;
        for (plane, out) in planes.into_iter().enumerate() {
            for (index, row) in self.rows(plane).enumerate() {
                let start = index.checked_mul(strides[plane]);
                let target = start.and_then(|start| out.get_mut(start..)?.get_mut(..row.len()));
                match target {
                    Some(target) if strides[plane] >= row.len() => target.copy_from_slice(row),
                    _ => complete = false,
                }
            }
        }
        complete
    }
}

/// How an encoder is set up. What can change later has a method on [`VideoEncoder`].
#[derive(Debug, Clone, PartialEq)]
pub struct VideoEncoderSettings {
    /// Width in pixels, even, 16 to 3840.
    pub width: u32,
    /// Height in pixels, even, 16 to 3840. Width times height is at most 3840 x 2160.
    pub height: u32,
    /// Frames a second, for rate control only; unknown (variable) is planned as 30.
    pub frame_rate: Rational,
    /// Target in bits a second, 10,000 to 288,000,000.
    pub bitrate_bps: u32,
    /// Every picture of this number is a key frame, counted from the last one; 0 means that only
    /// the first picture and those asked for by [`VideoEncoder::force_key_frame`] are.
    pub key_frame_interval: u32,
    /// Written into the stream where it is known.
    pub colour: Colour,
    /// Width of a pixel against its height, written into the stream where it is known.
    pub sample_aspect: Rational,
    /// How much work goes into each picture.
    pub effort: Effort,
}

/// How much work an encoder puts into a picture: more gives better pictures at the same bitrate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Effort {
    /// The fastest.
    Low,
    /// The default.
    #[default]
    Medium,
    /// The slowest.
    High,
}

impl VideoEncoderSettings {
    /// Settings for this size and rate: 4 Mb/s, a key frame every two seconds (60 pictures where
    /// the rate is not known), nothing said about colour or pixel shape.
    pub fn new(width: u32, height: u32, frame_rate: Rational) -> Self {
        let two_seconds = if frame_rate.is_known() {
            (u64::from(frame_rate.num) * 2).div_ceil(u64::from(frame_rate.den)).clamp(1, 600)
        } else {
            60
        };
        Self {
            width,
            height,
            frame_rate,
            bitrate_bps: 4_000_000,
            key_frame_interval: u32::try_from(two_seconds).unwrap_or(60),
            colour: Colour::UNKNOWN,
            sample_aspect: Rational::UNKNOWN,
            effort: Effort::Medium,
        }
    }
}

/// What [`VideoEncoder::encode`] wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EncodedPicture {
    /// Bytes that were appended to the output.
    pub bytes: usize,
    /// Decoding can start at this packet.
    pub key_frame: bool,
    /// When the picture is shown.
    pub pts_ns: i64,
    /// When the packet is decoded; equal to `pts_ns` where pictures are not reordered.
    pub dts_ns: i64,
}

/// Pictures to packets.
///
/// One picture in gives at most one packet out. An encoder may hold pictures back; [`flush`]
/// gives them at the end.
///
/// [`flush`]: VideoEncoder::flush
pub trait VideoEncoder: Send {
    /// What it writes.
    fn codec(&self) -> Codec;

    /// How units are told apart in its packets.
    fn framing(&self) -> Framing;

    /// The stream parameters for a container (`avcC` for H.264), complete from the start. They
    /// stay the same for the life of the encoder.
    fn parameters(&self) -> &[u8];

    /// An upper bound for the bytes of one packet. An output with this much spare capacity is
    /// never made to grow.
    fn max_packet_bytes(&self) -> usize;

    /// Encodes one picture and appends the packet to `out`. `None` means that no packet came out
    /// this time. `pts_ns` should not decrease.
    ///
    /// Errors: [`CodecError::InvalidInput`] if the picture has another size than the encoder was
    /// made for or is not complete (nothing happens), [`CodecError::Library`] if the codec fails.
    fn encode(
        &mut self,
        picture: &I420View<'_>,
        pts_ns: i64,
        out: &mut Vec<u8>,
    ) -> Result<Option<EncodedPicture>, CodecError>;

    /// Makes the next picture that is encoded a key frame.
    fn force_key_frame(&mut self);

    /// Changes the target from the next picture on, up or down, without a key frame.
    ///
    /// Errors: [`CodecError::InvalidSetting`] outside 10,000 to 288,000,000 (nothing changes).
    fn set_bitrate(&mut self, bitrate_bps: u32) -> Result<(), CodecError>;

    /// Appends the packet of one picture that was held back; `None` when there is none left.
    fn flush(&mut self, out: &mut Vec<u8>) -> Result<Option<EncodedPicture>, CodecError>;
}

/// A compressed picture on its way into a decoder.
#[derive(Debug, Clone, Copy)]
pub struct VideoPacket<'a> {
    /// One access unit in the framing that was agreed.
    pub data: &'a [u8],
    /// When its picture is shown.
    pub pts_ns: i64,
}

/// How a decoder is set up.
#[derive(Debug, Clone, Copy)]
pub struct VideoDecoderSettings<'a> {
    /// What it reads.
    pub codec: Codec,
    /// How units are told apart in its packets.
    pub framing: Framing,
    /// The stream parameters (`avcC` for H.264). May be empty where they come in band.
    pub parameters: &'a [u8],
}

/// What a video stream says about its pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VideoStreamInfo {
    /// Width of the visible picture in pixels.
    pub width: u32,
    /// Height of the visible picture in pixels.
    pub height: u32,
    /// Width of a pixel against its height; unknown if the stream does not say.
    pub sample_aspect: Rational,
    /// Colour; unknown parts stay unknown.
    pub colour: Colour,
    /// Frames a second that the stream claims; often unknown, and not a promise.
    pub frame_rate: Rational,
}

/// A picture as it comes out of a decoder, valid during the visit.
#[derive(Debug, Clone, Copy)]
pub struct DecodedPicture<'a> {
    /// The visible picture.
    pub picture: I420View<'a>,
    /// The `pts` of the packet that the picture came from.
    pub pts_ns: i64,
    /// What the stream says about it.
    pub info: VideoStreamInfo,
}

/// Packets to pictures, in display order.
pub trait VideoDecoder: Send {
    /// What it reads.
    fn codec(&self) -> Codec;

    /// What the stream says about its pictures; `None` until parameters were seen.
    fn info(&self) -> Option<VideoStreamInfo>;

    /// The most pictures that one call of [`VideoDecoder::decode`] visits.
    fn max_pictures_per_packet(&self) -> usize;

    /// Replaces the stream parameters, for packets from here on. Same form as in
    /// [`VideoDecoderSettings::parameters`]. Held pictures stay.
    ///
    /// Errors: [`CodecError::Unsupported`] and [`CodecError::InvalidParameters`]; the old
    /// parameters stay then.
    fn set_parameters(&mut self, parameters: &[u8]) -> Result<(), CodecError>;

    /// Decodes one packet and shows `visit` the pictures that are ready, none to
    /// [`VideoDecoder::max_pictures_per_packet`], in display order.
    ///
    /// Errors: [`CodecError::Unsupported`] if parameters in the packet ask for more than the
    /// decoder can do (found before anything is decoded), [`CodecError::CorruptPacket`] for damage
    /// or a missing reference; the decoder then shows nothing until the next key frame, and may be
    /// given the packets in between, each of which is refused the same way.
    fn decode(
        &mut self,
        packet: VideoPacket<'_>,
        visit: &mut dyn FnMut(DecodedPicture<'_>),
    ) -> Result<(), CodecError>;

    /// At the end of the stream: shows `visit` one picture that was held back for reordering, and
    /// returns true; returns false when there is none left.
    fn flush(&mut self, visit: &mut dyn FnMut(DecodedPicture<'_>)) -> Result<bool, CodecError>;

    /// Forgets held pictures and references; the next packet must be a key frame. Parameters stay.
    fn reset(&mut self) -> Result<(), CodecError>;
}
