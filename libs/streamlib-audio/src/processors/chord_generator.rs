//! `com.tatolab.chord_generator`.

use serde::{Deserialize, Serialize};
use streamlib_processor::__private::ProcessorParts;
use streamlib_processor::MediaConfig;
use streamlib_processor::abi::Envelope;
use streamlib_processor::prelude::*;

use crate::Error as AudioError;
use crate::chord::{Beeps, Tones, chord_frequencies};
use crate::timeline::{ns_to_samples, samples_to_ns};

/// Settings of [`ChordGenerator`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
#[config(crate = streamlib_processor)]
pub struct ChordGeneratorConfig {
    /// The tones. Empty: those of `chord`.
    #[config(min = 1.0, max = 96_000.0, unit = "Hz")]
    pub frequencies: Vec<f64>,
    /// A chord by name, where no frequencies are listed: `C4 major`, `A minor`, `F#3 7`. Empty: no
    /// tones.
    pub chord: String,
    /// Greatest level of the chord, and of a beep, of full scale.
    #[config(min = 0.0, max = 1.0)]
    pub amplitude: f64,
    /// Samples a second; left open for the rate of the graph's `MediaConfig`.
    #[config(min = 8_000, max = 192_000, unit = "Hz")]
    pub sample_rate: Option<u32>,
    /// Channels, all with the same sound; left open for as many as the graph's `MediaConfig` has.
    #[config(min = 1, max = 8)]
    pub channels: Option<u32>,
    /// Samples a channel in each block; the last one may be shorter.
    #[config(min = 1, max = 65_536, unit = "samples")]
    pub frames_per_buffer: u32,
    /// How long it sounds; left open for ever.
    #[config(min = 1, max = 1_000_000_000, unit = "ms")]
    pub duration_ms: Option<u64>,
    /// A beep of 1 kHz in the place of the chord every so often, the first one at time 0; left open
    /// for none.
    #[config(min = 1, max = 3_600_000, unit = "ms")]
    pub beep_every_ms: Option<u64>,
    /// How long a beep is; less than `beep_every_ms`.
    #[config(min = 1, max = 3_600_000, unit = "ms")]
    pub beep_ms: u64,
    /// Send each block when its time has come. Otherwise as fast as it is taken.
    pub real_time: bool,
}

impl Default for ChordGeneratorConfig {
    fn default() -> Self {
        Self {
            frequencies: Vec::new(),
            chord: "C4 major".to_owned(),
            amplitude: 0.25,
            sample_rate: None,
            channels: None,
            frames_per_buffer: 1_024,
            duration_ms: None,
            beep_every_ms: None,
            beep_ms: 40,
            real_time: false,
        }
    }
}

impl ChordGeneratorConfig {
    /// Sample rate and channels, with what is left open from the graph.
    fn shape(&self, media: MediaConfig) -> MediaConfig {
        MediaConfig {
            sample_rate: self.sample_rate.unwrap_or(media.sample_rate),
            channels: self.channels.unwrap_or(media.channels),
        }
    }

    /// The frequencies of the tones, Hz; or what is wrong with the settings in sound of this shape.
    fn tones(&self, shape: MediaConfig) -> Result<Vec<f64>, AudioError> {
        let range = |setting: &str, found: f64, min: f64, max: f64| {
            let setting = setting.to_owned();
            let wrong = AudioError::OutOfRange { setting, found, min, max };
            if (min..=max).contains(&found) { Ok(()) } else { Err(wrong) }
        };
        range("amplitude", self.amplitude, 0.0, 1.0)?;
        range("sample_rate", shape.sample_rate.into(), 8_000.0, 192_000.0)?;
        range("channels", shape.channels.into(), 1.0, 8.0)?;
        range("frames_per_buffer", self.frames_per_buffer.into(), 1.0, 65_536.0)?;
        let highest = f64::from(shape.sample_rate) / 2.0;
        for (index, hz) in self.frequencies.iter().enumerate() {
            range(&format!("frequencies.{index}"), *hz, 1.0, highest)?;
        }
        if let Some(beep_every_ms) = self.beep_every_ms
            && self.beep_ms >= beep_every_ms
        {
            return Err(AudioError::BeepTooLong { beep_ms: self.beep_ms, beep_every_ms });
        }
        if !self.frequencies.is_empty() {
            return Ok(self.frequencies.clone());
        }
        match self.chord.trim() {
            "" if self.beep_every_ms.is_none() => Err(AudioError::NothingToGenerate),
            "" => Ok(Vec::new()),
            chord => chord_frequencies(chord),
        }
    }
}

