//! The H.264 encoder.

use openh264_sys2::{
    ASP_1x1, ASP_EXT_SAR, CAMERA_VIDEO_REAL_TIME, CONSTANT_ID, DEBLOCKING_IDC_0,
    ENCODER_OPTION_BITRATE, ENCODER_OPTION_MAX_BITRATE, HIGH_COMPLEXITY, LOW_COMPLEXITY,
    MEDIUM_COMPLEXITY, RC_BITRATE_MODE, SBitrateInfo, SEncParamExt, SM_SINGLE_SLICE,
    SPATIAL_LAYER_0, SPATIAL_LAYER_ALL, SSpatialLayerConfig, videoFrameTypeIDR,
};
use streamlib_abi::media::{Codec, Colour, ColourRange, Framing, Rational};

use super::raw::RawEncoder;
use crate::error::CodecError;
use crate::h264::{AvcConfiguration, NalKind, annex_b_units};
use crate::video::{Effort, EncodedPicture, I420View, VideoEncoder, VideoEncoderSettings};

/// The frame rates that OpenH264's rate control knows.
const MAX_PLANNED_RATE: f64 = 60.0;
const UNKNOWN_RATE: f64 = 30.0;

const LONG_SIDE_MAX: u32 = 3840;
const SHORT_SIDE_MAX: u32 = 2160;
const SIDE_MIN: u32 = 16;
const BITRATE_MIN: u32 = 10_000;
const BITRATE_MAX: u32 = 288_000_000;

/// H.264 Constrained Baseline, length-prefixed packets with the parameters in `avcC`.
///
/// Every picture gives one packet: nothing is skipped to hold the bitrate, and nothing is held
/// back.
#[derive(Debug)]
pub struct OpenH264Encoder {
    raw: RawEncoder,
    parameters: Vec<u8>,
    width: u32,
    height: u32,
    rate: f64,
    /// What OpenH264 was told, which differs from the setting above 60 frames a second.
    bitrate: i32,
    key_frame_wanted: bool,
}

impl OpenH264Encoder {
    /// Makes an encoder.
    ///
    /// Errors: [`CodecError::InvalidSetting`] for a setting outside its range,
    /// [`CodecError::Library`] if OpenH264 refuses.
    pub fn new(settings: &VideoEncoderSettings) -> Result<Self, CodecError> {
        check_size(settings.width, settings.height)?;
        check_bitrate(settings.bitrate_bps)?;
        let rate = if settings.frame_rate.is_known() {
            f64::from(settings.frame_rate.num) / f64::from(settings.frame_rate.den)
        } else {
            UNKNOWN_RATE
        };
        let mut raw = RawEncoder::new(|parameters| configure(parameters, settings, rate))?;
        raw.encode_parameter_sets()?;
        let mut sets = Vec::new();
        raw.units().for_each(|unit| sets.extend_from_slice(unit));
        let parameters = AvcConfiguration::from_annex_b(&sets)?.to_bytes()?;
        Ok(Self {
            raw,
            parameters,
            width: settings.width,
            height: settings.height,
            rate,
            bitrate: planned(rate, settings.bitrate_bps).1,
            key_frame_wanted: false,
        })
    }
}

fn check_size(width: u32, height: u32) -> Result<(), CodecError> {
    let (long, short) = (width.max(height), width.min(height));
    let even = width.is_multiple_of(2) && height.is_multiple_of(2);
    if long > LONG_SIDE_MAX || !(SIDE_MIN..=SHORT_SIDE_MAX).contains(&short) || !even {
        let expected = format!(
            "even sides from {SIDE_MIN}x{SIDE_MIN} to {LONG_SIDE_MAX}x{SHORT_SIDE_MAX} or \
             {SHORT_SIDE_MAX}x{LONG_SIDE_MAX}"
        );
        return Err(CodecError::setting("size", format!("{width}x{height}"), expected));
    }
    Ok(())
}

fn check_bitrate(bitrate_bps: u32) -> Result<(), CodecError> {
    if (BITRATE_MIN..=BITRATE_MAX).contains(&bitrate_bps) {
        return Ok(());
    }
    let expected = format!("{BITRATE_MIN} to {BITRATE_MAX} bits a second");
    Err(CodecError::setting("bitrate", bitrate_bps, expected))
}

/// The rate that OpenH264 is told, and the bitrate that gives the wanted bits a picture at it.
fn planned(rate: f64, bitrate_bps: u32) -> (f32, i32) {
    let told = rate.clamp(1.0, MAX_PLANNED_RATE);
    let bitrate = f64::from(bitrate_bps) * told / rate;
    (told as f32, bitrate.clamp(f64::from(BITRATE_MIN), f64::from(BITRATE_MAX)) as i32)
}

