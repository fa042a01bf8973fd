//! See `streamlib_fuzzing::mp4`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| streamlib_fuzzing::mp4(bytes));
