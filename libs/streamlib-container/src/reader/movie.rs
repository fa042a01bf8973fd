//! The `moov` box: every track with its tables, its time line and its codec.

use std::path::Path;

use shiguredo_mp4::boxes::{MdhdBox, MvhdBox, TkhdBox, TrexBox};
use streamlib_abi::media::Codec;

use super::{
    boxes::{BoxView, Fields},
    edit_list::{self, Timeline},
    fragments::FragmentTable,
    sample_entry,
    sample_table::SampleTable,
};
use crate::{
    ContainerError, FourCc, Language, Result, Timescale, TrackId, TrackInfo, TrackKind, VideoTrack,
    geometry, opus,
};

/// Everything that `moov` says.
#[derive(Debug)]
pub(super) struct Movie {
    pub(super) timescale: Timescale,
    /// Defaults of each track's fragments; `None` for a file that has no fragments.
    pub(super) fragment_defaults: Option<Vec<TrexBox>>,
    pub(super) tracks: Vec<Track>,
}

/// A track with its index.
#[derive(Debug)]
pub(super) struct Track {
    pub(super) info: TrackInfo,
    pub(super) timeline: Timeline,
    pub(super) table: SampleTable,
    pub(super) fragments: FragmentTable,
    /// Why this track cannot be read although the file can; reported when it is selected.
    pub(super) unsupported: Option<Unsupported>,
}

/// The parts of [`ContainerError::Unsupported`], kept until they matter.
#[derive(Debug, Clone)]
pub(super) struct Unsupported {
    feature: String,
    kind: FourCc,
    offset: u64,
}

impl Unsupported {
    pub(super) fn error(&self, path: &Path, track: TrackId) -> ContainerError {
        ContainerError::Unsupported {
            path: path.to_owned(),
            track,
            feature: self.feature.clone(),
            kind: self.kind,
            offset: self.offset,
        }
    }
}

/// What is the same for every track of a file.
struct FileContext<'a> {
    path: &'a Path,
    length: u64,
    movie_timescale: Timescale,
}

/// Reads `moov`. Samples are checked against the `length` of the file.
pub(super) fn read(moov: &BoxView<'_>, length: u64, path: &Path) -> Result<Movie> {
    let header: MvhdBox = moov.required_child(b"mvhd")?.decode()?;
    let timescale = Timescale::from(header.timescale);
    let file = FileContext { path, length, movie_timescale: timescale };
    let mut tracks: Vec<Track> = Vec::new();
    for child in moov.children(0) {
        let child = child?;
        if child.kind.0 == *b"trak" {
            let track = read_track(&child, &file)?;
            if tracks.iter().any(|other| other.info.id == track.info.id) {
                let reason = format!("a second track has the number {}", track.info.id);
                return Err(child.malformed(reason));
            }
            tracks.push(track);
        }
    }
    let fragment_defaults = match moov.child(b"mvex")? {
        Some(mvex) => Some(read_defaults(&mvex)?),
        None => None,
    };
    Ok(Movie { timescale, fragment_defaults, tracks })
}

fn read_defaults(mvex: &BoxView<'_>) -> Result<Vec<TrexBox>> {
    let mut defaults = Vec::new();
    for child in mvex.children(0) {
        let child = child?;
        if child.kind.0 == *b"trex" {
            defaults.push(child.decode()?);
        }
    }
    Ok(defaults)
}

