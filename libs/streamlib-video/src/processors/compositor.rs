//! `com.tatolab.compositor`.

mod lane;
mod layout;

use serde::{Deserialize, Serialize};
use streamlib_processor::CopyReason;
use streamlib_processor::abi::media::{Orientation, Rational, Rectangle};
use streamlib_processor::prelude::*;

use self::lane::{Drawing, Lane};
use super::check_config;
use crate::{Filter, PictureMut, colour, effect};

/// How the pictures of the lanes are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ConfigChoice)]
#[serde(rename_all = "snake_case")]
#[config(crate = streamlib_processor)]
pub enum Layout {
    /// One beside the other, first lane left.
    #[default]
    SideBySide,
    /// The first lane fills the picture, the others are small pictures in it.
    Overlay,
}

/// Where the small pictures of an overlay are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ConfigChoice)]
#[serde(rename_all = "snake_case")]
#[config(crate = streamlib_processor)]
pub enum Position {
    /// Top left corner; further lanes below.
    TopLeft,
    /// Top right corner; further lanes below.
    TopRight,
    /// Bottom left corner; further lanes above.
    BottomLeft,
    /// Bottom right corner; further lanes above.
    #[default]
    BottomRight,
    /// The middle; further lanes on top of it.
    Center,
}

/// What stands in the place of a lane that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ConfigChoice)]
#[serde(rename_all = "snake_case")]
#[config(crate = streamlib_processor)]
pub enum EndedLane {
    /// Its last picture.
    #[default]
    Hold,
    /// Black; in an overlay, nothing.
    Black,
}

/// Settings of [`Compositor`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
#[config(crate = streamlib_processor)]
pub struct CompositorConfig {
    /// How the pictures are put together.
    pub layout: Layout,
    /// Width of what comes out. 0: what the lanes need (side by side: each lane as high as the
    /// first; overlay: the first lane).
    #[config(max = 32768, unit = "pixels")]
    pub width: u32,
    /// Height of what comes out. 0: that of the first lane.
    #[config(max = 32768, unit = "pixels")]
    pub height: u32,
    /// Overlay: where the small pictures are.
    pub position: Position,
    /// Overlay: width of a small picture as a part of the whole width.
    #[config(min = 0.05, max = 1.0)]
    pub size: f64,
    /// Overlay: 0 lets nothing of the small pictures be seen, 1 nothing of what is under them.
    #[config(min = 0.0, max = 1.0)]
    pub opacity: f64,
    /// What stands in the place of a lane that has ended.
    pub ended_lane: EndedLane,
    /// How pixels are weighted where a lane has to be scaled.
    pub filter: Filter,
}

impl Default for CompositorConfig {
    fn default() -> Self {
        Self {
            layout: Layout::default(),
            width: 0,
            height: 0,
            position: Position::default(),
            size: 0.3,
            opacity: 1.0,
            ended_lane: EndedLane::default(),
            filter: Filter::default(),
        }
    }
}

/// Puts the pictures of several lanes into one. Waits for a picture of every lane that has not
/// ended, matched by time. Times and epoch are those of the first lane (of the next one where it
/// has ended; its first picture is then moved forward where it would go back in time). The pixel
/// format, colour and frame rate are those of the first lane; lanes that differ are converted.
/// Lanes of other sizes are scaled and keep their shape (sample aspect ratio included), with black
/// bars where they do not fit. Orientation is honoured: lanes are turned, what comes out is
/// upright. Only the visible part of a picture is used. Sides of what comes out are even. A lane
/// that has no picture at the moment shows its last one. Settings may change while running.
#[processor(
    name = "com.tatolab.compositor",
    trigger = aligned(tolerance_ms = 20),
    crate = streamlib_processor
)]
#[derive(Debug)]
pub struct Compositor {
    /// The pictures to put together, each link a lane.
    #[input(formats(video(I420, Nv12, Rgba8, Bgra8, Rgb8, Gray8)), holds = 1)]
    video_in: InputLanes<VideoFrame>,
    /// The pictures put together.
    #[output(formats(video(I420, Nv12, Rgba8, Bgra8, Rgb8, Gray8)))]
    video_out: Output<VideoFrame>,
    #[config]
    config: CompositorConfig,
    lanes: Vec<Lane>,
    cells: Vec<Option<Rectangle>>,
    last: Option<(u32, i64)>,
}

