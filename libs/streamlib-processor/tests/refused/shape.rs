//! A processor is a struct with named fields that borrows nothing.
use streamlib_processor::prelude::*;

#[processor(name = "com.example.choice", crate = streamlib_processor)]
enum Choice {
    One,
}

#[processor(name = "com.example.tuple", execution = manual, crate = streamlib_processor)]
struct Tuple(u32);

#[processor(name = "com.example.borrows", execution = manual, crate = streamlib_processor)]
struct Borrows<'a> {
    text: &'a str,
}

struct NoDefault;

#[processor(name = "com.example.state", execution = manual, crate = streamlib_processor)]
struct State {
    state: NoDefault,
}

fn main() {}
