//! Which crate may use which: the house has floors, and nothing reaches up or across unlisted.

use std::collections::BTreeSet;

use super::tree::Finding;
use crate::workspace::{Package, Workspace};

/// Each crate of the workspace with those of the workspace that it may use. A crate that is not
/// in the table is a finding, so that a new crate gets its place by decision.
const EDGES: &[(&str, &[&str])] = &[
    // Layer 0: vocabulary. No crate here knows of another, but for what is listed.
    ("streamlib-abi", &[]),
    ("streamlib-schema", &["streamlib-abi"]),
    ("streamlib-manifest", &["streamlib-abi", "streamlib-schema"]),
    ("streamlib-macros", &[]),
    // Layer 1: what a processor author and a client see.
    ("streamlib-processor", &["streamlib-abi", "streamlib-schema", "streamlib-macros"]),
    ("streamlib-protocol", &["streamlib-schema"]),
    ("streamlib-ipc", &["streamlib-abi"]),
    ("streamlib-package", &["streamlib-abi", "streamlib-schema", "streamlib-manifest"]),
    // Layer 2: the engine.
    ("streamlib-engine", &["streamlib-abi", "streamlib-schema", "streamlib-processor"]),
    // Layer 2, for plugins: what their author sees. Never the engine.
    ("streamlib-plugin", &["streamlib-abi", "streamlib-processor"]),
    // Layer 3: foreign code as processors.
    (
        "streamlib-host",
        &[
            "streamlib-abi",
            "streamlib-schema",
            "streamlib-processor",
            "streamlib-package",
            "streamlib-engine",
        ],
    ),
    // Layer 3: families of processors. They know no engine; their inner parts may know only the
    // vocabulary.
    ("streamlib-video", LEAF),
    ("streamlib-audio", LEAF),
    ("streamlib-codec", LEAF),
    (
        "streamlib-container",
        &["streamlib-abi", "streamlib-schema", "streamlib-processor", "streamlib-codec"],
    ),
    // Layer 4: the facade.
    (
        "streamlib",
        &[
            "streamlib-abi",
            "streamlib-schema",
            "streamlib-manifest",
            "streamlib-macros",
            "streamlib-package",
            "streamlib-processor",
            "streamlib-engine",
            "streamlib-host",
            "streamlib-video",
            "streamlib-audio",
            "streamlib-codec",
            "streamlib-container",
        ],
    ),
    // Programs. The client knows no engine: it asks the runtime.
    (
        "streamlib-runtime",
        &[
            "streamlib",
            "streamlib-manifest",
            "streamlib-package",
            "streamlib-protocol",
            "streamlib-schema",
        ],
    ),
    (
        "streamlib-cli",
        &["streamlib-manifest", "streamlib-package", "streamlib-protocol", "streamlib-schema"],
    ),
    // For tests and for work on the repository.
    ("streamlib-testing", &["streamlib-abi", "streamlib-schema", "streamlib-processor"]),
    (
        "streamlib-fuzzing",
        &[
            "streamlib-abi",
            "streamlib-manifest",
            "streamlib-package",
            "streamlib-protocol",
            "streamlib-schema",
            "streamlib-codec",
            "streamlib-container",
        ],
    ),
    (
        "streamlib-bench",
        &[
            "streamlib",
            "streamlib-processor",
            "streamlib-engine",
            "streamlib-codec",
            "streamlib-container",
        ],
    ),
    ("xtask", &[]),
];

/// What a family of processors may use.
const LEAF: &[&str] = &["streamlib-abi", "streamlib-schema", "streamlib-processor"];

/// What the tests of a crate may use beyond the table above; all may use `streamlib-testing`.
const DEV_EDGES: &[(&str, &[&str])] = &[
    ("streamlib-macros", &["streamlib-processor"]),
    ("streamlib-host", &["streamlib-plugin"]),
    ("streamlib-video", &["streamlib-engine"]),
    ("streamlib-audio", &["streamlib-engine"]),
    ("streamlib-container", &["streamlib-engine", "streamlib-video", "streamlib-audio"]),
    ("streamlib-cli", &["streamlib"]),
    ("streamlib-bench", &["streamlib-plugin"]),
];

