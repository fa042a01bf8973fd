//! Reading MP4 and MOV files, progressive and fragmented.
//!
//! [`Mp4File::open`] reads the index; [`Mp4File::select`] chooses tracks; [`Mp4File::next_packet`]
//! walks their packets in decode order, with no I/O and no allocation; [`Mp4File::read`] fetches
//! the bytes of one. A progressive file must be whole. A fragmented one may end anywhere behind its
//! `moov`: all whole fragments are read, and [`Mp4File::truncation`] says where it was cut.

mod audio_config;
mod boxes;
mod edit_list;
mod fragments;
mod movie;
mod packet;
mod sample;
mod sample_entry;
mod sample_table;
mod scan;
mod source;

use std::{
    cmp::Ordering,
    fs::File,
    io::{Cursor, Read, Seek},
    path::{Path, PathBuf},
};

pub use packet::Packet;
pub use scan::Truncation;

use self::{
    movie::Track,
    packet::{TrackCursor, Window},
    source::Source,
};
use crate::{ContainerError, Result, TrackId, TrackInfo, TrackKind, claim};

/// An open file: its index, and a place in each selected track.
///
/// `R` is read by position only; nothing else may move or change the file meanwhile. Methods take
/// `&mut self`; the value can be sent to another thread when `R` can.
#[derive(Debug)]
pub struct Mp4File<R = File> {
    source: Source<R>,
    tracks: Vec<Track>,
    lanes: Vec<Lane>,
    movie_timescale: crate::Timescale,
    truncation: Option<Truncation>,
}

/// A selected track.
#[derive(Debug)]
struct Lane {
    track: usize,
    window: Window,
    cursor: TrackCursor,
    /// The packet before the cursor, not yet given out.
    next: Option<Packet>,
}

/// Where a seek led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeekPoint {
    /// Earliest presentation time of the packets that come next, in nanoseconds. What lies between
    /// it and the wanted time is to be decoded and dropped.
    pub first_pts_ns: i64,
}

impl Mp4File<File> {
    /// Opens the file at `path` and reads its index. No track is selected yet.
    ///
    /// # Errors
    /// Every reading error of [`ContainerError`]: the file is missing, empty, cut short, damaged,
    /// or not an MP4.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Self::from_reader(claim::to_read(path)?, path)
    }
}

impl<'a> Mp4File<Cursor<&'a [u8]>> {
    /// Reads the index of a file that is already in memory; `name` stands in error messages.
    ///
    /// # Errors
    /// As [`Mp4File::open`].
    pub fn parse(bytes: &'a [u8], name: impl Into<PathBuf>) -> Result<Self> {
        Self::from_reader(Cursor::new(bytes), name)
    }
}

impl<R: Read + Seek> Mp4File<R> {
    /// Reads the index of any seekable bytes; `name` stands in error messages.
    ///
    /// # Errors
    /// As [`Mp4File::open`].
    pub fn from_reader(inner: R, name: impl Into<PathBuf>) -> Result<Self> {
        let mut source = Source::new(inner, name.into())?;
        let (mut movie, truncation) = scan::read(&mut source)?;
        for track in &mut movie.tracks {
            let (_, start, end) = Window::of(track, movie.timescale);
            track.info.start = start;
            track.info.end = end;
            track.info.sample_count =
                u64::from(track.table.sample_count()) + track.fragments.sample_count();
        }
        Ok(Self {
            source,
            tracks: movie.tracks,
            lanes: Vec::new(),
            movie_timescale: movie.timescale,
            truncation,
        })
    }

    /// Every track, in the order of the file.
    pub fn tracks(&self) -> impl ExactSizeIterator<Item = &TrackInfo> {
        self.tracks.iter().map(|track| &track.info)
    }

    /// The track with this number.
    pub fn track(&self, id: TrackId) -> Option<&TrackInfo> {
        self.tracks().find(|track| track.id == id)
    }

    /// The first video track.
    ///
    /// # Errors
    /// [`ContainerError::NoSuchTrack`] when there is none.
    pub fn video_track(&self) -> Result<&TrackInfo> {
        self.tracks()
            .find(|track| track.video().is_some())
            .ok_or_else(|| self.no_such_track("video track".to_owned()))
    }

    /// The first audio track.
    ///
    /// # Errors
    /// [`ContainerError::NoSuchTrack`] when there is none.
    pub fn audio_track(&self) -> Result<&TrackInfo> {
        self.tracks()
            .find(|track| track.audio().is_some())
            .ok_or_else(|| self.no_such_track("audio track".to_owned()))
    }

    /// Time from 0 to the end of the track that ends last, in nanoseconds.
    pub fn duration_ns(&self) -> i64 {
        self.tracks().map(|track| track.timescale.to_ns(track.end)).max().unwrap_or(0).max(0)
    }

    /// Where a fragmented file was cut, if it was.
    pub fn truncation(&self) -> Option<&Truncation> {
        self.truncation.as_ref()
    }

