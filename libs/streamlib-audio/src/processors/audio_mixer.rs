//! `com.tatolab.audio_mixer`.

use serde::{Deserialize, Serialize};
use streamlib_processor::__private::ProcessorParts;
use streamlib_processor::prelude::*;

use super::LastSent;
use crate::Error as AudioError;
use crate::error::converter_for;
use crate::mixing::{LaneLink, LaneMix, Offer, soft_limit};
use crate::timeline::{JITTER_NS, marked, retimed};

/// The most samples a channel in one output block.
const LONGEST_BLOCK: usize = 4_096;

/// What becomes of samples over full scale (-1 to 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ConfigChoice)]
#[serde(rename_all = "snake_case")]
#[config(crate = streamlib_processor)]
pub enum Clipping {
    /// They are cut off at full scale.
    #[default]
    Hard,
    /// They are bent below full scale, from 0.75 of it on, which changes loud sound a little.
    Soft,
    /// They stay as they are: a float has room above full scale, for whoever turns it down later.
    Off,
}

/// Settings of [`AudioMixer`].
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
#[config(crate = streamlib_processor)]
pub struct AudioMixerConfig {
    /// What each lane is multiplied by, in the order of lanes; 1 for the lanes that are not listed.
    #[config(min = -16.0, max = 16.0)]
    pub gains: Vec<f64>,
    /// What becomes of samples over full scale.
    pub clipping: Clipping,
}

/// Adds sounds of one rate and layout, sample by sample at their timestamps, whatever the sizes of
/// their blocks. The mix goes on as far as every lane is known; a lane that has ended, has no link
/// or has signalled a gap does not hold the others. A lane that is more than a second ahead waits.
/// Lanes of another rate or layout are refused by name. When all lanes change their format at one
/// time, the mix follows. Where no lane has sound, the output has a hole as well.
#[derive(Debug)]
#[processor(
    name = "com.tatolab.audio_mixer",
    execution = reactive,
    trigger = any,
    crate = streamlib_processor
)]
pub struct AudioMixer {
    /// Sounds, a lane each, of 1 to 8 channels at any one rate.
    #[input(formats(audio(F32)))]
    audio_in: InputLanes<AudioFrame>,
    /// Their sum, in blocks of up to 4,096 samples.
    #[output(formats(audio(F32)))]
    audio_out: Output<AudioFrame>,
    #[config]
    config: AudioMixerConfig,
    mix: Option<(AudioFormat, LaneMix)>,
    /// What each lane waits for, as the call saw it.
    waiting: Vec<Waiting>,
    sent: LastSent,
    clipped: u64,
}

impl AudioMixer {
    /// Samples that were over full scale since the start, in all channels, whatever became of them.
    pub fn clipped_samples(&self) -> u64 {
        self.clipped
    }

    /// Samples a channel that came too late to be mixed since the last change of format.
    pub fn late_samples(&self) -> u64 {
        self.mix.as_ref().map_or(0, |(_, mix)| mix.late_samples())
    }

    fn start_mix(&mut self, format: AudioFormat) {
        let ahead = format.sample_rate as usize;
        let mix = LaneMix::new(format.sample_rate, format.channels as usize, ahead);
        self.mix = Some((format, mix));
    }

    /// Notes which lanes are linked and what they signalled.
    fn note_links(&mut self) {
        self.waiting.clear();
        for lane in 0..self.audio_in.lanes() {
            let state = self.audio_in.state(lane);
            let silent = state.linked == 0 || state.ended != 0;
            let link = if silent { LaneLink::Silent } else { LaneLink::Open(state.gap_until_ns) };
            self.waiting.push(if silent { Waiting::No } else { Waiting::ForFrames });
            if let Some((_, mix)) = &mut self.mix {
                mix.set_link(lane as usize, link);
            }
        }
    }

    /// Takes what the lanes bring. True if a block was put back: it comes again.
    fn take_blocks(&mut self) -> Result<bool> {
        let mut put_back = false;
        self.note_links();
        for lane in 0..self.audio_in.lanes() {
            let Some(frame) = self.audio_in.read(lane)? else { continue };
            if self.mix.is_none() {
                self.start_mix(frame.format());
                self.note_links();
            }
            let Some((format, mix)) = &mut self.mix else { continue };
            let timestamp_ns = frame.timestamp_ns();
            let new_epoch = frame.envelope().epoch > mix.epoch(lane as usize);
            if new_epoch && self.sent.is_after(timestamp_ns) {
                // A source went back: what is left of the time before does not count.
                mix.reset();
            }
            if frame.format() != *format {
                mix.set_offered(lane as usize, timestamp_ns);
                self.waiting[lane as usize] = Waiting::WithFormat(frame.format(), timestamp_ns);
            } else if mix.offer(lane as usize, frame.envelope(), frame.samples()) == Offer::Taken {
                continue;
            }
            put_back = true;
            self.audio_in.unread(lane, frame)?;
        }
        Ok(put_back)
    }

