//! Makes the test clips, each with one property that reading a real file has to cope with.
//!
//! A clip is kept until its recipe changes: the hash of the recipe stands beside it. A clip that
//! does not have its property when ffprobe looks at it is never put in place.

mod picture;
mod recipes;

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::{assets, files, paths, process, setup, ui};
use picture::Pictures;
use recipes::{Make, Recipe};

/// `cargo xtask clips`: makes what is missing and says where the clips are.
pub(crate) fn run() -> Result<()> {
    setup::ensure(setup::Goal::Clips)?;
    ensure()?;
    let folder = paths::shown(&paths::clips());
    ui::say(format!("{} clips are in {folder}:", recipes::ALL.len()));
    for recipe in recipes::ALL {
        ui::say(format!("  {:<24} {}", recipe.file, recipe.purpose));
    }
    Ok(())
}

/// Makes the clips that are missing or whose recipe changed; says nothing when none is.
pub(crate) fn ensure() -> Result<()> {
    let folder = paths::clips();
    files::create_folder(&folder)?;
    for recipe in recipes::ALL {
        let stamp = files::sha256(format!("{recipe:?} {}", picture::VERSION).as_bytes());
        let stamp_file = folder.join(format!("{}.recipe", recipe.file));
        let clip = folder.join(recipe.file);
        let is_current = fs::read_to_string(&stamp_file).is_ok_and(|found| found == stamp);
        if is_current && clip.is_file() {
            continue;
        }
        ui::say(format!("Making the test clip {}: {}", recipe.file, recipe.purpose));
        make(recipe, &clip)?;
        fs::write(&stamp_file, stamp).map_err(Error::file(stamp_file))?;
    }
    Ok(())
}

/// Makes one clip beside its place, checks it, and moves it there.
fn make(recipe: &Recipe, clip: &Path) -> Result<()> {
    let unfinished = Unfinished(clip.with_extension(format!("{}.part.mp4", std::process::id())));
    let part = &unfinished.0;
    match recipe.make {
        Make::Film => {
            fs::copy(assets::film()?, part).map_err(Error::file(part))?;
        }
        Make::Encode { pictures, arguments } => encode(pictures, arguments, part)?,
        Make::Joined(streams) => joined(streams, part)?,
        Make::Turned { of } => turned(&paths::clips().join(of), part)?,
        Make::Cut { of, keep_percent } => cut(&paths::clips().join(of), keep_percent, part)?,
        Make::Bytes(bytes) => fs::write(part, bytes).map_err(Error::file(part))?,
    }
    for probe in recipe.probes {
        let mut ffprobe = process::command("ffprobe");
        ffprobe.args(["-v", "error", "-of", "csv=p=0"]);
        ffprobe.args(probe.question.split_whitespace()).arg(part);
        let found = process::capture(&mut ffprobe)?;
        if !probe.holds(&found) {
            return Err(Error::Clip {
                clip: recipe.file,
                question: probe.question.to_owned(),
                expected: probe.answer.to_owned(),
                found: found.split_whitespace().collect::<Vec<_>>().join(" "),
            });
        }
    }
    files::publish(part, clip)
}

/// A file that is removed unless it was moved to its place.
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        if self.0.exists() && fs::remove_file(&self.0).is_err() {
            ui::complain(&format!("{} could not be removed.", paths::shown(&self.0)));
        }
    }
}

fn encode(pictures: Option<Pictures>, arguments: &[&str], output: &Path) -> Result<()> {
    let mut ffmpeg = process::command("ffmpeg");
    ffmpeg.args(["-hide_banner", "-nostdin", "-loglevel", "error", "-y"]);
    if let Some(pictures) = pictures {
        let size = format!("{}x{}", pictures.width, pictures.height);
        ffmpeg.args(["-f", "rawvideo", "-pixel_format", "yuv420p", "-video_size", &size]);
        ffmpeg.args(["-framerate", pictures.rate, "-i", "pipe:0"]);
    }
    ffmpeg.args(arguments.iter().flat_map(|words| words.split_whitespace()));
    ffmpeg.arg(output);
    match pictures {
        Some(pictures) => process::feed(&mut ffmpeg, |input| pictures.write(input)),
        None => process::capture(&mut ffmpeg).map(drop),
    }
}

/// Encodes each stream alone, joins the bare H.264, and puts the whole into an MP4 file.
fn joined(streams: &[(Pictures, &[&str])], output: &Path) -> Result<()> {
    let bare = Unfinished(output.with_extension("h264"));
    let mut bytes = Vec::new();
    for (pictures, arguments) in streams {
        encode(Some(*pictures), arguments, &bare.0)?;
        bytes.extend(fs::read(&bare.0).map_err(Error::file(&bare.0))?);
    }
    fs::write(&bare.0, &bytes).map_err(Error::file(&bare.0))?;
    let mut ffmpeg = process::command("ffmpeg");
    ffmpeg.args(["-hide_banner", "-nostdin", "-loglevel", "fatal", "-y", "-r", "25", "-i"]);
    ffmpeg.arg(&bare.0).args(["-c", "copy"]).arg(output);
    process::capture(&mut ffmpeg).map(drop)
}

/// Copies a clip and turns its first track by 90 degrees clockwise.
///
/// The display matrix lies 44 bytes behind the type of a track header of version 0 (ISO/IEC
/// 14496-12, 8.3.2): a, b, u, c, d, v, x, y, w, of which u, v and w have 2 integer bits and the
/// others 16. It is written here because ffmpeg's option for it has another name in each version.
fn turned(upright: &Path, output: &Path) -> Result<()> {
    const MATRIX: [i32; 9] = [0, 1 << 16, 0, -1 << 16, 0, 0, 360 << 16, 0, 1 << 30];
    let mut bytes = fs::read(upright).map_err(Error::file(upright))?;
    let header = bytes.windows(4).position(|four| four == b"tkhd");
    let matrix = header.and_then(|header| bytes.get_mut(header + 44..header + 80));
    let Some(matrix) = matrix else {
        let what = format!("{} has no track header.", paths::shown(upright));
        return Err(Error::Failed { what });
    };
    for (place, value) in matrix.chunks_exact_mut(4).zip(MATRIX) {
        place.copy_from_slice(&value.to_be_bytes());
    }
    fs::write(output, &bytes).map_err(Error::file(output))
}

/// Copies the first `keep_percent` of a clip.
fn cut(whole: &Path, keep_percent: usize, output: &Path) -> Result<()> {
    let bytes = fs::read(whole).map_err(Error::file(whole))?;
    let kept = bytes.len() * keep_percent / 100;
    fs::write(output, &bytes[..kept]).map_err(Error::file(output))
}
