//! What can go wrong with the tools of the tests themselves.

/// Why a tool of the tests cannot be used as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A watch on it would see nothing, and every test would pass.
    #[error(
        "the counting allocator sees no allocation because it is not the global allocator of this \
         program; declare it with #[global_allocator] in the test binary"
    )]
    NotInstalled,
    /// Two watches would count the same allocations.
    #[error(
        "another watch is running on the same allocator; finish it first, and run tests that \
         watch in processes of their own, as cargo nextest does"
    )]
    AlreadyWatching,
}

/// The result of a tool of the tests.
pub type Result<T, E = Error> = std::result::Result<T, E>;
