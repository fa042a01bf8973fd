//! The H.264 decoder.

use openh264_sys2::{dsBitstreamError, dsNoParamSets, dsRefLost};
use streamlib_abi::media::{Codec, Framing};

use super::raw::{RawDecoder, RawPicture};
use crate::error::CodecError;
use crate::h264::{
    AvcConfiguration, NalKind, SequenceParameters, annex_b_units, length_prefixed_units,
    push_annex_b,
};
use crate::video::{
    DecodedPicture, VideoDecoder, VideoDecoderSettings, VideoPacket, VideoStreamInfo,
};

/// 8-bit 4:2:0 progressive H.264, Baseline, Main and High, in display order.
///
/// Streams that may hold B-frames (everything but Baseline) are delayed by at least one picture.
#[derive(Debug)]
pub struct OpenH264Decoder {
    raw: RawDecoder,
    framing: PacketFraming,
    /// Parameter sets with start codes, put before every key frame: after damage OpenH264 waits
    /// for parameters and not only for a key frame, and out of band they would never come again.
    parameter_sets: Vec<u8>,
    parameters_due: bool,
    annex_b: Vec<u8>,
    info: Option<VideoStreamInfo>,
}

#[derive(Debug, Clone, Copy)]
enum PacketFraming {
    AnnexB,
    LengthPrefixed { length_size: usize },
}

impl OpenH264Decoder {
    /// Makes a decoder for Annex B packets (parameters may be empty, an `avcC` record, or
    /// parameter sets with start codes) or length-prefixed packets (parameters are an `avcC`
    /// record).
    ///
    /// Errors: [`CodecError::Unsupported`] for content that it cannot decode, by name;
    /// [`CodecError::InvalidParameters`]; [`CodecError::InvalidSetting`] for another framing.
    pub fn new(settings: &VideoDecoderSettings<'_>) -> Result<Self, CodecError> {
        let framing = match settings.framing {
            Framing::AnnexB => PacketFraming::AnnexB,
            Framing::LengthPrefixed => PacketFraming::LengthPrefixed { length_size: 4 },
            other @ (Framing::Raw | Framing::Adts) => {
                let expected = "annex_b or length_prefixed for H.264";
                return Err(CodecError::setting("framing", other, expected));
            }
        };
        let mut decoder = Self {
            raw: RawDecoder::new()?,
            framing,
            parameter_sets: Vec::new(),
            parameters_due: false,
            annex_b: Vec::new(),
            info: None,
        };
        if !settings.parameters.is_empty()
            || matches!(framing, PacketFraming::LengthPrefixed { .. })
        {
            decoder.set_parameters(settings.parameters)?;
        }
        Ok(decoder)
    }

    /// Lays the packet into `annex_b` and looks for key frames and new parameters on the way.
    fn prepare(&mut self, data: &[u8]) -> Result<(), CodecError> {
        let Self { annex_b, parameter_sets, parameters_due, info, framing, .. } = self;
        annex_b.clear();
        let mut take = |unit| take_unit(unit, annex_b, parameter_sets, parameters_due, info);
        match *framing {
            PacketFraming::AnnexB => annex_b_units(data).try_for_each(take),
            PacketFraming::LengthPrefixed { length_size } => {
                length_prefixed_units(data, length_size).try_for_each(|unit| take(unit?))
            }
        }
    }
}

fn take_unit(
    unit: &[u8],
    annex_b: &mut Vec<u8>,
    parameter_sets: &mut Vec<u8>,
    parameters_due: &mut bool,
    info: &mut Option<VideoStreamInfo>,
) -> Result<(), CodecError> {
    match NalKind::of(unit) {
        Some(NalKind::SequenceParameters) => {
            let sequence = SequenceParameters::parse(unit)?;
            sequence.check_built_in()?;
            *info = Some(sequence.info());
            // What comes in band takes the place of what was agreed before.
            *parameters_due = false;
            if !annex_b_units(parameter_sets).any(|agreed| agreed == unit) {
                parameter_sets.clear();
            }
        }
        Some(NalKind::IdrSlice) if *parameters_due => {
            annex_b.extend_from_slice(parameter_sets);
            *parameters_due = false;
        }
        _ => {}
    }
    push_annex_b(unit, annex_b);
    Ok(())
}