fn configure(parameters: &mut SEncParamExt, settings: &VideoEncoderSettings, rate: f64) {
    let (told_rate, bitrate) = planned(rate, settings.bitrate_bps);
    let width = i32::try_from(settings.width).unwrap_or(0);
    let height = i32::try_from(settings.height).unwrap_or(0);
    parameters.iUsageType = CAMERA_VIDEO_REAL_TIME;
    parameters.iPicWidth = width;
    parameters.iPicHeight = height;
    parameters.iTargetBitrate = bitrate;
    parameters.iMaxBitrate = bitrate;
    parameters.iRCMode = RC_BITRATE_MODE;
    parameters.fMaxFrameRate = told_rate;
    parameters.bEnableFrameSkip = false;
    parameters.iComplexityMode = match settings.effort {
        Effort::Low => LOW_COMPLEXITY,
        Effort::Medium => MEDIUM_COMPLEXITY,
        Effort::High => HIGH_COMPLEXITY,
    };
    parameters.uiIntraPeriod = settings.key_frame_interval;
    parameters.eSpsPpsIdStrategy = CONSTANT_ID;
    // Threads need several slices, which one-slice pictures do not have.
    parameters.iMultipleThreadIdc = 1;
    // It would put key frames where nobody asked for one.
    parameters.bEnableSceneChangeDetect = false;
    parameters.bEnableLongTermReference = false;
    parameters.iLoopFilterDisableIdc = DEBLOCKING_IDC_0;
    parameters.iSpatialLayerNum = 1;
    parameters.iTemporalLayerNum = 1;
    let layer = &mut parameters.sSpatialLayers[0];
    layer.iVideoWidth = width;
    layer.iVideoHeight = height;
    layer.fFrameRate = told_rate;
    layer.iSpatialBitrate = bitrate;
    layer.iMaxSpatialBitrate = bitrate;
    layer.sSliceArgument.uiSliceMode = SM_SINGLE_SLICE;
    layer.sSliceArgument.uiSliceNum = 1;
    describe_colour(layer, settings.colour);
    describe_pixel(layer, settings.sample_aspect);
}

fn describe_colour(layer: &mut SSpatialLayerConfig, colour: Colour) {
    let known = Colour { siting: Colour::UNKNOWN.siting, ..colour } != Colour::UNKNOWN;
    if known {
        layer.bVideoSignalTypePresent = true;
        layer.uiVideoFormat = 5; // unspecified, table E-2
        layer.bFullRange = colour.range == ColourRange::Full;
        layer.bColorDescriptionPresent = true;
        layer.uiColorPrimaries = colour.primaries.number();
        layer.uiTransferCharacteristics = colour.transfer.number();
        layer.uiColorMatrix = colour.matrix.number();
    }
}

fn describe_pixel(layer: &mut SSpatialLayerConfig, aspect: Rational) {
    let aspect = aspect.reduced();
    let (Ok(width), Ok(height)) = (u16::try_from(aspect.num), u16::try_from(aspect.den)) else {
        return;
    };
    if aspect.is_known() {
        layer.bAspectRatioPresent = true;
        layer.eAspectRatio = if width == height { ASP_1x1 } else { ASP_EXT_SAR };
        layer.sAspectRatioExtWidth = width;
        layer.sAspectRatioExtHeight = height;
    }
}

impl VideoEncoder for OpenH264Encoder {
    fn codec(&self) -> Codec {
        Codec::H264
    }

    fn framing(&self) -> Framing {
        Framing::LengthPrefixed
    }

    fn parameters(&self) -> &[u8] {
        &self.parameters
    }

    fn max_packet_bytes(&self) -> usize {
        // A macroblock sent as it is (I_PCM) takes its 384 bytes and a few bits of header.
        let blocks = self.width.div_ceil(16) as usize * self.height.div_ceil(16) as usize;
        blocks * 400 + 4096
    }

    fn encode(
        &mut self,
        picture: &I420View<'_>,
        pts_ns: i64,
        out: &mut Vec<u8>,
    ) -> Result<Option<EncodedPicture>, CodecError> {
        if (picture.width, picture.height) != (self.width, self.height) || !picture.is_complete() {
            let complete = if picture.is_complete() { "" } else { ", with rows missing" };
            return Err(CodecError::InvalidInput {
                given: format!("a picture of {}x{}{complete}", picture.width, picture.height),
                expected: format!("a complete picture of {}x{}", self.width, self.height),
            });
        }
        if self.key_frame_wanted {
            self.raw.force_key_frame()?;
            self.key_frame_wanted = false;
        }
        self.raw.encode(picture, pts_ns / 1_000_000)?;
        let before = out.len();
        // Every unit carries exactly one start code, so this loop runs once a unit.
        for unit in self.raw.units().flat_map(annex_b_units) {
            let in_band = matches!(
                NalKind::of(unit),
                Some(NalKind::SequenceParameters | NalKind::PictureParameters)
            );
            if !in_band {
                crate::h264::push_length_prefixed(unit, out);
            }
        }
        let bytes = out.len() - before;
        let key_frame = self.raw.frame_type() == videoFrameTypeIDR;
        Ok((bytes > 0).then_some(EncodedPicture { bytes, key_frame, pts_ns, dts_ns: pts_ns }))
    }

    fn force_key_frame(&mut self) {
        self.key_frame_wanted = true;
    }

    fn set_bitrate(&mut self, bitrate_bps: u32) -> Result<(), CodecError> {
        check_bitrate(bitrate_bps)?;
        let (_, bitrate) = planned(self.rate, bitrate_bps);
        // OpenH264 wants the target below the maximum after every step, so what moves out of the
        // way goes first.
        let mut options = [ENCODER_OPTION_MAX_BITRATE, ENCODER_OPTION_BITRATE];
        if bitrate < self.bitrate {
            options.reverse();
        }
        for option in options {
            for layer in [SPATIAL_LAYER_ALL, SPATIAL_LAYER_0] {
                let mut info = SBitrateInfo { iLayer: layer, iBitrate: bitrate };
                self.raw.set_option(option, &mut info, "change its bitrate")?;
            }
        }
        self.bitrate = bitrate;
        Ok(())
    }

    fn flush(&mut self, _out: &mut Vec<u8>) -> Result<Option<EncodedPicture>, CodecError> {
        Ok(None)
    }
}
