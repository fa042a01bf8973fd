//! Why nothing was measured.

/// The result of every fallible function in this program.
pub(crate) type Result<T> = std::result::Result<T, Error>;

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The command line was not understood.
    #[error("{problem}\n\n{usage}", usage = crate::arguments::USAGE)]
    Usage {
        /// What was wrong with it.
        problem: String,
    },
    /// The engine did not take the graph.
    #[error("the graph cannot be run: {0}")]
    Engine(#[from] streamlib_engine::Error),
    /// A type has a name that another has.
    #[error("the processors cannot be registered: {0}")]
    Register(#[from] streamlib_engine::delegates::RegisterError),
    /// The plugin cannot be loaded.
    #[error(transparent)]
    Plugin(#[from] streamlib::host::PluginError),
    /// A processor cannot be made, or fails when it is called.
    #[error("a processor cannot be measured: {0}")]
    Processor(#[from] streamlib_processor::Error),
    /// A processor failed while it was measured.
    #[error("processor `{processor}` failed while it was measured: {message}")]
    Failed {
        /// Which.
        processor: String,
        /// What it said.
        message: String,
    },
    /// The graph ended before the last frame came out.
    #[error("the graph ended before all {frames} frames came out; nothing was measured")]
    Incomplete {
        /// How many were to come.
        frames: u64,
    },
    /// Frames were lost that no edit had to do with.
    #[error("{frames} frames were lost in links that no edit touched")]
    Lost {
        /// How many.
        frames: u64,
    },
    /// The film could not be read.
    #[error(transparent)]
    Container(#[from] streamlib_container::ContainerError),
    /// The film could not be decoded or encoded.
    #[error(transparent)]
    Codec(#[from] streamlib_codec::CodecError),
    /// The film is not one that can be measured.
    #[error("the film must have H.264 pictures and a sound track that can be decoded")]
    Film,
    /// The result could not be printed.
    #[error("the result cannot be printed: {0}")]
    Print(#[from] std::io::Error),
}

#[cfg(test)]
mod tests {
    use streamlib_engine::delegates::RegisterError;

    use super::*;

    #[test]
    fn each_message_says_what_was_in_the_way() {
        let table = [
            (
                Error::Register(RegisterError::NameTaken("com.example.null".to_owned())),
                "the processors cannot be registered: a processor type `com.example.null` is \
                 already registered with another description; give one of the two another name",
            ),
            (
                Error::Failed { processor: "stage_3".to_owned(), message: "no".to_owned() },
                "processor `stage_3` failed while it was measured: no",
            ),
            (
                Error::Incomplete { frames: 7 },
                "the graph ended before all 7 frames came out; nothing was measured",
            ),
            (Error::Lost { frames: 7 }, "7 frames were lost in links that no edit touched"),
            (
                Error::Film,
                "the film must have H.264 pictures and a sound track that can be decoded",
            ),
            (
                Error::Print(std::io::Error::from(std::io::ErrorKind::BrokenPipe)),
                "the result cannot be printed: broken pipe",
            ),
        ];
        for (error, message) in table {
            assert_eq!(error.to_string(), message);
        }
        let usage = Error::Usage { problem: "say what to measure".to_owned() }.to_string();
        assert!(usage.starts_with("say what to measure\n\nUsage: streamlib-bench"), "{usage}");
    }
}
