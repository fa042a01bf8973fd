//! Why a plugin cannot be loaded.

use std::io;
use std::path::PathBuf;

use streamlib_package::PluginFileError;

/// Why a plugin cannot be loaded: each a sentence with the file's name.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PluginError {
    /// The file cannot be read.
    #[error("the plugin `{}` cannot be read: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not what can be loaded. None of its code has run.
    #[error("`{}` cannot be loaded as a plugin: {source}", path.display())]
    Refused {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: PluginFileError,
    },
    /// No copy of the file can be made to load.
    #[error(
        "the plugin `{}` cannot be copied to a place of its own: {source}; set TMPDIR to a folder \
         that can be written",
        path.display()
    )]
    Copy {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The system does not load it.
    #[error(
        "the system cannot load the plugin `{}`: {reason}; a library it needs may be missing, or \
         the folder for temporary files does not allow programs (set TMPDIR to another)",
        path.display()
    )]
    Open {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// What is loaded does not keep to the ABI that its note promises.
    #[error("the plugin `{}` does not keep to the plugin ABI: {reason}; build it again", path.display())]
    Broken {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A folder of plugins, or of a package, cannot be read.
    #[error("the folder of plugins `{}` cannot be read: {source}", path.display())]
    Folder {
        /// Which folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A package has no library for this machine.
    #[error(
        "the package in `{}` has no plugin for this machine: there is no {extension} file in {}; \
         build it and copy the library there",
        package.display(),
        looked_in.join(" or ")
    )]
    NoLibrary {
        /// The package's folder.
        package: PathBuf,
        /// What libraries end with here.
        extension: &'static str,
        /// Where was looked.
        looked_in: Vec<String>,
    },
    /// A package has more than one library for this machine.
    #[error(
        "there are {count} libraries in `{}`, and a package has one: export all its processors from \
         one crate",
        place.display()
    )]
    ManyLibraries {
        /// Where.
        place: PathBuf,
        /// How many.
        count: usize,
    },
}
