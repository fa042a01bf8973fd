//! Unpacking into a folder that nobody else has yet.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::Result;
use super::contents::CONTENTS_NAME;
use super::read::Archive;
use crate::error::PackageError;
use crate::progress::{OnProgress, Progress};

impl<R: Read + Seek> Archive<R> {
    /// Writes all files and the list of contents into `folder`, which is there and empty, and
    /// brings them to the disk. On an error part of the files may be there: the caller removes the
    /// folder, which nobody else may know yet. The cache does all that.
    ///
    /// # Errors
    /// [`PackageError::Refused`] if a file is not what was said of it, [`PackageError::Io`].
    pub fn unpack(&mut self, folder: &Path, on_progress: OnProgress<'_>) -> Result<()> {
        let total = self.total_bytes();
        let mut done = 0;
        for index in 0..self.files().len() {
            let name = self.files()[index].name.clone();
            // The name was checked: it is relative and has no parts that lead up.
            let path = folder.join(&name);
            let mut file = create(&path)?;
            self.copy(index, &mut |block| {
                file.write_all(block).map_err(|error| PackageError::io("write", &path, error))?;
                done += block.len() as u64;
                on_progress(Progress::Copied { name: &name, bytes: done, total });
                Ok(())
            })?;
            sync(&file, &path)?;
            on_progress(Progress::Written { name: &name });
        }
        let path = folder.join(CONTENTS_NAME);
        let mut file = create(&path)?;
        file.write_all(self.contents().to_text().as_bytes())
            .map_err(|error| PackageError::io("write", &path, error))?;
        sync(&file, &path)?;
        sync_folders(folder)?;
        on_progress(Progress::Written { name: CONTENTS_NAME });
        Ok(())
    }
}

/// Creates a file that is not there, with its folders.
fn create(path: &Path) -> Result<File> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(|error| PackageError::io("create", parent, error))?;
    }
    let created = OpenOptions::new().write(true).create_new(true).open(path);
    created.map_err(|error| PackageError::io("create", path, error))
}

fn sync(file: &File, path: &Path) -> Result<()> {
    file.sync_all().map_err(|error| PackageError::io("bring to the disk", path, error))
}

/// Brings the entries of a folder and of all in it to the disk.
fn sync_folders(folder: &Path) -> Result<()> {
    let read = || -> std::io::Result<Vec<PathBuf>> {
        let mut folders = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            }
        }
        Ok(folders)
    };
    let inner = read().map_err(|error| PackageError::io("read", folder, error))?;
    inner.iter().try_for_each(|inner| sync_folders(inner))?;
    sync_folder(folder)
}

/// Brings the entries of a folder to the disk.
pub(crate) fn sync_folder(folder: &Path) -> Result<()> {
    let opened = File::open(folder).map_err(|error| PackageError::io("read", folder, error))?;
    sync(&opened, folder)
}
