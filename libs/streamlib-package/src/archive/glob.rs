//! Patterns for the names of files, as in `include` and `exclude`.
//!
//! `*` stands for any text without a slash, `?` for one character, `**` as a whole part for any
//! number of parts. A pattern without a slash (but at its end) is for names in any folder; one with
//! a slash begins at the package's folder. A pattern that names a folder is for all in it.

use crate::error::{PackageError, excerpt};

/// Longest pattern, in bytes.
const PATTERN_BYTES_MAX: usize = 512;

/// A pattern for the names of files in a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// `**`
    AnyParts,
    /// Text with `*` and `?`.
    Text(Vec<char>),
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// [`PackageError::BadPattern`] for one that is empty, too long, leads out of the package, or
    /// has what other tools take as special and this one does not.
    pub(crate) fn parse(text: &str) -> Result<Self, PackageError> {
        let bad = |problem| Err(PackageError::BadPattern { pattern: excerpt(text), problem });
        let from_root = text.strip_prefix('/');
        let inner = from_root.unwrap_or(text);
        let inner = inner.strip_suffix('/').unwrap_or(inner);
        if inner.is_empty() {
            return bad("it names nothing");
        }
        if text.len() > PATTERN_BYTES_MAX {
            return bad("it is too long");
        }
        if text.starts_with('!') {
            return bad("`!` has no meaning here; use the other list");
        }
        if text.contains(['[', ']', '{', '}', '\\']) {
            return bad("of the special characters only `*`, `**` and `?` have a meaning");
        }
        let mut parts = Vec::new();
        if from_root.is_none() && !inner.contains('/') {
            parts.push(Part::AnyParts);
        }
        for part in inner.split('/') {
            match part {
                "" | "." | ".." => return bad("`.`, `..` and empty parts have no place in it"),
                "**" => parts.push(Part::AnyParts),
                _ if part.contains("**") => return bad("`**` has to stand alone between slashes"),
                _ => parts.push(Part::Text(part.chars().collect())),
            }
        }
        Ok(Self { parts })
    }

    /// Whether the pattern is for the file or folder called `name`, or for a folder it lies in.
    pub(crate) fn is_for(&self, name: &str) -> bool {
        let ends = name.match_indices('/').map(|(at, _)| at).chain([name.len()]);
        ends.map(|end| &name[..end]).any(|name| {
            let parts: Vec<Vec<char>> =
                name.split('/').map(|part| part.chars().collect()).collect();
            let is_star = |part: &Part| matches!(part, Part::AnyParts);
            let fits = |pattern: &Part, part: &Vec<char>| match pattern {
                Part::AnyParts => false,
                Part::Text(text) => fits_part(text, part),
            };
            fits_sequence(&self.parts, &parts, is_star, fits)
        })
    }

    /// Whether one of its parts is `part`, written out.
    pub(crate) fn names_part(&self, part: &str) -> bool {
        let is_part = |text: &Vec<char>| text.iter().copied().eq(part.chars());
        self.parts.iter().any(|one| matches!(one, Part::Text(text) if is_part(text)))
    }
}

fn fits_part(pattern: &[char], part: &[char]) -> bool {
    fits_sequence(pattern, part, |c| *c == '*', |p, c| *p == '?' || p == c)
}

/// Whether `items` fit `pattern`, where a star stands for any number of items. Only the last star
/// met has to be gone back to, so the time is the product of the two lengths at most.
fn fits_sequence<P, T>(
    pattern: &[P],
    items: &[T],
    is_star: impl Fn(&P) -> bool,
    fits: impl Fn(&P, &T) -> bool,
) -> bool {
    let (mut at_pattern, mut at) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while at < items.len() {
        match pattern.get(at_pattern) {
            Some(one) if is_star(one) => {
                star = Some((at_pattern, at));
                at_pattern += 1;
            }
            Some(one) if fits(one, &items[at]) => {
                at_pattern += 1;
                at += 1;
            }
            _ => match &mut star {
                Some((star_pattern, star_at)) => {
                    *star_at += 1;
                    (at_pattern, at) = (*star_pattern + 1, *star_at);
                }
                None => return false,
            },
        }
    }
    pattern[at_pattern..].iter().all(is_star)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, fitting: &[&str], others: &[&str]) {
        let pattern = Pattern::parse(pattern).unwrap();
        for name in fitting {
            assert!(pattern.is_for(name), "{pattern:?} {name}");
        }
        for name in others {
            assert!(!pattern.is_for(name), "{pattern:?} {name}");
        }
    }

    #[test]
    fn a_pattern_without_a_slash_is_for_every_folder() {
        check("*.md", &["a.md", "b/c/a.md", "x.md/y"], &["amd", "a.mdx"]);
        check("docs", &["docs", "docs/a", "x/docs/a"], &["docs2", "xdocs"]);
        check("docs/", &["docs/a", "x/docs/a/b"], &["docs2/a"]);
        check("a?c", &["abc", "aéc"], &["ac", "abbc", "a/c"]);
        check("a*b*c", &["abc", "aXbXbc"], &["abX", "acb"]);
    }

    #[test]
    fn a_pattern_with_a_slash_begins_at_the_folder() {
        check("/docs", &["docs", "docs/a"], &["x/docs"]);
        check("lib/*.so", &["lib/a.so"], &["a.so", "lib/x/a.so", "x/lib/a.so"]);
        check("lib/**/*.so", &["lib/a.so", "lib/x/y/a.so"], &["lib/x/a.dll"]);
        check("**", &["a", "a/b/c", ".git/config"], &[]);
        check("**/t/**/x", &["t/x", "a/t/b/t/x"], &["t/y", "x"]);
        check("lib/**", &["lib/a", "lib/a/b"], &["libs/a"]);
    }

    #[test]
    fn a_part_is_named_when_it_is_written_out() {
        let pattern = Pattern::parse("target/**/*.so").unwrap();
        assert!(pattern.names_part("target") && !pattern.names_part("x.so"));
    }

    #[test]
    fn long_patterns_take_no_long_time() {
        let pattern = format!("{}b", "*a".repeat(200));
        check(&pattern, &[], &[&"a".repeat(500)]);
        check(&format!("{}b", "**/a/".repeat(80)), &[], &[&"a/".repeat(250)[..499]]);
    }

    #[test]
    fn what_means_nothing_is_refused() {
        for bad in ["", "/", "a//b", "../a", "a/./b", "a**", "[ab]", "{a,b}", "!a", "a\\b"] {
            assert!(Pattern::parse(bad).is_err(), "{bad}");
        }
        assert!(Pattern::parse(&"x".repeat(PATTERN_BYTES_MAX + 1)).is_err());
    }
}
