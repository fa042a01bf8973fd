//! Text to a tree of nodes with their places: the only user of the YAML parser.
//!
//! JSON is read as what it is, a subset of YAML 1.2. The tree is bounded by the size of the
//! text: anchors and aliases are refused, so nothing is ever expanded; nesting is bounded by
//! [`NESTING_MAX`]; keys that stand twice are errors, as are tags and keys that are not text.
//! What is wrong is reported and replaced by an `Invalid` node, so that reading goes on; only
//! after a syntax error there is no tree.

use crate::diagnostic::{Code, Diagnostic, Problems};
use crate::error::excerpt;
use crate::node::{Entry, Node, NodeKind};
use crate::path::NodePath;
use crate::scalar::{self, Scalar};
use crate::source::ByteSpan;
use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Span, StrInput};

/// Deepest nesting of lists and mappings that is read.
pub const NESTING_MAX: usize = 64;

/// Reads the text of `problems.source`. `None` after a syntax error or when it is empty.
pub(crate) fn load(problems: &mut Problems<'_>) -> Option<Node> {
    let source = problems.source;
    if let Some((at, c)) = source.text().char_indices().find(|&(_, c)| is_forbidden(c)) {
        problems.error(&(at..at + c.len_utf8()), || {
            let message = format!("the file holds the control character U+{:04X}", u32::from(c));
            Diagnostic::error(Code::ControlCharacter, NodePath::root(), message)
                .with_hint("this is not a text file, or it was damaged".to_owned())
        });
        return None;
    }
    let options = granit_parser::options! {
        disallow_directives: true,
        emit_unresolved_aliases: true,
        emit_anchor_events: true,
        emit_comments: false,
        flow_nesting_limit: NESTING_MAX,
        block_nesting_limit: NESTING_MAX,
    };
    let parser = Parser::new_from_str_with_options(source.text(), options);
    let mut loader = Loader { parser, problems, path: NodePath::root(), depth: 0, done: false };
    match loader.document() {
        Ok(node) => node,
        Err(error) => {
            loader.report_syntax(&error);
            None
        }
    }
}

/// Control characters that neither YAML (section 5.1) nor JSON allow in a text.
fn is_forbidden(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}')
}

struct Loader<'s, 'p> {
    parser: Parser<'s, StrInput<'s>>,
    problems: &'p mut Problems<'s>,
    path: NodePath,
    depth: usize,
    done: bool,
}

