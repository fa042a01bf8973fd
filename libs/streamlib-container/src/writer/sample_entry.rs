//! The bytes of sample entries (ISO/IEC 14496-12, 12.1 and 12.2; -14 for `esds`).

use shiguredo_mp4::{
    BoxSize, BoxType, Encode, Uint,
    boxes::{EsdsBox, SampleEntry, UnknownBox, VisualSampleEntryFields},
    descriptors::{DecoderConfigDescriptor, DecoderSpecificInfo, EsDescriptor, SlConfigDescriptor},
};
use streamlib_abi::media::{Codec, Colour, ColourRange, Rational};

use super::track::WriterTrack;
use crate::{AudioTrack, TrackKind, VideoTrack};

/// The sample entry of `track`, or why there is none.
pub(super) fn build(track: &WriterTrack) -> Result<SampleEntry, String> {
    match (&track.kind, track.codec) {
        (TrackKind::Video(video), Codec::H264) => visual(*b"avc1", *b"avcC", track, video),
        (TrackKind::Video(video), Codec::H265) => visual(*b"hvc1", *b"hvcC", track, video),
        (TrackKind::Video(video), Codec::Av1) => visual(*b"av01", *b"av1C", track, video),
        (TrackKind::Audio(audio), Codec::Opus) => opus(track, audio),
        (TrackKind::Audio(audio), Codec::Aac) => aac(track, audio),
        (_, codec) => Err(format!("{codec} is not written as such a track")),
    }
}

fn plain_box(kind: [u8; 4], payload: Vec<u8>) -> UnknownBox {
    let box_type = BoxType::Normal(kind);
    let box_size = BoxSize::with_payload_size(box_type, payload.len() as u64);
    UnknownBox { box_type, box_size, payload }
}

fn append(bytes: &mut Vec<u8>, part: &impl Encode) -> Result<(), String> {
    let part = part.encode_to_vec().map_err(|error| error.to_string())?;
    bytes.extend_from_slice(&part);
    Ok(())
}

fn visual(
    entry: [u8; 4],
    parameters: [u8; 4],
    track: &WriterTrack,
    video: &VideoTrack,
) -> Result<SampleEntry, String> {
    if track.stream_parameters.is_empty() {
        return Err(format!("{} needs the decoder's parameters", track.codec));
    }
    if video.width == 0 || video.height == 0 {
        return Err(format!("a picture of {} x {} pixels", video.width, video.height));
    }
    let fields = VisualSampleEntryFields {
        data_reference_index: VisualSampleEntryFields::DEFAULT_DATA_REFERENCE_INDEX,
        width: video.width,
        height: video.height,
        horizresolution: VisualSampleEntryFields::DEFAULT_HORIZRESOLUTION,
        vertresolution: VisualSampleEntryFields::DEFAULT_VERTRESOLUTION,
        frame_count: VisualSampleEntryFields::DEFAULT_FRAME_COUNT,
        compressorname: VisualSampleEntryFields::NULL_COMPRESSORNAME,
        depth: VisualSampleEntryFields::DEFAULT_DEPTH,
    };
    let mut payload = Vec::new();
    append(&mut payload, &fields)?;
    append(&mut payload, &plain_box(parameters, track.stream_parameters.clone()))?;
    if let Some(colr) = colour(&video.colour) {
        append(&mut payload, &colr)?;
    }
    if video.sample_aspect.is_known() {
        append(&mut payload, &pixel_aspect(video.sample_aspect))?;
    }
    Ok(SampleEntry::Unknown(plain_box(entry, payload)))
}

fn pixel_aspect(ratio: Rational) -> UnknownBox {
    let mut payload = ratio.num.to_be_bytes().to_vec();
    payload.extend_from_slice(&ratio.den.to_be_bytes());
    plain_box(*b"pasp", payload)
}

/// `colr` of type `nclx`; `None` when nothing is known.
fn colour(colour: &Colour) -> Option<UnknownBox> {
    if (Colour { siting: Colour::UNKNOWN.siting, ..*colour }) == Colour::UNKNOWN {
        return None;
    }
    let mut payload = b"nclx".to_vec();
    for code in [colour.primaries.number(), colour.transfer.number(), colour.matrix.number()] {
        payload.extend_from_slice(&u16::from(code).to_be_bytes());
    }
    payload.push(if colour.range == ColourRange::Full { 0x80 } else { 0 });
    Some(plain_box(*b"colr", payload))
}

/// The 28 bytes that every audio sample entry starts with. The rate is 16.16 fixed point and 0
/// where it does not fit.
fn audio_fields(audio: &AudioTrack) -> Vec<u8> {
    let mut bytes = vec![0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    bytes.extend_from_slice(&audio.channels.to_be_bytes());
    bytes.extend_from_slice(&[0, 16, 0, 0, 0, 0]);
    let rate = u16::try_from(audio.sample_rate).unwrap_or(0);
    bytes.extend_from_slice(&(u32::from(rate) << 16).to_be_bytes());
    bytes
}

fn opus(track: &WriterTrack, audio: &AudioTrack) -> Result<SampleEntry, String> {
    match track.stream_parameters.as_slice() {
        [0, channels, ..]
            if u16::from(*channels) == audio.channels && track.stream_parameters.len() >= 11 => {}
        _ => {
            let channels = audio.channels;
            return Err(format!("the Opus parameters are not a 'dOps' of {channels} channels"));
        }
    }
    let mut payload = audio_fields(audio);
    append(&mut payload, &plain_box(*b"dOps", track.stream_parameters.clone()))?;
    Ok(SampleEntry::Unknown(plain_box(*b"Opus", payload)))
}

fn aac(track: &WriterTrack, audio: &AudioTrack) -> Result<SampleEntry, String> {
    if track.stream_parameters.len() < 2 {
        return Err("AAC needs its AudioSpecificConfig".to_owned());
    }
    let esds = EsdsBox {
        es: EsDescriptor {
            es_id: EsDescriptor::MIN_ES_ID,
            stream_priority: EsDescriptor::LOWEST_STREAM_PRIORITY,
            depends_on_es_id: None,
            url_string: None,
            ocr_es_id: None,
            dec_config_descr: DecoderConfigDescriptor {
                object_type_indication:
                    DecoderConfigDescriptor::OBJECT_TYPE_INDICATION_AUDIO_ISO_IEC_14496_3,
                stream_type: DecoderConfigDescriptor::STREAM_TYPE_AUDIO,
                up_stream: DecoderConfigDescriptor::UP_STREAM_FALSE,
                buffer_size_db: Uint::new(0),
                max_bitrate: 0,
                avg_bitrate: 0,
                dec_specific_info: Some(DecoderSpecificInfo {
                    payload: track.stream_parameters.clone(),
                }),
            },
            sl_config_descr: SlConfigDescriptor,
        },
    };
    let mut payload = audio_fields(audio);
    append(&mut payload, &esds)?;
    Ok(SampleEntry::Unknown(plain_box(*b"mp4a", payload)))
}
