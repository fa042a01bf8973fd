//! Archives made to harm: each is refused with a sentence, and nothing of it is left.

use std::fs;
use std::path::{Path, PathBuf};

use insta::assert_snapshot;
use streamlib_package::Incoming;
use tempfile::TempDir;

use crate::support::{
    Entry, MANIFEST, Place, contents, deflated, honest, incoming, manifest, open, stored, tree, zip,
};

const YAML: (&str, &[u8]) = ("streamlib.yaml", MANIFEST.as_bytes());

/// Why an archive is refused when it is installed, with nothing of it left anywhere.
#[track_caller]
fn refused(bytes: &[u8]) -> String {
    let place = Place::new();
    let archive = place.path("bad.slpkg");
    fs::write(&archive, bytes).unwrap();
    let incoming = Incoming { origin: "bad.slpkg", ..incoming(&archive) };
    let error = place.cache.keep(&incoming, &mut |_| {}).unwrap_err().to_string();
    fs::remove_file(&archive).unwrap();
    assert_eq!(
        shown(&tree(&place.path(""))),
        "home home/cache home/cache/packages home/cache/packages/lock home/cache/packages/temporary"
    );
    error
}

fn shown(tree: &[(PathBuf, Vec<u8>)]) -> String {
    tree.iter().map(|(path, _)| path.display().to_string()).collect::<Vec<_>>().join(" ")
}

/// An honest package with one more file, or one that is no honest file.
fn with(entry: Entry) -> Vec<u8> {
    let name = String::from_utf8_lossy(&entry.name).into_owned();
    let mut files = vec![(name.as_str(), entry.content.as_slice()), YAML];
    files.sort_unstable();
    let list = contents(&files);
    let mut entries = vec![entry.clone(), stored(YAML.0, YAML.1)];
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    entries.push(list);
    zip(&entries)
}

fn named(name: &[u8]) -> String {
    refused(&with(stored(name, "evil")))
}

#[test]
fn the_archive_that_is_spoilt_here_is_good() {
    let bytes = with(stored("a", "not evil"));
    assert!(open(&bytes).is_ok());
    assert!(open(&honest(&[YAML])).is_ok());
}

#[test]
fn the_seeds_of_the_fuzzer_are_good() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/package_archive");
    for (name, files) in [("one-file", 1), ("some-files", 4)] {
        let bytes = fs::read(folder.join(name)).unwrap();
        let mut archive = open(&bytes).unwrap();
        assert_eq!(archive.files().len(), files);
        archive.unpack(TempDir::new().unwrap().path(), &mut |_| {}).unwrap();
    }
}

