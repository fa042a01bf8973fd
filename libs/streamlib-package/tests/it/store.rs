//! Packages with everything they need: from folders, files and the cache.

use insta::assert_snapshot;
use streamlib_manifest::lock::lock_to_yaml;
use streamlib_package::{
    Bundle, Gather, Gathered, Home, PackageError, PackageStore, read_lock, write_lock,
};
use tempfile::TempDir;

use crate::support::write;

/// A home and a folder with packages, each a folder with a manifest.
struct World {
    root: TempDir,
    store: PackageStore,
}

impl World {
    /// Each package is its name, its version and its dependencies as YAML.
    fn with(packages: &[(&str, &str, &str)]) -> Self {
        let root = TempDir::new().unwrap();
        let store = PackageStore::of(&Home::at(root.path().join("home")));
        let world = Self { root, store };
        packages.iter().for_each(|(name, version, needs)| world.put(name, version, needs));
        world
    }

    fn put(&self, name: &str, version: &str, needs: &str) {
        let manifest = format!(
            "package: {{ name: a.{name}, version: {version} }}\ndependencies: {{ {needs} }}\n"
        );
        write(&self.root.path().join(name).join("streamlib.yaml"), manifest.as_bytes());
    }

    fn gather(&self, wanted: &[&str], how: &Gather) -> Result<Gathered, PackageError> {
        let wanted: Vec<_> = wanted.iter().map(|one| one.parse().unwrap()).collect();
        self.store.gather(&wanted, self.root.path(), how, &mut |_| {})
    }

    /// Gathers and installs; what was gathered, or why it was not.
    fn install(&self, wanted: &[&str]) -> String {
        let gathered = match self.gather(wanted, &Gather::default()) {
            Ok(gathered) => gathered,
            Err(error) => return self.hide(&error.to_string()),
        };
        self.store.install(&gathered, &mut |_| {}).unwrap();
        shown(&gathered)
    }

    fn hide(&self, text: &str) -> String {
        text.replace(&self.root.path().canonicalize().unwrap().display().to_string(), "HERE")
    }

    /// The installed packages: name, version, and whether it was asked for.
    fn installed(&self) -> Vec<String> {
        let all = self.store.cache().list().unwrap().into_iter();
        all.filter_map(|package| {
            let asked = if package.installed?.asked { "asked" } else { "needed" };
            Some(format!("{} {} {asked}", package.name, package.version))
        })
        .collect()
    }
}

