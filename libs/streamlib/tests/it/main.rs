//! Whole graphs of built-in processors, from graph files, on the real film.

mod demo;
mod support;
