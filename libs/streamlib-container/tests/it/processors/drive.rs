//! Runs processors against each other by hand.

use std::path::Path;

use streamlib_container::processors::{
    Mp4Demuxer, Mp4Source, Mp4SourceConfig, Mp4Writer, Mp4WriterConfig,
};
use streamlib_processor::harness::Harness;
use streamlib_processor::prelude::*;

/// Everything that a source sends.
#[derive(Debug, Default)]
pub(crate) struct Played {
    pub(crate) video: Vec<VideoFrame>,
    pub(crate) audio: Vec<AudioFrame>,
    /// Timestamps of both, in the order of sending.
    pub(crate) order_ns: Vec<i64>,
}

pub(crate) fn source(config: Mp4SourceConfig) -> Harness {
    Harness::new::<Mp4Source>(config).expect("the source starts")
}

pub(crate) fn from_file(path: &Path) -> Mp4SourceConfig {
    Mp4SourceConfig { path: path.to_owned(), ..Mp4SourceConfig::default() }
}

/// Plays until the source has finished, and says how it ended.
pub(crate) fn play_all(harness: &mut Harness) -> (Played, Result<()>) {
    let mut played = Played::default();
    for _ in 0..1_000_000 {
        let outcome = harness.call();
        while let Some(frame) = harness.take::<VideoFrame>("video").expect("a picture") {
            played.order_ns.push(frame.timestamp_ns());
            played.video.push(frame);
        }
        while let Some(frame) = harness.take::<AudioFrame>("audio").expect("sound") {
            played.order_ns.push(frame.timestamp_ns());
            played.audio.push(frame);
        }
        match outcome {
            Ok(outcome) if outcome.finished => return (played, Ok(())),
            Ok(_) => {}
            Err(error) => return (played, Err(error)),
        }
    }
    panic!("the source does not come to an end");
}

/// All of a file.
pub(crate) fn play(path: &Path) -> Played {
    let (played, result) = play_all(&mut source(from_file(path)));
    result.expect("the file plays");
    played
}

pub(crate) fn writer(path: &Path) -> Harness {
    let config = Mp4WriterConfig { output_path: path.to_owned(), ..Mp4WriterConfig::default() };
    Harness::new::<Mp4Writer>(config).expect("the writer starts")
}

/// Pushes frames in the order of time, calling after each; the processor's error ends it.
pub(crate) fn write(harness: &mut Harness, played: &Played) -> Result<()> {
    let (mut video, mut audio) = (played.video.iter().peekable(), played.audio.iter().peekable());
    loop {
        let next_is_audio = match (video.peek(), audio.peek()) {
            (Some(video), Some(audio)) => audio.timestamp_ns() < video.timestamp_ns(),
            (None, Some(_)) => true,
            (Some(_), None) => false,
            (None, None) => return Ok(()),
        };
        if next_is_audio {
            let frame = audio.next().expect("peeked").clone();
            let format = Format::Audio(frame.format());
            harness.push("audio", 0, frame, &format)?;
        } else {
            let frame = video.next().expect("peeked").clone();
            let format = Format::Video(frame.format());
            harness.push("video", 0, frame, &format)?;
        }
        harness.call()?;
    }
}

/// Ends both inputs and finishes the file.
pub(crate) fn finish(harness: &mut Harness) -> Result<()> {
    harness.end("video", 0)?;
    harness.end("audio", 0)?;
    while harness.end_of_stream()?.again {}
    harness.processor().teardown()
}

/// Writes all of it.
pub(crate) fn record(played: &Played, path: &Path) {
    let mut harness = writer(path);
    if played.video.is_empty() {
        harness.end("video", 0).expect("there is the input");
    }
    if played.audio.is_empty() {
        harness.end("audio", 0).expect("there is the input");
    }
    write(&mut harness, played).expect("it can be written");
    finish(&mut harness).expect("it can be finished");
}

/// Everything that a demuxer sends.
#[derive(Debug)]
pub(crate) struct Demuxed {
    pub(crate) video: Vec<EncodedVideoFrame>,
    pub(crate) audio: Vec<EncodedAudioFrame>,
    pub(crate) video_format: Option<Format>,
    pub(crate) audio_format: Option<Format>,
}

/// All packets of a file.
pub(crate) fn demux(config: Mp4SourceConfig) -> Demuxed {
    let mut harness = Harness::new::<Mp4Demuxer>(config).expect("the demuxer starts");
    harness.call_until_idle().expect("the file can be read");
    let (mut video, mut audio) = (Vec::new(), Vec::new());
    while let Some(frame) = harness.take("video").expect("a packet") {
        video.push(frame);
    }
    while let Some(frame) = harness.take("audio").expect("a packet") {
        audio.push(frame);
    }
    let video_format = harness.announced("video").expect("a format");
    let audio_format = harness.announced("audio").expect("a format");
    Demuxed { video, audio, video_format, audio_format }
}
