//! The plugin that takes the place of `subject`, for the tests of this crate.

streamlib_plugin::export_plugin!(streamlib_testing::conformance::NewerSubject);
