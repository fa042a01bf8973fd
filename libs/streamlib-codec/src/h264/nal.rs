//! NAL units and their two framings: start codes (Annex B) and lengths (ISO/IEC 14496-15).

use streamlib_abi::media::Codec;

use crate::error::CodecError;

/// The kinds of NAL unit that matter outside a decoder, H.264 table 7-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NalKind {
    /// A slice of a picture that is no key frame.
    Slice,
    /// A slice of an IDR picture: a key frame.
    IdrSlice,
    /// Supplemental information.
    Sei,
    /// Sequence parameter set.
    SequenceParameters,
    /// Picture parameter set.
    PictureParameters,
    /// Start of an access unit.
    AccessUnitDelimiter,
    /// Any other number.
    Other(u8),
}

impl NalKind {
    /// The kind of a unit, from its first byte. `None` for an empty unit.
    pub fn of(unit: &[u8]) -> Option<Self> {
        Some(match unit.first()? & 0x1f {
            1 => Self::Slice,
            5 => Self::IdrSlice,
            6 => Self::Sei,
            7 => Self::SequenceParameters,
            8 => Self::PictureParameters,
            9 => Self::AccessUnitDelimiter,
            other => Self::Other(other),
        })
    }
}

/// The units of an Annex B byte stream, without start codes and trailing zeros. Bytes before the
/// first start code are passed over.
pub fn annex_b_units(data: &[u8]) -> AnnexBUnits<'_> {
    let rest = find_start_code(data).map_or(&[][..], |at| &data[at + 3..]);
    AnnexBUnits { rest }
}

/// Iterator of [`annex_b_units`].
#[derive(Debug, Clone)]
pub struct AnnexBUnits<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for AnnexBUnits<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        while !self.rest.is_empty() {
            let (unit, rest) = match find_start_code(self.rest) {
                Some(at) => (&self.rest[..at], &self.rest[at + 3..]),
                None => (self.rest, &[][..]),
            };
            self.rest = rest;
            let end = unit.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            if end > 0 {
                return Some(&unit[..end]);
            }
        }
        None
    }
}

/// Where the next `00 00 01` begins.
fn find_start_code(data: &[u8]) -> Option<usize> {
    let mut at = 0;
    while at + 3 <= data.len() {
        // The third byte decides how far the search may jump.
        match data[at + 2] {
            1 if data[at] == 0 && data[at + 1] == 0 => return Some(at),
            0 => at += 1,
            _ => at += 3,
        }
    }
    None
}

/// The units of a packet with lengths of `length_size` (1 to 4) bytes. Yields one error and ends
/// if a length reaches beyond the packet.
pub fn length_prefixed_units(data: &[u8], length_size: usize) -> LengthPrefixedUnits<'_> {
    LengthPrefixedUnits { rest: data, length_size: length_size.clamp(1, 4) }
}

/// Iterator of [`length_prefixed_units`].
#[derive(Debug, Clone)]
pub struct LengthPrefixedUnits<'a> {
    rest: &'a [u8],
    length_size: usize,
}

impl<'a> Iterator for LengthPrefixedUnits<'a> {
    type Item = Result<&'a [u8], CodecError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let split = self.rest.split_at_checked(self.length_size).and_then(|(length, rest)| {
            let length = length.iter().fold(0usize, |sum, byte| sum << 8 | usize::from(*byte));
            rest.split_at_checked(length)
        });
        match split {
            Some((unit, rest)) => {
                self.rest = rest;
                Some(Ok(unit))
            }
            None => {
                let detail = format!(
                    "the length of a NAL unit reaches beyond the {} bytes that are left",
                    self.rest.len()
                );
                self.rest = &[];
                Some(Err(CodecError::corrupt(Codec::H264, detail)))
            }
        }
    }
}

/// Appends the units of an Annex B packet with 4-byte lengths. Units of 4 GiB and more, which no
/// packet here has, are left out.
pub fn annex_b_to_length_prefixed(data: &[u8], out: &mut Vec<u8>) {
    for unit in annex_b_units(data) {
        push_length_prefixed(unit, out);
    }
}

pub(crate) fn push_length_prefixed(unit: &[u8], out: &mut Vec<u8>) {
    if let Ok(length) = u32::try_from(unit.len()) {
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(unit);
    }
}

/// Appends the units of a packet with lengths of `length_size` bytes with start codes. Empty units
/// are left out.
///
/// Errors: [`CodecError::CorruptPacket`] if a length reaches beyond the packet; the units before
/// it were appended.
pub fn length_prefixed_to_annex_b(
    data: &[u8],
    length_size: usize,
    out: &mut Vec<u8>,
) -> Result<(), CodecError> {
    for unit in length_prefixed_units(data, length_size) {
        push_annex_b(unit?, out);
    }
    Ok(())
}

pub(crate) fn push_annex_b(unit: &[u8], out: &mut Vec<u8>) {
    if !unit.is_empty() {
        out.extend_from_slice(&[0, 0, 0, 1]);
        out.extend_from_slice(unit);
    }
}
