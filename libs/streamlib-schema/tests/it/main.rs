//! Schemas from outside: the official suite, sentences, compatibility.

#![expect(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

mod builtin;
mod compatibility;
mod generate;
mod invalid;
mod problems;
mod random;
mod suite;
