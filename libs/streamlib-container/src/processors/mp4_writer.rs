//! `com.tatolab.mp4_writer`.

mod audio;
mod movie;
mod queue;
mod video;

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use streamlib_processor::__private::ProcessorParts;
use streamlib_processor::abi::block::BlockKind;
use streamlib_processor::prelude::*;

use self::audio::AudioLane;
use self::movie::{Lane, Movie};
use self::video::{VideoLane, VideoSettings};
use super::scaler::PictureScalers;
use crate::{ContainerError, claim};

/// What becomes of pictures of another size than the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ConfigChoice)]
#[serde(rename_all = "snake_case")]
#[config(crate = streamlib_processor)]
pub enum OnSizeChange {
    /// The writer fails by name, and the file ends with the last picture of the first size.
    #[default]
    Fail,
    /// They are stretched to the size of the first.
    Scale,
}

/// Settings of [`Mp4Writer`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
#[config(crate = streamlib_processor)]
pub struct Mp4WriterConfig {
    /// The file. It is made, and a file of this name emptied, when the first frames have come. A
    /// file that any graph of this machine reads or writes is refused.
    #[config(required)]
    pub output_path: PathBuf,
    /// Target of the H.264 encoder. Can be changed while the file is written.
    #[config(min = 10_000, max = 288_000_000, unit = "bit/s")]
    pub video_bitrate: u32,
    /// Target of the Opus encoder, all channels together; at least 6,000 and at most 510,000 a
    /// channel. Can be changed while the file is written.
    #[config(min = 6_000, max = 4_080_000, unit = "bit/s")]
    pub audio_bitrate: u32,
    /// Every picture of this number is a key frame; 0 for only the first.
    #[config(unit = "frames")]
    pub key_frame_interval: u32,
    /// Longest time that is written at once: what a crash can lose.
    #[config(min = 1, max = 60_000, unit = "ms")]
    pub max_fragment_duration_ms: u64,
    /// What becomes of pictures of another size than the first.
    pub on_size_change: OnSizeChange,
    /// How much of one input is kept back so that the other can catch up. Beyond it is written
    /// without it, which costs a reader some seeking and nothing else.
    #[config(max = 60_000, unit = "ms")]
    pub max_interleave_ms: u64,
}

impl Default for Mp4WriterConfig {
    fn default() -> Self {
        Self {
            output_path: PathBuf::new(),
            video_bitrate: 4_000_000,
            audio_bitrate: 128_000,
            key_frame_interval: 60,
            max_fragment_duration_ms: 1_000,
            on_size_change: OnSizeChange::default(),
            max_interleave_ms: 1_000,
        }
    }
}

/// Writes an MP4 file: pictures as H.264, sound as Opus, and packets as they come. The file is
/// fragmented: what was written stays playable whatever happens, but for the last fragment, and it
/// is finished when the inputs end, when the graph is stopped and when something fails.
///
/// Its time 0 is where the first of its tracks starts; a track that starts late keeps its distance.
/// Holes in the sound become silence, overlaps are left out; the file starts when each linked input
/// has sent a frame or has ended. Sound of 1 to 8 channels in the layouts of Opus is taken, at
/// 8, 12, 16, 24 or 48 kHz; pictures with even sides of 16 to 3840. A stream that changes its
/// rate, channels or parameters is refused by name, one that changes its size as is set.
#[processor(
    name = "com.tatolab.mp4_writer",
    execution = reactive,
    trigger = any,
    exclusive = output_path,
    crate = streamlib_processor
)]
pub struct Mp4Writer {
    /// Pictures, or H.264 packets with lengths in front of their units.
    #[input(formats(video(I420), packets(H264)), optional)]
    video: Input<AnyFrame>,
    /// Sound, or Opus or AAC packets.
    #[input(formats(audio(F32), packets(Opus, Aac)), optional)]
    audio: Input<AnyFrame>,
    #[config]
    config: Mp4WriterConfig,
    pictures: VideoLane,
    sound: AudioLane,
    movie: Movie,
    /// What the source of packets says of the pictures in them.
    packet_format: Option<streamlib_processor::schema::PacketFormat>,
}

