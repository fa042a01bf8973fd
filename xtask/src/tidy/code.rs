//! Blanks comments and literals in Rust source, so that the rules see code only.
//!
//! Every line keeps its number. It knows line comments, nested block comments, strings with
//! escapes, raw strings, and the difference between a character and a lifetime. It is not a
//! parser: what macros make of their tokens is not seen.

/// `text` with each comment and the inside of each literal turned into spaces.
pub(crate) fn only(text: &str) -> String {
    let mut scanner = Scanner { rest: text, out: String::with_capacity(text.len()) };
    while let Some(next) = scanner.rest.chars().next() {
        let after_word = scanner.out.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        if scanner.rest.starts_with("//") {
            let end = scanner.rest.find('\n').unwrap_or(scanner.rest.len());
            scanner.blank(end);
        } else if scanner.rest.starts_with("/*") {
            scanner.blank(block_comment(scanner.rest));
        } else if let Some(length) = raw_string(scanner.rest).filter(|_| !after_word) {
            scanner.blank(length);
        } else if next == '"' {
            scanner.blank(string(scanner.rest));
        } else if let Some(length) = character(scanner.rest) {
            scanner.blank(length);
        } else {
            scanner.keep(next);
        }
    }
    scanner.out
}

struct Scanner<'a> {
    rest: &'a str,
    out: String,
}

impl Scanner<'_> {
    fn keep(&mut self, next: char) {
        self.out.push(next);
        self.rest = &self.rest[next.len_utf8()..];
    }

    fn blank(&mut self, length: usize) {
        let (blanked, rest) = self.rest.split_at(length);
        self.out.extend(blanked.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        self.rest = rest;
    }
}

/// The length of the block comment that `text` starts with.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut position) = (0_usize, 0);
    while let Some(found) = text[position..].find(['/', '*']) {
        position += found;
        let here = &text[position..];
        if here.starts_with("/*") {
            depth += 1;
            position += 2;
        } else if here.starts_with("*/") {
            depth -= 1;
            position += 2;
            if depth == 0 {
                return position;
            }
        } else {
            position += 1;
        }
    }
    text.len()
}

/// The length of the string literal, quotes included, that `text` starts with.
fn string(text: &str) -> usize {
    let mut is_escaped = false;
    for (position, c) in text.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return position + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of the raw string, byte string or C string literal that `text` starts with.
fn raw_string(text: &str) -> Option<usize> {
    let prefix = ["r", "br", "cr"].into_iter().find(|prefix| text.starts_with(prefix))?;
    let after = &text[prefix.len()..];
    let hashes = after.len() - after.trim_start_matches('#').len();
    let body = after[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let start = prefix.len() + hashes + 1;
    Some(body.find(&end).map_or(text.len(), |found| start + found + end.len()))
}

/// The length of the character literal that `text` starts with; none when it is a lifetime.
fn character(text: &str) -> Option<usize> {
    let body = text.strip_prefix('\'')?;
    let first = body.chars().next()?;
    if first == '\\' {
        let escaped = body.char_indices().nth(1).map(|(_, c)| 1 + c.len_utf8())?;
        return body[escaped..].find('\'').map(|found| 1 + escaped + found + 1);
    }
    let after = &body[first.len_utf8()..];
    after.starts_with('\'').then(|| 1 + first.len_utf8() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let found = only(text);
        assert_eq!(found.lines().count(), text.lines().count(), "{text}");
        let squeezed: Vec<&str> = found.split_whitespace().collect();
        assert_eq!(squeezed.join(" "), expected, "{text}");
    }

    #[test]
    fn comments_and_literals_are_blanked_and_code_stays() {
        check("a // unsafe\nb", "a b");
        check("a /* x /* y */ unsafe\n */ b", "a b");
        check("f(\"un\\\"safe\", b)", "f( , b)");
        check("f(r#\"un\"safe\"#, b)", "f( , b)");
        check("br\"x\" + c\"y\" + for_r\"z\"", "+ c + for_r");
        check(
            "let a: &'static str = 'x'.into('\\'', '\\u{1F600}');",
            "let a: &'static str = .into( , );",
        );
        check("r#type + r", "r#type + r");
        check("'é' 'a: loop {}", "'a: loop {}");
        check("\"open", "");
        check("/* open", "");
        check("a / b * c", "a / b * c");
    }
}
