//! See `streamlib_fuzzing::plugin_file`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| streamlib_fuzzing::plugin_file(bytes));
