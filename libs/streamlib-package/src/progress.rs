//! How far long work is.

/// How far packing, downloading or installing is. Each is told after it was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// Bytes were received.
    Received {
        /// How many so far.
        bytes: u64,
        /// How many there will be, if it is known.
        total: Option<u64>,
    },
    /// Bytes of a file were packed or unpacked.
    Copied {
        /// The file.
        name: &'a str,
        /// Bytes of all files so far.
        bytes: u64,
        /// Bytes of all files.
        total: u64,
    },
    /// A file is complete and on the disk.
    Written {
        /// The file.
        name: &'a str,
    },
    /// The package is complete in the cache, and not yet found by its name.
    Kept,
    /// The package is found by its name.
    Installed,
}

/// Is told how far the work is.
pub type OnProgress<'a> = &'a mut dyn FnMut(Progress<'_>);
