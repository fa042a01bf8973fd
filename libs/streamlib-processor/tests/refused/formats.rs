//! A format that does not exist is refused by the compiler.
use streamlib_processor::prelude::*;

#[processor(name = "com.example.formats", crate = streamlib_processor)]
struct Formats {
    #[input(formats(video(I42O)))]
    video_in: Input<VideoFrame>,
}

fn main() {}
