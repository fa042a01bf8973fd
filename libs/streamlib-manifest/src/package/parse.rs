//! Text in, model and problems out.

use std::sync::Arc;

use super::model::PackageManifest;
use super::{grammar, read, rules};
use crate::check;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Problems};
use crate::document;
use crate::parse::FILE_BYTES_MAX;
use crate::path::NodePath;
use crate::shape::Shape;
use crate::source::SourceText;
use crate::spans::Spans;

static ROOT: Shape = Shape::Object(&grammar::MANIFEST);

/// What was found in a manifest.
#[derive(Debug, Clone)]
pub struct ParsedPackage {
    manifest: Option<PackageManifest>,
    diagnostics: Diagnostics,
    spans: Spans,
}

impl ParsedPackage {
    /// The manifest, if it has no errors.
    #[must_use]
    pub fn manifest(&self) -> Option<&PackageManifest> {
        self.manifest.as_ref().filter(|_| !self.diagnostics.has_errors())
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

    /// The manifest and its places.
    ///
    /// # Errors
    /// All problems, if one of them is an error.
    pub fn into_manifest(self) -> Result<(PackageManifest, Spans), Diagnostics> {
        match self.manifest {
            Some(manifest) if !self.diagnostics.has_errors() => Ok((manifest, self.spans)),
            _ => Err(self.diagnostics),
        }
    }
}

/// Reads a manifest, YAML or JSON, from its bytes. `file` is the name that messages give it;
/// nothing is opened.
///
/// Takes any bytes at all: it never panics, needs time and memory proportional to the input (at
/// most [`FILE_BYTES_MAX`]), and says everything that is wrong at once. This is the entry for
/// fuzzing.
#[must_use]
pub fn parse_package_bytes(bytes: &[u8], file: &str) -> ParsedPackage {
    if bytes.len() > FILE_BYTES_MAX {
        return parse_package_text("", file, Some(too_large()));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => parse_package(text, file),
        Err(error) => {
            let problem = (error.valid_up_to(), Code::NotUtf8, "the file is not UTF-8 text".into());
            parse_package_text(&String::from_utf8_lossy(bytes), file, Some(problem))
        }
    }
}

/// Reads a manifest, YAML or JSON, from its text. `file` is the name that messages give it.
#[must_use]
pub fn parse_package(text: &str, file: &str) -> ParsedPackage {
    if text.len() > FILE_BYTES_MAX {
        return parse_package_text("", file, Some(too_large()));
    }
    parse_package_text(text, file, None)
}

/// A problem of the whole text: where, its code, what.
type Refusal = (usize, Code, String);

fn too_large() -> Refusal {
    (0, Code::FileTooLarge, format!("a manifest has at most {FILE_BYTES_MAX} bytes"))
}

fn parse_package_text(text: &str, file: &str, refusal: Option<Refusal>) -> ParsedPackage {
    let source = Arc::new(SourceText::new(file, text));
    let mut problems = Problems::new(&source);
    let root = match refusal {
        Some((at, code, message)) => {
            problems.error(&(at..at), || Diagnostic::error(code, NodePath::root(), message));
            None
        }
        None => document::load(&mut problems),
    };
    let manifest = root.as_ref().map(|root| {
        check::check(root, &ROOT, &mut problems);
        let manifest = read::manifest(root);
        rules::check(root, &manifest, &mut problems);
        manifest
    });
    let diagnostics = problems.finish();
    ParsedPackage { manifest, diagnostics, spans: Spans::new(source, root) }
}
