//! Sequence parameter sets: what a stream says about its pictures before any of them is decoded.

use streamlib_abi::media::{Colour, Rational};

use super::bits::BitReader;
use super::vui::{self, Vui};
use crate::error::{CONVERT_VIDEO, CodecError, Role};
use crate::video::VideoStreamInfo;

const WHAT: &str = "H.264 sequence parameter set";

/// The widest and highest picture that is believed. Level 6.2 allows 16,888.
const MAX_SIDE: u32 = 16_896;

/// What is cut from the coded picture, in luma pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CropRectangle {
    /// Columns at the left.
    pub left: u32,
    /// Columns at the right.
    pub right: u32,
    /// Rows at the top.
    pub top: u32,
    /// Rows at the bottom.
    pub bottom: u32,
}

/// The content of a sequence parameter set, H.264 clause 7.3.2.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SequenceParameters {
    /// `seq_parameter_set_id`, 0 to 31.
    pub id: u32,
    /// `profile_idc`.
    pub profile: u8,
    /// `constraint_set0_flag` (highest bit) to the reserved bits, as in `avcC`.
    pub constraints: u8,
    /// `level_idc`: ten times the level.
    pub level: u8,
    /// `chroma_format_idc`: 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4.
    pub chroma_format: u32,
    /// Bits of a luma sample, 8 to 14.
    pub luma_bits: u32,
    /// Bits of a chroma sample, 8 to 14.
    pub chroma_bits: u32,
    /// `qpprime_y_zero_transform_bypass_flag`: may hold lossless pictures.
    pub lossless: bool,
    /// `frame_mbs_only_flag`: no interlaced pictures.
    pub progressive: bool,
    /// Width of the coded picture, a multiple of 16.
    pub coded_width: u32,
    /// Height of the coded picture, a multiple of 16 (32 if not progressive).
    pub coded_height: u32,
    /// What is cut from it.
    pub crop: CropRectangle,
    /// Width of a pixel against its height.
    pub sample_aspect: Rational,
    /// Colour description.
    pub colour: Colour,
    /// Frames a second by `num_units_in_tick` and `time_scale`; a claim, not a promise.
    pub frame_rate: Rational,
    /// `max_num_reorder_frames`: how many pictures may come later than in coded order.
    pub max_reorder: Option<u32>,
}

impl SequenceParameters {
    /// Reads a set from its NAL unit, header byte included.
    ///
    /// Errors: [`CodecError::InvalidParameters`].
    pub fn parse(unit: &[u8]) -> Result<Self, CodecError> {
        match unit.first() {
            Some(header) if header & 0x1f == 7 => {}
            _ => return Err(CodecError::parameters(WHAT, "the NAL unit is of another kind")),
        }
        let mut reader = BitReader::new(&unit[1..]);
        read(&mut reader).ok_or_else(|| CodecError::parameters(WHAT, "it ends early"))?
    }

    /// Width of the visible picture.
    pub const fn width(&self) -> u32 {
        self.coded_width - self.crop.left - self.crop.right
    }

    /// Height of the visible picture.
    pub const fn height(&self) -> u32 {
        self.coded_height - self.crop.top - self.crop.bottom
    }

    /// The profile by the name of annex A, G or H.
    pub const fn profile_name(&self) -> &'static str {
        match self.profile {
            44 => "CAVLC 4:4:4 Intra",
            66 if self.constraints & 0x40 != 0 => "Constrained Baseline",
            66 => "Baseline",
            77 => "Main",
            83 => "Scalable Baseline",
            86 => "Scalable High",
            88 => "Extended",
            100 => "High",
            110 => "High 10",
            118 => "Multiview High",
            122 => "High 4:2:2",
            128 => "Stereo High",
            244 => "High 4:4:4 Predictive",
            _ => "of an unknown profile",
        }
    }

    /// What the stream says about its pictures.
    pub const fn info(&self) -> VideoStreamInfo {
        VideoStreamInfo {
            width: self.width(),
            height: self.height(),
            sample_aspect: self.sample_aspect,
            colour: self.colour,
            frame_rate: self.frame_rate,
        }
    }

    /// Whether the built-in decoder can decode the stream: 8-bit 4:2:0 progressive Baseline, Main
    /// and High, without lossless pictures.
    ///
    /// Errors: [`CodecError::Unsupported`], naming profile and feature.
    pub fn check_built_in(&self) -> Result<(), CodecError> {
        let feature = if self.luma_bits != 8 || self.chroma_bits != 8 {
            format!("{}-bit", self.luma_bits.max(self.chroma_bits))
        } else if self.chroma_format != 1 {
            match self.chroma_format {
                0 => "monochrome".to_owned(),
                2 => "4:2:2 chroma".to_owned(),
                _ => "4:4:4 chroma".to_owned(),
            }
        } else if !self.progressive {
            "interlaced".to_owned()
        } else if self.lossless {
            "lossless".to_owned()
        } else if !matches!(self.profile, 66 | 77 | 100) {
            format!("profile {}", self.profile)
        } else {
            return Ok(());
        };
        Err(CodecError::Unsupported {
            what: format!("H.264 {} ({feature})", self.profile_name()),
            role: Role::Decoder,
            way_out: CONVERT_VIDEO,
        })
    }
}

struct Chroma {
    format: u32,
    luma_bits: u32,
    chroma_bits: u32,
    lossless: bool,
    separate_planes: bool,
}

