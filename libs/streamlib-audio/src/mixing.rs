//! Adding several lanes of sound sample by sample, whatever the sizes of their blocks.
//!
//! Every lane lies on one axis of samples, counted from stream time 0 at the rate of the mix. The
//! mix goes on to the least position up to which every lane is *known*: it has sound there, or it
//! said that it has none, or it ended. Where no lane has sound the mix has a hole, not silence.
//!
//! A lane holds one run of sound without holes. A block that starts after a hole is offered again
//! once the run before it is mixed; until then the lane is known up to that block's start. A lane
//! that is a limit ahead of the others takes no more, so memory is bounded.

use streamlib_processor::abi::Envelope;

use crate::timeline::{InputTimeline, Placement, ns_to_samples, samples_to_ns};

/// What is known of a lane from its link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaneLink {
    /// There is no link, or it has ended: the lane holds nobody.
    Silent,
    /// Blocks come; before this stream time, ns, no more will (`i64::MIN`: nothing is known).
    Open(i64),
}

/// Whether a lane took a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// It did.
    Taken,
    /// Offer it again after the next mix.
    NotYet,
}

/// A stretch that can be mixed now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stretch {
    /// Samples from stream time 0.
    start: i64,
    /// Samples in each channel, at least 1.
    pub frames: usize,
    /// Where it starts, stream time, ns.
    pub timestamp_ns: i64,
    /// It does not follow on from the stretch before it.
    pub discontinuity: bool,
    /// The envelope of the newest block of the first lane that is heard in it.
    pub envelope: Envelope,
}

#[derive(Debug, Clone)]
struct Lane {
    link: LaneLink,
    timeline: InputTimeline,
    /// Interleaved samples of the run.
    samples: Vec<f32>,
    /// Position of the first of `samples`; if there are none, of the next block that follows on,
    /// `i64::MIN` before the first.
    start: i64,
    /// Where a block starts that was not taken yet.
    offered: Option<i64>,
    envelope: Envelope,
}

impl Lane {
    fn end(&self, channels: usize) -> i64 {
        self.start.saturating_add((self.samples.len() / channels) as i64)
    }
}

/// Lanes of one rate and number of channels.
#[derive(Debug, Clone)]
pub struct LaneMix {
    rate: u32,
    channels: usize,
    ahead: usize,
    lanes: Vec<Lane>,
    /// Where the last stretch ended.
    position: Option<i64>,
    /// Nothing before this position is mixed any more.
    floor: i64,
    late: u64,
}

impl LaneMix {
    /// A mix without lanes. A lane takes up to `ahead` frames more than can be mixed.
    pub fn new(rate: u32, channels: usize, ahead: usize) -> Self {
        let lanes = Vec::new();
        let (rate, channels) = (rate.max(1), channels.max(1));
        Self { rate, channels, ahead, lanes, position: None, floor: i64::MIN, late: 0 }
    }

    /// Forgets all sound and where it was.
    pub fn reset(&mut self) {
        for lane in &mut self.lanes {
            lane.samples.clear();
            lane.timeline.reset();
            (lane.start, lane.offered) = (i64::MIN, None);
        }
        (self.position, self.floor) = (None, i64::MIN);
    }

    /// Samples that came too late to be mixed, in each channel, since the start.
    pub fn late_samples(&self) -> u64 {
        self.late
    }

    /// Where the sound of `lane` that was taken ends, stream time, ns; `None` if all was mixed.
    pub fn run_end_ns(&self, lane: usize) -> Option<i64> {
        let lane = self.lanes.get(lane).filter(|lane| !lane.samples.is_empty())?;
        Some(self.time_of(lane.end(self.channels)))
    }

    /// The epoch of the newest block of `lane`; 0 before the first.
    pub fn epoch(&self, lane: usize) -> u32 {
        self.lanes.get(lane).map_or(0, |lane| lane.envelope.epoch)
    }

    /// True if all sound that was taken is mixed.
    pub fn is_empty(&self) -> bool {
        self.lanes.iter().all(|lane| lane.samples.is_empty())
    }

    fn position_of(&self, timestamp_ns: i64) -> i64 {
        let samples = ns_to_samples(timestamp_ns.saturating_abs(), self.rate);
        let samples = i64::try_from(samples).unwrap_or(i64::MAX);
        if timestamp_ns < 0 { -samples } else { samples }
    }

    fn time_of(&self, position: i64) -> i64 {
        let ns = samples_to_ns(position.unsigned_abs(), self.rate);
        if position < 0 { -ns } else { ns }
    }

    fn lane(&mut self, lane: usize) -> &mut Lane {
        while self.lanes.len() <= lane {
            self.lanes.push(Lane {
                link: LaneLink::Silent,
                timeline: InputTimeline::default(),
                samples: Vec::with_capacity((self.ahead + 8_192) * self.channels),
                start: i64::MIN,
                offered: None,
                envelope: Envelope::default(),
            });
        }
        &mut self.lanes[lane]
    }

    /// Says what is known of a lane now.
    pub fn set_link(&mut self, lane: usize, link: LaneLink) {
        self.lane(lane).link = link;
    }

    /// Says that a block of another kind starts at `timestamp_ns`, which is not to be mixed here.
    pub fn set_offered(&mut self, lane: usize, timestamp_ns: i64) {
        let position = self.position_of(timestamp_ns);
        self.lane(lane).offered = Some(position);
    }

