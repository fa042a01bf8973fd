//! The names that files of a package may have.
//!
//! One grammar for packing and for reading: what is packed can be read anywhere, and what is read
//! cannot leave its folder on any system.

use std::collections::BTreeMap;

/// Longest name of a file in a package, in bytes.
pub const NAME_BYTES_MAX: usize = 512;
/// Longest part of a name between two slashes, in bytes.
const PART_BYTES_MAX: usize = 200;

/// What is wrong with the name of a file in a package. It reads on from "the name".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameProblem {
    /// Nothing at all.
    #[error("is empty")]
    Empty,
    /// Bytes that are not UTF-8, or are not marked as such.
    #[error("is not UTF-8")]
    NotUtf8,
    /// Longer than [`NAME_BYTES_MAX`], or with too long a part.
    #[error("is too long")]
    TooLong,
    /// It begins with a slash.
    #[error("is absolute")]
    Absolute,
    /// It has a backslash, which some systems take as a slash.
    #[error("has a backslash")]
    Backslash,
    /// It has a colon: a drive letter, or a stream of another file.
    #[error("has a colon, as drive letters have")]
    Colon,
    /// One of its parts is `.` or `..`.
    #[error("has `.` or `..` as a part, which could lead out of the package")]
    Dots,
    /// Two slashes one after the other.
    #[error("has an empty part")]
    EmptyPart,
    /// It ends with a slash.
    #[error("is that of a folder; folders are made as files need them")]
    Folder,
    /// A NUL or another control character.
    #[error("has a control character")]
    Control,
    /// A character that changes the direction of writing, to look like another name.
    #[error("has a character that changes the direction of writing")]
    Direction,
    /// One of `<>"|?*`.
    #[error("has one of the characters <>\"|?* that Windows does not allow")]
    Character,
    /// A part ends with a dot or a space, which Windows drops.
    #[error("has a part that ends with a dot or a space")]
    Ending,
    /// A device of Windows, such as `NUL` or `com1.txt`.
    #[error("is reserved for a device on Windows")]
    Device,
    /// A package in a package.
    #[error("is that of a package in the package; name it under `dependencies` instead")]
    Nested,
}

/// Checks the name of a file in a package: parts joined by `/`, safe as a relative path on Linux,
/// macOS and Windows.
///
/// # Errors
/// What is wrong with it.
pub fn check_file_name(name: &str) -> Result<(), NameProblem> {
    match name {
        "" => return Err(NameProblem::Empty),
        _ if name.len() > NAME_BYTES_MAX => return Err(NameProblem::TooLong),
        _ if name.starts_with('/') => return Err(NameProblem::Absolute),
        _ => {}
    }
    if let Some(problem) = name.chars().find_map(bad_character) {
        return Err(problem);
    }
    let whole = name.strip_suffix('/');
    for part in whole.unwrap_or(name).split('/') {
        check_part(part)?;
    }
    if whole.is_some() {
        return Err(NameProblem::Folder);
    }
    if has_extension(name, "slpkg") { Err(NameProblem::Nested) } else { Ok(()) }
}

fn bad_character(character: char) -> Option<NameProblem> {
    match character {
        '\\' => Some(NameProblem::Backslash),
        ':' => Some(NameProblem::Colon),
        '<' | '>' | '"' | '|' | '?' | '*' => Some(NameProblem::Character),
        // The marks, embeddings, overrides and isolates of Unicode's bidirectional algorithm
        // (UAX #9).
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Some(NameProblem::Direction)
        }
        _ if character.is_control() => Some(NameProblem::Control),
        _ => None,
    }
}

fn check_part(part: &str) -> Result<(), NameProblem> {
    match part {
        "" => Err(NameProblem::EmptyPart),
        "." | ".." => Err(NameProblem::Dots),
        _ if part.len() > PART_BYTES_MAX => Err(NameProblem::TooLong),
        _ if part.ends_with(['.', ' ']) => Err(NameProblem::Ending),
        _ if is_device(part) => Err(NameProblem::Device),
        _ => Ok(()),
    }
}

/// Whether Windows takes `part` as a device, whatever its extension.
fn is_device(part: &str) -> bool {
    let stem = part.split_once('.').map_or(part, |(stem, _)| stem).trim_end();
    let is = |name: &str| stem.eq_ignore_ascii_case(name);
    let numbered = |name: &str| {
        let is = stem.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(name));
        let mut rest = stem.chars().skip(3);
        is && matches!((rest.next(), rest.next()), (Some('1'..='9' | '¹' | '²' | '³'), None))
    };
    ["con", "prn", "aux", "nul", "conin$", "conout$"].into_iter().any(is)
        || ["com", "lpt"].into_iter().any(numbered)
}