    /// Chooses the tracks that [`Mp4File::next_packet`] gives, from their starts; a number given
    /// twice counts once.
    ///
    /// # Errors
    /// [`ContainerError::NoSuchTrack`]; [`ContainerError::Unsupported`] for a track that would be
    /// presented wrongly. Then the former choice stands.
    pub fn select(&mut self, ids: &[TrackId]) -> Result<()> {
        let mut lanes: Vec<Lane> = Vec::with_capacity(ids.len());
        for id in ids {
            let found = self.tracks.iter().position(|track| track.info.id == *id);
            let index = found.ok_or_else(|| self.no_such_track(format!("track {id}")))?;
            let track = &self.tracks[index];
            if let Some(unsupported) = &track.unsupported {
                return Err(unsupported.error(self.source.path(), *id));
            }
            if lanes.iter().all(|lane| lane.track != index) {
                let (window, _, _) = Window::of(track, self.movie_timescale);
                let cursor = TrackCursor::default();
                lanes.push(Lane { track: index, window, cursor, next: None });
            }
        }
        self.lanes = lanes;
        self.rewind();
        Ok(())
    }

    /// Goes back to the first packet of every selected track.
    pub fn rewind(&mut self) {
        for lane in &mut self.lanes {
            lane.cursor = TrackCursor::default();
            lane.advance(&self.tracks[lane.track]);
        }
    }

    /// The next packet of all selected tracks in the order of decode times, compared exactly; of
    /// equal ones the one that lies first in the file. `None` at the end.
    pub fn next_packet(&mut self) -> Option<Packet> {
        let tracks = &self.tracks;
        let first = self
            .lanes
            .iter_mut()
            .filter(|lane| lane.next.is_some())
            .min_by(|a, b| a.order(b, tracks))?;
        first.take(tracks)
    }

    /// The next packet of one selected track, whatever the others' place. `None` at its end, and
    /// for a track that is not selected.
    pub fn next_packet_of(&mut self, id: TrackId) -> Option<Packet> {
        let tracks = &self.tracks;
        let lane = self.lanes.iter_mut().find(|lane| tracks[lane.track].info.id == id)?;
        lane.take(tracks)
    }

    /// Reads the bytes of `packet` into `buffer`, which has to be exactly as long.
    ///
    /// # Errors
    /// [`ContainerError::BufferSize`]; [`ContainerError::Io`] when the file cannot be read, for
    /// instance because it has been shortened since it was opened.
    pub fn read(&mut self, packet: &Packet, buffer: &mut [u8]) -> Result<()> {
        if buffer.len() as u64 != u64::from(packet.size) {
            let (track, given, size) = (packet.track, buffer.len(), packet.size);
            return Err(ContainerError::BufferSize { track, given, size });
        }
        self.source.read_at(packet.offset, buffer)
    }

    /// Moves every selected track to the last key frame that is presented at or before `time_ns`,
    /// for sound also back by its pre-roll (80 ms for Opus, two frames for AAC); to its first
    /// packet when there is none.
    ///
    /// `None` when no track is selected, or all have ended before `time_ns` starts.
    pub fn seek(&mut self, time_ns: i64) -> Option<SeekPoint> {
        for lane in &mut self.lanes {
            lane.seek(&self.tracks[lane.track], time_ns);
        }
        let earliest = self.lanes.iter().filter_map(|lane| lane.next).map(|next| next.pts_ns).min();
        earliest.map(|first_pts_ns| SeekPoint { first_pts_ns })
    }

    fn no_such_track(&self, wanted: String) -> ContainerError {
        let describe = |track: &TrackInfo| {
            let kind = match track.kind {
                TrackKind::Video(_) => "video".to_owned(),
                TrackKind::Audio(_) => "audio".to_owned(),
                TrackKind::Other(handler) => format!("'{handler}'"),
            };
            format!("track {} ({kind}, {})", track.id, track.codec)
        };
        let present: Vec<String> = self.tracks().map(describe).collect();
        ContainerError::NoSuchTrack {
            path: self.source.path().to_owned(),
            wanted,
            present: if present.is_empty() { "no tracks".to_owned() } else { present.join(", ") },
        }
    }
}

impl Lane {
    fn advance(&mut self, track: &Track) {
        let (id, scale) = (track.info.id, track.info.timescale);
        self.next = self.cursor.next(track).map(|sample| self.window.packet(id, scale, &sample));
    }

    fn take(&mut self, tracks: &[Track]) -> Option<Packet> {
        let packet = self.next.take();
        self.advance(&tracks[self.track]);
        packet
    }

    fn order(&self, other: &Self, tracks: &[Track]) -> Ordering {
        let scale = tracks[self.track].info.timescale;
        let other_scale = tracks[other.track].info.timescale;
        match (self.next, other.next) {
            (Some(a), Some(b)) => {
                scale.compare(a.dts, other_scale, b.dts).then_with(|| a.offset.cmp(&b.offset))
            }
            _ => Ordering::Equal,
        }
    }

    fn seek(&mut self, track: &Track, time_ns: i64) {
        let wanted = track.info.timescale.from_ns(time_ns).saturating_sub(packet::pre_roll(track));
        self.cursor = TrackCursor::default();
        self.advance(track);
        let mut best = (self.cursor, self.next);
        while let Some(packet) = self.next {
            if packet.key_frame && packet.pts <= wanted {
                best = (self.cursor, self.next);
            }
            if packet.dts > wanted && packet.pts > wanted {
                break;
            }
            self.advance(track);
        }
        (self.cursor, self.next) = best;
    }
}
