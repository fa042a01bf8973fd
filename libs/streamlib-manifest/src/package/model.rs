//! The model of a manifest: plain data, with the namespace put before short names.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use indexmap::IndexMap;
use semver::{Version, VersionReq};
use serde::Serialize;
use streamlib_schema::{
    Delivery, DeliveryPolicy, FormatSet, FormatTie, InputPortDescriptor, Latency, Needs,
    OutputPortDescriptor, ProcessExecution, ProcessorDescriptor, Schema, SchemaRef, Trigger,
};

use super::names::check_package_path;
use super::source::PackageSource;
use crate::error::{ManifestError, excerpt};
use crate::words::word_enum;

/// A package as its manifest declares it.
#[derive(Debug, Clone, PartialEq)]
pub struct PackageManifest {
    /// What it is.
    pub package: PackageInfo,
    /// The processors it brings.
    pub processors: Vec<PackageProcessor>,
    /// The packages it needs, by name.
    pub dependencies: IndexMap<String, Dependency>,
    /// The schemas it brings beside those of its folder `schemas/`.
    pub schemas: IndexMap<SchemaRef, SchemaSource>,
    /// Environment variables of its child processes.
    pub env: IndexMap<String, String>,
    /// What its processors say they need of the machine.
    pub permissions: Permissions,
    /// The graph it carries, a path inside the package.
    pub graph: Option<String>,
}

/// What a package is. Displays as its name and version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageInfo {
    /// Its full name.
    pub name: String,
    /// Its version.
    pub version: Version,
    /// Put before short names in this manifest.
    pub namespace: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Who made it.
    pub authors: Vec<String>,
    /// Under which licence, an SPDX expression.
    pub licence: Option<String>,
    /// Versions of StreamLib it works with; all when absent.
    pub streamlib_version: Option<VersionReq>,
    /// Files that `pack` takes, as patterns; all when empty. A pattern without a slash is for names
    /// in any folder; one that names a folder is for all in it.
    pub include: Vec<String>,
    /// Files that `pack` leaves out, as patterns. It wins over `include`.
    pub exclude: Vec<String>,
}

impl fmt::Display for PackageInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

word_enum! {
    /// What a processor is written for.
    pub enum Runtime {
        /// A plugin: a library in `lib/`.
        Rust = "rust",
        /// A module that a Python process runs.
        Python = "python",
        /// A module that a Deno process runs. A manifest may also say `deno`.
        TypeScript = "typescript",
    }
}

/// A processor that a package brings. What is absent is as the code says it or, where only the
/// manifest can say it, has its default.
#[derive(Debug, Clone, PartialEq)]
pub struct PackageProcessor {
    /// Its full name.
    pub name: String,
    /// Its version.
    pub version: Option<Version>,
    /// What it does.
    pub description: Option<String>,
    /// What it is written for.
    pub runtime: Runtime,
    /// How it works.
    pub execution: Option<ProcessExecution>,
    /// Which sets of frames make one call.
    pub trigger: Option<Trigger>,
    /// What it needs from whoever runs it; those that are named.
    pub needs: Option<Needs>,
    /// Time it adds.
    pub latency: Option<Latency>,
    /// The setting whose value only one processor may hold.
    pub exclusive: Option<String>,
    /// Where its code is; never for [`Runtime::Rust`].
    pub entrypoint: Option<Entrypoint>,
    /// What its configuration is.
    pub config_schema: Option<ConfigSchema>,
    /// Its inputs.
    pub inputs: Option<Vec<InputDeclaration>>,
    /// Its outputs.
    pub outputs: Option<Vec<OutputDeclaration>>,
}

/// An input, as far as the manifest says.
#[derive(Debug, Clone, PartialEq)]
pub struct InputDeclaration {
    /// Its name.
    pub name: String,
    /// Schema of its frames.
    pub schema: SchemaRef,
    /// What comes in.
    pub description: Option<String>,
    /// Formats it takes, best first.
    pub formats: Option<FormatSet>,
    /// How it wants data.
    pub delivery: Option<Delivery>,
    /// Most frames that wait.
    pub depth: Option<u32>,
    /// Frames older than this are dropped.
    pub max_age: Option<Duration>,
    /// Whether it takes several links.
    pub many: Option<bool>,
    /// Whether it works without a link.
    pub optional: Option<bool>,
    /// Frames it may hold beside the one it was called with.
    pub holds: Option<u32>,
}

/// An output, as far as the manifest says.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputDeclaration {
    /// Its name.
    pub name: String,
    /// Schema of its frames.
    pub schema: SchemaRef,
    /// What goes out.
    pub description: Option<String>,
    /// Formats it makes, best first.
    pub formats: Option<FormatSet>,
    /// The input whose format it has.
    pub same_as: Option<String>,
    /// Frames that one call may send.
    pub max_per_call: Option<u32>,
}

