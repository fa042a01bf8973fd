//! The processors as a host sees them, in the harness. What they make is looked at after it was
//! decoded: frames are told by the number in their pictures, sound by its samples.

mod assets;
mod demuxer;
mod drive;
mod errors;
mod measure;
mod passthrough;
mod source;
mod source_settings;
mod writer;
mod writer_input;
