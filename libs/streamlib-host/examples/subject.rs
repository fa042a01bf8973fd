//! The subject of the conformance table as a plugin, for the tests of this crate.

streamlib_plugin::export_plugin!(streamlib_testing::conformance::Subject);
