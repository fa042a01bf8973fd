//! The bitrate changes while a film is encoded: the bytes follow, and nothing else changes.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Graph, film, id, probe};

/// The film twice.
const PICTURES: usize = 264;
/// Pictures from one key frame to the next.
const KEY_FRAMES: usize = 50;
/// Pictures after which rate control has settled: a second.
const SETTLED: usize = 25;

/// A packet of the pictures: its time in seconds, its bytes, and whether it is a key frame.
fn packets(file: &Path) -> Vec<(f64, usize, bool)> {
    let entries = "packet=pts_time,size,flags";
    let lines = probe(file, &["-select_streams", "v:0", "-show_entries", entries]);
    let packet = |line: &String| {
        let parts: Vec<_> = line.split(',').collect();
        (parts[0].parse().unwrap(), parts[1].parse().unwrap(), parts[2].starts_with('K'))
    };
    lines.iter().map(packet).collect()
}

/// Bits a second of these packets, at 25 a second.
fn rate(packets: &[(f64, usize, bool)]) -> f64 {
    let bytes = packets.iter().map(|(_, size, _)| *size).sum::<usize>();
    bytes as f64 * 8.0 * 25.0 / packets.len() as f64
}

/// Encodes with one bitrate and then with another. The settings of `encoder` are `at` a bitrate.
fn check(encoder: &str, links: &[&str], at: impl Fn(&Graph, u64) -> Value, key_frames: [usize; 6]) {
    let input = links[0].split_once(" -> ").unwrap().1;
    let mut graph = Graph::new(2);
    let config = json!({ "path": film(), "audio": false, "loop_count": 2 });
    graph.add("movie", "mp4_source", config);
    let file = graph.add_writer("file", json!({ "key_frame_interval": KEY_FRAMES }));
    if encoder != "file" {
        graph.add(encoder, "h264_encoder", json!({}));
    }
    graph.update_config(id(encoder), at(&graph, 4_000_000)).unwrap();
    graph.link(links);
    let (link, inspector) = (graph.link_to(input), graph.inspector());
    graph.start_until_sent(input, 130);
    let before = inspector.link(link).unwrap().counts.delivered as usize;
    graph.update_config(id(encoder), at(&graph, 1_000_000)).unwrap();
    let after = inspector.link(link).unwrap().counts.sent as usize;
    graph.finish();

    let packets = packets(&file);
    assert_eq!(packets.len(), PICTURES);
    for (number, (time, _, is_key)) in packets.iter().enumerate() {
        assert!((time - number as f64 * 0.04).abs() < 0.001, "picture {number} at {time} s");
        assert_eq!(*is_key, key_frames.contains(&number), "picture {number}");
    }
    let high = rate(&packets[SETTLED..before]) / 1e6;
    assert!((high - 4.0).abs() < 0.6, "{high} Mb/s up to picture {before}");
    let low = rate(&packets[after + SETTLED..]) / 1e6;
    assert!((low - 1.0).abs() < 0.15, "{low} Mb/s from picture {after} on");
}

#[test]
fn the_writer_follows() {
    let at = |graph: &Graph, bitrate: u64| {
        let path = graph.path("file.mp4");
        json!({ "output_path": path, "video_bitrate": bitrate, "key_frame_interval": KEY_FRAMES })
    };
    check("file", &["movie.video -> file.video"], at, [0, 50, 100, 150, 200, 250]);
}

#[test]
fn the_encoder_follows() {
    let at =
        |_: &Graph, bitrate: u64| json!({ "bitrate": bitrate, "key_frame_interval": KEY_FRAMES });
    let links = ["movie.video -> encoder.video_in", "encoder.video_out -> file.video"];
    // The second pass is a new epoch, and the encoder begins it with a key frame.
    check("encoder", &links, at, [0, 50, 100, 132, 182, 232]);
}
