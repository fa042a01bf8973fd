//! The sample tables of a progressive file (`stbl`, ISO/IEC 14496-12, 8.6 and 8.7), read lazily.
//!
//! The tables stay run-length coded as they are stored; a cursor walks them. Opening a file costs
//! one pass over the entries, never over the samples that an entry claims, so that a count of four
//! thousand million in a small file costs nothing.

use shiguredo_mp4::boxes::{
    Co64Box, CttsBox, CttsEntry, StcoBox, StscBox, StscEntry, StssBox, StszBox, SttsBox, SttsEntry,
};

use super::{boxes::BoxView, sample::MediaSample};
use crate::{ContainerError, FourCc, Result, TrackId};

/// The tables of one track. Empty for a track whose samples are all in fragments.
#[derive(Debug)]
pub(super) struct SampleTable {
    durations: Vec<SttsEntry>,
    compositions: Vec<CttsEntry>,
    chunks: Vec<StscEntry>,
    sizes: StszBox,
    chunk_offsets: Vec<u64>,
    /// Numbers (from 1) of key frames, ascending; `None` when every sample is one.
    sync: Option<Vec<u32>>,
}

/// A place in a [`SampleTable`]: the next sample.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct TableCursor {
    index: u32,
    dts: i64,
    duration_entry: usize,
    duration_used: u32,
    composition_entry: usize,
    composition_used: u32,
    chunk_entry: usize,
    chunk: usize,
    sample_in_chunk: u32,
    offset_in_chunk: u64,
    sync_entry: usize,
}

impl SampleTable {
    /// The tables in `stbl`, checked against each other and against the length of the file.
    pub(super) fn read(
        stbl: &BoxView<'_>,
        track: TrackId,
        file_length: u64,
        path: &std::path::Path,
    ) -> Result<Self> {
        let stsc = stbl.required_child(b"stsc")?;
        let table = Self {
            durations: stbl.required_child(b"stts")?.decode::<SttsBox>()?.entries,
            compositions: match stbl.child(b"ctts")? {
                Some(ctts) => read_compositions(&ctts)?,
                None => Vec::new(),
            },
            chunks: stsc.decode::<StscBox>()?.entries,
            sizes: match stbl.child(b"stz2")? {
                Some(stz2) => {
                    return Err(ContainerError::Unsupported {
                        path: path.to_owned(),
                        track,
                        feature: "compact sample sizes".to_owned(),
                        kind: stz2.kind,
                        offset: stz2.offset,
                    });
                }
                None => stbl.required_child(b"stsz")?.decode::<StszBox>()?,
            },
            chunk_offsets: match stbl.child(b"co64")? {
                Some(co64) => co64.decode::<Co64Box>()?.chunk_offsets,
                None => {
                    let stco: StcoBox = stbl.required_child(b"stco")?.decode()?;
                    stco.chunk_offsets.into_iter().map(u64::from).collect()
                }
            },
            sync: match stbl.child(b"stss")? {
                Some(stss) => {
                    let numbers = stss.decode::<StssBox>()?.sample_numbers;
                    Some(numbers.into_iter().map(|number| number.get()).collect())
                }
                None => None,
            },
        };
        table.check_descriptions(&stsc, track, path)?;
        table.check_times(stbl)?;
        table.check_chunks(stbl, file_length, path)?;
        Ok(table)
    }

    /// A table without samples.
    pub(super) fn empty() -> Self {
        Self {
            durations: Vec::new(),
            compositions: Vec::new(),
            chunks: Vec::new(),
            sizes: StszBox::Variable { entry_sizes: Vec::new() },
            chunk_offsets: Vec::new(),
            sync: None,
        }
    }

    pub(super) fn sample_count(&self) -> u32 {
        match &self.sizes {
            StszBox::Fixed { sample_count, .. } => *sample_count,
            StszBox::Variable { entry_sizes } => u32::try_from(entry_sizes.len()).unwrap_or(0),
        }
    }

    fn size_of(&self, index: u32) -> u32 {
        match &self.sizes {
            StszBox::Fixed { sample_size, .. } => sample_size.get(),
            StszBox::Variable { entry_sizes } => {
                entry_sizes.get(index as usize).copied().unwrap_or(0)
            }
        }
    }

