//! See `streamlib_fuzzing::opus`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| streamlib_fuzzing::opus(bytes));
