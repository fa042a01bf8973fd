//! `streamlib cache`: what is kept of packages.

use std::time::SystemTime;

use serde::Serialize;
use streamlib_package::{CachedPackage, Prune};
use streamlib_protocol::exit;

use crate::args::CacheCommand;
use crate::error::Error;
use crate::packages::store;
use crate::screen::Screen;
use crate::table::Table;
use crate::text::{self, counted};

/// A package as it is kept.
#[derive(Debug, Serialize)]
struct Kept {
    name: String,
    version: String,
    /// The digest that names it.
    contents: String,
    installed: bool,
    bytes: u64,
    origin: String,
    folder: String,
}

impl Kept {
    fn of(package: &CachedPackage) -> Self {
        Self {
            name: package.name.clone(),
            version: package.version.to_string(),
            contents: package.contents.to_string(),
            installed: package.installed.is_some(),
            bytes: package.bytes,
            origin: package.origin.clone(),
            folder: package.folder.display().to_string(),
        }
    }
}

/// What `prune --json` prints.
#[derive(Debug, Serialize)]
struct PrunedAnswer {
    removed: Vec<Kept>,
    download_bytes: u64,
    dry_run: bool,
}

/// Does what `cache` says; gives back the exit code.
pub(super) fn cache(command: &CacheCommand, screen: &mut Screen) -> Result<u8, Error> {
    let store = store()?;
    match command {
        CacheCommand::List(arguments) => {
            let kept: Vec<Kept> = store.cache().list()?.iter().map(Kept::of).collect();
            if arguments.json {
                screen.print_json(&kept)?;
                return Ok(exit::OK);
            }
            let bytes: u64 = kept.iter().map(|one| one.bytes).sum();
            let mut out = rows(&kept);
            let count = counted(kept.len() as u64, "package");
            out += &format!("{count}, {} in all", text::bytes(bytes));
            screen.print(&out)?;
        }
        CacheCommand::Prune { unused_for, dry_run, json } => {
            let unused_since =
                unused_for.and_then(|unused_for| SystemTime::now().checked_sub(unused_for));
            let what = Prune { unused_since, dry_run: *dry_run };
            let pruned = store.cache().prune(&what)?;
            let removed: Vec<Kept> = pruned.packages.iter().map(Kept::of).collect();
            let bytes = removed.iter().map(|one| one.bytes).sum::<u64>() + pruned.download_bytes;
            if *json {
                let (download_bytes, dry_run) = (pruned.download_bytes, *dry_run);
                screen.print_json(&PrunedAnswer { removed, download_bytes, dry_run })?;
                return Ok(exit::OK);
            }
            let verb = if *dry_run { "would be removed" } else { "removed" };
            let count = counted(removed.len() as u64, "package");
            screen.print(&format!("{}{count} {verb}, {}", rows(&removed), text::bytes(bytes)))?;
        }
    }
    Ok(exit::OK)
}

/// A table with an empty line behind it; nothing for nothing.
fn rows(kept: &[Kept]) -> String {
    if kept.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&["PACKAGE", "VERSION", "STATE", ">SIZE", "CONTENT"]);
    for one in kept {
        let state = if one.installed { "installed" } else { "kept" };
        let content = one.contents.get(..12).unwrap_or_default().to_owned();
        let (name, version) = (one.name.clone(), one.version.clone());
        table.row([name, version, state.to_owned(), text::bytes(one.bytes), content]);
    }
    table.to_text() + "\n"
}
