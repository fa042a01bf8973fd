//! What cargo knows of this workspace: its packages, what they depend on, and what they ask of
//! the test commands.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::process;

/// The packages of this workspace and the whole graph of what they are built from.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    /// Its own packages, by name.
    pub(crate) packages: Vec<Package>,
    /// For each package of the whole build, by name, what a normal build links into it.
    pub(crate) links: BTreeMap<String, Vec<String>>,
}

/// A package of this workspace.
#[derive(Debug, Default)]
pub(crate) struct Package {
    /// Its name.
    pub(crate) name: String,
    /// What its `Cargo.toml` names.
    pub(crate) dependencies: Vec<Dependency>,
    /// `package.metadata.streamlib.loom`: its library has models to be run under loom.
    pub(crate) has_loom_models: bool,
    /// `package.metadata.streamlib.miri`: its library's tests shall be run under Miri.
    pub(crate) wants_miri: bool,
    /// `package.metadata.streamlib.release_tests`: test targets to be run in release mode.
    pub(crate) release_tests: Vec<String>,
}

/// One dependency of a package of this workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dependency {
    /// The package's name, whatever it is renamed to.
    pub(crate) name: String,
    /// Whether it serves tests, examples and benches only.
    pub(crate) is_dev: bool,
}

impl Workspace {
    /// Asks cargo.
    ///
    /// # Errors
    /// When cargo cannot read the workspace, or answers in a form that is not known.
    pub(crate) fn load() -> Result<Self> {
        let mut cargo = process::cargo(&["metadata", "--format-version=1", "--all-features"]);
        let text = process::capture(&mut cargo)?;
        Self::parse(&text)
            .map_err(|problem| Error::Output { command: process::shown(&cargo), problem })
    }

    /// Reads the answer of `cargo metadata`.
    pub(crate) fn parse(text: &str) -> std::result::Result<Self, String> {
        let answer: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let mut names = BTreeMap::new();
        let mut packages = Vec::new();
        let members: Vec<&str> = strings(&answer["workspace_members"]).collect();
        for package in array(&answer["packages"], "packages")? {
            let (id, name) = (string(&package["id"], "id")?, string(&package["name"], "name")?);
            names.insert(id, name);
            if members.contains(&id) {
                packages.push(Package::parse(name, package)?);
            }
        }
        packages.sort_by(|a, b| a.name.cmp(&b.name));
        let mut links: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for node in array(&answer["resolve"]["nodes"], "resolve.nodes")? {
            let name = name_of(&names, &node["id"])?;
            let linked = links.entry(name.to_owned()).or_default();
            for dependency in array(&node["deps"], "deps")? {
                let kinds = array(&dependency["dep_kinds"], "dep_kinds")?;
                if kinds.iter().any(|kind| kind["kind"].is_null()) {
                    linked.push(name_of(&names, &dependency["pkg"])?.to_owned());
                }
            }
        }
        Ok(Self { packages, links })
    }
}

impl Package {
    fn parse(name: &str, package: &Value) -> std::result::Result<Self, String> {
        let mut dependencies = Vec::new();
        for dependency in array(&package["dependencies"], "dependencies")? {
            dependencies.push(Dependency {
                name: string(&dependency["name"], "dependency name")?.to_owned(),
                is_dev: dependency["kind"] == "dev",
            });
        }
        let wishes = &package["metadata"]["streamlib"];
        Ok(Self {
            name: name.to_owned(),
            dependencies,
            has_loom_models: wishes["loom"] == true,
            wants_miri: wishes["miri"] == true,
            release_tests: strings(&wishes["release_tests"]).map(str::to_owned).collect(),
        })
    }
}

fn name_of<'a>(
    names: &BTreeMap<&str, &'a str>,
    id: &Value,
) -> std::result::Result<&'a str, String> {
    let id = string(id, "package id")?;
    names.get(id).copied().ok_or_else(|| format!("the package id {id} has no package"))
}

fn array<'a>(value: &'a Value, what: &str) -> std::result::Result<&'a Vec<Value>, String> {
    value.as_array().ok_or_else(|| format!("`{what}` is no list"))
}

fn string<'a>(value: &'a Value, what: &str) -> std::result::Result<&'a str, String> {
    value.as_str().ok_or_else(|| format!("`{what}` is no text"))
}

fn strings(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = r#"{
        "packages": [
            {"id": "z#1", "name": "engine", "metadata": {"streamlib": {"loom": true,
                "miri": true, "release_tests": ["allocation"]}},
             "dependencies": [{"name": "hecs", "kind": null}, {"name": "insta", "kind": "dev"}]},
            {"id": "a#1", "name": "abi", "metadata": null, "dependencies": []},
            {"id": "hecs#1", "name": "hecs", "metadata": null, "dependencies": []},
            {"id": "insta#1", "name": "insta", "metadata": null, "dependencies": []}
        ],
        "workspace_members": ["z#1", "a#1"],
        "resolve": {"nodes": [
            {"id": "z#1", "deps": [
                {"pkg": "hecs#1", "dep_kinds": [{"kind": null}]},
                {"pkg": "insta#1", "dep_kinds": [{"kind": "dev"}]}]},
            {"id": "hecs#1", "deps": []}
        ]}
    }"#;

    #[test]
    fn own_packages_their_wishes_and_what_is_linked_are_read() {
        let workspace = Workspace::parse(ANSWER).unwrap();
        let names: Vec<_> = workspace.packages.iter().map(|package| &*package.name).collect();
        assert_eq!(names, ["abi", "engine"]);
        let engine = &workspace.packages[1];
        assert!(engine.has_loom_models && engine.wants_miri);
        assert_eq!(engine.release_tests, ["allocation"]);
        let dev: Vec<_> = engine.dependencies.iter().map(|one| (&*one.name, one.is_dev)).collect();
        assert_eq!(dev, [("hecs", false), ("insta", true)]);
        assert_eq!(workspace.links["engine"], ["hecs"]);
        assert!(!workspace.packages[0].has_loom_models);
    }

    #[test]
    fn an_answer_in_another_form_is_refused() {
        assert_eq!(Workspace::parse("{}").unwrap_err(), "`packages` is no list");
    }
}
