//! ADTS: AAC packets that carry their parameters, ISO/IEC 14496-3 clause 1.A.2.

use streamlib_abi::media::Codec;

use super::config::{AacObject, AudioSpecificConfig, SAMPLE_RATES};
use crate::error::{CONVERT_AUDIO, CodecError, Role};

/// The header of an ADTS frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdtsHeader {
    /// The parameters that it stands for.
    pub config: AudioSpecificConfig,
    /// Bytes of the header, 7 or 9.
    pub header_bytes: usize,
    /// Bytes of the whole frame, header included.
    pub frame_bytes: usize,
}

impl AdtsHeader {
    /// Reads the header at the start of `frame`.
    ///
    /// Errors: [`CodecError::CorruptPacket`] if there is none or the frame is cut short,
    /// [`CodecError::Unsupported`] for several raw data blocks in a frame.
    pub fn parse(frame: &[u8]) -> Result<Self, CodecError> {
        let corrupt = |detail: &str| CodecError::corrupt(Codec::Aac, detail);
        let [0xff, sync, b2, b3, b4, b5, b6, ..] = *frame else {
            return Err(corrupt("it does not start with an ADTS header"));
        };
        if sync & 0xf6 != 0xf0 {
            return Err(corrupt("it does not start with an ADTS header"));
        }
        let header_bytes = if sync & 1 == 1 { 7 } else { 9 };
        let object = match b2 >> 6 {
            0 => AacObject::Main,
            1 => AacObject::LowComplexity,
            2 => AacObject::ScalableSampleRate,
            _ => AacObject::LongTermPrediction,
        };
        let Some(rate) = SAMPLE_RATES.get(usize::from(b2 >> 2 & 0xf)) else {
            return Err(corrupt("the sample rate in its ADTS header is a reserved number"));
        };
        let frame_bytes = usize::from(b3 & 3) << 11 | usize::from(b4) << 3 | usize::from(b5 >> 5);
        if frame_bytes < header_bytes || frame_bytes > frame.len() {
            return Err(corrupt("the length in its ADTS header is not the packet's"));
        }
        if b6 & 3 != 0 {
            return Err(CodecError::Unsupported {
                what: "ADTS with several raw data blocks in a frame".to_owned(),
                role: Role::Decoder,
                way_out: CONVERT_AUDIO,
            });
        }
        let channels = (b2 & 1) << 2 | b3 >> 6;
        let config =
            AudioSpecificConfig { object, ..AudioSpecificConfig::low_complexity(*rate, channels) };
        Ok(Self { config, header_bytes, frame_bytes })
    }

    /// The raw access unit of the frame that this header was read from.
    pub fn payload<'a>(&self, frame: &'a [u8]) -> &'a [u8] {
        frame.get(self.header_bytes..self.frame_bytes).unwrap_or(&[])
    }
}
