//! Seeking leads to the packets that a linear search finds.

use std::path::Path;

use streamlib_container::{Mp4File, Packet};

use crate::clips;

/// Seeks to `time_ns`; every track goes on with the last key frame at or before it (`pre_roll_ns`
/// earlier for sound), and from there with the packets of a whole reading.
fn check(path: &Path, time_ns: i64, pre_roll_ns: i64) {
    let mut file = Mp4File::open(path).expect("the clip can be read");
    let all = clips::packets(&mut file);
    let point = file.seek(time_ns).expect("there are packets");
    let after: Vec<Packet> = std::iter::from_fn(|| file.next_packet()).collect();
    let ids: Vec<_> = file.tracks().map(|track| track.id).collect();
    let mut first_pts_ns = i64::MAX;
    for id in ids {
        let track = file.track(id).expect("the track is there");
        let wanted = time_ns - if track.audio().is_some() { pre_roll_ns } else { 0 };
        let whole: Vec<_> = all.iter().filter(|packet| packet.track == id).collect();
        let start = whole.iter().rposition(|packet| packet.key_frame && packet.pts_ns <= wanted);
        let rest: Vec<_> = after.iter().filter(|packet| packet.track == id).collect();
        assert_eq!(rest, whole[start.unwrap_or(0)..], "{} at {time_ns}", path.display());
        first_pts_ns = first_pts_ns.min(rest[0].pts_ns);
    }
    assert_eq!(point.first_pts_ns, first_pts_ns);
}

#[test]
fn progressive_and_fragmented() {
    for path in [clips::b_frames(), clips::fragmented(), clips::hybrid(), clips::late_audio()] {
        for time_ms in [-1000, 0, 1, 479, 480, 960, 1500, 1999, 9000] {
            check(&path, time_ms * 1_000_000, 2048 * 1_000_000_000 / 48_000);
        }
    }
}

#[test]
fn opus_is_decoded_80_ms_earlier() {
    for time_ms in [0, 50, 100, 1000] {
        check(&clips::opus(), time_ms * 1_000_000, 80_000_000);
    }
}

#[test]
fn tracks_move_on_their_own() {
    let mut file = Mp4File::open(clips::b_frames()).expect("the clip can be read");
    let all = clips::packets(&mut file);
    file.rewind();
    let ids: Vec<_> = file.tracks().map(|track| track.id).collect();
    for id in ids {
        let own: Vec<Packet> = std::iter::from_fn(|| file.next_packet_of(id)).collect();
        let expected: Vec<Packet> = all.iter().filter(|p| p.track == id).copied().collect();
        assert_eq!(own, expected);
    }
    assert_eq!(file.next_packet(), None);
}
