//! The grammars of a package's names, versions and paths.
//!
//! They are checked here, once, before a path, a URL or a message is made from them.

use semver::{BuildMetadata, Version, VersionReq};

use crate::error::{ManifestError, excerpt};

/// Longest name of a package, in bytes (it is ASCII).
pub const PACKAGE_NAME_BYTES_MAX: usize = 128;
/// Longest path inside a package, in bytes of UTF-8.
pub const PACKAGE_PATH_BYTES_MAX: usize = 256;
/// Longest version or range, in bytes.
const VERSION_BYTES_MAX: usize = 64;

/// Checks the name of a package or a namespace: words of lower-case letters, digits, `_` and `-`
/// that start with a letter, joined by dots. So it is one part of a path on every system, and two
/// names that differ only in case cannot exist.
///
/// # Errors
/// [`ManifestError::InvalidPackageName`].
pub fn check_package_name(text: &str) -> Result<(), ManifestError> {
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-')
    };
    if text.len() <= PACKAGE_NAME_BYTES_MAX && text.split('.').all(is_word) {
        Ok(())
    } else {
        Err(ManifestError::InvalidPackageName { text: excerpt(text) })
    }
}

/// Reads a version, `major.minor.patch` with an optional pre-release, as Semantic Versioning 2.0
/// has it. Build metadata is refused: two versions that differ only there would be one version
/// with two contents.
///
/// # Errors
/// [`ManifestError::InvalidVersion`].
pub fn parse_version(text: &str) -> Result<Version, ManifestError> {
    let parsed = if text.len() <= VERSION_BYTES_MAX { Version::parse(text).ok() } else { None };
    parsed
        .filter(|version| version.build == BuildMetadata::EMPTY)
        .ok_or_else(|| ManifestError::InvalidVersion { text: excerpt(text) })
}

/// Reads a range of versions as Cargo writes them: `^1.2`, `~1.2.3`, `>=1.0, <3.0`, `=1.0.0`, `*`;
/// a bare `1.2` is `^1.2`.
///
/// # Errors
/// [`ManifestError::InvalidRange`].
pub fn parse_range(text: &str) -> Result<VersionReq, ManifestError> {
    let parsed = if text.len() <= VERSION_BYTES_MAX { VersionReq::parse(text).ok() } else { None };
    parsed.ok_or_else(|| ManifestError::InvalidRange { text: excerpt(text) })
}

/// Checks a path inside a package: parts joined by `/`, none of them empty, `.` or `..`, without
/// backslashes, colons and control characters.
///
/// # Errors
/// [`ManifestError::InvalidPackagePath`].
pub fn check_package_path(text: &str) -> Result<(), ManifestError> {
    let is_free = |c: char| !c.is_control() && !matches!(c, '\\' | ':' | '*' | '?');
    if is_relative(text) && text.chars().all(is_free) {
        Ok(())
    } else {
        Err(ManifestError::InvalidPackagePath { text: excerpt(text) })
    }
}

/// Checks a pattern of `include` or `exclude`: a path inside the package, in which `*` stands for
/// any characters but `/`, `?` for one of them, and a part `**` for any number of parts.
///
/// # Errors
/// [`ManifestError::InvalidPattern`].
pub fn check_package_pattern(text: &str) -> Result<(), ManifestError> {
    let is_free = |c: char| !c.is_control() && !matches!(c, '\\' | ':' | '[' | ']' | '{' | '}');
    let part_ok = |part: &str| part == "**" || !part.contains("**");
    if is_relative(text) && text.chars().all(is_free) && text.split('/').all(part_ok) {
        Ok(())
    } else {
        Err(ManifestError::InvalidPattern { text: excerpt(text) })
    }
}

fn is_relative(text: &str) -> bool {
    text.len() <= PACKAGE_PATH_BYTES_MAX
        && text.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// Checks a SHA-256 sum: 64 lower-case hexadecimal digits.
///
/// # Errors
/// [`ManifestError::InvalidSha256`].
pub fn check_sha256(text: &str) -> Result<(), ManifestError> {
    let is_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if text.len() == 64 && text.bytes().all(is_hex) {
        Ok(())
    } else {
        Err(ManifestError::InvalidSha256 { text: excerpt(text) })
    }
}