impl Compositor {
    /// Takes the new pictures. The first lane that has one, if any has.
    fn take(&mut self) -> Result<Option<usize>> {
        let count = self.video_in.lanes();
        if self.lanes.len() < count as usize {
            self.lanes.resize_with(count as usize, Lane::default);
        }
        let mut first = None;
        for (number, lane) in self.lanes.iter_mut().enumerate() {
            if let Some(frame) = self.video_in.read(number as u32)? {
                lane.show(frame);
                first = first.or(Some(number));
                continue;
            }
            let state = self.video_in.state(number as u32);
            if state.linked == 0 {
                lane.forget();
            } else if state.ended != 0 && self.config.ended_lane == EndedLane::Black {
                lane.blacken();
            }
        }
        Ok(first)
    }

    /// True if the pictures leave no pixel of the whole free. Those beside each other and the
    /// lowest of an overlay do not overlap.
    fn covers(&self, (width, height): (u32, u32)) -> bool {
        let area = |(width, height)| u64::from(width) * u64::from(height);
        let under = match self.config.layout {
            Layout::SideBySide => self.lanes.len(),
            Layout::Overlay => 1,
        };
        let drawn = self.lanes.iter().zip(&self.cells).take(under);
        let drawn = drawn.filter(|(lane, _)| lane.frame().is_some());
        let covered: u64 =
            drawn.flat_map(|(_, cell)| cell).map(|c| area((c.width, c.height))).sum();
        covered == area((width, height))
    }

    /// The format of what comes out, upright and as large as the layout says.
    fn format(&self, first: &VideoFrame, size: (u32, u32)) -> VideoFormat {
        let mut format = first.format();
        format.colour = colour::resized(format.pixel_format, format.colour, format.height, size.1);
        (format.width, format.height) = size;
        format.orientation = Orientation::default();
        if format.sample_aspect.is_known() {
            format.sample_aspect = Rational::new(1, 1);
        }
        format
    }
}

impl Processor for Compositor {
    fn setup(&mut self, _ctx: &mut SetupContext<'_>) -> Result<()> {
        check_config(&self.config)
    }

    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        let Some(first) = self.take()? else { return Ok(()) };
        let Some(frame) = self.lanes[first].frame().cloned() else { return Ok(()) };
        let sizes = self.lanes.iter().map(Lane::shown_size);
        let size = layout::arrange(&self.config, sizes, &mut self.cells);
        let format = self.format(&frame, size);
        let mut out = self.video_out.loan_from(&frame, &format)?;
        let envelope = out.envelope_mut();
        if let Some((epoch, last_ns)) = self.last
            && epoch == envelope.epoch
            && first > 0
        {
            envelope.timestamp_ns = envelope.timestamp_ns.max(last_ns);
        }
        self.last = Some((envelope.epoch, envelope.timestamp_ns));
        let mut converted_bytes = 0;
        let mut target = PictureMut::from(&mut out);
        if !self.covers(size) {
            effect::fill_black(&mut target)?;
        }
        for (number, (lane, cell)) in self.lanes.iter_mut().zip(&self.cells).enumerate() {
            let Some(cell) = *cell else { continue };
            let overlaid = self.config.layout == Layout::Overlay && number > 0;
            let opacity = if overlaid { self.config.opacity } else { 1.0 };
            let drawing = Drawing { cell, opacity, filter: self.config.filter };
            converted_bytes += lane.draw(&mut target, drawing)?;
        }
        if converted_bytes > 0 {
            self.video_out.count_copy(converted_bytes, CopyReason::Converted);
        }
        Ok(self.video_out.send(out)?)
    }

    fn update_config(&mut self, config: CompositorConfig) -> Result<()> {
        check_config(&config)?;
        self.config = config;
        Ok(())
    }

    fn flush(&mut self) {
        self.lanes.iter_mut().for_each(Lane::forget);
        self.last = None;
    }
}
