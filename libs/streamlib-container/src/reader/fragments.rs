//! Movie fragments (`moof`, ISO/IEC 14496-12, 8.8): each a set of runs of samples.
//!
//! A run is kept as one record, and its samples as 16 bytes each, or as none where all are alike.
//! A fragment counts only when all of its samples lie in the file.

use shiguredo_mp4::boxes::{TfdtBox, TfhdBox, TrexBox};

use super::{
    boxes::{BoxView, Fields},
    sample::MediaSample,
};
use crate::{Result, TrackId};

const DATA_OFFSET: u32 = 0x1;
const FIRST_SAMPLE_FLAGS: u32 = 0x4;
const SAMPLE_DURATION: u32 = 0x100;
const SAMPLE_SIZE: u32 = 0x200;
const SAMPLE_FLAGS: u32 = 0x400;
const SAMPLE_COMPOSITION: u32 = 0x800;
const NON_SYNC: u32 = 0x1_0000;

/// What one sample of a run says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct RunSample {
    size: u32,
    duration: u32,
    composition_offset: i32,
    flags: u32,
}

/// Consecutive samples, of consecutive bytes.
#[derive(Debug, Clone, Copy)]
struct Run {
    offset: u64,
    dts: i64,
    count: u32,
    /// Index of the first in the list of samples; only one is stored there for a uniform run.
    first: usize,
    uniform: bool,
    /// Flags of the first sample, where they differ from its entry.
    first_flags: Option<u32>,
}

/// All runs of one track, in the order of the file.
#[derive(Debug, Default)]
pub(super) struct FragmentTable {
    runs: Vec<Run>,
    samples: Vec<RunSample>,
    sample_count: u64,
    end_dts: i64,
    presented: Option<(i64, i64)>,
}

/// A place in a [`FragmentTable`]: the next sample.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct FragmentCursor {
    run: usize,
    index: u32,
    offset_in_run: u64,
    ticks_in_run: i64,
}

/// Lengths of a table, to go back to when a fragment turns out to be incomplete.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    runs: usize,
    samples: usize,
    sample_count: u64,
    end_dts: i64,
    presented: Option<(i64, i64)>,
}

/// How far into the file the data of one fragment reaches.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Reach {
    /// End of the data of the `traf` before, if there was one.
    last_end: Option<u64>,
    /// End of the furthest byte that any run needs.
    pub(super) furthest: u64,
}

impl FragmentTable {
    /// A table whose first fragment without a time of its own starts at `end_dts`.
    pub(super) fn starting_at(end_dts: i64) -> Self {
        Self { end_dts, ..Self::default() }
    }

    pub(super) fn sample_count(&self) -> u64 {
        self.sample_count
    }

    /// Earliest presentation time and latest presentation end, on the media time line.
    pub(super) fn presentation_range(&self) -> Option<(i64, i64)> {
        self.presented
    }

    pub(super) fn mark(&self) -> Mark {
        Mark {
            runs: self.runs.len(),
            samples: self.samples.len(),
            sample_count: self.sample_count,
            end_dts: self.end_dts,
            presented: self.presented,
        }
    }

    pub(super) fn back_to(&mut self, mark: &Mark) {
        self.runs.truncate(mark.runs);
        self.samples.truncate(mark.samples);
        self.sample_count = mark.sample_count;
        self.end_dts = mark.end_dts;
        self.presented = mark.presented;
    }

    /// The sample at the cursor, which moves on.
    pub(super) fn next(&self, cursor: &mut FragmentCursor) -> Option<MediaSample> {
        let mut run = self.runs.get(cursor.run)?;
        while cursor.index >= run.count {
            *cursor = FragmentCursor { run: cursor.run + 1, ..FragmentCursor::default() };
            run = self.runs.get(cursor.run)?;
        }
        let place = if run.uniform { run.first } else { run.first + cursor.index as usize };
        let entry = self.samples.get(place)?;
        let flags = run.first_flags.filter(|_| cursor.index == 0).unwrap_or(entry.flags);
        let sample = MediaSample {
            offset: run.offset.saturating_add(cursor.offset_in_run),
            size: entry.size,
            dts: run.dts.saturating_add(cursor.ticks_in_run),
            composition_offset: i64::from(entry.composition_offset),
            duration: entry.duration,
            key_frame: flags & NON_SYNC == 0,
        };
        cursor.index += 1;
        cursor.offset_in_run += u64::from(entry.size);
        cursor.ticks_in_run = cursor.ticks_in_run.saturating_add(i64::from(entry.duration));
        Some(sample)
    }