fn shown(gathered: &Gathered) -> String {
    let one = |one: &streamlib_package::GatheredPackage| {
        let place = if one.held.is_some() { "" } else { " in place" };
        format!("{} {}{place}", one.name(), one.version())
    };
    gathered.packages.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[test]
fn folders_come_into_the_cache_with_what_they_need() {
    let world = World::with(&[
        ("app", "1.0.0", "a.base: { path: ../base }, a.other: { path: ../other }"),
        ("base", "1.2.0", "a.core: { path: ../core }"),
        ("other", "2.0.0", "a.core: ^1"),
        ("core", "1.0.0", ""),
    ]);
    assert_eq!(world.install(&["./app"]), "a.core 1.0.0, a.base 1.2.0, a.other 2.0.0, a.app 1.0.0");
    let expected =
        ["a.app 1.0.0 asked", "a.base 1.2.0 needed", "a.core 1.0.0 needed", "a.other 2.0.0 needed"];
    assert_eq!(world.installed(), expected);
    // Twice is the same as once.
    assert_eq!(world.install(&["./app"]), "a.core 1.0.0, a.base 1.2.0, a.other 2.0.0, a.app 1.0.0");
    assert_eq!(world.installed(), expected);
    // By name, without the folders.
    for folder in ["app", "base", "core", "other"] {
        std::fs::remove_dir_all(world.root.path().join(folder)).unwrap();
    }
    let gathered = world.gather(&["a.app"], &Gather::default()).unwrap();
    assert_eq!(shown(&gathered), "a.core 1.0.0, a.base 1.2.0, a.other 2.0.0, a.app 1.0.0");
    let why = gathered.why("a.core", 9).len();
    assert_eq!(why, 2, "by base and by other");
}

#[test]
fn folders_are_used_in_place() {
    let world = World::with(&[
        ("app", "1.0.0", "a.base: { path: ../base }"),
        ("base", "1.2.0", "a.app: \"*\""),
    ]);
    let how = Gather { in_place: true, ..Gather::default() };
    let gathered = world.gather(&["./app"], &how).unwrap();
    assert_eq!(shown(&gathered), "a.base 1.2.0 in place, a.app 1.0.0 in place");
    assert!(!world.root.path().join("home").exists(), "nothing is made in the home");
}

#[test]
fn archives_and_names_with_ranges() {
    let world = World::with(&[("base", "1.0.0", "")]);
    let archive = world.root.path().join("base.slpkg");
    let pack = || {
        let bundle = Bundle::of(&world.root.path().join("base")).unwrap();
        let _old = std::fs::remove_file(&archive);
        bundle.pack(&archive, &mut |_| {}).unwrap()
    };
    pack();
    assert_eq!(world.install(&["base.slpkg"]), "a.base 1.0.0");
    world.put("base", "2.0.0", "");
    pack();
    assert_eq!(world.install(&["base.slpkg"]), "a.base 2.0.0");
    assert_eq!(world.install(&["a.base"]), "a.base 2.0.0");
    assert_eq!(world.install(&["a.base@^1"]), "a.base 1.0.0");
}

#[test]
fn what_is_not_there_or_does_not_go_together() {
    let world = World::with(&[
        ("app", "1.0.0", "a.base: { path: ../base, version: ^2 }"),
        ("base", "1.0.0", ""),
        ("wrong", "1.0.0", "a.other: { path: ../base }"),
        ("lost", "1.0.0", "a.x: { path: ../nowhere }"),
        ("alone", "1.0.0", "a.base: ^1, a.never: \"*\""),
    ]);
    assert_snapshot!(world.install(&["./app"]), @"
    no version of `a.base` will do
      a.app 1.0.0 needs a.base ^2 from HERE/base
      there is a.base 1.0.0 at HERE/base
    ");
    assert_snapshot!(world.install(&["./wrong"]), @"the package at `HERE/base` is called a.base, and a.other was expected there");
    assert_snapshot!(world.install(&["./lost"]), @"cannot find `HERE/lost/../nowhere`: No such file or directory (os error 2)");
    assert_snapshot!(world.install(&["./alone"]), @"
    the package `a.base` is not there
      a.alone 1.0.0 needs a.base ^1
    ");
    assert_snapshot!(world.install(&["a.app"]), @"no package a.app is installed; `streamlib pkg install` installs one");
    assert_snapshot!(world.install(&["./none"]), @"cannot find `HERE/./none`: No such file or directory (os error 2)");
    assert_eq!(world.installed(), [""; 0]);
}

#[test]
fn a_lock_keeps_versions_and_sums() {
    let world = World::with(&[("base", "1.0.0", ""), ("app", "1.0.0", "a.base: \"*\"")]);
    let project = world.root.path().join("app");
    world.install(&["./base"]);
    let how = Gather { in_place: true, ..Gather::default() };
    let gathered = world.gather(&["./app"], &how).unwrap();
    let lock = gathered.lock(&project).unwrap();
    assert_eq!(lock.packages.keys().collect::<Vec<_>>(), ["a.base"]);
    assert_eq!(lock.packages["a.base"].files.keys().collect::<Vec<_>>(), ["streamlib.yaml"]);
    assert!(write_lock(&project, &lock).unwrap());
    assert!(!write_lock(&project, &lock).unwrap(), "an equal lock is not written again");
    assert_eq!(read_lock(&project).unwrap(), lock);
    assert_eq!(lock_to_yaml(&gathered.lock(&project).unwrap()), lock_to_yaml(&lock));

    // A newer version does not matter as long as the locked one is there.
    world.put("base", "1.1.0", "");
    world.install(&["./base"]);
    let locked = Gather { in_place: true, lock: lock.clone() };
    let base = |how: &Gather| {
        world.gather(&["./app"], how).unwrap().get("a.base").unwrap().version().clone()
    };
    assert_eq!((base(&locked), base(&how)), ("1.0.0".parse().unwrap(), "1.1.0".parse().unwrap()));

    // Another content under the same version is refused.
    let mut changed = lock;
    changed.packages.get_mut("a.base").unwrap().sha256 = Some("0".repeat(64));
    let changed = Gather { in_place: true, lock: changed };
    let error = world.gather(&["./app"], &changed).unwrap_err().to_string();
    let known = &world.store.cache().versions("a.base").unwrap()[0].archive.to_string();
    assert_snapshot!(error.replace(known, "SUM").replace(&"0".repeat(64), "ZEROS"), @"a.base 1.0.0 is not the one in `streamlib.lock`: its archive has the SHA-256 SUM, and the lock says ZEROS; `streamlib pkg update` takes the new one, if you trust it");
}

#[test]
fn a_lock_that_is_not_right() {
    let world = World::with(&[("app", "1.0.0", "")]);
    let project = world.root.path().join("app");
    write(&project.join("streamlib.lock"), b"lock_version: 1\npackages: [{ name: ../x }]\n");
    let error = world.hide(&read_lock(&project).unwrap_err().to_string());
    let error = error.replace(&world.root.path().display().to_string(), "HERE");
    assert_snapshot!(error, @r#"
    the package in `HERE/app` is not right:
    HERE/app/streamlib.lock:2:12: error[missing-key]: a locked package needs the key `version`
    2 | packages: [{ name: ../x }]
      |            ^
    hint: `version` is a version such as `1.0.0`

    HERE/app/streamlib.lock:2:20: error[invalid-name]: "../x" is not a valid package name: it is one or more words joined by dots, such as `com.example.effects`; a word starts with a lower-case letter and goes on with lower-case letters, digits, `_` or `-`; all of it has at most 128 characters
    2 | packages: [{ name: ../x }]
      |                    ^^^^
    "#);
}
