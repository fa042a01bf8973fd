//! Sample descriptions (`stsd`): the codec, its parameters, and the shape of picture or sound.
//!
//! Fields come from ISO/IEC 14496-12, 12.1 and 12.2, and for sound also from the QuickTime File
//! Format (versions 1 and 2 of its sound description, and the `wave` box). Parameters are handed on
//! as the bytes that are stored.

use shiguredo_mp4::boxes::EsdsBox;
use streamlib_abi::media::{
    Codec, Colour, ColourPrimaries, ColourRange, MatrixCoefficients, Rational,
    TransferCharacteristics,
};

use super::{
    audio_config,
    boxes::{BoxView, Fields},
};
use crate::{AudioTrack, FourCc, Result, TrackCodec, geometry};

/// Bytes of a visual sample entry before its boxes.
const VISUAL_FIELDS: usize = 78;
/// Bytes of an audio sample entry before its boxes, in version 0.
const AUDIO_FIELDS: usize = 28;

/// What a sample entry says of any track.
#[derive(Debug)]
pub(super) struct SampleEntry<K> {
    pub(super) codec: TrackCodec,
    pub(super) stream_parameters: Vec<u8>,
    pub(super) kind: K,
}

/// What a visual sample entry says of the picture.
#[derive(Debug)]
pub(super) struct Picture {
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) sample_aspect: Rational,
    pub(super) colour: Colour,
}

/// The first entry of `stsd`.
pub(super) fn first_entry<'a>(stsd: &BoxView<'a>) -> Result<BoxView<'a>> {
    match stsd.children(8).next() {
        Some(entry) => entry,
        None => Err(stsd.malformed("it describes no samples")),
    }
}

/// An entry of a track that is neither picture nor sound.
pub(super) fn read_other(entry: &BoxView<'_>) -> SampleEntry<()> {
    SampleEntry { codec: TrackCodec::Other(entry.kind), stream_parameters: Vec::new(), kind: () }
}

/// An entry of a video track.
pub(super) fn read_visual(entry: &BoxView<'_>) -> Result<SampleEntry<Picture>> {
    let mut fields = Fields::new(entry.payload());
    let size = fields.skip(24).and_then(|()| Some((fields.u16()?, fields.u16()?)));
    let (Some((width, height)), true) = (size, entry.payload().len() >= VISUAL_FIELDS) else {
        return Err(entry.malformed("it ends before its fields do"));
    };
    let (codec, parameters): (Option<Codec>, &[u8; 4]) = match &entry.kind.0 {
        b"avc1" | b"avc3" => (Some(Codec::H264), b"avcC"),
        b"hvc1" | b"hev1" => (Some(Codec::H265), b"hvcC"),
        b"av01" => (Some(Codec::Av1), b"av1C"),
        b"vp08" => (Some(Codec::Vp8), b"vpcC"),
        b"vp09" => (Some(Codec::Vp9), b"vpcC"),
        _ => (None, b"glbl"),
    };
    let mut picture =
        Picture { width, height, sample_aspect: Rational::UNKNOWN, colour: Colour::UNKNOWN };
    let mut stream_parameters = None;
    for child in entry.children(VISUAL_FIELDS) {
        let child = child?;
        match &child.kind.0 {
            kind if kind == parameters => stream_parameters = Some(child.payload().to_vec()),
            b"pasp" => picture.sample_aspect = read_aspect(&child),
            b"colr" => picture.colour = read_colour(&child, picture.colour),
            _ => {}
        }
    }
    if matches!(codec, Some(Codec::H264 | Codec::H265)) && stream_parameters.is_none() {
        let name = FourCc(*parameters);
        return Err(
            entry.malformed(format!("it has no '{name}' box with the decoder's parameters"))
        );
    }
    Ok(SampleEntry {
        codec: codec.map_or(TrackCodec::Other(entry.kind), TrackCodec::Known),
        stream_parameters: stream_parameters.unwrap_or_default(),
        kind: picture,
    })
}

/// `pasp`: horizontal and vertical spacing.
fn read_aspect(pasp: &BoxView<'_>) -> Rational {
    let mut fields = Fields::new(pasp.payload());
    match (fields.u32(), fields.u32()) {
        (Some(width), Some(height)) => geometry::ratio(u64::from(width), u64::from(height)),
        _ => Rational::UNKNOWN,
    }
}

