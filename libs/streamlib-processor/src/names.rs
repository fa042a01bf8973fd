//! Typed names of ports: the macro makes one constant a port, `Grayscale::VIDEO_IN`, so that
//! connecting an audio output to a video input does not compile.

use std::marker::PhantomData;

use crate::frame::{
    AnyFrame, AudioFrame, DataFrame, EncodedAudioFrame, EncodedVideoFrame, FrameType, VideoFrame,
};

/// The name of an input of processor `P` that takes frames `F`.
#[derive(Debug)]
pub struct InputName<P, F> {
    name: &'static str,
    types: PhantomData<fn() -> (P, F)>,
}

/// The name of an output of processor `P` that makes frames `F`.
#[derive(Debug)]
pub struct OutputName<P, F> {
    name: &'static str,
    types: PhantomData<fn() -> (P, F)>,
}

macro_rules! port_name {
    ($type:ident) => {
        impl<P, F> $type<P, F> {
            /// For the macro: the port called `name`.
            pub const fn new(name: &'static str) -> Self {
                Self { name, types: PhantomData }
            }

            /// The port's name.
            pub const fn as_str(&self) -> &'static str {
                self.name
            }
        }

        impl<P, F> Clone for $type<P, F> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<P, F> Copy for $type<P, F> {}
    };
}
port_name!(InputName);
port_name!(OutputName);

/// Frames `Self` may go into an input that takes frames `To`. Decided when the program compiles;
/// the rest (formats, schema versions) when the ports are connected.
#[diagnostic::on_unimplemented(
    message = "an output of `{Self}` cannot be connected to an input of `{To}`",
    note = "insert a processor that makes `{To}` from `{Self}`"
)]
pub trait ConnectsTo<To: FrameType>: FrameType {}

macro_rules! connects {
    ($($type:ty),*) => { $(
        impl ConnectsTo<$type> for $type {}
        impl ConnectsTo<AnyFrame> for $type {}
        impl ConnectsTo<$type> for AnyFrame {}
    )* };
}
connects!(VideoFrame, AudioFrame, EncodedVideoFrame, EncodedAudioFrame, DataFrame);
impl ConnectsTo<Self> for AnyFrame {}
