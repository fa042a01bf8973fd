//! `streamlib pkg inspect`: what a package is, before anybody runs it.

use std::fs::File;
use std::path::Path;

use serde::Serialize;
use streamlib_manifest::package::PackageSource;
use streamlib_package::{Archive, Digest, Limits, PackageFolder};
use streamlib_protocol::exit;

use super::super::pack::{Target, targets};
use crate::error::Error;
use crate::packages::{shown, store};
use crate::screen::Screen;
use crate::table::Table;

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Inspected<'a> {
    name: &'a str,
    version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    authors: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    licence: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    streamlib_version: Option<String>,
    processors: Vec<Processor<'a>>,
    schemas: Vec<String>,
    dependencies: Vec<Dependency<'a>>,
    permissions: &'a streamlib_manifest::package::Permissions,
    targets: Vec<Target<'a>>,
    has_graph: bool,
    /// Who signed the archive, in words; absent for a folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<String>,
    /// SHA-256 of the archive; absent for a folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
}

#[derive(Debug, Serialize)]
struct Processor<'a> {
    name: &'a str,
    runtime: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Dependency<'a> {
    name: &'a str,
    range: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
}

/// What is known of an archive beside its content.
#[derive(Default)]
struct OfArchive {
    signature: Option<String>,
    sha256: Option<String>,
}

pub(super) fn inspect(
    source: &PackageSource,
    json: bool,
    screen: &mut Screen,
) -> Result<u8, Error> {
    match source {
        PackageSource::Folder(path) => {
            say(&PackageFolder::open(Path::new(path))?, OfArchive::default(), json, screen)
        }
        PackageSource::File(path) => archive(Path::new(path), path, json, screen),
        PackageSource::Url { url, sha256 } => {
            let store = store()?;
            let sha256: Option<Digest> = sha256.as_deref().map(str::parse).transpose()?;
            let keys = store.trust().read()?;
            let download = store.fetcher().fetch(url, sha256, &keys, &mut shown(screen))?;
            archive(download.file(), url, json, screen)
        }
        PackageSource::Name { name, range } => {
            let package = store()?.cache().find(name, range)?;
            let of_archive = OfArchive {
                signature: package.signed_by.map(|by| format!("signed by {by}")),
                sha256: Some(package.archive.to_string()),
            };
            say(&PackageFolder::open(&package.folder)?, of_archive, json, screen)
        }
    }
}

/// Unpacks an archive to look at it.
fn archive(path: &Path, label: &str, json: bool, screen: &mut Screen) -> Result<u8, Error> {
    let no_file = |source| Error::NoFile { file: label.to_owned(), source };
    let mut file = File::open(path).map_err(no_file)?;
    let sha256 = Digest::of_reader(&mut file).map_err(no_file)?;
    let trust = store()?.trust().read()?.check_beside(path)?;
    let file = File::open(path).map_err(no_file)?;
    let mut archive = Archive::open(file, label, &Limits::default())?;
    let doing = "a temporary folder cannot be made";
    let folder = tempfile::tempdir().map_err(|source| Error::System { doing, source })?;
    archive.unpack(folder.path(), &mut shown(screen))?;
    let of_archive =
        OfArchive { signature: Some(trust.to_string()), sha256: Some(sha256.to_string()) };
    say(&PackageFolder::open(folder.path())?, of_archive, json, screen)
}

fn say(
    folder: &PackageFolder,
    of_archive: OfArchive,
    json: bool,
    screen: &mut Screen,
) -> Result<u8, Error> {
    let manifest = folder.manifest();
    let plugins = folder.plugins()?;
    let info = &manifest.package;
    let inspected = Inspected {
        name: &info.name,
        version: info.version.to_string(),
        description: info.description.as_deref(),
        authors: &info.authors,
        licence: info.licence.as_deref(),
        streamlib_version: info.streamlib_version.as_ref().map(ToString::to_string),
        processors: manifest
            .processors
            .iter()
            .map(|one| Processor {
                name: &one.name,
                runtime: one.runtime.as_str(),
                description: one.description.as_deref(),
            })
            .collect(),
        schemas: folder.schemas().keys().map(ToString::to_string).collect(),
        dependencies: manifest
            .dependencies
            .iter()
            .map(|(name, one)| Dependency {
                name,
                range: one.range.to_string(),
                source: one.source.as_ref().map(ToString::to_string),
            })
            .collect(),
        permissions: &manifest.permissions,
        targets: targets(&plugins),
        has_graph: folder.graph().is_some(),
        signature: of_archive.signature,
        sha256: of_archive.sha256,
    };
    if json {
        screen.print_json(&inspected)?;
    } else {
        screen.print(&text(&inspected))?;
    }
    Ok(exit::OK)
}

fn text(package: &Inspected<'_>) -> String {
    let mut out = format!("{} {}\n", package.name, package.version);
    let mut line = |what: &str, text: &str| {
        if !text.is_empty() {
            out += &format!("{what:<13}{text}\n");
        }
    };
    line("", package.description.unwrap_or_default());
    line("authors", &package.authors.join(", "));
    line("licence", package.licence.unwrap_or_default());
    line("streamlib", package.streamlib_version.as_deref().unwrap_or_default());
    line("signature", package.signature.as_deref().unwrap_or_default());
    line("sha256", package.sha256.as_deref().unwrap_or_default());
    line("schemas", &package.schemas.join(", "));
    for target in &package.targets {
        line("plugin", &format!("{} for {}", target.file, target.target));
    }
    for one in &package.dependencies {
        let from = one.source.as_ref().map(|from| format!(" from {from}")).unwrap_or_default();
        line("needs", &format!("{} {}{from}", one.name, one.range));
    }
    for (kind, items) in package.permissions.all().filter(|(_, items)| !items.is_empty()) {
        line("permission", &format!("{kind}: {}", items.join(", ")));
    }
    if package.has_graph {
        line("graph", &format!("`streamlib run {}` runs it when it is installed", package.name));
    }
    if !package.processors.is_empty() {
        let mut table = Table::new(&["PROCESSOR", "RUNTIME", "WHAT IT DOES"]);
        for one in &package.processors {
            let description = one.description.unwrap_or_default().to_owned();
            table.row([one.name.to_owned(), one.runtime.to_owned(), description]);
        }
        out += &format!("\n{}", table.to_text());
    }
    out
}
