//! Every message, as people see it.

use insta::assert_snapshot;
use streamlib_package::PackageError;

#[test]
fn of_the_home() {
    assert_snapshot!(PackageError::NoHome, @"there is no place for packages: neither STREAMLIB_HOME nor HOME is an absolute path; set STREAMLIB_HOME to a folder");
}
