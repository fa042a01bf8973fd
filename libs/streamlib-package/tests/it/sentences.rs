//! Messages that no other test shows.

use std::io;

use insta::assert_snapshot;
use streamlib_package::{Digest, FileRules, Limits, PackPlan, PackageError};

use crate::support::{MANIFEST, folder};

#[test]
fn of_the_home_and_the_disk() {
    assert_snapshot!(PackageError::NoHome, @"there is no place for packages: neither STREAMLIB_HOME nor HOME is an absolute path; set STREAMLIB_HOME to a folder");
    let source = io::Error::from(io::ErrorKind::PermissionDenied);
    let error = PackageError::Io { doing: "read", path: "a.slpkg".to_owned(), source };
    assert_snapshot!(error, @"cannot read `a.slpkg`: permission denied");
}

#[test]
fn of_digests_and_patterns() {
    assert_snapshot!("abc".parse::<Digest>().unwrap_err(), @r#""abc" is not a SHA-256 digest, which has 64 digits of 0-9 and a-f"#);
    let folder = folder(&[("streamlib.yaml", MANIFEST)]);
    let rules = FileRules { include: Vec::new(), exclude: vec!["a[b]".to_owned()] };
    let error = PackPlan::of_folder(folder.path(), &rules, &Limits::default()).unwrap_err();
    assert_snapshot!(error, @r#""a[b]" is not a pattern for names of files: of the special characters only `*`, `**` and `?` have a meaning; patterns are such as `*.md`, `docs/` and `lib/**/*.so`"#);
}
