//! What the processors that read a file have in common: the choice of tracks, the order of their
//! work, pace, passes and gaps.

mod config;
mod player;
mod timeline;

use std::path::Path;

use streamlib_abi::media::{PixelFormat, Rational};
use streamlib_processor::frame::FrameType;
use streamlib_processor::prelude::*;

pub use self::config::Mp4SourceConfig;
pub(super) use self::player::{Outputs, Player};
pub(super) use self::timeline::Timeline;
use crate::{ContainerError, Mp4File, Packet, TrackInfo};

/// One track being played.
pub(super) trait Playback: Sized {
    /// What it sends.
    type Frame: FrameType;

    /// Makes it. The track has been selected and stands at its start, where it is left.
    fn open(file: &mut Mp4File, track: TrackInfo, path: &Path) -> Result<Self, ContainerError>;

    /// Starts anew, after the file has been moved to the place from which `start_ns` is reached.
    fn restart(
        &mut self,
        file: &mut Mp4File,
        start_ns: i64,
        path: &Path,
    ) -> Result<(), ContainerError>;

    /// The track.
    fn track(&self) -> &TrackInfo;

    /// Where the frame that was sent last ends, ns of the file.
    fn end_ns(&self) -> i64;

    /// When the next frame is due, ns of the file; `i64::MIN` while there is only work in sight
    /// that gives no frame, `None` at the end.
    fn next_due_ns(&mut self, file: &mut Mp4File, time: &Timeline) -> Option<i64>;

    /// One piece of work. Sends at most one frame.
    fn step(
        &mut self,
        file: &mut Mp4File,
        time: &Timeline,
        path: &Path,
        output: &mut Output<Self::Frame>,
    ) -> Result<()>;
}

/// What the container says of the pictures of a track that has been selected and stands at its
/// start, where it is left.
pub(super) fn video_format(file: &mut Mp4File, track: &TrackInfo) -> VideoFormat {
    let mut format = VideoFormat::new(PixelFormat::I420, 0, 0);
    if let Some(video) = track.video() {
        (format.width, format.height) = (video.width.into(), video.height.into());
        format.orientation = video.orientation;
        format.sample_aspect = video.sample_aspect;
        format.colour = video.colour;
    }
    format.frame_rate = constant_rate(file, track);
    format
}

/// The frame rate, if every picture but the last lasts equally long.
fn constant_rate(file: &mut Mp4File, track: &TrackInfo) -> Rational {
    let mut before: Option<Packet> = None;
    let mut common = None;
    let mut is_constant = true;
    while let Some(packet) = file.next_packet_of(track.id) {
        if let Some(before) = before.replace(packet) {
            is_constant &= *common.get_or_insert(before.duration) == before.duration;
        }
    }
    file.rewind();
    let duration = common.or(before.map(|only| only.duration)).unwrap_or(0);
    if !is_constant || duration == 0 {
        return Rational::UNKNOWN;
    }
    Rational::new(track.timescale.ticks_per_second(), duration).reduced()
}
