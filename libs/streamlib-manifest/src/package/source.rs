//! Where a package comes from, as people write it: on a command line, in a graph file, in a
//! dependency.

use std::fmt;
use std::str::FromStr;

use semver::VersionReq;
use serde::{Serialize, Serializer};

use super::names::{check_package_name, check_sha256, parse_range};
use crate::error::{ManifestError, excerpt};

/// Longest text of a source, in bytes.
const SOURCE_BYTES_MAX: usize = 2048;
/// How archives of packages end.
const ARCHIVE_ENDING: &str = ".slpkg";

/// Where a package comes from.
///
/// Reads and displays as one text: `https://host/x.slpkg#sha256=...` is a URL; what ends in
/// `.slpkg` is a file; what holds a `/` or is `.` or `..` is a folder; anything else is the name of
/// an installed package, with a range of versions behind an `@` if not every version will do.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PackageSource {
    /// A folder that holds a manifest, used in place.
    Folder(String),
    /// An archive.
    File(String),
    /// An archive on a server.
    Url {
        /// `https://` or `http://`, without a fragment.
        url: String,
        /// What the archive has to be: 64 hexadecimal digits.
        sha256: Option<String>,
    },
    /// An installed package.
    Name {
        /// Its name.
        name: String,
        /// Which versions will do.
        range: VersionReq,
    },
}

impl PackageSource {
    /// A folder, written so that its text cannot be taken for a name or a file.
    #[must_use]
    pub fn folder(path: &str) -> Self {
        let start =
            if path.contains(['/', '\\']) || matches!(path, "." | "..") { "" } else { "./" };
        let end = if path.ends_with(ARCHIVE_ENDING) { "/" } else { "" };
        Self::Folder(format!("{start}{path}{end}"))
    }

    /// A URL with what the archive has to be, from the two keys of a file or from one text.
    ///
    /// # Errors
    /// [`ManifestError::InvalidUrl`] for another scheme, an empty host, a user in it or a fragment
    /// other than `#sha256=`; [`ManifestError::InvalidSha256`].
    pub fn url(text: &str) -> Result<Self, ManifestError> {
        let invalid = || ManifestError::InvalidUrl { text: excerpt(text) };
        let (url, fragment) = match text.split_once('#') {
            Some((url, fragment)) => (url, Some(fragment)),
            None => (text, None),
        };
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let host = rest.and_then(|rest| rest.split(['/', '?']).next()).unwrap_or_default();
        let is_clean = text.len() <= SOURCE_BYTES_MAX && text.bytes().all(|b| b.is_ascii_graphic());
        if host.is_empty() || host.contains('@') || !is_clean {
            return Err(invalid());
        }
        let sha256 = match fragment {
            None => None,
            Some(fragment) => {
                let sum = fragment.strip_prefix("sha256=").ok_or_else(invalid)?;
                check_sha256(sum)?;
                Some(sum.to_owned())
            }
        };
        Ok(Self::Url { url: url.to_owned(), sha256 })
    }
}

impl FromStr for PackageSource {
    type Err = ManifestError;

    fn from_str(text: &str) -> Result<Self, ManifestError> {
        let invalid = || ManifestError::InvalidSource { text: excerpt(text) };
        if text.contains("://") {
            return Self::url(text);
        }
        if text.is_empty() || text.len() > SOURCE_BYTES_MAX || text.chars().any(char::is_control) {
            return Err(invalid());
        }
        if text.ends_with(ARCHIVE_ENDING) {
            return Ok(Self::File(text.to_owned()));
        }
        if text.contains(['/', '\\']) || matches!(text, "." | "..") {
            return Ok(Self::Folder(text.to_owned()));
        }
        let (name, range) = match text.split_once('@') {
            Some((name, range)) => (name, parse_range(range)?),
            None => (text, VersionReq::STAR),
        };
        check_package_name(name).map_err(|_unclear| invalid())?;
        Ok(Self::Name { name: name.to_owned(), range })
    }
}

impl fmt::Display for PackageSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) | Self::File(path) => f.write_str(path),
            Self::Url { url, sha256: None } => f.write_str(url),
            Self::Url { url, sha256: Some(sum) } => write!(f, "{url}#sha256={sum}"),
            Self::Name { name, range } if *range == VersionReq::STAR => f.write_str(name),
            Self::Name { name, range } => write!(f, "{name}@{range}"),
        }
    }
}

/// Writes the one text.
impl Serialize for PackageSource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
