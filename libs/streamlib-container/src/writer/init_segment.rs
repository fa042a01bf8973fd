//! The start of the file: `ftyp` and a `moov` without samples.

use core::num::NonZeroU32;

use shiguredo_mp4::{
    BoxSize, BoxType, Either, Encode, FixedPointNumber, LanguageCode, Mp4FileTime, SampleFlags,
    boxes::{
        Brand, DinfBox, EdtsBox, ElstBox, ElstEntry, FtypBox, HdlrBox, MdhdBox, MdiaBox,
        MediaHeader, MinfBox, MoovBox, MvexBox, MvhdBox, SmhdBox, StblBox, StcoBox, StscBox,
        StsdBox, StszBox, SttsBox, TkhdBox, TrakBox, TrexBox, UnknownBox, VmhdBox,
    },
};

use super::{sample_entry, track::WriterTrack};
use crate::{Timescale, TrackKind, geometry};

/// Bytes of a `mehd` of version 1, and of the `free` box that keeps its place.
pub(super) const MEHD_LENGTH: usize = 20;

/// The encoded start of a file.
#[derive(Debug)]
pub(super) struct InitSegment {
    pub(super) bytes: Vec<u8>,
    /// Unit of durations in `moov`.
    pub(super) movie_timescale: Timescale,
}

impl InitSegment {
    /// Where `mehd` goes when the duration is known: `free` is the last box of `mvex`, and `mvex`
    /// the last of `moov`.
    pub(super) fn mehd_offset(&self) -> u64 {
        self.bytes.len().saturating_sub(MEHD_LENGTH) as u64
    }

    /// The `mehd` box for a film of `duration` ticks of the movie.
    pub(super) fn mehd(duration: u64) -> [u8; MEHD_LENGTH] {
        let mut bytes = *b"\0\0\0\x14mehd\x01\0\0\0\0\0\0\0\0\0\0\0";
        bytes[12..].copy_from_slice(&duration.to_be_bytes());
        bytes
    }
}

/// Builds the start of a file with these tracks, numbered from 1; or says what is wrong with them.
pub(super) fn build(tracks: &[WriterTrack]) -> Result<InitSegment, String> {
    if tracks.is_empty() {
        return Err("it has no tracks".to_owned());
    }
    let movie_timescale = movie_timescale(tracks);
    let mut traks = Vec::with_capacity(tracks.len());
    for (track, id) in tracks.iter().zip(1u32..) {
        traks.push(trak(track, id, movie_timescale).map_err(|why| format!("track {id}: {why}"))?);
    }
    let moov = MoovBox {
        mvhd_box: MvhdBox {
            creation_time: Mp4FileTime::default(),
            modification_time: Mp4FileTime::default(),
            timescale: movie_timescale.non_zero(),
            duration: 0,
            rate: MvhdBox::DEFAULT_RATE,
            volume: MvhdBox::DEFAULT_VOLUME,
            matrix: MvhdBox::DEFAULT_MATRIX,
            next_track_id: u32::try_from(tracks.len() + 1).unwrap_or(u32::MAX),
        },
        mvex_box: Some(mvex(tracks.len())),
        trak_boxes: traks,
        unknown_boxes: Vec::new(),
    };
    let brands = [Brand::ISOM, Brand::ISO5, Brand::ISO6, Brand::MP41];
    let ftyp =
        FtypBox { major_brand: Brand::ISO6, minor_version: 0, compatible_brands: brands.to_vec() };
    let mut bytes = ftyp.encode_to_vec().map_err(|error| error.to_string())?;
    bytes.extend(moov.encode_to_vec().map_err(|error| error.to_string())?);
    Ok(InitSegment { bytes, movie_timescale })
}

/// The least common multiple of all tracks' timescales, so that edits are exact; a million where
/// that does not fit.
fn movie_timescale(tracks: &[WriterTrack]) -> Timescale {
    let multiple = tracks.iter().try_fold(1u64, |multiple, track| {
        let ticks = u64::from(track.timescale.ticks_per_second());
        let next = multiple / geometry::greatest_common_divisor(multiple, ticks) * ticks;
        (next <= u64::from(u32::MAX)).then_some(next)
    });
    let ticks = multiple.and_then(|ticks| u32::try_from(ticks).ok()).unwrap_or(1_000_000);
    Timescale::from(NonZeroU32::new(ticks).unwrap_or(NonZeroU32::MIN))
}

fn mvex(track_count: usize) -> MvexBox {
    let box_type = BoxType::Normal(*b"free");
    let payload = vec![0; MEHD_LENGTH - 8];
    let box_size = BoxSize::with_payload_size(box_type, payload.len() as u64);
    MvexBox {
        mehd_box: None,
        trex_boxes: (1u32..)
            .take(track_count)
            .map(|track_id| TrexBox {
                track_id,
                default_sample_description_index: 1,
                default_sample_duration: 0,
                default_sample_size: 0,
                default_sample_flags: SampleFlags::empty(),
            })
            .collect(),
        unknown_boxes: vec![UnknownBox { box_type, box_size, payload }],
    }
}

