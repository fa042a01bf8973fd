//! Packets for the decoders: what wraps them must stop what the C libraries could not bear.
//!
//! The bytes are one of framing, then pieces, each behind its length in two bytes, low byte first:
//! the stream parameters, then packets.

use streamlib_abi::media::{Codec, Framing};
use streamlib_codec::{
    AudioDecoderSettings, VideoDecoderSettings, VideoPacket, audio_decoder, video_decoder,
};

/// Packets that are decoded of one input.
const PACKETS_MAX: usize = 32;

/// Decodes H.264: packets with lengths in front of their units, or with start codes.
///
/// # Panics
/// A picture has another size than its stream says, or more come than the decoder promises.
pub fn h264(bytes: &[u8]) {
    let Some((first, mut pieces)) = split(bytes) else { return };
    let framing = if first & 1 == 0 { Framing::LengthPrefixed } else { Framing::AnnexB };
    let parameters = pieces.next().unwrap_or_default();
    let settings = VideoDecoderSettings { codec: Codec::H264, framing, parameters };
    let Ok(mut decoder) = video_decoder(&settings) else { return };
    let most = decoder.max_pictures_per_packet();
    for (index, data) in pieces.take(PACKETS_MAX).enumerate() {
        let mut pictures = 0;
        let packet = VideoPacket { data, pts_ns: index as i64 };
        let decoded = decoder.decode(packet, &mut |picture| {
            assert!(picture.info.width > 0 && picture.info.height > 0);
            pictures += 1;
        });
        assert!(pictures <= most, "{pictures} pictures of at most {most}");
        if let Err(error) = decoded {
            assert!(!error.to_string().is_empty());
        }
        if data.len() % 7 == 0 {
            let _reset = decoder.reset();
        }
    }
    // What was held back; a decoder holds no more than it has pictures.
    for _ in 0..64 {
        if !matches!(decoder.flush(&mut |_| {}), Ok(true)) {
            return;
        }
    }
}

/// Decodes AAC: bare packets, or with ADTS headers.
///
/// # Panics
/// As [`opus`].
pub fn aac(bytes: &[u8]) {
    let Some((first, pieces)) = split(bytes) else { return };
    sound(Codec::Aac, if first & 1 == 0 { Framing::Raw } else { Framing::Adts }, pieces);
}

/// Decodes Opus.
///
/// # Panics
/// The decoder says that it wrote more than it had room for.
pub fn opus(bytes: &[u8]) {
    let Some((_, pieces)) = split(bytes) else { return };
    sound(Codec::Opus, Framing::Raw, pieces);
}

fn sound<'a>(codec: Codec, framing: Framing, mut pieces: impl Iterator<Item = &'a [u8]>) {
    let parameters = pieces.next().unwrap_or_default();
    let settings = AudioDecoderSettings { codec, framing, parameters };
    let Ok(mut decoder) = audio_decoder(&settings) else { return };
    for packet in pieces.take(PACKETS_MAX) {
        let mut out = vec![0.0; decoder.max_output_samples()];
        match decoder.decode(packet, &mut out) {
            Ok(decoded) => {
                let samples = decoded.frames.checked_mul(decoded.channels);
                assert!(samples.is_some_and(|samples| samples <= out.len()), "{decoded:?}");
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

/// The first byte, and the pieces behind it. The last one may be shorter than it says.
fn split(bytes: &[u8]) -> Option<(u8, impl Iterator<Item = &[u8]>)> {
    let (&first, mut rest) = bytes.split_first()?;
    let pieces = std::iter::from_fn(move || {
        let (length, behind) = rest.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_le_bytes(*length)).min(behind.len());
        let (piece, left) = behind.split_at(length);
        rest = left;
        Some(piece)
    });
    Some((first, pieces))
}
