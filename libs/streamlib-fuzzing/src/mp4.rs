//! MP4 files.

use streamlib_container::Mp4File;

/// Packets that are read of one track: enough to pass every kind of table.
const PACKETS_MAX: usize = 300;

/// Opens a file and reads every track of it: from the start, and after a jump.
///
/// # Panics
/// A packet lies outside of the file, or cannot be read though it lies inside.
pub fn mp4(bytes: &[u8]) {
    let mut file = match Mp4File::parse(bytes, "hostile.mp4") {
        Ok(file) => file,
        Err(error) => return assert!(error.to_string().contains("hostile.mp4"), "{error}"),
    };
    assert!(file.duration_ns() >= 0);
    let ids: Vec<_> = file.tracks().map(|track| track.id).collect();
    for id in &ids {
        if file.select(&[*id]).is_err() {
            continue;
        }
        read_packets(&mut file, bytes.len());
        for time_ns in [0, file.duration_ns() / 2, i64::MAX] {
            let _found = file.seek(time_ns);
            read_packets(&mut file, bytes.len());
        }
    }
    if file.select(&ids).is_ok() {
        file.rewind();
        read_packets(&mut file, bytes.len());
    }
}

fn read_packets(file: &mut Mp4File<std::io::Cursor<&[u8]>>, length: usize) {
    let mut buffer = Vec::new();
    for _ in 0..PACKETS_MAX {
        let Some(packet) = file.next_packet() else { return };
        let end = packet.offset.checked_add(u64::from(packet.size));
        assert!(end.is_some_and(|end| end <= length as u64), "{packet:?} lies in the file");
        buffer.resize(packet.size as usize, 0);
        let read = file.read(&packet, &mut buffer);
        assert!(read.is_ok(), "{read:?}");
    }
}
