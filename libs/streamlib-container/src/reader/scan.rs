//! The boxes at the top level: finding `moov`, then every fragment.

use std::io::{Read, Seek};

use shiguredo_mp4::boxes::TrexBox;

use super::{
    boxes::BoxView,
    fragments::{self, Mark, Reach},
    movie::{self, Movie, Track},
    source::{Source, TopLevelBox},
};
use crate::{ContainerError, FourCc, Result, TrackId};

/// Most bytes of a `moov` that are read: the tables of about ten days of film.
const MOOV_LIMIT: u64 = 256 << 20;
/// Most bytes of one `moof` that are read: two million samples.
const MOOF_LIMIT: u64 = 32 << 20;

/// Boxes that a file may start with.
const FIRST_BOXES: [&[u8; 4]; 11] = [
    b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"sidx", b"moof",
    b"uuid",
];

/// Where a fragmented file stops making sense: a recording that was killed while it was written.
/// Everything before is whole and is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Truncation {
    /// The box that is cut short.
    pub kind: FourCc,
    /// Where it, or the fragment it belongs to, starts.
    pub offset: u64,
    /// Length of the file.
    pub file_length: u64,
}

/// Reads the index of the whole file.
pub(super) fn read<R: Read + Seek>(source: &mut Source<R>) -> Result<(Movie, Option<Truncation>)> {
    check_first(source)?;
    let (header, end) = find_moov(source)?;
    let bytes = source.read_box(&header, MOOV_LIMIT)?;
    let moov = BoxView::first(&bytes, header.offset, source.path())?;
    if let (Some(cut), None) = (end, moov.child(b"mvex")?) {
        return Err(source.truncated(&cut));
    }
    let mut movie = movie::read(&moov, source.length(), source.path())?;
    let truncation = match movie.fragment_defaults.take() {
        Some(defaults) => read_fragments(source, &defaults, &mut movie.tracks)?,
        None => None,
    };
    Ok((movie, truncation))
}

fn check_first<R: Read + Seek>(source: &mut Source<R>) -> Result<()> {
    let mut start = [0; 8];
    let available = source.length().min(8) as usize;
    source.read_at(0, &mut start[..available])?;
    let [_, _, _, _, kind @ ..] = start;
    if FIRST_BOXES.contains(&&kind) {
        return Ok(());
    }
    Err(ContainerError::NotMp4 { path: source.path().to_owned(), found: FourCc(kind) })
}

/// The header of `moov`, and the box that runs past the end of the file, if one does.
///
/// Bytes behind `moov` that are no box are left alone: cameras append such padding.
fn find_moov<R: Read + Seek>(source: &mut Source<R>) -> Result<(TopLevelBox, Option<TopLevelBox>)> {
    let mut offset = 0;
    let mut moov = None;
    loop {
        let header = match (source.top_level_box(offset), moov) {
            (Ok(Some(header)), _) => header,
            (Err(ContainerError::Malformed { .. }), Some(moov)) | (Ok(None), Some(moov)) => {
                return Ok((moov, None));
            }
            (Ok(None), None) => {
                let path = source.path().to_owned();
                return Err(ContainerError::NoMovie { path, length: source.length() });
            }
            (Err(error), _) => return Err(error),
        };
        if header.kind.0 == *b"moov" && moov.is_none() {
            moov = Some(header);
        }
        if header.end() > source.length() {
            return match moov {
                Some(moov) if moov != header => Ok((moov, Some(header))),
                _ => Err(source.truncated(&header)),
            };
        }
        offset = header.end();
    }
}

fn read_fragments<R: Read + Seek>(
    source: &mut Source<R>,
    defaults: &[TrexBox],
    tracks: &mut [Track],
) -> Result<Option<Truncation>> {
    let file_length = source.length();
    let mut offset = 0;
    let mut marks: Vec<Mark> = Vec::with_capacity(tracks.len());
    loop {
        let header = match source.top_level_box(offset) {
            Ok(Some(header)) => header,
            Ok(None) if offset == file_length => return Ok(None),
            Ok(None) => {
                return Ok(Some(Truncation { kind: FourCc(*b"????"), offset, file_length }));
            }
            Err(ContainerError::Malformed { kind, .. }) => {
                return Ok(Some(Truncation { kind, offset, file_length }));
            }
            Err(error) => return Err(error),
        };
        let cut = Truncation { kind: header.kind, offset, file_length };
        if header.kind.0 == *b"moof" {
            if header.end() > file_length {
                return Ok(Some(cut));
            }
            let bytes = source.read_box(&header, MOOF_LIMIT)?;
            let moof = BoxView::first(&bytes, header.offset, source.path())?;
            marks.clear();
            marks.extend(tracks.iter().map(|track| track.fragments.mark()));
            if push_fragment(&moof, defaults, tracks)? > file_length {
                for (track, mark) in tracks.iter_mut().zip(&marks) {
                    track.fragments.back_to(mark);
                }
                return Ok(Some(Truncation { kind: FourCc(*b"mdat"), ..cut }));
            }
        } else if header.end() > file_length {
            return Ok(Some(cut));
        }
        offset = header.end();
    }
}

/// Adds a fragment to the tables of its tracks; answers how far into the file its data reaches.
fn push_fragment(moof: &BoxView<'_>, defaults: &[TrexBox], tracks: &mut [Track]) -> Result<u64> {
    let mut reach = Reach::default();
    for child in moof.children(0) {
        let traf = child?;
        if traf.kind.0 != *b"traf" {
            continue;
        }
        let (id, header) = fragments::traf_header(&traf)?;
        let track = tracks.iter_mut().find(|track| track.info.id == id);
        let default = defaults.iter().find(|default| TrackId(default.track_id) == id);
        let (Some(track), Some(default)) = (track, default) else {
            return Err(traf.malformed(format!("'moov' knows no fragmented track {id}")));
        };
        let description = header.sample_description_index;
        if description.unwrap_or(default.default_sample_description_index) != 1 {
            track.refuse("another sample description in a fragment".to_owned(), &traf);
        }
        track.fragments.push_traf(&traf, &header, default, moof.offset, &mut reach)?;
    }
    Ok(reach.furthest)
}
