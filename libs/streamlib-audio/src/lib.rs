//! Audio processors of StreamLib and the pure functions that they are made of.
//!
//! Guarantees:
//! - timestamps are counts of samples from a base, turned into nanoseconds by integers; no float
//!   holds a time and no rounding adds up;
//! - nothing is dropped, filled or converted in silence: the description of each processor says
//!   what becomes of holes, overlaps, late sound and changes of format;
//! - on the way of a block nothing is allocated once its format has been seen.
//!
//! Not offered: sample formats other than 32-bit float, more than 8 channels, codecs, devices.
//!
//! | processor | `com.tatolab.` | what it does | made of |
//! |---|---|---|---|
//! | [`AudioResampler`](processors::AudioResampler) | `audio_resampler` | changes the sample rate | [`resample`] |
//! | [`AudioMixer`](processors::AudioMixer) | `audio_mixer` | adds several sounds | [`mixing`] |
//! | [`AudioChannelConverter`](processors::AudioChannelConverter) | `audio_channel_converter` | changes the layout of loudspeakers | [`mix_matrix`] |
//! | [`BufferRechunker`](processors::BufferRechunker) | `buffer_rechunker` | makes blocks of one size | [`timeline`] |
//! | [`ChordGenerator`](processors::ChordGenerator) | `chord_generator` | makes chords and beeps | [`chord`] |
//! | [`WavWriter`](processors::WavWriter) | `wav_writer` | writes a WAV file | [`wav`] |

mod channel_count;
pub mod chord;
mod error;
pub mod mix_matrix;
pub mod mixing;
pub mod processors;
pub mod resample;
pub mod timeline;
pub mod wav;

pub use channel_count::AudioChannelCount;
pub use error::Error;
