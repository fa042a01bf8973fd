//! The contact sheet: which moments are kept, and how they are laid out.
//!
//! How long the stream is shows at its end only. To take moments evenly all the same, four times as
//! many as needed are kept at most; each time they are full, every second is dropped and from then
//! on every second picture passed over. So any long stream leaves between two and four sheets of
//! moments at equal distances, from which the sheet is picked.

use streamlib_processor::abi::media::{Colour, PixelFormat, Rectangle};

use super::ContactSheet;
use super::font;
use crate::error::Result;
use crate::picture::{Picture, PictureBuf, PictureMut};

/// Colours: of the sheet, behind pictures of another shape, and of the writing.
const BACKGROUND: [u8; 3] = [22, 24, 29];
const BEHIND: [u8; 3] = [8, 9, 11];
const WRITING: [u8; 3] = [200, 204, 212];
/// Distances, pixels.
const MARGIN: u32 = 24;
const GAP: u32 = 12;
const LANE_GAP: u32 = 3;
const CAPTION: u32 = 26;

/// How many times the moments of a sheet are kept at most.
const SURPLUS: usize = 4;

/// One picture, small.
#[derive(Debug, Default)]
struct Small {
    lane: u32,
    picture: PictureBuf,
}

/// One moment: a picture of each lane.
#[derive(Debug, Default)]
struct Moment {
    number: u64,
    timestamp_ns: i64,
    lanes: Vec<Small>,
}

/// The moments that are kept.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    moments: Vec<Moment>,
    spare: Vec<Moment>,
    /// Only every `1 << halvings`th picture is taken.
    halvings: u32,
}

fn cells(settings: &ContactSheet) -> usize {
    (settings.columns * settings.rows) as usize
}

impl Sheet {
    /// True if picture `number` belongs on the sheet as far as is known.
    pub(super) fn wants(&self, settings: &ContactSheet, number: u64) -> bool {
        match settings.every {
            0 => number.is_multiple_of(1 << self.halvings.min(63)),
            every => number.is_multiple_of(every) && self.moments.len() < cells(settings),
        }
    }

    /// Adds a lane's picture of moment `number`.
    pub(super) fn add(
        &mut self,
        number: u64,
        lane: u32,
        timestamp_ns: i64,
        picture: &Picture<'_>,
    ) -> Result<()> {
        if self.moments.last().is_none_or(|moment| moment.number != number) {
            let mut moment = self.spare.pop().unwrap_or_default();
            (moment.number, moment.timestamp_ns) = (number, timestamp_ns);
            for small in &mut moment.lanes {
                small.lane = u32::MAX;
            }
            self.moments.push(moment);
        }
        let Some(moment) = self.moments.last_mut() else { return Ok(()) };
        let place = moment.lanes.iter().position(|small| small.lane == u32::MAX);
        let place = place.unwrap_or_else(|| {
            moment.lanes.push(Small::default());
            moment.lanes.len() - 1
        });
        let small = &mut moment.lanes[place];
        small.lane = lane;
        small.picture.reset(picture.format(), picture.size(), picture.colour());
        small.picture.view_mut().copy_from(picture)
    }

    /// After each moment: makes room if it is needed.
    pub(super) fn settle(&mut self, settings: &ContactSheet) {
        if settings.every > 0 || self.moments.len() < SURPLUS * cells(settings) {
            return;
        }
        self.halvings += 1;
        let mut keep = true;
        let dropped = self.moments.extract_if(.., |_| {
            keep = !keep;
            keep
        });
        self.spare.extend(dropped);
    }

    /// The sheet; `None` if nothing was kept.
    pub(super) fn render(&self, settings: &ContactSheet) -> Result<Option<PictureBuf>> {
        let count = self.moments.len().min(cells(settings));
        let sizes = self.moments.iter().flat_map(|moment| &moment.lanes);
        let sizes = sizes.filter(|small| small.lane != u32::MAX);
        let lanes = sizes.clone().map(|small| small.lane + 1).max().unwrap_or(0);
        let height = sizes.map(|small| small.picture.view().size().1).max().unwrap_or(0);
        if count == 0 || lanes == 0 {
            return Ok(None);
        }
        let cell = (settings.cell_width, height);
        let columns = settings.columns.min(count as u32);
        let rows = (count as u32).div_ceil(columns);
        let block_height = lanes * (cell.1 + LANE_GAP) + CAPTION;
        let size = (
            2 * MARGIN + columns * (cell.0 + GAP) - GAP,
            2 * MARGIN + rows * (block_height + GAP) - GAP - (CAPTION - font::HEIGHT) / 2,
        );
        let mut sheet = PictureBuf::default();
        sheet.reset(PixelFormat::Rgb8, size, Colour::SRGB);
        let mut target = sheet.view_mut();
        fill(&mut target, BACKGROUND);
        for place in 0..count {
            let moment = &self.moments[spread(place, count, self.moments.len())];
            let (column, row) = (place as u32 % columns, place as u32 / columns);
            let at = (MARGIN + column * (cell.0 + GAP), MARGIN + row * (block_height + GAP));
            draw_moment(&mut target, moment, settings, at, cell, lanes)?;
        }
        Ok(Some(sheet))
    }
}

