//! Coded samples of one track on their way into the file.

use std::collections::VecDeque;

use crate::{SampleRef, Timescale, WriterTrack};

/// How many samples of one time are put behind each other.
const NUDGED_MAX: i64 = 8;

/// A coded sample. Times are in ticks of its track, counted from stream time 0.
#[derive(Debug, Default)]
pub(super) struct CodedSample {
    pub(super) dts: i64,
    pub(super) pts: i64,
    pub(super) duration: u32,
    pub(super) key_frame: bool,
    pub(super) data: Vec<u8>,
}

/// What is known of a track once its first sample is there.
#[derive(Debug)]
pub(super) struct TrackStart {
    /// How to write it; its start and media start are set when the file is started.
    pub(super) track: WriterTrack,
    /// Decode time of the first sample, ticks.
    pub(super) first_dts: i64,
    /// When the track is first seen or heard, ticks.
    pub(super) start: i64,
}

impl TrackStart {
    /// When the track is first seen or heard, stream time, ns.
    pub(super) fn start_ns(&self) -> i64 {
        self.track.timescale.to_ns(self.start)
    }
}

/// The samples of one track that wait to be interleaved. Their buffers are used again.
#[derive(Debug, Default)]
pub(super) struct SampleQueue {
    waiting: VecDeque<CodedSample>,
    free: Vec<Vec<u8>>,
    last_dts: Option<i64>,
    bytes: usize,
}

impl SampleQueue {
    /// Puts a sample behind the others. Decode times in a file rise: a sample at the time of the
    /// one before it is put one tick behind it, which is at most 0.1 ms. False, and nothing
    /// happens, for one that is earlier.
    #[must_use]
    pub(super) fn push(&mut self, mut sample: CodedSample, data: &[u8]) -> bool {
        if let Some(last) = self.last_dts
            && sample.dts <= last
        {
            // Samples before it may have been put behind by a tick each.
            if sample.dts.saturating_add(NUDGED_MAX) < last {
                return false;
            }
            let dts = last.saturating_add(1);
            sample.pts = if sample.pts == sample.dts { dts } else { sample.pts };
            sample.dts = dts;
        }
        self.last_dts = Some(sample.dts);
        sample.data = self.free.pop().unwrap_or_default();
        sample.data.clear();
        sample.data.extend_from_slice(data);
        self.bytes += data.len();
        self.waiting.push_back(sample);
        true
    }

    /// The sample that is next.
    pub(super) fn front(&self) -> Option<&CodedSample> {
        self.waiting.front()
    }

    /// The decode time of the sample that came last, ticks.
    pub(super) fn last_dts(&self) -> Option<i64> {
        self.last_dts
    }

    /// Bytes that wait.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes the sample that is next and gives it to `write`, with times counted from `base`.
    pub(super) fn pop<E>(
        &mut self,
        base: i64,
        write: impl FnOnce(&SampleRef<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(sample) = self.waiting.pop_front() else { return Ok(()) };
        self.bytes -= sample.data.len();
        let result = write(&SampleRef {
            dts: sample.dts.saturating_sub(base),
            pts: sample.pts.saturating_sub(base),
            duration: sample.duration,
            key_frame: sample.key_frame,
            data: &sample.data,
        });
        self.free.push(sample.data);
        result
    }
}

/// A timescale in which every frame of this rate starts at a whole tick, and a tick is at most
/// 0.1 ms: 90 kHz where it fits (as in MPEG systems), else a multiple of the rate's numerator.
pub(super) fn video_timescale(rate: streamlib_abi::media::Rational) -> Timescale {
    const USUAL: u32 = 90_000;
    let rate = rate.reduced();
    let fits = |scale: u32| {
        rate.is_known() && (u64::from(scale) * u64::from(rate.den)).is_multiple_of(rate.num.into())
    };
    let multiple = match rate.num {
        0 => USUAL,
        _ if !rate.is_known() || fits(USUAL) => USUAL,
        num => num.saturating_mul(10_000_u32.div_ceil(num)),
    };
    Timescale::new(multiple).unwrap_or(Timescale::from(std::num::NonZeroU32::MIN))
}
