//! See `streamlib_fuzzing::trust`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| streamlib_fuzzing::trust(bytes));
