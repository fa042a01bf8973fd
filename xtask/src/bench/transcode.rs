//! `cargo xtask bench transcode`: the film, looped to 60 s, is decoded and encoded again as H.264
//! of 4 Mb/s and Opus of 128 kb/s.
//!
//! Ours are the shipped programs with a graph file. Beside them: the same codec crates without
//! graph and file, each alone; GStreamer with the same H.264 library; ffmpeg, whose H.264 encoder
//! is x264, another one. Every codec has one thread; those that are stages of a pipeline may run at
//! the same time, in ours and in GStreamer's.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::measure::{self, Cost};
use super::report::{Budget, Row};
use super::sides::{in_turn, median, number, ours};
use crate::error::{Error, Result};
use crate::{assets, files, paths, process, ui};

const LENGTH_S: u32 = 60;
const VIDEO_BITRATE_BPS: u32 = 4_000_000;
const AUDIO_BITRATE_BPS: u32 = 128_000;
const KEY_FRAME_INTERVAL: u32 = 60;

/// The bare codecs, as `streamlib-bench` names them.
const CODECS: [&str; 4] = ["decode_video", "encode_video", "decode_audio", "encode_audio"];

/// Measures and returns the rows.
pub(crate) fn run() -> Result<Vec<Row>> {
    process::run(&mut process::cargo(&[
        "build",
        "--quiet",
        "--release",
        "--locked",
        "--package=streamlib-bench",
        "--package=streamlib-cli",
        "--package=streamlib-runtime",
    ]))?;
    let film = looped_film()?;
    let made = |name: &str| paths::bench().join(format!("transcode-{name}.mp4"));
    let graph = write_graph(&film, &made("streamlib"))?;
    ui::say("Transcoding a minute of 720p, several times. This takes minutes.");
    let whole = |command: Command| {
        move || measure::run(&command).map(|cost| Measured { cost, bare: Value::Null })
    };
    let streamlib = whole(streamlib(&graph));
    let gstreamer = whole(gstreamer(&film, &made("gstreamer")));
    let ffmpeg = whole(ffmpeg(&film, &made("ffmpeg")));
    let bare = || {
        let (cost, bare) = ours(&["codecs", "--film", &film.to_string_lossy()])?;
        Ok(Measured { cost, bare })
    };
    let measured = in_turn([&streamlib, &bare, &gstreamer, &ffmpeg])?;
    let mut rows = rows(&measured);
    for name in ["streamlib", "gstreamer", "ffmpeg"] {
        let path = made(name);
        let bytes = std::fs::metadata(&path).map_err(Error::file(&path))?.len();
        let value = bytes as f64 * 8.0 / f64::from(LENGTH_S) / 1e6;
        rows.push(row(&format!("{name}: what was written"), value, "Mb/s"));
    }
    Ok(rows)
}

/// What one run showed.
struct Measured {
    cost: Cost,
    /// What the bare codecs printed; `null` for the others.
    bare: Value,
}

/// The rows of what streamlib, the bare codecs, GStreamer and ffmpeg showed.
fn rows([streamlib, bare, gstreamer, ffmpeg]: &[Vec<Measured>; 4]) -> Vec<Row> {
    let of = |runs: &[Measured], field: fn(&Cost) -> f64| {
        median(runs.iter().map(|run| field(&run.cost)).collect())
    };
    let bare_of =
        |name: &str| median(bare.iter().map(|run| number(&run.bare, name)).collect::<Vec<_>>());
    let fps = |wall_s: f64| bare_of("pictures") / wall_s;
    let slower = ["decode_video", "encode_video"]
        .map(|codec| bare_of(&format!("{codec}_wall_s")))
        .into_iter()
        .fold(0.0, f64::max);
    let sum_s: f64 = CODECS.iter().map(|codec| bare_of(&format!("{codec}_cpu_s"))).sum();
    let rate = fps(of(streamlib, |cost| cost.wall_s));
    let cpu_s = of(streamlib, |cost| cost.cpu_s);
    let peak_mib = of(streamlib, |cost| cost.peak_mib);
    let beside = |name: &str, value, unit, peer: &str, peer_value, budget| Row {
        name: name.to_owned(),
        value,
        unit,
        peer: Some((peer.to_owned(), peer_value)),
        budget,
    };
    let mut rows = vec![
        beside(
            "pictures",
            rate,
            "frames/s",
            "slower bare codec",
            fps(slower),
            Some(Budget::RatioAtLeast(0.95)),
        ),
        beside(
            "processor time",
            cpu_s,
            "s",
            "sum of the bare codecs",
            sum_s,
            Some(Budget::RatioAtMost(1.05)),
        ),
    ];
    for (peer, runs) in [("gst openh264", gstreamer), ("ffmpeg libx264", ffmpeg)] {
        let peer_rate = fps(of(runs, |cost| cost.wall_s));
        let peer_cpu_s = of(runs, |cost| cost.cpu_s);
        let peer_mib = of(runs, |cost| cost.peak_mib);
        rows.extend([
            beside("pictures", rate, "frames/s", peer, peer_rate, None),
            beside("processor time", cpu_s, "s", peer, peer_cpu_s, None),
            beside("peak memory", peak_mib, "MiB", peer, peer_mib, None),
        ]);
    }
    for codec in CODECS {
        let name = format!("bare {}", codec.replace('_', " of "));
        rows.push(row(&name, bare_of(&format!("{codec}_wall_s")), "s"));
        let name = format!("{name}, processor time");
        rows.push(row(&name, bare_of(&format!("{codec}_cpu_s")), "s"));
    }
    rows
}

