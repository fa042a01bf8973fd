//! The schemas of StreamLib's own frames.

use crate::reference::{SchemaRef, Version, schema_id};
#[cfg(feature = "definitions")]
use crate::schema::Schema;

/// Pictures.
pub const VIDEO_FRAME: &str = "com.tatolab.videoframe";
/// Audio samples.
pub const AUDIO_FRAME: &str = "com.tatolab.audioframe";
/// Compressed pictures.
pub const ENCODED_VIDEO_FRAME: &str = "com.tatolab.encodedvideoframe";
/// Compressed audio.
pub const ENCODED_AUDIO_FRAME: &str = "com.tatolab.encodedaudioframe";
/// Structured data.
pub const DATA_FRAME: &str = "com.tatolab.dataframe";

/// The version of every built-in schema.
pub const VERSION: Version = Version { major: 1, minor: 0, patch: 0 };

/// The reference of a built-in schema.
pub fn reference(name: &str) -> SchemaRef {
    SchemaRef { name: name.to_owned(), version: VERSION }
}

/// The number that blocks of a built-in schema carry.
pub fn id(name: &str) -> u64 {
    schema_id(name, VERSION.major)
}

/// The names of all built-in schemas.
pub const NAMES: [&str; 5] =
    [VIDEO_FRAME, AUDIO_FRAME, ENCODED_VIDEO_FRAME, ENCODED_AUDIO_FRAME, DATA_FRAME];

/// The document of a built-in schema, JSON: what a frame says beside its bulk, as
/// `describe` of the frame types gives it.
pub fn document(name: &str) -> Option<&'static str> {
    match name {
        VIDEO_FRAME => Some(include_str!("../schemas/com.tatolab.videoframe.json")),
        AUDIO_FRAME => Some(include_str!("../schemas/com.tatolab.audioframe.json")),
        ENCODED_VIDEO_FRAME => Some(include_str!("../schemas/com.tatolab.encodedvideoframe.json")),
        ENCODED_AUDIO_FRAME => Some(include_str!("../schemas/com.tatolab.encodedaudioframe.json")),
        DATA_FRAME => Some(include_str!("../schemas/com.tatolab.dataframe.json")),
        _ => None,
    }
}

/// A built-in schema.
#[cfg(feature = "definitions")]
pub fn schema(name: &str) -> Option<Schema> {
    let json = serde_json::from_str(document(name)?).ok()?;
    Schema::new(json).ok()
}