    /// Goes over to another format when every lane has it next. True if it did.
    fn change_format(&mut self) -> Result<bool, AudioError> {
        let Some((format, mix)) = &self.mix else { return Ok(false) };
        let mut next: Option<&AudioFormat> = None;
        for (lane, waiting) in self.waiting.iter().enumerate() {
            let Waiting::WithFormat(found, from_ns) = waiting else { continue };
            let expected = next.unwrap_or(format);
            let same_time = |end_ns: i64| end_ns > from_ns.saturating_add(JITTER_NS);
            let overlaps = (0..self.waiting.len()).filter_map(|lane| mix.run_end_ns(lane));
            if next.is_some_and(|next| next != found) || overlaps.into_iter().any(same_time) {
                return Err(AudioError::LanesDiffer {
                    lane: lane as u32,
                    found: found.to_string(),
                    expected: expected.to_string(),
                    converter: converter_for(found, expected),
                });
            }
            next = Some(found);
        }
        let all_have_it = self.waiting.iter().all(|waiting| *waiting != Waiting::ForFrames);
        match next.cloned() {
            Some(next) if all_have_it && mix.is_empty() => {
                self.start_mix(next);
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Sends the next stretch that can be mixed. True if there was one.
    fn send_stretch(&mut self) -> Result<bool> {
        let Some((format, mix)) = &mut self.mix else { return Ok(false) };
        let Some(stretch) = mix.next_stretch(LONGEST_BLOCK) else { return Ok(false) };
        let mut envelope = retimed(&stretch.envelope, stretch.timestamp_ns);
        if stretch.discontinuity {
            envelope = marked(envelope);
        }
        self.sent.go_to(stretch.timestamp_ns, &mut self.audio_out);
        let mut out = self.audio_out.loan_with(format, stretch.frames, envelope)?;
        mix.mix_into(&stretch, &self.config.gains, out.samples_mut());
        for sample in out.samples_mut().iter_mut() {
            self.clipped += u64::from(sample.abs() > 1.0);
            *sample = match self.config.clipping {
                Clipping::Hard => sample.clamp(-1.0, 1.0),
                Clipping::Soft => soft_limit(*sample),
                Clipping::Off => *sample,
            };
        }
        self.audio_out.send(out)?;
        Ok(true)
    }
}

/// What a lane waits for.
#[derive(Debug, Clone, PartialEq)]
enum Waiting {
    /// Nothing: it has ended or has no link.
    No,
    /// The next block of the present format.
    ForFrames,
    /// For the others to come to this format, which it has from this stream time on, ns.
    WithFormat(AudioFormat, i64),
}

fn check(config: &AudioMixerConfig) -> Result<(), AudioError> {
    let wrong = config.gains.iter().enumerate().find(|(_, gain)| !(-16.0..=16.0).contains(*gain));
    match wrong {
        None => Ok(()),
        Some((lane, gain)) => {
            let setting = format!("gains.{lane}");
            Err(AudioError::OutOfRange { setting, found: *gain, min: -16.0, max: 16.0 })
        }
    }
}

impl Processor for AudioMixer {
    fn from_config(config: AudioMixerConfig) -> Result<Self> {
        check(&config)?;
        Ok(Self::assemble(config))
    }

    fn process(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
        let put_back = self.take_blocks()?;
        let sent = self.send_stretch()?;
        let changed = self.change_format()?;
        let more = self.mix.as_ref().is_some_and(|(_, mix)| mix.next_stretch(1).is_some());
        if more || changed || (sent && put_back) {
            ctx.again();
        }
        if let Some((_, mix)) = &self.mix
            && !put_back
            && let Some(until_ns) = mix.silent_until_ns()
        {
            self.audio_out.gap(until_ns);
        }
        Ok(())
    }

    fn update_config(&mut self, config: AudioMixerConfig) -> Result<()> {
        check(&config)?;
        self.config = config;
        Ok(())
    }

    fn end_of_stream(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
        self.process(ctx)
    }

    fn flush(&mut self) {
        if let Some((_, mix)) = &mut self.mix {
            mix.reset();
        }
    }
}
