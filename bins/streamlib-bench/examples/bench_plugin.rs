//! The stages of `streamlib-bench plugin` as a plugin.

#[path = "../src/stages.rs"]
mod stages;

streamlib_plugin::export_plugin!(stages::NullStage, stages::Nothing, stages::AddressStage);
