//! Names and numbers of the media vocabulary: pixel formats, colour, channel layouts, codecs.
//!
//! Every enumeration has a fixed number for the ABI, a name for files and messages, and an
//! `Unknown` where the real world leaves a thing unsaid: unknown stays unknown until a processor
//! decides. Numbers of colour enumerations are those of ITU-T H.273, so that they go into
//! bitstreams and containers as they are.

mod audio;
mod codec;
mod colour;
mod pixel;
mod rational;

pub use audio::{AudioMeta, ChannelLayout, MAX_CHANNELS, SampleFormat, Speaker};
pub use codec::{Codec, Framing, PacketFlags, PacketMeta};
pub use colour::{
    AlphaMode, ChromaSiting, Colour, ColourPrimaries, ColourRange, MatrixCoefficients,
    TransferCharacteristics,
};
pub use pixel::{
    FieldOrder, MAX_PLANES, Orientation, PixelFormat, PlaneLayout, Rectangle, VideoMeta,
};
pub use rational::Rational;

/// An enumeration with a fixed number and a name.
macro_rules! named_numbers {
    (
        $(#[$meta:meta])*
        $name:ident: $repr:ty {
            $( $(#[$variant_meta:meta])* $variant:ident = $number:literal => $text:literal, )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr($repr)]
        pub enum $name { $( $(#[$variant_meta])* $variant = $number, )+ }

        impl $name {
            /// Every value, in the order of the numbers' definition.
            pub const ALL: &'static [Self] = &[$( Self::$variant, )+];

            /// The name used in files, schemas and messages.
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $text, )+ }
            }

            /// The value with this ABI number, if there is one.
            pub const fn from_number(number: u32) -> Option<Self> {
                match number { $( $number => Some(Self::$variant), )+ _ => None }
            }

            /// The number that crosses the ABI.
            pub const fn number(self) -> $repr { self as $repr }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::media::UnknownName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $( $text => Ok(Self::$variant), )+
                    _ => Err($crate::media::UnknownName { kind: stringify!($name) }),
                }
            }
        }
    };
}
pub(crate) use named_numbers;

/// A text that names no value of an enumeration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownName {
    /// The Rust name of the enumeration.
    pub kind: &'static str,
}

impl std::fmt::Display for UnknownName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "not a known {}", self.kind)
    }
}

impl std::error::Error for UnknownName {}

#[cfg(test)]
mod tests;
