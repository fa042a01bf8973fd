//! See `streamlib_fuzzing::graph_file`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| streamlib_fuzzing::graph_file(bytes));
