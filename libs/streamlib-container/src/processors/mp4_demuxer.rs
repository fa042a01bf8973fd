//! `com.tatolab.mp4_demuxer`.

mod packets;

use streamlib_processor::__private::ProcessorParts;
use streamlib_processor::prelude::*;

use self::packets::PacketPlayback;
use super::playback::{Mp4SourceConfig, Outputs, Player};

/// Gives the packets of an MP4 or MOV file as they are, in the order of decode times. Timestamps
/// are decode times, which start before 0 where the file has priming or reordered pictures;
/// presentation times, and how much of each packet is not presented, stand in the packet; its
/// duration is that of all that is decoded. The
/// format carries the codec's parameters. Tracks, pace, passes, gaps and files that are cut short
/// are treated as by `mp4_source`.
#[processor(
    name = "com.tatolab.mp4_demuxer",
    execution = continuous,
    crate = streamlib_processor
)]
pub struct Mp4Demuxer {
    /// Compressed pictures: H.264 and HEVC with lengths in front of their units, AV1 and VP9 as
    /// they are.
    #[output(formats(packets(H264, H265, Av1, Vp9)))]
    video: Output<EncodedVideoFrame>,
    /// Compressed sound, without headers of its own.
    #[output(formats(packets(Aac, Opus, Mp3, Flac, Ac3, Eac3, Alac)))]
    audio: Output<EncodedAudioFrame>,
    #[config]
    config: Mp4SourceConfig,
    player: Option<VideoAndAudio>,
}

type VideoAndAudio = Player<PacketPlayback<EncodedVideoFrame>, PacketPlayback<EncodedAudioFrame>>;

impl std::fmt::Debug for Mp4Demuxer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mp4Demuxer").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Processor for Mp4Demuxer {
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