/// Heavy dependencies with the only crates that may name them outside their tests.
const HEAVY: &[(&str, &[&str])] = &[
    ("axum", &["streamlib-runtime"]),
    ("clap", &["streamlib-cli"]),
    ("clap_complete", &["streamlib-cli"]),
    ("flate2", &["streamlib-package"]),
    ("hecs", &["streamlib-engine"]),
    ("iceoryx2", &["streamlib-ipc"]),
    ("jtd", &["streamlib-schema"]),
    ("minisign-verify", &["streamlib-package"]),
    ("libloading", &["streamlib-host"]),
    ("muxide", &["streamlib-container"]),
    ("object", &["streamlib-package"]),
    ("openh264", &["streamlib-codec"]),
    ("openh264-sys2", &["streamlib-codec"]),
    ("opusic-c", &["streamlib-codec"]),
    ("opusic-sys", &["streamlib-codec"]),
    ("petgraph", &["streamlib-engine"]),
    ("png", &["streamlib-video"]),
    ("quote", &["streamlib-macros"]),
    ("re_mp4", &["streamlib-container"]),
    ("rtrb", &["streamlib-engine", "streamlib-bench"]),
    ("rubato", &["streamlib-audio"]),
    ("saphyr", &["streamlib-manifest"]),
    ("saphyr-parser", &["streamlib-manifest"]),
    ("serde_yaml", &[]),
    ("shiguredo_mp4", &["streamlib-container"]),
    ("syom", &["streamlib-codec"]),
    ("symphonia", &["streamlib-codec"]),
    ("syn", &["streamlib-macros"]),
    ("tokio", &["streamlib-runtime"]),
    ("ureq", &["streamlib-cli", "streamlib-package"]),
];

/// What must not be linked into a crate by any way, however long.
const NEVER_LINKED: &[(&str, &[&str])] = &[
    (
        "streamlib-engine",
        &["tokio", "iceoryx2", "wgpu", "hyper", "axum", "reqwest", "ureq", "clap", "clap_builder"],
    ),
    (
        "streamlib-processor",
        &["tokio", "iceoryx2", "wgpu", "hyper", "clap_builder", "hecs", "petgraph"],
    ),
    ("streamlib-plugin", &["streamlib-engine", "iceoryx2", "tokio", "wgpu", "clap_builder"]),
    ("streamlib-cli", &["streamlib-engine", "openh264", "opusic-c"]),
];

pub(crate) fn check(workspace: &Workspace) -> Vec<Finding> {
    let mut messages = Vec::new();
    for package in &workspace.packages {
        messages.extend(check_edges(package, workspace));
        messages.extend(check_heavy(package));
    }
    messages.extend(check_links(workspace));
    messages
        .into_iter()
        .map(|message| Finding { path: "Cargo.toml".to_owned(), line: 0, message })
        .collect()
}

fn check_edges(package: &Package, workspace: &Workspace) -> Vec<String> {
    let name = package.name.as_str();
    let Some(allowed) = entry(EDGES, name) else {
        return vec![format!("{name} has no place in the layers; give it one in {}", file!())];
    };
    let for_tests = entry(DEV_EDGES, name).unwrap_or_default();
    let mut messages = Vec::new();
    for dependency in &package.dependencies {
        let used = dependency.name.as_str();
        let is_ours = workspace.packages.iter().any(|other| other.name == used);
        let is_allowed = allowed.contains(&used)
            || dependency.is_dev && (used == "streamlib-testing" || for_tests.contains(&used));
        // A crate may name itself, for the features its tests need.
        if is_ours && !is_allowed && used != name {
            let what = if dependency.is_dev { "the tests of " } else { "" };
            messages.push(format!("{what}{name} must not use {used}: the layers do not allow it"));
        }
    }
    messages
}

fn check_heavy(package: &Package) -> Vec<String> {
    let named = package.dependencies.iter().filter(|dependency| !dependency.is_dev);
    named
        .filter_map(|dependency| {
            let allowed = entry(HEAVY, &dependency.name)?;
            (!allowed.contains(&package.name.as_str())).then(|| {
                let (name, heavy) = (&package.name, &dependency.name);
                let owners =
                    if allowed.is_empty() { "none".to_owned() } else { allowed.join(", ") };
                format!("{name} must not use {heavy}, which may be used by: {owners}")
            })
        })
        .collect()
}

