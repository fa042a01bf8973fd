//! The text of a file with its lines, and spans in it.
//!
//! Spans are byte ranges; lines and columns are worked out when a place is shown. Lines end at
//! LF, CRLF or CR, as in YAML. Columns count Unicode scalar values; both start at 1.

use std::ops::Range;

use crate::diagnostic::{Location, Snippet};

/// A byte range of the source.
pub(crate) type ByteSpan = Range<usize>;

/// Most characters of a source line that are shown before and after the place in question.
const SNIPPET_CONTEXT_CHARS: usize = 60;

/// The text of a file under the name that messages give it.
#[derive(Debug, Clone)]
pub(crate) struct SourceText {
    file: String,
    text: String,
    line_starts: Vec<usize>,
}

impl SourceText {
    pub(crate) fn new(file: &str, text: &str) -> Self {
        let bytes = text.as_bytes();
        // A byte order mark is not part of the first line's columns.
        let first = if text.starts_with('\u{feff}') { 3 } else { 0 };
        let mut line_starts = vec![first];
        for (at, &byte) in bytes.iter().enumerate() {
            let ends = byte == b'\n' || (byte == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
            if ends {
                line_starts.push(at + 1);
            }
        }
        Self { file: file.to_owned(), text: text.to_owned(), line_starts }
    }

    pub(crate) fn file(&self) -> &str {
        &self.file
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The span of `needle` inside `span`, or all of `span` where it is not found (an escape
    /// sequence may stand for it in the source).
    pub(crate) fn find_in(&self, span: &ByteSpan, needle: &str) -> ByteSpan {
        match self.text.get(span.clone()).and_then(|slice| slice.find(needle)) {
            Some(at) => span.start + at..span.start + at + needle.len(),
            None => span.clone(),
        }
    }

    /// Line, column and length of a span. Offsets outside the text are moved to its end, those
    /// inside a character to its start.
    pub(crate) fn location(&self, span: &ByteSpan) -> Location {
        let (start, end) = self.clamp(span);
        let line = self.line_of(start);
        let line_start = self.line_starts[line].min(start);
        let end_on_line = end.min(self.line_end(line)).max(start);
        let length = self.text[start..end_on_line].chars().count();
        Location {
            file: self.file.clone(),
            line: line + 1,
            column: self.text[line_start..start].chars().count() + 1,
            length: (length > 0).then_some(length),
        }
    }

    /// The line of a byte offset, from 1. Cheap, unlike the column of a long line.
    pub(crate) fn line_number(&self, offset: usize) -> usize {
        self.line_of(offset) + 1
    }

    /// The source line of a span, cut around it, for display below a message.
    pub(crate) fn snippet(&self, span: &ByteSpan) -> Snippet {
        let (start, end) = self.clamp(span);
        let line = self.line_of(start);
        let line_start = self.line_starts[line].min(start);
        let line_end = self.line_end(line).max(start);
        let before: Vec<char> =
            self.text[line_start..start].chars().rev().take(SNIPPET_CONTEXT_CHARS + 1).collect();
        let cut_left = before.len() > SNIPPET_CONTEXT_CHARS;
        let mut text = String::new();
        if cut_left {
            text.push('…');
        }
        text.extend(before.iter().take(SNIPPET_CONTEXT_CHARS).rev().map(|&c| printable(c)));
        let caret_at = text.chars().count();
        let mut after = self.text[start..line_end].chars();
        text.extend(after.by_ref().take(SNIPPET_CONTEXT_CHARS).map(printable));
        if after.next().is_some() {
            text.push('…');
        }
        let length = self.text[start..end.min(line_end).max(start)].chars().count();
        let room = text.chars().count().saturating_sub(caret_at);
        Snippet { line: line + 1, text, caret_at, caret_length: length.clamp(1, room.max(1)) }
    }

    fn clamp(&self, span: &ByteSpan) -> (usize, usize) {
        let start = self.text.floor_char_boundary(span.start);
        let end = self.text.floor_char_boundary(span.end).max(start);
        (start, end)
    }

    /// Index of the line that holds a byte offset.
    fn line_of(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|&start| start <= offset).saturating_sub(1)
    }

    /// End of a line without its line break.
    fn line_end(&self, line: usize) -> usize {
        let next = self.line_starts.get(line + 1).copied().unwrap_or(self.text.len());
        let start = self.line_starts[line].min(next);
        start + self.text[start..next].trim_end_matches(['\r', '\n']).len()
    }
}

/// A character as a terminal may show it: one cell for a tab, nothing that controls the terminal.
fn printable(c: char) -> char {
    match c {
        '\t' => ' ',
        c if c.is_control() || is_direction_control(c) => '\u{fffd}',
        c => c,
    }
}

/// Characters that reorder what follows, and so can make a line read as what it is not.
fn is_direction_control(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
