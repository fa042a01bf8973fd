//! Writing fragmented MP4: `ftyp moov (moof mdat)* mfra`.
//!
//! The start of the file is written when the writer is made, then one fragment after the other,
//! each with all tracks' samples of its time. A fragment ends before a key frame of the first video
//! track, or when it holds `max_fragment_duration`, or `max_fragment_bytes`, whichever comes first;
//! it is handed to the sink in whole, and the sink is flushed. A process that dies loses the
//! fragment it was collecting, and nothing else.

mod fragment;
mod init_segment;
mod random_access;
mod sample_entry;
mod track;

use std::{
    fs::File,
    io::{self, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use shiguredo_mp4::boxes::TfraEntry;

pub use track::WriterTrack;

use self::{
    fragment::{FragmentEncoder, MediaTimes, PendingTrack},
    init_segment::InitSegment,
    random_access::RandomAccessIndex,
};
use crate::{ContainerError, Result, TrackId, claim};

/// Limits of a fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriterOptions {
    /// Longest time that a fragment covers; default 1 s, least 1 ms. It is what a crash can lose.
    pub max_fragment_duration: Duration,
    /// Most bytes of samples that a fragment collects before it is written, a larger single sample
    /// excepted; default 32 MiB, at most 1 GiB.
    pub max_fragment_bytes: usize,
}

impl Default for WriterOptions {
    fn default() -> Self {
        Self { max_fragment_duration: Duration::from_secs(1), max_fragment_bytes: 32 << 20 }
    }
}

/// One coded sample to be written. Times are in ticks of its track, on the presentation time line
/// of the file, as [`Packet`](crate::Packet) gives them: priming lies before the track's start.
#[derive(Debug, Clone, Copy)]
pub struct SampleRef<'a> {
    /// Decode time; rises from sample to sample of a track.
    pub dts: i64,
    /// Presentation time.
    pub pts: i64,
    /// Duration; used for the last sample before the end of the file or of a fragment. Every other
    /// sample lasts until the next one's decode time, so that gaps keep their place.
    pub duration: u32,
    /// Whether decoding can start here; always true for sound.
    pub key_frame: bool,
    /// The sample, in the framing of MP4: NAL units with lengths, AAC without ADTS.
    pub data: &'a [u8],
}

/// Writes a fragmented MP4 file to any sink, without seeking.
///
/// Dropping it writes nothing more: the samples of the open fragment are lost, what was written
/// before is playable. End a file with [`FragmentedMp4Writer::finish`]. After an error of the sink
/// the writer refuses further samples, because half a fragment may stand in the file.
#[derive(Debug)]
pub struct FragmentedMp4Writer<W> {
    sink: W,
    path: PathBuf,
    tracks: Vec<TrackState>,
    pending: Vec<PendingTrack>,
    encoder: FragmentEncoder,
    indexes: Vec<RandomAccessIndex>,
    init: InitSegment,
    options: WriterOptions,
    /// Decode time of the first sample of the open fragment, in nanoseconds.
    fragment_start_ns: Option<i64>,
    written_bytes: u64,
    failed: bool,
}

#[derive(Debug)]
struct TrackState {
    settings: WriterTrack,
    /// First track of pictures: its key frames start fragments.
    cuts: bool,
    last_dts: Option<i64>,
    /// Latest presentation end so far, in ticks.
    end: i64,
}

impl FragmentedMp4Writer<File> {
    /// Creates the file at `path`, or empties it, and writes the start of the film. Tracks are
    /// numbered from 1 in the order given.
    ///
    /// # Errors
    /// [`ContainerError::Io`] when the file cannot be created, [`ContainerError::InUse`] when it is
    /// being read or written; else as
    /// [`FragmentedMp4Writer::new`].
    pub fn create(
        path: impl AsRef<Path>,
        tracks: Vec<WriterTrack>,
        options: WriterOptions,
    ) -> Result<Self> {
        let path = path.as_ref();
        Self::new(claim::to_write(path)?, path, tracks, options)
    }
}

