//! The processors that the tests run, written as an author writes them.

use serde::{Deserialize, Serialize};
use streamlib_processor::prelude::*;

/// Passes frames of any type on as they are.
#[derive(Debug)]
#[processor(name = "com.example.relay", needs(cheap), crate = streamlib_processor)]
pub(crate) struct Relay<F: FrameType> {
    /// Frames.
    #[input]
    input: Input<F>,
    /// The same frames.
    #[output(same_as = input)]
    output: Output<F>,
}

impl<F: FrameType> Processor for Relay<F> {
    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        if let Some(frame) = self.input.read()? {
            self.output.send(frame)?;
        }
        Ok(())
    }
}

/// How [`Brighten`] treats bytes that would be over 255.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ConfigChoice)]
#[serde(rename_all = "kebab-case")]
#[config(crate = streamlib_processor)]
pub(crate) enum Overflow {
    #[default]
    StayWhite,
    #[serde(rename = "wrap")]
    WrapAround,
    #[serde(skip)]
    #[expect(dead_code, reason = "a word that no file can say")]
    Internal,
}

/// Settings of [`Brighten`].
#[derive(Debug, Clone, Default, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
#[config(crate = streamlib_processor)]
pub(crate) struct BrightenConfig {
    /// What is added to every byte.
    #[config(max = 100)]
    pub(crate) amount: u8,
    /// What becomes of bytes that would be over 255.
    pub(crate) overflow: Overflow,
}

/// Makes pictures brighter, in place where nobody else holds them.
///
/// Keeps a count of the pictures in its state.
#[derive(Debug)]
#[processor(
    name = "com.example.brighten",
    version = "1.2.0",
    execution = reactive,
    latency(min_ns = 10, max_ns = 1_000),
    needs(call_limit_ms = 500),
    crate = streamlib_processor
)]
pub(crate) struct Brighten {
    #[input(formats(video(Gray8, Rgb8)), delivery = latest, max_age_ms = 100)]
    video_in: Input<VideoFrame>,
    #[output(same_as = video_in, formats(video(Gray8, Rgb8)))]
    video_out: Output<VideoFrame>,
    #[config]
    config: BrightenConfig,
    changed: u64,
}

impl Processor for Brighten {
    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        let Some(frame) = self.video_in.read()? else { return Ok(()) };
        let mut picture = self.video_out.edit(frame)?;
        let BrightenConfig { amount, overflow } = self.config;
        for byte in picture.plane_mut(0) {
            *byte = match overflow {
                Overflow::WrapAround => byte.wrapping_add(amount),
                Overflow::StayWhite | Overflow::Internal => byte.saturating_add(amount),
            };
        }
        self.changed += 1;
        self.video_out.send(picture)?;
        Ok(())
    }

    fn save_state(&mut self) -> Option<serde_json::Value> {
        Some(self.changed.into())
    }
}

/// Settings of [`Caption`].
#[derive(Debug, Clone, Default, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
#[config(crate = streamlib_processor)]
pub(crate) struct CaptionConfig {
    /// Where the captions are kept.
    #[config(required)]
    output_path: String,
}

/// Writes beside each picture the text that is valid at its time.
#[derive(Debug)]
#[processor(
    name = "com.example.caption",
    trigger = primary(video),
    exclusive = output_path,
    crate = streamlib_processor
)]
pub(crate) struct Caption {
    #[input(delivery = every_sample, depth = 4, holds = 2)]
    video: Input<VideoFrame>,
    #[input(optional)]
    text: Input<DataFrame>,
    #[output(max_per_call = 2)]
    captions: Output<DataFrame>,
    #[config]
    config: CaptionConfig,
    last: Option<String>,
}

impl Processor for Caption {
    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        if let Some(text) = self.text.read()? {
            self.last = Some(text.value()?);
        }
        let Some(picture) = self.video.read()? else { return Ok(()) };
        let caption = (&self.config.output_path, &self.last);
        let frame = self.captions.frame(&caption, *picture.envelope())?;
        self.captions.send(frame)?;
        Ok(())
    }
}

/// Adds the samples of all lanes.
#[derive(Debug)]
#[processor(
    name = "com.example.mixer",
    trigger = aligned(tolerance_ms = 20),
    needs(real_time),
    crate = streamlib_processor
)]
pub(crate) struct Mixer {
    #[input(formats(audio(F32, rates(48000, 44100), channels(2))))]
    audio_in: InputLanes<AudioFrame>,
    #[output(formats(audio(F32)))]
    audio_out: Output<AudioFrame>,
    formats_seen: Vec<String>,
}

impl Processor for Mixer {
    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        let mut sum = None;
        for lane in 0..self.audio_in.lanes() {
            let Some(frame) = self.audio_in.read(lane)? else { continue };
            match &mut sum {
                None => sum = Some(self.audio_out.edit(frame)?),
                Some(sum) => {
                    let pairs = sum.samples_mut().iter_mut().zip(frame.samples());
                    pairs.for_each(|(sum, sample)| *sum += sample);
                }
            }
        }
        if let Some(sum) = sum {
            self.audio_out.send(sum)?;
        }
        Ok(())
    }

    fn format_changed(&mut self, port: &str, lane: u32, format: &Format) -> Result<()> {
        let linked = self.audio_in.state(lane).linked;
        self.formats_seen.push(format!("{port}.{lane} ({linked}): {format}"));
        Ok(())
    }

    fn save_state(&mut self) -> Option<serde_json::Value> {
        Some(self.formats_seen.clone().into())
    }
}

/// Counts up, three numbers in all.
#[derive(Debug)]
#[processor(
    name = "com.example.counter",
    execution = continuous(interval_ms = 10),
    needs(live, blocking),
    crate = streamlib_processor
)]
pub(crate) struct Counter {
    #[output]
    numbers: Output<DataFrame>,
    next: i64,
}

impl Processor for Counter {
    fn process(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
        let at_ns = self.next * 1_000;
        if !ctx.wait_until(at_ns) {
            return Ok(());
        }
        let frame = self.numbers.frame(&(self.next, ctx.now_ns()), Envelope::at(at_ns))?;
        match self.numbers.send(frame) {
            Ok(()) => self.next += 1,
            Err(SendError::Full(_)) => ctx.again(),
            Err(error) => return Err(error.into()),
        }
        if self.next == 3 {
            ctx.finish();
        }
        Ok(())
    }
}