    /// A sample description that changes on the way would need a new decoder; refused.
    fn check_descriptions(
        &self,
        stsc: &BoxView<'_>,
        track: TrackId,
        path: &std::path::Path,
    ) -> Result<()> {
        let ascending =
            self.chunks.windows(2).all(|pair| pair[0].first_chunk < pair[1].first_chunk);
        if !ascending || self.chunks.first().is_some_and(|entry| entry.first_chunk.get() != 1) {
            return Err(stsc.malformed("its chunk numbers do not rise from 1"));
        }
        match self.chunks.iter().find(|entry| entry.sample_description_index.get() != 1) {
            None => Ok(()),
            Some(entry) => Err(ContainerError::Unsupported {
                path: path.to_owned(),
                track,
                feature: format!("another sample description from chunk {} on", entry.first_chunk),
                kind: stsc.kind,
                offset: stsc.offset,
            }),
        }
    }

    /// Every sample has a duration, and no time leaves 62 bits.
    fn check_times(&self, stbl: &BoxView<'_>) -> Result<()> {
        let (mut samples, mut ticks) = (0u64, 0u128);
        for entry in &self.durations {
            samples += u64::from(entry.sample_count);
            ticks += u128::from(entry.sample_count) * u128::from(entry.sample_delta);
        }
        let wanted = u64::from(self.sample_count());
        if samples < wanted {
            let reason = format!("'stts' has times for {samples} of its {wanted} samples");
            return Err(stbl.malformed(reason));
        }
        if ticks > 1 << 62 {
            return Err(stbl.malformed(format!("'stts' adds up to {ticks} ticks")));
        }
        Ok(())
    }

    /// Every sample lies in a chunk, and every chunk in the file.
    fn check_chunks(
        &self,
        stbl: &BoxView<'_>,
        file_length: u64,
        path: &std::path::Path,
    ) -> Result<()> {
        let total = self.sample_count();
        let mut first = 0u32;
        let mut entry = 0;
        for (chunk, &offset) in self.chunk_offsets.iter().enumerate() {
            if first == total {
                break;
            }
            let count = self.samples_in_chunk(&mut entry, chunk).min(total - first);
            let end = offset.saturating_add(self.bytes_of(first, count));
            if count > 0 && end > file_length {
                return Err(ContainerError::Truncated {
                    path: path.to_owned(),
                    kind: FourCc(*b"mdat"),
                    offset,
                    needed: end,
                    available: file_length,
                });
            }
            first += count;
        }
        if first < total {
            let reason = format!("its chunks hold {first} of its {total} samples");
            return Err(stbl.malformed(reason));
        }
        Ok(())
    }

    fn bytes_of(&self, first: u32, count: u32) -> u64 {
        match &self.sizes {
            StszBox::Fixed { sample_size, .. } => u64::from(sample_size.get()) * u64::from(count),
            StszBox::Variable { entry_sizes } => {
                let sizes = entry_sizes.iter().skip(first as usize).take(count as usize);
                sizes.map(|size| u64::from(*size)).sum()
            }
        }
    }

    /// Samples in `chunk` (from 0); `entry` moves on to the `stsc` entry that covers it.
    fn samples_in_chunk(&self, entry: &mut usize, chunk: usize) -> u32 {
        while let Some(next) = self.chunks.get(*entry + 1) {
            if next.first_chunk.get() as usize > chunk + 1 {
                break;
            }
            *entry += 1;
        }
        self.chunks.get(*entry).map_or(0, |entry| entry.sample_per_chunk)
    }

