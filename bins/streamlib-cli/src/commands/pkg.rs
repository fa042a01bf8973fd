//! `streamlib pkg`: the packages of this user.

mod inspect;
mod why;

use std::path::Path;

use semver::VersionReq;
use serde::Serialize;
use streamlib_manifest::lock::{LOCK_FILE, Lock};
use streamlib_manifest::package::{MANIFEST_FILE, PackageSource};
use streamlib_package::{
    CachedPackage, Gather, Gathered, PackageError, PackageStore, TrustedKey, read_lock, write_lock,
};
use streamlib_protocol::exit;
use streamlib_schema::nearest_name;

use crate::args::{PkgCommand, TrustCommand};
use crate::error::Error;
use crate::packages::{here, name_of, shown, store};
use crate::screen::Screen;
use crate::table::Table;
use crate::text::{self, counted};

/// Does what `pkg` says; gives back the exit code.
pub(super) fn pkg(command: &PkgCommand, screen: &mut Screen) -> Result<u8, Error> {
    match command {
        PkgCommand::Install { sources, json } if sources.is_empty() => {
            project(&here()?, true, *json, screen)
        }
        PkgCommand::Install { sources, json } => install(sources, *json, screen),
        PkgCommand::Inspect { source, json } => inspect::inspect(source, *json, screen),
        PkgCommand::List(arguments) => list(arguments.json, screen),
        PkgCommand::Remove { names } => remove(names, screen),
        PkgCommand::Verify { names, json } => verify(names, *json, screen),
        PkgCommand::Update { folder, json } => project(folder, false, *json, screen),
        PkgCommand::Trust { command } => trust(command, screen),
        PkgCommand::Why { name, json } => why::why(name, *json, screen),
    }
}

/// A package as it is listed.
#[derive(Debug, Serialize)]
struct Listed {
    name: String,
    version: String,
    /// Where it came from.
    origin: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    signed_by: Option<String>,
    /// Whether somebody asked for it; else another package needs it.
    asked: bool,
    files: usize,
    bytes: u64,
    sha256: String,
    folder: String,
}

impl Listed {
    fn of(package: &CachedPackage) -> Self {
        Self {
            name: package.name.clone(),
            version: package.version.to_string(),
            origin: package.origin.clone(),
            signed_by: package.signed_by.clone(),
            asked: package.installed.as_ref().is_some_and(|one| one.asked),
            files: package.files,
            bytes: package.bytes,
            sha256: package.archive.to_string(),
            folder: package.folder.display().to_string(),
        }
    }
}

fn install(sources: &[PackageSource], json: bool, screen: &mut Screen) -> Result<u8, Error> {
    let store = store()?;
    let gathered = {
        let mut on_progress = shown(screen);
        let how = Gather::default();
        let gathered = store.gather(sources, &here()?, &how, &mut on_progress)?;
        store.install(&gathered, &mut on_progress)?;
        gathered
    };
    installed(&store, &gathered, json, screen)
}

/// Says what is installed now, with what was asked for first.
fn installed(
    store: &PackageStore,
    gathered: &Gathered,
    json: bool,
    screen: &mut Screen,
) -> Result<u8, Error> {
    let mut all = Vec::new();
    for package in gathered.packages.iter().rev() {
        if let Some(held) = &package.held {
            all.extend(store.cache().get(held.contents)?);
        }
    }
    if json {
        let listed: Vec<Listed> = all.iter().map(Listed::of).collect();
        screen.print_json(&listed)?;
        return Ok(exit::OK);
    }
    let mut out = String::new();
    for package in gathered.packages.iter().rev() {
        let needed = if package.is_wanted { "" } else { ", which is needed" };
        out += &format!("{} {}{needed}\n", package.name(), package.version());
        let permissions = &package.folder.manifest().permissions;
        for (kind, items) in permissions.all().filter(|(_, items)| !items.is_empty()) {
            out += &format!("  it says that it needs {kind}: {}\n", items.join(", "));
        }
    }
    screen.print(&format!("installed:\n{out}"))?;
    Ok(exit::OK)
}

/// Finds what the project in a folder needs, installs it, and writes its lock.
fn project(root: &Path, keep_lock: bool, json: bool, screen: &mut Screen) -> Result<u8, Error> {
    let store = store()?;
    let before =
        if root.join(MANIFEST_FILE).is_file() { read_lock(root)? } else { Lock::default() };
    let lock = if keep_lock { before.clone() } else { Lock::default() };
    let gathered = {
        let mut on_progress = shown(screen);
        let source = PackageSource::folder(&root.display().to_string());
        let how = Gather { in_place: true, lock };
        let gathered = store.gather(&[source], &here()?, &how, &mut on_progress)?;
        store.install(&gathered, &mut on_progress)?;
        gathered
    };
    let lock = gathered.lock(root)?;
    let is_written = write_lock(root, &lock)?;
    if json {
        return installed(&store, &gathered, true, screen);
    }
    let mut out = String::new();
    for (name, locked) in &lock.packages {
        let change = match before.packages.get(name) {
            None => " (new)".to_owned(),
            Some(old) if old.version != locked.version => format!(" (was {})", old.version),
            Some(_) => String::new(),
        };
        out += &format!("{name} {}{change}\n", locked.version);
    }
    for name in before.packages.keys().filter(|name| !lock.packages.contains_key(*name)) {
        out += &format!("{name} (gone)\n");
    }
    let written = if is_written { "written" } else { "unchanged" };
    let packages = counted(lock.packages.len() as u64, "package");
    screen.print(&format!("{out}{LOCK_FILE} is {written}: {packages}"))?;
    Ok(exit::OK)
}

