//! `streamlib pkg why`: who needs an installed package.

use std::collections::BTreeMap;

use semver::VersionReq;
use serde::Serialize;
use streamlib_package::{CachedPackage, Digest};
use streamlib_protocol::exit;

use super::no_such;
use crate::error::Error;
use crate::packages::store;
use crate::screen::Screen;

/// Most ways that are said.
const WAYS_MAX: usize = 20;

/// What `--json` prints: the ways from what was asked for to the package.
#[derive(Debug, Serialize)]
struct Why<'a> {
    name: &'a str,
    versions: Vec<String>,
    asked: bool,
    ways: Vec<Vec<String>>,
}

pub(super) fn why(name: &str, json: bool, screen: &mut Screen) -> Result<u8, Error> {
    let mut all = store()?.cache().list()?;
    all.retain(|package| package.installed.is_some());
    let of_name: Vec<&CachedPackage> = all.iter().filter(|one| one.name == name).collect();
    if of_name.is_empty() {
        return Err(no_such(&all, name, &VersionReq::STAR));
    }
    let users = users(&all);
    let mut ways = Vec::new();
    for package in &of_name {
        climb(&users, vec![package], &mut ways);
    }
    ways.sort();
    let is_asked = |one: &&CachedPackage| one.installed.as_ref().is_some_and(|one| one.asked);
    let why = Why {
        name,
        versions: of_name.iter().map(|one| one.version.to_string()).collect(),
        asked: of_name.iter().any(is_asked),
        ways,
    };
    if json {
        screen.print_json(&why)?;
        return Ok(exit::OK);
    }
    let mut out = String::new();
    if why.asked {
        out += &format!("{name} was asked for\n");
    }
    out.extend(why.ways.iter().map(|way| format!("{}\n", way.join(" -> "))));
    if out.is_empty() {
        out = format!("nothing needs {name} any more; `streamlib cache prune` removes it");
    }
    screen.print(&out)?;
    Ok(exit::OK)
}

/// Who uses a content.
fn users(all: &[CachedPackage]) -> BTreeMap<Digest, Vec<&CachedPackage>> {
    let mut users: BTreeMap<Digest, Vec<&CachedPackage>> = BTreeMap::new();
    for package in all {
        for used in package.installed.iter().flat_map(|one| &one.uses) {
            users.entry(*used).or_default().push(package);
        }
    }
    users
}

/// Follows a way from the package up to those that were asked for.
fn climb(
    users: &BTreeMap<Digest, Vec<&CachedPackage>>,
    way: Vec<&CachedPackage>,
    ways: &mut Vec<Vec<String>>,
) {
    let Some(top) = way.last() else { return };
    if ways.len() >= WAYS_MAX {
        return;
    }
    if way.len() > 1 && top.installed.as_ref().is_some_and(|one| one.asked) {
        let text = |one: &&CachedPackage| format!("{} {}", one.name, one.version);
        ways.push(way.iter().rev().map(text).collect());
    }
    for user in users.get(&top.contents).into_iter().flatten() {
        if !way.iter().any(|one| one.contents == user.contents) {
            let mut longer = way.clone();
            longer.push(user);
            climb(users, longer, ways);
        }
    }
}
