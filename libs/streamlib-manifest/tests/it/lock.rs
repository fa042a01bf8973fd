//! Lock files.

use insta::assert_snapshot;
use proptest::prelude::*;
use streamlib_manifest::lock::{Lock, LockedPackage, lock_to_yaml, parse_lock};
use streamlib_manifest::package::PackageSource;

fn package(version: &str, source: Option<&str>, sum: &str, files: &[&str]) -> LockedPackage {
    LockedPackage {
        version: version.parse().expect("a version"),
        source: source.map(|text| text.parse().expect("a source")),
        sha256: (!sum.is_empty()).then(|| sum.repeat(64)),
        files: files.iter().map(|path| ((*path).to_owned(), "b".repeat(64))).collect(),
    }
}

fn example() -> Lock {
    let web = package("1.2.0", Some("https://x.org/web.slpkg"), "a", &["streamlib.yaml", "a b/ä"]);
    let packages = [
        ("com.example.web", web),
        ("com.example.local", package("0.1.0-beta.1", Some("../local"), "", &[])),
        ("com.example.base", package("2.0.0", None, "0", &["lib/libx.so"])),
    ];
    Lock { packages: packages.into_iter().map(|(name, one)| (name.to_owned(), one)).collect() }
}

#[test]
fn the_written_form() {
    let written = lock_to_yaml(&example());
    assert_eq!(parse_lock(&written, "streamlib.lock"), Ok(example()));
    assert_snapshot!(written, @r#"
    # Written by `streamlib pkg`; not for editing.
    lock_version: 1
    packages:
      - name: com.example.base
        version: 2.0.0
        sha256: "0000000000000000000000000000000000000000000000000000000000000000"
        files:
          "lib/libx.so": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
      - name: com.example.local
        version: 0.1.0-beta.1
        source: "../local"
      - name: com.example.web
        version: 1.2.0
        source: "https://x.org/web.slpkg"
        sha256: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        files:
          "a b/ä": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
          "streamlib.yaml": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
    "#);
    let empty = lock_to_yaml(&Lock::default());
    assert_eq!(parse_lock(&empty, "streamlib.lock"), Ok(Lock::default()));
}

#[test]
fn what_is_wrong_is_said_at_its_line() {
    let report = |text: &str| parse_lock(text, "streamlib.lock").expect_err("refused").to_string();
    assert_snapshot!(report("lock_version: 2\npackages: []\n"), @"
    streamlib.lock:1:15: error[out-of-range]: expected a whole number from 1 to 1, found the number 2
    1 | lock_version: 2
      |               ^
    ");
    assert_snapshot!(report("
lock_version: 1
packages:
  - { name: ../../x, version: 1.0.0, source: ./x }
  - { name: a.b, version: 1.0, source: ./x }
  - { name: a.b, version: 1.0.0 }
  - { name: a.c, version: 1.0.0, source: ./x, checksum: x, files: { ../x: 1234 } }
  - { name: a.c, version: 1.0.0, source: ./x }
"), @r#"
    streamlib.lock:4:13: error[invalid-name]: "../../x" is not a valid package name: it is one or more words joined by dots, such as `com.example.effects`; a word starts with a lower-case letter and goes on with lower-case letters, digits, `_` or `-`; all of it has at most 128 characters
    4 |   - { name: ../../x, version: 1.0.0, source: ./x }
      |             ^^^^^^^

    streamlib.lock:5:27: error[wrong-type]: expected a version such as `1.0.0`, found the number 1.0
    5 |   - { name: a.b, version: 1.0, source: ./x }
      |                           ^^^
    hint: put it in quotes if it is meant as text

    streamlib.lock:6:5: error[missing-key]: the package `a.b` needs the key `sha256`
    6 |   - { name: a.b, version: 1.0.0 }
      |     ^

    streamlib.lock:7:47: error[unknown-key]: `checksum` is not a key of a locked package
    7 |   - { name: a.c, version: 1.0.0, source: ./x, checksum: x, files: { ../x: 1234 } }
      |                                               ^^^^^^^^
    hint: known keys: `name`, `version`, `source`, `sha256`, `files`

    streamlib.lock:7:69: error[invalid-path]: "../x" is not a path inside the package: parts joined by `/`, such as `schemas/point.yaml`, without `..`, backslashes and colons, of at most 256 bytes
    7 | …me: a.c, version: 1.0.0, source: ./x, checksum: x, files: { ../x: 1234 } }
      |                                                              ^^^^

    streamlib.lock:7:75: error[wrong-type]: expected a SHA-256 sum, found the number 1234
    7 | …c, version: 1.0.0, source: ./x, checksum: x, files: { ../x: 1234 } }
      |                                                              ^^^^
    hint: put it in quotes if it is meant as text

    streamlib.lock:8:5: error[duplicate-name]: the package `a.c` stands here a second time
    8 |   - { name: a.c, version: 1.0.0, source: ./x }
      |     ^
    "#);
    assert_snapshot!(report(&" ".repeat(streamlib_manifest::FILE_BYTES_MAX + 1)), @"
    streamlib.lock:1:1: error[file-too-large]: a lock file has at most 16777216 bytes
    1 | 
      | ^
    ");
}

proptest! {
    #[test]
    fn any_lock_is_read_back(
        names in proptest::collection::vec("[a-z][a-z0-9_-]{0,8}([.][a-z][a-z0-9]{0,4}){0,2}", 0..5),
        paths in proptest::collection::vec("[^/\\\\:*?\\p{Cc}.]{1,9}(/[^/\\\\:*?\\p{Cc}.]{1,9}){0,2}", 0..5),
        sum in "[0-9a-f]{64}",
        folder in "[^\\p{Cc}#@]{1,12}",
    ) {
        let mut lock = Lock::default();
        for (at, name) in names.iter().enumerate() {
            let mut one = package("1.0.0-rc.1", None, "c", &[]);
            one.files = paths.iter().map(|path| (path.clone(), sum.clone())).collect();
            if at % 2 == 0 && !folder.contains("://") {
                one.source = Some(PackageSource::folder(&folder));
            }
            lock.packages.insert(name.clone(), one);
        }
        let written = lock_to_yaml(&lock);
        prop_assert_eq!(parse_lock(&written, "streamlib.lock"), Ok(lock), "{}", written);
    }

    #[test]
    fn a_changed_lock_is_read_or_refused(
        from in 0..400_usize,
        length in 0..20_usize,
        put in "[a-z0-9:{}\\[\\], \n@./\"-]{0,8}",
    ) {
        let text = lock_to_yaml(&example());
        let start = text.floor_char_boundary(from.min(text.len()));
        let end = text.floor_char_boundary((start + length).min(text.len()));
        let changed = format!("{}{put}{}", &text[..start], &text[end..]);
        if let Ok(lock) = parse_lock(&changed, "streamlib.lock") {
            prop_assert_eq!(parse_lock(&lock_to_yaml(&lock), "streamlib.lock"), Ok(lock));
        }
    }
}
