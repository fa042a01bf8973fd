//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::prelude::{Long, Value, ValueExt as _};

use crate::chain::Strategy;
use crate::error::{Error, Result};
use crate::pictures::Effect;

/// What is printed when the command line is not understood.
pub(crate) const USAGE: &str = "\
Usage: streamlib-bench nulls --stages N --frames N --strategy inline|pooled|threaded [--depth N]
       streamlib-bench pictures --stages N --frames N --effect invert|grayscale [--workers N]
       streamlib-bench edit --stages N --edits N --strategy inline|pooled|threaded
       streamlib-bench link --frames N
       streamlib-bench wake --frames N
       streamlib-bench codecs --film FILE
       streamlib-bench plugin --plugin FILE --frames N";

/// What to measure.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// A chain of stages that pass small frames on.
    Nulls(Chain),
    /// A chain of stages that change pictures in place.
    Pictures(Chain),
    /// Commits that change a running graph.
    Edit {
        /// The chain that is changed.
        chain: Chain,
        /// How often.
        edits: usize,
    },
    /// A link between two threads that both are busy, beside a bare queue.
    Link {
        /// Frames through each.
        frames: u64,
    },
    /// A link whose consumer sleeps, beside a bare wake.
    Wake {
        /// Frames through each.
        frames: u64,
    },
    /// Processors of a plugin beside the same ones of this program.
    Plugin {
        /// The example `bench_plugin`.
        file: PathBuf,
        /// Frames through a chain of each.
        frames: u64,
    },
    /// Every codec of a film alone.
    Codecs {
        /// An MP4 file with H.264 pictures and sound.
        film: PathBuf,
    },
}

/// The chain that is measured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Chain {
    /// Stages between source and sink.
    pub(crate) stages: usize,
    /// Frames that the source sends.
    pub(crate) frames: u64,
    /// What the stages run on.
    pub(crate) strategy: Strategy,
    /// Depth of every link, frames; `None` for the default.
    pub(crate) depth: Option<u32>,
    /// Workers of the pool; `None` for the default.
    pub(crate) workers: Option<usize>,
    /// What is done with pictures.
    pub(crate) effect: Effect,
}

/// Reads the words after the program's name.
pub(crate) fn parse(words: impl Iterator<Item = OsString>) -> Result<Command> {
    read(words).map_err(|error| Error::Usage { problem: error.to_string() })
}

fn read(words: impl Iterator<Item = OsString>) -> std::result::Result<Command, lexopt::Error> {
    let mut parser = lexopt::Parser::from_args(words);
    let mut command = None;
    let (mut film, mut plugin) = (None, None);
    let mut edits = 100;
    let mut chain = Chain { frames: 1, ..Chain::default() };
    while let Some(argument) = parser.next()? {
        match argument {
            Value(word) if command.is_none() => command = Some(word.string()?),
            Long("stages") => chain.stages = parser.value()?.parse()?,
            Long("edits") => edits = parser.value()?.parse()?,
            Long("frames") => {
                chain.frames =
                    parser.value()?.parse_with(str::parse::<std::num::NonZero<u64>>)?.get();
            }
            Long("strategy") => chain.strategy = parser.value()?.parse_with(Strategy::from_name)?,
            Long("depth") => chain.depth = Some(parser.value()?.parse()?),
            Long("workers") => chain.workers = Some(parser.value()?.parse()?),
            Long("plugin") => plugin = Some(PathBuf::from(parser.value()?)),
            Long("film") => film = Some(PathBuf::from(parser.value()?)),
            Long("effect") => chain.effect = parser.value()?.parse_with(Effect::from_name)?,
            other => return Err(other.unexpected()),
        }
    }
    let frames = chain.frames;
    match command.as_deref() {
        Some("nulls") => Ok(Command::Nulls(chain)),
        Some("pictures") => Ok(Command::Pictures(chain)),
        Some("edit") => Ok(Command::Edit { chain, edits }),
        Some("link") => Ok(Command::Link { frames }),
        Some("wake") => Ok(Command::Wake { frames }),
        Some("plugin") => match plugin {
            Some(file) => Ok(Command::Plugin { file, frames }),
            None => Err("say which plugin: --plugin FILE".into()),
        },
        Some("codecs") => match film {
            Some(film) => Ok(Command::Codecs { film }),
            None => Err("say which film: --film FILE".into()),
        },
        Some(other) => Err(format!("there is nothing called `{other}` to measure").into()),
        None => Err("say what to measure".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: std::result::Result<Command, &str>) {
        let parsed = parse(line.split_whitespace().map(OsString::from));
        let parsed = parsed.map_err(|error| error.to_string());
        let expected = expected.map_err(|problem| format!("{problem}\n\n{USAGE}"));
        assert_eq!(parsed, expected, "{line}");
    }

    #[test]
    fn what_is_to_be_measured_is_read() {
        let chain = Chain {
            stages: 10,
            frames: 5,
            strategy: Strategy::Threaded,
            depth: Some(200),
            ..Chain::default()
        };
        let line = "nulls --stages 10 --frames=5 --strategy threaded --depth 200";
        check(line, Ok(Command::Nulls(chain)));
        let chain = Chain {
            stages: 2,
            frames: 3,
            workers: Some(1),
            effect: Effect::Grayscale,
            ..Chain::default()
        };
        let line = "pictures --workers 1 --effect grayscale --stages 2 --frames 3";
        check(line, Ok(Command::Pictures(chain)));
        let chain = Chain { stages: 9, frames: 1, ..Chain::default() };
        check("edit --stages 9 --edits 4", Ok(Command::Edit { chain, edits: 4 }));
        check("link --frames 7", Ok(Command::Link { frames: 7 }));
        check("wake --frames 7", Ok(Command::Wake { frames: 7 }));
        check("codecs --film a.mp4", Ok(Command::Codecs { film: PathBuf::from("a.mp4") }));
    }

    #[test]
    fn what_is_not_understood_is_said() {
        check("", Err("say what to measure"));
        check("speed", Err("there is nothing called `speed` to measure"));
        check("codecs", Err("say which film: --film FILE"));
        check("nulls --stage 1", Err("invalid option '--stage'"));
        check(
            "nulls --strategy fast",
            Err("cannot parse argument \"fast\": not inline, pooled or threaded"),
        );
        check(
            "pictures --effect blur",
            Err("cannot parse argument \"blur\": not invert or grayscale"),
        );
        check(
            "link --frames 0",
            Err("cannot parse argument \"0\": number would be zero for non-zero type"),
        );
    }
}
