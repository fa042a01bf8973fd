//! Safe owners of libopus' C objects. All of the crate's calls into libopus are here.
//!
//! What is relied on: an object is used by one thread at a time (guaranteed by `&mut self`) and has
//! no tie to the thread that made it.

use std::ffi::c_int;
use std::ptr::NonNull;

use opusic_sys::{
    OPUS_APPLICATION_AUDIO, OPUS_BAD_ARG, OPUS_GET_LOOKAHEAD_REQUEST, OPUS_INVALID_PACKET, OPUS_OK,
    OPUS_RESET_STATE, OPUS_SET_BITRATE_REQUEST, OPUS_SET_GAIN_REQUEST, OpusMSDecoder,
    OpusMSEncoder,
};
use streamlib_abi::media::{Codec, MAX_CHANNELS};

use super::config::OpusConfiguration;
use crate::error::CodecError;

fn failed(operation: &'static str, code: c_int) -> CodecError {
    CodecError::Library { library: "libopus", operation, code: code.into() }
}

fn check(operation: &'static str, code: c_int) -> Result<(), CodecError> {
    if code == OPUS_OK { Ok(()) } else { Err(failed(operation, code)) }
}

/// A surround encoder: streams for every pair and single channel, one of them for the LFE.
#[derive(Debug)]
pub(super) struct RawEncoder {
    state: NonNull<OpusMSEncoder>,
    channels: usize,
}

// SAFETY: libopus keeps no thread-local state, and the object is only reached through `&mut`.
unsafe impl Send for RawEncoder {}

/// How the encoder distributed channels over streams.
#[derive(Debug, Clone, Copy)]
pub(super) struct StreamMap {
    pub(super) streams: u8,
    pub(super) coupled: u8,
    pub(super) mapping: [u8; MAX_CHANNELS],
}

impl RawEncoder {
    /// `channels` is 1 to 8, in the order of RFC 7845; `family` 0 or 1.
    pub(super) fn new(
        sample_rate: u32,
        channels: usize,
        family: u8,
    ) -> Result<(Self, StreamMap), CodecError> {
        let operation = "create an encoder";
        assert_channels(channels, operation)?;
        let rate = i32::try_from(sample_rate).or(Err(failed(operation, OPUS_BAD_ARG)))?;
        let (mut streams, mut coupled, mut code) = (0, 0, OPUS_OK);
        let mut mapping = [0; MAX_CHANNELS];
        // SAFETY: all places for results are valid, and the mapping has room for `channels`, which
        // is at most its length.
        let state = unsafe {
            opusic_sys::opus_multistream_surround_encoder_create(
                rate,
                channels as c_int,
                c_int::from(family),
                &raw mut streams,
                &raw mut coupled,
                mapping.as_mut_ptr(),
                OPUS_APPLICATION_AUDIO,
                &raw mut code,
            )
        };
        check(operation, code)?;
        let state = NonNull::new(state).ok_or_else(|| failed(operation, code))?;
        let map = StreamMap {
            streams: u8::try_from(streams).unwrap_or(0),
            coupled: u8::try_from(coupled).unwrap_or(0),
            mapping,
        };
        Ok((Self { state, channels }, map))
    }

    pub(super) fn set_bitrate(&mut self, bitrate_bps: i32) -> Result<(), CodecError> {
        // SAFETY: the object is alive; this request takes one opus_int32.
        let code = unsafe {
            opusic_sys::opus_multistream_encoder_ctl(
                self.state.as_ptr(),
                OPUS_SET_BITRATE_REQUEST,
                bitrate_bps,
            )
        };
        check("take a bitrate", code)
    }

    /// In frames at the encoder's own rate.
    pub(super) fn look_ahead(&mut self) -> Result<usize, CodecError> {
        let mut frames: i32 = 0;
        // SAFETY: the object is alive; this request takes one pointer to an opus_int32.
        let code = unsafe {
            opusic_sys::opus_multistream_encoder_ctl(
                self.state.as_ptr(),
                OPUS_GET_LOOKAHEAD_REQUEST,
                &raw mut frames,
            )
        };
        check("say its look-ahead", code)?;
        Ok(usize::try_from(frames).unwrap_or(0))
    }

