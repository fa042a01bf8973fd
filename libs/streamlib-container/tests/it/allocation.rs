//! Nothing is allocated for each packet, and no file makes the reader allocate more than its size.

use std::io;

use allocation_counter::measure;
use streamlib_container::{FragmentedMp4Writer, Mp4File, WriterOptions};

use crate::{clips, film::made_up};

#[test]
fn a_warm_writer_allocates_nothing() {
    let mut film = made_up();
    let (tracks, options) = (film.tracks.clone(), WriterOptions::default());
    let mut writer = FragmentedMp4Writer::new(io::sink(), "sink", tracks, options)
        .expect("the tracks are valid");
    let mut again = |writer: &mut FragmentedMp4Writer<io::Sink>| {
        film.write_to(writer);
        for sample in &mut film.samples {
            let seconds_3 = if sample.track.0 == 1 { 75 } else { 144_000 };
            sample.dts += seconds_3;
            sample.pts += seconds_3;
        }
    };
    again(&mut writer);
    again(&mut writer);
    let allocated = measure(|| (0..100).for_each(|_| again(&mut writer)));
    assert_eq!(allocated.count_total, 0, "{allocated:?}");
}

#[test]
fn packets_are_found_and_read_without_allocating() {
    for clip in clips::all() {
        let mut file = Mp4File::open(&clip).expect("the clip can be read");
        let packets = clips::packets(&mut file);
        let mut buffer = vec![0; packets.iter().map(|p| p.size as usize).max().unwrap_or(0)];
        let mut count = 0;
        let allocated = measure(|| {
            file.seek(0);
            file.rewind();
            while let Some(packet) = file.next_packet() {
                let read = file.read(&packet, &mut buffer[..packet.size as usize]);
                count += usize::from(read.is_ok());
            }
        });
        assert_eq!((count, allocated.count_total), (packets.len(), 0), "{}", clip.display());
    }
}
