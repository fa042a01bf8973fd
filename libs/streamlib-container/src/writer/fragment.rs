//! The fragment being collected: the samples of each track, and the boxes that describe them.
//!
//! Everything here is recycled from fragment to fragment: byte buffers, sample lists and the box
//! tree keep their memory.

use core::num::TryFromIntError;

use shiguredo_mp4::{
    Encode, Error, ErrorKind, Result, SampleFlags,
    boxes::{MfhdBox, MoofBox, TfdtBox, TfhdBox, TrafBox, TrunBox, TrunSample},
};

/// Sample depends on no other, and is a sync sample (ISO/IEC 14496-12, 8.8.3.1).
const SYNC: SampleFlags = SampleFlags::new(0x0200_0000);
/// Sample depends on others, and is no sync sample.
const NON_SYNC: SampleFlags = SampleFlags::new(0x0101_0000);

/// The samples of one track that are not written yet.
#[derive(Debug)]
pub(super) struct PendingTrack {
    /// `None` only while a fragment is being encoded.
    traf: Option<TrafBox>,
    data: Vec<u8>,
    is_video: bool,
    last_dts: u64,
    /// Presentation time (on the media time line) and number, from 1, of the first key frame.
    first_key_frame: Option<(u64, u32)>,
}

/// What the index needs to know of a written track fragment.
#[derive(Debug, Clone, Copy)]
pub(super) struct WrittenKeyFrame {
    pub(super) track: usize,
    pub(super) time: u64,
    pub(super) traf_number: u32,
    pub(super) sample_number: u32,
}

/// A sample on the media time line.
#[derive(Debug, Clone, Copy)]
pub(super) struct MediaTimes {
    pub(super) dts: u64,
    pub(super) composition_offset: i32,
    pub(super) duration: u32,
    pub(super) key_frame: bool,
}

impl PendingTrack {
    pub(super) fn new(track_id: u32, is_video: bool) -> Self {
        let traf = TrafBox {
            tfhd_box: TfhdBox {
                track_id,
                base_data_offset: None,
                sample_description_index: None,
                default_sample_duration: None,
                default_sample_size: None,
                default_sample_flags: (!is_video).then_some(SYNC),
                duration_is_empty: false,
                default_base_is_moof: true,
            },
            tfdt_box: Some(TfdtBox { version: 1, base_media_decode_time: 0 }),
            trun_boxes: vec![TrunBox {
                data_offset: Some(0),
                first_sample_flags: None,
                samples: Vec::new(),
            }],
            unknown_boxes: Vec::new(),
        };
        let data = Vec::new();
        Self { traf: Some(traf), data, is_video, last_dts: 0, first_key_frame: None }
    }

    fn samples(&mut self) -> Option<&mut Vec<TrunSample>> {
        self.traf.as_mut()?.trun_boxes.first_mut().map(|trun| &mut trun.samples)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    pub(super) fn bytes(&self) -> usize {
        self.data.len()
    }

    /// The next sample starts at `dts`: until there lasts the one before.
    pub(super) fn extend_last(&mut self, dts: u64) {
        let distance = u32::try_from(dts.saturating_sub(self.last_dts));
        let last = self.samples().and_then(|samples| samples.last_mut());
        if let (Some(last), Ok(distance)) = (last, distance) {
            last.duration = Some(distance);
        }
    }

    pub(super) fn push(&mut self, times: MediaTimes, size: u32, data: &[u8]) {
        let first = self.is_empty();
        let is_video = self.is_video;
        self.last_dts = times.dts;
        self.data.extend_from_slice(data);
        if first && let Some(tfdt) = self.traf.as_mut().and_then(|traf| traf.tfdt_box.as_mut()) {
            tfdt.base_media_decode_time = times.dts;
        }
        let Some(samples) = self.samples() else {
            return;
        };
        samples.push(TrunSample {
            duration: Some(times.duration),
            size: Some(size),
            flags: is_video.then_some(if times.key_frame { SYNC } else { NON_SYNC }),
            composition_time_offset: is_video.then_some(i64::from(times.composition_offset)),
        });
        let number = u32::try_from(samples.len()).unwrap_or(u32::MAX);
        if times.key_frame && self.first_key_frame.is_none() {
            let time = times.dts.saturating_add_signed(i64::from(times.composition_offset));
            self.first_key_frame = Some((time, number));
        }
    }

    /// The bytes of all samples, one behind the other.
    pub(super) fn data(&self) -> &[u8] {
        &self.data
    }

    fn clear(&mut self) {
        self.data.clear();
        self.first_key_frame = None;
        if let Some(samples) = self.samples() {
            samples.clear();
        }
    }
}

/// Encodes fragments into a buffer that it keeps.
#[derive(Debug)]
pub(super) struct FragmentEncoder {
    moof: MoofBox,
    buffer: Vec<u8>,
}

impl FragmentEncoder {
    pub(super) fn new(track_count: usize) -> Self {
        Self {
            moof: MoofBox {
                mfhd_box: MfhdBox { sequence_number: 0 },
                traf_boxes: Vec::with_capacity(track_count),
                unknown_boxes: Vec::new(),
            },
            buffer: vec![0; 4096],
        }
    }

