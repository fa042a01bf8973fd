//! MP4 files as processors of a graph.
//!
//! | processor | `com.tatolab.` | what it does |
//! |---|---|---|
//! | [`Mp4Source`] | `mp4_source` | plays a file: decoded pictures and sound |
//! | [`Mp4Demuxer`] | `mp4_demuxer` | gives a file's packets as they are |
//! | [`Mp4Writer`] | `mp4_writer` | writes a fragmented file from pictures, sound or packets |
//!
//! Guarantees: times are those of the container, exact in its ticks and rounded once; nothing is
//! converted, dropped or filled but what the description of a processor says; an error names the
//! file, the track and the way out.

mod mp4_demuxer;
mod mp4_source;
mod mp4_writer;
mod playback;
mod scaler;

pub use mp4_demuxer::Mp4Demuxer;
pub use mp4_source::Mp4Source;
pub use mp4_writer::{Mp4Writer, Mp4WriterConfig, OnSizeChange};
pub use playback::Mp4SourceConfig;
pub use scaler::{PictureScaler, PictureScalers};
