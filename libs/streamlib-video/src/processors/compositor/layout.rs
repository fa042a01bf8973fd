//! Where each lane goes: pure arithmetic on sizes.

use streamlib_processor::abi::media::Rectangle;

use super::{CompositorConfig, Layout, Position};
use crate::scale::fit;

/// The distance of small pictures to the edge and to each other, as a part of the width.
const MARGIN: f64 = 0.02;

/// The longest side, pixels.
const MAX_SIDE: u32 = 32_768;

fn even(side: u32) -> u32 {
    side.next_multiple_of(2).clamp(2, MAX_SIDE)
}

fn even_down(side: u32) -> u32 {
    side - side % 2
}

fn shape((width, height): (u32, u32)) -> (u64, u64) {
    (u64::from(width), u64::from(height))
}

/// The largest rectangle of the shape of `size` in the middle of `room`, at even places.
fn centred(size: (u32, u32), room: Rectangle) -> Rectangle {
    let (width, height) = fit(shape(size), (room.width, room.height));
    // A bar of one pixel is not worth the scaling.
    let width = if room.width - width < 2 { room.width } else { width };
    let height = if room.height - height < 2 { room.height } else { height };
    Rectangle {
        x: room.x + even_down((room.width - width) / 2),
        y: room.y + even_down((room.height - height) / 2),
        width,
        height,
    }
}

/// Fills `cells` with the place of each lane (`None`: it has none) and gives the whole size.
/// `sizes` are the shown sizes of the lanes, `None` for those that were never seen.
pub(super) fn arrange(
    config: &CompositorConfig,
    sizes: impl Iterator<Item = Option<(u32, u32)>> + Clone,
    cells: &mut Vec<Option<Rectangle>>,
) -> (u32, u32) {
    cells.clear();
    match config.layout {
        Layout::SideBySide => side_by_side(config, sizes, cells),
        Layout::Overlay => overlay(config, sizes, cells),
    }
}

fn side_by_side(
    config: &CompositorConfig,
    sizes: impl Iterator<Item = Option<(u32, u32)>> + Clone,
    cells: &mut Vec<Option<Rectangle>>,
) -> (u32, u32) {
    let shown = sizes.clone().flatten().count().max(1) as u32;
    let first = sizes.clone().flatten().next().unwrap_or((2, 2));
    let height = even(if config.height > 0 { config.height } else { first.1 });
    let share = even_down(even(config.width) / shown).max(2);
    let mut x = 0;
    for size in sizes {
        let Some(size) = size else {
            cells.push(None);
            continue;
        };
        let room_left = MAX_SIDE.saturating_sub(x);
        let natural = even(fit(shape(size), (MAX_SIDE, height)).0);
        let width = if config.width > 0 { share } else { natural }.min(room_left);
        if width == 0 {
            cells.push(None);
            continue;
        }
        cells.push(Some(centred(size, Rectangle { x, y: 0, width, height })));
        x += width;
    }
    (if config.width > 0 { even(config.width) } else { x.max(2) }, height)
}

fn overlay(
    config: &CompositorConfig,
    sizes: impl Iterator<Item = Option<(u32, u32)>> + Clone,
    cells: &mut Vec<Option<Rectangle>>,
) -> (u32, u32) {
    let first = sizes.clone().flatten().next().unwrap_or((2, 2));
    let (width, height) = match (config.width, config.height) {
        (0, 0) => (even(first.0), even(first.1)),
        (0, height) => (even(fit(shape(first), (MAX_SIDE, height)).0), even(height)),
        (width, 0) => (even(width), even(fit(shape(first), (width, MAX_SIDE)).1)),
        (width, height) => (even(width), even(height)),
    };
    let whole = Rectangle { x: 0, y: 0, width, height };
    let margin = even_down((f64::from(width) * MARGIN) as u32);
    let small_width = even((f64::from(width) * config.size) as u32).min(width);
    let mut stacked = margin;
    for (number, size) in sizes.enumerate() {
        let Some(size) = size else {
            cells.push(None);
            continue;
        };
        if number == 0 {
            cells.push(Some(centred(size, whole)));
            continue;
        }
        let (w, h) = fit(shape(size), (small_width, height));
        let (right, bottom) = ((width - w).saturating_sub(margin), height - h);
        let (x, y) = match config.position {
            Position::TopLeft => (margin.min(width - w), stacked),
            Position::TopRight => (right, stacked),
            Position::BottomLeft => (margin.min(width - w), bottom.saturating_sub(stacked)),
            Position::BottomRight => (right, bottom.saturating_sub(stacked)),
            Position::Center => ((width - w) / 2, bottom / 2),
        };
        let (x, y) = (even_down(x), even_down(y.min(bottom)));
        cells.push(Some(Rectangle { x, y, width: w, height: h }));
        stacked = stacked.saturating_add(h).saturating_add(margin);
    }
    (width, height)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        config: &CompositorConfig,
        sizes: &[Option<(u32, u32)>],
        whole: (u32, u32),
        expect: &[Option<[u32; 4]>],
    ) {
        let mut cells = Vec::new();
        let size = arrange(config, sizes.iter().copied(), &mut cells);
        assert_eq!(size, whole, "{config:?}");
        let cells: Vec<_> =
            cells.iter().map(|cell| cell.map(|c| [c.x, c.y, c.width, c.height])).collect();
        assert_eq!(cells, expect, "{config:?}");
        for cell in cells.iter().flatten() {
            assert!(cell[0] + cell[2] <= whole.0 && cell[1] + cell[3] <= whole.1, "{cell:?}");
        }
    }

    const HD: Option<(u32, u32)> = Some((1280, 720));

    #[test]
    fn side_by_side_lanes_share_a_height() {
        let natural = CompositorConfig::default();
        check(
            &natural,
            &[HD, HD],
            (2560, 720),
            &[Some([0, 0, 1280, 720]), Some([1280, 0, 1280, 720])],
        );
        check(
            &natural,
            &[HD, None, Some((320, 240))],
            (2240, 720),
            &[Some([0, 0, 1280, 720]), None, Some([1280, 0, 960, 720])],
        );
        let fixed = CompositorConfig { width: 1280, height: 720, ..natural };
        check(
            &fixed,
            &[HD, Some((480, 640))],
            (1280, 720),
            &[Some([0, 180, 640, 360]), Some([690, 0, 540, 720])],
        );
    }

    #[test]
    fn small_pictures_lie_in_their_corner() {
        let config = CompositorConfig { layout: Layout::Overlay, ..CompositorConfig::default() };
        check(
            &config,
            &[HD, HD, HD],
            (1280, 720),
            &[Some([0, 0, 1280, 720]), Some([872, 480, 384, 216]), Some([872, 240, 384, 216])],
        );
        let corner = CompositorConfig { position: Position::TopLeft, size: 0.5, ..config.clone() };
        check(
            &corner,
            &[HD, HD],
            (1280, 720),
            &[Some([0, 0, 1280, 720]), Some([24, 24, 640, 360])],
        );
        let whole = CompositorConfig { position: Position::Center, size: 1.0, ..config };
        check(&whole, &[HD, HD], (1280, 720), &[Some([0, 0, 1280, 720]), Some([0, 0, 1280, 720])]);
    }
}