impl<'s> Loader<'s, '_> {
    /// The next event that is part of the content.
    fn next(&mut self) -> Result<Option<(Event<'s>, ByteSpan)>, ScanError> {
        while !self.done {
            let Some(next) = self.parser.next_event() else { break };
            let (event, span) = next?;
            let span = byte_span(&span);
            match event {
                Event::StreamEnd => self.done = true,
                Event::Anchor(_, name) => self.refuse_anchor(&span, "anchor", &name),
                Event::StreamStart => {}
                event => return Ok(Some((event, span))),
            }
        }
        Ok(None)
    }

    fn document(&mut self) -> Result<Option<Node>, ScanError> {
        let mut root = None;
        let mut documents = 0;
        while let Some((event, span)) = self.next()? {
            match event {
                Event::DocumentStart(..) if documents == 1 => {
                    self.report(&span, Code::MultipleDocuments, || {
                        let hint = "write each graph into a file of its own";
                        ("a second document starts here".to_owned(), Some(hint.to_owned()))
                    });
                    return Ok(root);
                }
                Event::DocumentStart(..) => documents += 1,
                Event::DocumentEnd => {}
                event => root = Some(self.node(event, span)?),
            }
        }
        let is_empty = root.as_ref().is_none_or(|node| node.kind == NodeKind::Null);
        if is_empty {
            let end = self.problems.source.text().len();
            self.report(&(end..end), Code::EmptyFile, || ("the file is empty".to_owned(), None));
            return Ok(None);
        }
        Ok(root)
    }

    fn node(&mut self, event: Event<'s>, span: ByteSpan) -> Result<Node, ScanError> {
        let is_tagged = event.tag().is_some();
        if let Some(tag) = event.tag() {
            let tag = tag.original();
            self.report(&span, Code::Tag, || {
                let hint = "remove it; write text in quotes and numbers without them";
                (format!("the tag {:?} is not supported", excerpt(&tag)), Some(hint.to_owned()))
            });
        }
        let mut node = match event {
            Event::Scalar(text, style, ..) => self.scalar(&text, style, span),
            Event::SequenceStart(..) => self.nested(span, Self::list)?,
            Event::MappingStart(..) => self.nested(span, Self::map)?,
            Event::Alias(_) => {
                let name = self.problems.source.text().get(span.clone()).unwrap_or("*");
                self.refuse_anchor(&span, "alias", name.trim_start_matches('*'));
                Node { span, kind: NodeKind::Invalid }
            }
            Event::UnresolvedAlias(name) => {
                self.refuse_anchor(&span, "alias", &name);
                Node { span, kind: NodeKind::Invalid }
            }
            // The parser emits nothing else where a node stands.
            _ => Node { span, kind: NodeKind::Invalid },
        };
        if is_tagged {
            node.kind = NodeKind::Invalid;
        }
        Ok(node)
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, span: ByteSpan) -> Node {
        if style != ScalarStyle::Plain {
            return Node { span, kind: NodeKind::Text(text.to_owned()) };
        }
        // The parser writes `~` for a value that is not there at all.
        let kind = match scalar::resolve(text) {
            Scalar::Null => NodeKind::Null,
            Scalar::Bool(value) => NodeKind::Bool(value),
            Scalar::Number(number) => NodeKind::Number(number),
            Scalar::Text => NodeKind::Text(text.to_owned()),
            Scalar::Unrepresentable => {
                self.report(&span, Code::NumberOutOfRange, || {
                    let hint = "numbers are 64-bit integers or finite floats; quote it if it is \
                                text";
                    let message = format!("the number {} cannot be represented", excerpt(text));
                    (message, Some(hint.to_owned()))
                });
                NodeKind::Invalid
            }
        };
        Node { span, kind }
    }

    /// Reads a list or mapping one level deeper, or skips it when it is too deep.
    fn nested(
        &mut self,
        span: ByteSpan,
        read: fn(&mut Self) -> Result<(NodeKind, usize), ScanError>,
    ) -> Result<Node, ScanError> {
        if self.depth == NESTING_MAX {
            self.report(&span, Code::NestingTooDeep, too_deep);
            let end = self.skip_collection(span.end)?;
            return Ok(Node { span: span.start..end, kind: NodeKind::Invalid });
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        let (kind, end) = read?;
        Ok(Node { span: span.start..end.max(span.end), kind })
    }

    /// Reads past the end of the collection that was just opened.
    fn skip_collection(&mut self, mut end: usize) -> Result<usize, ScanError> {
        let mut open = 1_usize;
        while open > 0 {
            let Some((event, span)) = self.next()? else { break };
            match event {
                Event::SequenceStart(..) | Event::MappingStart(..) => open += 1,
                Event::SequenceEnd | Event::MappingEnd => open -= 1,
                _ => {}
            }
            end = span.end;
        }
        Ok(end)
    }

    fn list(&mut self) -> Result<(NodeKind, usize), ScanError> {
        let mut items = Vec::new();
        let mut end = 0;
        while let Some((event, span)) = self.next()? {
            if event == Event::SequenceEnd {
                end = span.end;
                break;
            }
            self.path.push(items.len());
            let node = self.node(event, span);
            self.path.pop();
            items.push(node?);
        }
        Ok((NodeKind::List(items), end))
    }

    fn map(&mut self) -> Result<(NodeKind, usize), ScanError> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut first_spans = std::collections::HashMap::new();
        let mut end = 0;
        while let Some((event, span)) = self.next()? {
            if event == Event::MappingEnd {
                end = span.end;
                break;
            }
            let key = self.key(event, span)?;
            let Some((event, span)) = self.next()? else { break };
            let Some((key, key_span)) = key else {
                self.node(event, span)?;
                continue;
            };
            self.path.push(key.as_str());
            if let Some(first) = first_spans.get(&key) {
                self.report_duplicate(&key, &key_span, first);
            }
            let value = self.node(event, span);
            self.path.pop();
            let value = value?;
            if !first_spans.contains_key(&key) {
                first_spans.insert(key.clone(), key_span.clone());
                entries.push(Entry { key, key_span, value });
            }
        }
        Ok((NodeKind::Map(entries), end))
    }

    /// Reads a key. Plain scalars are text here whatever they look like, except for nothing.
    fn key(
        &mut self,
        event: Event<'s>,
        span: ByteSpan,
    ) -> Result<Option<(String, ByteSpan)>, ScanError> {
        if let Event::Scalar(text, style, _, None) = &event
            && (*style != ScalarStyle::Plain || scalar::resolve(text) != Scalar::Null)
        {
            return Ok(Some((text.clone().into_owned(), span)));
        }
        let node = self.node(event, span)?;
        if node.kind != NodeKind::Invalid {
            self.report(&node.span, Code::KeyNotText, || {
                (format!("expected a key, found {}", node.describe()), None)
            });
        }
        Ok(None)
    }

    fn report(
        &mut self,
        span: &ByteSpan,
        code: Code,
        text: impl FnOnce() -> (String, Option<String>),
    ) {
        let path = &self.path;
        self.problems.error(span, || {
            let (message, hint) = text();
            Diagnostic::error(code, path.clone(), message).with_hint(hint)
        });
    }

    fn refuse_anchor(&mut self, span: &ByteSpan, what: &str, name: &str) {
        self.report(span, Code::AnchorOrAlias, || {
            let hint = "write the value out, or declare it under `parameters` and write `${name}`";
            let message = format!("the {what} {:?} is not supported", excerpt(name));
            (message, Some(hint.to_owned()))
        });
    }

    fn report_duplicate(&mut self, key: &str, span: &ByteSpan, first: &ByteSpan) {
        let line = self.problems.source.line_number(first.start);
        self.report(span, Code::DuplicateKey, || {
            let message = format!("the key {:?} stands here a second time", excerpt(key));
            (message, Some(format!("the first is on line {line}; keep one of them")))
        });
    }

    fn report_syntax(&mut self, error: &ScanError) {
        let at = error.marker().byte_offset().unwrap_or(0);
        if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
            self.report(&(at..at), Code::NestingTooDeep, too_deep);
            return;
        }
        let hint = match error.kind() {
            ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation => Some("indent with spaces"),
            ErrorKind::DirectiveDisallowed => Some("remove the line that starts with `%`"),
            ErrorKind::UnclosedQuotedScalar => Some("the quote that opens here is never closed"),
            ErrorKind::MappingValueNotAllowed | ErrorKind::ExpectedBlockMappingKey => {
                Some("check the indentation, and quote text that holds `: `")
            }
            _ => None,
        };
        let message = format!("this is not valid YAML or JSON: {}", error.info());
        self.report(&(at..at), Code::Syntax, || (message, hint.map(str::to_owned)));
    }
}

fn too_deep() -> (String, Option<String>) {
    (format!("lists and mappings are nested more than {NESTING_MAX} deep"), None)
}

fn byte_span(span: &Span) -> ByteSpan {
    span.byte_range().unwrap_or(0..0)
}
