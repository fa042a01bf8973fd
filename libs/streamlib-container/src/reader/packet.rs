//! Samples on the presentation time line.

use streamlib_abi::media::Codec;

use super::{
    edit_list::Timeline, fragments::FragmentCursor, movie::Track, sample::MediaSample,
    sample_table::TableCursor,
};
use crate::{Timescale, TrackId};

/// One coded sample: where its bytes lie, and when it is decoded and presented.
///
/// Times are on the presentation time line of the file: edits are applied, so that 0 is where the
/// film starts, and priming lies before 0 or before the track's start. Ticks are exact; nanoseconds
/// are the ticks rounded to the nearest, and `duration_ns` is the distance between the rounded
/// decode times, so that packets abut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet {
    /// The track.
    pub track: TrackId,
    /// Decode time in ticks of the track; may be negative.
    pub dts: i64,
    /// Presentation time in ticks of the track; may be negative.
    pub pts: i64,
    /// Duration in ticks of the track; 0 only where the file says so.
    pub duration: u32,
    /// Decode time in nanoseconds.
    pub dts_ns: i64,
    /// Presentation time in nanoseconds.
    pub pts_ns: i64,
    /// Duration in nanoseconds.
    pub duration_ns: i64,
    /// Whether decoding can start here.
    pub key_frame: bool,
    /// Whether any part of it is presented. What is not must be decoded all the same: later samples
    /// need it.
    pub shown: bool,
    /// Ticks at its start that are decoded and not presented: encoder priming.
    pub trim_start: u32,
    /// Ticks at its end that are decoded and not presented: padding.
    pub trim_end: u32,
    /// First byte in the file.
    pub offset: u64,
    /// Length in bytes.
    pub size: u32,
}

/// The part of a track's time line that is presented.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    timeline: Timeline,
    end: Option<i64>,
}

impl Window {
    /// The window of `track`, and the presentation times at which it really starts and ends.
    ///
    /// Edits are as coarse as the movie's timescale. An edit that ends less than one of its ticks
    /// before the media does is rounding, and cuts nothing.
    pub(super) fn of(track: &Track, movie: Timescale) -> (Self, i64, i64) {
        let timeline = track.timeline;
        let ranges = [track.table.presentation_range(), track.fragments.presentation_range()];
        let range = ranges.into_iter().flatten().reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        let Some((first, last)) = range else {
            return (Self { timeline, end: None }, timeline.start, timeline.start);
        };
        let start = timeline.present(first).max(timeline.start);
        let media_end = timeline.present(last).max(start);
        let tick = track.info.timescale.rescale(1, movie).max(1);
        let end = timeline
            .length
            .map(|length| timeline.start.saturating_add(length))
            .filter(|end| end.saturating_add(tick) < media_end);
        let window = Self { timeline, end };
        (window, start, end.unwrap_or(media_end).max(start))
    }

    /// `sample` as a packet.
    pub(super) fn packet(&self, track: TrackId, scale: Timescale, sample: &MediaSample) -> Packet {
        let dts = self.timeline.present(sample.dts);
        let pts = self.timeline.present(sample.pts());
        let length = i64::from(sample.duration);
        let pts_end = pts.saturating_add(length);
        let start = self.timeline.start;
        let end = self.end.unwrap_or(i64::MAX);
        let cut = |ticks: i64| ticks.clamp(0, length) as u32;
        let dts_ns = scale.to_ns(dts);
        Packet {
            track,
            dts,
            pts,
            duration: sample.duration,
            dts_ns,
            pts_ns: scale.to_ns(pts),
            duration_ns: scale.to_ns(dts.saturating_add(length)).saturating_sub(dts_ns),
            key_frame: sample.key_frame,
            shown: (pts >= start || pts_end > start) && pts < end,
            trim_start: cut(start.saturating_sub(pts)),
            trim_end: cut(pts_end.saturating_sub(end)),
            offset: sample.offset,
            size: sample.size,
        }
    }
}

/// A place in a track: first in its tables, then in its fragments.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct TrackCursor {
    table: TableCursor,
    fragment: FragmentCursor,
}

impl TrackCursor {
    pub(super) fn next(&mut self, track: &Track) -> Option<MediaSample> {
        track.table.next(&mut self.table).or_else(|| track.fragments.next(&mut self.fragment))
    }
}

/// How long before a wanted moment decoding has to start for the sound to be right there: 80 ms for
/// Opus (RFC 7845, 4.6), two frames for AAC and the like; in ticks.
pub(super) fn pre_roll(track: &Track) -> i64 {
    let Some(audio) = track.info.audio() else {
        return 0;
    };
    let scale = track.info.timescale;
    match (track.info.codec.known(), Timescale::new(audio.sample_rate)) {
        (Some(Codec::Opus), _) => scale.from_ns(80_000_000),
        (_, Some(rate)) => scale.rescale(2048, rate),
        _ => 0,
    }
}
