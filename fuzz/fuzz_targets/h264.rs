//! See `streamlib_fuzzing::h264`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| streamlib_fuzzing::h264(bytes));
