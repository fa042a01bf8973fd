//! The list of a package's contents: the digest of each file, as `sha256sum` writes it.
//!
//! It is the last file of an archive. Its own digest names the package: however the files were
//! compressed, the same files are the same package. In an unpacked package
//! `sha256sum -c contents.sha256` checks all files.

use crate::digest::Digest;

use super::name::{NameProblem, check_file_name};

/// The name of the list in a package.
pub const CONTENTS_NAME: &str = "contents.sha256";

/// What is wrong with a list of contents. It reads on from "its list of contents".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContentsProblem {
    /// It is not text.
    #[error("is not text in UTF-8")]
    NotUtf8,
    /// A line that has another form.
    #[error("has a line {line} that is not `DIGEST  NAME`")]
    Line {
        /// Its number, from 1.
        line: usize,
    },
    /// A name that no file may have.
    #[error("has a line {line} with a name that {problem}")]
    Name {
        /// Its number, from 1.
        line: usize,
        /// What is wrong with it.
        problem: NameProblem,
    },
    /// Lines that are not in order, or twice the same.
    #[error("has a line {line} that is not in the order of the names")]
    Order {
        /// Its number, from 1.
        line: usize,
    },
}

/// The files of a package with their digests, in the order of their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    files: Vec<(String, Digest)>,
}

impl Contents {
    /// Adds a file; its name comes after those of all before it.
    pub(super) fn push(&mut self, name: String, digest: Digest) {
        debug_assert!(self.files.last().is_none_or(|(last, _)| *last < name));
        self.files.push((name, digest));
    }

    /// The files with their digests, in the order of their names.
    pub fn files(&self) -> impl ExactSizeIterator<Item = (&str, Digest)> {
        self.files.iter().map(|(name, digest)| (name.as_str(), *digest))
    }

    /// The digest of a file.
    #[must_use]
    pub fn digest_of(&self, name: &str) -> Option<Digest> {
        let at = self.files.binary_search_by(|(file, _)| file.as_str().cmp(name)).ok()?;
        Some(self.files[at].1)
    }

    /// The digest of the list, which names the package.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(self.to_text().as_bytes())
    }

    /// The list as text.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.files.iter().map(|(name, digest)| format!("{digest}  {name}\n")).collect()
    }

    /// Reads a list, and nothing but what [`to_text`](Self::to_text) writes.
    ///
    /// # Errors
    /// What is wrong with it, with the line.
    pub fn parse(bytes: &[u8]) -> Result<Self, ContentsProblem> {
        let text = str::from_utf8(bytes).map_err(|_| ContentsProblem::NotUtf8)?;
        let mut contents = Self::default();
        for (index, whole) in text.split_inclusive('\n').enumerate() {
            let line = index + 1;
            let read = || {
                let (digest, name) = whole.strip_suffix('\n')?.split_once("  ")?;
                let digest: Digest = digest.parse().ok().filter(|_| !has_upper(digest))?;
                Some((name, digest))
            };
            let (name, digest) = read().ok_or(ContentsProblem::Line { line })?;
            check_file_name(name).map_err(|problem| ContentsProblem::Name { line, problem })?;
            if contents.files.last().is_some_and(|(last, _)| last.as_str() >= name) {
                return Err(ContentsProblem::Order { line });
            }
            contents.push(name.to_owned(), digest);
        }
        Ok(contents)
    }
}

fn has_upper(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Contents {
        let mut contents = Contents::default();
        contents.push("a b".to_owned(), Digest::of(b"1"));
        contents.push("b".to_owned(), Digest::of(b"2"));
        contents
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(Contents::parse(text.as_bytes()).unwrap_err().to_string(), expected);
    }

    #[test]
    fn a_list_is_read_as_it_is_written() {
        let contents = example();
        assert_eq!(Contents::parse(contents.to_text().as_bytes()), Ok(contents.clone()));
        assert_eq!(Contents::parse(b""), Ok(Contents::default()));
        assert_eq!(contents.digest_of("b"), Some(Digest::of(b"2")));
        assert_eq!(contents.digest_of("c"), None);
    }

    #[test]
    fn nothing_else_is_read() {
        let text = example().to_text();
        check(&text[..text.len() - 1], "has a line 2 that is not `DIGEST  NAME`");
        check(&text.to_uppercase(), "has a line 1 that is not `DIGEST  NAME`");
        check(&text.replacen("  ", " ", 1), "has a line 1 that is not `DIGEST  NAME`");
        check(&text.replace("  b", "  a b"), "has a line 2 that is not in the order of the names");
        check(
            &text.replace("  b", "  ../b"),
            "has a line 2 with a name that has `.` or `..` as a part, which could lead out of the \
             package",
        );
        let bad = Contents::parse(b"\xff").unwrap_err();
        assert_eq!(bad.to_string(), "is not text in UTF-8");
    }
}
