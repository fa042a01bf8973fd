//! Formats of ports as a manifest writes them: the form that descriptors have in JSON.

use streamlib_abi::media::{Codec, Framing, PixelFormat, SampleFormat};
use streamlib_schema::{FormatRange, FormatSet};

use crate::node::Node;
use crate::read::value;

pub(super) fn pixel_formats() -> Vec<&'static str> {
    PixelFormat::ALL.iter().map(|one| one.as_str()).collect()
}

pub(super) fn sample_formats() -> Vec<&'static str> {
    SampleFormat::ALL.iter().map(|one| one.as_str()).collect()
}

pub(super) fn codecs() -> Vec<&'static str> {
    Codec::ALL.iter().map(|one| one.as_str()).collect()
}

pub(super) fn framings() -> Vec<&'static str> {
    Framing::ALL.iter().map(|one| one.as_str()).collect()
}

/// The keys that a kind of format takes beside `kind`.
pub(super) fn keys_of(kind: &str) -> &'static [&'static str] {
    match kind {
        "video" => &["pixel_formats", "size"],
        "audio" => &["sample_formats", "sample_rates", "channels"],
        _ => &["codecs", "framings"],
    }
}

/// The formats that can be read of a list.
pub(super) fn set(list: &Node) -> FormatSet {
    FormatSet { ranges: list.items().iter().filter_map(range).collect() }
}

/// One format, if it is right. Keys that do not belong to its kind are left out; they are reported
/// elsewhere.
pub(super) fn range(node: &Node) -> Option<FormatRange> {
    let mut json = serde_json::Value::from(value(node));
    let map = json.as_object_mut()?;
    let keys = keys_of(map.get("kind")?.as_str()?);
    map.retain(|key, _| key == "kind" || keys.contains(&key.as_str()));
    serde_json::from_value(json).ok()
}
