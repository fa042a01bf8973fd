//! Pixel formats and the fixed metadata of a video block.

use super::{
    AlphaMode, ChromaSiting, Colour, ColourPrimaries, ColourRange, MatrixCoefficients, Rational,
    TransferCharacteristics, named_numbers,
};

/// The most planes that a picture has.
pub const MAX_PLANES: usize = 4;

named_numbers! {
    /// How the samples of a picture lie in memory. Samples of 16 bits are little endian.
    PixelFormat: u32 {
        /// Packed red, green, blue, alpha, 8 bits each.
        Rgba8 = 1 => "rgba8",
        /// Packed blue, green, red, alpha, 8 bits each.
        Bgra8 = 2 => "bgra8",
        /// Packed red, green, blue, 8 bits each.
        Rgb8 = 3 => "rgb8",
        /// One plane of 8-bit luma.
        Gray8 = 4 => "gray8",
        /// 4:2:0, a luma plane and a plane of interleaved Cb and Cr, 8 bits.
        Nv12 = 5 => "nv12",
        /// 4:2:0, planes of Y, Cb and Cr, 8 bits.
        I420 = 6 => "i420",
        /// One plane of 16-bit luma.
        Gray16 = 7 => "gray16",
        /// Packed red, green, blue, alpha, 16 bits each.
        Rgba64 = 8 => "rgba64",
        /// As NV12 with 16-bit samples, the value in the upper 10 bits.
        P010 = 9 => "p010",
    }
}

impl PixelFormat {
    /// How many planes a picture has.
    pub const fn plane_count(self) -> usize {
        match self {
            Self::I420 => 3,
            Self::Nv12 | Self::P010 => 2,
            _ => 1,
        }
    }

    /// Significant bits of a sample.
    pub const fn bit_depth(self) -> u32 {
        match self {
            Self::Gray16 | Self::Rgba64 => 16,
            Self::P010 => 10,
            _ => 8,
        }
    }

    /// True if chroma has half the width and half the height.
    pub const fn is_420(self) -> bool {
        matches!(self, Self::I420 | Self::Nv12 | Self::P010)
    }

    /// Bytes of a row of `plane` without padding, for a picture `width` pixels wide.
    pub const fn row_bytes(self, plane: usize, width: u32) -> usize {
        let width = width as usize;
        let chroma = width.div_ceil(2);
        match (self, plane) {
            (Self::Rgba8 | Self::Bgra8, _) => width * 4,
            (Self::Rgb8, _) => width * 3,
            (Self::Rgba64, _) => width * 8,
            (Self::Gray16, _) => width * 2,
            (Self::P010, 0) => width * 2,
            (Self::P010, _) => chroma * 4,
            (Self::Nv12, 1..) => chroma * 2,
            (Self::I420, 1..) => chroma,
            _ => width,
        }
    }

    /// Rows of `plane` for a picture `height` pixels high.
    pub const fn rows(self, plane: usize, height: u32) -> usize {
        if plane > 0 && self.is_420() { (height as usize).div_ceil(2) } else { height as usize }
    }
}

named_numbers! {
    /// Which field of interlaced video comes first.
    FieldOrder: u8 {
        /// Not stated.
        Unknown = 0 => "unknown",
        /// Whole frames.
        Progressive = 1 => "progressive",
        /// The top field comes first.
        TopFirst = 2 => "top_first",
        /// The bottom field comes first.
        BottomFirst = 3 => "bottom_first",
    }
}

/// How the picture is to be turned for display: first mirrored left to right if `mirrored`, then
/// turned clockwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(C)]
pub struct Orientation {
    /// Clockwise quarter turns, 0 to 3.
    pub quarter_turns: u8,
    /// 1 if mirrored left to right before turning, else 0.
    pub mirrored: u8,
}

