use std::path::Path;

use streamlib_codec::{VideoDecoderSettings, VideoPacket, video_decoder};
use streamlib_processor::harness::DetachedOutput;

use super::*;

/// Fills with the source's first sample of each plane.
struct FirstSample;

impl PictureScaler for FirstSample {
    fn scale(
        &mut self,
        source: &I420View<'_>,
        size: (u32, u32),
        planes: [&mut [u8]; 3],
    ) -> Result<(), String> {
        if size.0 > 64 {
            return Err("64 pixels are the limit".to_owned());
        }
        assert_eq!(planes[1].len() as u32, size.0 / 2 * (size.1 / 2));
        planes.into_iter().zip(source.planes).for_each(|(to, from)| to.fill(from[0]));
        Ok(())
    }
}

fn picture(size: (u32, u32), luma: u8, at_ns: i64) -> VideoFrame {
    let mut output = DetachedOutput::<VideoFrame>::new();
    let format = VideoFormat::new(PixelFormat::I420, size.0, size.1);
    let mut frame = output.loan(&format, at_ns).expect("a picture");
    frame.planes_mut().into_iter().for_each(|plane| plane.fill(128));
    frame.plane_mut(0).fill(luma);
    frame.into()
}

/// What becomes of a second picture of another size: the luma of both, decoded.
fn lumas(first: (u32, u32), second: (u32, u32)) -> Result<Vec<(u32, u8)>, String> {
    let settings = VideoSettings { bitrate: 1_000_000, key_frame_interval: 60 };
    let path = Path::new("film.mp4");
    let mut lane = VideoLane::default();
    lane.scale_with(Box::new(FirstSample));
    lane.picture(&picture(first, 60, 0), settings, path).expect("the first picture");
    let taken = lane.picture(&picture(second, 180, 40_000_000), settings, path);
    taken.map_err(|error| error.to_string())?;

    let start = lane.start.as_ref().expect("the track has started");
    let settings = VideoDecoderSettings {
        codec: Codec::H264,
        framing: Framing::LengthPrefixed,
        parameters: &start.track.stream_parameters,
    };
    let mut decoder = video_decoder(&settings).expect("a decoder");
    let mut found = Vec::new();
    while lane.queue.front().is_some() {
        lane.queue
            .pop(0, |sample| {
                let packet = VideoPacket { data: sample.data, pts_ns: 0 };
                decoder.decode(packet, &mut |decoded| {
                    found.push((decoded.picture.width, decoded.picture.planes[0][0]));
                })
            })
            .expect("it can be decoded");
    }
    Ok(found)
}

#[test]
fn pictures_of_another_size_are_scaled_to_the_first() {
    for second in [(32, 32), (128, 96), (62, 30)] {
        let found = lumas((64, 48), second).expect("they are scaled");
        let close =
            |index: usize, luma: u8| found[index].0 == 64 && found[index].1.abs_diff(luma) < 4;
        assert!(found.len() == 2 && close(0, 60) && close(1, 180), "{second:?}: {found:?}");
    }
}

#[test]
fn what_the_scaler_refuses_is_refused_by_name() {
    assert_eq!(
        lumas((128, 96), (32, 32)).expect_err("it refuses"),
        "cannot write 'film.mp4': input `video` got a picture of 32x32; 64 pixels are the limit"
    );
}
