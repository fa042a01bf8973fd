//! Names of a schema as names of a program: unique, in the case of their kind, no keyword.

use std::collections::BTreeSet;

/// The words of a name: parts between what is no letter and no digit, and before capitals.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut is_new = true;
    let mut was_lower = false;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() {
            is_new = true;
            continue;
        }
        if is_new || (c.is_ascii_uppercase() && was_lower) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(c.to_ascii_lowercase());
        }
        is_new = false;
        was_lower = !c.is_ascii_uppercase();
    }
    words
}

/// `like_this`. Begins with a letter.
pub(super) fn snake(name: &str) -> String {
    beginning_with_a_letter(words(name).join("_"), "n")
}

/// `LIKE_THIS`. Begins with a letter.
pub(super) fn screaming(name: &str) -> String {
    snake(name).to_ascii_uppercase()
}

/// `LikeThis`. Begins with a letter.
pub(super) fn pascal(name: &str) -> String {
    let capital = |word: String| word[..1].to_ascii_uppercase() + &word[1..];
    // Digits that stood apart stay apart, so that `1.2` and `12` are two names.
    let mut text = String::new();
    for word in words(name).into_iter().map(capital) {
        let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        if digit(text.chars().last()) && digit(word.chars().next()) {
            text.push('_');
        }
        text.push_str(&word);
    }
    beginning_with_a_letter(text, "N")
}

fn beginning_with_a_letter(text: String, letter: &str) -> String {
    if text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        text
    } else {
        format!("{letter}{text}")
    }
}

/// Gives out names once each: a name that is taken, or is a word of the language, gets a number.
#[derive(Debug, Default)]
pub(super) struct Unique {
    taken: BTreeSet<String>,
    folds: bool,
}

impl Unique {
    pub(super) fn without(words: &[&str]) -> Self {
        Self { taken: words.iter().map(|word| (*word).to_owned()).collect(), folds: false }
    }

    /// The same, for names that differ in more than case and underscores: in whatever case they
    /// are written, they stay apart.
    pub(super) fn folded_without(words: &[&str]) -> Self {
        Self { taken: words.iter().map(|word| fold(word)).collect(), folds: true }
    }

    pub(super) fn take(&mut self, name: String) -> String {
        let mut number = 2;
        let mut free = name.clone();
        while !self.taken.insert(if self.folds { fold(&free) } else { free.clone() }) {
            free = format!("{name}{number}");
            number += 1;
        }
        free
    }
}

fn fold(name: &str) -> String {
    name.replace('_', "").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_names_of_a_program() {
        for (name, expected) in [
            ("frame_rate", ("frame_rate", "FrameRate", "FRAME_RATE")),
            ("maxAge", ("max_age", "MaxAge", "MAX_AGE")),
            ("5.1", ("n5_1", "N5_1", "N5_1")),
            ("dci-p3", ("dci_p3", "DciP3", "DCI_P3")),
            ("URL", ("url", "Url", "URL")),
            ("größe", ("gr_e", "GrE", "GR_E")),
            ("", ("n", "N", "N")),
        ] {
            assert_eq!((&*snake(name), &*pascal(name), &*screaming(name)), expected, "{name}");
        }
        let mut names = Unique::without(&["class"]);
        let taken: Vec<_> =
            ["class", "a", "a", "a2"].map(|name| names.take(name.to_owned())).into();
        assert_eq!(taken, ["class2", "a", "a2", "a22"]);
        let mut names = Unique::folded_without(&["Any"]);
        let taken: Vec<_> = ["ABc", "Abc", "any"].map(|name| names.take(name.to_owned())).into();
        assert_eq!(taken, ["ABc", "Abc2", "any2"]);
    }
}
