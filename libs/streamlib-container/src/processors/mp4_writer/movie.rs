//! The file: started when every track is known, written in the order of time, and finished once.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::queue::{SampleQueue, TrackStart};
use crate::{ContainerError, FragmentedMp4Writer, TrackId, WriterOptions, claim};

/// What waits for a track that has sent nothing, at most, bytes.
const HELD_MAX: usize = 256 << 20;

/// One track as the file sees it.
pub(super) struct Lane<'a> {
    pub(super) name: &'static str,
    pub(super) queue: &'a mut SampleQueue,
    pub(super) start: Option<&'a TrackStart>,
    /// A link is connected that has not ended.
    pub(super) may_send: bool,
}

/// The file.
#[derive(Debug, Default)]
pub(super) struct Movie {
    path: PathBuf,
    fragment: Duration,
    max_interleave_ns: i64,
    state: State,
    started: bool,
}

#[derive(Debug, Default)]
enum State {
    /// Not made: the tracks are not all known.
    #[default]
    Waiting,
    /// Being written.
    Open(Box<Open>),
    /// Finished, or given up.
    Closed,
}

#[derive(Debug)]
struct Open {
    writer: FragmentedMp4Writer<File>,
    /// The same file, to cut off what a failed write left.
    file: File,
    /// Of each lane: its number in the file, and what is taken off its times, ticks.
    tracks: [Option<(TrackId, i64)>; 2],
    /// A write failed: half a fragment may stand at the end.
    is_broken: bool,
}

impl Movie {
    /// A file that is made at `path` when its tracks are known.
    pub(super) fn new(path: &Path, fragment: Duration, max_interleave_ns: i64) -> Self {
        Self { path: path.to_owned(), fragment, max_interleave_ns, ..Self::default() }
    }

    /// True if the file was made.
    pub(super) fn was_started(&self) -> bool {
        self.started
    }