/// Whether the name of a file ends with `.extension`, in either case.
pub(crate) fn has_extension(name: &str, extension: &str) -> bool {
    let start = name.len().checked_sub(extension.len());
    start.is_some_and(|start| {
        name.as_bytes()[start..].eq_ignore_ascii_case(extension.as_bytes())
            && name.as_bytes()[..start].ends_with(b".")
    })
}

/// Two names that one folder cannot hold on every system.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Clash<'a> {
    /// The same where case does not count.
    Same(&'a str, &'a str),
    /// The first is a file, and a folder in the second.
    FileAndFolder(&'a str, &'a str),
}

/// Finds two names that clash, case not counting (by Unicode's simple lower case).
pub(crate) fn clash<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<Clash<'a>> {
    let mut seen = BTreeMap::new();
    for name in names {
        if let Some(other) = seen.insert(name.to_lowercase(), name) {
            return Some(Clash::Same(other, name));
        }
    }
    for (folded, name) in &seen {
        let folders = folded.match_indices('/').map(|(at, _)| &folded[..at]);
        if let Some(file) = folders.filter_map(|folder| seen.get(folder)).next() {
            return Some(Clash::FileAndFolder(file, name));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(names: &[&str], expected: Result<(), NameProblem>) {
        for name in names {
            assert_eq!(check_file_name(name), expected, "{name:?}");
        }
    }

    #[test]
    fn ordinary_names_are_good() {
        let long = "x".repeat(PART_BYTES_MAX);
        check(&["streamlib.yaml", "a/b c/.d", "käse/猫.py", "...x", "console", &long], Ok(()));
        check(&["com0", "com10", "lpt", "nul_", "slpkg", "a.slpkg.txt", "lib/x-y/l.so"], Ok(()));
    }

    #[test]
    fn what_leaves_the_folder_on_some_system_is_bad() {
        check(&["..", "../x", "a/../b", "a/..", ".", "./a"], Err(NameProblem::Dots));
        check(&["/", "/etc/passwd", "//host/x"], Err(NameProblem::Absolute));
        check(&["a\\b", "..\\x", "\\\\host\\x"], Err(NameProblem::Backslash));
        check(&["C:", "c:x", "a:stream"], Err(NameProblem::Colon));
    }

    #[test]
    fn what_is_no_name_of_a_file_is_bad() {
        check(&[""], Err(NameProblem::Empty));
        check(&["a//b"], Err(NameProblem::EmptyPart));
        check(&["a/", "a/b/"], Err(NameProblem::Folder));
        check(&["a\0b", "a\nb", "\u{7f}", "\u{85}"], Err(NameProblem::Control));
        check(&["a\u{202e}gpj.exe", "\u{2066}"], Err(NameProblem::Direction));
        check(&["a*", "a?b", "<a", "a|b", "\"a\""], Err(NameProblem::Character));
        check(&["a.", "a /b", "a. /b"], Err(NameProblem::Ending));
        let (part, whole) = ("x".repeat(PART_BYTES_MAX + 1), "x/".repeat(NAME_BYTES_MAX / 2 + 1));
        check(&[&part, &whole], Err(NameProblem::TooLong));
        check(&["nul", "a/CON", "aux.txt", "Com1.a.b", "lpt9", "com¹"], Err(NameProblem::Device));
        check(&["a.slpkg", "b/c.SLPKG", ".slpkg"], Err(NameProblem::Nested));
    }

    #[test]
    fn names_clash_without_regard_to_case() {
        assert_eq!(clash(["a", "b", "ab/c", "ab/d"]), None);
        assert_eq!(clash(["a", "b", "A"]), Some(Clash::Same("a", "A")));
        assert_eq!(clash(["Ä/x", "ä/X"]), Some(Clash::Same("Ä/x", "ä/X")));
        assert_eq!(clash(["A", "a/b/c"]), Some(Clash::FileAndFolder("A", "a/b/c")));
        assert_eq!(clash(["a/b/c", "a/B"]), Some(Clash::FileAndFolder("a/B", "a/b/c")));
    }
}
