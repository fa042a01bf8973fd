//! What frames say of themselves is what the built-in schemas say of them.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use streamlib_processor::abi::RawFrame;
use streamlib_processor::abi::block::{BlockHeader, BlockKind};
use streamlib_processor::abi::handle::heap_block;
use streamlib_processor::abi::media::{
    AudioMeta, ChannelLayout, Orientation, PacketFlags, PacketMeta, Rectangle, SampleFormat,
};
use streamlib_processor::harness::DetachedOutput;
use streamlib_processor::prelude::*;
use streamlib_processor::schema::schema::{Form, Node, Properties};
use streamlib_processor::schema::{Schema, builtin};

use crate::foreign_blocks::frame;

#[path = "../../../streamlib-schema/tests/generated/station.rs"]
#[rustfmt::skip]
#[expect(unreachable_pub, reason = "a generated file is a public module elsewhere")]
mod station;

/// Everything of an envelope that can be known, or nothing.
fn envelope(is_known: bool) -> Envelope {
    let mut envelope = Envelope::at(-40);
    if is_known {
        envelope.set_duration_ns(Some(u64::MAX));
        envelope.set_capture_time_ns(Some(7));
        envelope.trace_id = [9; 16];
        envelope.sequence = u64::MAX;
    }
    envelope
}

/// Checks what a frame says; what is all known fills every name of the schema, and no other.
fn check(name: &str, described: &Value, is_all_known: bool) {
    let schema = builtin::schema(name).unwrap();
    let problems: Vec<_> = schema.check(described).iter().map(ToString::to_string).collect();
    assert_eq!(problems, Vec::<String>::new(), "{name}: {described:#}");
    same_names(&schema, schema.root(), described, is_all_known, name);
}

fn same_names(schema: &Schema, node: &Node, value: &Value, is_all_known: bool, place: &str) {
    match &schema.resolve(node).unwrap().form {
        Form::Properties(properties) => {
            let there: BTreeSet<&str> =
                value.as_object().unwrap().keys().map(String::as_str).collect();
            let known: BTreeSet<&str> = names(properties, is_all_known);
            assert_eq!(there, known, "{place}");
            for name in there {
                let node = properties.get(name).unwrap();
                same_names(schema, node, &value[name], is_all_known, &format!("{place}.{name}"));
            }
        }
        Form::Elements { of, .. } => {
            for element in value.as_array().unwrap() {
                same_names(schema, of, element, is_all_known, place);
            }
        }
        _ => {}
    }
}

fn names(properties: &Properties, is_all_known: bool) -> BTreeSet<&str> {
    let optional = properties.optional.keys().filter(|_| is_all_known);
    properties.required.keys().chain(optional).map(String::as_str).collect()
}

#[test]
fn a_picture_says_what_its_schema_says() {
    let (plain, bytes) = VideoFormat::new(PixelFormat::I420, 16, 8).meta();
    let mut full = plain.with_colour(Colour::BT709);
    full.orientation = Orientation { quarter_turns: 3, mirrored: 1 };
    full.visible = Rectangle { x: 1, y: 1, width: 2, height: 2 };
    full.frame_rate = Rational::new(30_000, 1001);
    for (meta, is_all_known) in [(plain, false), (full, true)] {
        let mut raw = frame(BlockKind::Video, &meta, bytes);
        raw.envelope = envelope(is_all_known);
        let described = VideoFrame::from_raw(raw).unwrap().describe();
        check(builtin::VIDEO_FRAME, &described, is_all_known);
        assert_eq!(described["planes"].as_array().unwrap().len(), 3);
    }
    for format in PixelFormat::ALL {
        let (meta, bytes) = VideoFormat::new(*format, 32_768, 2).meta();
        let raw = frame(BlockKind::Video, &meta, bytes);
        check(builtin::VIDEO_FRAME, &VideoFrame::from_raw(raw).unwrap().describe(), false);
    }
}

#[test]
fn samples_say_what_their_schema_says() {
    for layout in ChannelLayout::ALL {
        let meta = AudioMeta {
            size: size_of::<AudioMeta>() as u32,
            sample_rate: 768_000,
            channels: 8,
            layout: layout.number(),
            sample_format: SampleFormat::F32.number(),
            frame_count: 3,
        };
        let mut raw = frame(BlockKind::Audio, &meta, 96);
        raw.envelope = envelope(true);
        check(builtin::AUDIO_FRAME, &AudioFrame::from_raw(raw).unwrap().describe(), true);
    }
}

#[test]
fn packets_say_what_their_schemas_say() {
    let meta = |codec: u32, framing: u32| PacketMeta {
        size: size_of::<PacketMeta>() as u32,
        codec,
        framing,
        flags: PacketFlags::KEY_FRAME,
        pts_ns: i64::MIN,
        dts_ns: i64::MAX,
        trim_start: 1,
        trim_end: u32::MAX,
    };
    let unknown = meta(999, 999);
    let raw = |meta: &PacketMeta| frame(BlockKind::Packet, meta, 1);
    let packet = EncodedVideoFrame::from_raw(raw(&unknown)).unwrap();
    check(builtin::ENCODED_VIDEO_FRAME, &packet.describe(), false);
    for codec in Codec::ALL {
        for framing in Framing::ALL {
            let raw = raw(&meta(codec.number(), framing.number()));
            if codec.is_video() {
                let packet = EncodedVideoFrame::from_raw(raw).unwrap();
                check(builtin::ENCODED_VIDEO_FRAME, &packet.describe(), false);
            } else {
                let packet = EncodedAudioFrame::from_raw(raw).unwrap();
                check(builtin::ENCODED_AUDIO_FRAME, &packet.describe(), false);
            }
        }
    }
}

#[test]
fn data_says_what_its_schema_says() {
    let header = BlockHeader::layout(BlockKind::Data, 0, 0, 3, &[]).unwrap();
    let mut block = heap_block(header.total_size as usize);
    let bytes = block.bytes_mut().unwrap();
    header.write(bytes).unwrap();
    header.extra_mut(bytes).unwrap().copy_from_slice(b"foo");
    let raw = RawFrame { envelope: envelope(true), block };
    let described = DataFrame::from_raw(raw).unwrap().describe();
    check(builtin::DATA_FRAME, &described, true);
    assert_eq!(described["body"], "Zm9v");
}

#[test]
fn generated_types_are_the_body_of_data() {
    let value = json!({
        "id": u64::MAX, "class": "5.1", "maxAge": 1, "position": [0.5, -1], "history": [[]],
        "shape": {"is": "group", "first": {"is": "circle", "radius": 3}}, "anything": {"a": [1]},
        "open": null, "seen_ns": null, "note": null, "key": "Zm9v", "keys": ["Zm8=", null],
    });
    let station: station::Station = serde_json::from_value(value).unwrap();
    let mut output = DetachedOutput::<DataFrame>::new();
    let frame = output.frame(&station, Envelope::at(0)).unwrap();
    // Bytes are bytes there, not texts.
    assert!(frame.body().windows(5).any(|part| part == [0xc4, 3, b'f', b'o', b'o']));
    assert_eq!(frame.value::<station::Station>().unwrap(), station);
}
