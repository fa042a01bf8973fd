//! The PNG writer: files are read back with the `png` crate.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use serde_json::json;
use streamlib_processor::VideoFrame;
use streamlib_processor::abi::media::{AlphaMode, Orientation, PixelFormat, Rational};
use streamlib_processor::harness::{DetachedOutput, Harness};
use streamlib_processor::schema::VideoFormat;
use streamlib_video::processors::{
    ContactSheet, Grayscale, GrayscaleConfig, PngWriter, PngWriterConfig, TestPattern,
    TestPatternConfig,
};

use crate::support::{format, plain, push, refusal, take, through};

/// Width, height, bytes a pixel and the pixels of a file.
fn read(path: &Path) -> (u32, u32, usize, Vec<u8>) {
    let file = BufReader::new(File::open(path).unwrap());
    let mut reader = png::Decoder::new(file).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    (info.width, info.height, info.color_type.samples(), pixels)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn config(path: impl AsRef<Path>) -> PngWriterConfig {
    PngWriterConfig { output_path: path.as_ref().display().to_string(), contact_sheet: None }
}

/// An RGB picture of 2x1 pixels, red and blue, described as `change` says.
fn red_and_blue(pixel_format: PixelFormat, change: impl FnOnce(&mut VideoFormat)) -> VideoFrame {
    let mut format = format(pixel_format, 2, 1);
    change(&mut format);
    let mut picture = DetachedOutput::<VideoFrame>::new().loan(&format, 0).unwrap();
    let alpha = if pixel_format == PixelFormat::Rgba8 { &[128][..] } else { &[] };
    let bytes = [&[255, 0, 0], alpha, &[0, 0, 255], alpha].concat();
    picture.plane_mut(0)[..bytes.len()].copy_from_slice(&bytes);
    picture.into()
}

fn check_single(frame: VideoFrame, expect: (u32, u32, usize, &[u8])) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("{number}.png");
    let mut harness = Harness::new::<PngWriter>(config(path)).unwrap();
    push(&mut harness, 0, frame);
    harness.call_until_idle().unwrap();
    assert_eq!(names(folder.path()), ["000000.png"]);
    let (width, height, samples, pixels) = read(&folder.path().join("000000.png"));
    assert_eq!((width, height, samples, &pixels[..]), expect);
}

#[test]
fn a_picture_is_written_as_it_is_to_be_seen() {
    use PixelFormat::{Rgb8, Rgba8};
    check_single(red_and_blue(Rgb8, |_| ()), (2, 1, 3, &[255, 0, 0, 0, 0, 255]));
    let turned = |format: &mut VideoFormat| {
        format.orientation = Orientation { quarter_turns: 1, mirrored: 1 };
    };
    check_single(red_and_blue(Rgb8, turned), (1, 2, 3, &[0, 0, 255, 255, 0, 0]));
    let straight = |format: &mut VideoFormat| format.alpha = AlphaMode::Straight;
    check_single(red_and_blue(Rgba8, straight), (2, 1, 4, &[255, 0, 0, 128, 0, 0, 255, 128]));
    let grey = plain(&format(PixelFormat::I420, 3, 2), 0, [16, 128, 128]);
    check_single(grey, (3, 2, 3, &[0; 18]));
    let mut wide = format(PixelFormat::Gray8, 4, 2);
    wide.sample_aspect = Rational::new(3, 2);
    check_single(plain(&wide, 0, [235, 0, 0]), (6, 2, 3, &[255; 36]));
}

#[test]
fn each_picture_and_lane_has_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("{lane}-{number}-{timestamp}.png");
    let mut harness = Harness::new::<PngWriter>(config(path)).unwrap();
    for at_ns in [0, 40_000_000] {
        for lane in 0..2 {
            push(&mut harness, lane, plain(&format(PixelFormat::Nv12, 8, 8), at_ns, [0; 3]));
        }
    }
    // Mid-stream another size.
    push(&mut harness, 0, plain(&format(PixelFormat::I420, 6, 4), 80_000_000, [0; 3]));
    harness.call_until_idle().unwrap();
    let expect = [
        "0-000000-0.png",
        "0-000001-40.png",
        "0-000002-80.png",
        "1-000000-0.png",
        "1-000001-40.png",
    ];
    assert_eq!(names(folder.path()), expect);
    assert_eq!(read(&folder.path().join("0-000002-80.png")).0, 6);
}