/// `colr` of type `nclx` or QuickTime's `nclc`; an ICC profile leaves the colour as it was.
fn read_colour(colr: &BoxView<'_>, before: Colour) -> Colour {
    let mut fields = Fields::new(colr.payload());
    let kind = fields.four_cc();
    let codes = (fields.u16(), fields.u16(), fields.u16());
    let (Some(kind), (Some(primaries), Some(transfer), Some(matrix))) = (kind, codes) else {
        return before;
    };
    let range = match (&kind.0, fields.u8()) {
        (b"nclx", Some(flags)) if flags & 0x80 != 0 => ColourRange::Full,
        (b"nclx", Some(_)) => ColourRange::Limited,
        (b"nclc", _) => ColourRange::Unknown,
        _ => return before,
    };
    Colour {
        primaries: ColourPrimaries::from_number(u32::from(primaries))
            .unwrap_or(ColourPrimaries::Unknown),
        transfer: TransferCharacteristics::from_number(u32::from(transfer))
            .unwrap_or(TransferCharacteristics::Unknown),
        matrix: MatrixCoefficients::from_number(u32::from(matrix))
            .unwrap_or(MatrixCoefficients::Unknown),
        range,
        ..Colour::UNKNOWN
    }
}

/// An entry of an audio track. `description_version` is the version of `stsd`.
pub(super) fn read_audio(
    entry: &BoxView<'_>,
    description_version: u8,
) -> Result<SampleEntry<AudioTrack>> {
    let short = || entry.malformed("it ends before its fields do");
    let mut fields = Fields::new(entry.payload());
    fields.skip(8).ok_or_else(short)?;
    let version = fields.u16().ok_or_else(short)?;
    fields.skip(6).ok_or_else(short)?;
    let channels = fields.u16().ok_or_else(short)?;
    fields.skip(6).ok_or_else(short)?;
    // 16.16 fixed point: the fraction of a rate is always 0 in practice.
    let sample_rate = fields.u32().ok_or_else(short)? >> 16;
    let extra = match (description_version, version) {
        (0, 1) => 16,
        (0, 2) => 36,
        _ => 0,
    };
    let kind = AudioTrack { channels, sample_rate };
    let plain = |codec| SampleEntry { codec, stream_parameters: Vec::new(), kind };
    let skip = AUDIO_FIELDS + extra;
    match &entry.kind.0 {
        b"mp4a" => read_mpeg4_audio(entry, skip, kind),
        b"Opus" => read_opus(entry, skip),
        b"fLaC" => Ok(plain(TrackCodec::Known(Codec::Flac))),
        b"alac" => Ok(plain(TrackCodec::Known(Codec::Alac))),
        b"ac-3" => Ok(plain(TrackCodec::Known(Codec::Ac3))),
        b"ec-3" => Ok(plain(TrackCodec::Known(Codec::Eac3))),
        b".mp3" => Ok(plain(TrackCodec::Known(Codec::Mp3))),
        _ => Ok(plain(TrackCodec::Other(entry.kind))),
    }
}

fn find<'a>(entry: &BoxView<'a>, skip: usize, name: &[u8; 4]) -> Result<Option<BoxView<'a>>> {
    for child in entry.children(skip) {
        let child = child?;
        if child.kind.0 == *name {
            return Ok(Some(child));
        }
    }
    Ok(None)
}

fn read_mpeg4_audio(
    entry: &BoxView<'_>,
    skip: usize,
    mut kind: AudioTrack,
) -> Result<SampleEntry<AudioTrack>> {
    let esds = match find(entry, skip, b"esds")? {
        Some(esds) => Some(esds),
        None => match find(entry, skip, b"wave")? {
            Some(wave) => wave.child(b"esds")?,
            None => None,
        },
    };
    let esds = esds.ok_or_else(|| entry.malformed("it has no 'esds' box inside"))?;
    let decoder = esds.decode::<EsdsBox>()?.es.dec_config_descr;
    let codec = match decoder.object_type_indication {
        0x40 | 0x66..=0x68 => TrackCodec::Known(Codec::Aac),
        0x69 | 0x6b => TrackCodec::Known(Codec::Mp3),
        _ => TrackCodec::Other(entry.kind),
    };
    let stream_parameters = decoder.dec_specific_info.map_or_else(Vec::new, |info| info.payload);
    if codec == TrackCodec::Known(Codec::Aac) {
        let config = audio_config::read(&stream_parameters)
            .ok_or_else(|| esds.malformed("its AudioSpecificConfig cannot be read"))?;
        kind.sample_rate = config.sample_rate;
        kind.channels = config.channels.unwrap_or(kind.channels);
    }
    Ok(SampleEntry { codec, stream_parameters, kind })
}

fn read_opus(entry: &BoxView<'_>, skip: usize) -> Result<SampleEntry<AudioTrack>> {
    let dops = find(entry, skip, b"dOps")?
        .ok_or_else(|| entry.malformed("it has no 'dOps' box with the decoder's parameters"))?;
    match dops.payload() {
        [0, channels, ..] if *channels > 0 && dops.payload().len() >= 11 => Ok(SampleEntry {
            codec: TrackCodec::Known(Codec::Opus),
            stream_parameters: dops.payload().to_vec(),
            kind: AudioTrack { channels: u16::from(*channels), sample_rate: 48_000 },
        }),
        _ => Err(dops.malformed("it is not an Opus configuration of version 0")),
    }
}