impl<W: Write> FragmentedMp4Writer<W> {
    /// Writes the start of a film to `sink`; `name` stands in error messages. Tracks are numbered
    /// from 1 in the order given.
    ///
    /// # Errors
    /// [`ContainerError::InvalidTracks`]; [`ContainerError::Io`] when the sink fails.
    pub fn new(
        sink: W,
        name: impl Into<PathBuf>,
        tracks: Vec<WriterTrack>,
        options: WriterOptions,
    ) -> Result<Self> {
        let path = name.into();
        let invalid = |reason| ContainerError::InvalidTracks { path: path.clone(), reason };
        let init = init_segment::build(&tracks).map_err(invalid)?;
        if options.max_fragment_duration < Duration::from_millis(1)
            || !(1..=1 << 30).contains(&options.max_fragment_bytes)
        {
            return Err(invalid(format!("its limits are out of range: {options:?}")));
        }
        let cutting = tracks.iter().position(WriterTrack::is_video);
        let pending = (1u32..)
            .zip(&tracks)
            .map(|(id, track)| PendingTrack::new(id, track.is_video()))
            .collect();
        let mut writer = Self {
            sink,
            path,
            pending,
            encoder: FragmentEncoder::new(tracks.len()),
            indexes: tracks.iter().map(|_| RandomAccessIndex::new()).collect(),
            tracks: tracks
                .into_iter()
                .enumerate()
                .map(|(index, settings)| {
                    let cuts = cutting == Some(index);
                    TrackState { settings, cuts, last_dts: None, end: 0 }
                })
                .collect(),
            written_bytes: 0,
            init,
            options,
            fragment_start_ns: None,
            failed: false,
        };
        let result = writer.sink.write_all(&writer.init.bytes).and_then(|()| writer.sink.flush());
        writer.note(result)?;
        writer.written_bytes = writer.init.bytes.len() as u64;
        Ok(writer)
    }

    /// Bytes that the sink has taken.
    pub fn written_bytes(&self) -> u64 {
        self.written_bytes
    }

    /// Adds a sample. Samples of one track come in decode order; those of different tracks should
    /// come roughly by time, so that a fragment covers the same time of each.
    ///
    /// # Errors
    /// [`ContainerError::InvalidSample`] for a sample that does not fit, which is then not in the
    /// file, and the writer goes on; [`ContainerError::Io`] when a fragment cannot be written.
    pub fn write_sample(&mut self, track: TrackId, sample: &SampleRef<'_>) -> Result<()> {
        let invalid = |reason: String| ContainerError::InvalidSample {
            path: self.path.clone(),
            track,
            dts: sample.dts,
            reason,
        };
        if self.failed {
            return Err(invalid("the file could not be written to before".to_owned()));
        }
        let index = track.0.wrapping_sub(1) as usize;
        let state = self.tracks.get(index);
        let state = state.ok_or_else(|| invalid("the file has no such track".to_owned()))?;
        let times = state.media_times(sample).map_err(invalid)?;
        let size =
            u32::try_from(sample.data.len()).ok().filter(|size| (1..=1 << 30).contains(size));
        let size = size.ok_or_else(|| invalid(format!("it has {} bytes", sample.data.len())))?;

        let start_ns = state.settings.timescale.to_ns(sample.dts);
        let cuts = state.cuts && sample.key_frame;
        self.pending[index].extend_last(times.dts);
        if (cuts && !self.pending[index].is_empty()) || self.is_full(start_ns, sample.data.len()) {
            self.flush_fragment()?;
        }
        self.fragment_start_ns.get_or_insert(start_ns);
        self.pending[index].push(times, size, sample.data);
        let state = &mut self.tracks[index];
        state.last_dts = Some(sample.dts);
        state.end = state.end.max(sample.pts.saturating_add(i64::from(sample.duration)));
        Ok(())
    }

    fn is_full(&self, start_ns: i64, more: usize) -> bool {
        let Some(first_ns) = self.fragment_start_ns else {
            return false;
        };
        let covered = u128::from(start_ns.saturating_sub(first_ns).max(0).unsigned_abs());
        let held: usize = self.pending.iter().map(PendingTrack::bytes).sum();
        covered >= self.options.max_fragment_duration.as_nanos()
            || held.saturating_add(more) > self.options.max_fragment_bytes
    }

    /// Writes the samples collected so far as a fragment, and flushes the sink. Nothing happens
    /// when there are none.
    ///
    /// # Errors
    /// [`ContainerError::Io`].
    pub fn flush_fragment(&mut self) -> Result<()> {
        if self.fragment_start_ns.take().is_none() {
            return Ok(());
        }
        let result = self.write_fragment();
        fragment::clear(&mut self.pending);
        self.note(result)
    }

