//! Commands that cannot do what they are asked, as a table: what is there, the command, how it
//! ends, what it leaves and every sentence it says.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::home::Home;

/// A row of the table.
pub(crate) struct Row {
    /// What follows `streamlib`.
    pub(crate) command: &'static str,
    /// The exit code.
    pub(crate) exit: i32,
    /// Files that are there afterwards and were not before, by name.
    pub(crate) leaves: &'static [&'static str],
    /// What it says: of a report only what failed, of numbers of four digits and more only that
    /// they are there.
    pub(crate) says: &'static str,
}

/// A folder with files, and a home.
pub(crate) struct Place {
    pub(crate) home: Home,
    folder: tempfile::TempDir,
}

impl Place {
    /// A folder with these files.
    pub(crate) fn new(files: &[(&str, &[u8])]) -> Self {
        let place = Self { home: Home::new(), folder: tempfile::tempdir().unwrap() };
        for (name, content) in files {
            fs::write(place.path(name), content).unwrap();
        }
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The client, in the folder.
    pub(crate) fn client(&self, command: &str) -> Command {
        let mut client = self.home.client(command);
        client.current_dir(self.folder.path());
        client
    }

    /// Puts a clip of the tests there under its own name.
    pub(crate) fn add_clip(&self, name: &str) {
        fs::copy(clip(name), self.path(name)).unwrap();
    }

    #[track_caller]
    pub(crate) fn check(&self, row: &Row) {
        self.check_with(self.client(row.command), row);
    }

    /// As [`Place::check`], of a client that was changed.
    #[track_caller]
    pub(crate) fn check_with(&self, client: Command, row: &Row) {
        let before = self.files();
        let said = self.home.whole(client);
        assert!(!said.contains("panicked"), "{said}");
        let (exit, said) = said.split_once("\n--- stdout\n").unwrap();
        let (out, err) = said.split_once("--- stderr\n").unwrap();
        let folder = fs::canonicalize(self.folder.path()).unwrap().display().to_string();
        let says = format!("{}{}", of_report(out), without_events(err)).replace(&folder, "[HERE]");
        let home = self.home.path().display().to_string();
        let says = without_sizes(&says.replace(&home, "[HOME]"));
        assert_eq!((exit, says.trim_end()), (&*format!("exit {}", row.exit), row.says.trim()));
        let after = self.files();
        let new: Vec<&String> = after.difference(&before).collect();
        assert!(before.is_subset(&after), "{before:?} became {after:?}");
        assert_eq!(new, row.leaves);
    }

    fn files(&self) -> BTreeSet<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

/// A clip of `xtask/src/clips/recipes.rs`.
pub(crate) fn clip(name: &str) -> PathBuf {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/assets");
    let folder = std::env::var_os("STREAMLIB_TEST_ASSETS").map_or(kept, PathBuf::from);
    let path = folder.join("clips").join(name);
    assert!(path.exists(), "{} is missing; `cargo xtask clips` makes it", path.display());
    path
}

/// What failed, of the report of a run; anything else as it is.
fn of_report(out: &str) -> String {
    if !out.contains(" after ") {
        return out.to_owned();
    }
    let failed =
        out.lines().filter(|line| line.starts_with("failed: ") || line.starts_with("ended early "));
    failed.map(|line| format!("{line}\n")).collect()
}

/// The events of a run come in the order of its threads; the report says the same.
fn without_events(err: &str) -> String {
    let is_event =
        |line: &&str| line.split_once("  ").is_some_and(|(time, _)| time.parse::<f64>().is_ok());
    err.lines().filter(|line| !is_event(line)).map(|line| format!("{line}\n")).collect()
}

fn without_sizes(text: &str) -> String {
    let mut shown = String::new();
    let mut digits = String::new();
    for c in text.chars().chain(['\n']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        shown.push_str(if digits.len() > 3 { "[N]" } else { &digits });
        digits.clear();
        shown.push(c);
    }
    shown
}
