//! How large a package may be.

/// Limits of a package, kept when it is packed and when it is read.
///
/// The defaults let through what a package with models and plugins for several systems needs, and
/// fit the memory and disk of a small machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of an archive; [`LARGEST_ARCHIVE_BYTES`] at most.
    pub archive_bytes: u64,
    /// Most files in a package; 65,534 at most.
    pub files: usize,
    /// Most bytes of one file.
    pub file_bytes: u64,
    /// Most bytes of all files together.
    pub total_bytes: u64,
}

/// The largest archive that the format has numbers for, in bytes.
pub const LARGEST_ARCHIVE_BYTES: u64 = u32::MAX as u64 - 1;

/// How many times larger than in the archive a file may be. What compresses better is stored as it
/// is, so that no archive grows by more than this.
pub(crate) const RATIO_MAX: u64 = 200;

/// Longest list of contents, in bytes.
pub(super) const CONTENTS_BYTES_MAX: u64 = 16 << 20;

impl Default for Limits {
    fn default() -> Self {
        Self { archive_bytes: 1 << 30, files: 20_000, file_bytes: 1 << 30, total_bytes: 2 << 30 }
    }
}