    /// The sample at the cursor, which moves on.
    pub(super) fn next(&self, cursor: &mut TableCursor) -> Option<MediaSample> {
        if cursor.index >= self.sample_count() {
            return None;
        }
        while cursor.sample_in_chunk >= self.samples_in_chunk(&mut cursor.chunk_entry, cursor.chunk)
        {
            cursor.chunk += 1;
            cursor.sample_in_chunk = 0;
            cursor.offset_in_chunk = 0;
            if cursor.chunk >= self.chunk_offsets.len() {
                return None;
            }
        }
        let size = self.size_of(cursor.index);
        let sample = MediaSample {
            offset: self.chunk_offsets.get(cursor.chunk)?.saturating_add(cursor.offset_in_chunk),
            size,
            dts: cursor.dts,
            composition_offset: self.next_composition(cursor),
            duration: self.next_duration(cursor)?,
            key_frame: self.next_sync(cursor),
        };
        cursor.dts = cursor.dts.saturating_add(i64::from(sample.duration));
        cursor.offset_in_chunk += u64::from(size);
        cursor.sample_in_chunk += 1;
        cursor.index += 1;
        Some(sample)
    }

    fn next_duration(&self, cursor: &mut TableCursor) -> Option<u32> {
        while cursor.duration_used >= self.durations.get(cursor.duration_entry)?.sample_count {
            cursor.duration_entry += 1;
            cursor.duration_used = 0;
        }
        cursor.duration_used += 1;
        Some(self.durations.get(cursor.duration_entry)?.sample_delta)
    }

    /// Samples behind the end of `ctts` have the offset 0.
    fn next_composition(&self, cursor: &mut TableCursor) -> i64 {
        while let Some(entry) = self.compositions.get(cursor.composition_entry) {
            if cursor.composition_used < entry.sample_count {
                cursor.composition_used += 1;
                return entry.sample_offset;
            }
            cursor.composition_entry += 1;
            cursor.composition_used = 0;
        }
        0
    }

    fn next_sync(&self, cursor: &mut TableCursor) -> bool {
        let Some(numbers) = &self.sync else {
            return true;
        };
        while numbers.get(cursor.sync_entry).is_some_and(|number| *number <= cursor.index) {
            cursor.sync_entry += 1;
        }
        numbers.get(cursor.sync_entry) == Some(&(cursor.index + 1))
    }

    /// Earliest presentation time and latest presentation end of all samples, on the media time
    /// line; `None` without samples. Costs one step for each run of equal durations and offsets.
    pub(super) fn presentation_range(&self) -> Option<(i64, i64)> {
        let mut left = self.sample_count();
        let (mut dts, mut range) = (0i64, None::<(i64, i64)>);
        let mut compositions = self.compositions.iter();
        let mut composition = (0i64, 0u32);
        for entry in &self.durations {
            let mut in_entry = entry.sample_count.min(left);
            left -= in_entry;
            while in_entry > 0 {
                while composition.1 == 0 {
                    composition = match compositions.next() {
                        Some(next) => (next.sample_offset, next.sample_count),
                        None => (0, u32::MAX),
                    };
                }
                let run = in_entry.min(composition.1);
                let delta = i64::from(entry.sample_delta);
                let end = dts.saturating_add(delta.saturating_mul(i64::from(run)));
                let first = dts.saturating_add(composition.0);
                let last = end.saturating_add(composition.0);
                let (earliest, latest) = range.unwrap_or((first, last));
                range = Some((earliest.min(first), latest.max(last)));
                dts = end;
                in_entry -= run;
                composition.1 -= run;
            }
        }
        range
    }

    /// Decode time behind the last sample.
    pub(super) fn end_dts(&self) -> i64 {
        let mut left = self.sample_count();
        let mut ticks = 0i64;
        for entry in &self.durations {
            let count = entry.sample_count.min(left);
            left -= count;
            let run = i64::from(count).saturating_mul(i64::from(entry.sample_delta));
            ticks = ticks.saturating_add(run);
        }
        ticks
    }
}

/// The entries of `ctts`. Version 0 stores unsigned offsets, yet files exist that store negative
/// ones in it; no real offset reaches 2^31 ticks, so those are read as the negative numbers they
/// are.
fn read_compositions(ctts: &BoxView<'_>) -> Result<Vec<CttsEntry>> {
    let mut entries = ctts.decode::<CttsBox>()?.entries;
    for entry in &mut entries {
        if entry.sample_offset > i64::from(i32::MAX) {
            entry.sample_offset -= 1 << 32;
        }
    }
    Ok(entries)
}
