//! Which sets of frames make one call.
use streamlib_processor::prelude::*;

#[processor(name = "com.example.two", crate = streamlib_processor)]
struct Two {
    #[input]
    left: Input<AudioFrame>,
    #[input]
    right: Input<AudioFrame>,
}

#[processor(name = "com.example.lanes", crate = streamlib_processor)]
struct Lanes {
    #[input]
    audio_in: InputLanes<AudioFrame>,
}

#[processor(name = "com.example.primary", trigger = primary(vidoe_in), crate = streamlib_processor)]
struct Primary {
    #[input]
    video_in: Input<VideoFrame>,
    #[input]
    text: Input<DataFrame>,
}

#[processor(name = "com.example.none", crate = streamlib_processor)]
struct NoInput {
    #[output]
    video_out: Output<VideoFrame>,
}

#[processor(name = "com.example.clock", execution = continuous, trigger = any, crate = streamlib_processor)]
struct Clock {
    #[output]
    video_out: Output<VideoFrame>,
}

fn main() {}