#[test]
fn names_that_lead_out_of_the_folder() {
    assert_snapshot!(named(b"../evil"), @r#"`bad.slpkg` is refused: the name of its file "../evil" has `.` or `..` as a part, which could lead out of the package; `streamlib pack` makes no such package: do not use it"#);
    assert_snapshot!(named(b"a/../../evil"), @r#"`bad.slpkg` is refused: the name of its file "a/../../evil" has `.` or `..` as a part, which could lead out of the package; `streamlib pack` makes no such package: do not use it"#);
    assert_snapshot!(named(b"/abs/evil"), @r#"`bad.slpkg` is refused: the name of its file "/abs/evil" is absolute; `streamlib pack` makes no such package: do not use it"#);
    assert_snapshot!(named(b"..\\evil"), @r#"`bad.slpkg` is refused: the name of its file "..\\evil" has a backslash; `streamlib pack` makes no such package: do not use it"#);
    assert_snapshot!(named(b"C:\\evil"), @r#"`bad.slpkg` is refused: the name of its file "C:\\evil" has a colon, as drive letters have; `streamlib pack` makes no such package: do not use it"#);
    assert_snapshot!(named(b"C:evil"), @r#"`bad.slpkg` is refused: the name of its file "C:evil" has a colon, as drive letters have; `streamlib pack` makes no such package: do not use it"#);
}

#[test]
fn names_that_are_none() {
    assert_snapshot!(named(b""), @r#"`bad.slpkg` is refused: the name of its file "" is empty; `streamlib pack` makes no such package: do not use it"#);
    assert_snapshot!(named(b"a\0.txt"), @r#"`bad.slpkg` is refused: the name of its file "a\0.txt" has a control character; `streamlib pack` makes no such package: do not use it"#);
    assert_snapshot!(named(b"a\x1b[31m"), @r#"`bad.slpkg` is refused: the name of its file "a\u{1b}[31m" has a control character; `streamlib pack` makes no such package: do not use it"#);
    assert_snapshot!(named(b"a//b"), @r#"`bad.slpkg` is refused: the name of its file "a//b" has an empty part; `streamlib pack` makes no such package: do not use it"#);
    assert_snapshot!(named(b"folder/"), @r#"`bad.slpkg` is refused: the name of its file "folder/" is that of a folder; folders are made as files need them; `streamlib pack` makes no such package: do not use it"#);
    assert_snapshot!(named(b"a\xff\xfe"), @r#"`bad.slpkg` is refused: the name of its file "a��" is not UTF-8; `streamlib pack` makes no such package: do not use it"#);
    assert_snapshot!(refused(&with(Entry { flags: 0, ..stored("käse", "") })), @r#"`bad.slpkg` is refused: the name of its file "käse" is not UTF-8; `streamlib pack` makes no such package: do not use it"#);
    assert_snapshot!(named("a\u{202e}gpj.exe".as_bytes()), @r#"`bad.slpkg` is refused: the name of its file "a\u{202e}gpj.exe" has a character that changes the direction of writing; `streamlib pack` makes no such package: do not use it"#);
    assert_snapshot!(named(b"aux.txt"), @r#"`bad.slpkg` is refused: the name of its file "aux.txt" is reserved for a device on Windows; `streamlib pack` makes no such package: do not use it"#);
    assert_snapshot!(named(b"a."), @r#"`bad.slpkg` is refused: the name of its file "a." has a part that ends with a dot or a space; `streamlib pack` makes no such package: do not use it"#);
    assert_snapshot!(named(&[b'x'; 201]), @r#"`bad.slpkg` is refused: the name of its file "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…" is too long; `streamlib pack` makes no such package: do not use it"#);
    assert_snapshot!(named(b"lib/other.slpkg"), @r#"`bad.slpkg` is refused: the name of its file "lib/other.slpkg" is that of a package in the package; name it under `dependencies` instead; `streamlib pack` makes no such package: do not use it"#);
}

#[test]
fn names_that_clash() {
    let twice = |first: &str, second: &str| {
        let files = [(first, &b""[..]), (second, b""), YAML];
        refused(&honest(&files))
    };
    assert_snapshot!(twice("DUP", "dup"), @r#"`bad.slpkg` is refused: its files "DUP" and "dup" have the same name where case does not count; rename one and pack again"#);
    assert_snapshot!(twice("a", "a"), @r#"`bad.slpkg` is refused: its files "a" and "a" have the same name where case does not count; rename one and pack again"#);
    assert_snapshot!(twice("A", "a/b"), @r#"`bad.slpkg` is refused: its file "A" is a folder in the name of "a/b"; rename one and pack again"#);
    assert_snapshot!(twice("contents.sha256", "x"), @r#"`bad.slpkg` is refused: its files "contents.sha256" and "contents.sha256" have the same name where case does not count; rename one and pack again"#);
}

#[test]
fn entries_that_are_no_files() {
    let of_mode =
        |mode: u32| refused(&with(Entry { attributes: mode << 16, ..stored("a", "/etc") }));
    assert_snapshot!(of_mode(0o120_777), @r#"`bad.slpkg` is refused: its entry "a" is a link; put the file itself in its place and pack again"#);
    assert_snapshot!(of_mode(0o060_644), @r#"`bad.slpkg` is refused: its entry "a" is not a file; pack the folder again with `streamlib pack`"#);
    assert_snapshot!(of_mode(0o040_755), @r#"`bad.slpkg` is refused: its entry "a" is not a file; pack the folder again with `streamlib pack`"#);
}

#[test]
fn bombs() {
    let zeros = vec![0; 64 << 20];
    assert_snapshot!(refused(&with(deflated("zeros", &zeros))), @r#"`bad.slpkg` is refused: its file "zeros" would grow from 65232 to 67108864 bytes, more than 200-fold; `streamlib pack` makes no such package: do not use it"#);
    // It says that it is small, and is not.
    let small = Entry { bytes: 1000, ..deflated("zeros", &zeros) };
    assert_snapshot!(refused(&with(small)), @r#"`bad.slpkg` is refused: its file "zeros" is damaged: it is larger than said; get it again"#);
    let huge = Entry { bytes: 2 << 30, ..deflated("zeros", &zeros) };
    assert_snapshot!(refused(&with(huge)), @r#"`bad.slpkg` is refused: its file "zeros" has 2147483648 bytes, and at most 1073741824 are allowed; leave out what is not needed"#);
    let large =
        |name: &str| Entry { bytes: 1 << 30, content: vec![0; 6 << 20], ..deflated(name, b"") };
    assert_snapshot!(refused(&zip(&["a", "b", "c"].map(large))), @r#"`bad.slpkg` is refused: its files have 3221225472 bytes and more, up to "c", and at most 2147483648 are allowed; leave out what is not needed"#);
    let many: Vec<Entry> = (0..20_002).map(|index| stored(format!("{index:05}"), "")).collect();
    assert_snapshot!(refused(&zip(&many)), @"`bad.slpkg` is refused: it has 20002 files, and at most 20000 are allowed; leave out what is not needed");
}

#[test]
fn headers_that_lie() {
    let honest = stored("a", "content");
    let local = |name: &str, checksum, bytes| {
        let local = Some((name.as_bytes().to_vec(), checksum, bytes));
        refused(&with(Entry { local, ..honest.clone() }))
    };
    assert_snapshot!(local("b", honest.checksum, 7), @r#"`bad.slpkg` is refused: the two headers of its entry "a" differ; `streamlib pack` makes no such package: do not use it"#);
    assert_snapshot!(local("a", 0, 7), @r#"`bad.slpkg` is refused: the two headers of its entry "a" differ; `streamlib pack` makes no such package: do not use it"#);
    assert_snapshot!(local("a", honest.checksum, 6), @r#"`bad.slpkg` is refused: the two headers of its entry "a" differ; `streamlib pack` makes no such package: do not use it"#);
    let checksum = Entry { checksum: 1, ..honest.clone() };
    assert_snapshot!(refused(&with(checksum)), @r#"`bad.slpkg` is refused: its file "a" is damaged: its checksum is wrong; get it again"#);
    let stored_size = Entry { bytes: 6, ..honest };
    assert_snapshot!(refused(&with(stored_size)), @r#"`bad.slpkg` is refused: its entry "a" is stored in another size than its own, as no package has; pack the folder again with `streamlib pack`"#);
    let text = b"a text that is deflated, a text that is deflated";
    let deflated = deflated("a", text);
    let larger = Entry { bytes: 200, ..deflated.clone() };
    assert_snapshot!(refused(&with(larger)), @r#"`bad.slpkg` is refused: its file "a" is damaged: it is smaller than said; get it again"#);
    let mut tail = deflated.clone();
    tail.content.push(0);
    assert_snapshot!(refused(&with(tail)), @r#"`bad.slpkg` is refused: its file "a" is damaged: it has something behind its end; get it again"#);
    let noise = Entry { content: vec![0xff; 20], ..deflated };
    assert_snapshot!(refused(&with(noise)), @r#"`bad.slpkg` is refused: its file "a" is damaged: it cannot be decompressed; get it again"#);
}

#[test]
fn forms_that_packages_do_not_have() {
    let entry = |change: fn(&mut Entry)| {
        let mut entry = stored("a", "content");
        change(&mut entry);
        refused(&with(entry))
    };
    assert_snapshot!(entry(|entry| entry.flags = 1), @r#"`bad.slpkg` is refused: its entry "a" is encrypted, as no package has; pack the folder again with `streamlib pack`"#);
    assert_snapshot!(entry(|entry| entry.flags = 8), @r#"`bad.slpkg` is refused: its entry "a" has its size behind its content, as no package has; pack the folder again with `streamlib pack`"#);
    assert_snapshot!(entry(|entry| entry.flags = 1 << 13), @r#"`bad.slpkg` is refused: its entry "a" has flags of later formats, as no package has; pack the folder again with `streamlib pack`"#);
    assert_snapshot!(entry(|entry| entry.method = 12), @r#"`bad.slpkg` is refused: its entry "a" is compressed by another method than deflate, as no package has; pack the folder again with `streamlib pack`"#);
    assert_snapshot!(entry(|entry| entry.extra = vec![1, 0, 0, 0]), @r#"`bad.slpkg` is refused: its entry "a" has an extra field, as no package has; pack the folder again with `streamlib pack`"#);
    assert_snapshot!(entry(|entry| entry.comment = b"hello".to_vec()), @r#"`bad.slpkg` is refused: its entry "a" has a comment, as no package has; pack the folder again with `streamlib pack`"#);
    assert_snapshot!(entry(|entry| entry.before = b"hidden".to_vec()), @"`bad.slpkg` is refused: it is not a package, which is a ZIP file; `streamlib pack` makes one of a folder");
    let files = [("b", &b""[..]), ("a", b""), YAML];
    assert_snapshot!(refused(&honest(&files)), @r#"`bad.slpkg` is refused: its entry "a" is not in the order of the names, as no package has; pack the folder again with `streamlib pack`"#);
    let good = with(stored("a", "content"));
    assert_snapshot!(refused(&[&b"#!/bin/sh\n"[..], &good].concat()), @"`bad.slpkg` is refused: it is not a package, which is a ZIP file; `streamlib pack` makes one of a folder");
    assert_snapshot!(refused(&[&good[..], b"more"].concat()), @"`bad.slpkg` is refused: its end is missing: it was cut, or something was added to it; get it again");
}

#[test]
fn what_is_no_archive_or_a_part_of_one() {
    assert_snapshot!(refused(b""), @"`bad.slpkg` is refused: it is not a package, which is a ZIP file; `streamlib pack` makes one of a folder");
    assert_snapshot!(refused(b"package:\n  name: com.example.gray\n"), @"`bad.slpkg` is refused: it is not a package, which is a ZIP file; `streamlib pack` makes one of a folder");
    let good = with(stored("a", "content"));
    assert_snapshot!(refused(&good[..good.len() - 1]), @"`bad.slpkg` is refused: its end is missing: it was cut, or something was added to it; get it again");
    for end in 0..good.len() {
        refused(&good[..end]);
    }
}

#[test]
fn lists_of_contents_that_are_wrong() {
    let yaml = || stored(YAML.0, YAML.1);
    let listed =
        |files: &[(&str, &[u8])]| refused(&zip(&[stored("a", "x"), yaml(), contents(files)]));
    assert_snapshot!(refused(&zip(&[stored("a", "x"), yaml()])), @"`bad.slpkg` is refused: it has no list of its contents (contents.sha256) at its end; pack the folder again with `streamlib pack`");
    assert_snapshot!(listed(&[YAML]), @r#"`bad.slpkg` is refused: its list of contents and its files differ at "a"; `streamlib pack` makes no such package: do not use it"#);
    assert_snapshot!(listed(&[("a", b"x"), ("b", b"x"), YAML]), @r#"`bad.slpkg` is refused: its list of contents and its files differ at "streamlib.yaml"; `streamlib pack` makes no such package: do not use it"#);
    assert_snapshot!(listed(&[("a", b"y"), YAML]), @r#"`bad.slpkg` is refused: its file "a" is not the one that its list of contents names; `streamlib pack` makes no such package: do not use it"#);
    assert_snapshot!(listed(&[YAML, ("a", b"x")]), @"`bad.slpkg` is refused: its list of contents (contents.sha256) has a line 2 that is not in the order of the names; pack the folder again with `streamlib pack`");
    assert_snapshot!(refused(&honest(&[("a", b"x")])), @"`bad.slpkg` is refused: it has no `streamlib.yaml`, so it is not a package; pack the folder again with `streamlib pack`");
}

#[test]
fn packages_with_names_that_lead_out_of_the_folder() {
    let called = |name: &str, version: &str| {
        refused(&honest(&[(YAML.0, manifest(name, version).as_bytes())]))
    };
    assert_snapshot!(called("../../x", "1.0.0"), @r#"
    the package in `bad.slpkg` is not right:
    streamlib.yaml:2:9: error[invalid-name]: "../../x" is not a valid package name: it is one or more words joined by dots, such as `com.example.effects`; a word starts with a lower-case letter and goes on with lower-case letters, digits, `_` or `-`; all of it has at most 128 characters
    2 |   name: ../../x
      |         ^^^^^^^
    "#);
    assert_snapshot!(called("com.example.gray", "../1"), @r#"
    the package in `bad.slpkg` is not right:
    streamlib.yaml:3:12: error[invalid-version]: "../1" is not a version: write `major.minor.patch`, such as `1.0.0` or `1.0.0-beta.1`
    3 |   version: "../1"
      |            ^^^^^^
    "#);
}

#[test]
fn any_one_byte_that_is_changed_is_noticed() {
    let good = with(stored("a", "content"));
    let mut made_by = Vec::new();
    for at in 0..good.len() {
        let mut changed = good.clone();
        changed[at] ^= 1;
        let outcome = open(&changed).and_then(|mut archive| {
            let folder = TempDir::new().unwrap();
            archive.unpack(folder.path(), &mut |_| {})
        });
        if outcome.is_ok() {
            made_by.push(at);
        }
    }
    // What says nothing about the files: by whom it was made, and the attributes but for the kind.
    assert_snapshot!(made_by.len(), @"24");
}
