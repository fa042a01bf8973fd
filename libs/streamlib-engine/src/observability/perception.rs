//! What an agent sees of a graph: the inspector's snapshots, the bus's events, and frames through
//! taps that stay for as long as one sample takes.

use std::time::{Duration, Instant};

use streamlib_processor::frame::{ANY_SCHEMA, AudioFrame, VideoFrame};
use streamlib_schema::{AudioFormat, builtin};

use super::inspector::GraphInspector;
use super::observer::{TAP_PLACES, TappedFrame};
use super::sample::{
    SampleConfig, SampleEncoder, SampleError, SampleSource, SampledAudio, SampledFrame, encode,
};
use super::snapshot::{GraphHealth, ProcessorSnapshot};
use crate::graph::GraphSnapshot;
use crate::ids::{LinkId, PortRef, ProcessorId};
use crate::pubsub::{Subscription, TopicFilter};
use crate::runtime::Engine;

/// Metrics and state of a processor.
pub type ProcessorStatus = ProcessorSnapshot;

/// Every event, until it is dropped.
pub type EventStream = Subscription;

/// Events that wait for an agent.
const EVENTS: usize = 1024;
/// Audio frames are small and come in bursts; a sample of sound may have no holes.
const AUDIO_PLACES: usize = 64;
/// How long to wait for the next audio frame.
const AUDIO_PATIENCE: Duration = Duration::from_secs(1);

/// What an agent sees of a graph.
pub trait AgentPerception: Send + Sync {
    /// Takes the next picture that comes from an output. Waits for it.
    ///
    /// # Errors
    /// There is no such output, nothing is linked to it, no picture came in time, or the picture
    /// cannot be had as it was asked for.
    fn sample_video(
        &self,
        source: &SampleSource,
        config: &SampleConfig,
    ) -> Result<SampledFrame, SampleError>;

    /// Takes the sound that comes from an output next, of at least `duration_ms` of stream time.
    /// Waits for it; less is given if the sound ends, or if one second brings nothing more.
    ///
    /// # Errors
    /// There is no such output, nothing is linked to it, or no sound came.
    fn sample_audio(
        &self,
        source: &SampleSource,
        duration_ms: u32,
    ) -> Result<SampledAudio, SampleError>;

    /// Metrics and state of a processor; `None` if there is none of this name.
    fn processor_status(&self, id: &ProcessorId) -> Option<ProcessorStatus>;

    /// What is wrong or slow.
    fn graph_health(&self) -> GraphHealth;

    /// Every event from now on.
    fn subscribe(&self) -> EventStream;
}

impl AgentPerception for GraphInspector {
    fn sample_video(
        &self,
        source: &SampleSource,
        config: &SampleConfig,
    ) -> Result<SampledFrame, SampleError> {
        let (port, link) = self.linked_output(source, builtin::VIDEO_FRAME, "pictures")?;
        let mut tap = self.tap_with(link, TAP_PLACES);
        let frame = tap.recv_timeout(config.timeout);
        let frame = frame.ok_or_else(|| SampleError::NoFrame(port.clone(), config.timeout))?;
        let encoder = self.engine().shared.resource::<SampleEncoder>();
        let encoded = frame.with(|frame: &VideoFrame| encode(frame, config, encoder.as_deref()));
        encoded.ok_or(SampleError::WrongKind(port, "a picture"))?
    }

    fn sample_audio(
        &self,
        source: &SampleSource,
        duration_ms: u32,
    ) -> Result<SampledAudio, SampleError> {
        let (port, link) = self.linked_output(source, builtin::AUDIO_FRAME, "sound")?;
        let mut tap = self.tap_with(link, AUDIO_PLACES);
        let wanted = Duration::from_millis(duration_ms.into());
        let mut collected = Collected::default();
        // A source that is faster than this reader leaves holes, and the sample begins anew.
        let deadline = Instant::now() + wanted + 5 * AUDIO_PATIENCE;
        while collected.duration() < wanted && Instant::now() < deadline {
            let Some(frame) = tap.recv_timeout(AUDIO_PATIENCE) else { break };
            if !collected.add(&frame) {
                return Err(SampleError::WrongKind(port, "sound"));
            }
        }
        collected.longest().ok_or(SampleError::NoFrame(port, AUDIO_PATIENCE))
    }

    fn processor_status(&self, id: &ProcessorId) -> Option<ProcessorStatus> {
        self.processor(id)
    }

    fn graph_health(&self) -> GraphHealth {
        self.health()
    }

    fn subscribe(&self) -> EventStream {
        self.engine().events().subscribe(TopicFilter::all(), EVENTS)
    }
}

/// With an inspector of its own for each call: rates are since the beginning. An agent that wants
/// present rates keeps a [`GraphInspector`].
impl AgentPerception for Engine {
    fn sample_video(
        &self,
        source: &SampleSource,
        config: &SampleConfig,
    ) -> Result<SampledFrame, SampleError> {
        self.inspector().sample_video(source, config)
    }