/// What a configuration is.
#[derive(Debug, Clone, PartialEq)]
pub enum ConfigSchema {
    /// A schema of this package or of one it depends on.
    Named(SchemaRef),
    /// A schema that stands in the manifest.
    Inline(Box<Schema>),
}

/// Where a schema is.
#[derive(Debug, Clone, PartialEq)]
pub enum SchemaSource {
    /// A file of the package.
    File(String),
    /// It stands in the manifest.
    Inline(Box<Schema>),
}

/// A package that is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// Which versions will do.
    pub range: VersionReq,
    /// Where it is looked for first; among the installed packages when absent.
    pub source: Option<PackageSource>,
}

/// What a package's processors say they need of the machine. Empty lists: nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Permissions {
    /// Hosts that are spoken to, `*` for any.
    pub network: Vec<String>,
    /// Files and folders that are read.
    pub read: Vec<String>,
    /// Files and folders that are written.
    pub write: Vec<String>,
    /// Programs that are started.
    pub run: Vec<String>,
    /// Devices that are used.
    pub devices: Vec<String>,
}

impl Permissions {
    /// Whether nothing is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all().all(|(_, items)| items.is_empty())
    }

    /// The kinds with what is asked for of each.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, &[String])> {
        let lists = [&self.network, &self.read, &self.write, &self.run, &self.devices];
        ["network", "read", "write", "run", "devices"].into_iter().zip(lists.map(Vec::as_slice))
    }
}

/// Where the code of a processor is: `module.name:Class`, or `src/file.ts:name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entrypoint {
    /// A Python module with dots, or the path of a file in the package.
    pub module: String,
    /// What to take from it; what it exports by default when absent.
    pub name: Option<String>,
}

impl FromStr for Entrypoint {
    type Err = ManifestError;

    fn from_str(text: &str) -> Result<Self, ManifestError> {
        let invalid = || ManifestError::InvalidEntrypoint { text: excerpt(text) };
        let (module, name) = match text.split_once(':') {
            Some((module, name)) => (module, Some(name)),
            None => (text, None),
        };
        let is_name = |name: &str| {
            name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        };
        if check_package_path(module).is_err() || !name.is_none_or(is_name) {
            return Err(invalid());
        }
        Ok(Self { module: module.to_owned(), name: name.map(str::to_owned) })
    }
}

impl fmt::Display for Entrypoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{}:{name}", self.module),
            None => f.write_str(&self.module),
        }
    }
}

impl PackageProcessor {
    /// The description of the processor that the manifest of `package` alone gives, with defaults
    /// for what it does not say. Settings are not in it: see [`Self::config_schema`].
    #[must_use]
    pub fn descriptor(&self, package: &PackageInfo) -> ProcessorDescriptor {
        let execution = self.execution.unwrap_or(ProcessExecution::Reactive);
        let inputs = self.inputs.iter().flatten().map(InputDeclaration::descriptor);
        let outputs = self.outputs.iter().flatten().map(OutputDeclaration::descriptor);
        ProcessorDescriptor {
            version: self.version.as_ref().unwrap_or(&package.version).to_string(),
            description: self.description.clone().unwrap_or_default(),
            trigger: self.trigger.clone().unwrap_or_default(),
            needs: self.needs.unwrap_or_default(),
            inputs: inputs.collect(),
            outputs: outputs.collect(),
            latency: self.latency.unwrap_or_default(),
            exclusive: self.exclusive.clone(),
            ..ProcessorDescriptor::new(self.name.clone(), execution)
        }
    }
}

impl InputDeclaration {
    fn descriptor(&self) -> InputPortDescriptor {
        InputPortDescriptor {
            description: self.description.clone().unwrap_or_default(),
            formats: self.formats.clone().unwrap_or_default(),
            policy: DeliveryPolicy {
                delivery: self.delivery.unwrap_or_default(),
                depth: self.depth,
                max_age: self.max_age,
            },
            many: self.many.unwrap_or_default(),
            optional: self.optional.unwrap_or_default(),
            holds: self.holds.unwrap_or_default(),
            ..InputPortDescriptor::new(self.name.clone(), self.schema.clone())
        }
    }
}

impl OutputDeclaration {
    fn descriptor(&self) -> OutputPortDescriptor {
        OutputPortDescriptor {
            description: self.description.clone().unwrap_or_default(),
            formats: self.formats.clone().unwrap_or_default(),
            tie: self.same_as.clone().map(FormatTie::SameAs),
            max_per_call: self.max_per_call.unwrap_or(1),
            ..OutputPortDescriptor::new(self.name.clone(), self.schema.clone())
        }
    }
}
