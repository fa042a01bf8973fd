//! See `streamlib_fuzzing::protocol`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| streamlib_fuzzing::protocol(bytes));