impl std::fmt::Debug for Mp4Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mp4Writer").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Mp4Writer {
    fn lanes(&mut self) -> (&mut Movie, [Lane<'_>; 2]) {
        let may_send = |input: &Input<AnyFrame>| input.is_linked() && input.end_cause().is_none();
        let video = Lane {
            name: "video",
            queue: &mut self.pictures.queue,
            start: self.pictures.start.as_ref(),
            may_send: may_send(&self.video),
        };
        let audio = Lane {
            name: "audio",
            queue: &mut self.sound.queue,
            start: self.sound.start.as_ref(),
            may_send: may_send(&self.audio),
        };
        (&mut self.movie, [video, audio])
    }

    fn take_video(&mut self, frame: AnyFrame) -> Result<()> {
        let path = &self.config.output_path;
        match frame.block().view()?.kind() {
            BlockKind::Video => {
                let frame = VideoFrame::from_raw(frame.into_raw())?;
                let settings = VideoSettings {
                    bitrate: self.config.video_bitrate,
                    key_frame_interval: self.config.key_frame_interval,
                };
                self.pictures.picture(&frame, settings, path)?;
            }
            BlockKind::Packet => {
                let frame = EncodedVideoFrame::from_raw(frame.into_raw())?;
                self.pictures.packet(&frame, self.packet_format.as_ref(), path)?;
            }
            other => return Err(self.wrong_kind("video", other)),
        }
        Ok(())
    }

    fn take_audio(&mut self, frame: AnyFrame) -> Result<()> {
        let path = &self.config.output_path;
        match frame.block().view()?.kind() {
            BlockKind::Audio => {
                let frame = AudioFrame::from_raw(frame.into_raw())?;
                self.sound.samples(&frame, self.config.audio_bitrate, path)?;
            }
            BlockKind::Packet => {
                let frame = EncodedAudioFrame::from_raw(frame.into_raw())?;
                self.sound.packet(&frame, path)?;
            }
            other => return Err(self.wrong_kind("audio", other)),
        }
        Ok(())
    }

    fn wrong_kind(&self, port: &'static str, found: BlockKind) -> Error {
        ContainerError::Input {
            path: self.config.output_path.clone(),
            port,
            found: format!("a frame of the kind {found}"),
            way_out: format!("connect {port} to it"),
        }
        .into()
    }

    fn take(&mut self) -> Result<()> {
        let (video, audio) = (self.video.read()?, self.audio.read()?);
        if let Some(frame) = video {
            self.take_video(frame)?;
        }
        if let Some(frame) = audio {
            self.take_audio(frame)?;
        }
        let (movie, mut lanes) = self.lanes();
        Ok(movie.advance(&mut lanes)?)
    }

    /// Encodes what is held back, and finishes the file. Nothing happens the second time.
    fn finish(&mut self) -> Result<(), ContainerError> {
        if self.movie.is_closed() {
            return Ok(());
        }
        let path = &self.config.output_path;
        let begun = self.pictures.finish(self.packet_format.as_ref(), path);
        let encoded = self.sound.finish(path).and(begun);
        let (movie, mut lanes) = self.lanes();
        let finished = movie.finish(&mut lanes);
        encoded.and(finished)
    }
}

impl Processor for Mp4Writer {
    fn from_config(config: Mp4WriterConfig) -> Result<Self> {
        if config.output_path.as_os_str().is_empty() {
            return Err(ContainerError::NoPath { setting: "output_path" }.into());
        }
        Ok(Self::assemble(config))
    }

    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        if self.config.on_size_change == OnSizeChange::Scale {
            let Some(scalers) = ctx.resource::<PictureScalers>() else {
                return Err(ContainerError::NoScaler(self.config.output_path.clone()).into());
            };
            self.pictures.scale_with(scalers.make());
        }
        claim::check_place(&self.config.output_path)?;
        let fragment = Duration::from_millis(self.config.max_fragment_duration_ms);
        let interleave_ns = self.config.max_interleave_ms.saturating_mul(1_000_000);
        let interleave_ns = i64::try_from(interleave_ns).unwrap_or(i64::MAX);
        self.movie = Movie::new(&self.config.output_path, fragment, interleave_ns);
        Ok(())
    }

    fn format_changed(&mut self, port: &str, _lane: u32, format: &Format) -> Result<()> {
        if let ("video", Format::Packet(packet)) = (port, format) {
            self.packet_format = Some(packet.clone());
        }
        Ok(())
    }

    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        let taken = self.take();
        if taken.is_err() {
            // What came before the failure is kept; its own error counts, not that of closing.
            drop(self.finish());
        }
        taken
    }

    fn update_config(&mut self, config: Mp4WriterConfig) -> Result<()> {
        let before = &self.config;
        let fixed = Mp4WriterConfig {
            video_bitrate: before.video_bitrate,
            audio_bitrate: before.audio_bitrate,
            ..config.clone()
        };
        let path = &before.output_path;
        if fixed != *before {
            let (path, changeable) = (path.clone(), "`video_bitrate` and `audio_bitrate`");
            return Err(ContainerError::FileIsOpen { path, changeable }.into());
        }
        if config.video_bitrate != before.video_bitrate {
            self.pictures.set_bitrate(config.video_bitrate, path)?;
        }
        if config.audio_bitrate != before.audio_bitrate {
            self.sound.set_bitrate(config.audio_bitrate, path)?;
        }
        self.config = config;
        Ok(())
    }

    fn end_of_stream(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        let was_closed = self.movie.is_closed();
        self.finish()?;
        if !was_closed && !self.movie.was_started() {
            return Err(ContainerError::NoFrames { path: self.config.output_path.clone() }.into());
        }
        Ok(())
    }

    fn teardown(&mut self) -> Result<()> {
        Ok(self.finish()?)
    }
}
