//! The schemas of StreamLib's own frames.

use crate::reference::{SchemaRef, Version, schema_id};

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