    /// Offers a block of interleaved samples.
    pub fn offer(&mut self, lane: usize, envelope: &Envelope, samples: &[f32]) -> Offer {
        let (rate, channels, ahead, floor) = (self.rate, self.channels, self.ahead, self.floor);
        let offered_at = self.position_of(envelope.timestamp_ns);
        let lane = self.lane(lane);
        if lane.samples.len() > ahead * channels {
            return Offer::NotYet;
        }
        let frames = (samples.len() / channels) as u64;
        let mut timeline = lane.timeline.clone();
        let placement = timeline.place(envelope, rate, frames);
        let starts_anew = match placement {
            Placement::Start => true,
            Placement::Gap(missing) => missing > 0,
            Placement::Continues | Placement::Overlap(_) => false,
        };
        if starts_anew && !lane.samples.is_empty() {
            lane.offered = Some(offered_at);
            return Offer::NotYet;
        }
        if starts_anew {
            lane.start = offered_at;
        }
        lane.timeline = timeline;
        lane.offered = None;
        lane.envelope = *envelope;
        let overlap = if let Placement::Overlap(samples) = placement { samples } else { 0 };
        let late = match floor.checked_sub(lane.start) {
            Some(late) if lane.samples.is_empty() && late > 0 => late as u64,
            _ => 0,
        };
        let late = late.min(frames.saturating_sub(overlap));
        lane.start += late as i64;
        let cut = usize::try_from((overlap + late).min(frames)).unwrap_or(usize::MAX);
        lane.samples.extend_from_slice(samples.get(cut * channels..).unwrap_or_default());
        self.late += cut as u64;
        Offer::Taken
    }

    /// The position up to which every lane is known, and the end of all runs if no lane holds it.
    fn known(&self) -> i64 {
        let known = self.lanes.iter().map(|lane| {
            let run = lane.end(self.channels);
            match (lane.link, lane.offered) {
                (LaneLink::Silent, None) => i64::MAX,
                (LaneLink::Silent, Some(offered)) => offered.max(run),
                (LaneLink::Open(until_ns), offered) => {
                    let gap = match until_ns {
                        i64::MIN => i64::MIN,
                        until_ns => self.position_of(until_ns),
                    };
                    run.max(gap).max(offered.unwrap_or(i64::MIN))
                }
            }
        });
        known.min().unwrap_or(i64::MAX)
    }

    /// Nothing will be mixed before this stream time, ns, which is after all that was mixed; `None`
    /// while a lane may still bring something before, or while there is sound to be mixed first.
    pub fn silent_until_ns(&self) -> Option<i64> {
        let known = self.known();
        (self.is_empty() && known > self.floor && known != i64::MAX).then(|| self.time_of(known))
    }

    /// The next stretch of at most `longest` frames, if there is one that every lane is known in.
    pub fn next_stretch(&self, longest: usize) -> Option<Stretch> {
        let known = self.known();
        let runs = || self.lanes.iter().filter(|lane| !lane.samples.is_empty());
        let first = runs().min_by_key(|lane| lane.start)?;
        let start = first.start;
        // Runs that touch make one stretch; a hole ends it.
        let mut end = start;
        loop {
            let touching = runs().filter(|lane| lane.start <= end);
            let reach = touching.map(|lane| lane.end(self.channels)).max().unwrap_or(end);
            if reach <= end {
                break;
            }
            end = reach;
        }
        let end = end.min(known).min(start.saturating_add(longest as i64));
        let frames =
            usize::try_from(end.saturating_sub(start)).ok().filter(|frames| *frames > 0)?;
        let heard = runs().find(|lane| lane.start < end)?;
        Some(Stretch {
            start,
            frames,
            timestamp_ns: self.time_of(start),
            discontinuity: self.position.is_some_and(|position| position != start),
            envelope: heard.envelope,
        })
    }

    /// Mixes a stretch that [`Self::next_stretch`] gave into `output`: the sum of all lanes, each
    /// times its gain (1 where `gains` has none). The sound is used up.
    pub fn mix_into(&mut self, stretch: &Stretch, gains: &[f64], output: &mut [f32]) {
        output.fill(0.0);
        let end = stretch.start + stretch.frames as i64;
        let channels = self.channels;
        for (index, lane) in self.lanes.iter_mut().enumerate() {
            let from = lane.start.max(stretch.start);
            let frames = usize::try_from(end.min(lane.end(channels)) - from).unwrap_or(0);
            if lane.samples.is_empty() || frames == 0 {
                continue;
            }
            let gain = gains.get(index).map_or(1.0, |gain| *gain as f32);
            let offset = usize::try_from(from - stretch.start).unwrap_or(0) * channels;
            let used = frames * channels;
            for (sum, sample) in output[offset..].iter_mut().zip(&lane.samples[..used]) {
                *sum += gain * sample;
            }
            lane.samples.drain(..used);
            lane.start += frames as i64;
        }
        self.position = Some(end);
        self.floor = end;
    }
}

/// From this level on [`soft_limit`] bends: -2.5 dB of full scale.
pub const SOFT_LIMIT_KNEE: f32 = 0.75;

/// Bends what goes over the knee so that nothing goes over full scale: `x` up to the knee `k`, then
/// `k + (1 - k) tanh((x - k) / (1 - k))`, which leaves the knee without a corner.
pub fn soft_limit(sample: f32) -> f32 {
    let (level, knee) = (sample.abs(), SOFT_LIMIT_KNEE);
    if level <= knee {
        return sample;
    }
    let room = 1.0 - knee;
    (knee + room * ((level - knee) / room).tanh()).copysign(sample)
}

#[cfg(test)]
mod tests;
