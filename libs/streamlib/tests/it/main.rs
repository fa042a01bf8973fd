//! Whole graphs of built-in processors, from graph files, on the real film.

mod branches;
mod demo;
mod support;
