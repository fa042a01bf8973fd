//! `com.tatolab.mp4_source`.

mod audio;
mod video;

use streamlib_processor::__private::ProcessorParts;
use streamlib_processor::prelude::*;

use self::audio::AudioPlayback;
use self::video::VideoPlayback;
use super::playback::{Mp4SourceConfig, Outputs, Player};

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
    player: Option<Player<VideoPlayback, AudioPlayback>>,
}

impl std::fmt::Debug for Mp4Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mp4Source").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Processor for Mp4Source {
    fn from_config(config: Mp4SourceConfig) -> Result<Self> {
        config.check()?;
        Ok(Self::assemble(config))
    }

    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        let player = Player::open(&self.config)?;
        if let Some(length_ns) = player.length_ns() {
            ctx.announce_length(length_ns);
        }
        self.player = Some(player);
        Ok(())
    }

    fn process(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
        let Some(player) = &mut self.player else { return Ok(()) };
        let mut outputs = Outputs { video: &mut self.video, audio: &mut self.audio };
        player.step(ctx, &mut outputs)
    }

    fn update_config(&mut self, config: Mp4SourceConfig) -> Result<()> {
        config.check_change(&self.config)?;
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