/// `None` where the data ends; the inner error where it is all there and makes no sense.
fn read(reader: &mut BitReader<'_>) -> Option<Result<SequenceParameters, CodecError>> {
    let profile = u8::try_from(reader.bits(8)?).ok()?;
    let constraints = u8::try_from(reader.bits(8)?).ok()?;
    let level = u8::try_from(reader.bits(8)?).ok()?;
    let id = reader.unsigned()?;
    let chroma = read_chroma(reader, profile)?;
    read_order_count(reader)?;
    let _max_reference_frames = reader.unsigned()?;
    let _gaps_allowed = reader.flag()?;
    let width_in_blocks = reader.unsigned()?;
    let height_in_units = reader.unsigned()?;
    let progressive = reader.flag()?;
    if !progressive {
        let _adaptive = reader.flag()?;
    }
    let _direct_8x8 = reader.flag()?;
    let map_unit = if progressive { 16 } else { 32 };
    let (Some(coded_width), Some(coded_height)) =
        (side(width_in_blocks, 16), side(height_in_units, map_unit))
    else {
        let detail = format!("a side of the picture is longer than {MAX_SIDE} pixels");
        return Some(Err(CodecError::parameters(WHAT, detail)));
    };
    let crop = if reader.flag()? { read_crop(reader, &chroma, progressive)? } else { Some([0; 4]) };
    let Some(crop) = crop.and_then(|crop| check_crop(crop, coded_width, coded_height)) else {
        return Some(Err(CodecError::parameters(WHAT, "more is cropped than there is")));
    };
    if id > 31 || chroma.format > 3 || chroma.luma_bits > 14 || chroma.chroma_bits > 14 {
        return Some(Err(CodecError::parameters(WHAT, "a number is outside its range")));
    }
    // Streams exist whose usability information is cut short; what was read before it holds.
    let vui = if reader.flag()? { vui::read(reader).unwrap_or_default() } else { Vui::default() };
    Some(Ok(SequenceParameters {
        id,
        profile,
        constraints,
        level,
        chroma_format: if chroma.separate_planes { 3 } else { chroma.format },
        luma_bits: chroma.luma_bits,
        chroma_bits: chroma.chroma_bits,
        lossless: chroma.lossless,
        progressive,
        coded_width,
        coded_height,
        crop,
        sample_aspect: vui.sample_aspect,
        colour: vui.colour,
        frame_rate: vui.frame_rate,
        max_reorder: vui.max_reorder,
    }))
}

fn side(minus_one: u32, unit: u32) -> Option<u32> {
    minus_one.checked_add(1)?.checked_mul(unit).filter(|side| *side <= MAX_SIDE)
}

/// The part that only the High profiles have.
fn read_chroma(reader: &mut BitReader<'_>, profile: u8) -> Option<Chroma> {
    let mut chroma =
        Chroma { format: 1, luma_bits: 8, chroma_bits: 8, lossless: false, separate_planes: false };
    let has_it = matches!(
        profile,
        44 | 83 | 86 | 100 | 110 | 118 | 122 | 128 | 134 | 135 | 138 | 139 | 144 | 244
    );
    if has_it {
        chroma.format = reader.unsigned()?;
        if chroma.format == 3 {
            chroma.separate_planes = reader.flag()?;
        }
        chroma.luma_bits = reader.unsigned()?.saturating_add(8);
        chroma.chroma_bits = reader.unsigned()?.saturating_add(8);
        chroma.lossless = reader.flag()?;
        if reader.flag()? {
            let lists = if chroma.format == 3 { 12 } else { 8 };
            for list in 0..lists {
                if reader.flag()? {
                    skip_scaling_list(reader, if list < 6 { 16 } else { 64 })?;
                }
            }
        }
    }
    Some(chroma)
}

fn skip_scaling_list(reader: &mut BitReader<'_>, size: usize) -> Option<()> {
    let (mut last, mut next) = (8i32, 8i32);
    for _ in 0..size {
        if next != 0 {
            let delta = reader.signed()?;
            next = last.wrapping_add(delta).rem_euclid(256);
        }
        last = if next == 0 { last } else { next };
    }
    Some(())
}

fn read_order_count(reader: &mut BitReader<'_>) -> Option<()> {
    let _log2_max_frame_number = reader.unsigned()?;
    match reader.unsigned()? {
        0 => {
            let _log2_max_order_count = reader.unsigned()?;
        }
        1 => {
            let _always_zero = reader.flag()?;
            let _offset_non_reference = reader.signed()?;
            let _offset_top_to_bottom = reader.signed()?;
            for _ in 0..reader.unsigned()?.min(256) {
                reader.signed()?;
            }
        }
        _ => {}
    }
    Some(())
}

/// Left, right, top, bottom in luma pixels; `Some(None)` if a number does not fit.
fn read_crop(
    reader: &mut BitReader<'_>,
    chroma: &Chroma,
    progressive: bool,
) -> Option<Option<[u32; 4]>> {
    let subsampled = !chroma.separate_planes;
    let across = if subsampled && matches!(chroma.format, 1 | 2) { 2 } else { 1 };
    let down = if subsampled && chroma.format == 1 { 2 } else { 1 };
    let down = if progressive { down } else { down * 2 };
    let mut units = [0; 4];
    for unit in &mut units {
        *unit = reader.unsigned()?;
    }
    let [left, right, top, bottom] = units;
    let pixels = |units: u32, size: u32| units.checked_mul(size);
    let crop = (|| {
        Some([
            pixels(left, across)?,
            pixels(right, across)?,
            pixels(top, down)?,
            pixels(bottom, down)?,
        ])
    })();
    Some(crop)
}

fn check_crop(
    [left, right, top, bottom]: [u32; 4],
    width: u32,
    height: u32,
) -> Option<CropRectangle> {
    let fits = left.checked_add(right)? < width && top.checked_add(bottom)? < height;
    fits.then_some(CropRectangle { left, right, top, bottom })
}
