//! Hash maps of names and numbers that the engine itself made.
//!
//! The keys of a graph are short, and there are many of them: the standard library's keyed hash,
//! which withstands keys chosen to collide, would be a large part of the time to build a graph.
//! This one is seeded anew in each process, which is enough where a user can slow down only the
//! graph that is the user's own.

use foldhash::fast::RandomState;
use imbl::GenericHashMap;
use imbl::shared_ptr::DefaultSharedPtr;

/// A map from what the engine named or numbered.
pub(crate) type HashMap<K, V> = std::collections::HashMap<K, V, RandomState>;
/// A set of what the engine named or numbered.
pub(crate) type HashSet<K> = std::collections::HashSet<K, RandomState>;
/// A map whose copies share everything, and whose changed copies all but the change: for what
/// readers keep while it goes on to change.
pub(crate) type SharedMap<K, V> = GenericHashMap<K, V, RandomState, DefaultSharedPtr>;
