//! The StreamLib home: the one folder in which this user's packages and trusted keys are.
//!
//! Nothing here looks at the disk or at the environment.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::error::PackageError;

/// The home folder, and what lies where in it. It need not exist yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    root: PathBuf,
}

impl Home {
    /// The home in a folder.
    #[must_use]
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The home by the environment: `$STREAMLIB_HOME`, else `$HOME/.streamlib`. As the XDG rules
    /// have it, a variable that is empty or not an absolute path counts as not set.
    ///
    /// # Errors
    /// [`PackageError::NoHome`] if neither variable is set.
    pub fn from_environment(
        streamlib_home: Option<&OsStr>,
        home: Option<&OsStr>,
    ) -> Result<Self, PackageError> {
        let absolute = |value: Option<&OsStr>| value.map(PathBuf::from).filter(|p| p.is_absolute());
        absolute(streamlib_home)
            .or_else(|| absolute(home).map(|home| home.join(".streamlib")))
            .map(Self::at)
            .ok_or(PackageError::NoHome)
    }

    /// The home itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where packages are kept by content.
    #[must_use]
    pub fn packages(&self) -> PathBuf {
        self.root.join("cache/packages")
    }

    /// Where downloads are kept until they are complete, so that one that was cut goes on.
    #[must_use]
    pub fn downloads(&self) -> PathBuf {
        self.root.join("cache/downloads")
    }

    /// The file with the trusted keys.
    #[must_use]
    pub fn trusted_keys(&self) -> PathBuf {
        self.root.join("trusted-keys")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(streamlib_home: Option<&str>, home: Option<&str>, expected: Option<&str>) {
        let found = Home::from_environment(streamlib_home.map(OsStr::new), home.map(OsStr::new));
        let root = found.ok().map(|found| found.root().to_owned());
        assert_eq!(root.as_deref(), expected.map(Path::new));
    }

    #[test]
    fn the_variable_wins_and_the_users_home_follows() {
        check(Some("/srv/streamlib"), Some("/users/ada"), Some("/srv/streamlib"));
        check(None, Some("/users/ada"), Some("/users/ada/.streamlib"));
        check(Some(""), Some("/users/ada"), Some("/users/ada/.streamlib"));
        check(Some("packages"), Some("/users/ada"), Some("/users/ada/.streamlib"));
        check(Some("packages"), Some("ada"), None);
        check(None, None, None);
    }

    #[test]
    fn everything_lies_in_the_home() {
        let home = Home::at("/srv/streamlib");
        for path in [home.packages(), home.downloads(), home.trusted_keys()] {
            assert!(path.starts_with(home.root()), "{}", path.display());
        }
    }
}
