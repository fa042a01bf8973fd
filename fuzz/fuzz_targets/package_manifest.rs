//! See `streamlib_fuzzing::package_manifest`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| streamlib_fuzzing::package_manifest(bytes));
