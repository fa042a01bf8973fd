//! Sinks that fail, and samples that do not fit.

use std::io;

use streamlib_container::{
    ContainerError, FragmentedMp4Writer, SampleRef, TrackId, WriterOptions, WriterTrack,
};

use crate::film::{made_up, opus_track, video_track};

/// A disk with so many bytes left.
#[derive(Debug)]
struct SmallDisk(usize);

impl io::Write for SmallDisk {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let taken = part.len().min(self.0);
        self.0 -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_is_reported_with_the_path_and_ends_the_writing() {
    let film = made_up();
    let sink = SmallDisk(2_000);
    let (tracks, options) = (film.tracks.clone(), WriterOptions::default());
    let mut writer =
        FragmentedMp4Writer::new(sink, "full/film.mp4", tracks, options).expect("the start fits");
    let mut errors = film.samples.iter().filter_map(|sample| {
        writer.write_sample(sample.track, &sample.borrow()).err().map(|error| error.to_string())
    });
    assert_eq!(errors.next().as_deref(), Some("cannot write 'full/film.mp4'"));
    let second = errors.next().expect("writing is over");
    assert!(second.ends_with("the file could not be written to before"), "{second}");
}

#[test]
fn a_full_device_is_noticed_at_once() {
    let made = FragmentedMp4Writer::create("/dev/full", vec![video_track()], Default::default());
    let error = made.expect_err("nothing can be written there");
    let ContainerError::Io { action: "write", source, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(source.kind(), io::ErrorKind::StorageFull);
    assert_eq!(error.to_string(), "cannot write '/dev/full'");
}

#[test]
fn a_folder_that_is_not_there() {
    let tracks = vec![video_track()];
    let made = FragmentedMp4Writer::create("/no/such/film.mp4", tracks, Default::default());
    let error = made.expect_err("there is no such folder");
    assert_eq!(error.to_string(), "cannot create '/no/such/film.mp4'");
}

fn check_tracks(tracks: Vec<WriterTrack>, expected: &str) {
    let made = FragmentedMp4Writer::new(Vec::new(), "film.mp4", tracks, WriterOptions::default());
    let error = made.expect_err("the tracks are not valid").to_string();
    assert_eq!(error, format!("cannot write 'film.mp4': {expected}"));
}

#[test]
fn tracks_that_cannot_be_written() {
    check_tracks(vec![], "it has no tracks");
    let without = WriterTrack { stream_parameters: Vec::new(), ..video_track() };
    check_tracks(vec![opus_track(), without], "track 2: h264 needs the decoder's parameters");
    let without = WriterTrack { stream_parameters: Vec::new(), ..opus_track() };
    check_tracks(vec![without], "track 1: the Opus parameters are not a 'dOps' of 2 channels");
    let codec = streamlib_abi::media::Codec::Mp3;
    let mp3 = WriterTrack { codec, ..opus_track() };
    check_tracks(vec![mp3], "track 1: mp3 is not written as such a track");
}

/// After a sample at 10, `sample` of `track` is refused with `expected`, and the writer goes on.
fn check_sample(track: u32, dts: i64, pts: i64, data: &[u8], expected: &str) {
    let tracks = vec![video_track(), opus_track()];
    let mut writer =
        FragmentedMp4Writer::new(Vec::new(), "film.mp4", tracks, WriterOptions::default())
            .expect("the tracks are valid");
    let good = SampleRef { dts: 10, pts: 10, duration: 1, key_frame: true, data: b"x" };
    writer.write_sample(TrackId(1), &good).expect("a good sample");
    let sample = SampleRef { dts, pts, data, ..good };
    let error = writer.write_sample(TrackId(track), &sample).expect_err("the sample does not fit");
    let place = format!("cannot write a sample of track {track} at {dts} ticks to 'film.mp4'");
    assert_eq!(error.to_string(), format!("{place}: {expected}"));
    let next = SampleRef { dts: 11, pts: 11, ..good };
    writer.write_sample(TrackId(1), &next).expect("the writer goes on");
}

#[test]
fn samples_that_do_not_fit() {
    check_sample(3, 11, 11, b"x", "the file has no such track");
    check_sample(0, 11, 11, b"x", "the file has no such track");
    check_sample(1, 11, 11, b"", "it has 0 bytes");
    check_sample(
        1,
        10,
        10,
        b"x",
        "the sample before it has the decode time 10, not an earlier one",
    );
    check_sample(
        1,
        11,
        1 << 40,
        b"x",
        "its presentation time is 1099511627765 ticks from its decode time",
    );
    check_sample(
        2,
        -313,
        -313,
        b"x",
        "the track starts -312 ticks from 0, and a decode time cannot be earlier",
    );
    check_sample(2, 0, 1, b"x", "sound has presentation times that differ from its decode times");
}
