//! The H.264 bitstream as far as a container and a decoder's front need it: NAL units and their
//! two framings, sequence parameter sets, and the `avcC` record.
//!
//! Nothing here decodes pictures, nothing panics on any input, and nothing but the records
//! themselves allocates. Formats: ITU-T H.264 (08/2021) and ISO/IEC 14496-15.

mod avcc;
mod bits;
mod nal;
mod sps;
mod vui;

pub use avcc::AvcConfiguration;
pub use nal::{
    AnnexBUnits, LengthPrefixedUnits, NalKind, annex_b_to_length_prefixed, annex_b_units,
    length_prefixed_to_annex_b, length_prefixed_units,
};
pub(crate) use nal::{push_annex_b, push_length_prefixed};
pub use sps::{CropRectangle, SequenceParameters};
