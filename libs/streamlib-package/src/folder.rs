//! A package as a folder: its manifest, and what the manifest says of its files.
//!
//! The same for a project that is worked on and for a package in the cache. What is wrong is said
//! all at once, at the lines of the manifest. Nothing of the package is run.

mod plugins;
mod schemas;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use semver::Version;
use streamlib_manifest::package::{
    ConfigSchema, GRAPH_FILE, MANIFEST_FILE, PackageManifest, SchemaSource, parse_package_bytes,
};
use streamlib_manifest::{Code, Diagnostic, Diagnostics, FILE_BYTES_MAX, NodePath, Spans};
use streamlib_schema::{Schema, SchemaRef, builtin, nearest_name};

pub use plugins::PackagePlugin;

use crate::error::PackageError;

/// The version of StreamLib that `streamlib_version` of a manifest is compared with.
pub const STREAMLIB_VERSION: &str = env!("CARGO_PKG_VERSION");

/// A folder that is a package.
#[derive(Debug, Clone)]
pub struct PackageFolder {
    root: PathBuf,
    manifest: PackageManifest,
    spans: Spans,
    schemas: BTreeMap<SchemaRef, Schema>,
}

impl PackageFolder {
    /// Reads the package in `root`.
    ///
    /// # Errors
    /// [`PackageError::NoManifest`]; [`PackageError::Manifest`] with everything that is wrong, also
    /// if it is for other versions of StreamLib; [`PackageError::Io`].
    pub fn open(root: &Path) -> Result<Self, PackageError> {
        Self::open_as(root, &root.display().to_string())
    }

    /// The same for a folder that people know by another name: the archive it came from.
    pub(crate) fn open_as(root: &Path, name: &str) -> Result<Self, PackageError> {
        let path = root.join(MANIFEST_FILE);
        let shown = Path::new(name).join(MANIFEST_FILE).display().to_string();
        let bytes = match read_file(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(PackageError::NoManifest { folder: name.to_owned() });
            }
            Err(error) => return Err(PackageError::io("read", &path, error)),
        };
        let (manifest, spans) = parse_package_bytes(&bytes, &shown)
            .into_manifest()
            .map_err(|found| PackageError::manifest(name, found))?;
        let mut found = Diagnostics::default();
        let schemas = schemas::read(root, &manifest, &spans, &mut found)?;
        let folder = Self { root: root.to_owned(), manifest, spans, schemas };
        found.extend(folder.version_problem());
        found.extend(folder.graph_problem());
        if found.has_errors() {
            return Err(PackageError::manifest(name, found));
        }
        Ok(folder)
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What the package declares.
    #[must_use]
    pub fn manifest(&self) -> &PackageManifest {
        &self.manifest
    }

    /// The places of the manifest, for whoever finds more that is wrong.
    #[must_use]
    pub fn spans(&self) -> &Spans {
        &self.spans
    }

    /// The schemas it brings: of its folder `schemas`, and of its manifest.
    #[must_use]
    pub fn schemas(&self) -> &BTreeMap<SchemaRef, Schema> {
        &self.schemas
    }

    /// The graph it carries, if it carries one.
    #[must_use]
    pub fn graph(&self) -> Option<PathBuf> {
        match &self.manifest.graph {
            Some(path) => Some(self.root.join(path)),
            None => Some(self.root.join(GRAPH_FILE)).filter(|path| path.is_file()),
        }
    }

    /// What is wrong with the schemas that the manifest names: those that nobody brings, neither
    /// the package nor StreamLib nor `others`. A version that reads the one that is named will do.
    #[must_use]
    pub fn unknown_schemas(&self, others: &BTreeMap<SchemaRef, Schema>) -> Diagnostics {
        let mut found = Diagnostics::default();
        let known = || self.schemas.keys().chain(others.keys());
        for (path, schema) in self.named_schemas() {
            let is_built_in = builtin::NAMES.contains(&schema.name.as_str())
                && builtin::reference(&schema.name).reads(schema);
            if is_built_in || known().any(|one| one.reads(schema)) {
                continue;
            }
            let names = known().map(|one| one.name.as_str()).chain(builtin::NAMES);
            let near = nearest_name(&schema.name, names).filter(|near| *near != schema.name);
            let versions: Vec<String> = known()
                .filter(|one| one.name == schema.name)
                .map(|one| one.version.to_string())
                .collect();
            let hint = match (near, versions.is_empty()) {
                (_, false) => format!("there is version {}", versions.join(", ")),
                (Some(near), true) => format!("did you mean `{near}`?"),
                (None, true) => {
                    "put it into `schemas/`, or depend on a package that brings it".to_owned()
                }
            };
            let message = format!("there is no schema {schema}");
            let problem = Diagnostic::error(Code::UnknownSchema, path, message).with_hint(hint);
            found.push(self.spans.at(problem));
        }
        found
    }

    /// [`Self::unknown_schemas`] for a package that needs no other, else nothing: the others may
    /// bring them.
    pub(crate) fn unknown_schemas_of_its_own(&self) -> Diagnostics {
        match self.manifest.dependencies.is_empty() {
            true => self.unknown_schemas(&BTreeMap::new()),
            false => Diagnostics::default(),
        }
    }

    /// The files of schemas that the manifest names, with their places.
    pub(crate) fn schema_files(&self) -> Vec<(NodePath, String)> {
        let file = |(reference, source): (&SchemaRef, &SchemaSource)| match source {
            SchemaSource::File(path) => {
                Some((schemas::place(&self.spans, reference), path.clone()))
            }
            SchemaSource::Inline(_) => None,
        };
        self.manifest.schemas.iter().filter_map(file).collect()
    }

    /// Every schema that the manifest names for a port or a configuration, with its place.
    fn named_schemas(&self) -> impl Iterator<Item = (NodePath, &SchemaRef)> {
        self.manifest.processors.iter().enumerate().flat_map(|(at, processor)| {
            let path = NodePath::root().then("processors").then(at);
            let config = match &processor.config_schema {
                Some(ConfigSchema::Named(name)) => Some((path.then("config_schema"), name)),
                _ => None,
            };
            let port = move |side: &'static str, at: usize| path.then(side).then(at).then("schema");
            let of_outputs = port.clone();
            let inputs = processor.inputs.iter().flatten().enumerate();
            let inputs = inputs.map(move |(at, one)| (port("inputs", at), &one.schema));
            let outputs = processor.outputs.iter().flatten().enumerate();
            let outputs = outputs.map(move |(at, one)| (of_outputs("outputs", at), &one.schema));
            config.into_iter().chain(inputs).chain(outputs)
        })
    }

    fn version_problem(&self) -> Option<Diagnostic> {
        let range = self.manifest.package.streamlib_version.as_ref()?;
        let here = Version::parse(STREAMLIB_VERSION).ok()?;
        if range.matches(&here) {
            return None;
        }
        let path = ["package", "streamlib_version"].into_iter().collect();
        let message = format!(
            "{} works with StreamLib {range}, and this is StreamLib {here}",
            self.manifest.package
        );
        Some(self.spans.at(Diagnostic::error(Code::WrongVersion, path, message)))
    }

    fn graph_problem(&self) -> Option<Diagnostic> {
        let graph = self.manifest.graph.as_ref()?;
        if self.root.join(graph).is_file() {
            return None;
        }
        let path = ["graph"].into_iter().collect();
        let message = format!("there is no file `{graph}` in the package");
        Some(self.spans.at(Diagnostic::error(Code::MissingFile, path, message)))
    }
}

/// The bytes of a file; one byte more than is allowed at most, so that the parser refuses it.
pub(crate) fn read_file(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
