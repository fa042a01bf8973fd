//! Audio helpers for authors: samples of any number of channels as one value.

mod dynamic_frame;

pub use dynamic_frame::DynamicFrame;