    /// True if nothing more can be written.
    pub(super) fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    /// Writes what can be written now.
    pub(super) fn advance(&mut self, lanes: &mut [Lane<'_>; 2]) -> Result<(), ContainerError> {
        if matches!(self.state, State::Waiting) {
            let missing = lanes.iter().find(|lane| lane.start.is_none() && lane.may_send);
            if let Some(missing) = missing {
                let held: usize = lanes.iter().map(|lane| lane.queue.bytes()).sum();
                if held <= HELD_MAX {
                    return Ok(());
                }
                let (path, waiting) = (self.path.clone(), missing.name);
                return Err(ContainerError::NothingFrom { path, waiting, held_mib: held >> 20 });
            }
            self.start(lanes)?;
        }
        while let Some(index) = self.next_lane(lanes) {
            self.write(index, lanes)?;
        }
        self.check_late(lanes)
    }

    /// A lane that came to life after the file was started has no track.
    fn check_late(&self, lanes: &[Lane<'_>; 2]) -> Result<(), ContainerError> {
        let State::Open(open) = &self.state else { return Ok(()) };
        let late = |(lane, track): (&Lane<'_>, &Option<(TrackId, i64)>)| {
            (track.is_none() && lane.queue.front().is_some()).then_some(lane.name)
        };
        match lanes.iter().zip(&open.tracks).find_map(late) {
            None => Ok(()),
            Some(port) => Err(ContainerError::Input {
                path: self.path.clone(),
                port,
                found: "its first frame after the file was started".to_owned(),
                way_out: "link all inputs before the first frame: tracks cannot be added later"
                    .to_owned(),
            }),
        }
    }

    /// Makes the file. Its time 0 is where the first of its tracks starts.
    fn start(&mut self, lanes: &[Lane<'_>; 2]) -> Result<(), ContainerError> {
        let starts = lanes.iter().filter_map(|lane| lane.start);
        let Some(base_ns) = starts.map(TrackStart::start_ns).min() else { return Ok(()) };
        let mut tracks = Vec::with_capacity(2);
        let mut numbers = [None; 2];
        for (lane, number) in lanes.iter().zip(&mut numbers) {
            let Some(start) = lane.start else { continue };
            let base = start.track.timescale.from_ns(base_ns);
            let mut track = start.track.clone();
            track.start_delay = u64::try_from(start.start - base).unwrap_or(0);
            track.media_start = u32::try_from(start.start - start.first_dts).unwrap_or(0);
            tracks.push(track);
            *number = Some((TrackId(tracks.len() as u32), base));
        }
        let file = claim::to_write(&self.path)?;
        let copy = file.try_clone().map_err(|source| ContainerError::Io {
            action: "create",
            path: self.path.clone(),
            source,
        })?;
        let options =
            WriterOptions { max_fragment_duration: self.fragment, ..WriterOptions::default() };
        let writer = FragmentedMp4Writer::new(file, &self.path, tracks, options)
            .inspect_err(|_| remove_beginning(&self.path, &copy))?;
        self.started = true;
        self.state =
            State::Open(Box::new(Open { writer, file: copy, tracks: numbers, is_broken: false }));
        Ok(())
    }

    /// The lane whose next sample is the earliest, unless a lane without samples may still send an
    /// earlier one and this one's do not reach further than is allowed.
    fn next_lane(&self, lanes: &[Lane<'_>; 2]) -> Option<usize> {
        let ns = |lane: &Lane<'_>, ticks: i64| {
            lane.start.map_or(0, |start| start.track.timescale.to_ns(ticks))
        };
        let front_ns = |index: usize| {
            let lane = &lanes[index];
            lane.queue.front().filter(|_| self.has_track(index)).map(|sample| ns(lane, sample.dts))
        };
        let first = match (front_ns(0), front_ns(1)) {
            (Some(a), Some(b)) => return Some(usize::from(b < a)),
            (Some(_), None) => 0,
            (None, Some(_)) => 1,
            (None, None) => return None,
        };
        let other = &lanes[1 - first];
        let may_come = other.may_send && other.start.is_some();
        let lane = &lanes[first];
        let newest_ns = lane.queue.last_dts().map_or(0, |dts| ns(lane, dts));
        let reach_ns = newest_ns.saturating_sub(front_ns(first).unwrap_or(newest_ns));
        (!may_come || reach_ns > self.max_interleave_ns).then_some(first)
    }

    fn has_track(&self, index: usize) -> bool {
        matches!(&self.state, State::Open(open) if open.tracks[index].is_some())
    }

    fn write(&mut self, index: usize, lanes: &mut [Lane<'_>; 2]) -> Result<(), ContainerError> {
        let State::Open(open) = &mut self.state else { return Ok(()) };
        let Open { writer, tracks, is_broken, .. } = &mut **open;
        let Some((track, base)) = tracks[index] else { return Ok(()) };
        let written = lanes[index].queue.pop(base, |sample| writer.write_sample(track, sample));
        *is_broken |= matches!(written, Err(ContainerError::Io { .. }));
        written
    }

    /// Writes all that waits and the end of the file; of a file that could not be written to, cuts
    /// off what is not whole. Nothing happens the second time.
    pub(super) fn finish(&mut self, lanes: &mut [Lane<'_>; 2]) -> Result<(), ContainerError> {
        lanes.iter_mut().for_each(|lane| lane.may_send = false);
        if self.is_closed() {
            return Ok(());
        }
        let was_broken = matches!(&self.state, State::Open(open) if open.is_broken);
        let result = if was_broken { Ok(()) } else { self.advance(lanes) };
        let State::Open(open) = std::mem::replace(&mut self.state, State::Closed) else {
            return result;
        };
        let Open { mut writer, file, is_broken, .. } = *open;
        if is_broken {
            cut(&file, writer.written_bytes());
            return result;
        }
        let flushed = writer.flush_fragment();
        let whole = writer.written_bytes();
        let finished = flushed.and_then(|()| writer.finish_seekable());
        if finished.is_err() {
            cut(&file, whole);
        }
        result.and(finished.map(drop))
    }
}

/// Removes a file in which not even the beginning found room, as nothing can be read from it.
fn remove_beginning(path: &Path, file: &File) {
    if file.metadata().is_ok_and(|found| found.is_file()) {
        // That it stays, if it does, adds nothing to the error of writing it.
        drop(std::fs::remove_file(path));
    }
}

/// Cuts off what a failed write left behind the last whole fragment. If that fails too, readers
/// see a file whose last fragment is cut short, which they can read as far as it goes.
fn cut(file: &File, whole: u64) {
    drop(file.set_len(whole));
}
