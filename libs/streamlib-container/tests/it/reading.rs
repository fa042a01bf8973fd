//! Files that ffmpeg made, compared with what ffprobe says of them.

use std::path::Path;

use streamlib_container::Mp4File;

use crate::{clips, ffprobe};

/// Times, sizes, places and key frames of every packet are those that ffprobe reports.
fn check_packets(path: &Path) {
    let mut file = Mp4File::open(path).expect("the clip can be read");
    let ids: Vec<_> = file.tracks().map(|track| track.id).collect();
    let ours = clips::packets(&mut file);
    let theirs = ffprobe::packets(path);
    for (stream, id) in ids.into_iter().enumerate() {
        let ours: Vec<_> = ours
            .iter()
            .filter(|packet| packet.track == id)
            .map(|p| (p.dts, p.pts, p.size, p.offset, p.key_frame))
            .collect();
        let theirs: Vec<_> = theirs
            .iter()
            .filter(|packet| packet.stream == stream)
            .map(|p| (p.dts, p.pts, p.size, p.offset, p.key_frame))
            .collect();
        assert!(!ours.is_empty(), "{}: stream {stream} has packets", path.display());
        assert_eq!(ours, theirs, "{}: stream {stream}", path.display());
    }
}

#[test]
fn packets_are_those_of_ffprobe() {
    for path in clips::all() {
        check_packets(&path);
    }
}