    /// Adds one `traf` and moves `reach` on.
    pub(super) fn push_traf(
        &mut self,
        traf: &BoxView<'_>,
        header: &TfhdBox,
        defaults: &TrexBox,
        moof_offset: u64,
        reach: &mut Reach,
    ) -> Result<()> {
        if let Some(tfdt) = traf.child(b"tfdt")? {
            let time = tfdt.decode::<TfdtBox>()?.base_media_decode_time;
            match i64::try_from(time) {
                Ok(time) if time < 1 << 62 => self.end_dts = time,
                _ => return Err(tfdt.malformed(format!("it has the time {time}"))),
            }
        }
        let base = match header.base_data_offset {
            Some(offset) => offset,
            // Without the flag the base is the end of the data of the traf before, which for the
            // first traf of a fragment is the start of the fragment.
            None if header.default_base_is_moof => moof_offset,
            None => reach.last_end.unwrap_or(moof_offset),
        };
        let defaults = RunSample {
            size: header.default_sample_size.unwrap_or(defaults.default_sample_size),
            duration: header.default_sample_duration.unwrap_or(defaults.default_sample_duration),
            composition_offset: 0,
            flags: header.default_sample_flags.unwrap_or(defaults.default_sample_flags).get(),
        };
        let mut end = base;
        for child in traf.children(0) {
            let child = child?;
            if child.kind.0 == *b"trun" {
                end = self.push_run(&child, defaults, base, end)?;
                reach.furthest = reach.furthest.max(end);
            }
        }
        reach.last_end = Some(end);
        Ok(())
    }

    /// Adds one `trun`; answers where its data ends.
    fn push_run(
        &mut self,
        trun: &BoxView<'_>,
        defaults: RunSample,
        base: u64,
        previous_end: u64,
    ) -> Result<u64> {
        let short = || trun.malformed("it ends before its fields do");
        let mut fields = Fields::new(trun.payload());
        let flags = fields.u32().ok_or_else(short)? & 0xff_ffff;
        let count = fields.u32().ok_or_else(short)?;
        let offset = if flags & DATA_OFFSET == 0 {
            previous_end
        } else {
            let relative = fields.u32().ok_or_else(short)?.cast_signed();
            base.checked_add_signed(i64::from(relative))
                .ok_or_else(|| trun.malformed(format!("its data starts {relative} bytes off")))?
        };
        let first_flags = match flags & FIRST_SAMPLE_FLAGS {
            0 => None,
            _ => Some(fields.u32().ok_or_else(short)?),
        };
        let each = flags & (SAMPLE_DURATION | SAMPLE_SIZE | SAMPLE_FLAGS | SAMPLE_COMPOSITION);
        let needed = u64::from(each.count_ones()) * 4 * u64::from(count);
        if needed > fields.rest().len() as u64 {
            let reason = format!("it claims {count} samples and ends before them");
            return Err(trun.malformed(reason));
        }
        let run = Run {
            offset,
            dts: self.end_dts,
            count,
            first: self.samples.len(),
            uniform: each == 0,
            first_flags,
        };
        let stored = if run.uniform { count.min(1) } else { count };
        let (mut bytes, mut ticks) = (0u64, 0i64);
        for _ in 0..stored {
            let sample = read_sample(&mut fields, each, defaults).ok_or_else(short)?;
            self.samples.push(sample);
            let repeat = if run.uniform { count } else { 1 };
            self.note_presented(run.dts.saturating_add(ticks), &sample, repeat);
            bytes = bytes.saturating_add(u64::from(sample.size) * u64::from(repeat));
            ticks = ticks.saturating_add(ticks_of(&sample, repeat));
            if run.uniform && sample.size == 0 {
                return Err(trun.malformed(format!("it claims {count} samples of no bytes")));
            }
        }
        self.end_dts = self.end_dts.saturating_add(ticks);
        self.sample_count += u64::from(count);
        self.runs.push(run);
        Ok(offset.saturating_add(bytes))
    }

    fn note_presented(&mut self, dts: i64, sample: &RunSample, repeat: u32) {
        let start = dts.saturating_add(i64::from(sample.composition_offset));
        let end = start.saturating_add(ticks_of(sample, repeat));
        let (earliest, latest) = self.presented.unwrap_or((start, end));
        self.presented = Some((earliest.min(start), latest.max(end)));
    }
}

/// Duration of `repeat` samples alike.
fn ticks_of(sample: &RunSample, repeat: u32) -> i64 {
    i64::from(sample.duration).saturating_mul(i64::from(repeat))
}

fn read_sample(fields: &mut Fields<'_>, present: u32, defaults: RunSample) -> Option<RunSample> {
    let mut sample = defaults;
    if present & SAMPLE_DURATION != 0 {
        sample.duration = fields.u32()?;
    }
    if present & SAMPLE_SIZE != 0 {
        sample.size = fields.u32()?;
    }
    if present & SAMPLE_FLAGS != 0 {
        sample.flags = fields.u32()?;
    }
    if present & SAMPLE_COMPOSITION != 0 {
        // Signed in version 1; version 0 is unsigned, and no real offset reaches 2^31.
        sample.composition_offset = fields.u32()?.cast_signed();
    }
    Some(sample)
}

/// The number of the track that a `traf` belongs to, with the rest of its header.
pub(super) fn traf_header(traf: &BoxView<'_>) -> Result<(TrackId, TfhdBox)> {
    let header: TfhdBox = traf.required_child(b"tfhd")?.decode()?;
    Ok((TrackId(header.track_id), header))
}
