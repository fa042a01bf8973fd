//! A recording that stops anywhere keeps every fragment that was handed over.

use std::{
    cell::RefCell,
    io::{self, BufRead, BufReader},
    process::{Command, Stdio},
    rc::Rc,
};

use streamlib_container::{ContainerError, FragmentedMp4Writer, Mp4File, TrackId, WriterOptions};

use crate::{
    clips, ffprobe,
    film::{Film, made_up},
};

/// A sink that notes its length at each flush.
#[derive(Debug, Default, Clone)]
struct Recorder {
    bytes: Rc<RefCell<Vec<u8>>>,
    flushes: Rc<RefCell<Vec<usize>>>,
}

impl io::Write for Recorder {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        self.bytes.borrow_mut().extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.flushes.borrow_mut().push(self.bytes.borrow().len());
        Ok(())
    }
}

/// The bytes of `film`, and for each flush how long the file was and how many samples it held.
fn record(film: &Film) -> (Vec<u8>, Vec<(usize, usize)>) {
    let sink = Recorder::default();
    let (tracks, options) = (film.tracks.clone(), WriterOptions::default());
    let mut writer = FragmentedMp4Writer::new(sink.clone(), "memory", tracks, options)
        .expect("the tracks are valid");
    let mut held = Vec::new();
    for (index, sample) in film.samples.iter().enumerate() {
        writer.write_sample(sample.track, &sample.borrow()).expect("the sample fits");
        held.resize(sink.flushes.borrow().len(), index);
    }
    writer.finish().expect("memory takes everything");
    held.resize(sink.flushes.borrow().len(), film.samples.len());
    let lengths = sink.flushes.borrow().clone();
    let bytes = sink.bytes.borrow().clone();
    (bytes, lengths.into_iter().zip(held).collect())
}

#[test]
fn every_cut_keeps_the_whole_fragments() {
    let film = made_up();
    let (bytes, flushes) = record(&film);
    let (init_length, first) = flushes[0];
    assert_eq!(first, 0, "the start of the file is there before the first sample");
    assert_eq!(flushes.len(), 10, "one for the start, 8 fragments, one for the index");
    for cut in 1..init_length {
        let error = Mp4File::parse(&bytes[..cut], "cut.mp4").expect_err("no film without a start");
        let expected = matches!(
            error,
            ContainerError::Truncated { .. }
                | ContainerError::NoMovie { .. }
                | ContainerError::NotMp4 { .. }
        );
        assert!(expected, "{cut}: {error}");
    }
    for cut in init_length..=bytes.len() {
        let (length, count) = flushes.iter().rfind(|flush| flush.0 <= cut).expect("the start");
        let mut file = Mp4File::parse(&bytes[..cut], "cut.mp4").expect("the start is whole");
        let packets = clips::packets(&mut file);
        assert_eq!(packets.len(), *count, "cut at {cut}");
        let whole = cut == *length;
        assert_eq!(file.truncation().is_none(), whole, "cut at {cut}: {:?}", file.truncation());
    }
}

#[test]
fn a_fragment_lasts_no_longer_than_its_limit() {
    let mut film = made_up();
    film.samples.iter_mut().for_each(|sample| sample.key_frame |= sample.dts == 0);
    for sample in film.samples.iter_mut().filter(|sample| sample.track.0 == 1) {
        sample.key_frame = sample.dts == 0;
    }
    let (_, flushes) = record(&film);
    // Without key frames to cut at: the start, three fragments of a second, the index.
    assert_eq!(flushes.iter().map(|flush| flush.1).collect::<Vec<_>>(), [0, 75, 150, 225, 225]);
}

#[test]
fn ffprobe_reads_the_whole_fragments_of_a_cut_film() {
    let film = Film::read(&clips::b_frames());
    let (bytes, flushes) = record(&film);
    let path = clips::folder().join("cut-for-ffprobe.mp4");
    let (init_length, step) = (flushes[0].0, bytes.len() / 12);
    let cuts = (init_length..bytes.len()).step_by(step);
    for cut in cuts.chain(flushes.iter().map(|flush| flush.0)) {
        std::fs::write(&path, &bytes[..cut]).expect("the cut film can be written");
        let (_, count) = *flushes.iter().rfind(|flush| flush.0 <= cut).expect("the start");
        let probed = ffprobe::packets(&path);
        let whole = &film.samples[..count];
        for (stream, id) in film.ids().into_iter().enumerate() {
            let expected: Vec<_> =
                whole.iter().filter(|s| s.track == id).map(|s| (s.dts, s.pts)).collect();
            let found = probed.iter().filter(|packet| packet.stream == stream);
            let found: Vec<_> = found.map(|p| (p.dts, p.pts)).take(expected.len()).collect();
            assert_eq!(found, expected, "cut at {cut}, stream {stream}");
        }
    }
}

/// The other process of the test below: writes a film to the path in this variable, says after each
/// fragment how many samples are in the file, and does not stop by itself for a long time.
const ENDLESS_FILM: &str = "STREAMLIB_CONTAINER_ENDLESS_FILM";

#[test]
#[ignore = "run by a_killed_process_leaves_its_fragments"]
fn endless_film() {
    let Some(path) = std::env::var_os(ENDLESS_FILM) else {
        return;
    };
    let mut film = made_up();
    let mut writer =
        FragmentedMp4Writer::create(path, film.tracks.clone(), WriterOptions::default())
            .expect("the file can be created");
    let (mut count, mut length) = (0, writer.written_bytes());
    for _ in 0..100_000 {
        for sample in &mut film.samples {
            writer.write_sample(sample.track, &sample.borrow()).expect("the sample fits");
            if writer.written_bytes() > length {
                length = writer.written_bytes();
                println!("fragment {count}");
            }
            count += 1;
            let seconds_3 = if sample.track.0 == 1 { 75 } else { 144_000 };
            sample.dts += seconds_3;
            sample.pts += seconds_3;
        }
    }
}

#[test]
fn a_killed_process_leaves_its_fragments() {
    let path = clips::folder().join("killed.mp4");
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "crash::endless_film", "--ignored", "--nocapture"])
        .env(ENDLESS_FILM, &path)
        .stdout(Stdio::piped())
        .spawn()
        .expect("this program can be run");
    let output = BufReader::new(child.stdout.take().expect("a pipe"));
    let promised = output
        .lines()
        .map_while(Result::ok)
        .filter_map(|line| line.strip_prefix("fragment ")?.parse::<usize>().ok())
        .nth(40)
        .expect("the film is long enough");
    child.kill().expect("it runs");
    child.wait().expect("it was killed");
    let mut file = Mp4File::open(&path).expect("the start is whole");
    let packets = clips::packets(&mut file);
    assert!(packets.len() >= promised, "{} of {promised}", packets.len());
    let times = |id| packets.iter().filter(move |p| p.track == TrackId(id)).map(|p| p.dts);
    assert!(times(1).enumerate().all(|(index, dts)| dts == index as i64));
    assert!(times(2).enumerate().all(|(index, dts)| dts == index as i64 * 960 - 312));
}
