//! Processors that are measured twice: in this program, and in the plugin `bench_plugin`, which is
//! made of the same source.

use streamlib_processor::prelude::*;

/// Passes frames on.
#[processor(name = "bench.null_stage", crate = streamlib_processor)]
pub(crate) struct NullStage {
    #[input]
    frame_in: Input<AnyFrame>,
    #[output(same_as = frame_in)]
    frame_out: Output<AnyFrame>,
}

impl Processor for NullStage {
    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        if let Some(frame) = self.frame_in.read()? {
            self.frame_out.send(frame)?;
        }
        Ok(())
    }
}

/// Is called and does nothing.
#[processor(name = "bench.nothing", execution = manual, crate = streamlib_processor)]
pub(crate) struct Nothing {
    calls: u64,
}

impl Processor for Nothing {
    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        self.calls = self.calls.wrapping_add(1);
        Ok(())
    }
}

/// Where in the first plane of a picture the stage writes the address of that plane.
pub(crate) const SEEN_AT: std::ops::Range<usize> = 8..16;

/// Writes the address of a picture into it, and passes it on.
#[processor(name = "bench.address_stage", crate = streamlib_processor)]
pub(crate) struct AddressStage {
    #[input(formats(video(I420)))]
    frame_in: Input<VideoFrame>,
    #[output(same_as = frame_in, formats(video(I420)))]
    frame_out: Output<VideoFrame>,
}

impl Processor for AddressStage {
    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        let Some(frame) = self.frame_in.read()? else { return Ok(()) };
        let mut frame = self.frame_out.edit(frame)?;
        let plane = frame.plane_mut(0);
        let address = plane.as_ptr() as u64;
        plane[SEEN_AT].copy_from_slice(&address.to_ne_bytes());
        Ok(self.frame_out.send(frame)?)
    }
}
