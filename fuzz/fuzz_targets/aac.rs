//! See `streamlib_fuzzing::aac`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| streamlib_fuzzing::aac(bytes));
