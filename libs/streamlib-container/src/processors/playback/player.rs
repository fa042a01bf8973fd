//! Plays the chosen tracks of one file, in the order of presentation.

use std::path::{Path, PathBuf};

use streamlib_processor::prelude::*;

use super::Playback;
use super::config::Mp4SourceConfig;
use super::timeline::Timeline;
use crate::{ContainerError, Mp4File, TrackId, TrackInfo};

/// Holes shorter than this are the container's rounding and not worth a signal, ns.
const GAP_NS: i64 = 1_000_000;

/// The outputs that a player sends on.
pub(in crate::processors) struct Outputs<'a, V, A> {
    pub(in crate::processors) video: &'a mut Output<V>,
    pub(in crate::processors) audio: &'a mut Output<A>,
}

/// Plays a file.
pub(in crate::processors) struct Player<V, A> {
    file: Mp4File,
    path: PathBuf,
    video: Option<V>,
    audio: Option<A>,
    time: Timeline,
    /// Passes that are still to come after this one; `None` for ever.
    loops_left: Option<u32>,
    real_time: bool,
    /// Stream time at the first call, from which a paced player counts.
    origin_ns: Option<i64>,
    /// Up to where each output was told that nothing comes, stream time, ns: video, audio.
    silent_until_ns: [i64; 2],
}

/// What the next piece of work is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Video,
    Audio,
}

impl<V: Playback, A: Playback> Player<V, A> {
    /// Opens the file, chooses its tracks and makes their decoders.
    pub(in crate::processors) fn open(config: &Mp4SourceConfig) -> Result<Self, ContainerError> {
        let path = config.path.clone();
        let mut file = Mp4File::open(&path)?;
        let video = choose(&file, &path, "video", config.video, config.video_track)?;
        let audio = choose(&file, &path, "audio", config.audio, config.audio_track)?;
        let ids: Vec<TrackId> = video.iter().chain(&audio).map(|track| track.id).collect();
        if ids.is_empty() {
            let wanted = match (config.video, config.audio) {
                (Some(false), Some(false)) => "track that its settings allow",
                (_, Some(false)) => "video",
                (Some(false), _) => "audio",
                _ => "video or audio",
            };
            return Err(ContainerError::NothingToPlay { present: present(&file), path, wanted });
        }
        file.select(&ids)?;
        let start_ns = i64::try_from(config.start_offset_ms.saturating_mul(1_000_000));
        let start_ns = start_ns.unwrap_or(i64::MAX);
        let end_ns = video.iter().chain(&audio).map(end_ns).max().unwrap_or(0);
        if start_ns > 0 && start_ns >= end_ns {
            let (start_ms, duration_ms) = (config.start_offset_ms, end_ns / 1_000_000);
            return Err(ContainerError::StartBeyondEnd { path, start_ms, duration_ms });
        }
        let video = video.map(|track| V::open(&mut file, track, &path)).transpose()?;
        let audio = audio.map(|track| A::open(&mut file, track, &path)).transpose()?;
        let mut player = Self {
            file,
            path,
            video,
            audio,
            time: Timeline { start_ns, offset_ns: start_ns.saturating_neg() },
            loops_left: config.loop_count.checked_sub(1),
            real_time: config.real_time,
            origin_ns: None,
            silent_until_ns: [i64::MIN; 2],
        };
        player.go_to_start()?;
        Ok(player)
    }

    /// How long all passes together last, stream time, ns; `None` if they never end.
    pub(in crate::processors) fn length_ns(&self) -> Option<u64> {
        let pass_ns = self.pass_end_ns().saturating_sub(self.time.start_ns);
        let passes = u64::from(self.loops_left?) + 1;
        Some(u64::try_from(pass_ns).unwrap_or(0).saturating_mul(passes))
    }

    /// Puts every track to where playing starts.
    fn go_to_start(&mut self) -> Result<(), ContainerError> {
        let start_ns = self.time.start_ns;
        self.file.rewind();
        if start_ns > 0 {
            self.file.seek(start_ns);
        }
        if let Some(video) = &mut self.video {
            video.restart(&mut self.file, start_ns, &self.path)?;
        }
        if let Some(audio) = &mut self.audio {
            audio.restart(&mut self.file, start_ns, &self.path)?;
        }
        Ok(())
    }

    /// Changes how many more passes there are.
    pub(in crate::processors) fn set_loops(&mut self, before: u32, count: u32) {
        let done = self.loops_left.map_or(0, |left| before.saturating_sub(left + 1));
        self.loops_left = count.checked_sub(1).map(|left| left.saturating_sub(done));
    }

    /// One piece of work: a packet decoded, at most one frame sent.
    pub(in crate::processors) fn step(
        &mut self,
        ctx: &mut ProcessContext<'_>,
        outputs: &mut Outputs<'_, V::Frame, A::Frame>,
    ) -> Result<()> {
        if self.origin_ns.is_none() {
            self.origin_ns = Some(ctx.now_ns());
            self.check_links(outputs)?;
        }
        let video = self.video.as_mut().and_then(|it| it.next_due_ns(&mut self.file, &self.time));
        let audio = self.audio.as_mut().and_then(|it| it.next_due_ns(&mut self.file, &self.time));
        self.tell_gaps(video, audio, outputs);
        let (turn, due_ns) = match (video, audio) {
            (Some(video), Some(audio)) if audio < video => (Turn::Audio, audio),
            (Some(video), _) => (Turn::Video, video),
            (None, Some(audio)) => (Turn::Audio, audio),
            (None, None) => return self.end_of_pass(ctx, outputs),
        };
        if self.real_time && due_ns != i64::MIN {
            let origin_ns = self.origin_ns.unwrap_or(0);
            let due_ns = self.time.stream_ns(due_ns).saturating_add(origin_ns);
            if ctx.now_ns() < due_ns {
                ctx.wake_at(due_ns);
                return Ok(());
            }
        }
        ctx.again();
        match turn {
            Turn::Video => match &mut self.video {
                Some(video) => video.step(&mut self.file, &self.time, &self.path, outputs.video),
                None => Ok(()),
            },
            Turn::Audio => match &mut self.audio {
                Some(audio) => audio.step(&mut self.file, &self.time, &self.path, outputs.audio),
                None => Ok(()),
            },
        }
    }

