//! The typed names of ports.

use streamlib_processor::names::{ConnectsTo, InputName, OutputName};
use streamlib_processor::{AnyFrame, FrameType, VideoFrame};

use crate::processors::{Brighten, Caption, Relay};

/// What a typed `connect` asks of its ends.
fn link<A, B, From: ConnectsTo<To>, To: FrameType>(
    output: OutputName<A, From>,
    input: InputName<B, To>,
) -> String {
    format!("{} -> {}", output.as_str(), input.as_str())
}

#[test]
fn ends_of_the_same_type_and_of_any_type_connect() {
    assert_eq!(link(Brighten::VIDEO_OUT, Caption::VIDEO), "video_out -> video");
    assert_eq!(link(Relay::<AnyFrame>::OUTPUT, Caption::TEXT), "output -> text");
    assert_eq!(link(Caption::CAPTIONS, Relay::<AnyFrame>::INPUT), "captions -> input");
    assert_eq!(link(Brighten::VIDEO_OUT, Relay::<VideoFrame>::INPUT), "video_out -> input");
}
