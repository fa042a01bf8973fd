//! What `ProcessorConfig` and `ConfigChoice` refuse.
use serde::{Deserialize, Serialize};
use streamlib_processor::prelude::*;

#[derive(ProcessorConfig)]
enum NotAStruct {
    Fast,
}

#[derive(ConfigChoice)]
#[config(crate = streamlib_processor)]
enum NotWords {
    Fast,
    Rate(u32),
}

#[derive(Serialize, Deserialize, ProcessorConfig)]
#[config(crate = streamlib_processor)]
struct BadKeys {
    #[config(min = 1, choices("a"), untis = "ms")]
    mixed: u32,
    #[config(max = "ten")]
    text_as_limit: u32,
    #[serde(flatten)]
    rest: Inner,
}

#[derive(Clone, Default, Serialize, Deserialize)]
struct Inner {}

#[derive(Clone, Default, Serialize, Deserialize, ProcessorConfig)]
#[config(crate = streamlib_processor)]
struct BadTypes {
    #[config(min = 1)]
    range_of_text: String,
    #[config(choices("a", "b"))]
    words_of_number: u32,
    of_no_known_type: Inner,
}

fn main() {}
