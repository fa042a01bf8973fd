//! An audio output is not connected to a video input.
use streamlib_processor::FrameType;
use streamlib_processor::names::{ConnectsTo, InputName, OutputName};
use streamlib_processor::prelude::*;

#[processor(name = "com.example.tone", execution = continuous, crate = streamlib_processor)]
struct Tone {
    #[output]
    audio_out: Output<AudioFrame>,
}

#[processor(name = "com.example.display", crate = streamlib_processor)]
struct Display {
    #[input]
    video_in: Input<VideoFrame>,
}

fn connect<A, B, From: ConnectsTo<To>, To: FrameType>(_: OutputName<A, From>, _: InputName<B, To>) {}

fn main() {
    connect(Tone::AUDIO_OUT, Display::VIDEO_IN);
}