fn show(
    picture: &RawPicture<'_>,
    info: Option<VideoStreamInfo>,
    visit: &mut dyn FnMut(DecodedPicture<'_>),
) {
    if let Some(info) = info {
        let (width, height) = (picture.view.width, picture.view.height);
        visit(DecodedPicture {
            picture: picture.view,
            pts_ns: picture.timestamp.cast_signed(),
            info: VideoStreamInfo { width, height, ..info },
        });
    }
}

fn damage(state: i32) -> CodecError {
    let detail = if state & dsNoParamSets != 0 {
        "it needs parameter sets that did not come"
    } else if state & dsRefLost != 0 {
        "it refers to pictures that are missing; decoding starts again at the next key frame"
    } else if state & dsBitstreamError != 0 {
        "its content is damaged"
    } else {
        "OpenH264 refuses it"
    };
    CodecError::corrupt(Codec::H264, format!("{detail} (state {state:#x})"))
}

impl VideoDecoder for OpenH264Decoder {
    fn codec(&self) -> Codec {
        Codec::H264
    }

    fn info(&self) -> Option<VideoStreamInfo> {
        self.info
    }

    fn max_pictures_per_packet(&self) -> usize {
        2
    }

    fn set_parameters(&mut self, parameters: &[u8]) -> Result<(), CodecError> {
        let configuration = match (self.framing, parameters) {
            (PacketFraming::AnnexB, [0, 0, 1, ..] | [0, 0, 0, 1, ..]) => {
                AvcConfiguration::from_annex_b(parameters)?
            }
            _ => AvcConfiguration::parse(parameters)?,
        };
        for unit in &configuration.sequence_sets {
            SequenceParameters::parse(unit)?.check_built_in()?;
        }
        let info = configuration.sequence()?.info();
        if let PacketFraming::LengthPrefixed { length_size } = &mut self.framing {
            *length_size = configuration.length_size;
        }
        self.parameter_sets.clear();
        configuration.push_annex_b(&mut self.parameter_sets);
        self.parameters_due = true;
        self.info = Some(info);
        // Compressed pictures larger than raw ones do not come out of encoders.
        let picture = info.width as usize * info.height as usize * 3 / 2;
        self.annex_b.clear();
        self.annex_b.reserve(picture + self.parameter_sets.len());
        Ok(())
    }

    fn decode(
        &mut self,
        packet: VideoPacket<'_>,
        visit: &mut dyn FnMut(DecodedPicture<'_>),
    ) -> Result<(), CodecError> {
        self.parameters_due |= !self.parameter_sets.is_empty();
        self.prepare(packet.data)?;
        if self.annex_b.is_empty() {
            return Err(CodecError::corrupt(Codec::H264, "it holds no NAL unit"));
        }
        let timestamp = packet.pts_ns.cast_unsigned();
        let (state, picture) = self.raw.decode(&self.annex_b, timestamp)?;
        if let Some(picture) = picture {
            show(&picture, self.info, visit);
        }
        // The packet is a whole access unit, so it need not wait for the start of the next.
        let (finishing, picture) = self.raw.decode(&[], timestamp)?;
        if let Some(picture) = picture {
            show(&picture, self.info, visit);
        }
        match state | finishing {
            0 => Ok(()),
            state => Err(damage(state)),
        }
    }

    fn flush(&mut self, visit: &mut dyn FnMut(DecodedPicture<'_>)) -> Result<bool, CodecError> {
        let picture = self.raw.flush()?;
        if let Some(picture) = &picture {
            show(picture, self.info, visit);
        }
        Ok(picture.is_some())
    }

    fn reset(&mut self) -> Result<(), CodecError> {
        self.raw = RawDecoder::new()?;
        Ok(())
    }
}
