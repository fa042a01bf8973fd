//! What ffprobe says of a file.

use std::path::Path;

use serde_json::Value;

use crate::clips::run;

/// A packet as ffprobe sees it; times in ticks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProbedPacket {
    pub(crate) stream: usize,
    pub(crate) dts: i64,
    pub(crate) pts: i64,
    pub(crate) size: u32,
    pub(crate) offset: u64,
    pub(crate) key_frame: bool,
    /// Marked as not to be presented.
    pub(crate) discarded: bool,
}

fn probe(path: &Path, arguments: &[&str]) -> (Value, String) {
    let path = path.display().to_string();
    let mut all = vec!["-v", "warning", "-of", "json"];
    all.extend(arguments);
    all.push(&path);
    let (stdout, stderr) = run("ffprobe", &all);
    (serde_json::from_str(&stdout).expect("ffprobe prints JSON"), stderr)
}

/// Every packet of every stream.
pub(crate) fn packets(path: &Path) -> Vec<ProbedPacket> {
    let (json, _) = probe(path, &["-show_packets"]);
    let number = |value: &Value| value.as_str().and_then(|text| text.parse::<i64>().ok());
    let list = json["packets"].as_array().expect("a list of packets");
    list.iter()
        .map(|packet| {
            let flags = packet["flags"].as_str().unwrap_or_default();
            ProbedPacket {
                stream: packet["stream_index"].as_u64().expect("an index") as usize,
                dts: packet["dts"].as_i64().expect("a decode time"),
                pts: packet["pts"].as_i64().expect("a presentation time"),
                size: number(&packet["size"]).expect("a size") as u32,
                offset: number(&packet["pos"]).expect("a position") as u64,
                key_frame: flags.contains('K'),
                discarded: flags.contains('D'),
            }
        })
        .collect()
}

/// The streams, as ffprobe prints them.
pub(crate) fn streams(path: &Path) -> Vec<Value> {
    let (json, _) = probe(path, &["-show_streams"]);
    json["streams"].as_array().expect("a list of streams").clone()
}

/// What ffprobe complains about when it reads every packet; empty for a good file.
pub(crate) fn warnings(path: &Path) -> String {
    probe(path, &["-show_packets", "-show_streams", "-show_format"]).1
}
