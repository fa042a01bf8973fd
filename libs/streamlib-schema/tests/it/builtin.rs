//! The built-in schemas and the vocabulary of the ABI have the same words.

use streamlib_abi::media::{
    AlphaMode, ChannelLayout, ChromaSiting, Codec, ColourPrimaries, ColourRange, FieldOrder,
    Framing, MatrixCoefficients, PixelFormat, SampleFormat, TransferCharacteristics,
};
use streamlib_schema::builtin;
use streamlib_schema::schema::{Form, Node};

/// The words of an enumeration that may stand at `path`, the last name being its own.
fn check<T: Copy>(
    schema: &str,
    definition: Option<&str>,
    name: &str,
    all: &[T],
    word: fn(T) -> &'static str,
) {
    let schema = builtin::schema(schema).unwrap();
    let node: &Node = match definition {
        Some(definition) => &schema.definitions()[definition],
        None => schema.root(),
    };
    let Form::Properties(properties) = &node.form else { panic!("no map") };
    let Form::Enum(words) = &properties.get(name).unwrap().form else { panic!("`{name}`") };
    assert_eq!(*words, all.iter().map(|value| word(*value)).collect::<Vec<_>>(), "{name}");
}

#[test]
fn every_built_in_schema_is_valid_and_has_its_own_name() {
    for name in builtin::NAMES {
        let schema = builtin::schema(name).unwrap_or_else(|| panic!("{name} is not valid"));
        assert_eq!(schema.reference(), Some(&builtin::reference(name)));
    }
    assert!(builtin::schema("com.tatolab.any").is_none());
}

#[test]
fn words_are_those_of_the_abi() {
    let video = builtin::VIDEO_FRAME;
    check(video, None, "pixel_format", PixelFormat::ALL, PixelFormat::as_str);
    check(video, None, "alpha", AlphaMode::ALL, AlphaMode::as_str);
    check(video, None, "field_order", FieldOrder::ALL, FieldOrder::as_str);
    let colour = Some("colour");
    check(video, colour, "primaries", ColourPrimaries::ALL, ColourPrimaries::as_str);
    let transfer = TransferCharacteristics::as_str;
    check(video, colour, "transfer", TransferCharacteristics::ALL, transfer);
    check(video, colour, "matrix", MatrixCoefficients::ALL, MatrixCoefficients::as_str);
    check(video, colour, "range", ColourRange::ALL, ColourRange::as_str);
    check(video, colour, "siting", ChromaSiting::ALL, ChromaSiting::as_str);
    let audio = builtin::AUDIO_FRAME;
    check(audio, None, "layout", ChannelLayout::ALL, ChannelLayout::as_str);
    check(audio, None, "sample_format", SampleFormat::ALL, SampleFormat::as_str);
    for (schema, is_video) in
        [(builtin::ENCODED_VIDEO_FRAME, true), (builtin::ENCODED_AUDIO_FRAME, false)]
    {
        let codecs = Codec::ALL.iter().copied().filter(|codec| codec.is_video() == is_video);
        check(schema, None, "codec", &codecs.collect::<Vec<_>>(), Codec::as_str);
        check(schema, None, "framing", Framing::ALL, Framing::as_str);
    }
}
