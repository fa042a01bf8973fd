//! Text in, model and problems out: the entry of the crate.

use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Problems};
use crate::graph_file::GraphFile;
use crate::path::NodePath;
use crate::resolve::{self, Assignment, ResolvedGraph};
use crate::source::SourceText;
use crate::spans::Spans;
use crate::value::Value;
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
        match resolve::resolve(&self.graph, Some(&self.spans), assignments) {
            (_, found) if found.has_errors() => Err(found),
            (graph, _) => Ok(graph),
        }
    }

    /// What could be read of the graph, with its parameters put in as far as they are right, and
    /// everything that is wrong with both. For tools that want to say more about a graph that has
    /// errors; such a graph is never run.
    #[must_use]
    pub fn resolve_readable(&self, assignments: &[Assignment]) -> (ResolvedGraph, Diagnostics) {
        let (graph, of_parameters) = resolve::resolve(&self.graph, Some(&self.spans), assignments);
        let mut found = self.diagnostics.clone();
        // References were looked at when the file was read.
        let known = self.diagnostics.as_slice();
        found.extend(of_parameters.into_iter().filter(|one| !known.contains(one)));
        (graph, found)
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
        Err(_) => refuse_size(file),
    }
}

/// Reads a graph file, YAML or JSON, from its text. `file` is the name that messages give it.
#[must_use]
pub fn parse_graph(text: &str, file: &str) -> Parsed {
    if text.len() > FILE_BYTES_MAX {
        return refuse_size(file);
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

/// Reads any document, YAML or JSON, as a value: a schema, a configuration, data. It is held to the
/// same limits as a graph file, and one that is empty is refused. `file` is the name that messages
/// give it.
///
/// # Errors
/// All problems, if one of them is an error.
pub fn parse_value(text: &str, file: &str) -> Result<Value, Diagnostics> {
    if text.len() > FILE_BYTES_MAX {
        return Err(refuse_size(file).diagnostics);
    }
    let source = Arc::new(SourceText::new(file, text));
    let mut problems = Problems::new(&source);
    let root = document::load(&mut problems);
    let diagnostics = problems.finish();
    match root {
        Some(root) if !diagnostics.has_errors() => Ok(read::value(&root)),
        _ => Err(diagnostics),
    }
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

/// Who read the file may have stopped behind the limit, so its true size is not known here.
fn refuse_size(file: &str) -> Parsed {
    let message = format!("a graph file has at most {FILE_BYTES_MAX} bytes, and this one has more");
    refuse("", file, 0, Code::FileTooLarge, &message, None)
}
