//! Video usability information, H.264 annex E: pixel shape, colour, timing, reordering.

use streamlib_abi::media::{
    ChromaSiting, Colour, ColourPrimaries, ColourRange, MatrixCoefficients, Rational,
    TransferCharacteristics,
};

use super::bits::BitReader;

/// The part of the information that is used here; unknown where the stream does not say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Vui {
    pub(super) sample_aspect: Rational,
    pub(super) colour: Colour,
    pub(super) frame_rate: Rational,
    pub(super) max_reorder: Option<u32>,
}

impl Default for Vui {
    fn default() -> Self {
        Self {
            sample_aspect: Rational::UNKNOWN,
            colour: Colour::UNKNOWN,
            frame_rate: Rational::UNKNOWN,
            max_reorder: None,
        }
    }
}

/// Table E-1, `aspect_ratio_idc` 1 to 16.
const SAMPLE_ASPECTS: [(u32, u32); 16] = [
    (1, 1),
    (12, 11),
    (10, 11),
    (16, 11),
    (40, 33),
    (24, 11),
    (20, 11),
    (32, 11),
    (80, 33),
    (18, 11),
    (15, 11),
    (64, 33),
    (160, 99),
    (4, 3),
    (3, 2),
    (2, 1),
];

const EXTENDED_SAR: u32 = 255;

pub(super) fn read(reader: &mut BitReader<'_>) -> Option<Vui> {
    let mut vui = Vui::default();
    if reader.flag()? {
        vui.sample_aspect = read_sample_aspect(reader)?;
    }
    if reader.flag()? {
        let _overscan = reader.flag()?;
    }
    if reader.flag()? {
        read_signal_type(reader, &mut vui.colour)?;
    }
    if reader.flag()? {
        let siting = reader.unsigned()?;
        let _bottom_field = reader.unsigned()?;
        let number = siting.checked_add(1).and_then(ChromaSiting::from_number);
        vui.colour.siting = number.unwrap_or(ChromaSiting::Unknown);
    }
    if reader.flag()? {
        let units_in_tick = reader.bits(32)?;
        let time_scale = reader.bits(32)?;
        let _fixed_rate = reader.flag()?;
        // A tick is a field, so a frame takes two (clause E.2.1).
        if units_in_tick > 0 && time_scale > 0 && units_in_tick <= u32::MAX / 2 {
            vui.frame_rate = Rational::new(time_scale, units_in_tick * 2).reduced();
        }
    }
    let nal_hrd = reader.flag()?;
    if nal_hrd {
        skip_reference_decoder(reader)?;
    }
    let vcl_hrd = reader.flag()?;
    if vcl_hrd {
        skip_reference_decoder(reader)?;
    }
    if nal_hrd || vcl_hrd {
        let _low_delay = reader.flag()?;
    }
    let _picture_structure = reader.flag()?;
    if reader.flag()? {
        let _motion_over_boundaries = reader.flag()?;
        for _ in 0..4 {
            // bytes and bits denominators, motion vector lengths
            reader.unsigned()?;
        }
        vui.max_reorder = Some(reader.unsigned()?);
    }
    Some(vui)
}

fn read_sample_aspect(reader: &mut BitReader<'_>) -> Option<Rational> {
    let number = reader.bits(8)?;
    if number == EXTENDED_SAR {
        let aspect = Rational::new(reader.bits(16)?, reader.bits(16)?);
        return Some(if aspect.is_known() { aspect } else { Rational::UNKNOWN });
    }
    let entry = usize::try_from(number).ok()?.checked_sub(1).and_then(|at| SAMPLE_ASPECTS.get(at));
    Some(entry.map_or(Rational::UNKNOWN, |(width, height)| Rational::new(*width, *height)))
}

fn read_signal_type(reader: &mut BitReader<'_>, colour: &mut Colour) -> Option<()> {
    let _video_format = reader.bits(3)?;
    colour.range = if reader.flag()? { ColourRange::Full } else { ColourRange::Limited };
    if reader.flag()? {
        colour.primaries =
            ColourPrimaries::from_number(reader.bits(8)?).unwrap_or(ColourPrimaries::Unknown);
        colour.transfer = TransferCharacteristics::from_number(reader.bits(8)?)
            .unwrap_or(TransferCharacteristics::Unknown);
        colour.matrix =
            MatrixCoefficients::from_number(reader.bits(8)?).unwrap_or(MatrixCoefficients::Unknown);
    }
    Some(())
}

/// `hrd_parameters()`.
fn skip_reference_decoder(reader: &mut BitReader<'_>) -> Option<()> {
    let count = reader.unsigned()?;
    if count > 31 {
        return None;
    }
    let _scales = reader.bits(8)?;
    for _ in 0..=count {
        reader.unsigned()?;
        reader.unsigned()?;
        reader.flag()?;
    }
    let _lengths = reader.bits(20)?;
    Some(())
}
