//! The field of the configuration.
use streamlib_processor::prelude::*;

#[processor(name = "com.example.two", execution = manual, crate = streamlib_processor)]
struct Two {
    #[config]
    first: NoConfig,
    #[config(min = 1)]
    second: NoConfig,
}

#[processor(name = "com.example.none", execution = manual, exclusive = path, crate = streamlib_processor)]
struct Exclusive {
    state: u32,
}

fn main() {}
