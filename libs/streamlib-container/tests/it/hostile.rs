//! Files that are damaged on purpose: an error or a film, never a panic, never much memory.

use std::path::PathBuf;

use allocation_counter::measure;
use proptest::prelude::*;
use streamlib_container::{ContainerError, Mp4File, WriterOptions};

use crate::{clips, edits::patched, film::made_up};

/// Opens and reads `bytes` in every way; answers the error of opening it, if there was one.
///
/// Opening may take 16 times the size of the file: entries of 4 bytes become structs of 16, in
/// lists that double as they grow.
fn exercise(bytes: &[u8]) -> Option<ContainerError> {
    let mut opened = None;
    let allocated = measure(|| opened = Some(Mp4File::parse(bytes, "hostile.mp4")));
    let limit = bytes.len() as u64 * 16 + 65_536;
    assert!(allocated.bytes_max < limit, "{allocated:?} for {} bytes", bytes.len());
    let mut file = match opened.expect("it was opened") {
        Ok(file) => file,
        Err(error) => {
            assert!(error.to_string().contains("hostile.mp4"), "{error}");
            return Some(error);
        }
    };
    let ids: Vec<_> = file.tracks().map(|track| track.id).collect();
    for id in ids {
        if file.select(&[id]).is_err() {
            continue;
        }
        let mut buffer = Vec::new();
        for _ in 0..1_000 {
            let Some(packet) = file.next_packet() else {
                break;
            };
            let end = packet.offset + u64::from(packet.size);
            assert!(end <= bytes.len() as u64, "{packet:?} lies in the file");
            buffer.resize(packet.size as usize, 0);
            file.read(&packet, &mut buffer).expect("the bytes are there");
        }
    }
    assert!(file.duration_ns() >= 0);
    None
}

/// Clips with every kind of table, and where in each the boxes are that are not media.
fn corpus() -> Vec<(Vec<u8>, Vec<usize>)> {
    let read = |path: PathBuf| std::fs::read(path).expect("the clip can be read");
    let mut films: Vec<Vec<u8>> = [
        clips::b_frames(),
        clips::fragmented(),
        clips::hybrid(),
        clips::opus(),
        clips::late_audio(),
    ]
    .map(read)
    .into();
    films.push(made_up().encode(WriterOptions::default()));
    films.into_iter().map(|bytes| (places(&bytes), bytes)).map(|(p, b)| (b, p)).collect()
}

/// Places of all bytes that are not in an `mdat`.
fn places(bytes: &[u8]) -> Vec<usize> {
    let (mut places, mut offset) = (Vec::new(), 0);
    while let Some(header) = bytes[offset..].first_chunk::<8>() {
        let [s0, s1, s2, s3, name @ ..] = *header;
        let size = u32::from_be_bytes([s0, s1, s2, s3]) as usize;
        let end = if name == *b"mdat" { offset + 8 } else { offset + size };
        places.extend(offset..end);
        offset += size;
    }
    places
}

proptest! {
    #[test]
    fn changed_bytes(
        film in 0..6_usize,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 1..5_usize), 1..6),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        thread_local! {
            static CORPUS: Vec<(Vec<u8>, Vec<usize>)> = corpus();
        }
        CORPUS.with(|corpus| {
            let (mut bytes, places) = corpus[film].clone();
            for (place, value, count) in changes {
                let start = places[place.index(places.len())];
                bytes.iter_mut().skip(start).take(count).for_each(|byte| *byte = value);
            }
            if let Some(cut) = cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            exercise(&bytes);
        });
    }

    #[test]
    fn noise(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        exercise(&bytes);
        let mut behind_a_start = b"\0\0\0\x10ftypisom\0\0\0\0\0\0\0\xffmoov".to_vec();
        behind_a_start.extend(bytes);
        exercise(&behind_a_start);
    }
}

/// The film with one field changed cannot be opened, for `reason`.
fn check(name: &str, place: usize, value: &[u8], reason: &str) {
    let error = exercise(&patched(&clips::b_frames(), name, 0, place, value));
    let text = error.map(|error| error.to_string()).unwrap_or_else(|| "no error".to_owned());
    assert!(text.contains(reason), "{name}+{place}: {text}");
}

const MUCH: &[u8] = &[0xff; 4];

