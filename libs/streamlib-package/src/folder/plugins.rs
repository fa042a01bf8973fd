//! The plugins that lie in a package: one file a target.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use streamlib_manifest::package::Runtime;

use super::PackageFolder;
use crate::error::PackageError;
use crate::plugin_file::{PluginFile, PluginFileError, PluginProcessorName};

/// Folder in which plugins lie.
const FOLDER: &str = "lib";
/// Endings of shared libraries, whatever this machine has.
const ENDINGS: &[&str] = &["so", "dylib", "dll"];

/// A plugin of a package.
#[derive(Debug, Clone)]
pub struct PackagePlugin {
    /// Where in the package it is, with `/`.
    pub path: String,
    /// The target its folder is named after, if it does not lie in `lib/` itself.
    pub target: Option<String>,
    /// What it is, or why it is no plugin.
    pub file: Result<PluginFile, PluginFileError>,
}

impl PackageFolder {
    /// The plugins in `lib/` and in the folders of targets in it, in the order of their paths.
    /// Nothing of them runs.
    ///
    /// # Errors
    /// [`PackageError::Io`].
    pub fn plugins(&self) -> Result<Vec<PackagePlugin>, PackageError> {
        let folder = self.root().join(FOLDER);
        let mut found = Vec::new();
        for (name, path) in entries(&folder)? {
            if path.is_dir() {
                for (file, path) in entries(&path)?.into_iter().filter(|(_, path)| path.is_file()) {
                    let shown = format!("{FOLDER}/{name}/{file}");
                    found.extend(plugin(&path, shown, Some(name.clone()))?);
                }
            } else if path.is_file() {
                found.extend(plugin(&path, format!("{FOLDER}/{name}"), None)?);
            }
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }

    /// The names of the processors that a plugin of this package has to have. Where the manifest
    /// leaves a version out, it is the one that the plugin says.
    #[must_use]
    pub fn plugin_names(&self, file: &PluginFile) -> Vec<PluginProcessorName> {
        let declared = self.manifest().processors.iter();
        let declared = declared.filter(|processor| processor.runtime == Runtime::Rust);
        declared
            .map(|processor| {
                let there = file.processors.iter().find(|one| one.name == processor.name);
                let version = match (&processor.version, there) {
                    (Some(version), _) => version.to_string(),
                    (None, Some(there)) => there.version.clone(),
                    (None, None) => self.manifest().package.version.to_string(),
                };
                PluginProcessorName { name: processor.name.clone(), version }
            })
            .collect()
    }
}

/// The entries of a folder by their names; none if there is no folder.
fn entries(folder: &Path) -> Result<Vec<(String, PathBuf)>, PackageError> {
    let io_error = |error| PackageError::io("read", folder, error);
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io_error(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(io_error)?;
        if let Ok(name) = entry.file_name().into_string() {
            found.push((name, entry.path()));
        }
    }
    Ok(found)
}

/// The plugin in a file, if its name is that of a library.
fn plugin(
    path: &Path,
    shown: String,
    target: Option<String>,
) -> Result<Option<PackagePlugin>, PackageError> {
    let ending = path.extension().and_then(|ending| ending.to_str());
    if !ending.is_some_and(|ending| ENDINGS.contains(&ending)) {
        return Ok(None);
    }
    let bytes = fs::read(path).map_err(|error| PackageError::io("read", path, error))?;
    Ok(Some(PackagePlugin { path: shown, target, file: PluginFile::read(&bytes) }))
}
