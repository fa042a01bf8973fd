//! The codecs of a film alone: no graph, no threads, no file written. Each is measured by itself,
//! over as much as the whole film holds.
//!
//! What goes into an encoder is decoded beforehand, and is the first few seconds of the film again
//! and again: raw pictures of a minute do not fit into memory.

use std::path::Path;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use serde_json::{Map, Value, json};
use streamlib_codec::{
    AudioDecoder, AudioDecoderSettings, AudioEncoderSettings, I420View, VideoDecoder,
    VideoDecoderSettings, VideoEncoderSettings, VideoPacket, audio_decoder, audio_encoder,
    video_decoder, video_encoder,
};
use streamlib_container::{Mp4File, Packet, TrackId};
use streamlib_processor::prelude::{ChannelLayout, Codec, Framing, Rational};

use crate::error::{Error, Result};

/// Pictures that are kept for the encoder.
const KEPT_PICTURES: usize = 120;
/// Packets of sound whose samples are kept for the encoder.
const KEPT_PACKETS: usize = 240;

const VIDEO_BITRATE_BPS: u32 = 4_000_000;
const AUDIO_BITRATE_BPS: u32 = 128_000;
const KEY_FRAME_INTERVAL: u32 = 60;

/// Measures decoding and encoding of the pictures and the sound of `film`.
pub(crate) fn run(film: &Path) -> Result<Value> {
    let mut measured = Map::new();
    pictures(film, &mut measured)?;
    sound(film, &mut measured)?;
    Ok(Value::Object(measured))
}

fn pictures(film: &Path, measured: &mut Map<String, Value>) -> Result<()> {
    let mut file = Mp4File::open(film)?;
    let track = file.video_track()?.clone();
    let Some(Codec::H264) = track.codec.known() else { return Err(Error::Film) };
    let settings = VideoDecoderSettings {
        codec: Codec::H264,
        framing: Framing::LengthPrefixed,
        parameters: &track.stream_parameters,
    };
    let mut kept = Vec::new();
    let mut decoder = video_decoder(&settings)?;
    decode_pictures(&mut file, track.id, &mut *decoder, &mut |picture| {
        if kept.len() < KEPT_PICTURES {
            kept.push(Picture::of(picture));
        }
        kept.len() < KEPT_PICTURES
    })?;
    let first = kept.first().ok_or(Error::Film)?;
    let (width, height) = (first.width, first.height);

    let mut count = 0_u64;
    let mut decoder = video_decoder(&settings)?;
    let decoding = Stopwatch::start();
    decode_pictures(&mut file, track.id, &mut *decoder, &mut |_| {
        count += 1;
        true
    })?;
    decoding.stop("decode_video", measured);

    let seconds = track.duration_ns() as f64 / 1e9;
    let rate = Rational::new((count as f64 / seconds).round() as u32, 1);
    let mut encoder = video_encoder(
        Codec::H264,
        &VideoEncoderSettings {
            bitrate_bps: VIDEO_BITRATE_BPS,
            key_frame_interval: KEY_FRAME_INTERVAL,
            ..VideoEncoderSettings::new(width, height, rate)
        },
    )?;
    let mut packet = Vec::with_capacity(encoder.max_packet_bytes());
    let encoding = Stopwatch::start();
    for (number, picture) in (0..count).zip(kept.iter().cycle()) {
        packet.clear();
        let pts_ns = number as f64 * seconds * 1e9 / count as f64;
        encoder.encode(&picture.view(), pts_ns as i64, &mut packet)?;
    }
    encoding.stop("encode_video", measured);
    measured.insert("pictures".to_owned(), json!(count));
    Ok(())
}

