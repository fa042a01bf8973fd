//! What can go wrong in the client: each a sentence with what to do, and an exit code.

use std::io;
use std::path::PathBuf;

use streamlib_package::PackageError;
use streamlib_protocol::{ErrorBody, exit, sse};

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The runtime refused what was asked.
    #[error("{0}")]
    Refused(ErrorBody),
    /// The runtime's program is not found.
    #[error(
        "the program `streamlib-runtime` is not found: it is neither beside `{beside}` nor in \
         PATH; install it there, or name it in STREAMLIB_RUNTIME"
    )]
    NoRuntime {
        /// The folder of this program.
        beside: String,
    },
    /// The runtime's program does not start.
    #[error("the program `{program}` cannot be started: {source}")]
    CannotStart {
        /// Its path.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// The runtime ended without saying why.
    #[error("`{program}` ended without a report ({status}){}", files(*.had_started))]
    RuntimeDied {
        /// Its path.
        program: String,
        /// How it ended.
        status: String,
        /// Whether the graph had been started.
        had_started: bool,
    },
    /// The runtime's program answers something else.
    #[error(
        "`{program}` did not answer what was expected ({reason}); is it of the same version as \
         this program?{}", words(.said)
    )]
    StrangeAnswer {
        /// Its path.
        program: String,
        /// What was wrong with the answer.
        reason: String,
        /// What it wrote to standard error.
        said: String,
    },
    /// No running graph.
    #[error("no graph runs; `streamlib run FILE` starts one")]
    NothingRuns,
    /// A name that no running graph has.
    #[error("no graph called `{name}` runs; these do: {}", running.join(", "))]
    NotRunning {
        /// The name.
        name: String,
        /// Names of those that run.
        running: Vec<String>,
    },
    /// Several graphs, and none was named.
    #[error("several graphs run; name one of them: {}", .0.join(", "))]
    SeveralRun(Vec<String>),
    /// Several graphs of one name.
    #[error("several graphs called `{name}` run; say the number of the process: {}", numbers(.pids))]
    SeveralOfName {
        /// The name.
        name: String,
        /// The processes.
        pids: Vec<u32>,
    },
    /// There is no folder for sockets.
    #[error(
        "the folder of running graphs is not known: set STREAMLIB_HOME or HOME to an absolute path"
    )]
    NoRunFolder,
    /// The folder for sockets cannot be read.
    #[error("the folder of running graphs `{path}` cannot be read: {source}")]
    RunFolder {
        /// The folder.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A running graph does not answer.
    #[error("the graph behind `{}` does not answer: {source}", socket.display())]
    NoAnswer {
        /// Its socket.
        socket: PathBuf,
        /// Why.
        source: Box<ureq::Error>,
    },
    /// A running graph answers something else.
    #[error(
        "the graph behind `{}` did not answer what was expected: {source}; is it of the same \
         version as this program?", socket.display()
    )]
    StrangeReply {
        /// Its socket.
        socket: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// Events cannot be followed on.
    #[error("{0}")]
    Events(#[from] sse::StreamError),
    /// A processor that is not there.
    #[error("there is no processor `{processor}` in `{graph}`; its processors are {}", there.join(", "))]
    NoSuchProcessor {
        /// The name.
        processor: String,
        /// The graph.
        graph: String,
        /// Those that are there.
        there: Vec<String>,
    },
    /// A type that is not known.
    #[error("there is no processor type `{name}`{} `streamlib processors list` shows all", did_you_mean(.near.as_deref()))]
    NoSuchType {
        /// The name.
        name: String,
        /// One whose name is close.
        near: Option<String>,
    },
    /// A schema that is not known.
    #[error("there is no file and no built-in schema `{name}`{} `streamlib schemas list` shows all", did_you_mean(.near.as_deref()))]
    NoSuchSchema {
        /// The name.
        name: String,
        /// One whose name is close.
        near: Option<String>,
    },
    /// A document that is not valid as a schema.
    #[error("`{file}`: {source}{}", hint(.source.fault.hint()))]
    BadSchema {
        /// The file, or the name.
        file: String,
        /// What is wrong.
        source: streamlib_schema::SchemaError,
    },
    /// A document that is neither JSON nor YAML.
    #[error("`{file}` cannot be read as JSON or YAML:{reason}")]
    BadDocument {
        /// The file.
        file: String,
        /// What is wrong, with its place, behind a space or on lines of its own.
        reason: String,
    },
    /// A file that cannot be read.
    #[error("`{file}` cannot be read: {source}")]
    NoFile {
        /// The file.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// A file that is no plugin.
    #[error("`{file}` is not a plugin that can be loaded: {source}")]
    NoPlugin {
        /// The file.
        file: String,
        /// What it is.
        source: streamlib_package::PluginFileError,
    },
    /// Something is wrong with a package.
    #[error("{0}")]
    Package(#[from] PackageError),
    /// A package that carries no graph.
    #[error("the package {0} carries no graph; `streamlib pkg inspect` shows what it has")]
    NoGraph(String),
    /// A package that is not installed.
    #[error("no package `{name}` is installed{} `streamlib pkg list` shows all", did_you_mean(.near.as_deref()))]
    NoSuchPackage {
        /// The name.
        name: String,
        /// One whose name is close.
        near: Option<String>,
    },
    /// The operating system refused something.
    #[error("{doing}: {source}")]
    System {
        /// What was being done, as a phrase.
        doing: &'static str,
        /// Why.
        source: io::Error,
    },
    /// Something cannot be written as JSON.
    #[error("the answer cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// Standard output is gone.
    #[error("the answer cannot be printed: {0}")]
    Print(io::Error),
}

impl Error {
    /// The exit code that goes with it.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Refused(body) => body.code.exit_code(),
            Self::Package(PackageError::Io { source, .. })
                if source.kind() == io::ErrorKind::NotFound =>
            {
                exit::USAGE
            }
            Self::Package(
                PackageError::Io { .. } | PackageError::NoHome | PackageError::Fetch { .. },
            ) => exit::ENVIRONMENT,
            Self::Package(PackageError::InUse { .. } | PackageError::NeededBy { .. }) => {
                exit::FAILED
            }
            Self::NothingRuns
            | Self::NotRunning { .. }
            | Self::SeveralRun(_)
            | Self::SeveralOfName { .. }
            | Self::NoSuchProcessor { .. }
            | Self::NoSuchType { .. }
            | Self::NoSuchSchema { .. }
            | Self::BadSchema { .. }
            | Self::BadDocument { .. }
            | Self::NoFile { .. }
            | Self::NoPlugin { .. }
            | Self::NoGraph(_)
            | Self::NoSuchPackage { .. }
            | Self::Package(_) => exit::USAGE,
            Self::NoRuntime { .. }
            | Self::CannotStart { .. }
            | Self::StrangeAnswer { .. }
            | Self::NoRunFolder
            | Self::RunFolder { .. }
            | Self::System { .. }
            | Self::Print(_) => exit::ENVIRONMENT,
            Self::RuntimeDied { .. }
            | Self::NoAnswer { .. }
            | Self::StrangeReply { .. }
            | Self::Events(_)
            | Self::Json(_) => exit::FAILED,
        }
    }
}

impl From<ErrorBody> for Error {
    fn from(body: ErrorBody) -> Self {
        Self::Refused(body)
    }
}

fn words(text: &str) -> String {
    match text.trim() {
        "" => String::new(),
        text => format!("; it said:\n{text}"),
    }
}

const fn files(had_started: bool) -> &'static str {
    match had_started {
        true => "; MP4 files that it was writing are playable up to their last fragment",
        false => "",
    }
}

