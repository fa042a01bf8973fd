//! The `avcC` record: H.264 parameters out of band, ISO/IEC 14496-15 clause 5.3.3.1.

use super::nal::{NalKind, annex_b_units, push_annex_b};
use super::sps::SequenceParameters;
use crate::error::CodecError;

const WHAT: &str = "avcC record";

/// Parameter sets of a stream, and how long the lengths in its packets are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AvcConfiguration {
    /// Bytes of the length before each NAL unit in a packet: 1, 2 or 4.
    pub length_size: usize,
    /// Sequence parameter sets, NAL unit header included, without start codes; 1 to 31.
    pub sequence_sets: Vec<Vec<u8>>,
    /// Picture parameter sets, in the same form; at most 255.
    pub picture_sets: Vec<Vec<u8>>,
}

impl AvcConfiguration {
    /// Reads the content of an `avcC` box.
    ///
    /// Errors: [`CodecError::InvalidParameters`].
    pub fn parse(record: &[u8]) -> Result<Self, CodecError> {
        let [version, _profile, _constraints, _level, lengths, count, sets @ ..] = record else {
            return Err(CodecError::parameters(WHAT, "it ends early"));
        };
        if *version != 1 {
            let detail = format!("its version is {version}, and only 1 is known");
            return Err(CodecError::parameters(WHAT, detail));
        }
        let length_size = usize::from(lengths & 3) + 1;
        if length_size == 3 {
            return Err(CodecError::parameters(WHAT, "lengths of 3 bytes do not exist"));
        }
        let mut rest = sets;
        let early = || CodecError::parameters(WHAT, "it ends early");
        let sequence_sets = take_sets(&mut rest, count & 0x1f).ok_or_else(early)?;
        let (count, mut rest) = rest.split_first().ok_or_else(early)?;
        let picture_sets = take_sets(&mut rest, *count).ok_or_else(early)?;
        Ok(Self { length_size, sequence_sets, picture_sets })
    }

    /// Collects the parameter sets of an Annex B packet, in order; 4-byte lengths.
    ///
    /// Errors: [`CodecError::InvalidParameters`] if a kind of set is missing, or there are more of
    /// one than a record can hold.
    pub fn from_annex_b(packet: &[u8]) -> Result<Self, CodecError> {
        let of = |kind| {
            annex_b_units(packet)
                .filter(move |unit| NalKind::of(unit) == Some(kind))
                .map(<[u8]>::to_vec)
                .collect::<Vec<_>>()
        };
        let configuration = Self {
            length_size: 4,
            sequence_sets: of(NalKind::SequenceParameters),
            picture_sets: of(NalKind::PictureParameters),
        };
        if configuration.sequence_sets.is_empty() || configuration.picture_sets.is_empty() {
            return Err(CodecError::parameters(
                "H.264 packet",
                "it holds no complete parameter sets",
            ));
        }
        Ok(configuration)
    }

    /// The record as bytes.
    ///
    /// Errors: [`CodecError::InvalidParameters`] if there is no sequence parameter set or one that
    /// cannot be read, or if there are more or longer sets than a record can hold.
    pub fn to_bytes(&self) -> Result<Vec<u8>, CodecError> {
        let Some(first) = self.sequence_sets.first() else {
            return Err(CodecError::parameters(WHAT, "it has no sequence parameter set"));
        };
        let sps = SequenceParameters::parse(first)?;
        let length_code = match self.length_size {
            1 | 2 | 4 => self.length_size as u8 - 1,
            _ => return Err(CodecError::parameters(WHAT, "lengths have 1, 2 or 4 bytes")),
        };
        let (Ok(sequence_count @ 0..=31), Ok(picture_count)) =
            (u8::try_from(self.sequence_sets.len()), u8::try_from(self.picture_sets.len()))
        else {
            return Err(CodecError::parameters(WHAT, "it has too many parameter sets"));
        };
        let mut out = vec![
            1,
            sps.profile,
            sps.constraints,
            sps.level,
            0xfc | length_code,
            0xe0 | sequence_count,
        ];
        push_sets(&self.sequence_sets, &mut out)?;
        out.push(picture_count);
        push_sets(&self.picture_sets, &mut out)?;
        if !matches!(sps.profile, 66 | 77 | 88) {
            let format = u8::try_from(sps.chroma_format).unwrap_or(1) & 3;
            out.push(0xfc | format);
            out.push(0xf8 | (sps.luma_bits.saturating_sub(8) & 7) as u8);
            out.push(0xf8 | (sps.chroma_bits.saturating_sub(8) & 7) as u8);
            out.push(0); // no sequence parameter set extensions
        }
        Ok(out)
    }

    /// The first sequence parameter set.
    ///
    /// Errors: [`CodecError::InvalidParameters`] if there is none or it cannot be read.
    pub fn sequence(&self) -> Result<SequenceParameters, CodecError> {
        match self.sequence_sets.first() {
            Some(unit) => SequenceParameters::parse(unit),
            None => Err(CodecError::parameters(WHAT, "it has no sequence parameter set")),
        }
    }

    /// Appends all parameter sets with start codes.
    pub fn push_annex_b(&self, out: &mut Vec<u8>) {
        for unit in self.sequence_sets.iter().chain(&self.picture_sets) {
            push_annex_b(unit, out);
        }
    }
}

fn take_sets(rest: &mut &[u8], count: u8) -> Option<Vec<Vec<u8>>> {
    let mut sets = Vec::new();
    for _ in 0..count {
        let (length, after) = rest.split_first_chunk::<2>()?;
        let (set, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        sets.push(set.to_vec());
        *rest = after;
    }
    Some(sets)
}

fn push_sets(sets: &[Vec<u8>], out: &mut Vec<u8>) -> Result<(), CodecError> {
    for set in sets {
        let Ok(length) = u16::try_from(set.len()) else {
            return Err(CodecError::parameters(WHAT, "a parameter set is over 65,535 bytes"));
        };
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(set);
    }
    Ok(())
}