/// Which of `all` moments stands at `place` of `count`: the first first, the last last.
fn spread(place: usize, count: usize, all: usize) -> usize {
    if count < 2 { 0 } else { place * (all - 1) / (count - 1) }
}

fn fill(picture: &mut PictureMut<'_>, colour: [u8; 3]) {
    for row in picture.rows_mut(0) {
        row.as_chunks_mut::<3>().0.fill(colour);
    }
}

fn draw_moment(
    target: &mut PictureMut<'_>,
    moment: &Moment,
    settings: &ContactSheet,
    (x, y): (u32, u32),
    (width, height): (u32, u32),
    lanes: u32,
) -> Result<()> {
    for lane in 0..lanes {
        let y = y + lane * (height + LANE_GAP);
        fill(&mut target.part_mut(Rectangle { x, y, width, height })?, BEHIND);
        let Some(small) = moment.lanes.iter().find(|small| small.lane == lane) else { continue };
        let (w, h) = small.picture.view().size();
        let (w_shown, h_shown) = (w.min(width), h.min(height));
        let shown = Rectangle { x: 0, y: 0, width: w_shown, height: h_shown };
        let place = Rectangle {
            x: x + (width - w_shown) / 2,
            y: y + (height - h_shown) / 2,
            width: w_shown,
            height: h_shown,
        };
        target.part_mut(place)?.copy_from(&small.picture.view().part(shown)?)?;
        if let Some(label) = settings.labels.get(lane as usize) {
            draw_label(target, label, (x, y), (width, height))?;
        }
    }
    let caption = clock(moment.timestamp_ns);
    let below = y + lanes * (height + LANE_GAP) - LANE_GAP + (CAPTION - font::HEIGHT) / 2 + 2;
    font::write(target, &caption, (x + 2, below), x + width, WRITING);
    Ok(())
}

/// Stream time in minutes, seconds and hundredths.
fn clock(timestamp_ns: i64) -> String {
    let hundredths = timestamp_ns.unsigned_abs() / 10_000_000;
    let sign = if timestamp_ns < 0 { "-" } else { "" };
    let (minutes, rest) = (hundredths / 6_000, hundredths % 6_000);
    format!("{sign}{minutes}:{:02}.{:02}", rest / 100, rest % 100)
}

/// A word on a dark ground in the top left corner of a picture.
fn draw_label(
    target: &mut PictureMut<'_>,
    label: &str,
    (x, y): (u32, u32),
    (width, height): (u32, u32),
) -> Result<()> {
    let ground = (font::width(label) + 10, font::HEIGHT + 8);
    if label.is_empty() || ground.0 + 12 > width || ground.1 + 12 > height {
        return Ok(());
    }
    let area = Rectangle { x: x + 6, y: y + 6, width: ground.0, height: ground.1 };
    fill(&mut target.part_mut(area)?, BACKGROUND);
    font::write(target, label, (x + 11, y + 10), x + width, WRITING);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which moments stand on a sheet of `columns` x `rows` after so many pictures.
    fn check(settings: &ContactSheet, pictures: u64, expect: &[u64]) {
        let mut sheet = Sheet::default();
        let mut small = PictureBuf::default();
        small.reset(PixelFormat::Rgb8, (8, 8), Colour::SRGB);
        for number in 0..pictures {
            if sheet.wants(settings, number) {
                sheet.add(number, 0, 0, &small.view()).unwrap();
            }
            sheet.settle(settings);
            assert!(sheet.moments.len() <= SURPLUS * cells(settings), "memory does not grow");
        }
        let count = sheet.moments.len().min(cells(settings));
        let all = sheet.moments.len();
        let shown: Vec<u64> =
            (0..count).map(|place| sheet.moments[spread(place, count, all)].number).collect();
        assert_eq!(shown, expect, "{pictures} pictures");
    }

    #[test]
    fn captions_are_clocks() {
        assert_eq!(clock(1_240_000_000), "0:01.24");
        assert_eq!(clock(3_725_999_999_999), "62:05.99");
        assert_eq!(clock(-500_000_000), "-0:00.50");
    }

    #[test]
    fn moments_are_taken_evenly_or_every_so_many() {
        let even = ContactSheet { columns: 2, rows: 2, ..ContactSheet::default() };
        check(&even, 0, &[]);
        check(&even, 1, &[0]);
        check(&even, 3, &[0, 1, 2]);
        check(&even, 7, &[0, 2, 4, 6]);
        check(&even, 132, &[0, 32, 80, 128]);
        check(&even, 100_000, &[0, 32_768, 65_536, 98_304]);
        let every = ContactSheet { every: 10, ..even };
        check(&every, 25, &[0, 10, 20]);
        check(&every, 1_000, &[0, 10, 20, 30]);
    }
}
