//! `com.tatolab.buffer_rechunker`.

use serde::{Deserialize, Serialize};
use streamlib_processor::__private::ProcessorParts;
use streamlib_processor::abi::Envelope;
use streamlib_processor::prelude::*;

use super::LastSent;
use crate::Error as AudioError;
use crate::timeline::{InputTimeline, Placement, SampleClock, marked, retimed};

/// What becomes of the last samples if they do not fill a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ConfigChoice)]
#[serde(rename_all = "snake_case")]
#[config(crate = streamlib_processor)]
pub enum Tail {
    /// They make a shorter block: nothing is added.
    #[default]
    Short,
    /// They are filled up with silence: every block has the same size.
    Pad,
}

/// Settings of [`BufferRechunker`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
#[config(crate = streamlib_processor)]
pub struct BufferRechunkerConfig {
    /// Samples a channel in each output block.
    #[config(min = 1, max = 65_536, unit = "samples")]
    pub frames_per_buffer: u32,
    /// What becomes of the last samples before the end of the stream, a hole or a change of format.
    pub tail: Tail,
}

impl Default for BufferRechunkerConfig {
    fn default() -> Self {
        Self { frames_per_buffer: 1_024, tail: Tail::default() }
    }
}

/// Makes blocks of one size of blocks of any size. Timestamps are counted in samples from the first
/// block; blocks of the right size go through without a copy. A hole, a change of format or a new
/// epoch ends the block that is being filled, and the next one starts at the timestamp of its first
/// sample. Samples that overlap the ones before them are left out.
#[derive(Debug)]
#[processor(
    name = "com.tatolab.buffer_rechunker",
    execution = reactive,
    latency(min_ns = 0, max_ns = 50_000_000),
    crate = streamlib_processor
)]
pub struct BufferRechunker {
    /// Sound in blocks of any size.
    #[input(formats(audio(F32)), holds = 1)]
    audio_in: Input<AudioFrame>,
    /// The same sound in blocks of one size.
    #[output(same_as = audio_in, formats(audio(F32)))]
    audio_out: Output<AudioFrame>,
    #[config]
    config: BufferRechunkerConfig,
    input: InputTimeline,
    /// The input block that is not used up, and how many of its frames are.
    current: Option<(AudioFrame, usize)>,
    filling: Option<Filling>,
    sent: LastSent,
}

/// The block that is being filled.
#[derive(Debug)]
struct Filling {
    format: AudioFormat,
    clock: SampleClock,
    samples: Vec<f32>,
    /// Of the block that its first sample came from.
    envelope: Envelope,
    /// The next block does not follow on from the one before.
    restarted: bool,
}

impl Filling {
    fn frames(&self) -> usize {
        self.samples.len() / self.format.channels as usize
    }
}

fn check(config: &BufferRechunkerConfig) -> Result<(), AudioError> {
    match config.frames_per_buffer {
        1..=65_536 => Ok(()),
        frames => Err(AudioError::OutOfRange {
            setting: "frames_per_buffer".to_owned(),
            found: frames.into(),
            min: 1.0,
            max: 65_536.0,
        }),
    }
}

impl BufferRechunker {
    /// Sends what is being filled as a block of `frames` frames, the missing ones silence.
    fn send_filled(&mut self, frames: usize) -> Result<()> {
        let Some(filling) = &mut self.filling else { return Ok(()) };
        let timestamp_ns = filling.clock.now_ns();
        let mut envelope = retimed(&filling.envelope, timestamp_ns);
        if std::mem::take(&mut filling.restarted) {
            envelope = marked(envelope);
        }
        self.sent.go_to(timestamp_ns, &mut self.audio_out);
        let mut out = self.audio_out.loan_with(&filling.format, frames, envelope)?;
        let (sound, silence) = out.samples_mut().split_at_mut(filling.samples.len());
        sound.copy_from_slice(&filling.samples);
        silence.fill(0.0);
        self.audio_out.send(out)?;
        filling.clock.advance(frames as u64);
        filling.samples.clear();
        Ok(())
    }

