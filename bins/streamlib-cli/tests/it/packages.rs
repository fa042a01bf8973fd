//! Packages from a folder to a run, by the whole output of the real programs.

use std::path::Path;

use serde_json::Value;

use crate::home::Home;

const POINT: &str = "metadata: { \"streamlib:schema\": com.example.point@1.0.0 }\n\
                     properties: { x: { type: float64 } }\n";

const EFFECTS: &str = "\
package:
  name: effects
  namespace: com.example
  version: 1.0.0
  description: Grey pictures
  licence: MIT
dependencies:
  com.example.types: { path: ../types, version: ^1 }
permissions: { read: [/films] }
";

const GRAPH: &str = "\
name: grey
parameters: { frames: { default: 3 } }
processors:
  picture: { type: com.tatolab.test_pattern, config: { width: 256, height: 64, frames: \"${frames}\" } }
  end: { type: com.tatolab.null_sink }
links: [picture.video_out -> end.input]
";

/// A home with two packages in folders: `effects`, which carries a graph and needs `types`.
fn home() -> Home {
    let home = Home::new();
    put(&home, "effects/streamlib.yaml", EFFECTS);
    put(&home, "effects/graph.yaml", GRAPH);
    put(&home, "effects/.secret", "not packed");
    put(&home, "types/streamlib.yaml", "package: { name: com.example.types, version: 1.2.0 }\n");
    put(&home, "types/schemas/point.yaml", POINT);
    home
}

fn put(home: &Home, name: &str, content: &str) {
    let path = home.path().join(name);
    std::fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).unwrap();
    std::fs::write(path, content).unwrap();
}

/// What is said to a command line in a folder of the home.
fn answer(home: &Home, folder: &str, line: &str) -> String {
    let mut command = home.client(line);
    command.current_dir(home.path().join(folder));
    home.whole(command)
}

/// The JSON that a command line prints.
fn json(home: &Home, line: &str) -> Value {
    let answer = answer(home, "", line);
    let out = answer.strip_prefix("exit 0\n--- stdout\n").unwrap_or_else(|| panic!("{answer}"));
    serde_json::from_str(out.split("--- stderr").next().unwrap_or_default()).unwrap()
}

/// Compares with a snapshot; sums and the home are replaced.
macro_rules! check {
    ($said:expr, @$snapshot:literal) => {{
        let filters = vec![
            (r"/\S*/\.tmp[A-Za-z0-9]+", "[HOME]"),
            (r"[0-9a-f]{64}", "[SUM]"),
            (r" [0-9a-f]{12}\n", " [CONTENT]\n"),
            (r"after [0-9.]+ (ns|µs|ms|s)", "after [TIME]"),
            (r"(end\.input +[0-9]+) +[0-9.]+", "$1    [RATE]"),
            (r"in ([a-z.-]+-1.0.0.slpkg), [0-9.]+ k?B", "in $1, [BYTES]"),
        ];
        insta::with_settings!({ filters => filters }, {
            insta::assert_snapshot!($said, @$snapshot);
        });
    }};
}

#[test]
fn from_a_folder_to_an_archive_to_the_cache() {
    let home = home();
    check!(answer(&home, "effects", "pack --dry-run"), @"
    exit 0
    --- stdout
    FILE             SIZE
    graph.yaml      244 B
    streamlib.yaml  210 B
    left out: .secret (hidden)

    com.example.effects 1.0.0: 2 files would be packed into com.example.effects-1.0.0.slpkg
    --- stderr
    ");
    assert!(!home.path().join("effects/com.example.effects-1.0.0.slpkg").exists());
    check!(answer(&home, "", "pack types -o types.slpkg"), @"
    exit 0
    --- stdout
    FILE                                             SIZE
    generated/python/com_example_point_v1.py      1.08 kB
    generated/rust/com_example_point_v1.rs          303 B
    generated/typescript/com_example_point_v1.ts  5.40 kB
    schemas/point.yaml                               95 B
    streamlib.yaml                                   53 B

    com.example.types 1.2.0: 5 files in types.slpkg, 3.99 kB
    sha256 [SUM]
    --- stderr
    ");
    check!(answer(&home, "", "pack effects -o effects.slpkg"), @"
    exit 0
    --- stdout
    FILE             SIZE
    graph.yaml      244 B
    streamlib.yaml  210 B
    left out: .secret (hidden)

    com.example.effects 1.0.0: 2 files in effects.slpkg, 763 B
    sha256 [SUM]
    --- stderr
    ");
    check!(answer(&home, "", "pkg inspect effects.slpkg"), @"
    exit 0
    --- stdout
    com.example.effects 1.0.0
                 Grey pictures
    licence      MIT
    signature    not signed
    sha256       [SUM]
    needs        com.example.types ^1 from ../types
    permission   read: /films
    graph        `streamlib run com.example.effects` runs it when it is installed
    --- stderr
    ");
}

#[test]
fn what_is_needed_is_installed_as_well_or_nothing_is() {
    let home = home();
    answer(&home, "", "pack types -o types.slpkg");
    answer(&home, "", "pack effects -o effects.slpkg");
    check!(answer(&home, "", "pkg install effects.slpkg"), @"
    exit 2
    --- stdout
    --- stderr
    error: the package `com.example.types` is not there
      com.example.effects 1.0.0 needs com.example.types ^1
    ");
    assert_eq!(json(&home, "pkg list --json"), serde_json::json!([]));
    check!(answer(&home, "", "pkg install types.slpkg effects.slpkg"), @"
    exit 0
    --- stdout
    installed:
    com.example.effects 1.0.0
      it says that it needs read: /films
    com.example.types 1.2.0
    --- stderr
    ");
    check!(answer(&home, "", "pkg list"), @"
    exit 0
    --- stdout
    PACKAGE              VERSION     SIZE  WHY        FROM
    com.example.effects  1.0.0      454 B  asked for  [HOME]/effects.slpkg
    com.example.types    1.2.0    6.93 kB  asked for  [HOME]/types.slpkg
    --- stderr
    ");
}

#[test]
fn an_installed_package_runs_and_goes() {
    let home = home();
    answer(&home, "", "pkg install ./types ./effects");
    check!(answer(&home, "", "run com.example.effects --no-progress --set frames=4"), @"
    exit 0
    --- stdout
    grey finished after [TIME]

    ARRIVED AT  FRAMES  A SECOND
    end.input        4    [RATE]

    every frame was delivered
    --- stderr
    ");
    check!(answer(&home, "", "check com.example.effects"), @"
    exit 0
    --- stdout
    com.example.effects is right and can be run
    --- stderr
    ");
    check!(answer(&home, "", "pkg why com.example.types"), @"
    exit 0
    --- stdout
    com.example.types was asked for
    com.example.effects 1.0.0 -> com.example.types 1.2.0
    --- stderr
    ");
    check!(answer(&home, "", "pkg remove com.example.types"), @"
    exit 1
    --- stdout
    --- stderr
    error: com.example.types 1.2.0 is needed by com.example.effects 1.0.0; remove that first
    ");
    check!(answer(&home, "", "pkg remove com.example.effects"), @"
    exit 0
    --- stdout
    removed com.example.effects 1.0.0
    --- stderr
    ");
    check!(answer(&home, "", "run com.example.types"), @"
    exit 2
    --- stdout
    --- stderr
    error: the package com.example.types 1.2.0 carries no graph; `streamlib pkg inspect` shows what it has
    ");
}

#[test]
fn two_packs_of_equal_files_are_equal_bytes() {
    let home = home();
    let pack = |file: &str| {
        let packed = json(&home, &format!("pack types -o {file} --json"));
        (packed["sha256"].clone(), std::fs::read(home.path().join(file)).unwrap())
    };
    let first = pack("a.slpkg");
    // Touched, but not changed.
    put(&home, "types/schemas/point.yaml", POINT);
    assert_eq!(pack("b.slpkg"), first);
    let packed = json(&home, "pack types --dry-run --json");
    let names: Vec<&str> =
        packed["files"].as_array().unwrap().iter().filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(
        names,
        [
            "generated/python/com_example_point_v1.py",
            "generated/rust/com_example_point_v1.rs",
            "generated/typescript/com_example_point_v1.ts",
            "schemas/point.yaml",
            "streamlib.yaml",
        ]
    );
}

#[test]
fn a_project_has_a_lock() {
    let home = home();
    check!(answer(&home, "effects", "pkg install"), @"
    exit 0
    --- stdout
    com.example.types 1.2.0 (new)
    streamlib.lock is written: 1 package
    --- stderr
    ");
    check!(answer(&home, "effects", "pkg install"), @"
    exit 0
    --- stdout
    com.example.types 1.2.0
    streamlib.lock is unchanged: 1 package
    --- stderr
    ");
    let lock = std::fs::read_to_string(home.path().join("effects/streamlib.lock")).unwrap();
    assert_eq!(
        lock,
        "# Written by `streamlib pkg`; not for editing.\nlock_version: 1\npackages:\n  \
         - name: com.example.types\n    version: 1.2.0\n    source: \"../types\"\n"
    );
    put(&home, "types/streamlib.yaml", "package: { name: com.example.types, version: 1.3.0 }\n");
    check!(answer(&home, "effects", "pkg update"), @"
    exit 0
    --- stdout
    com.example.types 1.3.0 (was 1.2.0)
    streamlib.lock is written: 1 package
    --- stderr
    ");
    put(&home, "types/streamlib.yaml", "package: { name: com.example.types, version: 2.0.0 }\n");
    check!(answer(&home, "effects", "pkg update"), @"
    exit 2
    --- stdout
    --- stderr
    error: no version of `com.example.types` will do
      com.example.effects 1.0.0 needs com.example.types ^1 from [HOME]/types
      there is com.example.types 2.0.0 at [HOME]/types
    ");
    check!(answer(&home, "", "pkg update"), @"
    exit 2
    --- stdout
    --- stderr
    error: `[HOME]` is not a package: it has no `streamlib.yaml`
    ");
}

#[test]
fn what_would_not_load_is_not_packed() {
    let home = home();
    put(&home, "bad/streamlib.yaml", "package: { name: ../../x, version: 1.0.0 }\n");
    check!(answer(&home, "", "pack bad"), @r#"
    exit 2
    --- stdout
    --- stderr
    error: the package in `bad` is not right:
    bad/streamlib.yaml:1:18: error[invalid-name]: "../../x" is not a valid package name: it is one or more words joined by dots, such as `com.example.effects`; a word starts with a lower-case letter and goes on with lower-case letters, digits, `_` or `-`; all of it has at most 128 characters
    1 | package: { name: ../../x, version: 1.0.0 }
      |                  ^^^^^^^
    "#);
    let plugin =
        "package: { name: a.b, version: 1.0.0 }\nprocessors: [{ name: a.c, runtime: rust }]\n";
    put(&home, "plugin/streamlib.yaml", plugin);
    check!(answer(&home, "", "pack plugin"), @"
    exit 2
    --- stdout
    --- stderr
    error: the package in `plugin` is not right:
    plugin/streamlib.yaml:2:13: error[missing-file]: there is no plugin in `lib`, and processors with `runtime: rust` need one
    2 | processors: [{ name: a.c, runtime: rust }]
      |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: build it with `cargo build --release`, and copy the library to `lib/` or, for several machines, to `lib/TARGET/`
    ");
    put(&home, "plugin/lib/x86_64-unknown-linux-gnu/liba.so", "text");
    check!(answer(&home, "", "pack plugin"), @r#"
    exit 2
    --- stdout
    --- stderr
    error: the package in `plugin` is not right:
    plugin/streamlib.yaml:2:13: error[invalid-plugin]: `lib/x86_64-unknown-linux-gnu/liba.so` cannot be loaded: it is text and no shared library; a plugin is built by `cargo build` from a crate with `crate-type = ["cdylib"]`
    2 | processors: [{ name: a.c, runtime: rust }]
      |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    "#);
    check!(answer(&home, "", "pack none"), @"
    exit 2
    --- stdout
    --- stderr
    error: `none` is not a package: it has no `streamlib.yaml`
    ");
}

#[test]
fn damage_is_found_and_the_cache_is_cleaned() {
    let home = home();
    answer(&home, "", "pkg install ./effects");
    check!(answer(&home, "", "pkg verify"), @"
    exit 0
    --- stdout
    com.example.effects 1.0.0 is whole
    com.example.types 1.2.0 is whole
    --- stderr
    ");
    let folder = json(&home, "pkg list --json")[0]["folder"].as_str().unwrap().to_owned();
    std::fs::write(Path::new(&folder).join("graph.yaml"), "changed").unwrap();
    check!(answer(&home, "", "pkg verify com.example.effects"), @r#"
    exit 1
    --- stdout
    com.example.effects 1.0.0 is damaged; install it again
      its file "graph.yaml" is changed
    --- stderr
    "#);
    check!(answer(&home, "", "pkg install ./effects"), @"
    exit 0
    --- stdout
    installed:
    com.example.effects 1.0.0
      it says that it needs read: /films
    com.example.types 1.2.0, which is needed
    --- stderr
    ");
    check!(answer(&home, "", "pkg remove com.example.effects"), @"
    exit 0
    --- stdout
    removed com.example.effects 1.0.0
    --- stderr
    ");
    check!(answer(&home, "", "cache list"), @"
    exit 0
    --- stdout
    PACKAGE            VERSION  STATE         SIZE  CONTENT
    com.example.types  1.2.0    installed  6.93 kB  [CONTENT]

    1 package, 6.93 kB in all
    --- stderr
    ");
    check!(answer(&home, "", "cache prune --dry-run"), @"
    exit 0
    --- stdout
    PACKAGE            VERSION  STATE         SIZE  CONTENT
    com.example.types  1.2.0    installed  6.93 kB  [CONTENT]

    1 package would be removed, 6.93 kB
    --- stderr
    ");
    check!(answer(&home, "", "cache prune"), @"
    exit 0
    --- stdout
    PACKAGE            VERSION  STATE         SIZE  CONTENT
    com.example.types  1.2.0    installed  6.93 kB  [CONTENT]

    1 package removed, 6.93 kB
    --- stderr
    ");
    check!(answer(&home, "", "cache list"), @"
    exit 0
    --- stdout
    0 packages, 0 B in all
    --- stderr
    ");
}

#[test]
fn keys_are_trusted_by_name() {
    let home = home();
    let key = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
    check!(answer(&home, "", "pkg trust list"), @"
    exit 0
    --- stdout
    no key is trusted; `streamlib pkg trust add` adds one
    --- stderr
    ");
    check!(answer(&home, "", &format!("pkg trust add ada {key}")), @"
    exit 0
    --- stdout
    packages signed by ada are trusted from now on
    --- stderr
    ");
    check!(answer(&home, "", "pkg trust list"), @"
    exit 0
    --- stdout
    NAME  KEY
    ada   RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3
    --- stderr
    ");
    check!(answer(&home, "", "pkg trust add bob 123"), @r#"
    exit 2
    --- stdout
    --- stderr
    error: "123" is not a public key of minisign, which is one line of 56 letters, digits, `+` and `/` that begins with `RW`; `minisign -G` makes one in `minisign.pub`
    "#);
    check!(answer(&home, "", "pkg trust remove bob"), @r#"
    exit 2
    --- stdout
    --- stderr
    error: no trusted key is called "bob"; these are: ada
    "#);
    check!(answer(&home, "", "pkg trust remove ada"), @"
    exit 0
    --- stdout
    packages signed by ada are not trusted any more
    --- stderr
    ");
}

#[test]
fn what_is_not_there_is_said() {
    let home = home();
    check!(answer(&home, "", "pkg install com.example.never"), @"
    exit 2
    --- stdout
    --- stderr
    error: no package com.example.never is installed; `streamlib pkg install` installs one
    ");
    check!(answer(&home, "", "pkg install ./none"), @"
    exit 2
    --- stdout
    --- stderr
    error: cannot find `[HOME]/./none`: No such file or directory (os error 2)
    ");
    check!(answer(&home, "", "pkg install http://127.0.0.1:9/x.slpkg"), @"
    exit 3
    --- stdout
    --- stderr
    error: `http://127.0.0.1:9/x.slpkg` cannot be fetched: the server cannot be reached: Connection refused (os error 111)
    ");
    check!(answer(&home, "", "pkg remove com.example.never"), @"
    exit 2
    --- stdout
    --- stderr
    error: no package `com.example.never` is installed; `streamlib pkg list` shows all
    ");
    check!(answer(&home, "", "pkg remove ./effects"), @"
    exit 2
    --- stdout
    --- stderr
    error: invalid value './effects' for '<NAMES>...': write the name of an installed package, such as `com.example.effects`

    For more information, try '--help'.
    ");
    check!(answer(&home, "", "pkg why com.example.never"), @"
    exit 2
    --- stdout
    --- stderr
    error: no package `com.example.never` is installed; `streamlib pkg list` shows all
    ");
}

#[test]
fn a_graph_names_its_packages() {
    let home = home();
    let with = |package: &str| format!("{GRAPH}packages: [{package}]\n");
    put(&home, "flow/good.yaml", &with("../effects"));
    put(&home, "flow/bad.yaml", &with("com.example.never"));
    check!(answer(&home, "", "check flow/good.yaml"), @"
    exit 0
    --- stdout
    flow/good.yaml is right and can be run
    --- stderr
    ");
    check!(answer(&home, "", "check flow/bad.yaml"), @"
    exit 2
    --- stdout
    flow/bad.yaml:7:12: error[package-not-loaded]: no package com.example.never is installed; `streamlib pkg install` installs one
    7 | packages: [com.example.never]
      |            ^^^^^^^^^^^^^^^^^

    flow/bad.yaml cannot be run: 1 error, 0 warnings
    --- stderr
    ");
    check!(answer(&home, "", "run flow/bad.yaml"), @"
    exit 2
    --- stdout
    --- stderr
    error: `flow/bad.yaml` has a problem and cannot be run

    flow/bad.yaml:7:12: error[package-not-loaded]: no package com.example.never is installed; `streamlib pkg install` installs one
    7 | packages: [com.example.never]
      |            ^^^^^^^^^^^^^^^^^
    ");
    assert!(!home.path().join("cache").exists(), "folders are used in place");
}
