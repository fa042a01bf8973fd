//! The settings of what reads a file.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use streamlib_processor::prelude::*;

use crate::ContainerError;

/// Settings of [`Mp4Source`](crate::processors::Mp4Source) and
/// [`Mp4Demuxer`](crate::processors::Mp4Demuxer).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
#[config(crate = streamlib_processor)]
pub struct Mp4SourceConfig {
    /// The file, MP4 or MOV.
    #[config(required)]
    pub path: PathBuf,
    /// Whether to give pictures: `true` refuses a file without them, `false` leaves them out. If it
    /// is not set they are given if the file has them, and a file without them is refused only if
    /// the output is linked.
    pub video: Option<bool>,
    /// Whether to give sound, as for `video`.
    pub audio: Option<bool>,
    /// Number of the video track; without it the first one.
    #[config(min = 1)]
    pub video_track: Option<u32>,
    /// Number of the audio track; without it the first one.
    #[config(min = 1)]
    pub audio_track: Option<u32>,
    /// Give each frame when it is due, instead of as fast as it is taken.
    pub real_time: bool,
    /// How often the file is played; 0 for ever. Can be changed while it plays.
    pub loop_count: u32,
    /// Where in the file to start; that place is stream time 0.
    #[config(unit = "ms")]
    pub start_offset_ms: u64,
}

impl Default for Mp4SourceConfig {
    fn default() -> Self {
        Self {
            path: PathBuf::new(),
            video: None,
            audio: None,
            video_track: None,
            audio_track: None,
            real_time: false,
            loop_count: 1,
            start_offset_ms: 0,
        }
    }
}

impl Mp4SourceConfig {
    /// Checks what can be checked without the file.
    pub(in crate::processors) fn check(&self) -> Result<(), ContainerError> {
        if self.path.as_os_str().is_empty() {
            return Err(ContainerError::NoPath { setting: "path" });
        }
        Ok(())
    }

    /// Checks that only what can change while the file is open differs from `before`.
    pub(in crate::processors) fn check_change(&self, before: &Self) -> Result<(), ContainerError> {
        if (Self { loop_count: before.loop_count, ..self.clone() }) != *before {
            let (path, changeable) = (before.path.clone(), "`loop_count`");
            return Err(ContainerError::FileIsOpen { path, changeable });
        }
        Ok(())
    }
}
