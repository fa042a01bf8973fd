//! Small clips, made once by ffmpeg.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use streamlib_container::{Mp4File, Packet, TrackId};

/// The folder for files that tests make.
pub(crate) fn folder() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// Runs a program and gives its standard output; fails the test when it fails.
pub(crate) fn run(program: &str, arguments: &[&str]) -> (String, String) {
    let output = Command::new(program).args(arguments).output().unwrap_or_else(|error| {
        panic!("cannot run {program} ({error}); `cargo xtask test` installs it")
    });
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let (stdout, stderr) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success(), "{program} {arguments:?} failed:\n{stderr}");
    (stdout, stderr)
}

/// The clip `name`, made by ffmpeg with `arguments` when it is not there yet. Several test
/// processes may ask at once: each makes its own, and the last rename wins.
pub(crate) fn clip(name: &str, arguments: &str) -> PathBuf {
    let path = folder().join(name);
    if !path.exists() {
        let unfinished = folder().join(format!("{}-{name}", std::process::id()));
        let unfinished_name = unfinished.display().to_string();
        let mut all = vec!["-v", "error", "-y"];
        all.extend(arguments.split_whitespace());
        all.push(&unfinished_name);
        run("ffmpeg", &all);
        std::fs::rename(&unfinished, &path).expect("the clip can be renamed");
    }
    path
}

const PICTURE: &str = "-f lavfi -i testsrc2=size=160x120:rate=25:duration=2";
const SOUND: &str = "-f lavfi -i sine=frequency=440:sample_rate=48000:duration=2";

/// Two seconds of H.264 with B-frames and AAC; the index at the end.
pub(crate) fn b_frames() -> PathBuf {
    clip("b-frames.mp4", &format!("{PICTURE} {SOUND} -c:v libx264 -bf 3 -g 12 -c:a aac"))
}

/// The same with the index at the front.
pub(crate) fn index_in_front() -> PathBuf {
    let arguments =
        format!("{PICTURE} {SOUND} -c:v libx264 -bf 3 -g 12 -c:a aac -movflags +faststart");
    clip("front.mp4", &arguments)
}

/// Frames at irregular times.
pub(crate) fn variable_rate() -> PathBuf {
    let select = "select=not(mod(n\\,3))+not(mod(n\\,7))";
    let arguments = format!("{PICTURE} -vf {select} -vsync vfr -c:v libx264 -bf 2");
    clip("variable.mp4", &arguments)
}

/// 29.97 frames a second with 44.1 kHz.
pub(crate) fn ntsc() -> PathBuf {
    clip(
        "ntsc.mp4",
        "-f lavfi -i testsrc2=size=160x120:rate=30000/1001:duration=2 \
         -f lavfi -i sine=sample_rate=44100:duration=2 -c:v libx264 -c:a aac -ac 2",
    )
}

/// Nothing but a picture.
pub(crate) fn upright() -> PathBuf {
    clip("upright.mp4", &format!("{PICTURE} -c:v libx264"))
}

/// Stored upright, shown turned by a quarter.
pub(crate) fn rotated() -> PathBuf {
    let arguments = format!("-i {} -c copy -metadata:s:v:0 rotate=90", upright().display());
    clip("rotated.mp4", &arguments)
}

/// Sound that starts two seconds late.
pub(crate) fn late_audio() -> PathBuf {
    let picture = "-f lavfi -i testsrc2=size=160x120:rate=25:duration=4";
    let arguments = format!("{picture} -itsoffset 2 {SOUND} -c:v libx264 -c:a aac");
    clip("late.mp4", &arguments)
}

/// Pixels that are not square, with stated colours.
pub(crate) fn anamorphic() -> PathBuf {
    let colours = "-color_primaries bt709 -color_trc bt709 -colorspace bt709 -color_range tv";
    let arguments =
        format!("{PICTURE} -vf setsar=64/45 -c:v libx264 {colours} -movflags +write_colr");
    clip("anamorphic.mp4", &arguments)
}

/// Fragmented by ffmpeg.
pub(crate) fn fragmented() -> PathBuf {
    let flags = "-movflags frag_keyframe+empty_moov";
    let arguments = format!("{PICTURE} {SOUND} -c:v libx264 -bf 2 -g 12 -c:a aac {flags}");
    clip("fragmented.mp4", &arguments)
}

/// Fragmented by ffmpeg with its first second in `moov`, and offsets from the start of the file.
pub(crate) fn hybrid() -> PathBuf {
    let arguments =
        format!("{PICTURE} {SOUND} -c:v libx264 -bf 2 -g 12 -c:a aac -movflags frag_keyframe");
    clip("hybrid.mp4", &arguments)
}

/// Opus in MP4.
pub(crate) fn opus() -> PathBuf {
    clip("opus.mp4", &format!("{SOUND} -c:a libopus -ac 2"))
}

/// A QuickTime file.
pub(crate) fn quicktime() -> PathBuf {
    clip("film.mov", &format!("{PICTURE} {SOUND} -c:v libx264 -bf 2 -c:a aac -f mov"))
}

/// A codec that has no name here.
pub(crate) fn unknown_codec() -> PathBuf {
    clip("mpeg4.mp4", &format!("{PICTURE} -c:v mpeg4"))
}

/// A piece copied out of the middle: it starts between two key frames, so that its first frames are
/// decoded and not shown.
pub(crate) fn copied() -> PathBuf {
    let whole = b_frames();
    clip("copied.mp4", &format!("-ss 0.7 -i {} -t 0.9 -c copy", whole.display()))
}

/// Every clip that is read in full.
pub(crate) fn all() -> Vec<PathBuf> {
    vec![
        b_frames(),
        index_in_front(),
        variable_rate(),
        ntsc(),
        rotated(),
        late_audio(),
        anamorphic(),
        fragmented(),
        hybrid(),
        opus(),
        quicktime(),
        unknown_codec(),
    ]
}

/// All packets of all tracks of an open file, in the order they are given.
pub(crate) fn packets<R: std::io::Read + std::io::Seek>(file: &mut Mp4File<R>) -> Vec<Packet> {
    let ids: Vec<TrackId> = file.tracks().map(|track| track.id).collect();
    file.select(&ids).expect("every track can be read");
    std::iter::from_fn(|| file.next_packet()).collect()
}
