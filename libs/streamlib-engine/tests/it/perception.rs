//! What agents see of a graph, and what they do to it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use streamlib_engine::Engine;
use streamlib_engine::graph::GraphState;
use streamlib_engine::ids::{PortRef, ProcessorId};
use streamlib_engine::observability::{
    AgentActions, AgentPerception, ImageEncoder, ImageFormat, SampleConfig, SampleEncoder,
    SampleError, SampleMode, SampleSource, SampledAudio, SampledFrame,
};
use streamlib_engine::pubsub::events::{EventKind, RuntimeEvent};
use streamlib_processor::NoConfig;
use streamlib_processor::abi::media::PixelFormat;
use streamlib_processor::prelude::*;
use streamlib_schema::{AudioFormat, VideoFormat};

use crate::support::{ENDLESS, Numbers, NumbersConfig, check_counters};

/// Grey pictures of 6x2 pixels, each pixel the number of its picture, with sound: ten samples of
/// two channels, counted up.
#[processor(name = "test.film", execution = continuous, crate = streamlib_processor)]
struct Film {
    #[output]
    video: Output<VideoFrame>,
    #[output]
    audio: Output<AudioFrame>,
    next: u32,
}

impl Processor for Film {
    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        let at_ns = i64::from(self.next) * 10_000_000;
        let format = VideoFormat::new(PixelFormat::Gray8, 6, 2);
        let mut picture = self.video.loan(&format, at_ns)?;
        let stride = picture.stride(0);
        for row in picture.plane_mut(0).chunks_mut(stride) {
            row.fill(0xEE);
            row[..6].fill(self.next as u8);
        }
        self.video.send(picture)?;
        let mut sound = self.audio.loan(&AudioFormat::new(1000, 2), 10, at_ns)?;
        let first = self.next * 20;
        let samples = sound.samples_mut().iter_mut().zip(first..);
        samples.for_each(|(sample, number)| *sample = number as f32);
        self.audio.send(sound)?;
        self.next += 1;
        Ok(())
    }
}

/// Takes pictures and sound and forgets them.
#[processor(name = "test.watch", trigger = any, crate = streamlib_processor)]
struct Watch {
    #[input(optional)]
    video: Input<VideoFrame>,
    #[input(optional)]
    audio: Input<AudioFrame>,
}

impl Processor for Watch {
    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        self.video.read()?;
        self.audio.read().map(drop)
    }
}

/// Says only what it was asked for.
struct Echo;

impl ImageEncoder for Echo {
    fn encode(&self, frame: &VideoFrame, config: &SampleConfig) -> Result<SampledFrame, String> {
        if config.format == ImageFormat::Rgb8 {
            return Err("no colours here".to_owned());
        }
        let (width, height) = config.limit().unwrap_or((frame.width(), frame.height()));
        Ok(SampledFrame {
            timestamp_ns: frame.timestamp_ns(),
            width,
            height,
            format: config.format,
            source_format: frame.format(),
            data: b"an image".to_vec(),
        })
    }
}

/// A film that is watched, running.
fn film(encoder: Option<SampleEncoder>) -> Engine {
    let mut builder = Engine::builder().with_workers(2);
    if let Some(encoder) = encoder {
        builder = builder.with_resource(Arc::new(encoder));
    }
    let engine = builder.build().unwrap();
    let film = engine.add_processor::<Film>(NoConfig {}).unwrap();
    let watch = engine.add_processor::<Watch>(NoConfig {}).unwrap();
    engine.connect(film.output(Film::VIDEO), watch.input(Watch::VIDEO)).unwrap();
    engine.connect(film.output(Film::AUDIO), watch.input(Watch::AUDIO)).unwrap();
    engine.start().unwrap();
    engine
}

fn source(text: &str) -> SampleSource {
    text.parse().unwrap()
}

#[test]
fn a_picture_is_taken_from_a_running_graph() {
    let engine = film(None);
    for name in ["film", "film.video"] {
        let frame = engine.sample_video(&source(name), &SampleConfig::default()).unwrap();
        assert_eq!((frame.width, frame.height, frame.format), (6, 2, ImageFormat::Raw));
        let number = (frame.timestamp_ns / 10_000_000) as u8;
        assert_eq!(frame.data, [number; 12], "rows without their padding");
        assert_eq!(frame.source_format.pixel_format, PixelFormat::Gray8);
    }
    engine.stop().unwrap();
    check_counters(&engine);
}

#[test]
fn sound_is_taken_without_holes() {
    let engine = film(None);
    let SampledAudio { timestamp_ns, format, samples } =
        engine.sample_audio(&source("film"), 100).unwrap();
    assert_eq!(format, AudioFormat::new(1000, 2));
    assert!(samples.len() >= 200, "100 ms are 100 samples of two channels: {}", samples.len());
    let first = timestamp_ns / 10_000_000 * 20;
    assert_eq!(samples[0], first as f32);
    assert!(samples.windows(2).all(|pair| pair[1] == pair[0] + 1.0), "{samples:?}");
    engine.stop().unwrap();
}

