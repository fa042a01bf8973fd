//! Everything that can stop an xtask command, as sentences for the person who typed it.

use std::path::PathBuf;

/// The result of every fallible function in this program.
pub(crate) type Result<T> = std::result::Result<T, Error>;

/// Why a command stopped. Each message says what was wrong and, where there is one, the way out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The command line was not understood.
    #[error("{problem}\nRun `cargo xtask --help` to see the commands.")]
    Usage {
        /// What was wrong with it.
        problem: String,
    },
    /// Something has to be installed, and this program may not install it.
    #[error("{missing}\n\nTo install it, run:\n\n    {command}\n")]
    NotInstalled {
        /// What is missing and what it is for.
        missing: String,
        /// The exact command that installs it.
        command: String,
    },
    /// A program that was started did not succeed.
    #[error("`{command}` {outcome}")]
    Command {
        /// The command line as one could type it.
        command: String,
        /// How it ended, with its own words where they were captured.
        outcome: String,
    },
    /// A program could not be started.
    #[error("`{program}` could not be started: {source}")]
    Start {
        /// The program's name.
        program: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A file could not be read or written.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A file does not have the content it must have.
    #[error(
        "{path} has the SHA-256 {found}, but {expected} is expected. It was not used; \
         run the command again to fetch it anew.",
        path = path.display()
    )]
    Hash {
        /// The file.
        path: PathBuf,
        /// The pinned hash.
        expected: &'static str,
        /// The hash of what is there.
        found: String,
    },
    /// A test clip does not have the property it was made for.
    #[error(
        "The test clip `{clip}` is not what it must be: ffprobe says `{found}` for \
         `{question}`, but `{expected}` is expected."
    )]
    Clip {
        /// The clip's name.
        clip: &'static str,
        /// The ffprobe arguments.
        question: String,
        /// What it must print.
        expected: String,
        /// What it printed.
        found: String,
    },
    /// A program printed something that cannot be understood.
    #[error("The output of `{command}` could not be understood: {problem}")]
    Output {
        /// The command line.
        command: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Checks ran to their end and found something.
    #[error("{what}")]
    Failed {
        /// The summary.
        what: String,
    },
}

impl Error {
    /// The exit code that `cargo xtask --help` documents: 1 for a failure, 2 when something must
    /// be installed first, 64 for a command line that was not understood.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage { .. } => 64,
            Self::NotInstalled { .. } => 2,
            _ => 1,
        }
    }

    /// Wraps what the operating system said about `path`.
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_sentences_that_name_the_way_out() {
        let no_such_file = || std::io::Error::from(std::io::ErrorKind::NotFound);
        let table = [
            (
                Error::Usage { problem: "There is no command `tset`.".to_owned() },
                "There is no command `tset`.\nRun `cargo xtask --help` to see the commands.",
                64,
            ),
            (
                Error::NotInstalled {
                    missing: "nasm is missing.".to_owned(),
                    command: "sudo apt-get install nasm".to_owned(),
                },
                "nasm is missing.\n\nTo install it, run:\n\n    sudo apt-get install nasm\n",
                2,
            ),
            (
                Error::Command {
                    command: "cargo fmt".to_owned(),
                    outcome: "ended with exit status 1".to_owned(),
                },
                "`cargo fmt` ended with exit status 1",
                1,
            ),
            (
                Error::Start { program: "ffmpeg".to_owned(), source: no_such_file() },
                "`ffmpeg` could not be started: entity not found",
                1,
            ),
            (Error::file("a.mp4")(no_such_file()), "a.mp4: entity not found", 1),
            (
                Error::Hash { path: "a.mp4".into(), expected: "12", found: "34".to_owned() },
                "a.mp4 has the SHA-256 34, but 12 is expected. It was not used; run the command \
                 again to fetch it anew.",
                1,
            ),
            (
                Error::Clip {
                    clip: "rotated",
                    question: "rotation".to_owned(),
                    expected: "-90".to_owned(),
                    found: String::new(),
                },
                "The test clip `rotated` is not what it must be: ffprobe says `` for `rotation`, \
                 but `-90` is expected.",
                1,
            ),
            (
                Error::Output {
                    command: "cargo metadata".to_owned(),
                    problem: "no packages".to_owned(),
                },
                "The output of `cargo metadata` could not be understood: no packages",
                1,
            ),
            (Error::Failed { what: "2 findings.".to_owned() }, "2 findings.", 1),
        ];
        for (error, message, code) in table {
            assert_eq!(error.to_string(), message);
            assert_eq!(error.exit_code(), code, "{message}");
        }
    }
}
