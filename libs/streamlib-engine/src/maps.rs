//! Hash maps of names and numbers that the engine itself made.
//!
//! The keys of a graph are short, and there are many of them: the standard library's keyed hash,
//! which withstands keys chosen to collide, would be a large part of the time to build a graph.
//! This one is seeded anew in each process, which is enough where a user can slow down only the
//! graph that is the user's own.

/// A map from what the engine named or numbered.
pub(crate) type HashMap<K, V> = std::collections::HashMap<K, V, foldhash::fast::RandomState>;
/// A set of what the engine named or numbered.
pub(crate) type HashSet<K> = std::collections::HashSet<K, foldhash::fast::RandomState>;
