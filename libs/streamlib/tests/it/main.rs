//! Whole graphs of built-in processors, from graph files, on the real film.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on is to fail")]

mod branches;
mod demo;
mod media;
mod stopping;
mod support;
mod sync;
