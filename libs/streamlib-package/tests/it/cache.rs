//! The cache: what is in it, what is found, what goes, and what is damaged.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::{Duration, SystemTime};

use insta::assert_snapshot;
use streamlib_package::{CachedPackage, Digest, Incoming, Installation, Limits, Prune};

use crate::support::{MANIFEST, Place, folder, incoming, plan, tree, write};

const ALL: Prune = Prune { unused_since: None, dry_run: false };

fn damage(place: &Place, package: &CachedPackage) -> String {
    let damage = place.cache.verify(package).unwrap();
    damage.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[test]
fn a_package_is_kept_with_all_its_files_and_found_by_its_content() {
    let place = Place::new();
    let archive = place.pack("com.example.gray", "1.2.3", "import numpy");
    let digest = Digest::of(&fs::read(&archive).unwrap());
    let incoming = Incoming { sha256: Some(digest), signed_by: Some("Ada"), ..incoming(&archive) };
    let held = place.cache.keep(&incoming, &mut |_| {}).unwrap();
    assert_eq!(
        (held.name.as_str(), held.version.to_string().as_str()),
        ("com.example.gray", "1.2.3")
    );
    assert_eq!((held.archive, held.files, held.origin.as_str()), (digest, 3, "gray.slpkg"));
    assert_eq!(held.signed_by.as_deref(), Some("Ada"));
    assert_eq!(
        held.bytes,
        12 + 4 + fs::metadata(held.folder.join("streamlib.yaml")).unwrap().len()
    );
    let read = |name: &str| fs::read_to_string(held.folder.join(name)).unwrap();
    assert_eq!(
        (read("python/gray.py"), read("python/other/deep.py")),
        ("import numpy".into(), "deep".into())
    );
    assert_eq!(Digest::of(read("contents.sha256").as_bytes()), held.contents);

    assert_eq!(place.cache.get(held.contents).unwrap().as_ref(), Some(&*held));
    assert_eq!(place.cache.get_by_archive(digest).unwrap().as_ref(), Some(&*held));
    assert_eq!(place.cache.get(digest).unwrap(), None);
    assert_eq!(place.cache.get_by_archive(held.contents).unwrap(), None);
    assert_eq!(place.listing(), "com.example.gray 1.2.3 kept");
    assert_eq!(damage(&place, &held), "");
    assert!(place.temporary().is_empty());
}

#[test]
fn an_empty_home_has_no_packages_and_stays_empty() {
    let place = Place::new();
    let any = Digest::of(b"");
    assert!(place.cache.list().unwrap().is_empty());
    assert_eq!(place.cache.get(any).unwrap(), None);
    assert!(place.cache.hold(any).unwrap().is_none());
    assert_eq!(place.cache.prune(&ALL).unwrap(), Default::default());
    let missing = place.cache.find("com.example.gray", &"1".parse().unwrap()).unwrap_err();
    assert_snapshot!(missing, @"no package com.example.gray is installed; `streamlib pkg install` installs one");
    assert!(tree(&place.path("")).is_empty());
}

#[test]
fn the_same_again_is_the_same() {
    let place = Place::new();
    let archive = place.pack("com.example.gray", "1.2.3", "x");
    let (first, second) = (place.keep(&archive).unwrap(), place.keep(&archive).unwrap());
    assert_eq!(first.contents, second.contents);
    assert_eq!(place.cache.list().unwrap().len(), 1);
}

#[test]
fn installed_packages_are_found_by_name_and_range_the_newest_first() {
    let place = Place::new();
    for version in ["1.9.0", "1.10.0", "2.0.0-beta.1", "0.3.0"] {
        place.install("com.example.gray", version, &[]);
    }
    place.install("com.example.grayer", "5.0.0", &[]);
    drop(place.keep(&place.pack("com.example.gray", "3.0.0", "only kept")).unwrap());
    let find = |range: &str| {
        let found = place.cache.find("com.example.gray", &range.parse().unwrap());
        found.map_or_else(|error| error.to_string(), |package| package.version.to_string())
    };
    assert_eq!(find("1"), "1.10.0");
    assert_eq!(find("<1.10"), "1.9.0");
    assert_eq!(find("*"), "1.10.0");
    assert_eq!(find(">=2.0.0-alpha"), "2.0.0-beta.1");
    assert_snapshot!(find("3"), @"of com.example.gray no version ^3 is installed; these are: 0.3.0, 1.9.0, 1.10.0, 2.0.0-beta.1");
}

#[test]
fn a_name_and_version_is_one_content_the_last_installed() {
    let place = Place::new();
    let old = place.install("com.example.gray", "1.0.0", &[]);
    let new = place.keep(&place.pack("com.example.gray", "1.0.0", "newer")).unwrap();
    let installation = Installation { asked: false, uses: Vec::new() };
    place.cache.install(&[(&new, installation.clone())], &mut |_| {}).unwrap();
    assert_eq!(place.cache.versions("com.example.gray").unwrap().len(), 1);
    assert_eq!(place.listing().matches("kept").count(), 1);
    assert_eq!(place.cache.get(old.contents).unwrap().unwrap().installed, None);
    assert_eq!(place.cache.get(new.contents).unwrap().unwrap().installed, Some(installation));
}

#[test]
fn who_was_asked_for_stays_so_when_another_needs_it() {
    let place = Place::new();
    place.install("com.example.gray", "1.0.0", &[]);
    place.install_as("com.example.gray", "1.0.0", false, &[]);
    assert_eq!(place.listing(), "com.example.gray 1.0.0 asked for");
}

#[test]
fn what_is_not_right_is_refused_and_leaves_nothing() {
    let place = Place::new();
    let archive = place.pack("com.example.gray", "1.0.0", "x");
    let refuse = |incoming: &Incoming<'_>| {
        let error = place.cache.keep(incoming, &mut |_| {}).unwrap_err().to_string();
        assert!(place.cache.list().unwrap().is_empty() && place.temporary().is_empty());
        let found = Digest::of(&fs::read(incoming.archive).unwrap_or_default()).to_string();
        error.replace(&place.path("").display().to_string(), "").replace(&found, "FOUND")
    };
    let other = Digest::of(b"other");
    assert_snapshot!(refuse(&Incoming { sha256: Some(other), ..incoming(&archive) }), @"`gray.slpkg` is not what it has to be: its SHA-256 is FOUND, and d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa was expected; do not use it, and ask who publishes it");
    assert_snapshot!(refuse(&incoming(&place.path("none.slpkg"))), @"cannot read `none.slpkg`: No such file or directory (os error 2)");
    assert_snapshot!(refuse(&incoming(&place.path(""))), @"`gray.slpkg` is refused: it is not a package, which is a ZIP file; `streamlib pack` makes one of a folder");
    let pack = |manifest: &str| {
        let folder = folder(&[("streamlib.yaml", manifest)]);
        plan(folder.path()).pack(&archive, &mut |_| {}).unwrap();
    };
    pack(&format!("{MANIFEST}  streamlib_version: \">=99\"\n"));
    assert_snapshot!(refuse(&incoming(&archive)), @r#"
    the package in `gray.slpkg` is not right:
    gray.slpkg/streamlib.yaml:4:22: error[wrong-version]: com.example.gray 1.2.3 works with StreamLib >=99, and this is StreamLib 0.1.0
    4 |   streamlib_version: ">=99"
      |                      ^^^^^^
    "#);
    pack(&format!("{MANIFEST}graph: graphs/none.yaml\n"));
    assert_snapshot!(refuse(&incoming(&archive)), @r#"
    the package in `gray.slpkg` is not right:
    gray.slpkg/streamlib.yaml:4:8: error[missing-file]: there is no file `graphs/none.yaml` in the package
    4 | graph: graphs/none.yaml
      |        ^^^^^^^^^^^^^^^^
    "#);
    let small = place.cache.clone().with_limits(Limits { archive_bytes: 100, ..Limits::default() });
    let error = small.keep(&incoming(&archive), &mut |_| {}).unwrap_err();
    assert!(error.to_string().contains("at most 100 are allowed"), "{error}");
}

#[test]
fn damage_is_found_and_installing_again_repairs_it() {
    let place = Place::new();
    let archive = place.pack("com.example.gray", "1.0.0", "content");
    let check = |expected: &str, harm: &dyn Fn(&CachedPackage)| {
        let package = place.keep(&archive).unwrap().clone();
        harm(&package);
        assert_eq!(damage(&place, &package), expected);
        let repaired = place.keep(&archive).unwrap();
        assert_eq!(damage(&place, &repaired), "");
        assert!(place.temporary().is_empty());
    };
    check("", &|_| {});
    check("", &|package| write(&package.folder.join("python/__pycache__/gray.pyc"), b"x"));
    check("its file \"python/gray.py\" is changed", &|package| {
        write(&package.folder.join("python/gray.py"), b"conten!");
    });
    check("its file \"python/other/deep.py\" is missing", &|package| {
        fs::remove_dir_all(package.folder.join("python/other")).unwrap();
    });
    check("\"python/evil.py\" does not belong to it", &|package| {
        write(&package.folder.join("python/evil.py"), b"");
    });
    check("its list of contents is missing or changed", &|package| {
        write(&package.folder.join("contents.sha256"), b"");
    });
    check("its list of contents is missing or changed", &|package| {
        fs::remove_file(package.folder.join("contents.sha256")).unwrap();
    });
    check(
        "its file \"python/gray.py\" is missing, \"python/gray.py/ (not a file)\" does not belong to it",
        &|package| {
            let file = package.folder.join("python/gray.py");
            fs::rename(&file, place.path("same")).unwrap();
            symlink(place.path("same"), &file).unwrap();
        },
    );
}

#[test]
fn a_damaged_package_that_is_in_use_is_not_replaced() {
    let place = Place::new();
    let archive = place.pack("com.example.gray", "1.0.0", "content");
    let held = place.keep(&archive).unwrap();
    write(&held.folder.join("python/gray.py"), b"changed");
    assert_snapshot!(place.keep(&archive).unwrap_err(), @"com.example.gray 1.0.0 is in use; stop the graphs that use it first");
    assert!(place.temporary().is_empty());
}

#[test]
fn what_is_needed_or_in_use_is_not_removed() {
    let place = Place::new();
    let base = place.install_as("com.example.base", "1.0.0", false, &[]);
    let top = place.install("com.example.top", "1.0.0", &[&base]);
    assert_snapshot!(place.cache.remove(&base).unwrap_err(), @"com.example.base 1.0.0 is needed by com.example.top 1.0.0; remove that first");
    let held = place.cache.hold(top.contents).unwrap().unwrap();
    let again = place.cache.hold(top.contents).unwrap().unwrap();
    assert_snapshot!(place.cache.remove(&top).unwrap_err(), @"com.example.top 1.0.0 is in use; stop the graphs that use it first");
    drop(held);
    assert!(place.cache.remove(&top).is_err(), "one still holds it");
    drop(again);
    assert_eq!(place.listing(), "com.example.base 1.0.0 needed, com.example.top 1.0.0 asked for");
    place.cache.remove(&top).unwrap();
    place.cache.remove(&base).unwrap();
    assert_eq!(place.listing(), "");
    place.cache.remove(&base).unwrap();
    assert!(place.temporary().is_empty() && place.cache.hold(top.contents).unwrap().is_none());
}

#[test]
fn what_nothing_uses_is_pruned() {
    let place = Place::new();
    let deep = place.install_as("com.example.deep", "1.0.0", false, &[]);
    let base = place.install_as("com.example.base", "1.0.0", false, &[&deep]);
    let top = place.install("com.example.top", "1.0.0", &[&base]);
    let left = place.install_as("com.example.left", "1.0.0", false, &[&deep]);
    drop(place.keep(&place.pack("com.example.kept", "1.0.0", "x")).unwrap());
    let held = place.keep(&place.pack("com.example.held", "1.0.0", "x")).unwrap();
    let prune = |what: &Prune| {
        let pruned = place.cache.prune(what).unwrap();
        pruned.packages.into_iter().map(|one| one.name).collect::<Vec<_>>().join(" ")
    };
    let long_ago = SystemTime::now() - Duration::from_secs(3600);
    assert_eq!(prune(&Prune { unused_since: Some(long_ago), dry_run: false }), "");
    let dry = Prune { dry_run: true, ..ALL };
    assert_eq!(prune(&dry), "com.example.kept com.example.left");
    assert_eq!(prune(&ALL), "com.example.kept com.example.left");
    assert_eq!(prune(&ALL), "");
    drop(held);
    assert_eq!(prune(&ALL), "com.example.held");
    place.cache.remove(&top).unwrap();
    assert_eq!(prune(&ALL), "com.example.base com.example.deep");
    assert_eq!(place.listing(), "");
    assert!(place.cache.get(left.contents).unwrap().is_none() && place.temporary().is_empty());
}

#[test]
fn records_that_cannot_be_read_say_what_to_do() {
    let place = Place::new();
    let package = place.install("com.example.gray", "1.0.0", &[]);
    let say = |file: &str, text: &str| {
        let path = place.home.packages().join(file);
        let before = fs::read(&path).unwrap();
        fs::write(&path, text).unwrap();
        let error = place.cache.list().unwrap_err().to_string();
        fs::write(&path, before).unwrap();
        let root = place.home.packages().display().to_string();
        error.replace(&root, "HOME").replace(&package.contents.to_string(), "DIGEST")
    };
    assert_snapshot!(say("index.json", "{"), @"`HOME/index.json` cannot be read (EOF while parsing an object at line 1 column 1); remove `HOME/index.json` and install again");
    assert_snapshot!(say("index.json", "{\"format\": 2, \"packages\": []}"), @"`HOME/index.json` cannot be read (it has format 2, and this program knows 1); remove `HOME/index.json` and install again");
    let origin = format!("sha256/{}/origin.json", package.contents);
    assert_snapshot!(say(&origin, "{}"), @"`HOME/sha256/DIGEST/origin.json` cannot be read (missing field `format` at line 1 column 2); remove `HOME/sha256/DIGEST` and install again");
    fs::create_dir(place.home.packages().join("sha256/not-a-digest")).unwrap();
    assert_eq!(place.listing(), "com.example.gray 1.0.0 asked for");
}
