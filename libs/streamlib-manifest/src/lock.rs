//! Lock files, `streamlib.lock`: exactly which packages a project was resolved to.
//!
//! What is written depends on the packages alone: sorted by name, one form for everything, no
//! times. What is read is held to the same care as a manifest, since it decides which bytes are
//! trusted: names, versions and sums have their grammars, and a key that is not known is refused.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use semver::Version;

use crate::check;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Problems};
use crate::document;
use crate::node::Node;
use crate::package::{
    LOCKED_PATH, NAME, PackageSource, SOURCE, SUM, VERSION, check_package_path, check_sha256,
    parse_version,
};
use crate::parse::FILE_BYTES_MAX;
use crate::path::NodePath;
use crate::read::text;
use crate::shape::{Object, Shape, optional, required};
use crate::source::SourceText;

/// File name of a lock, beside the manifest.
pub const LOCK_FILE: &str = "streamlib.lock";
/// The form that is written. Another one is refused.
pub const LOCK_VERSION: u64 = 1;

/// The packages that a project was resolved to, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lock {
    /// Each package once.
    pub packages: BTreeMap<String, LockedPackage>,
}

/// One package of a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedPackage {
    /// Its version.
    pub version: Version,
    /// Where it came from; among the installed packages when absent.
    pub source: Option<PackageSource>,
    /// SHA-256 of its archive, hexadecimal. Absent for a folder that is used in place.
    pub sha256: Option<String>,
    /// SHA-256 of each of its files, by path.
    pub files: BTreeMap<String, String>,
}

static LOCK: Object = Object {
    what: "a lock file",
    keys: &[
        required(
            "lock_version",
            Shape::Integer { min: LOCK_VERSION, max: LOCK_VERSION },
            "The form of this file.",
        ),
        required("packages", Shape::List(&Shape::Object(&PACKAGE)), "The packages, by name."),
    ],
};

static PACKAGE: Object = Object {
    what: "a locked package",
    keys: &[
        required("name", Shape::Word(&NAME), "Its name."),
        required("version", Shape::Word(&VERSION), "Its version."),
        optional("source", Shape::Word(&SOURCE), "Where it came from."),
        optional("sha256", Shape::Word(&SUM), "SHA-256 of its archive."),
        optional(
            "files",
            Shape::Map { keys: &LOCKED_PATH, values: &Shape::Word(&SUM) },
            "SHA-256 of each file.",
        ),
    ],
};

static ROOT: Shape = Shape::Object(&LOCK);

/// Reads a lock file. `file` is the name that messages give it; nothing is opened.
///
/// # Errors
/// All problems, if one of them is an error.
pub fn parse_lock(text: &str, file: &str) -> Result<Lock, Diagnostics> {
    let is_small = text.len() <= FILE_BYTES_MAX;
    let source = Arc::new(SourceText::new(file, if is_small { text } else { "" }));
    let mut problems = Problems::new(&source);
    let root = if is_small {
        document::load(&mut problems)
    } else {
        problems.error(&(0..0), || {
            let message = format!("a lock file has at most {FILE_BYTES_MAX} bytes");
            Diagnostic::error(Code::FileTooLarge, NodePath::root(), message)
        });
        None
    };
    let lock = root.map(|root| {
        check::check(&root, &ROOT, &mut problems);
        read(&root, &mut problems)
    });
    let found = problems.finish();
    lock.filter(|_| !found.has_errors()).ok_or(found)
}

fn read(root: &Node, problems: &mut Problems<'_>) -> Lock {
    let mut lock = Lock::default();
    let items = root.get("packages").map(Node::items).unwrap_or_default();
    for (at, node) in items.iter().enumerate() {
        let Some((name, package)) = package(node) else { continue };
        let path = NodePath::root().then("packages").then(at);
        let start = node.span.start..node.span.start;
        let is_folder = matches!(package.source, Some(PackageSource::Folder(_)));
        if package.sha256.is_none() && !is_folder {
            problems.error(&start, || {
                let message = format!("the package `{name}` needs the key `sha256`");
                Diagnostic::error(Code::MissingKey, path.clone(), message)
            });
        }
        if lock.packages.contains_key(&name) {
            problems.error(&start, || {
                let message = format!("the package `{name}` stands here a second time");
                Diagnostic::error(Code::DuplicateName, path.clone(), message)
            });
        }
        lock.packages.insert(name, package);
    }
    lock
}

fn package(node: &Node) -> Option<(String, LockedPackage)> {
    let sum = |node: &Node| {
        let text = node.as_text().filter(|text| check_sha256(text).is_ok());
        text.map(str::to_owned)
    };
    let files = node.get("files").map(Node::entries).unwrap_or_default().iter();
    let files = files.filter_map(|entry| {
        check_package_path(&entry.key).ok()?;
        Some((entry.key.clone(), sum(&entry.value)?))
    });
    let package = LockedPackage {
        version: parse_version(node.get("version")?.as_text()?).ok()?,
        source: text(node, "source").and_then(|source| source.parse().ok()),
        sha256: node.get("sha256").and_then(sum),
        files: files.collect(),
    };
    Some((text(node, "name")?, package))
}

/// Writes a lock file. [`parse_lock`] reads the same lock from it, provided that names and paths
/// follow their grammars.
#[must_use]
pub fn lock_to_yaml(lock: &Lock) -> String {
    let mut out = String::from("# Written by `streamlib pkg`; not for editing.\n");
    // Writing to a string cannot fail.
    let written = write_lock(lock, &mut out);
    written.unwrap_or_default();
    out
}

fn write_lock(lock: &Lock, out: &mut String) -> std::fmt::Result {
    writeln!(out, "lock_version: {LOCK_VERSION}")?;
    if lock.packages.is_empty() {
        return writeln!(out, "packages: []");
    }
    writeln!(out, "packages:")?;
    for (name, package) in &lock.packages {
        writeln!(out, "  - name: {name}\n    version: {}", package.version)?;
        if let Some(source) = &package.source {
            writeln!(out, "    source: {}", crate::emit::quote(&source.to_string()))?;
        }
        if let Some(sha256) = &package.sha256 {
            writeln!(out, "    sha256: \"{sha256}\"")?;
        }
        if !package.files.is_empty() {
            writeln!(out, "    files:")?;
        }
        for (path, sha256) in &package.files {
            writeln!(out, "      {}: \"{sha256}\"", crate::emit::quote(path))?;
        }
    }
    Ok(())
}