fn trak(track: &WriterTrack, id: u32, movie_timescale: Timescale) -> Result<TrakBox, String> {
    let entry = sample_entry::build(track)?;
    let (handler_type, name, media_header) = match &track.kind {
        TrackKind::Video(_) => (
            HdlrBox::HANDLER_TYPE_VIDE,
            "VideoHandler",
            MediaHeader::Vmhd(VmhdBox {
                graphicsmode: VmhdBox::DEFAULT_GRAPHICSMODE,
                opcolor: VmhdBox::DEFAULT_OPCOLOR,
            }),
        ),
        _ => (
            HdlrBox::HANDLER_TYPE_SOUN,
            "SoundHandler",
            MediaHeader::Smhd(SmhdBox { balance: SmhdBox::DEFAULT_BALANCE }),
        ),
    };
    let mdia_box = MdiaBox {
        mdhd_box: MdhdBox {
            creation_time: Mp4FileTime::default(),
            modification_time: Mp4FileTime::default(),
            timescale: track.timescale.non_zero(),
            duration: 0,
            language: LanguageCode::new(track.language.as_bytes())
                .unwrap_or(LanguageCode::UNDEFINED),
        },
        hdlr_box: HdlrBox { handler_type, name: [name.as_bytes(), &[0]].concat() },
        minf_box: MinfBox {
            media_header: Some(media_header),
            dinf_box: DinfBox::LOCAL_FILE,
            stbl_box: StblBox {
                stsd_box: StsdBox { entries: vec![entry] },
                stts_box: SttsBox { entries: Vec::new() },
                ctts_box: None,
                cslg_box: None,
                stsc_box: StscBox { entries: Vec::new() },
                stsz_box: StszBox::Variable { entry_sizes: Vec::new() },
                stco_or_co64_box: Either::A(StcoBox { chunk_offsets: Vec::new() }),
                stss_box: None,
                sdtp_box: None,
                unknown_boxes: Vec::new(),
            },
            unknown_boxes: Vec::new(),
        },
        unknown_boxes: Vec::new(),
    };
    Ok(TrakBox {
        tkhd_box: tkhd(track, id)?,
        edts_box: edits(track, movie_timescale),
        mdia_box,
        unknown_boxes: Vec::new(),
    })
}

fn tkhd(track: &WriterTrack, id: u32) -> Result<TkhdBox, String> {
    let (matrix, width, height) = match &track.kind {
        TrackKind::Video(video) => {
            let matrix = geometry::matrix_of(video.orientation, video.width, video.height);
            // The size on the screen: the stored width, stretched by the shape of a pixel.
            let aspect = video.sample_aspect;
            let (num, den) = if aspect.is_known() { (aspect.num, aspect.den) } else { (1, 1) };
            let width = (u64::from(video.width) << 16) * u64::from(num) / u64::from(den);
            (matrix, width, u64::from(video.height) << 16)
        }
        _ => (TkhdBox::DEFAULT_MATRIX, 0, 0),
    };
    let fixed = |value: u64| {
        let whole = i16::try_from(value >> 16);
        let whole = whole.map_err(|_| format!("its picture is {} pixels long", value >> 16));
        Ok::<_, String>(FixedPointNumber::new(whole?, value as u16))
    };
    Ok(TkhdBox {
        flag_track_enabled: true,
        flag_track_in_movie: true,
        flag_track_in_preview: false,
        flag_track_size_is_aspect_ratio: false,
        creation_time: Mp4FileTime::default(),
        modification_time: Mp4FileTime::default(),
        track_id: id,
        duration: 0,
        layer: TkhdBox::DEFAULT_LAYER,
        alternate_group: TkhdBox::DEFAULT_ALTERNATE_GROUP,
        volume: if track.is_video() {
            TkhdBox::DEFAULT_VIDEO_VOLUME
        } else {
            TkhdBox::DEFAULT_AUDIO_VOLUME
        },
        matrix,
        width: fixed(width)?,
        height: fixed(height)?,
    })
}

/// An empty edit for a late start, then the media from its start on; 0 as a duration means "to the
/// end" in a fragmented file (ISO/IEC 14496-12, 8.6.6.1).
fn edits(track: &WriterTrack, movie_timescale: Timescale) -> Option<EdtsBox> {
    if track.media_start == 0 && track.start_delay == 0 {
        return None;
    }
    let media_rate = FixedPointNumber::new(1, 0);
    let mut entries = Vec::new();
    if track.start_delay > 0 {
        let delay = i64::try_from(track.start_delay).unwrap_or(i64::MAX);
        let edit_duration = movie_timescale.rescale(delay, track.timescale).unsigned_abs();
        entries.push(ElstEntry { edit_duration, media_time: -1, media_rate });
    }
    let media_time = i64::from(track.media_start);
    entries.push(ElstEntry { edit_duration: 0, media_time, media_rate });
    Some(EdtsBox { elst_box: Some(ElstBox { entries }), unknown_boxes: Vec::new() })
}