#[test]
fn claims_that_the_file_cannot_keep() {
    // Counts: of entries, of samples of one size, of samples of one entry.
    check("stts", 4, MUCH, "box 'stts'");
    check("ctts", 4, MUCH, "box 'ctts'");
    check("stsc", 4, MUCH, "box 'stsc'");
    check("stsz", 8, MUCH, "box 'stsz'");
    check("stco", 4, MUCH, "box 'stco'");
    check("stss", 4, MUCH, "box 'stss'");
    check("elst", 4, MUCH, "box 'elst'");
    check("stsd", 4, &[0; 4], "no error");
    check("stsz", 4, MUCH, "needs the file to be");
    check("stsz", 4, &[0, 0, 0, 1], "no error");
    check("stts", 8, &[0; 4], "has times for");
    check("stts", 8, &[0xff; 8], "'stts' adds up to 18446744065119617025 ticks");
    check("stco", 8, MUCH, "needs the file to be");
    check("stsc", 8, &[0, 0, 0, 2], "do not rise from 1");
    check("stsc", 12, &[0; 4], "its chunks hold");
    // Sizes: of the box, of a box inside.
    check("moov", 0, MUCH, "box 'mvhd' at byte");
    check("trak", 0, MUCH, "it claims 4294967295 bytes and its parent has");
    check("mdhd", 12, &[0; 4], "box 'mdhd'");
    check("tkhd", 12, &[0; 4], "the track number 0");
    check("tkhd", 12, &[0, 0, 0, 2], "a second track has the number 2");
    check("avcC", 0, MUCH, "no error");
    check("stbl", 0, MUCH, "box 'stsd'");
}

#[test]
fn fragments_that_the_file_cannot_keep() {
    let film = |name: &str, place: usize, value: &[u8]| {
        exercise(&patched(&clips::fragmented(), name, 0, place, value))
            .map(|error| error.to_string())
            .unwrap_or_default()
    };
    let much = film("trun", 4, MUCH);
    assert!(much.contains("it claims 4294967295 samples and ends before them"), "{much}");
    // No field for each sample, and sizes from the defaults: 4,294,967,295 samples in 20 bytes.
    let uniform = film("trun", 1, &[0, 0, 1, 0xff, 0xff, 0xff, 0xff]);
    assert_eq!(uniform, "", "more data than the file has is a fragment that was cut");
    let unknown = film("tfhd", 4, &[0, 0, 0, 9]);
    assert!(unknown.contains("'moov' knows no fragmented track 9"), "{unknown}");
    let late = film("tfdt", 4, MUCH);
    assert!(late.contains("box 'tfdt'"), "{late}");
}

#[test]
fn samples_without_bytes_are_not_counted() {
    // A run without a size for each sample, in a track whose samples have no size by default.
    let bytes = made_up().encode(WriterOptions::default());
    let place = bytes.windows(4).position(|name| name == b"trun").expect("a run") + 4;
    let mut empty = bytes;
    empty[place + 1..place + 8].copy_from_slice(&[0, 0, 1, 0xff, 0xff, 0xff, 0xff]);
    let error = exercise(&empty).expect("it cannot be opened").to_string();
    assert!(error.ends_with("it claims 4294967295 samples of no bytes"), "{error}");
}

#[test]
fn another_description_in_a_fragment() {
    let bytes = patched(&clips::fragmented(), "trex", 0, 8, &[0, 0, 0, 2]);
    let mut file = Mp4File::parse(&bytes, "film.mp4").expect("the other track can be read");
    let ids: Vec<_> = file.tracks().map(|track| track.id).collect();
    let error = file.select(&ids).expect_err("the first cannot be read").to_string();
    assert!(error.contains("uses another sample description in a fragment"), "{error}");
    file.select(&ids[1..]).expect("the second track can be read");
}

#[test]
fn a_box_larger_than_any_real_one_is_not_read() {
    let path = clips::folder().join("large.mp4");
    std::fs::write(&path, b"\0\0\0\x10ftypisom\0\0\0\0\x20\0\0\0moov").expect("it can be written");
    let file = std::fs::File::options().write(true).open(&path).expect("it can be opened");
    file.set_len(0x2000_0010).expect("holes take no room");
    let mut error = None;
    let allocated = measure(|| error = Mp4File::open(&path).err());
    let error = error.expect("it cannot be opened").to_string();
    let expected = "box 'moov' at byte 16 claims 536870912 bytes, and at most 268435456 are read";
    assert!(error.ends_with(expected), "{error}");
    assert!(allocated.bytes_max < 10_000, "{allocated:?}");
    std::fs::remove_file(path).expect("it can be removed");
}