    /// Sends the last samples before a hole or the end. True if there were any.
    fn send_tail(&mut self) -> Result<bool> {
        let filled = self.filling.as_ref().map_or(0, Filling::frames);
        if filled == 0 {
            return Ok(false);
        }
        let size = self.config.frames_per_buffer as usize;
        self.send_filled(if self.config.tail == Tail::Pad { size.max(filled) } else { filled })?;
        Ok(true)
    }

    /// Takes a new input block. False if the tail of what was before had to be sent first: the
    /// block then is to be offered again.
    fn accept(&mut self, frame: &AudioFrame) -> Result<Option<usize>> {
        let format = frame.format();
        if self.filling.as_ref().is_some_and(|filling| filling.format != format) {
            self.input.reset();
        }
        let frames = frame.frame_count() as u64;
        let mut timeline = self.input.clone();
        let placement = timeline.place(frame.envelope(), format.sample_rate, frames);
        let restarted = match placement {
            Placement::Continues => None,
            Placement::Overlap(samples) => {
                self.input = timeline;
                return Ok(Some(samples.min(frames) as usize));
            }
            Placement::Start => Some(false),
            Placement::Gap(_) => Some(true),
        };
        if let Some(restarted) = restarted {
            if self.send_tail()? {
                return Ok(None);
            }
            let samples = self.filling.take().map(|filling| filling.samples).unwrap_or_default();
            let clock = SampleClock::new(format.sample_rate, frame.timestamp_ns());
            let envelope = *frame.envelope();
            self.filling = Some(Filling { format, clock, samples, envelope, restarted });
        }
        self.input = timeline;
        Ok(Some(0))
    }
}

impl Processor for BufferRechunker {
    fn from_config(config: BufferRechunkerConfig) -> Result<Self> {
        check(&config)?;
        Ok(Self::assemble(config))
    }

    fn process(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
        let size = self.config.frames_per_buffer as usize;
        loop {
            if self.current.is_none() {
                let Some(frame) = self.audio_in.read()? else { return Ok(()) };
                match self.accept(&frame)? {
                    Some(used) => self.current = Some((frame, used)),
                    None => {
                        self.audio_in.unread(frame)?;
                        ctx.again();
                        return Ok(());
                    }
                }
            }
            let (Some((frame, used)), Some(filling)) = (&mut self.current, &mut self.filling)
            else {
                return Ok(());
            };
            if filling.samples.is_empty() {
                filling.envelope = *frame.envelope();
            }
            let frames = frame.frame_count();
            let takes = (size.saturating_sub(filling.frames())).min(frames - *used);
            let channels = frame.channels();
            let whole = filling.samples.is_empty() && *used == 0 && frames == size;
            if whole && !filling.restarted {
                let timestamp_ns = filling.clock.now_ns();
                filling.clock.advance(frames as u64);
                let Some((mut frame, _)) = self.current.take() else { return Ok(()) };
                frame.envelope_mut().timestamp_ns = timestamp_ns;
                self.sent.go_to(timestamp_ns, &mut self.audio_out);
                self.audio_out.send(frame)?;
                return Ok(());
            }
            let from = *used * channels;
            filling.samples.extend_from_slice(&frame.samples()[from..from + takes * channels]);
            *used += takes;
            if *used == frames {
                self.current = None;
            }
            if filling.frames() >= size {
                let filled = filling.frames();
                self.send_filled(filled)?;
                if self.current.is_some() {
                    ctx.again();
                }
                return Ok(());
            }
        }
    }

    fn update_config(&mut self, config: BufferRechunkerConfig) -> Result<()> {
        check(&config)?;
        self.config = config;
        Ok(())
    }

    fn end_of_stream(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
        if self.current.is_some() {
            self.process(ctx)?;
            ctx.again();
            return Ok(());
        }
        self.send_tail()?;
        self.flush();
        Ok(())
    }

    fn flush(&mut self) {
        self.input.reset();
        (self.current, self.filling) = (None, None);
    }
}