#[test]
fn a_sample_that_cannot_be_had_says_why() {
    let engine = film(None);
    let numbers = NumbersConfig { count: ENDLESS, ..NumbersConfig::default() };
    engine.add_processor::<Numbers>(numbers).unwrap();
    engine.pause().unwrap();
    let config = SampleConfig { timeout: Duration::from_millis(1), ..SampleConfig::default() };
    let video = |name: &str, config: &SampleConfig| {
        engine.sample_video(&source(name), config).unwrap_err().to_string()
    };
    insta::assert_snapshot!(video("nobody", &config), @"there is no processor or output `nobody`");
    insta::assert_snapshot!(video("film.text", &config), @"there is no processor or output `film.text`");
    insta::assert_snapshot!(video("watch", &config), @"watch has 0 outputs for pictures; name one, `watch.port`");
    insta::assert_snapshot!(video("numbers.out", &config), @"nothing is linked to numbers.out, so it makes no frames; connect something to it");
    engine.resume().unwrap();
    let config = SampleConfig::default();
    insta::assert_snapshot!(video("film.audio", &config), @"what comes from film.audio is not a picture");
    insta::assert_snapshot!(video("film", &SampleConfig::thumbnail()), @"this engine has no encoder for pictures, so they can be had only whole and raw; build it with one, or ask for that");
    let audio = engine.sample_audio(&source("film.video"), 10).unwrap_err().to_string();
    insta::assert_snapshot!(audio, @"what comes from film.video is not sound");
    let port = PortRef::new(ProcessorId::new("film").unwrap(), "video");
    let none = SampleError::NoFrame(port, Duration::from_secs(1)).to_string();
    insta::assert_snapshot!(none, @"no frame came from film.video within 1s");
    engine.stop().unwrap();
    assert!(matches!(
        engine.sample_video(
            &source("film"),
            &SampleConfig { timeout: Duration::from_millis(1), ..SampleConfig::default() }
        ),
        Err(SampleError::NoFrame(..))
    ));
}

#[test]
fn the_encoder_makes_what_the_engine_does_not() {
    let engine = film(Some(SampleEncoder::new(Echo)));
    let png = engine.sample_video(&source("film"), &SampleConfig::thumbnail()).unwrap();
    assert_eq!((png.width, png.height, png.format), (320, 320, ImageFormat::Png));
    assert_eq!(png.data, b"an image");
    let small = SampleConfig {
        mode: SampleMode::Thumbnail,
        max_dimensions: Some((3, 2)),
        ..SampleConfig::default()
    };
    let small = engine.sample_video(&source("film"), &small).unwrap();
    assert_eq!((small.width, small.height), (3, 2));
    let colours = SampleConfig { format: ImageFormat::Rgb8, ..SampleConfig::default() };
    let error = engine.sample_video(&source("film"), &colours).unwrap_err().to_string();
    insta::assert_snapshot!(error, @"the picture cannot be encoded: no colours here");
    engine.stop().unwrap();
}

#[test]
fn an_agent_sees_and_acts_through_the_same_doors_as_everybody() {
    fn act(agent: &(impl AgentPerception + AgentActions)) {
        let mut events = agent.subscribe();
        let config = json!({"count": 5});
        let numbers = AgentActions::add_processor(agent, "test.numbers", config).unwrap();
        let again = AgentActions::add_processor(agent, "test.numbers", json!({})).unwrap();
        assert_eq!((numbers.as_str(), again.as_str()), ("numbers", "numbers_2"));
        AgentActions::remove_processor(agent, &again).unwrap();
        assert!(agent.processor_status(&again).is_none());
        let pass = AgentActions::add_processor(agent, "test.pass", json!(null)).unwrap();
        let (from, to) = (PortRef::new(numbers.clone(), "out"), PortRef::new(pass, "input"));
        let link = AgentActions::connect(agent, from, to).unwrap();
        assert_eq!(agent.graph_health().link_count, 1);
        AgentActions::disconnect(agent, link).unwrap();
        AgentActions::update_config(agent, &numbers, json!({"count": 7})).unwrap();
        let status = agent.processor_status(&numbers).unwrap();
        assert_eq!(status.config["count"], 7);
        let bad = AgentActions::update_config(agent, &numbers, json!({"count": "many"}));
        assert!(bad.is_err());
        let health = agent.graph_health();
        assert_eq!(
            (health.state, health.processor_count, health.link_count),
            (GraphState::Idle, 2, 0)
        );
        let told: Vec<_> = std::iter::from_fn(|| events.try_recv()).collect();
        let count = |name| {
            let is_it = |kind: &EventKind| matches!(kind, EventKind::Graph { event } if event.name() == name);
            told.iter().filter(|event| is_it(&event.kind)).count()
        };
        assert_eq!((count("commit_done"), count("commit_failed")), (7, 1));
    }
    let (engine, _) = crate::support::engine(1);
    let mut registered = engine.transaction();
    registered.add_processor::<Numbers>(NumbersConfig::default()).unwrap();
    registered.add_processor::<crate::support::Pass>(NoConfig {}).unwrap();
    drop(registered);
    act(&engine);
    let mut events = engine.subscribe();
    engine.start().unwrap();
    let first = events.recv_timeout(Duration::from_secs(60)).unwrap();
    assert_eq!(first.kind, EventKind::Runtime { event: RuntimeEvent::RuntimeWillStart {} });
    engine.wait().unwrap();
}
