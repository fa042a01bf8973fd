//! Why a processor could not do what it was asked to.

use streamlib_abi::BlockError;

/// Result of what a processor does.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a processor could not do what it was asked to. One pointer wide; made only on failure.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error that says what was wrong, where and what to do.
    pub fn new(message: impl Into<String>) -> Self {
        Self(Box::new(Inner { message: message.into(), source: None }))
    }

    /// The same with the error that led to it.
    pub fn with_source(
        message: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self(Box::new(Inner { message: message.into(), source: Some(source.into()) }))
    }

    /// What was wrong, without what led to it.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What led to it, the nearest first, each without what led to it in turn.
    pub fn sources(&self) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
        let first =
            self.0.source.as_deref().map(|error| error as &(dyn std::error::Error + 'static));
        std::iter::successors(first, |error| error.source())
    }

    pub(crate) fn block(port: &str, error: BlockError) -> Self {
        Self::with_source(format!("port `{port}` got a frame that it cannot read"), error)
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.message)?;
        self.sources().try_for_each(|error| write!(f, ": {error}"))
    }
}

impl std::error::Error for Error {}

impl From<BlockError> for Error {
    fn from(error: BlockError) -> Self {
        Self::with_source("a frame cannot be read", error)
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::with_source("input or output failed", error)
    }
}

impl From<String> for Error {
    fn from(message: String) -> Self {
        Self::new(message)
    }
}

impl From<&str> for Error {
    fn from(message: &str) -> Self {
        Self::new(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_pointer_and_says_the_whole_chain() {
        assert_eq!(size_of::<Result<()>>(), size_of::<usize>());
        let error = Error::block("video_in", BlockError::Misaligned);
        assert_eq!(
            error.to_string(),
            "port `video_in` got a frame that it cannot read: \
             the block does not start at a multiple of 64 bytes"
        );
    }
}
