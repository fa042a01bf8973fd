//! Colour description. Numbers are those of ITU-T H.273 (and so of H.264, H.265 and MP4 `colr`).

use super::named_numbers;

named_numbers! {
    /// Chromaticity of the primaries, H.273 table 2.
    ColourPrimaries: u8 {
        /// BT.709, sRGB.
        Bt709 = 1 => "bt709",
        /// Not stated.
        Unknown = 2 => "unknown",
        /// BT.470 System M.
        Bt470M = 4 => "bt470m",
        /// BT.601 625 lines.
        Bt470Bg = 5 => "bt470bg",
        /// BT.601 525 lines.
        Smpte170M = 6 => "smpte170m",
        /// SMPTE 240M.
        Smpte240M = 7 => "smpte240m",
        /// Generic film.
        Film = 8 => "film",
        /// BT.2020, BT.2100.
        Bt2020 = 9 => "bt2020",
        /// SMPTE ST 428 (CIE XYZ).
        Smpte428 = 10 => "smpte428",
        /// DCI P3.
        DciP3 = 11 => "dci_p3",
        /// Display P3.
        DisplayP3 = 12 => "display_p3",
    }
}

named_numbers! {
    /// Opto-electronic transfer, H.273 table 3.
    TransferCharacteristics: u8 {
        /// BT.709.
        Bt709 = 1 => "bt709",
        /// Not stated.
        Unknown = 2 => "unknown",
        /// Gamma 2.2.
        Gamma22 = 4 => "gamma22",
        /// Gamma 2.8.
        Gamma28 = 5 => "gamma28",
        /// BT.601.
        Smpte170M = 6 => "smpte170m",
        /// SMPTE 240M.
        Smpte240M = 7 => "smpte240m",
        /// Linear light.
        Linear = 8 => "linear",
        /// IEC 61966-2-4 (xvYCC).
        Xvycc = 11 => "xvycc",
        /// BT.1361 extended gamut.
        Bt1361 = 12 => "bt1361",
        /// IEC 61966-2-1 (sRGB).
        Srgb = 13 => "srgb",
        /// BT.2020, 10 bit.
        Bt2020Ten = 14 => "bt2020_10",
        /// BT.2020, 12 bit.
        Bt2020Twelve = 15 => "bt2020_12",
        /// SMPTE ST 2084 (PQ).
        Pq = 16 => "pq",
        /// SMPTE ST 428.
        Smpte428 = 17 => "smpte428",
        /// ARIB STD-B67 (HLG).
        Hlg = 18 => "hlg",
    }
}

named_numbers! {
    /// How luma and chroma come from RGB, H.273 table 4.
    MatrixCoefficients: u8 {
        /// RGB as it is.
        Identity = 0 => "identity",
        /// BT.709.
        Bt709 = 1 => "bt709",
        /// Not stated.
        Unknown = 2 => "unknown",
        /// FCC.
        Fcc = 4 => "fcc",
        /// BT.601 625 lines.
        Bt470Bg = 5 => "bt470bg",
        /// BT.601 525 lines.
        Smpte170M = 6 => "smpte170m",
        /// SMPTE 240M.
        Smpte240M = 7 => "smpte240m",
        /// YCgCo.
        Ycgco = 8 => "ycgco",
        /// BT.2020 non-constant luminance.
        Bt2020Ncl = 9 => "bt2020_ncl",
        /// BT.2020 constant luminance.
        Bt2020Cl = 10 => "bt2020_cl",
    }
}

named_numbers! {
    /// Which code values stand for black and white.
    ColourRange: u8 {
        /// Not stated.
        Unknown = 0 => "unknown",
        /// Narrow ("video") range: 16 to 235 for 8-bit luma.
        Limited = 1 => "limited",
        /// All code values.
        Full = 2 => "full",
    }
}

named_numbers! {
    /// Where chroma samples of subsampled formats lie, H.273 ChromaSampleLocType plus one.
    ChromaSiting: u8 {
        /// Not stated.
        Unknown = 0 => "unknown",
        /// Left, between two lines (MPEG-2, H.264 default).
        Left = 1 => "left",
        /// Centre of the four luma samples (JPEG, MPEG-1).
        Center = 2 => "center",
        /// On the top left luma sample.
        TopLeft = 3 => "top_left",
        /// Top, between two columns.
        Top = 4 => "top",
        /// On the bottom left luma sample.
        BottomLeft = 5 => "bottom_left",
        /// Bottom, between two columns.
        Bottom = 6 => "bottom",
    }
}

named_numbers! {
    /// What the alpha channel means.
    AlphaMode: u8 {
        /// There is none, or it is to be ignored.
        None = 0 => "none",
        /// Colours are not multiplied by alpha.
        Straight = 1 => "straight",
        /// Colours are multiplied by alpha.
        Premultiplied = 2 => "premultiplied",
    }
}

/// The whole colour description of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Colour {
    /// Primaries.
    pub primaries: ColourPrimaries,
    /// Transfer characteristics.
    pub transfer: TransferCharacteristics,
    /// Matrix coefficients.
    pub matrix: MatrixCoefficients,
    /// Range of code values.
    pub range: ColourRange,
    /// Chroma sample location.
    pub siting: ChromaSiting,
}

impl Colour {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self {
        primaries: ColourPrimaries::Unknown,
        transfer: TransferCharacteristics::Unknown,
        matrix: MatrixCoefficients::Unknown,
        range: ColourRange::Unknown,
        siting: ChromaSiting::Unknown,
    };

    /// High definition video: BT.709, limited range, chroma on the left.
    pub const BT709: Self = Self {
        primaries: ColourPrimaries::Bt709,
        transfer: TransferCharacteristics::Bt709,
        matrix: MatrixCoefficients::Bt709,
        range: ColourRange::Limited,
        siting: ChromaSiting::Left,
    };

    /// Computer graphics: sRGB, full range.
    pub const SRGB: Self = Self {
        primaries: ColourPrimaries::Bt709,
        transfer: TransferCharacteristics::Srgb,
        matrix: MatrixCoefficients::Identity,
        range: ColourRange::Full,
        siting: ChromaSiting::Unknown,
    };
}

impl Default for Colour {
    fn default() -> Self {
        Self::UNKNOWN
    }
}
