//! What can go wrong with packages: each a sentence that says what, where, and what to do.

/// What went wrong with a package.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackageError {
    /// Neither `STREAMLIB_HOME` nor `HOME` says where the home is.
    #[error(
        "there is no place for packages: neither STREAMLIB_HOME nor HOME is an absolute path; set \
         STREAMLIB_HOME to a folder"
    )]
    NoHome,
}
