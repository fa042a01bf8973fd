//! The repository's files as the rules see them.

use std::fmt;
use std::fs;
use std::path::Path;

use super::code;
use crate::error::{Error, Result};

/// All text files of the repository.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    /// Sorted by path.
    pub(crate) files: Vec<SourceFile>,
}

/// One text file.
#[derive(Debug)]
pub(crate) struct SourceFile {
    /// Relative to the root, with `/`.
    pub(crate) path: String,
    /// What it says.
    pub(crate) text: String,
    /// For Rust, the same with comments and literals blanked, line for line; else empty.
    pub(crate) code: String,
}

/// Something that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    /// The file, relative to the root.
    pub(crate) path: String,
    /// The line, from 1; 0 when the whole file is meant.
    pub(crate) line: usize,
    /// What is wrong and what to do.
    pub(crate) message: String,
}

/// What holds nothing written by hand. In a linked work tree `.git` is a file.
const SKIPPED: &[&str] = &[".git", "target", "shared", "node_modules", "__pycache__"];

impl Tree {
    /// Reads the repository at `root`. What is not text is left out.
    pub(crate) fn load(root: &Path) -> Result<Self> {
        let mut tree = Self::default();
        tree.add_folder(root, "")?;
        tree.files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(tree)
    }

    /// The Rust files.
    pub(crate) fn rust_files(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter().filter(|file| file.is_rust())
    }

    fn add_folder(&mut self, folder: &Path, prefix: &str) -> Result<()> {
        let entries = fs::read_dir(folder).map_err(Error::file(folder))?;
        for entry in entries {
            let entry = entry.map_err(Error::file(folder))?;
            let kind = entry.file_type().map_err(Error::file(entry.path()))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if SKIPPED.contains(&name.as_str()) {
                continue;
            }
            if kind.is_dir() {
                self.add_folder(&entry.path(), &format!("{prefix}{name}/"))?;
            } else if kind.is_file() {
                // A file that vanishes meanwhile, or is not text, has nothing to be checked.
                if let Ok(text) = fs::read_to_string(entry.path()) {
                    self.files.push(SourceFile::new(format!("{prefix}{name}"), text));
                }
            }
        }
        Ok(())
    }
}

impl SourceFile {
    pub(crate) fn new(path: String, text: String) -> Self {
        let is_rust = path.ends_with(".rs");
        let code = if is_rust { code::only(&text) } else { String::new() };
        Self { path, text, code }
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// A finding in the line, from 0, of this file.
    pub(crate) fn finding(&self, index: usize, message: impl Into<String>) -> Finding {
        Finding { path: self.path.clone(), line: index + 1, message: message.into() }
    }

    /// The index of the first line of the tests: 0 in a file of tests, else the line of the
    /// first module that is only compiled for tests.
    pub(crate) fn tests_start(&self) -> Option<usize> {
        let is_test_file = self.path.contains("/tests/")
            || self.path.ends_with("/tests.rs")
            || self.path.ends_with("_tests.rs");
        if is_test_file {
            return Some(0);
        }
        self.code
            .lines()
            .position(|line| line.contains("#[cfg(test)]") || line.contains("#[cfg(all(test"))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            write!(out, "{}: {}", self.path, self.message)
        } else {
            write!(out, "{}:{}: {}", self.path, self.line, self.message)
        }
    }
}

/// Whether `name` stands in `text` as a whole word.
pub(crate) fn has_word(text: &str, name: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(name).any(|(start, _)| {
        !is_part(text[..start].chars().next_back())
            && !is_part(text[start + name.len()..].chars().next())
    })
}

/// For the tests of the rules: what `rule` finds in a tree of `files`, as `path:line`.
#[cfg(test)]
pub(crate) fn check(rule: fn(&Tree) -> Vec<Finding>, files: &[(&str, &str)], expected: &[&str]) {
    let files =
        files.iter().map(|(path, text)| SourceFile::new((*path).to_owned(), (*text).to_owned()));
    let found: Vec<String> = rule(&Tree { files: files.collect() })
        .iter()
        .map(|finding| format!("{}:{}", finding.path, finding.line))
        .collect();
    assert_eq!(found, expected);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_whole() {
        let table = [
            ("unsafe {", true),
            ("unsafe_code", false),
            ("an unsafe fn", true),
            ("notunsafe", false),
            ("(unsafe)", true),
        ];
        for (text, expected) in table {
            assert_eq!(has_word(text, "unsafe"), expected, "{text}");
        }
    }

    #[test]
    fn tests_start_where_they_are_compiled_for_tests_only() {
        let table = [
            ("libs/a/tests/it/main.rs", "fn a() {}", Some(0)),
            ("libs/a/src/plan/tests.rs", "fn a() {}", Some(0)),
            ("libs/a/src/plan.rs", "fn a() {}\n#[cfg(test)]\nmod tests {}", Some(1)),
            ("libs/a/src/plan.rs", "fn a() {}\n#[cfg(all(test, loom))]\nmod t {}", Some(1)),
            ("libs/a/src/plan.rs", "fn a() {} // #[cfg(test)]", None),
        ];
        for (path, text, expected) in table {
            let file = SourceFile::new(path.to_owned(), text.to_owned());
            assert_eq!(file.tests_start(), expected, "{path}");
        }
    }

    #[test]
    fn a_tree_leaves_out_build_folders_and_what_is_not_text() {
        let root = std::env::temp_dir().join(format!("xtask-tree-{}", std::process::id()));
        fs::create_dir_all(root.join("target")).unwrap();
        fs::create_dir_all(root.join("src")).unwrap();
        fs::write(root.join("target/a.rs"), "").unwrap();
        fs::write(root.join("src/b.rs"), "").unwrap();
        fs::write(root.join(".git"), "gitdir: elsewhere").unwrap();
        fs::write(root.join("src/c.png"), [0xFF, 0xFE, 0x00]).unwrap();
        let tree = Tree::load(&root).unwrap();
        fs::remove_dir_all(&root).unwrap();
        let paths: Vec<_> = tree.files.iter().map(|file| &*file.path).collect();
        assert_eq!(paths, ["src/b.rs"]);
    }
}
