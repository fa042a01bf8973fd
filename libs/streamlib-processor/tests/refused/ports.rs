//! What stands in `#[input(..)]` and `#[output(..)]`.
use streamlib_processor::prelude::*;

#[processor(name = "com.example.ports", trigger = any, crate = streamlib_processor)]
struct Ports {
    #[input]
    #[output]
    both: Input<VideoFrame>,
    #[input(formts(video(I420)), delivery = lossles)]
    misspelt: Input<VideoFrame>,
    #[input(delivery = latest, depth = 4, holds = -1)]
    numbers: Input<VideoFrame>,
    #[input]
    direction: Output<VideoFrame>,
    #[output(formats(audio(F32)), same_as = misspellt, max_per_call = 0)]
    video_out: Output<VideoFrame>,
    #[output(formats(audio(F32, rate(48000))))]
    audio_out: Output<AudioFrame>,
}

fn main() {}
