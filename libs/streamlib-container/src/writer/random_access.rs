//! The index at the end of the file (`mfra`, ISO/IEC 14496-12, 8.8.9 to 8.8.11), of bounded size.

use shiguredo_mp4::{
    Encode, Result,
    boxes::{MfraBox, MfroBox, TfraBox, TfraEntry},
};

/// Most entries kept of a track: a little over two hours of fragments of a second each. Beyond it
/// every second one is dropped and the index gets coarser, for as long as the recording goes on.
const CAPACITY: usize = 8192;

/// The key frames of one track that a player can jump to.
#[derive(Debug)]
pub(super) struct RandomAccessIndex {
    entries: Vec<TfraEntry>,
    /// One key frame in so many is kept.
    stride: u64,
    seen: u64,
}

impl RandomAccessIndex {
    /// An empty index; everything it will ever need is allocated here.
    pub(super) fn new() -> Self {
        Self { entries: Vec::with_capacity(CAPACITY), stride: 1, seen: 0 }
    }

    /// Notes a key frame.
    pub(super) fn push(&mut self, entry: TfraEntry) {
        if self.seen.is_multiple_of(self.stride) {
            if self.entries.len() == CAPACITY {
                let mut index = 0;
                self.entries.retain(|_| {
                    index += 1;
                    index % 2 == 1
                });
                self.stride *= 2;
            }
            // After thinning, the newest kept lies `stride / 2` back when the capacity is even, so
            // this one is on the new grid.
            self.entries.push(entry);
        }
        self.seen += 1;
    }
}

/// The bytes of `mfra` for the indexes of tracks 1, 2, and so on; tracks without key frames have no
/// table.
pub(super) fn encode(indexes: impl Iterator<Item = RandomAccessIndex>) -> Result<Vec<u8>> {
    let tables = indexes.zip(1u32..).filter(|(index, _)| !index.entries.is_empty());
    let tfra_boxes = tables
        .map(|(index, track_id)| TfraBox {
            version: 1,
            track_id,
            length_size_of_traf_num: 3,
            length_size_of_trun_num: 0,
            length_size_of_sample_num: 3,
            entries: index.entries,
        })
        .collect();
    let mut mfra = MfraBox { tfra_boxes, mfro_box: MfroBox { size: 0 } };
    let length = mfra.encode_to_vec()?.len();
    mfra.mfro_box.size = u32::try_from(length).unwrap_or(0);
    mfra.encode_to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: u64) -> TfraEntry {
        let (traf_number, trun_number, sample_number) = (1, 1, 1);
        TfraEntry { time: number, moof_offset: number, traf_number, trun_number, sample_number }
    }

    #[test]
    fn a_long_recording_thins_its_index_evenly() {
        let mut index = RandomAccessIndex::new();
        let count = CAPACITY as u64 * 5;
        for number in 0..count {
            index.push(entry(number));
        }
        assert_eq!(index.entries.capacity(), CAPACITY);
        let times: Vec<u64> = index.entries.iter().map(|entry| entry.time).collect();
        let expected: Vec<u64> = (0..count).step_by(8).collect();
        assert_eq!(times, expected);
    }
}
