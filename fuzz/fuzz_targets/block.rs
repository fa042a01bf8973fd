//! See `streamlib_fuzzing::block`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| streamlib_fuzzing::block(bytes));