fn row(name: &str, value: f64, unit: &'static str) -> Row {
    Row { name: name.to_owned(), value, unit, peer: None, budget: None }
}

/// The film again and again without coding it anew, made once.
fn looped_film() -> Result<PathBuf> {
    let film = assets::film()?;
    let looped = paths::bench().join("film-60s.mp4");
    if looped.is_file() {
        return Ok(looped);
    }
    files::create_folder(&paths::bench())?;
    let unfinished = looped.with_extension("part.mp4");
    let mut ffmpeg = process::command("ffmpeg");
    ffmpeg.args(["-v", "error", "-y", "-stream_loop", "-1", "-i"]).arg(film);
    ffmpeg.args(["-t", &LENGTH_S.to_string(), "-c", "copy"]).arg(&unfinished);
    process::capture(&mut ffmpeg)?;
    files::publish(&unfinished, &looped)?;
    Ok(looped)
}

/// The graph that transcodes `film` into `target`, as a file. Each encoder is a processor of its own,
/// so that they work side by side.
fn write_graph(film: &Path, target: &Path) -> Result<PathBuf> {
    let graph = serde_json::json!({
        "name": "transcode",
        "processors": {
            "film": { "type": "com.tatolab.mp4_source", "config": { "path": film } },
            "h264": {
                "type": "com.tatolab.h264_encoder",
                "config": {
                    "bitrate": VIDEO_BITRATE_BPS,
                    "key_frame_interval": KEY_FRAME_INTERVAL,
                },
            },
            "opus": {
                "type": "com.tatolab.opus_encoder",
                "config": { "bitrate": AUDIO_BITRATE_BPS },
            },
            "file": { "type": "com.tatolab.mp4_writer", "config": { "output_path": target } },
        },
        "links": [
            "film.video -> h264.video_in",
            "h264.video_out -> file.video",
            "film.audio -> opus.audio_in",
            "opus.audio_out -> file.audio",
        ],
    });
    let path = paths::bench().join("transcode-graph.json");
    std::fs::write(&path, format!("{graph:#}\n")).map_err(Error::file(&path))?;
    Ok(path)
}

fn streamlib(graph: &Path) -> Command {
    let mut streamlib = process::command(paths::target().join("release/streamlib"));
    streamlib.arg("run").arg(graph);
    streamlib
}

fn gstreamer(film: &Path, target: &Path) -> Command {
    let pipeline = format!(
        "qtdemux name=film mp4mux name=file fragment-duration=1000 ! filesink name=sink \
         film. ! queue ! h264parse ! openh264dec ! queue \
         ! openh264enc bitrate={VIDEO_BITRATE_BPS} rate-control=bitrate complexity=medium \
         gop-size={KEY_FRAME_INTERVAL} multi-thread=1 ! h264parse ! file. \
         film. ! queue ! aacparse ! faad ! audioconvert \
         ! opusenc bitrate={AUDIO_BITRATE_BPS} ! opusparse ! file."
    );
    let mut gstreamer = process::command("gst-launch-1.0");
    gstreamer.args(["--quiet", "filesrc"]).arg(property("location", film)).arg("!");
    for word in pipeline.split_whitespace() {
        gstreamer.arg(word);
        if word == "name=sink" {
            gstreamer.arg(property("location", target));
        }
    }
    gstreamer
}

fn property(name: &str, path: &Path) -> String {
    format!("{name}={}", path.display())
}

fn ffmpeg(film: &Path, target: &Path) -> Command {
    let mut ffmpeg = process::command("ffmpeg");
    ffmpeg.args(["-v", "error", "-nostdin", "-y", "-threads", "1", "-i"]).arg(film);
    ffmpeg.args(["-c:v", "libx264", "-preset", "veryfast", "-threads", "1"]);
    ffmpeg.args(["-b:v", &VIDEO_BITRATE_BPS.to_string(), "-g", &KEY_FRAME_INTERVAL.to_string()]);
    ffmpeg.args(["-c:a", "libopus", "-mapping_family", "1"]);
    ffmpeg.args(["-b:a", &AUDIO_BITRATE_BPS.to_string()]).arg(target);
    ffmpeg
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::report;
    use super::*;

    fn check(wall_s: f64, cpu_s: f64, expected_not_met: usize) {
        let run = |wall_s, cpu_s, bare| {
            vec![Measured { cost: Cost { wall_s, cpu_s, peak_mib: 1.0 }, bare }]
        };
        let bare = json!({
            "pictures": 100,
            "decode_video_wall_s": 5.0, "decode_video_cpu_s": 4.0,
            "encode_video_wall_s": 9.5, "encode_video_cpu_s": 9.0,
            "decode_audio_wall_s": 1.0, "decode_audio_cpu_s": 1.0,
            "encode_audio_wall_s": 7.0, "encode_audio_cpu_s": 6.0,
        });
        let null = || Value::Null;
        let measured = [
            run(wall_s, cpu_s, null()),
            run(0.0, 0.0, bare),
            run(1.0, 1.0, null()),
            run(1.0, 1.0, null()),
        ];
        assert_eq!(report::count_not_met(&rows(&measured)), expected_not_met);
    }

    #[test]
    fn the_slower_codec_and_the_sum_of_all_are_the_measure() {
        check(10.0, 21.0, 0);
        check(10.1, 21.0, 1);
        check(10.0, 21.1, 1);
        check(10.1, 21.1, 2);
    }
}
