//! Writing one PNG file: whole, or not at all.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use crate::error::{Result, VideoError};
use crate::picture::Picture;

fn refused(path: &Path, reason: impl std::fmt::Display) -> VideoError {
    VideoError::File { path: path.display().to_string(), reason: reason.to_string() }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Refuses a path whose folder is not there, and one that is a folder.
pub(super) fn check_folder(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Err(refused(path, "it is a folder; name a file in it"));
    }
    let folder = folder_of(path);
    if folder.is_dir() {
        return Ok(());
    }
    Err(refused(path, format_args!("there is no folder `{}`; make it first", folder.display())))
}

/// Writes an RGB8 or RGBA8 picture; alpha is left out unless `with_alpha`.
pub(super) fn write(path: &Path, picture: &Picture<'_>, with_alpha: bool) -> Result<()> {
    let name = path.file_name().ok_or_else(|| refused(path, "it names no file"))?;
    let mut partial = std::ffi::OsString::from(".");
    partial.push(name);
    partial.push(".partial");
    let partial: PathBuf = folder_of(path).join(partial);
    let done = encode(&partial, picture, with_alpha)
        .and_then(|()| fs::rename(&partial, path).map_err(png::EncodingError::from));
    done.map_err(|error| {
        // What is half written is of no use; that it cannot be removed adds nothing to the error.
        fs::remove_file(&partial).ok();
        refused(path, error)
    })
}

fn encode(
    path: &Path,
    picture: &Picture<'_>,
    with_alpha: bool,
) -> std::result::Result<(), png::EncodingError> {
    let (width, height) = picture.size();
    let mut file = BufWriter::new(File::create(path)?);
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(if with_alpha { png::ColorType::Rgba } else { png::ColorType::Rgb });
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header()?;
    let mut stream = writer.stream_writer()?;
    for row in picture.rows(0) {
        stream.write_all(row)?;
    }
    stream.finish()?;
    writer.finish()?;
    file.flush()?;
    Ok(file.get_ref().sync_all()?)
}
