//! Finding the place of a node of the model in the text it was read from.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Location};
use crate::node::{Node, NodeKind};
use crate::path::{NodePath, PathSegment};
use crate::source::{ByteSpan, SourceText};

/// The places of all nodes of a file. Kept beside the model, so that an error found later, by
/// somebody who knows only the model, can still be shown at its line. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Spans {
    source: Arc<SourceText>,
    root: Option<Arc<Node>>,
}

impl Spans {
    pub(crate) fn new(source: Arc<SourceText>, root: Option<Node>) -> Self {
        Self { source, root: root.map(Arc::new) }
    }

    /// Name of the file, as it was given to the parser.
    #[must_use]
    pub fn file(&self) -> &str {
        self.source.file()
    }

    /// The place of a value, if it is in the file. Works for both ends of a link in its short
    /// form too (`links[2].to`).
    #[must_use]
    pub fn locate(&self, path: &[PathSegment]) -> Option<Location> {
        self.span(path).map(|span| self.source.location(&span))
    }

    /// The place of the key under which a value stands; for an item of a list, of the item.
    #[must_use]
    pub fn locate_key(&self, path: &[PathSegment]) -> Option<Location> {
        self.key_span(path).map(|span| self.source.location(&span))
    }

    /// The place of a value or, where it is not in the file, of the nearest node around it.
    #[must_use]
    pub fn locate_nearest(&self, path: &[PathSegment]) -> Option<Location> {
        self.nearest_span(path).map(|span| self.source.location(&span))
    }

    /// Gives a diagnostic the place of its path, or of the nearest node around it, so that it
    /// shows the line. For a problem of a key, see [`Spans::at_key`].
    #[must_use]
    pub fn at(&self, diagnostic: Diagnostic) -> Diagnostic {
        match self.nearest_span(diagnostic.path.segments()) {
            Some(span) => diagnostic.at(&self.source, &span),
            None => diagnostic,
        }
    }

    /// Gives a diagnostic the place of the key of its path (an unknown key, for example).
    #[must_use]
    pub fn at_key(&self, diagnostic: Diagnostic) -> Diagnostic {
        match self.key_span(diagnostic.path.segments()) {
            Some(span) => diagnostic.at(&self.source, &span),
            None => self.at(diagnostic),
        }
    }

    /// Like [`Spans::at`], but underlines only `part` of the value, if it is found in it.
    pub(crate) fn at_part(&self, diagnostic: Diagnostic, part: &str) -> Diagnostic {
        match self.nearest_span(diagnostic.path.segments()) {
            Some(span) => diagnostic.at(&self.source, &self.source.find_in(&span, part)),
            None => diagnostic,
        }
    }

    fn root(&self) -> Option<&Node> {
        self.root.as_deref()
    }

    fn nearest_span(&self, path: &[PathSegment]) -> Option<ByteSpan> {
        (0..=path.len()).rev().find_map(|length| {
            let span = self.span(&path[..length])?;
            // A whole mapping is not a useful underline; its start is.
            let is_exact = length == path.len();
            Some(if is_exact { span } else { span.start..span.start })
        })
    }

    fn span(&self, path: &[PathSegment]) -> Option<ByteSpan> {
        if let Some(node) = self.node(path) {
            return Some(node.span.clone());
        }
        let [around @ .., PathSegment::Key(end)] = path else { return None };
        let link = self.node(around).filter(|_| is_link(around))?;
        link_end_span(&self.source, link, end)
    }

    fn key_span(&self, path: &[PathSegment]) -> Option<ByteSpan> {
        match path {
            [around @ .., PathSegment::Key(key)] => {
                self.node(around)?.entry(key).map(|entry| entry.key_span.clone())
            }
            _ => self.span(path),
        }
    }

    fn node(&self, path: &[PathSegment]) -> Option<&Node> {
        path.iter().try_fold(self.root()?, |node, segment| match segment {
            PathSegment::Key(key) => node.get(key),
            PathSegment::Index(index) => node.items().get(*index),
        })
    }
}

fn is_link(path: &[PathSegment]) -> bool {
    matches!(path, [PathSegment::Key(key), PathSegment::Index(_)] if key == "links")
}

/// The span of one end (`from` or `to`) of a link, in its short or long form.
pub(crate) fn link_end_span(source: &SourceText, link: &Node, end: &str) -> Option<ByteSpan> {
    let NodeKind::Text(text) = &link.kind else {
        return link.get(end).map(|node| node.span.clone());
    };
    let (from, to) = text.split_once("->")?;
    match end {
        "from" => Some(source.find_in(&link.span, from.trim())),
        // Searched after the arrow: both ends may share their text.
        "to" => {
            let arrow = source.find_in(&link.span, "->");
            let rest = if arrow == link.span { arrow } else { arrow.end..link.span.end };
            Some(source.find_in(&rest, to.trim()))
        }
        _ => None,
    }
}

/// Calls `visit` for every text in a node, with its path below `path`.
pub(crate) fn each_text(
    node: &Node,
    path: &mut NodePath,
    visit: &mut impl FnMut(&NodePath, &Node),
) {
    match &node.kind {
        NodeKind::Text(_) => visit(path, node),
        NodeKind::List(items) => {
            for (at, item) in items.iter().enumerate() {
                path.push(at);
                each_text(item, path, visit);
                path.pop();
            }
        }
        NodeKind::Map(entries) => {
            for entry in entries {
                path.push(entry.key.as_str());
                each_text(&entry.value, path, visit);
                path.pop();
            }
        }
        _ => {}
    }
}
