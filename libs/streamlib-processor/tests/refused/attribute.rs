//! What stands in `#[processor(..)]`.
use streamlib_processor::prelude::*;

#[processor(crate = streamlib_processor, exection = manual)]
struct NoName {}

#[processor(execution = manual, crate = streamlib_processor)]
struct StillNoName {}

#[processor(name = "Grey", version = "1.0", execution = manual, crate = streamlib_processor)]
struct BadName {}

#[processor(
    name = "com.example.words",
    name = "com.example.again",
    execution = continuous(every_ms = 10),
    needs(cheap, blocking, realtime),
    latency(min_ns = 2, max_ns = 1),
    exclusive = "path",
    crate = streamlib_processor
)]
struct BadWords {}

fn main() {}
