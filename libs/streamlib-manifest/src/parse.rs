//! Text in, model and problems out: the entry of the crate.

use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Problems};
use crate::graph_file::GraphFile;
use crate::path::NodePath;
use crate::resolve::{self, Assignment, ResolvedGraph};
use crate::source::SourceText;
use crate::spans::Spans;
use crate::{check, document, grammar, read, rules};

/// Largest file that is read, in bytes.
pub const FILE_BYTES_MAX: usize = 16 << 20;

/// What was found in a graph file.
#[derive(Debug, Clone)]
pub struct Parsed {
    graph: GraphFile,
    diagnostics: Diagnostics,
    spans: Spans,
}

impl Parsed {
    /// The graph, if the file has no errors.
    #[must_use]
    pub fn graph(&self) -> Option<&GraphFile> {
        (!self.diagnostics.has_errors()).then_some(&self.graph)
    }

    /// What could be read of the graph, whatever is wrong with the rest: for tools that want to
    /// say more about it. Never run it.
    #[must_use]
    pub fn readable_part(&self) -> &GraphFile {
        &self.graph
    }

    /// All errors and warnings, in the order of the file.
    #[must_use]
    pub fn diagnostics(&self) -> &Diagnostics {
        &self.diagnostics
    }

    /// The places of all nodes of the file.
    #[must_use]
    pub fn spans(&self) -> &Spans {
        &self.spans
    }

    /// The graph and its places.
    ///
    /// # Errors
    /// All problems, if one of them is an error.
    pub fn into_graph(self) -> Result<(GraphFile, Spans), Diagnostics> {
        if self.diagnostics.has_errors() {
            return Err(self.diagnostics);
        }
        Ok((self.graph, self.spans))
    }

    /// The graph with its parameters put in.
    ///
    /// # Errors
    /// All problems of the file if one is an error; else assignments to parameters that are not
    /// declared or of the wrong type, and parameters that have no value.
    pub fn resolve(&self, assignments: &[Assignment]) -> Result<ResolvedGraph, Diagnostics> {
        if self.diagnostics.has_errors() {
            return Err(self.diagnostics.clone());
        }
        resolve::resolve(&self.graph, Some(&self.spans), assignments)
    }
}

/// Reads a graph file, YAML or JSON, from its bytes. `file` is the name that messages give it;
/// nothing is opened.
///
/// Takes any bytes at all: it never panics, needs time and memory proportional to the input
/// (at most [`FILE_BYTES_MAX`]), and says everything that is wrong at once. This is the entry
/// for fuzzing.
#[must_use]
pub fn parse_graph_bytes(bytes: &[u8], file: &str) -> Parsed {
    match std::str::from_utf8(bytes) {
        Ok(text) => parse_graph(text, file),
        Err(error) if bytes.len() <= FILE_BYTES_MAX => {
            let text = String::from_utf8_lossy(bytes);
            let at = error.valid_up_to();
            refuse(&text, file, at, Code::NotUtf8, "the file is not UTF-8 text", {
                let is_utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
                is_utf16.then(|| "it looks like UTF-16; save it as UTF-8".to_owned())
            })
        }
        Err(_) => refuse_size(bytes.len(), file),
    }
}

/// Reads a graph file, YAML or JSON, from its text. `file` is the name that messages give it.
#[must_use]
pub fn parse_graph(text: &str, file: &str) -> Parsed {
    if text.len() > FILE_BYTES_MAX {
        return refuse_size(text.len(), file);
    }
    let source = Arc::new(SourceText::new(file, text));
    let mut problems = Problems::new(&source);
    let root = document::load(&mut problems);
    let mut graph = GraphFile::default();
    if let Some(root) = &root {
        check::check(root, &grammar::ROOT, &mut problems);
        graph = read::graph(root);
        rules::check(root, &graph, &mut problems);
    }
    let diagnostics = problems.finish();
    Parsed { graph, diagnostics, spans: Spans::new(source, root) }
}

/// The result for a text that is not looked into.
fn refuse(
    text: &str,
    file: &str,
    at: usize,
    code: Code,
    message: &str,
    hint: Option<String>,
) -> Parsed {
    let source = Arc::new(SourceText::new(file, text));
    let mut problems = Problems::new(&source);
    problems
        .error(&(at..at), || Diagnostic::error(code, NodePath::root(), message).with_hint(hint));
    let diagnostics = problems.finish();
    Parsed { graph: GraphFile::default(), diagnostics, spans: Spans::new(source, None) }
}

fn refuse_size(length: usize, file: &str) -> Parsed {
    let message = format!("the file has {length} bytes; a graph file has at most {FILE_BYTES_MAX}");
    refuse("", file, 0, Code::FileTooLarge, &message, None)
}
