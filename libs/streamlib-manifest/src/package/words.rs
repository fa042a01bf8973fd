//! The words of manifests as data, for the table of keys.

use streamlib_schema::SchemaRef;

use super::model::Entrypoint;
use super::names::{
    check_package_name, check_package_path, check_package_pattern, check_sha256, parse_range,
    parse_version,
};
use super::source::PackageSource;
use crate::diagnostic::Code;
use crate::error::{ManifestError, excerpt};
use crate::word::Word;

macro_rules! words {
    ($($name:ident: $what:literal, $pattern:literal, $code:ident, $check:expr;)+) => { $(
        pub(crate) static $name: Word =
            Word { what: $what, pattern: $pattern, code: Code::$code, check: $check };
    )+ };
}

words! {
    PACKAGE_NAME: "a package name such as `com.example.effects`",
        "^[a-z][a-z0-9_-]*([.][a-z][a-z0-9_-]*)*$", InvalidName, check_package_name;
    VERSION: "a version such as `1.0.0`",
        "^(0|[1-9][0-9]*)[.](0|[1-9][0-9]*)[.](0|[1-9][0-9]*)(-[0-9A-Za-z.-]+)?$",
        InvalidVersion, |text| parse_version(text).map(drop);
    RANGE: "a range of versions such as `^1.2`",
        "^[0-9^~<>=*][0-9A-Za-z^~<>=*., -]*$", InvalidVersion, |text| parse_range(text).map(drop);
    PATH: "a path inside the package",
        r"^[^/\\:*?]+(/[^/\\:*?]+)*$", InvalidPath, check_package_path;
    PATTERN: "a pattern of paths inside the package",
        r"^[^/\\:\[\]{}]+(/[^/\\:\[\]{}]+)*$", InvalidPath, check_package_pattern;
    PLACE: "a path", "^.+$", InvalidPath, check_place;
    ARCHIVE: "a file that ends in `.slpkg`", "[.]slpkg$", InvalidPath, check_archive;
    SHA256: "a SHA-256 sum", "^[0-9a-f]{64}$", InvalidSource, check_sha256;
    URL: "a URL such as `https://example.com/x.slpkg`",
        "^https?://[!-~]+$", InvalidSource, |text| PackageSource::url(text).map(drop);
    SOURCE: "a package: a name, a folder, a file or a URL", "^.+$",
        InvalidSource, |text| text.parse::<PackageSource>().map(drop);
    SCHEMA: "a schema such as `com.example.point@1.0.0`",
        "^[a-z][a-z0-9_]*([.][a-z][a-z0-9_]*)*@[0-9]+[.][0-9]+[.][0-9]+$",
        InvalidName, check_schema;
    ENTRYPOINT: "an entry point such as `effects.tint:Tint`",
        "^[^:]+(:[A-Za-z_][A-Za-z0-9_]*)?$", InvalidName, |text| text.parse::<Entrypoint>().map(drop);
    VARIABLE: "the name of an environment variable", "^[A-Za-z_][A-Za-z0-9_]*$",
        InvalidName, check_variable;
}

/// A path outside the package: any text but nothing and control characters.
fn check_place(text: &str) -> Result<(), ManifestError> {
    let is_url = text.contains("://");
    if text.is_empty() || text.len() > 1024 || is_url || text.chars().any(char::is_control) {
        return Err(ManifestError::InvalidPath { text: excerpt(text) });
    }
    Ok(())
}

fn check_archive(text: &str) -> Result<(), ManifestError> {
    match check_place(text) {
        Ok(()) if text.ends_with(".slpkg") => Ok(()),
        _ => Err(ManifestError::InvalidArchivePath { text: excerpt(text) }),
    }
}

fn check_schema(text: &str) -> Result<(), ManifestError> {
    let parsed: Result<SchemaRef, _> = text.parse();
    parsed.map(drop).map_err(|_why| ManifestError::InvalidSchemaName { text: excerpt(text) })
}

fn check_variable(text: &str) -> Result<(), ManifestError> {
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let is_rest = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    if starts && text.len() <= 128 && text.bytes().all(is_rest) {
        Ok(())
    } else {
        Err(ManifestError::InvalidVariable { text: excerpt(text) })
    }
}