    /// Outputs that lead somewhere have a track.
    fn check_links(&self, outputs: &Outputs<'_, V::Frame, A::Frame>) -> Result<(), ContainerError> {
        let missing = if self.video.is_none() && is_linked(outputs.video) {
            "video"
        } else if self.audio.is_none() && is_linked(outputs.audio) {
            "audio"
        } else {
            return Ok(());
        };
        Err(ContainerError::LinkedWithoutTrack {
            path: self.path.clone(),
            output: missing,
            present: present(&self.file),
        })
    }

    /// Tells joins and muxers that they need not wait for an output that has a hole or has ended.
    fn tell_gaps(
        &mut self,
        video: Option<i64>,
        audio: Option<i64>,
        outputs: &mut Outputs<'_, V::Frame, A::Frame>,
    ) {
        let pass_end_ns = self.time.stream_ns(self.pass_end_ns());
        let last_pass = self.loops_left == Some(0);
        let time = self.time;
        let until = |due: Option<i64>, end_ns: i64| match due {
            Some(due_ns) if due_ns > end_ns.saturating_add(GAP_NS) => time.stream_ns(due_ns),
            Some(_) => i64::MIN,
            None if last_pass => i64::MAX,
            None => pass_end_ns,
        };
        let video_end_ns = self.video.as_ref().map_or(0, V::end_ns);
        let audio_end_ns = self.audio.as_ref().map_or(0, A::end_ns);
        let [video_told, audio_told] = &mut self.silent_until_ns;
        let video_until = until(video, video_end_ns);
        if video_until > *video_told {
            *video_told = video_until;
            outputs.video.gap(video_until);
        }
        let audio_until = until(audio, audio_end_ns);
        if audio_until > *audio_told {
            *audio_told = audio_until;
            outputs.audio.gap(audio_until);
        }
    }

    /// End of the track that ends last, ns of the file.
    fn pass_end_ns(&self) -> i64 {
        let video = self.video.as_ref().map(|video| end_ns(video.track()));
        let audio = self.audio.as_ref().map(|audio| end_ns(audio.track()));
        video.max(audio).unwrap_or(0)
    }

    /// All tracks have been given: the next pass, or the end.
    fn end_of_pass(
        &mut self,
        ctx: &mut ProcessContext<'_>,
        outputs: &mut Outputs<'_, V::Frame, A::Frame>,
    ) -> Result<()> {
        if self.loops_left == Some(0) {
            if let Some(cut) = self.file.truncation() {
                return Err(ContainerError::CutShort {
                    path: self.path.clone(),
                    offset: cut.offset,
                    length: cut.file_length,
                    played_ms: self.pass_end_ns() / 1_000_000,
                }
                .into());
            }
            ctx.finish();
            return Ok(());
        }
        self.loops_left = self.loops_left.map(|left| left - 1);
        let length_ns = self.pass_end_ns().saturating_sub(self.time.start_ns).max(1);
        self.time.offset_ns = self.time.offset_ns.saturating_add(length_ns);
        self.go_to_start()?;
        outputs.video.next_epoch();
        outputs.audio.next_epoch();
        ctx.again();
        Ok(())
    }
}

/// The track to play of one kind, if there is one.
fn choose(
    file: &Mp4File,
    path: &Path,
    wanted: &'static str,
    setting: Option<bool>,
    id: Option<u32>,
) -> Result<Option<TrackInfo>, ContainerError> {
    if setting == Some(false) {
        return Ok(None);
    }
    let fits = |track: &&TrackInfo| {
        if wanted == "video" { track.video().is_some() } else { track.audio().is_some() }
    };
    let Some(id) = id else {
        let found = file.tracks().find(fits).cloned();
        if setting == Some(true) && found.is_none() {
            let (path, present) = (path.to_owned(), present(file));
            return Err(ContainerError::NothingToPlay { path, wanted, present });
        }
        return Ok(found);
    };
    let found = file.track(TrackId(id)).filter(fits).cloned();
    found.map(Some).ok_or_else(|| ContainerError::WrongKind {
        path: path.to_owned(),
        track: TrackId(id),
        wanted,
        present: present(file),
    })
}

/// The tracks of a file, for people.
fn present(file: &Mp4File) -> String {
    let describe = |track: &TrackInfo| {
        let kind = match (track.video(), track.audio()) {
            (Some(_), _) => "video",
            (_, Some(_)) => "audio",
            _ => "other data",
        };
        format!("track {} ({kind}, {})", track.id, track.codec)
    };
    let tracks: Vec<String> = file.tracks().map(describe).collect();
    if tracks.is_empty() { "no tracks".to_owned() } else { tracks.join(", ") }
}

/// Where a track ends, ns of the file.
fn end_ns(track: &TrackInfo) -> i64 {
    track.timescale.to_ns(track.end)
}

/// True if a frame would go somewhere that can hold its producer up. An output without links, and
/// one of which every link drops what it has no room for, takes any number of frames.
fn is_linked<F: FrameType>(output: &Output<F>) -> bool {
    output.room() != u32::MAX
}
