//! `com.tatolab.mp4_source`.

mod audio;
mod player;
mod timeline;
mod video;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use streamlib_processor::__private::ProcessorParts;
use streamlib_processor::prelude::*;

use self::player::{Outputs, Player};
use crate::ContainerError;

/// Settings of [`Mp4Source`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
#[config(crate = streamlib_processor)]
pub struct Mp4SourceConfig {
    /// The file, MP4 or MOV.
    #[config(required)]
    pub path: PathBuf,
    /// Whether to give pictures: `true` refuses a file without them, `false` does not decode them.
    /// Without it they are given if the file has them, and refused only if the output is linked.
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

/// Plays an MP4 or MOV file: decodes its H.264 pictures and its AAC or Opus sound, and gives both
/// in the order of presentation. Times are the container's: edit lists, encoder priming, late
/// starts and variable frame rates are honoured, sound is cut to the sample. Rotation, pixel shape
/// and colour stand in the format; nothing is converted. A track that starts late, pauses or ends
/// early says so, so that nobody waits for it. Each further pass through the file is a new epoch,
/// whose timestamps continue. A fragmented file that is cut short is played as far as it goes, and
/// then fails.
#[processor(
    name = "com.tatolab.mp4_source",
    execution = continuous,
    crate = streamlib_processor
)]
pub struct Mp4Source {
    /// Decoded pictures.
    #[output(formats(video(I420)))]
    video: Output<VideoFrame>,
    /// Decoded sound, with the file's rate and channels.
    #[output(formats(audio(F32)))]
    audio: Output<AudioFrame>,
    #[config]
    config: Mp4SourceConfig,
    player: Option<Player>,
}

impl std::fmt::Debug for Mp4Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mp4Source").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Processor for Mp4Source {
    fn from_config(config: Mp4SourceConfig) -> Result<Self> {
        if config.path.as_os_str().is_empty() {
            return Err(ContainerError::NoPath { setting: "path" }.into());
        }
        Ok(Self::assemble(config))
    }

    fn setup(&mut self, _ctx: &mut SetupContext<'_>) -> Result<()> {
        self.player = Some(Player::open(&self.config)?);
        Ok(())
    }

    fn process(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
        let Some(player) = &mut self.player else { return Ok(()) };
        let mut outputs = Outputs { video: &mut self.video, audio: &mut self.audio };
        player.step(ctx, &mut outputs)
    }

    fn update_config(&mut self, config: Mp4SourceConfig) -> Result<()> {
        if (Mp4SourceConfig { loop_count: self.config.loop_count, ..config.clone() }) != self.config
        {
            let (path, changeable) = (self.config.path.clone(), "`loop_count`");
            return Err(ContainerError::FileIsOpen { path, changeable }.into());
        }
        if let Some(player) = &mut self.player {
            player.set_loops(self.config.loop_count, config.loop_count);
        }
        self.config = config;
        Ok(())
    }

    fn teardown(&mut self) -> Result<()> {
        self.player = None;
        Ok(())
    }
}
