//! `com.tatolab.png_writer`.

mod file;
mod font;
mod sheet;
mod upright;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use streamlib_processor::prelude::*;

use self::sheet::Sheet;
use self::upright::Upright;
use super::check_config;
use crate::VideoError;

/// Settings of a contact sheet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
#[config(crate = streamlib_processor)]
pub struct ContactSheet {
    /// Moments beside each other.
    #[config(min = 1, max = 32)]
    pub columns: u32,
    /// Moments below each other.
    #[config(min = 1, max = 32)]
    pub rows: u32,
    /// Takes every so many pictures until the sheet is full. 0: evenly over the whole stream.
    pub every: u64,
    /// Width of each small picture.
    #[config(min = 16, max = 2048, unit = "pixels")]
    pub cell_width: u32,
    /// What is written on the pictures of each lane, first lane first; may be left out.
    pub labels: Vec<String>,
}

impl Default for ContactSheet {
    fn default() -> Self {
        Self { columns: 4, rows: 3, every: 0, cell_width: 320, labels: Vec::new() }
    }
}

/// Settings of [`PngWriter`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
#[config(crate = streamlib_processor)]
pub struct PngWriterConfig {
    /// Where to write. With `{number}` (six digits or more, from 000000) or `{timestamp}` (stream
    /// time in milliseconds) in the file's name: a file for each picture; `{lane}` tells lanes
    /// apart. Without: one file, a contact sheet.
    #[config(required)]
    pub output_path: String,
    /// The contact sheet, where one is written.
    pub contact_sheet: Option<ContactSheet>,
}

/// Writes pictures as PNG files: each in a file of its own, or one contact sheet with pictures of
/// several moments. On a sheet each moment shows its lanes below each other, first lane on top (for
/// before and after), with its stream time. Orientation and sample aspect ratio are honoured, only
/// the visible part is shown. A file is written under a temporary name and then renamed: it is
/// whole or not there. A sheet is written at the end of the stream, also after a failure; the
/// memory it takes until then does not grow with the stream. If no picture came, no file is made.
/// A file that exists is replaced.
#[processor(
    name = "com.tatolab.png_writer",
    trigger = aligned(tolerance_ms = 20),
    needs(blocking),
    exclusive = output_path,
    crate = streamlib_processor
)]
#[derive(Debug)]
pub struct PngWriter {
    /// The pictures to write, each link a lane.
    #[input(formats(video(Rgb8, Rgba8, Bgra8, Gray8, I420, Nv12, P010, Gray16, Rgba64)))]
    video_in: InputLanes<VideoFrame>,
    #[config]
    config: PngWriterConfig,
    upright: Upright,
    sheet: Sheet,
    number: u64,
    written: bool,
}

fn is_numbered(path: &str) -> bool {
    path.contains("{number}") || path.contains("{timestamp}")
}

fn usable(config: &PngWriterConfig) -> Result<()> {
    check_config(config)?;
    let refuse = |problem: &str| {
        let (setting, value) = ("output_path", config.output_path.clone());
        Err(VideoError::Setting { setting, value, problem: problem.to_owned() }.into())
    };
    if config.output_path.is_empty() {
        return refuse("the path of a file is needed, as in frames/{number}.png or sheet.png");
    }
    if is_numbered(&config.output_path) && config.contact_sheet.is_some() {
        return refuse("a contact sheet is one file: leave out {number} and {timestamp}");
    }
    Ok(file::check_folder(&PathBuf::from(&config.output_path))?)
}

impl PngWriter {
    fn path_of(&self, lane: u32, frame: &VideoFrame) -> PathBuf {
        let milliseconds = frame.timestamp_ns().div_euclid(1_000_000);
        let path = self.config.output_path.replace("{number}", &format!("{:06}", self.number));
        let path = path.replace("{timestamp}", &milliseconds.to_string());
        path.replace("{lane}", &lane.to_string()).into()
    }

    fn write_sheet(&mut self) -> Result<()> {
        if self.written || is_numbered(&self.config.output_path) {
            return Ok(());
        }
        let settings = self.config.contact_sheet.clone().unwrap_or_default();
        if let Some(sheet) = self.sheet.render(&settings)? {
            file::write(&PathBuf::from(&self.config.output_path), &sheet.view(), false)?;
            self.written = true;
        }
        Ok(())
    }
}

impl Processor for PngWriter {
    fn setup(&mut self, _ctx: &mut SetupContext<'_>) -> Result<()> {
        usable(&self.config)
    }

    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        let lanes = self.video_in.lanes();
        let numbered = is_numbered(&self.config.output_path);
        if numbered && lanes > 1 && !self.config.output_path.contains("{lane}") {
            let (setting, value) = ("output_path", self.config.output_path.clone());
            let problem = "there are several lanes: tell their files apart with {lane}".to_owned();
            return Err(VideoError::Setting { setting, value, problem }.into());
        }
        let settings = self.config.contact_sheet.clone().unwrap_or_default();
        let wanted = numbered || self.sheet.wants(&settings, self.number);
        let mut any = false;
        for lane in 0..lanes {
            let Some(frame) = self.video_in.read(lane)? else { continue };
            any = true;
            if numbered {
                let path = self.path_of(lane, &frame);
                let (picture, has_alpha) = self.upright.full_size(&frame)?;
                file::write(&path, &picture, has_alpha)?;
            } else if wanted {
                let picture = self.upright.within(&frame, settings.cell_width)?;
                self.sheet.add(self.number, lane, frame.timestamp_ns(), &picture)?;
            }
        }
        if any {
            self.number += 1;
            self.sheet.settle(&settings);
        }
        Ok(())
    }

    fn end_of_stream(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        self.write_sheet()
    }

    fn teardown(&mut self) -> Result<()> {
        self.write_sheet()
    }

    fn update_config(&mut self, config: PngWriterConfig) -> Result<()> {
        usable(&config)?;
        if config.output_path != self.config.output_path && !is_numbered(&config.output_path) {
            return Err(Error::new(
                "the path of a contact sheet cannot change while it is made: replace the processor",
            ));
        }
        self.config = config;
        Ok(())
    }
}
