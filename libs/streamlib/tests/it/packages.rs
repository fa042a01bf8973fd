//! Packages in a runtime: what is loaded, and what is left behind when it is not.

use std::path::Path;

use insta::assert_snapshot;
use streamlib::StreamRuntime;
use tempfile::TempDir;

const POINT: &str =
    "metadata: { \"streamlib:schema\": a.point@1.0.0 }\nproperties: { x: { type: float64 } }\n";

/// A runtime with a home of its own, beside folders that are packages.
struct World {
    root: TempDir,
    runtime: StreamRuntime,
}

impl World {
    fn with(files: &[(&str, &str)]) -> Self {
        let root = tempfile::tempdir().unwrap();
        let builder = StreamRuntime::builder().with_workers(1);
        let runtime = builder.with_home(root.path().join("home")).build().unwrap();
        let world = Self { root, runtime };
        files.iter().for_each(|(name, content)| world.put(name, content));
        world
    }

    fn put(&self, name: &str, content: &str) {
        let path = self.root.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).unwrap();
        std::fs::write(path, content).unwrap();
    }

    fn path(&self, name: &str) -> String {
        self.root.path().join(name).display().to_string()
    }

    /// Loads and says what was loaded, or why nothing was.
    fn load(&self, source: &str) -> String {
        match self.runtime.load_package(source) {
            Ok(package) => format!("{} {}", package.name, package.version),
            Err(error) => self.hide(&error.to_string()),
        }
    }

    fn hide(&self, text: &str) -> String {
        let here = self.root.path().canonicalize().unwrap();
        let home = here.join("home").display().to_string();
        let text = text.replace(&home, "HOME").replace(&here.display().to_string(), "HERE");
        // The digest of a package in the home.
        let is_digest =
            |part: &str| part.len() == 64 && part.bytes().all(|b| b.is_ascii_hexdigit());
        let part = |part| if is_digest(part) { "DIGEST" } else { part };
        text.split('/').map(part).collect::<Vec<_>>().join("/")
    }

    fn loaded(&self) -> Vec<String> {
        let packages = self.runtime.packages().into_iter();
        packages.map(|one| format!("{} {}", one.name, one.version)).collect()
    }

    /// The schemas that packages brought.
    fn schemas(&self) -> Vec<String> {
        let all = self.runtime.factory().schemas().into_keys().map(|one| one.to_string());
        all.filter(|name| name.starts_with("a.")).collect()
    }
}

fn manifest(name: &str, version: &str, rest: &str) -> String {
    format!("package: {{ name: a.{name}, version: {version} }}\n{rest}")
}

#[test]
fn a_folder_is_installed_once_and_found_by_its_name() {
    let app = manifest("app", "1.0.0", "dependencies: { a.types: { path: ../types } }\n");
    let types = manifest("types", "1.1.0", "");
    let world = World::with(&[
        ("app/streamlib.yaml", &app),
        ("types/streamlib.yaml", &types),
        ("types/schemas/point.yaml", POINT),
    ]);
    for _twice in 0..2 {
        assert_eq!(world.load(&world.path("app")), "a.app 1.0.0");
        assert_eq!(world.loaded(), ["a.app 1.0.0", "a.types 1.1.0"]);
        assert_eq!(world.schemas(), ["a.point@1.0.0"]);
    }
    // Another runtime finds it in the home, without the folders.
    std::fs::remove_dir_all(world.path("app")).unwrap();
    std::fs::remove_dir_all(world.path("types")).unwrap();
    let builder = StreamRuntime::builder().with_workers(1);
    let other = builder.with_home(world.path("home")).build().unwrap();
    let package = other.load_package("a.app@^1").unwrap();
    assert!(package.folder.starts_with(world.path("home")), "{}", package.folder.display());
    assert_eq!(other.packages().len(), 2);
}

#[test]
fn a_project_is_used_in_place() {
    let world = World::with(&[
        ("app/streamlib.yaml", &manifest("app", "1.0.0", "graph: flow.yaml\n")),
        ("app/flow.yaml", "name: flow\nprocessors: {}\n"),
        ("app/schemas/point.yaml", POINT),
    ]);
    let package = world.runtime.load_project(world.path("app")).unwrap();
    let folder = Path::new(&world.path("app")).canonicalize().unwrap();
    assert_eq!(package.folder, folder);
    assert_eq!(package.graph, Some(folder.join("flow.yaml")));
    assert_eq!(world.schemas(), ["a.point@1.0.0"]);
    assert!(!Path::new(&world.path("home")).exists(), "nothing is installed");
}

