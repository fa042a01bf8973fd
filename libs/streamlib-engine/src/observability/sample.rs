//! Pictures and sound taken from a running graph.
//!
//! The engine gives pictures as they are in the graph, packed. Whatever else is wanted of them
//! (smaller, other pixels, PNG) is made by the [`ImageEncoder`] that the engine was built with:
//! `Engine::builder().with_resource(Arc::new(SampleEncoder::new(encoder)))`.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use streamlib_processor::frame::VideoFrame;
use streamlib_schema::{AudioFormat, VideoFormat};

use crate::ids::{PortRef, ProcessorId};

/// Where a sample is taken: at a processor's only output of the kind that is asked for, or at a
/// named output. The output must be linked: frames that nobody takes are not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SampleSource {
    /// The processor's only such output.
    Processor(ProcessorId),
    /// This output.
    Port(PortRef),
}

impl From<&ProcessorId> for SampleSource {
    fn from(id: &ProcessorId) -> Self {
        Self::Processor(id.clone())
    }
}

impl From<PortRef> for SampleSource {
    fn from(port: PortRef) -> Self {
        Self::Port(port)
    }
}

impl std::str::FromStr for SampleSource {
    type Err = crate::ids::BadProcessorId;

    /// Reads `movie` or `movie.video`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('.') {
            None => Ok(Self::Processor(ProcessorId::new(text)?)),
            Some((processor, port)) => {
                Ok(Self::Port(PortRef::new(ProcessorId::new(processor)?, port)))
            }
        }
    }
}

impl std::fmt::Display for SampleSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Processor(id) => id.fmt(f),
            Self::Port(port) => port.fmt(f),
        }
    }
}

/// How large a sampled picture is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SampleMode {
    /// As it is.
    #[default]
    FullFrame,
    /// Within `max_dimensions`, 320x320 if there are none; never enlarged.
    Thumbnail,
}

/// What a sampled picture is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageFormat {
    /// The planes of the graph's own format one after the other, rows without padding.
    #[default]
    Raw,
    /// Red, green and blue, 8 bits each, rows without padding. Needs an encoder.
    Rgb8,
    /// A PNG file. Needs an encoder.
    Png,
}

/// How a picture is sampled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleConfig {
    /// How large.
    pub mode: SampleMode,
    /// Largest width and height of a thumbnail, pixels.
    pub max_dimensions: Option<(u32, u32)>,
    /// Written as what.
    pub format: ImageFormat,
    /// How long to wait for a frame. Default: 1 s.
    pub timeout: Duration,
}

impl Default for SampleConfig {
    fn default() -> Self {
        Self {
            mode: SampleMode::default(),
            max_dimensions: None,
            format: ImageFormat::default(),
            timeout: Duration::from_secs(1),
        }
    }
}

impl SampleConfig {
    /// A PNG of at most 320x320 pixels. Needs an encoder.
    pub fn thumbnail() -> Self {
        Self { mode: SampleMode::Thumbnail, format: ImageFormat::Png, ..Self::default() }
    }

    /// Largest width and height, pixels; `None` for no limit.
    pub fn limit(&self) -> Option<(u32, u32)> {
        match self.mode {
            SampleMode::FullFrame => None,
            SampleMode::Thumbnail => Some(self.max_dimensions.unwrap_or((320, 320))),
        }
    }
}

/// A picture that was sampled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampledFrame {
    /// Stream time, ns.
    pub timestamp_ns: i64,
    /// Width of what is in `data`, pixels.
    pub width: u32,
    /// Height of what is in `data`, pixels.
    pub height: u32,
    /// What `data` is written as.
    pub format: ImageFormat,
    /// Format of the picture in the graph.
    pub source_format: VideoFormat,
    /// The picture.
    pub data: Vec<u8>,
}

/// Sound that was sampled: samples that follow each other without a hole.
#[derive(Debug, Clone, PartialEq)]
pub struct SampledAudio {
    /// Stream time of the first sample, ns.
    pub timestamp_ns: i64,
    /// Samples a second in each channel, and the layout of the channels.
    pub format: AudioFormat,
    /// The samples, channels interleaved, full scale 1.0.
    pub samples: Vec<f32>,
}

/// Why nothing could be sampled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SampleError {
    /// The name means nothing.
    #[error("there is no processor or output `{0}`")]
    NoSuchSource(SampleSource),
    /// No output or more than one is of the kind that is asked for.
    #[error("{0} has {1} outputs for {2}; name one, `{0}.port`")]
    NotOneOutput(ProcessorId, usize, &'static str),
    /// Nobody takes frames from the output, so there are none.
    #[error("nothing is linked to {0}, so it makes no frames; connect something to it")]
    NotLinked(PortRef),
    /// No frame came in time.
    #[error("no frame came from {0} within {1:?}")]
    NoFrame(PortRef, Duration),
    /// A frame came that is not of the kind that is asked for.
    #[error("what comes from {0} is not {1}")]
    WrongKind(PortRef, &'static str),
    /// The engine was built without what this needs.
    #[error(
        "this engine has no encoder for pictures, so they can be had only whole and raw; build it \
         with one, or ask for that"
    )]
    NoEncoder,
    /// The encoder failed.
    #[error("the picture cannot be encoded: {0}")]
    Encoder(String),
}

/// Makes of a picture what was asked for. Called on the thread that samples.
pub trait ImageEncoder: Send + Sync {
    /// Scales and writes a picture as `config` says.
    ///
    /// # Errors
    /// It cannot be done; a phrase that says why.
    fn encode(&self, frame: &VideoFrame, config: &SampleConfig) -> Result<SampledFrame, String>;
}

/// The encoder of an engine, among its resources.
#[derive(Clone)]
pub struct SampleEncoder(Arc<dyn ImageEncoder>);

impl SampleEncoder {
    /// To be given to `EngineBuilder::with_resource`.
    pub fn new(encoder: impl ImageEncoder + 'static) -> Self {
        Self(Arc::new(encoder))
    }
}

impl std::fmt::Debug for SampleEncoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SampleEncoder").finish_non_exhaustive()
    }
}

/// What `config` asks for of `frame`.
pub(super) fn encode(
    frame: &VideoFrame,
    config: &SampleConfig,
    encoder: Option<&SampleEncoder>,
) -> Result<SampledFrame, SampleError> {
    let fits = config
        .limit()
        .is_none_or(|(width, height)| frame.width() <= width && frame.height() <= height);
    if config.format == ImageFormat::Raw && fits {
        return Ok(raw(frame));
    }
    let encoder = encoder.ok_or(SampleError::NoEncoder)?;
    encoder.0.encode(frame, config).map_err(SampleError::Encoder)
}

fn raw(frame: &VideoFrame) -> SampledFrame {
    let (format, width, height) = (frame.pixel_format(), frame.width(), frame.height());
    let mut data = Vec::new();
    for index in 0..format.plane_count() {
        let (row_bytes, stride) = (format.row_bytes(index, width), frame.stride(index).max(1));
        let rows = frame.plane(index).chunks(stride).take(format.rows(index, height));
        rows.for_each(|row| data.extend_from_slice(&row[..row_bytes]));
    }
    SampledFrame {
        timestamp_ns: frame.timestamp_ns(),
        width,
        height,
        format: ImageFormat::Raw,
        source_format: frame.format(),
        data,
    }
}
