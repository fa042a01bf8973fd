//! The processors that come with StreamLib.

use serde_json::json;
use streamlib_engine::delegates::{RegisterError, RegistryBackedFactory};
use streamlib_schema::{FormatRange, FormatSet, SchemaRegistry};

use crate::{audio, codec, container, video};

/// The processors that come with StreamLib, by name.
///
/// # Errors
/// Two of them have the same name: a defect of this crate, which its tests would show.
pub fn builtins() -> Result<RegistryBackedFactory, RegisterError> {
    let mut registry = RegistryBackedFactory::with_schemas(SchemaRegistry::with_builtins());
    macro_rules! register {
        ($($processor:ty),+ $(,)?) => { $( registry.register::<$processor>()?; )+ };
    }
    register!(
        audio::AudioChannelConverter,
        audio::AudioMixer,
        audio::AudioResampler,
        audio::BufferRechunker,
        audio::ChordGenerator,
        audio::WavWriter,
        codec::processors::AacDecoder,
        codec::processors::H264Decoder,
        codec::processors::H264Encoder,
        codec::processors::OpusDecoder,
        codec::processors::OpusEncoder,
        container::processors::Mp4Demuxer,
        container::processors::Mp4Source,
        container::processors::Mp4Writer,
        video::Compositor,
        video::Crop,
        video::Grayscale,
        video::Invert,
        video::plumbing::NullSink,
        video::PngWriter,
        video::Scale,
        video::plumbing::SimplePassthrough,
        video::TestPattern,
    );
    registry.register_converter::<video::VideoConverter>(|_, to| first_pixel_format(to))?;
    Ok(registry)
}

/// The configuration of a converter to the pixel format that the consumer likes best.
fn first_pixel_format(to: &FormatSet) -> Option<serde_json::Value> {
    to.ranges.iter().find_map(|range| match range {
        FormatRange::Video(range) => {
            let format = range.pixel_formats.first()?;
            Some(json!({ "pixel_format": format.as_str() }))
        }
        _ => None,
    })
}
