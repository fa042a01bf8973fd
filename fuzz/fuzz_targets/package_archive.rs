//! See `streamlib_fuzzing::package_archive`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| streamlib_fuzzing::package_archive(bytes));
