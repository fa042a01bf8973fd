//! What must hold between the parts of a manifest.

use std::collections::HashMap;

use streamlib_schema::{Schema, SchemaError, SchemaRef};

use super::model::{ConfigSchema, PackageManifest, PackageProcessor, Runtime};
use super::source::PackageSource;
use super::{formats, read};
use crate::diagnostic::{Code, Diagnostic, Problems};
use crate::identifier::check_type_name;
use crate::node::{Node, NodeKind};
use crate::path::{NodePath, PathSegment};
use crate::source::ByteSpan;
use crate::suggest;

mod processors;

/// Reports what is wrong between the parts of the manifest.
pub(super) fn check(root: &Node, manifest: &PackageManifest, problems: &mut Problems<'_>) {
    let mut rules = Rules { manifest, problems };
    rules.package(root);
    rules.names(root);
    rules.processors(root);
    rules.dependencies(root);
    rules.schemas(root);
    rules.env(root);
}

struct Rules<'m, 'p, 's> {
    manifest: &'m PackageManifest,
    problems: &'p mut Problems<'s>,
}

impl Rules<'_, '_, '_> {
    fn error(
        &mut self,
        span: &ByteSpan,
        code: Code,
        path: NodePath,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        let make = || Diagnostic::error(code, path, message).with_hint(hint);
        self.problems.error(span, make);
    }

    /// Reports a key that another one contradicts.
    fn conflict(&mut self, map: &Node, path: &NodePath, key: &str, message: &str) {
        if let Some(entry) = map.entry(key).filter(|e| e.value.kind != NodeKind::Invalid) {
            self.error(&entry.key_span, Code::ConflictingKeys, path.then(key), message, None);
        }
    }

    fn package(&mut self, root: &Node) {
        let Some(package) = root.get("package") else { return };
        if package.get("licence").is_some() {
            let message = "`license` says the same as `licence`; keep one of them";
            self.conflict(package, &NodePath::root().then("package"), "license", message);
        }
    }

    /// Names that no namespace completes, and names that stand twice.
    fn names(&mut self, root: &Node) {
        let mut seen = HashMap::new();
        let items = root.get("processors").map(Node::items).unwrap_or_default();
        for (at, item) in items.iter().enumerate() {
            let Some(node) = item.get("name") else { continue };
            let Some(name) = node.as_text().filter(|name| check_type_name(name).is_ok()) else {
                continue;
            };
            let path = NodePath::root().then("processors").then(at).then("name");
            let Some(full) = self.full(node, &path, name) else { continue };
            let line = self.problems.source.line_number(node.span.start);
            if let Some(first) = seen.insert(full.clone(), line) {
                let message = format!("the processor `{full}` stands here a second time");
                let hint = Some(format!("the first is on line {first}; give each its own name"));
                self.error(&node.span, Code::DuplicateName, path, message, hint);
            }
        }
    }

    /// The full name for a name of this manifest; reports a short one without namespace.
    fn full(&mut self, node: &Node, path: &NodePath, name: &str) -> Option<String> {
        if name.contains('.') {
            return Some(name.to_owned());
        }
        if let Some(namespace) = &self.manifest.package.namespace {
            return Some(format!("{namespace}.{name}"));
        }
        let message = format!("the short name `{name}` needs a namespace");
        let hint = "write `namespace: com.example` under `package`, or the full name here";
        self.error(&node.span, Code::InvalidName, path.clone(), message, Some(hint.to_owned()));
        None
    }

    /// The schema that a text names, with the namespace; reports one that is none.
    fn schema_name(&mut self, node: &Node, path: &NodePath, text: &str) -> Option<SchemaRef> {
        let (name, version) = text.split_once('@')?;
        let as_written: SchemaRef = text.parse().ok()?;
        let full = self.full(node, path, name)?;
        if full == as_written.name {
            return Some(as_written);
        }
        let parsed: Result<SchemaRef, _> = format!("{full}@{version}").parse();
        if let Err(error) = &parsed {
            let code = Code::InvalidName;
            self.error(&node.span, code, path.clone(), error.to_string(), None);
        }
        parsed.ok()
    }

    fn dependencies(&mut self, root: &Node) {
        for entry in root.get("dependencies").map(Node::entries).unwrap_or_default() {
            let path: NodePath = ["dependencies", &entry.key].into_iter().collect();
            let node = &entry.value;
            if entry.key == self.manifest.package.name {
                let message = "a package cannot depend on itself";
                self.error(&entry.key_span, Code::ConflictingKeys, path.clone(), message, None);
            }
            let sources = ["path", "file", "url"];
            let mut given = sources.into_iter().filter(|key| node.get(key).is_some());
            let first = given.next();
            let others: Vec<&str> = given.collect();
            for key in others {
                let message =
                    format!("`{key}` and `{}` both say where it is", first.unwrap_or(key));
                self.conflict(node, &path, key, &message);
            }
            self.dependency_sum(node, &path, first);
        }
    }

    fn dependency_sum(&mut self, node: &Node, path: &NodePath, source: Option<&str>) {
        if source != Some("url") {
            self.conflict(node, path, "sha256", "`sha256` is only for a `url`");
            return;
        }
        let url = node.get("url").and_then(Node::as_text).map(PackageSource::url);
        if let Some(Ok(PackageSource::Url { sha256: Some(sum), .. })) = url
            && node.get("sha256").and_then(Node::as_text).is_some_and(|other| other != sum)
        {
            self.conflict(node, path, "sha256", "the URL says another sum; keep one of them");
        }
    }

    fn schemas(&mut self, root: &Node) {
        let mut seen = HashMap::new();
        for entry in root.get("schemas").map(Node::entries).unwrap_or_default() {
            let path: NodePath = ["schemas", &entry.key].into_iter().collect();
            let key = Node { span: entry.key_span.clone(), kind: NodeKind::Null };
            let Some(reference) = self.schema_name(&key, &path, &entry.key) else { continue };
            let line = self.problems.source.line_number(key.span.start);
            if let Some(first) = seen.insert(reference.clone(), line) {
                let message = format!("the schema {reference} stands here a second time");
                let hint = Some(format!("the first is on line {first}; keep one of them"));
                self.error(&key.span, Code::DuplicateName, path.clone(), message, hint);
            }
            if let Some(schema) = self.inline_schema(&entry.value, &path)
                && let Some(own) = schema.reference().filter(|own| **own != reference)
            {
                let message =
                    format!("the schema calls itself {own}, and its key says {reference}");
                self.error(&key.span, Code::InvalidSchema, path, message, None);
            }
        }
    }

    /// The schema that stands at a place; reports one that is none.
    fn inline_schema(&mut self, node: &Node, path: &NodePath) -> Option<Schema> {
        if !matches!(node.kind, NodeKind::Map(_)) || has_invalid(node) {
            return None;
        }
        match Schema::new(crate::read::value(node).into()) {
            Ok(schema) => Some(schema),
            Err(error) => {
                self.bad_schema(node, path, &error);
                None
            }
        }
    }

    fn bad_schema(&mut self, node: &Node, path: &NodePath, error: &SchemaError) {
        let (mut place, mut inner) = (path.clone(), node);
        for part in &error.path {
            let (next, segment) = match part.parse::<usize>() {
                Ok(at) if inner.items().len() > at => (&inner.items()[at], PathSegment::Index(at)),
                _ => match inner.get(part) {
                    Some(next) => (next, PathSegment::Key(part.clone())),
                    None => break,
                },
            };
            (place, inner) = (place.then(segment), next);
        }
        let span = match inner.kind {
            NodeKind::Map(_) | NodeKind::List(_) => inner.span.start..inner.span.start,
            _ => inner.span.clone(),
        };
        let message = format!("this is not a schema: {}", error.fault);
        self.error(&span, Code::InvalidSchema, place, message, error.fault.hint());
    }

    fn env(&mut self, root: &Node) {
        let in_child = |one: &PackageProcessor| one.runtime != Runtime::Rust;
        if !self.manifest.processors.iter().any(in_child) {
            let message = "`env` is for processes of Python and TypeScript, and this package \
                           starts none";
            self.conflict(root, &NodePath::root(), "env", message);
        }
    }
}

/// Whether something in a node was refused already.
fn has_invalid(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Invalid => true,
        NodeKind::List(items) => items.iter().any(has_invalid),
        NodeKind::Map(entries) => entries.iter().any(|entry| has_invalid(&entry.value)),
        _ => false,
    }
}
