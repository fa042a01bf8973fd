//! The small grammars of packages.

use insta::assert_snapshot;
use streamlib_manifest::ManifestError;
use streamlib_manifest::package::{
    Entrypoint, PackageSource, check_package_name, check_package_path, check_package_pattern,
    check_sha256, parse_range, parse_version,
};

fn check(grammar: fn(&str) -> Result<(), ManifestError>, good: &[&str], bad: &[&str]) {
    for text in good {
        assert_eq!(grammar(text), Ok(()), "{text:?}");
    }
    for text in bad {
        assert!(grammar(text).is_err(), "{text:?}");
    }
}

#[test]
fn names_of_packages() {
    let longest = "x".repeat(128);
    let too_long = "x".repeat(129);
    let bad = [
        "", ".", "..", "../../x", "a/b", "a\\b", "/a", "a..b", ".a", "a.", "A", "a.B", "1a", "a.1",
        "-a", "a b", "ä", "a\0", "a\n", "a:b", "~", "con:", &too_long,
    ];
    check(check_package_name, &["a", "com.example.simple-effects", "a_1.b-2", &longest], &bad);
}

#[test]
fn versions_and_ranges() {
    check(
        |text| parse_version(text).map(drop),
        &["0.0.0", "1.2.3", "1.0.0-beta.1"],
        &[
            "",
            "1",
            "1.2",
            "01.2.3",
            "1.2.3+build",
            "v1.2.3",
            "1.2.3-",
            " 1.2.3",
            "1.2.3/..",
            "../1",
        ],
    );
    check(
        |text| parse_range(text).map(drop),
        &["*", "1", "1.2", "^1.2.3", "~1", ">=1.0, <3", "=1.0.0", "1.*"],
        &["", "latest", ">>1", "1.2.3.4", "1 || 2", "../1"],
    );
    let long = format!("1.0.0-{}", "x".repeat(100));
    assert!(parse_version(&long).is_err() && parse_range(&long).is_err());
}

#[test]
fn paths_and_patterns() {
    let bad = ["", "/a", "a/", "a//b", "..", "a/../b", "./a", "a\\b", "C:a", "a\0", "a\nb"];
    check(check_package_path, &["a", "a/b.yaml", "lib/x86_64-unknown-linux-gnu/libä.so"], &bad);
    check(check_package_pattern, &["*", "**", "src/**", "**/*.log", "a/?.png"], &bad);
    check(check_package_pattern, &[], &["a**", "[a]", "{a,b}", "**a/b"]);
    assert!(check_package_path("a/*").is_err());
    let sum = "a".repeat(64);
    check(check_sha256, &[&sum], &["", "a", &sum.to_uppercase(), &"g".repeat(64), &"a".repeat(65)]);
}

#[test]
fn where_packages_come_from() {
    let sum = "a".repeat(64);
    let check = |text: &str, expected: &PackageSource| {
        let source: PackageSource = text.parse().expect(text);
        assert_eq!(source, *expected);
        assert_eq!(source.to_string(), text);
    };
    let folder = |path: &str| PackageSource::Folder(path.to_owned());
    check("./effects", &folder("./effects"));
    check("..", &folder(".."));
    check("/opt/effects", &folder("/opt/effects"));
    check("effects.slpkg", &PackageSource::File("effects.slpkg".to_owned()));
    check("a b/effects.slpkg", &PackageSource::File("a b/effects.slpkg".to_owned()));
    let name = |range: &str| PackageSource::Name {
        name: "com.example.effects".to_owned(),
        range: range.parse().unwrap(),
    };
    check("com.example.effects", &name("*"));
    check("com.example.effects@^1.2", &name("^1.2"));
    let url = "https://example.com:8443/a.slpkg?x=1".to_owned();
    check(&url, &PackageSource::Url { url: url.clone(), sha256: None });
    check(&format!("{url}#sha256={sum}"), &PackageSource::Url { url, sha256: Some(sum) });

    // What a file's `path` says is a folder, whatever it looks like.
    for (path, text) in [("effects", "./effects"), ("a.slpkg", "./a.slpkg/"), ("..", "..")] {
        assert_eq!(PackageSource::folder(path).to_string(), text);
        check(text, &PackageSource::folder(path));
    }
}

#[test]
fn each_message() {
    fn message<T: std::fmt::Debug>(result: Result<T, ManifestError>) -> String {
        result.expect_err("refused").to_string()
    }
    let source = |text: &str| message(text.parse::<PackageSource>());
    assert_snapshot!(message(check_package_name("../../x")), @r#""../../x" is not a valid package name: it is one or more words joined by dots, such as `com.example.effects`; a word starts with a lower-case letter and goes on with lower-case letters, digits, `_` or `-`; all of it has at most 128 characters"#);
    assert_snapshot!(message(parse_version("1.0")), @r#""1.0" is not a version: write `major.minor.patch`, such as `1.0.0` or `1.0.0-beta.1`"#);
    assert_snapshot!(message(parse_range("newest")), @r#""newest" is not a range of versions: write it as `^1.2`, `~1.2.3`, `>=1.0, <3.0`, `=1.0.0` or `*`"#);
    assert_snapshot!(message(check_package_path("a/../b")), @r#""a/../b" is not a path inside the package: parts joined by `/`, such as `schemas/point.yaml`, without `..`, backslashes and colons, of at most 256 bytes"#);
    assert_snapshot!(message(check_package_pattern("../*")), @r#""../*" is not a pattern of paths inside the package: write it as `src/**`, `*.md` or `assets/?.png`, without `..`"#);
    assert_snapshot!(message(check_sha256("1234")), @r#""1234" is not a SHA-256 sum: it has 64 digits, `0` to `9` and `a` to `f`"#);
    assert_snapshot!(source("ftp://example.com/a.slpkg"), @r#""ftp://example.com/a.slpkg" is not a URL of a package: write it as `https://example.com/effects.slpkg#sha256=` and the sum of the archive"#);
    assert_snapshot!(source("https:///a.slpkg"), @r#""https:///a.slpkg" is not a URL of a package: write it as `https://example.com/effects.slpkg#sha256=` and the sum of the archive"#);
    assert_snapshot!(source("https://user@example.com/a.slpkg"), @r#""https://user@example.com/a.slpkg" is not a URL of a package: write it as `https://example.com/effects.slpkg#sha256=` and the sum of the archive"#);
    assert_snapshot!(source("https://example.com/a.slpkg#sha256=12"), @r#""12" is not a SHA-256 sum: it has 64 digits, `0` to `9` and `a` to `f`"#);
    assert_snapshot!(source("Effects"), @r#""Effects" is no package: write the name of an installed one (`com.example.effects`, or with a range `com.example.effects@^1.2`), a folder (`./effects`), a file (`effects.slpkg`) or a URL"#);
    assert_snapshot!(source("com.example.effects@newest"), @r#""newest" is not a range of versions: write it as `^1.2`, `~1.2.3`, `>=1.0, <3.0`, `=1.0.0` or `*`"#);
    assert_snapshot!(message("a:b:c".parse::<Entrypoint>()), @r#""a:b:c" is not an entry point: write `module.name:Class` for Python, `src/file.ts:name` for TypeScript"#);
}