    /// The bytes before the samples: `moof` and the header of `mdat`. Key frames of the fragment
    /// are reported to `note`.
    pub(super) fn encode(
        &mut self,
        tracks: &mut [PendingTrack],
        mut note: impl FnMut(WrittenKeyFrame),
    ) -> Result<&[u8]> {
        self.moof.mfhd_box.sequence_number = self.moof.mfhd_box.sequence_number.wrapping_add(1);
        for (index, track) in tracks.iter_mut().enumerate().filter(|(_, track)| !track.is_empty()) {
            self.moof.traf_boxes.extend(track.traf.take());
            if let Some((time, sample_number)) = track.first_key_frame {
                let traf_number = u32::try_from(self.moof.traf_boxes.len()).unwrap_or(u32::MAX);
                note(WrittenKeyFrame { track: index, time, traf_number, sample_number });
            }
        }
        let encoded = self.encode_boxes(tracks);
        let written = tracks.iter_mut().filter(|track| track.traf.is_none());
        for (track, traf) in written.zip(self.moof.traf_boxes.drain(..)) {
            track.traf = Some(traf);
        }
        Ok(&self.buffer[..encoded?])
    }

    /// Encodes twice: the offsets of the data depend on the length of `moof`, and that does not
    /// depend on the offsets.
    fn encode_boxes(&mut self, tracks: &[PendingTrack]) -> Result<usize> {
        let moof_length = self.encode_moof()?;
        let mut offset = moof_length + 8;
        let lengths = tracks.iter().map(PendingTrack::bytes).filter(|length| *length > 0);
        for (traf, length) in self.moof.traf_boxes.iter_mut().zip(lengths) {
            for trun in &mut traf.trun_boxes {
                trun.data_offset = Some(i32::try_from(offset).map_err(too_large)?);
            }
            offset += length;
        }
        self.encode_moof()?;
        let end = moof_length + 8;
        if self.buffer.len() < end {
            self.buffer.resize(end, 0);
        }
        let mdat_length = u32::try_from(offset - moof_length).map_err(too_large)?;
        self.buffer[moof_length..moof_length + 4].copy_from_slice(&mdat_length.to_be_bytes());
        self.buffer[moof_length + 4..end].copy_from_slice(b"mdat");
        Ok(end)
    }

    fn encode_moof(&mut self) -> Result<usize> {
        loop {
            match self.moof.encode(&mut self.buffer) {
                Err(error) if error.kind == ErrorKind::InsufficientBuffer => {
                    self.buffer.resize(self.buffer.len() * 2, 0);
                }
                result => return result,
            }
        }
    }
}

/// The options' limits keep a fragment far below what its 32-bit offsets reach; sizes that do not
/// fit all the same are an error, and never a wrong offset.
fn too_large(error: TryFromIntError) -> Error {
    Error::with_reason(ErrorKind::InvalidInput, format!("the fragment is too large: {error}"))
}

/// Forgets the samples of every track, and keeps the memory.
pub(super) fn clear(tracks: &mut [PendingTrack]) {
    tracks.iter_mut().for_each(PendingTrack::clear);
}
