//! See `streamlib_fuzzing::schema`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| streamlib_fuzzing::schema(bytes));