    fn sample_audio(
        &self,
        source: &SampleSource,
        duration_ms: u32,
    ) -> Result<SampledAudio, SampleError> {
        self.inspector().sample_audio(source, duration_ms)
    }

    fn processor_status(&self, id: &ProcessorId) -> Option<ProcessorStatus> {
        self.inspector().processor(id)
    }

    fn graph_health(&self) -> GraphHealth {
        self.inspector().health()
    }

    fn subscribe(&self) -> EventStream {
        self.inspector().subscribe()
    }
}

impl GraphInspector {
    /// The output that is meant, and a link that its frames take.
    fn linked_output(
        &self,
        source: &SampleSource,
        schema: &str,
        what: &'static str,
    ) -> Result<(PortRef, LinkId), SampleError> {
        let snapshot = self.engine().snapshot();
        let port = output(&snapshot, source, schema, what)?;
        let link = snapshot.links_from(&port).next().map(|link| link.id);
        let link = link.ok_or_else(|| SampleError::NotLinked(port.clone()))?;
        Ok((port, link))
    }
}

fn output(
    snapshot: &GraphSnapshot,
    source: &SampleSource,
    schema: &str,
    what: &'static str,
) -> Result<PortRef, SampleError> {
    let unknown = || SampleError::NoSuchSource(source.clone());
    match source {
        SampleSource::Port(port) => {
            let descriptor = snapshot.descriptor(&port.processor).ok_or_else(unknown)?;
            descriptor.output(&port.port).ok_or_else(unknown)?;
            Ok(port.clone())
        }
        SampleSource::Processor(id) => {
            let descriptor = snapshot.descriptor(id).ok_or_else(unknown)?;
            let outputs = &descriptor.outputs;
            let mut found: Vec<_> = outputs.iter().filter(|p| p.schema.name == schema).collect();
            if found.is_empty() {
                // What passes anything on may pass this on.
                found = outputs.iter().filter(|p| p.schema.name == ANY_SCHEMA).collect();
            }
            match found[..] {
                [port] => Ok(PortRef::new(id.clone(), port.name.as_str())),
                _ => Err(SampleError::NotOneOutput(id.clone(), found.len(), what)),
            }
        }
    }
}

/// Sound without holes, and the longest such before it.
#[derive(Debug, Default)]
struct Collected {
    present: Option<SampledAudio>,
    longest: Option<SampledAudio>,
    next_sequence: u64,
}

impl Collected {
    /// Adds a frame; false if it is no sound.
    fn add(&mut self, frame: &TappedFrame) -> bool {
        let sequence = frame.envelope().sequence;
        let add = |frame: &AudioFrame| {
            self.append(sequence, frame.timestamp_ns(), frame.format(), frame.samples());
        };
        frame.with(add).is_some()
    }

    fn append(&mut self, sequence: u64, timestamp_ns: i64, format: AudioFormat, samples: &[f32]) {
        let follows = sequence == self.next_sequence;
        self.next_sequence = sequence + 1;
        match &mut self.present {
            Some(present) if follows && present.format == format => {
                present.samples.extend_from_slice(samples);
            }
            _ => {
                self.keep_longest();
                let samples = samples.to_vec();
                self.present = Some(SampledAudio { timestamp_ns, format, samples });
            }
        }
    }

    fn keep_longest(&mut self) {
        let present = self.present.take();
        if length(present.as_ref()) > length(self.longest.as_ref()) {
            self.longest = present;
        }
    }

    fn duration(&self) -> Duration {
        length(self.present.as_ref())
    }

    fn longest(mut self) -> Option<SampledAudio> {
        self.keep_longest();
        self.longest
    }
}

fn length(audio: Option<&SampledAudio>) -> Duration {
    let Some(audio) = audio else { return Duration::ZERO };
    let frames = audio.samples.len() as u64 / u64::from(audio.format.channels.max(1));
    Duration::from_nanos(
        frames.saturating_mul(1_000_000_000) / u64::from(audio.format.sample_rate.max(1)),
    )
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// Adds frames of 2 samples (sequence number, rate); the longest run is `run` of them from
    /// number `first` on.
    fn check(frames: &[(u64, u32)], first: i64, run: usize) {
        let mut collected = Collected::default();
        for (sequence, rate) in frames {
            let at_ns = *sequence as i64;
            collected.append(*sequence, at_ns, AudioFormat::new(*rate, 2), &[0.0; 4]);
        }
        let longest = collected.longest().map(|audio| (audio.timestamp_ns, audio.samples.len()));
        assert_eq!(longest, Some((first, run * 4)), "{frames:?}");
    }

    #[test]
    fn a_hole_or_another_format_begins_anew_and_the_longest_is_kept() {
        check(&[(0, 1000), (1, 1000), (2, 1000)], 0, 3);
        check(&[(7, 1000), (8, 1000), (10, 1000)], 7, 2);
        check(&[(7, 1000), (9, 1000), (10, 1000), (11, 1000)], 9, 3);
        check(&[(0, 1000), (1, 1000), (2, 2000), (3, 2000), (4, 2000)], 0, 2);
        check(&[(3, 1000), (2, 1000)], 3, 1);
    }
}
