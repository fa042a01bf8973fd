//! "Did you mean": the nearest of some known words.

/// Longest word that is compared; edit distance costs the product of both lengths.
const WORD_CHARS_MAX: usize = 64;

/// Most words that one is compared with; a hint is not worth more time in a huge graph.
const CANDIDATES_MAX: usize = 4096;

/// The known word nearest to `word`, if it is near enough to be what was meant: a third of its
/// length in edits (swapped neighbours count one), or the same word but for case, `-` and `_`.
pub(crate) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    if word.chars().count() > WORD_CHARS_MAX {
        return None;
    }
    let plain = |text: &str| text.to_ascii_lowercase().replace('-', "_");
    let word = plain(word);
    known
        .into_iter()
        .take(CANDIDATES_MAX)
        .map(|candidate| (strsim::damerau_levenshtein(&word, &plain(candidate)), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.chars().count().max(3)) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The hint for an unknown word: the nearest known one, else the list of them (at most 16).
pub(crate) fn hint(word: &str, what: &str, known: &[&str]) -> Option<String> {
    if let Some(near) = nearest(word, known.iter().copied()) {
        return Some(format!("did you mean `{near}`?"));
    }
    if known.is_empty() {
        return None;
    }
    let shown = known.iter().take(16).map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ");
    let more = if known.len() > 16 { ", …" } else { "" };
    Some(format!("{what}: {shown}{more}"))
}
