//! Where a track's media lies on the presentation time line (`edts`/`elst`, ISO/IEC 14496-12, 8.6).
//!
//! Read are any number of leading empty edits (a late start) and one media edit at rate 1 (priming
//! and composition shift at its start, padding cut at its end). Everything else is refused by name.

use shiguredo_mp4::boxes::ElstBox;

use super::boxes::BoxView;
use crate::{ContainerError, Result, Timescale, TrackId};

/// The one supported form of an edit list, in ticks of the track.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Timeline {
    /// Presentation time of the first presented sample.
    pub(super) start: i64,
    /// Media time that is presented at `start`.
    pub(super) media_start: i64,
    /// Presented length; `None` for "to the end of the media".
    pub(super) length: Option<i64>,
}

impl Timeline {
    /// Media time as presentation time.
    pub(super) fn present(&self, media_time: i64) -> i64 {
        media_time.saturating_sub(self.media_start).saturating_add(self.start)
    }
}

/// The time line that the `elst` inside `edts` states. Durations of edits are in the movie's
/// timescale and rounded to the nearest tick of the track.
pub(super) fn read(
    edts: &BoxView<'_>,
    track: TrackId,
    timescale: Timescale,
    movie: Timescale,
    path: &std::path::Path,
) -> Result<Timeline> {
    let Some(elst) = edts.child(b"elst")? else {
        return Ok(Timeline::default());
    };
    let unsupported = |feature: String| ContainerError::Unsupported {
        path: path.to_owned(),
        track,
        feature,
        kind: elst.kind,
        offset: elst.offset,
    };
    let entries = elst.decode::<ElstBox>()?.entries;
    let mut timeline = Timeline::default();
    let mut delay: u64 = 0;
    let mut media_edits = 0;
    for entry in &entries {
        if entry.media_time == -1 {
            if media_edits == 0 {
                delay = delay.saturating_add(entry.edit_duration);
            }
            continue;
        }
        media_edits += 1;
        if (entry.media_rate.integer, entry.media_rate.fraction) != (1, 0) {
            let (whole, part) = (entry.media_rate.integer, entry.media_rate.fraction);
            let rate = format!("{whole} + {}/65536", part.cast_unsigned());
            return Err(unsupported(format!("an edit at the rate {rate}")));
        }
        if entry.media_time < 0 {
            return Err(elst.malformed(format!("it has the media time {}", entry.media_time)));
        }
        timeline.media_start = entry.media_time;
        timeline.length = (entry.edit_duration > 0)
            .then(|| timescale.rescale(saturate(entry.edit_duration), movie));
    }
    if media_edits > 1 {
        return Err(unsupported(format!("an edit list of {media_edits} pieces")));
    }
    timeline.start = timescale.rescale(saturate(delay), movie);
    Ok(timeline)
}

fn saturate(duration: u64) -> i64 {
    i64::try_from(duration).unwrap_or(i64::MAX)
}
