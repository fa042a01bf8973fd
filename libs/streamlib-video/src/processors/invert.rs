//! `com.tatolab.invert`.

use streamlib_processor::prelude::*;

use crate::PictureMut;
use crate::effect;

/// Turns every colour into its opposite, as a photographic negative. Honours the range of luma and
/// premultiplied alpha; alpha stays. In place where nobody else holds the picture. No settings.
#[processor(name = "com.tatolab.invert", crate = streamlib_processor)]
#[derive(Debug)]
pub struct Invert {
    /// Pictures to change.
    #[input(formats(video(I420, Nv12, Rgba8, Bgra8, Rgb8, Gray8)))]
    video_in: Input<VideoFrame>,
    /// Their negatives.
    #[output(same_as = video_in, formats(video(I420, Nv12, Rgba8, Bgra8, Rgb8, Gray8)))]
    video_out: Output<VideoFrame>,
}

impl Processor for Invert {
    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        let Some(frame) = self.video_in.read()? else { return Ok(()) };
        let mut frame = self.video_out.edit(frame)?;
        let alpha = frame.format().alpha;
        effect::invert(&mut PictureMut::from(&mut frame), alpha)?;
        Ok(self.video_out.send(frame)?)
    }
}
