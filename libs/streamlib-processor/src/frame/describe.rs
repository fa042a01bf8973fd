//! What a frame says of itself beside its bulk, as data that its schema describes.
//!
//! The structs of the ABI are taken apart without `..`: a field that is added there has to be
//! decided on here, and in the schema.

use serde_json::{Map, Value, json};
use streamlib_abi::media::{
    AlphaMode, AudioMeta, ChannelLayout, ChromaSiting, Codec, Colour, ColourPrimaries, ColourRange,
    FieldOrder, Framing, MatrixCoefficients, Orientation, PacketFlags, PacketMeta, PixelFormat,
    Rational, SampleFormat, TransferCharacteristics, VideoMeta,
};
use streamlib_abi::{Envelope, EnvelopeFlags};
use streamlib_schema::to_base64;

use super::{AudioFrame, DataFrame, PacketFrame, VideoFrame};

impl VideoFrame {
    /// The envelope and the fixed metadata, as `com.tatolab.videoframe` has them.
    pub fn describe(&self) -> Value {
        let mut map = video(self.meta());
        map.insert("envelope".to_owned(), envelope(self.envelope()));
        Value::Object(map)
    }
}

impl AudioFrame {
    /// The envelope and the fixed metadata, as `com.tatolab.audioframe` has them.
    pub fn describe(&self) -> Value {
        let AudioMeta { size: _, sample_rate, channels, layout, sample_format, frame_count } =
            *self.meta();
        json!({
            "envelope": envelope(self.envelope()),
            "sample_rate": sample_rate,
            "channels": channels,
            "layout": ChannelLayout::from_number(layout).unwrap_or(ChannelLayout::Unknown).as_str(),
            "sample_format": SampleFormat::from_number(sample_format).map(SampleFormat::as_str),
            "frame_count": frame_count,
        })
    }
}

impl DataFrame {
    /// The envelope and the body, as `com.tatolab.dataframe` has them.
    pub fn describe(&self) -> Value {
        json!({ "envelope": envelope(self.envelope()), "body": to_base64(self.body()) })
    }
}

/// A packet, as `com.tatolab.encodedvideoframe` and `com.tatolab.encodedaudioframe` have it.
pub(super) fn packet(frame: &impl PacketFrame) -> Value {
    let PacketMeta { size: _, codec, framing, flags, pts_ns, dts_ns, trim_start, trim_end } =
        *frame.meta();
    json!({
        "envelope": envelope(&frame.raw().envelope),
        "codec": Codec::from_number(codec).map(Codec::as_str),
        "framing": Framing::from_number(framing).map(Framing::as_str),
        "key_frame": flags.contains(PacketFlags::KEY_FRAME),
        "not_shown": flags.contains(PacketFlags::NOT_SHOWN),
        "pts_ns": pts_ns,
        "dts_ns": dts_ns,
        "trim_start": trim_start,
        "trim_end": trim_end,
        "parameters": to_base64(frame.parameters()),
    })
}

fn envelope(envelope: &Envelope) -> Value {
    let Envelope {
        timestamp_ns,
        duration_ns: _,
        capture_time_ns: _,
        sequence,
        epoch,
        format_id,
        trace_id,
        flags,
        reserved: _,
    } = *envelope;
    let mut value = json!({
        "timestamp_ns": timestamp_ns,
        "sequence": sequence,
        "epoch": epoch,
        "format_id": format_id,
        "discontinuity": flags.contains(EnvelopeFlags::DISCONTINUITY),
    });
    let times =
        [("duration_ns", envelope.duration_ns()), ("capture_time_ns", envelope.capture_time_ns())];
    for (name, time) in times {
        if let Some(time) = time {
            value[name] = json!(time);
        }
    }
    if trace_id != [0; 16] {
        value["trace_id"] = json!(to_base64(&trace_id));
    }
    value
}

fn video(meta: &VideoMeta) -> Map<String, Value> {
    let VideoMeta {
        size: _,
        pixel_format,
        width,
        height,
        bit_depth,
        plane_count,
        planes,
        primaries: _,
        transfer: _,
        matrix: _,
        range: _,
        siting: _,
        alpha,
        field_order,
        reserved: _,
        orientation: Orientation { quarter_turns, mirrored },
        reserved2: _,
        sample_aspect,
        frame_rate,
        visible,
        reserved3: _,
    } = *meta;
    let planes = planes
        .iter()
        .take(plane_count as usize)
        .map(|plane| json!({ "offset": plane.offset, "stride": plane.stride, "rows": plane.rows }));
    let alpha = AlphaMode::from_number(alpha.into()).unwrap_or(AlphaMode::None);
    let field_order = FieldOrder::from_number(field_order.into()).unwrap_or(FieldOrder::Unknown);
    let value = json!({
        "pixel_format": PixelFormat::from_number(pixel_format).map(PixelFormat::as_str),
        "width": width,
        "height": height,
        "bit_depth": bit_depth,
        "planes": planes.collect::<Vec<_>>(),
        "colour": colour(meta.colour()),
        "orientation": { "quarter_turns": quarter_turns & 3, "mirrored": mirrored != 0 },
        "alpha": alpha.as_str(),
        "field_order": field_order.as_str(),
        "sample_aspect": rational(sample_aspect),
        "frame_rate": rational(frame_rate),
        "visible": {
            "x": visible.x, "y": visible.y, "width": visible.width, "height": visible.height,
        },
    });
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn colour(colour: Colour) -> Value {
    let Colour { primaries, transfer, matrix, range, siting } = colour;
    json!({
        "primaries": ColourPrimaries::as_str(primaries),
        "transfer": TransferCharacteristics::as_str(transfer),
        "matrix": MatrixCoefficients::as_str(matrix),
        "range": ColourRange::as_str(range),
        "siting": ChromaSiting::as_str(siting),
    })
}

fn rational(ratio: Rational) -> Value {
    json!([ratio.num, ratio.den])
}