    fn write_fragment(&mut self) -> io::Result<()> {
        let moof_offset = self.written_bytes;
        let indexes = &mut self.indexes;
        let note = |key: fragment::WrittenKeyFrame| {
            indexes[key.track].push(TfraEntry {
                time: key.time,
                moof_offset,
                traf_number: key.traf_number,
                trun_number: 1,
                sample_number: key.sample_number,
            });
        };
        let head = self.encoder.encode(&mut self.pending, note).map_err(io::Error::other)?;
        self.sink.write_all(head)?;
        let mut length = head.len();
        for track in self.pending.iter().filter(|track| !track.is_empty()) {
            self.sink.write_all(track.data())?;
            length += track.bytes();
        }
        self.sink.flush()?;
        self.written_bytes += length as u64;
        Ok(())
    }

    /// Writes what is left and the index of key frames, and gives the sink back.
    ///
    /// # Errors
    /// [`ContainerError::Io`]: then the file ends with its last whole fragment.
    pub fn finish(mut self) -> Result<W> {
        self.end()?;
        Ok(self.sink)
    }

    fn end(&mut self) -> Result<()> {
        self.flush_fragment()?;
        let index = random_access::encode(self.indexes.drain(..)).map_err(io::Error::other);
        let result = index.and_then(|index| {
            self.sink.write_all(&index)?;
            self.sink.flush()?;
            self.written_bytes += index.len() as u64;
            Ok(())
        });
        self.note(result)
    }

    /// Passes an error of the sink on, and remembers that there was one.
    fn note(&mut self, result: io::Result<()>) -> Result<()> {
        self.failed |= result.is_err();
        result.map_err(|source| ContainerError::Io {
            action: "write",
            path: self.path.clone(),
            source,
        })
    }

    /// End of the track that ends last, in ticks of the movie.
    fn duration(&self) -> u64 {
        let ends = self
            .tracks
            .iter()
            .map(|track| self.init.movie_timescale.rescale(track.end, track.settings.timescale));
        u64::try_from(ends.max().unwrap_or(0)).unwrap_or(0)
    }
}

impl<W: Write + Seek> FragmentedMp4Writer<W> {
    /// As [`FragmentedMp4Writer::finish`], and also states the film's duration at its start
    /// (`mehd`), in a place that was kept for it: no byte moves. The sink must have been at its
    /// start when the writer was made.
    ///
    /// # Errors
    /// [`ContainerError::Io`].
    pub fn finish_seekable(mut self) -> Result<W> {
        self.end()?;
        let mehd = InitSegment::mehd(self.duration());
        let patch = |sink: &mut W, offset: u64| {
            sink.seek(SeekFrom::Start(offset))?;
            sink.write_all(&mehd)?;
            sink.seek(SeekFrom::End(0))?;
            sink.flush()
        };
        let offset = self.init.mehd_offset();
        let result = patch(&mut self.sink, offset);
        self.note(result)?;
        Ok(self.sink)
    }
}

impl TrackState {
    /// The times of `sample` on the media time line, or what is wrong with them.
    fn media_times(&self, sample: &SampleRef<'_>) -> Result<MediaTimes, String> {
        if let Some(last) = self.last_dts.filter(|last| sample.dts <= *last) {
            return Err(format!(
                "the sample before it has the decode time {last}, not an earlier one"
            ));
        }
        let start = i128::from(self.settings.start_delay) - i128::from(self.settings.media_start);
        let dts = u64::try_from(i128::from(sample.dts) - start).ok().filter(|dts| *dts < 1 << 62);
        let dts = dts.ok_or_else(|| {
            format!("the track starts {start} ticks from 0, and a decode time cannot be earlier")
        })?;
        let distance = i128::from(sample.pts) - i128::from(sample.dts);
        let composition_offset = i32::try_from(distance);
        let composition_offset = composition_offset.map_err(|_| {
            format!("its presentation time is {distance} ticks from its decode time")
        })?;
        if !self.settings.is_video() && composition_offset != 0 {
            return Err("sound has presentation times that differ from its decode times".to_owned());
        }
        let (duration, key_frame) = (sample.duration, sample.key_frame);
        Ok(MediaTimes { dts, composition_offset, duration, key_frame })
    }
}