fn check_links(workspace: &Workspace) -> Vec<String> {
    let mut messages = Vec::new();
    for (name, never) in NEVER_LINKED {
        let linked = reachable(workspace, name);
        let found = never.iter().filter(|one| linked.contains(**one));
        messages.extend(found.map(|one| format!("{name} must not link {one}, by whatever way")));
    }
    messages
}

/// All packages that a normal build links into `name`.
fn reachable<'a>(workspace: &'a Workspace, name: &str) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut open: Vec<&str> = vec![name];
    while let Some(next) = open.pop() {
        for linked in workspace.links.get(next).into_iter().flatten() {
            if seen.insert(linked.as_str()) {
                open.push(linked);
            }
        }
    }
    seen
}

fn entry(table: &'static [(&str, &[&str])], name: &str) -> Option<&'static [&'static str]> {
    table.iter().find(|(key, _)| *key == name).map(|(_, values)| *values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Dependency;

    fn package(name: &str, normal: &[&str], dev: &[&str]) -> Package {
        let dependency =
            |is_dev| move |name: &&str| Dependency { name: (*name).to_owned(), is_dev };
        let normal = normal.iter().map(dependency(false));
        let dependencies = normal.chain(dev.iter().map(dependency(true))).collect();
        Package { name: name.to_owned(), dependencies, ..Package::default() }
    }

    fn check(packages: Vec<Package>, links: &[(&str, &[&str])], expected: &[&str]) {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let links = links.iter().map(|(name, linked)| ((*name).to_owned(), owned(linked)));
        let workspace = Workspace { packages, links: links.collect() };
        let findings = super::check(&workspace);
        let messages: Vec<&str> = findings.iter().map(|finding| &*finding.message).collect();
        assert_eq!(messages, expected);
    }

    #[test]
    fn listed_edges_are_allowed_and_others_are_not() {
        let abi = || package("streamlib-abi", &[], &[]);
        let testing = || package("streamlib-testing", &["streamlib-abi"], &[]);
        let good = package("streamlib-processor", &["streamlib-abi"], &["streamlib-testing"]);
        check(vec![abi(), testing(), good], &[], &[]);
        check(
            vec![testing(), package("streamlib-abi", &["streamlib-testing"], &[])],
            &[],
            &["streamlib-abi must not use streamlib-testing: the layers do not allow it"],
        );
        check(
            vec![
                package("streamlib-audio", &[], &[]),
                package("streamlib-codec", &[], &["streamlib-audio"]),
            ],
            &[],
            &[
                "the tests of streamlib-codec must not use streamlib-audio: the layers do not allow it",
            ],
        );
    }

    #[test]
    fn a_crate_without_a_place_is_found() {
        let message = "streamlib-new has no place in the layers; give it one in \
                       xtask/src/tidy/layers.rs";
        check(vec![package("streamlib-new", &[], &[])], &[], &[message]);
    }

    #[test]
    fn a_heavy_dependency_is_for_its_owner_and_for_tests() {
        check(
            vec![
                package("streamlib-engine", &["hecs", "syn"], &["tokio"]),
                package("streamlib-abi", &["serde_yaml"], &[]),
            ],
            &[],
            &[
                "streamlib-engine must not use syn, which may be used by: streamlib-macros",
                "streamlib-abi must not use serde_yaml, which may be used by: none",
            ],
        );
    }

    #[test]
    fn what_must_not_be_linked_is_found_through_others() {
        let links: &[(&str, &[&str])] =
            &[("streamlib-engine", &["a", "hecs"]), ("a", &["b"]), ("b", &["tokio", "a"])];
        check(Vec::new(), links, &["streamlib-engine must not link tokio, by whatever way"]);
        check(Vec::new(), &[("streamlib-engine", &["a"])], &[]);
    }

    #[test]
    fn the_table_has_no_circle() {
        for (name, allowed) in EDGES {
            let mut seen = BTreeSet::new();
            let mut open: Vec<&str> = allowed.to_vec();
            while let Some(next) = open.pop() {
                assert_ne!(next, *name, "a circle through {name}");
                if seen.insert(next) {
                    open.extend(entry(EDGES, next).unwrap_or_default());
                }
            }
        }
    }
}
