//! Plugins that strangers built: with another version of `streamlib-plugin`, other dependencies and
//! flags, and by other compilers. `cargo xtask test` builds them.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::home::{Home, check};

/// What was built, by name.
fn plugins() -> Vec<PathBuf> {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/assets");
    let assets = std::env::var_os("STREAMLIB_TEST_ASSETS").map_or(kept, PathBuf::from);
    let folder = assets.join("plugins");
    let is_library = |path: &PathBuf| {
        path.extension().is_some_and(|extension| extension == std::env::consts::DLL_EXTENSION)
    };
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| {
        panic!("{}: {error}; `cargo xtask test` builds the plugins", folder.display())
    });
    let mut plugins: Vec<_> =
        entries.map(|entry| entry.unwrap().path()).filter(is_library).collect();
    plugins.sort();
    plugins
}

fn named(name: &str) -> PathBuf {
    let is_it = |path: &PathBuf| path.file_stem().is_some_and(|stem| stem == name);
    plugins().into_iter().find(is_it).unwrap()
}

/// What `plugin inspect --json` says.
fn inspected(plugin: &Path) -> Value {
    let answer = Home::new().answer(&format!("plugin inspect {} --json", plugin.display()));
    let json = answer.strip_prefix("exit 0\n--- stdout\n").unwrap_or_else(|| panic!("{answer}"));
    serde_json::from_str(json.strip_suffix("--- stderr\n").unwrap()).unwrap()
}

#[test]
fn what_strangers_built_runs_with_every_frame() {
    let mut compilers = Vec::new();
    for plugin in plugins() {
        let said = inspected(&plugin);
        assert_eq!(said["processors"][0]["name"], "com.tatolab.grayscale_rust");
        compilers.push(said["rustc"].to_string());
        let line = format!("run plugin.yaml --no-progress --plugin {}", plugin.display());
        let answer = Home::new().answer(&line);
        assert!(answer.starts_with("exit 0\n"), "{}: {answer}", plugin.display());
        assert!(answer.contains("end.input        5 "), "{}: {answer}", plugin.display());
        assert!(answer.contains("every frame was delivered"), "{}: {answer}", plugin.display());
    }
    compilers.sort();
    let all = compilers.len();
    compilers.dedup();
    assert_eq!(compilers.len(), all, "each is by another compiler: {compilers:?}");
}

#[test]
fn the_other_build_is_by_another_version_of_the_author_s_crate() {
    assert_eq!(inspected(&named("other-build"))["streamlib_plugin"], "0.1.99");
}

#[test]
fn a_folder_of_plugins_and_what_they_offer() {
    let home = Home::new();
    let folder = tempfile::tempdir().unwrap();
    fs::copy(named("other-build"), folder.path().join("effects.so")).unwrap();
    let folder = folder.path().display();
    let answer = home.answer(&format!("check plugin.yaml --plugin-dir {folder}"));
    assert!(answer.contains("plugin.yaml is right and can be run"), "{answer}");
    let answer = home.answer(&format!("processors describe grayscale_rust --plugin-dir {folder}"));
    assert!(answer.contains("com.tatolab.grayscale_rust 1.0.0"), "{answer}");
    let answer = home.answer(&format!("run plugin.yaml --set amount=7 --plugin-dir {folder}"));
    assert!(answer.starts_with("exit 2\n"), "{answer}");
    assert!(answer.contains("expected a number from 0 to 1, found 7"), "{answer}");
}

#[test]
fn what_is_no_plugin_is_refused_by_inspect_and_by_run() {
    check!(Home::new().answer("plugin inspect short.yaml"), @r#"
    exit 2
    --- stdout
    --- stderr
    error: `short.yaml` is not a plugin that can be loaded: it is text and no shared library; a plugin is built by `cargo build` from a crate with `crate-type = ["cdylib"]`
    "#);
    check!(Home::new().answer("run plugin.yaml --plugin short.yaml"), @r#"
    exit 2
    --- stdout
    --- stderr
    error: `short.yaml` cannot be loaded as a plugin: it is text and no shared library; a plugin is built by `cargo build` from a crate with `crate-type = ["cdylib"]`
    hint: `streamlib plugin inspect FILE` shows what a file is
    "#);
}
