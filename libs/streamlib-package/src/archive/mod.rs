//! `.slpkg`: a whole package in one file.
//!
//! It is a ZIP file of one dialect (`format.rs`): the files in the order of their names, last the
//! list of their digests, [`CONTENTS_NAME`]. Equal files give equal bytes, whenever and wherever
//! they are packed.
//!
//! Guarantees:
//! - Before anything is unpacked, all names, kinds, sizes and headers are checked; no name leads
//!   out of the folder on any system; links and nested packages are refused.
//! - While it is unpacked, size, checksum and digest of each file are checked, and never more is
//!   read or written than was said and allowed.
//! - What [`PackPlan`] packs, [`Archive`] opens: both keep the same rules and [`Limits`].
//!
//! Not kept: times, owners, permissions and empty folders.

mod contents;
mod format;
mod glob;
mod limits;
mod name;
mod pack;
mod plan;
mod read;
mod refusal;
mod unpack;

pub use contents::{CONTENTS_NAME, Contents, ContentsProblem};
pub use limits::{LARGEST_ARCHIVE_BYTES, Limits};
pub use name::{NAME_BYTES_MAX, NameProblem, check_file_name};
pub use pack::Packed;
pub use plan::{FileRules, LeftOut, PackPlan, PlannedFile, Reason};
pub use read::{Archive, PackedFile};
pub use refusal::Refusal;
pub(crate) use unpack::sync_folder;

use crate::error::PackageError;

pub(crate) use streamlib_manifest::package::MANIFEST_FILE as MANIFEST_NAME;

type Result<T, E = PackageError> = std::result::Result<T, E>;