fn sound(film: &Path, measured: &mut Map<String, Value>) -> Result<()> {
    let mut file = Mp4File::open(film)?;
    let track = file.audio_track()?.clone();
    let settings = AudioDecoderSettings {
        codec: track.codec.known().ok_or(Error::Film)?,
        framing: Framing::Raw,
        parameters: &track.stream_parameters,
    };
    let mut kept = Vec::new();
    let mut kept_packets = 0;
    let mut format = None;
    let mut decoder = audio_decoder(&settings)?;
    decode_sound(&mut file, track.id, &mut *decoder, &mut |samples, decoded| {
        kept.extend_from_slice(samples);
        format = Some(decoded);
        kept_packets += 1;
        kept_packets < KEPT_PACKETS
    })?;
    let format = format.ok_or(Error::Film)?;

    let mut frames = 0;
    let mut decoder = audio_decoder(&settings)?;
    let decoding = Stopwatch::start();
    decode_sound(&mut file, track.id, &mut *decoder, &mut |_, decoded| {
        frames += decoded.frames;
        true
    })?;
    decoding.stop("decode_audio", measured);

    let layout = match format.layout {
        ChannelLayout::Unknown => ChannelLayout::default_for(format.channels as u32),
        layout => layout,
    };
    let settings = AudioEncoderSettings {
        sample_rate: format.sample_rate,
        layout,
        bitrate_bps: AUDIO_BITRATE_BPS,
    };
    let mut encoder = audio_encoder(Codec::Opus, &settings)?;
    let mut packet = Vec::with_capacity(encoder.max_packet_bytes());
    let samples = encoder.frames_per_packet() * format.channels;
    let encoding = Stopwatch::start();
    let packets = frames.div_ceil(encoder.frames_per_packet());
    for block in kept.chunks_exact(samples).cycle().take(packets) {
        packet.clear();
        encoder.encode(block, &mut packet)?;
    }
    encoding.stop("encode_audio", measured);
    Ok(())
}

/// Decodes the film's pictures, from its start, as long as `visit` wants more.
fn decode_pictures(
    file: &mut Mp4File<std::fs::File>,
    track: TrackId,
    decoder: &mut dyn VideoDecoder,
    visit: &mut dyn FnMut(I420View<'_>) -> bool,
) -> Result<()> {
    file.select(&[track])?;
    let mut data = Vec::new();
    let mut more = true;
    while more && let Some(packet) = file.next_packet() {
        read(file, &packet, &mut data)?;
        let packet = VideoPacket { data: &data, pts_ns: packet.pts_ns };
        decoder.decode(packet, &mut |decoded| more &= visit(decoded.picture))?;
    }
    while more && decoder.flush(&mut |decoded| more &= visit(decoded.picture))? {}
    Ok(())
}

/// Decodes the film's sound, from its start, as long as `visit` wants more.
fn decode_sound(
    file: &mut Mp4File<std::fs::File>,
    track: TrackId,
    decoder: &mut dyn AudioDecoder,
    visit: &mut dyn FnMut(&[f32], streamlib_codec::DecodedAudio) -> bool,
) -> Result<()> {
    file.select(&[track])?;
    let mut data = Vec::new();
    let mut samples = vec![0.0; decoder.max_output_samples()];
    while let Some(packet) = file.next_packet() {
        read(file, &packet, &mut data)?;
        let decoded = decoder.decode(&data, &mut samples)?;
        if !visit(&samples[..decoded.frames * decoded.channels], decoded) {
            break;
        }
    }
    Ok(())
}

fn read(file: &mut Mp4File<std::fs::File>, packet: &Packet, data: &mut Vec<u8>) -> Result<()> {
    data.resize(packet.size as usize, 0);
    Ok(file.read(packet, data)?)
}

/// A decoded picture that is kept.
struct Picture {
    width: u32,
    height: u32,
    planes: [Vec<u8>; 3],
}

impl Picture {
    fn of(view: I420View<'_>) -> Self {
        let plane = |plane| view.rows(plane).flatten().copied().collect();
        Self { width: view.width, height: view.height, planes: [plane(0), plane(1), plane(2)] }
    }

    fn view(&self) -> I420View<'_> {
        let width = self.width as usize;
        I420View {
            width: self.width,
            height: self.height,
            planes: [&self.planes[0], &self.planes[1], &self.planes[2]],
            strides: [width, width.div_ceil(2), width.div_ceil(2)],
        }
    }
}

/// Wall time, and processor time of the whole process.
struct Stopwatch {
    wall: Instant,
    cpu: Duration,
}

impl Stopwatch {
    fn start() -> Self {
        Self { wall: Instant::now(), cpu: cpu_time() }
    }

    fn stop(self, name: &str, measured: &mut Map<String, Value>) {
        let (wall, cpu) = (self.wall.elapsed(), cpu_time().saturating_sub(self.cpu));
        measured.insert(format!("{name}_wall_s"), json!(wall.as_secs_f64()));
        measured.insert(format!("{name}_cpu_s"), json!(cpu.as_secs_f64()));
    }
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}