fn read_track(trak: &BoxView<'_>, file: &FileContext<'_>) -> Result<Track> {
    let tkhd = trak.required_child(b"tkhd")?;
    let header: TkhdBox = tkhd.decode()?;
    let id = TrackId(header.track_id);
    if id.0 == 0 {
        return Err(tkhd.malformed("it has the track number 0"));
    }
    let mdia = trak.required_child(b"mdia")?;
    let media: MdhdBox = mdia.required_child(b"mdhd")?.decode()?;
    let timescale = Timescale::from(media.timescale);
    let handler = read_handler(&mdia.required_child(b"hdlr")?)?;
    let stbl = mdia.required_child(b"minf")?.required_child(b"stbl")?;

    let mut unsupported = None;
    let (codec, stream_parameters, kind) =
        read_description(&stbl, handler, &tkhd, &header, &mut unsupported)?;
    let table = defer(SampleTable::read(&stbl, id, file.length, file.path), &mut unsupported)?
        .unwrap_or_else(SampleTable::empty);
    let timeline = match trak.child(b"edts")? {
        Some(edts) if !matches!(kind, TrackKind::Other(_)) => {
            let read = edit_list::read(&edts, id, timescale, file.movie_timescale, file.path);
            defer(read, &mut unsupported)?.unwrap_or_default()
        }
        Some(_) => Timeline::default(),
        None => without_edits(codec.known(), &stream_parameters, timescale),
    };
    let fragments = FragmentTable::starting_at(table.end_dts());
    let info = TrackInfo {
        id,
        codec,
        stream_parameters,
        kind,
        timescale,
        start: 0,
        end: 0,
        sample_count: 0,
        language: Language::new(media.language.as_bytes()).unwrap_or(Language::UNDETERMINED),
    };
    Ok(Track { info, timeline, table, fragments, unsupported })
}

/// Without an edit list an Opus track still starts with its pre-skip.
fn without_edits(codec: Option<Codec>, parameters: &[u8], timescale: Timescale) -> Timeline {
    let media_start = match (codec, Timescale::new(48_000)) {
        (Some(Codec::Opus), Some(opus)) => {
            timescale.rescale(i64::from(opus::pre_skip(parameters)), opus)
        }
        _ => 0,
    };
    Timeline { media_start, ..Timeline::default() }
}

type Description = (crate::TrackCodec, Vec<u8>, TrackKind);

fn read_description(
    stbl: &BoxView<'_>,
    handler: FourCc,
    tkhd: &BoxView<'_>,
    header: &TkhdBox,
    unsupported: &mut Option<Unsupported>,
) -> Result<Description> {
    let stsd = stbl.required_child(b"stsd")?;
    let entry = sample_entry::first_entry(&stsd)?;
    match &handler.0 {
        b"vide" => {
            let read = sample_entry::read_visual(&entry)?;
            let orientation = geometry::from_matrix(&header.matrix);
            if orientation.is_none() {
                *unsupported = Some(Unsupported {
                    feature: "a matrix that scales or shears the picture".to_owned(),
                    kind: tkhd.kind,
                    offset: tkhd.offset,
                });
            }
            let picture = read.kind;
            let video = VideoTrack {
                width: picture.width,
                height: picture.height,
                orientation: orientation.unwrap_or_default(),
                sample_aspect: picture.sample_aspect,
                colour: picture.colour,
            };
            Ok((read.codec, read.stream_parameters, TrackKind::Video(video)))
        }
        b"soun" => {
            let version = stsd.payload().first().copied().unwrap_or(0);
            let read = sample_entry::read_audio(&entry, version)?;
            Ok((read.codec, read.stream_parameters, TrackKind::Audio(read.kind)))
        }
        _ => {
            let read = sample_entry::read_other(&entry);
            Ok((read.codec, read.stream_parameters, TrackKind::Other(handler)))
        }
    }
}

/// `hdlr`: version and flags, a reserved word, then the handler's code.
fn read_handler(hdlr: &BoxView<'_>) -> Result<FourCc> {
    let mut fields = Fields::new(hdlr.payload());
    fields
        .skip(8)
        .and_then(|()| fields.four_cc())
        .ok_or_else(|| hdlr.malformed("it ends before its fields do"))
}

/// Keeps an `Unsupported` error for later; every other error is passed on.
fn defer<T>(result: Result<T>, slot: &mut Option<Unsupported>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(ContainerError::Unsupported { feature, kind, offset, .. }) => {
            slot.get_or_insert(Unsupported { feature, kind, offset });
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

impl Track {
    /// Notes why this track cannot be read; the first reason stays.
    pub(super) fn refuse(&mut self, feature: String, view: &BoxView<'_>) {
        self.unsupported.get_or_insert(Unsupported {
            feature,
            kind: view.kind,
            offset: view.offset,
        });
    }
}
