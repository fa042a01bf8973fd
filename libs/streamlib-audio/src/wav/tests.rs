use std::io::Cursor;

use streamlib_processor::abi::media::ChannelLayout;

use super::*;

fn number(bytes: &[u8], at: usize, length: usize) -> u64 {
    bytes[at..at + length].iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

/// The chunks of a file: names, where their content starts, and how long they say it is.
fn chunks(bytes: &[u8]) -> Vec<(String, usize, u64)> {
    let mut found = Vec::new();
    let mut at = 12;
    while at + 8 <= bytes.len() {
        let name = String::from_utf8_lossy(&bytes[at..at + 4]).into_owned();
        let length = number(bytes, at + 4, 4);
        found.push((name, at + 8, length));
        at += 8 + usize::try_from(length + length % 2).unwrap();
    }
    found
}

#[test]
fn the_header_says_what_is_in_the_file() {
    let format = AudioFormat::new(48_000, 6);
    let mut file = WavFile::start(Cursor::new(Vec::new()), format, WavSample::S24).unwrap();
    file.write(&[0.0; 60]).unwrap();
    file.finish().unwrap();
    let bytes = file.get_ref().get_ref();
    assert_eq!((&bytes[..4], &bytes[8..12]), (b"RIFF".as_slice(), b"WAVE".as_slice()));
    assert_eq!(number(bytes, 4, 4) as usize, bytes.len() - 8);
    let found = chunks(bytes);
    let names: Vec<&str> = found.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(names, ["JUNK", "fmt ", "fact", "data"]);
    let format = found[1].1;
    // Extensible, 6 channels, 48 kHz, bytes a second, bytes a frame, bits.
    let fields =
        [(0, 2, 0xFFFE), (2, 2, 6), (4, 4, 48_000), (8, 4, 864_000), (12, 2, 18), (14, 2, 24)];
    for (offset, length, expect) in fields {
        assert_eq!(number(bytes, format + offset, length), expect, "at {offset}");
    }
    // FL FR FC LFE BL BR; integers.
    assert_eq!((number(bytes, format + 20, 4), number(bytes, format + 24, 2)), (0x3F, 1));
    assert_eq!(number(bytes, found[2].1, 4), 10);
    assert_eq!((found[3].1, found[3].2), (HEADER_BYTES, 180));
}

#[test]
fn an_odd_chunk_is_made_even() {
    let format = AudioFormat::new(8_000, 1);
    let mut file = WavFile::start(Cursor::new(Vec::new()), format, WavSample::S24).unwrap();
    file.write(&[0.5]).unwrap();
    file.finish().unwrap();
    let bytes = file.get_ref().get_ref();
    assert_eq!((bytes.len(), number(bytes, 4, 4)), (HEADER_BYTES + 4, HEADER_BYTES as u64 + 4 - 8));
    assert_eq!(number(bytes, HEADER_BYTES - 4, 4), 3);
}

#[test]
fn over_four_gibibytes_the_header_is_that_of_rf64() {
    let format = AudioFormat::new(48_000, 2);
    let last_short = (u64::from(u32::MAX) - HEADER_BYTES as u64 + 8) / 4;
    assert_eq!(&header(&format, WavSample::S16, last_short)[..4], b"RIFF");
    let frames = last_short + 1;
    let bytes = header(&format, WavSample::S16, frames);
    assert_eq!((&bytes[..4], number(&bytes, 4, 4)), (b"RF64".as_slice(), u64::from(u32::MAX)));
    assert_eq!((&bytes[12..16], number(&bytes, 16, 4)), (b"ds64".as_slice(), 28));
    assert_eq!(number(&bytes, 20, 8), frames * 4 + HEADER_BYTES as u64 - 8);
    assert_eq!((number(&bytes, 28, 8), number(&bytes, 36, 8)), (frames * 4, frames));
    assert_eq!(number(&bytes, HEADER_BYTES - 4, 4), u64::from(u32::MAX));
}

#[test]
fn samples_are_rounded_and_cut_off() {
    fn check(form: WavSample, expect: &[u8]) {
        let mut bytes = Vec::new();
        encode_samples(&[0.5, -1.0, 1.5, f32::NAN], form, &mut bytes);
        assert_eq!(bytes, expect, "{form:?}");
    }
    check(WavSample::S16, &[0x00, 0x40, 0x00, 0x80, 0xFF, 0x7F, 0, 0]);
    check(WavSample::S24, &[0, 0, 0x40, 0, 0, 0x80, 0xFF, 0xFF, 0x7F, 0, 0, 0]);
    let mut bytes = Vec::new();
    encode_samples(&[1.5], WavSample::F32, &mut bytes);
    assert_eq!(bytes, 1.5_f32.to_le_bytes());
}

#[test]
fn the_speakers_of_every_layout_are_in_the_order_of_the_file() {
    for layout in ChannelLayout::ALL {
        let places: Vec<u8> = layout.speakers().iter().map(|place| *place as u8).collect();
        assert!(places.is_sorted(), "{layout}");
    }
}

/// A place to write that holds so many bytes.
#[derive(Debug)]
struct FullDisk {
    bytes: Cursor<Vec<u8>>,
    room: usize,
}

impl Write for FullDisk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let free = self.room.saturating_sub(self.bytes.position() as usize);
        match bytes.len().min(free) {
            0 if !bytes.is_empty() => Err(io::ErrorKind::StorageFull.into()),
            length => self.bytes.write(&bytes[..length]),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for FullDisk {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.bytes.seek(to)
    }
}

#[test]
fn what_was_written_counts_while_the_file_grows_and_after_a_full_disk() {
    let disk = FullDisk { bytes: Cursor::new(Vec::new()), room: HEADER_BYTES + 2_011 };
    let mut file = WavFile::start(disk, AudioFormat::new(100, 1), WavSample::S16).unwrap();
    let data_bytes =
        |file: &WavFile<FullDisk>| number(file.get_ref().bytes.get_ref(), HEADER_BYTES - 4, 4);
    file.write(&[0.1; 99]).unwrap();
    assert_eq!(data_bytes(&file), 0, "less than a second");
    file.write(&[0.1; 99]).unwrap();
    assert_eq!(data_bytes(&file), 396);
    file.write_silence(802).unwrap();
    let error = file.write(&[0.1; 10]).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    file.finish().unwrap();
    assert_eq!((data_bytes(&file), file.frames()), (2_000, 1_000));
}