/// Makes sound to test with: a chord without a step in its phase, and beeps that start at exact
/// samples, for measuring how well sound and picture go together. Timestamps are counted in
/// samples from time 0. In real time, one that is added to a running graph starts at the last full
/// second of stream time, so that its beeps lie where those of one from the start would.
#[derive(Debug)]
#[processor(
    name = "com.tatolab.chord_generator",
    execution = continuous,
    crate = streamlib_processor
)]
pub struct ChordGenerator {
    /// The sound, in blocks of one size.
    #[output(formats(audio(F32)))]
    audio_out: Output<AudioFrame>,
    #[config]
    config: ChordGeneratorConfig,
    media: MediaConfig,
    tones: Tones,
    /// The sample that it started with and the one that comes next, from stream time 0.
    position: Option<(u64, u64)>,
    /// The sample that it ends before.
    end: u64,
}

impl ChordGenerator {
    /// Sample rate and channels of what comes out.
    fn shape(&self) -> MediaConfig {
        self.config.shape(self.media)
    }

    /// The sample that it starts with.
    fn start(&self, now_ns: i64) -> u64 {
        let late = if self.config.real_time { now_ns / 1_000_000_000 } else { 0 };
        u64::try_from(late).unwrap_or(0).saturating_mul(self.shape().sample_rate.into())
    }

    /// How many samples it sounds.
    fn length(&self) -> u64 {
        let rate = u64::from(self.shape().sample_rate);
        self.config.duration_ms.map_or(u64::MAX, |ms| ms.saturating_mul(rate) / 1_000)
    }

    fn beeps(&self) -> Option<Beeps> {
        self.config.beep_every_ms.map(|every_ms| Beeps {
            every_ms,
            length_ms: self.config.beep_ms,
            sample_rate: self.shape().sample_rate,
        })
    }
}

impl Processor for ChordGenerator {
    fn from_config(config: ChordGeneratorConfig) -> Result<Self> {
        config.tones(config.shape(MediaConfig::default()))?;
        Ok(Self::assemble(config))
    }

    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        self.media = ctx.media();
        let shape = self.shape();
        self.tones.set(&self.config.tones(shape)?, shape.sample_rate);
        Ok(())
    }

    fn process(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
        let (start, index) = match self.position {
            Some(position) => position,
            None => {
                let start = self.start(ctx.now_ns());
                self.end = start.saturating_add(self.length());
                (start, start)
            }
        };
        self.position = Some((start, index));
        let end = self.end;
        let MediaConfig { sample_rate: rate, channels } = self.shape();
        let timestamp_ns = samples_to_ns(index, rate);
        if index >= end {
            ctx.finish();
            return Ok(());
        }
        if self.config.real_time && ctx.now_ns() < timestamp_ns {
            ctx.wake_at(timestamp_ns);
            return Ok(());
        }
        let frames = u64::from(self.config.frames_per_buffer).min(end - index);
        let format = AudioFormat::new(rate, channels);
        let mut envelope = Envelope::at(timestamp_ns);
        envelope.set_capture_time_ns(Some(ctx.monotonic_ns()));
        let mut out = self.audio_out.loan_with(&format, frames as usize, envelope)?;
        let beeps = self.beeps();
        for (index, frame) in (index..).zip(out.samples_mut().chunks_exact_mut(channels as usize)) {
            let tone = self.tones.next_sample();
            let beep = beeps.and_then(|beeps| beeps.sample(index));
            frame.fill((beep.unwrap_or(tone) * self.config.amplitude) as f32);
        }
        self.audio_out.send(out)?;
        let next = index + frames;
        self.position = Some((start, next));
        if next >= end {
            ctx.finish();
        } else if self.config.real_time {
            ctx.wake_at(samples_to_ns(next, rate));
        }
        Ok(())
    }

    fn update_config(&mut self, config: ChordGeneratorConfig) -> Result<()> {
        let shape = config.shape(self.media);
        let (old_rate, rate) = (self.shape().sample_rate, shape.sample_rate);
        self.tones.set(&config.tones(shape)?, rate);
        self.config = config;
        let converted = |samples| ns_to_samples(samples_to_ns(samples, old_rate), rate);
        let length = self.length();
        if let Some((start, next)) = &mut self.position {
            (*start, *next) = (converted(*start), converted(*next));
            self.end = start.saturating_add(length);
        }
        Ok(())
    }
}