fn list(json: bool, screen: &mut Screen) -> Result<u8, Error> {
    let mut packages = store()?.cache().list()?;
    packages.retain(|package| package.installed.is_some());
    let listed: Vec<Listed> = packages.iter().map(Listed::of).collect();
    if json {
        screen.print_json(&listed)?;
        return Ok(exit::OK);
    }
    if listed.is_empty() {
        screen.print("no package is installed; `streamlib pkg install` installs one")?;
        return Ok(exit::OK);
    }
    let mut table = Table::new(&["PACKAGE", "VERSION", ">SIZE", "WHY", "SIGNED BY", "FROM"]);
    for one in listed {
        let why = if one.asked { "asked for" } else { "needed" };
        let signed_by = one.signed_by.unwrap_or_default();
        table.row([
            one.name,
            one.version,
            text::bytes(one.bytes),
            why.to_owned(),
            signed_by,
            one.origin,
        ]);
    }
    screen.print(&table.to_text())?;
    Ok(exit::OK)
}

/// The installed packages that names mean; all if there are none.
fn named(store: &PackageStore, names: &[PackageSource]) -> Result<Vec<CachedPackage>, Error> {
    let mut all = store.cache().list()?;
    all.retain(|package| package.installed.is_some());
    if names.is_empty() {
        return Ok(all);
    }
    let mut found = Vec::new();
    for (name, range) in names.iter().filter_map(name_of) {
        let of_name: Vec<CachedPackage> = all
            .iter()
            .filter(|one| one.name == name && fits(range, &one.version))
            .cloned()
            .collect();
        if of_name.is_empty() {
            return Err(no_such(&all, name, range));
        }
        found.extend(of_name);
    }
    Ok(found)
}

/// As `*`, a name alone means every version, pre-releases too.
fn fits(range: &VersionReq, version: &semver::Version) -> bool {
    *range == VersionReq::STAR || range.matches(version)
}

fn no_such(all: &[CachedPackage], name: &str, range: &VersionReq) -> Error {
    let versions: Vec<_> =
        all.iter().filter(|one| one.name == name).map(|one| one.version.clone()).collect();
    if versions.is_empty() {
        let near = nearest_name(name, all.iter().map(|one| one.name.as_str()));
        return Error::NoSuchPackage { name: name.to_owned(), near: near.map(str::to_owned) };
    }
    let (name, range) = (name.to_owned(), range.clone());
    PackageError::NotInstalled { name, range, versions }.into()
}

fn remove(names: &[PackageSource], screen: &mut Screen) -> Result<u8, Error> {
    let store = store()?;
    for package in named(&store, names)? {
        store.cache().remove(&package)?;
        screen.print(&format!("removed {} {}", package.name, package.version))?;
    }
    Ok(exit::OK)
}

/// What `verify --json` prints of a package.
#[derive(Debug, Serialize)]
struct Verified {
    name: String,
    version: String,
    ok: bool,
    damage: Vec<String>,
}

fn verify(names: &[PackageSource], json: bool, screen: &mut Screen) -> Result<u8, Error> {
    let store = store()?;
    let mut all = Vec::new();
    for package in named(&store, names)? {
        let damage = store.cache().verify(&package)?;
        let damage: Vec<String> = damage.iter().map(ToString::to_string).collect();
        let (name, version, ok) = (package.name, package.version.to_string(), damage.is_empty());
        all.push(Verified { name, version, ok, damage });
    }
    let is_whole = all.iter().all(|one| one.ok);
    let code = if is_whole { exit::OK } else { exit::FAILED };
    if json {
        screen.print_json(&all)?;
        return Ok(code);
    }
    let mut out = String::new();
    for one in &all {
        let state = if one.ok { "is whole" } else { "is damaged; install it again" };
        out += &format!("{} {} {state}\n", one.name, one.version);
        out.extend(one.damage.iter().map(|damage| format!("  {damage}\n")));
    }
    screen.print(if all.is_empty() { "no package is installed" } else { &out })?;
    Ok(code)
}

/// A trusted key as `--json` prints it.
#[derive(Debug, Serialize)]
struct Key<'a> {
    name: &'a str,
    key: &'a str,
}

fn trust(command: &TrustCommand, screen: &mut Screen) -> Result<u8, Error> {
    let store = store()?;
    match command {
        TrustCommand::List(arguments) => {
            let keys = store.trust().read()?;
            if arguments.json {
                let keys: Vec<Key<'_>> = keys
                    .keys()
                    .iter()
                    .map(|key| Key { name: key.name(), key: key.text() })
                    .collect();
                screen.print_json(&keys)?;
                return Ok(exit::OK);
            }
            let mut table = Table::new(&["NAME", "KEY"]);
            for key in keys.keys() {
                table.row([key.name().to_owned(), key.text().to_owned()]);
            }
            let empty = "no key is trusted; `streamlib pkg trust add` adds one";
            screen.print(
                if table.is_empty() { empty.to_owned() } else { table.to_text() }.as_str(),
            )?;
        }
        TrustCommand::Add { name, key } => {
            store.trust().add(TrustedKey::new(name, key)?)?;
            screen.print(&format!("packages signed by {name} are trusted from now on"))?;
        }
        TrustCommand::Remove { name } => {
            store.trust().remove(name)?;
            screen.print(&format!("packages signed by {name} are not trusted any more"))?;
        }
    }
    Ok(exit::OK)
}
