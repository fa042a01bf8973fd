//! Integration tests.

mod sentences;