#[test]
fn what_is_refused_leaves_nothing_behind() {
    let python = "processors: [{ name: a.find, runtime: python, execution: manual, \
                  entrypoint: find:Find }]\n";
    let port =
        "processors: [{ name: a.x, runtime: rust, inputs: [{ name: i, schema: a.no@1.0.0 }] }]\n";
    let world = World::with(&[
        ("python/streamlib.yaml", &manifest("python", "1.0.0", python)),
        ("python/find.py", ""),
        ("python/schemas/point.yaml", POINT),
        (
            "rust/streamlib.yaml",
            &manifest("rust", "1.0.0", "processors: [{ name: a.x, runtime: rust }]\n"),
        ),
        ("port/streamlib.yaml", &manifest("port", "1.0.0", port)),
        ("port/lib/libx.so", "not a library"),
        ("clash/streamlib.yaml", &manifest("clash", "1.0.0", "")),
        ("clash/schemas/point.yaml", &POINT.replace("float64", "string")),
        ("types/streamlib.yaml", &manifest("types", "1.0.0", "")),
        ("types/schemas/point.yaml", POINT),
    ]);
    let load = |name: &str| world.load(&world.path(name));
    assert_snapshot!(load("python"), @"
    the package a.python 1.0.0 cannot be loaded:
    HOME/cache/packages/sha256/DIGEST/package/streamlib.yaml:2:39: error[no-host]: `a.find` is written in Python, and this StreamLib has no Python host
    2 | processors: [{ name: a.find, runtime: python, execution: manual, entrypoint: find:Find }]
      |                                       ^^^^^^
    ");
    assert_snapshot!(load("rust"), @"
    the package in `HERE/rust` is not right:
    HERE/rust/streamlib.yaml:2:13: error[missing-file]: there is no plugin in `lib`, and processors with `runtime: rust` need one
    2 | processors: [{ name: a.x, runtime: rust }]
      |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: build it with `cargo build --release`, and copy the library to `lib/` or, for several machines, to `lib/TARGET/`
    ");
    assert_snapshot!(load("port"), @r#"
    the package in `HERE/port` is not right:
    HERE/port/streamlib.yaml:2:13: error[invalid-plugin]: `lib/libx.so` cannot be loaded: it is text and no shared library; a plugin is built by `cargo build` from a crate with `crate-type = ["cdylib"]`
    2 | processors: [{ name: a.x, runtime: rust, inputs: [{ name: i, schema: a.n…
      |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    HERE/port/streamlib.yaml:2:70: error[unknown-schema]: there is no schema a.no@1.0.0
    2 | …s: [{ name: a.x, runtime: rust, inputs: [{ name: i, schema: a.no@1.0.0 }] }]
      |                                                              ^^^^^^^^^^
    hint: put it into `schemas/`, or depend on a package that brings it
    "#);
    assert_snapshot!(load("none"), @"cannot find `HERE/none`: No such file or directory (os error 2)");
    assert_snapshot!(world.load("a.never"), @"no package a.never is installed; `streamlib pkg install` installs one");
    assert_snapshot!(world.load("Not A Package"), @r#""Not A Package" is no package: write the name of an installed one (`com.example.effects`, or with a range `com.example.effects@^1.2`), a folder (`./effects`), a file (`effects.slpkg`) or a URL"#);
    assert_eq!((world.loaded(), world.schemas()), (Vec::new(), Vec::new()));
    // Nothing of it has a name.
    let builder = StreamRuntime::builder().with_workers(1);
    let other = builder.with_home(world.path("home")).build().unwrap();
    assert!(other.load_package("a.python").is_err());

    assert_eq!(load("types"), "a.types 1.0.0");
    assert_snapshot!(load("clash"), @"the package a.clash 1.0.0 cannot be loaded: the schema a.point@1.0.0 is already there and is another: `x`: was a number, is a text; neither reads the other's data; give the new one a new version");
    world.put("types/streamlib.yaml", &manifest("types", "1.0.1", ""));
    assert_snapshot!(load("types"), @"a.types 1.0.1 cannot be loaded: a.types 1.0.0 is loaded already, and a runtime has one version of a package");
    assert_eq!(world.loaded(), ["a.types 1.0.0"]);
}
