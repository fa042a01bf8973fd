//! Which built-in codec does what. Programs that bring codecs of their own choose before asking
//! here.

use streamlib_abi::media::Codec;

use crate::aac::AacDecoder;
use crate::audio::{AudioDecoder, AudioDecoderSettings, AudioEncoder, AudioEncoderSettings};
use crate::error::{CodecError, Role};
use crate::openh264::{OpenH264Decoder, OpenH264Encoder};
use crate::opus::{OpusDecoder, OpusEncoder};
use crate::video::{VideoDecoder, VideoDecoderSettings, VideoEncoder, VideoEncoderSettings};

/// Makes the built-in encoder for `codec`: H.264.
///
/// Errors: [`CodecError::Unsupported`] naming any other codec, and the encoder's own.
pub fn video_encoder(
    codec: Codec,
    settings: &VideoEncoderSettings,
) -> Result<Box<dyn VideoEncoder>, CodecError> {
    match codec {
        Codec::H264 => Ok(Box::new(OpenH264Encoder::new(settings)?)),
        other => Err(CodecError::unsupported_codec(other, Role::Encoder)),
    }
}

/// Makes the built-in decoder for `settings.codec`: H.264.
///
/// Errors: [`CodecError::Unsupported`] naming any other codec, and the decoder's own.
pub fn video_decoder(
    settings: &VideoDecoderSettings<'_>,
) -> Result<Box<dyn VideoDecoder>, CodecError> {
    match settings.codec {
        Codec::H264 => Ok(Box::new(OpenH264Decoder::new(settings)?)),
        other => Err(CodecError::unsupported_codec(other, Role::Decoder)),
    }
}

/// Makes the built-in encoder for `codec`: Opus.
///
/// Errors: [`CodecError::Unsupported`] naming any other codec, and the encoder's own.
pub fn audio_encoder(
    codec: Codec,
    settings: &AudioEncoderSettings,
) -> Result<Box<dyn AudioEncoder>, CodecError> {
    match codec {
        Codec::Opus => Ok(Box::new(OpusEncoder::new(settings)?)),
        other => Err(CodecError::unsupported_codec(other, Role::Encoder)),
    }
}

/// Makes the built-in decoder for `settings.codec`: AAC or Opus.
///
/// Errors: [`CodecError::Unsupported`] naming any other codec, and the decoder's own.
pub fn audio_decoder(
    settings: &AudioDecoderSettings<'_>,
) -> Result<Box<dyn AudioDecoder>, CodecError> {
    match settings.codec {
        Codec::Aac => Ok(Box::new(AacDecoder::new(settings)?)),
        Codec::Opus => Ok(Box::new(OpusDecoder::new(settings)?)),
        other => Err(CodecError::unsupported_codec(other, Role::Decoder)),
    }
}
