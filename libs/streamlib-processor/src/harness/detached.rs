//! Frames out of nothing.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

use super::{HarnessOutput, tables};
use crate::frame::FrameType;
use crate::ports::Output;

/// An output that leads nowhere: it makes the frames that a test pushes.
///
/// ```
/// use streamlib_processor::harness::DetachedOutput;
/// use streamlib_processor::prelude::*;
///
/// let mut frames = DetachedOutput::<VideoFrame>::new();
/// let mut picture = frames.loan(&VideoFormat::new(PixelFormat::Gray8, 64, 48), 0)?;
/// picture.plane_mut(0).fill(128);
/// let picture = VideoFrame::from(picture);
/// # assert_eq!(picture.plane(0).first(), Some(&128));
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
pub struct DetachedOutput<F> {
    output: Output<F>,
    // One element, whose address the output holds.
    _host: Vec<RefCell<HarnessOutput>>,
}

impl<F: FrameType> DetachedOutput<F> {
    /// An output of its own.
    pub fn new() -> Self {
        let host = vec![RefCell::default()];
        let mut output = Output::default();
        output.bind("detached", tables::output_port(&host[0]));
        Self { output, _host: host }
    }
}

impl<F: FrameType> Default for DetachedOutput<F> {
    fn default() -> Self {
        Self::new()
    }
}

impl<F> Deref for DetachedOutput<F> {
    type Target = Output<F>;

    fn deref(&self) -> &Output<F> {
        &self.output
    }
}

impl<F> DerefMut for DetachedOutput<F> {
    fn deref_mut(&mut self) -> &mut Output<F> {
        &mut self.output
    }
}