fn numbers(pids: &[u32]) -> String {
    pids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn did_you_mean(near: Option<&str>) -> String {
    near.map_or_else(|| ";".to_owned(), |near| format!("; did you mean `{near}`?"))
}

fn hint(hint: Option<String>) -> String {
    hint.map_or_else(String::new, |hint| format!("; {hint}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(error: &Error, exit_code: u8, expected: &str) {
        assert_eq!((error.to_string().as_str(), error.exit_code()), (expected, exit_code));
    }

    fn refused() -> io::Error {
        io::ErrorKind::PermissionDenied.into()
    }

    #[test]
    fn what_only_a_broken_machine_or_runtime_brings_about() {
        let socket = PathBuf::from("/run/left-7.sock");
        check(
            &Error::NoAnswer { socket, source: Box::new(ureq::Error::Io(refused())) },
            exit::FAILED,
            "the graph behind `/run/left-7.sock` does not answer: io: permission denied",
        );
        check(
            &Error::System { doing: "a thread cannot be started", source: refused() },
            exit::ENVIRONMENT,
            "a thread cannot be started: permission denied",
        );
        check(
            &Error::Print(refused()),
            exit::ENVIRONMENT,
            "the answer cannot be printed: permission denied",
        );
        let json = serde_json::from_str::<u8>("x").unwrap_err();
        check(
            &Error::Json(json),
            exit::FAILED,
            "the answer cannot be written as JSON: expected value at line 1 column 1",
        );
        let mut messages = Vec::new();
        let long = vec![b'x'; streamlib_protocol::EVENT_BYTES_MAX + 64];
        let error = sse::Reader::new().push(&long, &mut messages).unwrap_err();
        let text = error.to_string();
        check(&Error::Events(error), exit::FAILED, &text);
    }

    #[test]
    fn a_refusal_is_said_as_the_runtime_says_it() {
        use streamlib_protocol::ErrorCode;
        let body = ErrorBody::new(ErrorCode::WrongState, "it is stopping").with_hint("wait");
        check(&body.into(), exit::FAILED, "it is stopping\nhint: wait");
    }
}