    /// Encodes interleaved samples into `out` and returns the number of bytes.
    pub(super) fn encode(&mut self, samples: &[f32], out: &mut [u8]) -> Result<usize, CodecError> {
        let operation = "encode a packet";
        let frames = c_int::try_from(samples.len() / self.channels).unwrap_or(0);
        let room = i32::try_from(out.len()).unwrap_or(i32::MAX);
        // SAFETY: the object is alive; the samples hold `frames` times the channels of the object,
        // and the output has `room` bytes.
        let bytes = unsafe {
            opusic_sys::opus_multistream_encode_float(
                self.state.as_ptr(),
                samples.as_ptr(),
                frames,
                out.as_mut_ptr(),
                room,
            )
        };
        usize::try_from(bytes).or(Err(failed(operation, bytes)))
    }
}

impl Drop for RawEncoder {
    fn drop(&mut self) {
        // SAFETY: the object is alive and not used afterwards.
        unsafe { opusic_sys::opus_multistream_encoder_destroy(self.state.as_ptr()) };
    }
}

/// A multistream decoder.
#[derive(Debug)]
pub(super) struct RawDecoder {
    state: NonNull<OpusMSDecoder>,
    channels: usize,
}

// SAFETY: libopus keeps no thread-local state, and the object is only reached through `&mut`.
unsafe impl Send for RawDecoder {}

impl RawDecoder {
    /// Decodes at 48 kHz into the channel order of `mapping`, with the configuration's gain.
    pub(super) fn new(
        configuration: &OpusConfiguration,
        mapping: &[u8; MAX_CHANNELS],
    ) -> Result<Self, CodecError> {
        let operation = "create a decoder";
        let channels = usize::from(configuration.channels);
        assert_channels(channels, operation)?;
        let mut code = OPUS_OK;
        // SAFETY: the mapping has at least `channels` entries, the place for the code is valid;
        // libopus checks the numbers against each other.
        let state = unsafe {
            opusic_sys::opus_multistream_decoder_create(
                48_000,
                channels as c_int,
                c_int::from(configuration.streams),
                c_int::from(configuration.coupled),
                mapping.as_ptr(),
                &raw mut code,
            )
        };
        check(operation, code)?;
        let state = NonNull::new(state).ok_or_else(|| failed(operation, code))?;
        let mut decoder = Self { state, channels };
        decoder.set_gain(configuration.gain_q8_db.into())?;
        Ok(decoder)
    }

    fn set_gain(&mut self, gain_q8_db: i32) -> Result<(), CodecError> {
        // SAFETY: the object is alive; this request takes one opus_int32.
        let code = unsafe {
            opusic_sys::opus_multistream_decoder_ctl(
                self.state.as_ptr(),
                OPUS_SET_GAIN_REQUEST,
                gain_q8_db,
            )
        };
        check("take a gain", code)
    }

    pub(super) fn reset(&mut self) -> Result<(), CodecError> {
        // SAFETY: the object is alive; this request takes nothing.
        let code = unsafe {
            opusic_sys::opus_multistream_decoder_ctl(self.state.as_ptr(), OPUS_RESET_STATE)
        };
        check("start anew", code)
    }

    /// Decodes a packet into `out`, interleaved, and returns the number of frames.
    pub(super) fn decode(&mut self, packet: &[u8], out: &mut [f32]) -> Result<usize, CodecError> {
        if packet.is_empty() {
            // libopus would invent sound for a packet that was lost.
            return Err(CodecError::corrupt(Codec::Opus, "it is empty"));
        }
        let Ok(length) = i32::try_from(packet.len()) else {
            return Err(CodecError::corrupt(Codec::Opus, "it has 2 GiB or more"));
        };
        let room = c_int::try_from(out.len() / self.channels).unwrap_or(c_int::MAX);
        // SAFETY: the object is alive; the packet has `length` bytes, and the output has room for
        // `room` frames of the object's channels.
        let frames = unsafe {
            opusic_sys::opus_multistream_decode_float(
                self.state.as_ptr(),
                packet.as_ptr(),
                length,
                out.as_mut_ptr(),
                room,
                0,
            )
        };
        match usize::try_from(frames) {
            Ok(frames) => Ok(frames),
            Err(_) if frames == OPUS_INVALID_PACKET => {
                Err(CodecError::corrupt(Codec::Opus, "its content is damaged"))
            }
            Err(_) => Err(failed("decode a packet", frames)),
        }
    }
}

impl Drop for RawDecoder {
    fn drop(&mut self) {
        // SAFETY: the object is alive and not used afterwards.
        unsafe { opusic_sys::opus_multistream_decoder_destroy(self.state.as_ptr()) };
    }
}

fn assert_channels(channels: usize, operation: &'static str) -> Result<(), CodecError> {
    let fits = (1..=MAX_CHANNELS).contains(&channels);
    if fits { Ok(()) } else { Err(failed(operation, OPUS_BAD_ARG)) }
}