/// A sheet of before and after, as the demo makes it; gives its file's size and pixels.
fn sheet(folder: &Path, frames: u64) -> Option<(u32, u32, usize, Vec<u8>)> {
    let path = folder.join("sheet.png");
    let settings = ContactSheet {
        columns: 3,
        rows: 2,
        cell_width: 256,
        labels: vec!["before".into(), "after".into()],
        ..ContactSheet::default()
    };
    let mut writer = Harness::new::<PngWriter>(PngWriterConfig {
        contact_sheet: Some(settings),
        ..config(&path)
    })
    .unwrap();
    let mut source = Harness::new::<TestPattern>(TestPatternConfig {
        width: 512,
        height: 288,
        ..TestPatternConfig::default()
    })
    .unwrap();
    let mut gray = Harness::new::<Grayscale>(GrayscaleConfig::default()).unwrap();
    for _ in 0..frames {
        source.call().unwrap();
        let before = take(&mut source).unwrap();
        push(&mut writer, 0, before.clone());
        push(&mut writer, 1, through(&mut gray, before));
    }
    writer.call_until_idle().unwrap();
    assert!(!path.exists(), "nothing is written before the end");
    writer.end_of_stream().unwrap();
    path.exists().then(|| read(&path))
}

#[test]
fn a_contact_sheet_shows_before_and_after() {
    let folder = tempfile::tempdir().unwrap();
    let (width, height, samples, pixels) = sheet(folder.path(), 60).expect("a sheet is written");
    assert_eq!(names(folder.path()), ["sheet.png"], "no temporary file is left");
    // 3 x 256 and 2 gaps of 12 between margins of 24; 2 x (2 x (144 + 3) + 26) and a gap.
    assert_eq!((width, height, samples), (840, 694, 3));
    let pixel = |x: usize, y: usize| {
        let at = (y * width as usize + x) * 3;
        [pixels[at], pixels[at + 1], pixels[at + 2]]
    };
    let is_grey = |[r, g, b]: [u8; 3]| r.abs_diff(g) <= 3 && g.abs_diff(b) <= 3;
    let row = |y: usize| (0..256).map(|x| pixel(24 + x, y)).collect::<Vec<_>>();
    assert!(!row(24 + 70).into_iter().all(is_grey), "before has colours");
    assert!(row(24 + 147 + 70).into_iter().all(is_grey), "after has none");
}

#[test]
fn a_stream_without_pictures_makes_no_sheet() {
    let folder = tempfile::tempdir().unwrap();
    assert!(sheet(folder.path(), 0).is_none());
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_failed_graph_leaves_its_sheet_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sheet.png");
    let mut writer = Harness::new::<PngWriter>(config(&path)).unwrap();
    push(&mut writer, 0, plain(&format(PixelFormat::Rgb8, 64, 48), 0, [99; 3]));
    writer.call_until_idle().unwrap();
    writer.processor().teardown().unwrap();
    assert_eq!(read(&path).2, 3);
}

#[test]
fn what_cannot_work_is_refused_by_name() {
    assert_eq!(
        refusal::<PngWriter>(config("/no/such/folder/a.png")),
        "picture file `/no/such/folder/a.png` cannot be written: there is no folder \
         `/no/such/folder`; make it first"
    );
    assert_eq!(
        refusal::<PngWriter>(PngWriterConfig {
            contact_sheet: Some(ContactSheet::default()),
            ..config("{number}.png")
        }),
        "setting `output_path` is `{number}.png`, but a contact sheet is one file: leave out \
         {number} and {timestamp}"
    );
    assert!(refusal::<PngWriter>(config("")).starts_with("setting `output_path` is ``"));
    let zero = ContactSheet { columns: 0, ..ContactSheet::default() };
    let message =
        refusal::<PngWriter>(PngWriterConfig { contact_sheet: Some(zero), ..config("a.png") });
    assert!(message.contains("columns"), "{message}");
}

#[test]
fn a_write_that_fails_names_the_file_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    // A folder stands where the file should go, so renaming fails.
    std::fs::create_dir(folder.path().join("000000.png")).unwrap();
    std::fs::write(folder.path().join("000000.png").join("x"), "").unwrap();
    let path = folder.path().join("{number}.png");
    let mut writer = Harness::new::<PngWriter>(config(path)).unwrap();
    push(&mut writer, 0, plain(&format(PixelFormat::Rgb8, 8, 8), 0, [99; 3]));
    let message = writer.call_until_idle().unwrap_err().to_string();
    assert!(message.contains("000000.png` cannot be written"), "{message}");
    assert_eq!(names(folder.path()), ["000000.png"]);
}

#[test]
fn several_lanes_need_a_file_each() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Harness::new::<PngWriter>(config(folder.path().join("{number}.png"))).unwrap();
    for lane in 0..2 {
        push(&mut writer, lane, plain(&format(PixelFormat::Rgb8, 8, 8), 0, [99; 3]));
    }
    assert!(writer.call().unwrap_err().to_string().contains("{lane}"));
    let other = folder.path().join("{lane}-{number}.png").display().to_string();
    writer.update_config(&json!({ "output_path": other })).unwrap();
    writer.call_until_idle().unwrap();
    assert_eq!(names(folder.path()), ["0-000000.png", "1-000000.png"]);
}
