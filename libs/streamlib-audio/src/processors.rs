//! The processors: a thin layer of ports and settings over the pure modules.

mod audio_channel_converter;
mod audio_mixer;
mod audio_resampler;
mod buffer_rechunker;
mod chord_generator;
mod wav_writer;

use streamlib_processor::{AudioFrame, Output};

pub use audio_channel_converter::{AudioChannelConverter, AudioChannelConverterConfig, Layout};
pub use audio_mixer::{AudioMixer, AudioMixerConfig, Clipping};
pub use audio_resampler::{AudioResampler, AudioResamplerConfig};
pub use buffer_rechunker::{BufferRechunker, BufferRechunkerConfig, Tail};
pub use chord_generator::{ChordGenerator, ChordGeneratorConfig};
pub use wav_writer::{WavWriter, WavWriterConfig};

/// The timestamp that was sent last, to see when a new epoch is needed.
#[derive(Debug, Default)]
struct LastSent(Option<i64>);

impl LastSent {
    /// To be called before a block at `timestamp_ns` is sent: starts a new epoch if time goes back.
    fn go_to(&mut self, timestamp_ns: i64, output: &mut Output<AudioFrame>) {
        if self.0.is_some_and(|last| timestamp_ns < last) {
            output.next_epoch();
        }
        self.0 = Some(timestamp_ns);
    }

    /// True if what was sent last is after this time.
    fn is_after(&self, timestamp_ns: i64) -> bool {
        self.0.is_some_and(|last| timestamp_ns < last)
    }
}
