//! Whole graphs of built-in processors, from graph files, on the real film.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on is to fail")]

mod bitrate;
mod branches;
mod demo;
mod edits;
mod encoders;
mod errors;
mod failures;
mod formats;
mod media;
mod packages;
mod plugins;
mod stopping;
mod support;
mod sync;
mod window;