/// A part of a picture, in pixels from the top left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(C)]
pub struct Rectangle {
    /// First column.
    pub x: u32,
    /// First row.
    pub y: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

/// Where a plane lies in the bulk memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
pub struct PlaneLayout {
    /// First byte, counted from the start of the first memory.
    pub offset: u64,
    /// Bytes from one row to the next.
    pub stride: u32,
    /// How many rows there are.
    pub rows: u32,
}

/// The fixed metadata of a video block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct VideoMeta {
    /// Size of this struct as the writer knows it, in bytes.
    pub size: u32,
    /// [`PixelFormat`] number.
    pub pixel_format: u32,
    /// Width in pixels, 1 to 32,768.
    pub width: u32,
    /// Height in pixels, 1 to 32,768.
    pub height: u32,
    /// Significant bits of a sample.
    pub bit_depth: u32,
    /// Used entries of `planes`, 1 to 4.
    pub plane_count: u32,
    /// Where the planes lie.
    pub planes: [PlaneLayout; MAX_PLANES],
    /// [`ColourPrimaries`] number.
    pub primaries: u8,
    /// [`TransferCharacteristics`] number.
    pub transfer: u8,
    /// [`MatrixCoefficients`] number.
    pub matrix: u8,
    /// [`ColourRange`] number.
    pub range: u8,
    /// [`ChromaSiting`] number.
    pub siting: u8,
    /// [`AlphaMode`] number.
    pub alpha: u8,
    /// [`FieldOrder`] number.
    pub field_order: u8,
    /// Always 0; kept for a later version.
    pub reserved: u8,
    /// How to turn the picture for display.
    pub orientation: Orientation,
    /// Always 0; kept for a later version.
    pub reserved2: u16,
    /// Width of a pixel against its height; unknown means square is likely but was not said.
    pub sample_aspect: Rational,
    /// Frames a second; unknown also means variable.
    pub frame_rate: Rational,
    /// The part of the picture that is meant to be seen.
    pub visible: Rectangle,
    /// Always 0; kept for a later version.
    pub reserved3: u32,
}

const _: () = assert!(size_of::<VideoMeta>() == 136 && align_of::<VideoMeta>() == 8);

impl VideoMeta {
    /// Metadata of a picture with tight planes, each row starting at a multiple of `alignment`
    /// bytes and each plane at a multiple of 64, and everything else unknown. The second value is
    /// how many bytes the planes take together.
    pub fn packed(format: PixelFormat, width: u32, height: u32, alignment: usize) -> (Self, usize) {
        let mut planes = [PlaneLayout::default(); MAX_PLANES];
        let mut end = 0_usize;
        for (index, plane) in planes.iter_mut().take(format.plane_count()).enumerate() {
            let stride = format.row_bytes(index, width).next_multiple_of(alignment.max(1));
            let rows = format.rows(index, height);
            let offset = end.next_multiple_of(64);
            *plane =
                PlaneLayout { offset: offset as u64, stride: stride as u32, rows: rows as u32 };
            end = offset + stride * rows;
        }
        let meta = Self {
            size: size_of::<Self>() as u32,
            pixel_format: format.number(),
            width,
            height,
            bit_depth: format.bit_depth(),
            plane_count: format.plane_count() as u32,
            planes,
            primaries: 0,
            transfer: 0,
            matrix: 0,
            range: 0,
            siting: 0,
            alpha: AlphaMode::None.number(),
            field_order: FieldOrder::Unknown.number(),
            reserved: 0,
            orientation: Orientation::default(),
            reserved2: 0,
            sample_aspect: Rational::UNKNOWN,
            frame_rate: Rational::UNKNOWN,
            visible: Rectangle { x: 0, y: 0, width, height },
            reserved3: 0,
        };
        (meta.with_colour(Colour::UNKNOWN), end)
    }

    /// The same with this colour description.
    #[must_use]
    pub fn with_colour(mut self, colour: Colour) -> Self {
        self.primaries = colour.primaries.number();
        self.transfer = colour.transfer.number();
        self.matrix = colour.matrix.number();
        self.range = colour.range.number();
        self.siting = colour.siting.number();
        self
    }

    /// The colour description; numbers that this version does not know read as unknown.
    pub fn colour(&self) -> Colour {
        Colour {
            primaries: ColourPrimaries::from_number(self.primaries.into())
                .unwrap_or(ColourPrimaries::Unknown),
            transfer: TransferCharacteristics::from_number(self.transfer.into())
                .unwrap_or(TransferCharacteristics::Unknown),
            matrix: MatrixCoefficients::from_number(self.matrix.into())
                .unwrap_or(MatrixCoefficients::Unknown),
            range: ColourRange::from_number(self.range.into()).unwrap_or(ColourRange::Unknown),
            siting: ChromaSiting::from_number(self.siting.into()).unwrap_or(ChromaSiting::Unknown),
        }
    }
}
