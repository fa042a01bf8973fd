//! A checked document to the model.
//!
//! What the check has reported is passed over here, so the model holds what could be read and
//! nothing is said twice.

use std::str::FromStr;

use semver::{Version, VersionReq};
use streamlib_schema::{Delivery, Latency, Needs, ProcessExecution, Schema, SchemaRef, Trigger};

use super::formats;
use super::model::{
    ConfigSchema, Dependency, InputDeclaration, OutputDeclaration, PackageInfo, PackageManifest,
    PackageProcessor, Permissions, Runtime, SchemaSource,
};
use super::names::{check_package_name, parse_range, parse_version};
use super::source::PackageSource;
use crate::identifier::{check_identifier, check_type_name};
use crate::node::Node;
use crate::read::{boolean, duration, integer, text, value};

/// Reads the model of a manifest from its root.
pub(super) fn manifest(root: &Node) -> PackageManifest {
    let package = root.get("package").map_or_else(nothing, package);
    let names = Names { namespace: package.namespace.as_deref() };
    let processors = items(root, "processors");
    let processors = processors.filter_map(|(_, node)| processor(node, &names));
    PackageManifest {
        processors: processors.collect(),
        dependencies: entries(root, "dependencies")
            .filter(|(name, _)| check_package_name(name).is_ok())
            .filter_map(|(name, node)| Some((name.to_owned(), dependency(node)?)))
            .collect(),
        schemas: entries(root, "schemas")
            .filter_map(|(name, node)| Some((names.schema(name)?, schema_source(node)?)))
            .collect(),
        graph: text(root, "graph"),
        env: entries(root, "env")
            .filter_map(|(name, node)| Some((name.to_owned(), node.as_text()?.to_owned())))
            .collect(),
        permissions: root.get("permissions").map(permissions).unwrap_or_default(),
        package,
    }
}

/// The processors of the document that can be read, each with its place in the list.
pub(super) fn processors<'n>(
    root: &'n Node,
    namespace: Option<&'n str>,
) -> impl Iterator<Item = (usize, &'n Node, PackageProcessor)> {
    let names = Names { namespace };
    items(root, "processors")
        .filter_map(move |(at, node)| Some((at, node, processor(node, &names)?)))
}

/// Puts the namespace before short names.
struct Names<'m> {
    namespace: Option<&'m str>,
}

impl Names<'_> {
    fn full(&self, name: &str) -> String {
        match self.namespace {
            Some(namespace) if !name.contains('.') => format!("{namespace}.{name}"),
            _ => name.to_owned(),
        }
    }

    fn schema(&self, text: &str) -> Option<SchemaRef> {
        let (name, version) = text.split_once('@')?;
        format!("{}@{version}", self.full(name)).parse().ok()
    }
}

fn nothing() -> PackageInfo {
    PackageInfo {
        name: String::new(),
        version: Version::new(0, 0, 0),
        namespace: None,
        description: None,
        authors: Vec::new(),
        licence: None,
        streamlib_version: None,
        include: Vec::new(),
        exclude: Vec::new(),
    }
}

fn package(node: &Node) -> PackageInfo {
    let namespace = text(node, "namespace").filter(|name| check_package_name(name).is_ok());
    let names = Names { namespace: namespace.as_deref() };
    let name = text(node, "name").filter(|name| check_package_name(name).is_ok());
    PackageInfo {
        name: name.map(|name| names.full(&name)).unwrap_or_default(),
        version: version(node).unwrap_or(Version::new(0, 0, 0)),
        description: text(node, "description"),
        authors: texts(node, "authors"),
        licence: text(node, "licence").or_else(|| text(node, "license")),
        streamlib_version: range(node, "streamlib_version"),
        include: texts(node, "include"),
        exclude: texts(node, "exclude"),
        namespace,
    }
}

fn entries<'n>(node: &'n Node, key: &str) -> impl Iterator<Item = (&'n str, &'n Node)> {
    let entries = node.get(key).map(Node::entries).unwrap_or_default();
    entries.iter().map(|entry| (entry.key.as_str(), &entry.value))
}

fn items<'n>(node: &'n Node, key: &str) -> impl Iterator<Item = (usize, &'n Node)> + use<'n> {
    node.get(key).map(Node::items).unwrap_or_default().iter().enumerate()
}

fn texts(node: &Node, key: &str) -> Vec<String> {
    items(node, key).filter_map(|(_, item)| Some(item.as_text()?.to_owned())).collect()
}

fn version(node: &Node) -> Option<Version> {
    parse_version(node.get("version")?.as_text()?).ok()
}

fn range(node: &Node, key: &str) -> Option<VersionReq> {
    parse_range(node.get(key)?.as_text()?).ok()
}

fn parsed<T: FromStr>(node: &Node, key: &str) -> Option<T> {
    node.get(key)?.as_text()?.parse().ok()
}

fn processor(node: &Node, names: &Names<'_>) -> Option<PackageProcessor> {
    let name = text(node, "name").filter(|name| check_type_name(name).is_ok())?;
    let ports = |key| node.get(key).map(Node::items);
    Some(PackageProcessor {
        name: names.full(&name),
        version: version(node),
        description: text(node, "description"),
        runtime: match node.get("runtime")?.as_text()? {
            "deno" => Runtime::TypeScript,
            word => Runtime::from_word(word)?,
        },
        execution: node.get("execution").and_then(execution),
        trigger: node.get("trigger").and_then(trigger),
        needs: node.get("needs").map(needs),
        latency: node.get("latency").map(latency),
        exclusive: text(node, "exclusive"),
        entrypoint: parsed(node, "entrypoint"),
        config_schema: node.get("config_schema").and_then(|node| config_schema(node, names)),
        inputs: ports("inputs").map(|all| all.iter().filter_map(|n| input(n, names)).collect()),
        outputs: ports("outputs").map(|all| all.iter().filter_map(|n| output(n, names)).collect()),
    })
}

/// How a processor works; `None` for an interval that is not whole milliseconds.
pub(super) fn execution(node: &Node) -> Option<ProcessExecution> {
    let mode = node.as_text().or_else(|| node.get("mode")?.as_text())?;
    match mode {
        "reactive" => Some(ProcessExecution::Reactive),
        "manual" => Some(ProcessExecution::Manual),
        "continuous" => {
            let interval = duration(node, "interval").unwrap_or_default();
            let is_whole = interval.subsec_nanos().is_multiple_of(1_000_000);
            let interval_ms = u64::try_from(interval.as_millis()).ok().filter(|_| is_whole)?;
            Some(ProcessExecution::Continuous { interval_ms })
        }
        _ => None,
    }
}

fn nanos(node: &Node, key: &str) -> Option<u64> {
    u64::try_from(duration(node, key)?.as_nanos()).ok()
}

fn trigger(node: &Node) -> Option<Trigger> {
    match (node.as_text(), text(node, "primary"), nanos(node, "aligned")) {
        (Some("any"), ..) => Some(Trigger::Any),
        (None, Some(port), None) => Some(Trigger::Primary(port)),
        (None, None, Some(tolerance_ns)) => Some(Trigger::Aligned { tolerance_ns }),
        _ => None,
    }
}

fn needs(node: &Node) -> Needs {
    let flag = |key| boolean(node, key).unwrap_or(false);
    Needs {
        real_time: flag("real_time"),
        blocking: flag("blocking"),
        main_thread: flag("main_thread"),
        cheap: flag("cheap"),
        live: flag("live"),
        call_limit: duration(node, "call_limit").unwrap_or(Needs::default().call_limit),
    }
}

fn latency(node: &Node) -> Latency {
    let min_ns = nanos(node, "min").unwrap_or(0);
    Latency { min_ns, max_ns: nanos(node, "max").unwrap_or(min_ns) }
}

fn config_schema(node: &Node, names: &Names<'_>) -> Option<ConfigSchema> {
    match node.as_text() {
        Some(name) => names.schema(name).map(ConfigSchema::Named),
        None => inline_schema(node).map(ConfigSchema::Inline),
    }
}

fn schema_source(node: &Node) -> Option<SchemaSource> {
    match node.as_text() {
        Some(path) => Some(SchemaSource::File(path.to_owned())),
        None => inline_schema(node).map(SchemaSource::Inline),
    }
}

fn inline_schema(node: &Node) -> Option<Box<Schema>> {
    Schema::new(value(node).into()).ok().map(Box::new)
}

fn port_head(node: &Node, names: &Names<'_>) -> Option<(String, SchemaRef)> {
    let name = text(node, "name").filter(|name| check_identifier(name).is_ok())?;
    Some((name, names.schema(node.get("schema")?.as_text()?)?))
}

fn input(node: &Node, names: &Names<'_>) -> Option<InputDeclaration> {
    let (name, schema) = port_head(node, names)?;
    Some(InputDeclaration {
        name,
        schema,
        description: text(node, "description"),
        formats: node.get("formats").map(formats::set),
        delivery: match node.get("delivery").and_then(Node::as_text) {
            Some("latest") => Some(Delivery::Latest),
            Some("every_sample") => Some(Delivery::EverySample),
            Some("lossless") => Some(Delivery::Lossless),
            _ => None,
        },
        depth: integer(node, "depth"),
        max_age: duration(node, "max_age"),
        many: boolean(node, "many"),
        optional: boolean(node, "optional"),
        holds: integer(node, "holds"),
    })
}

fn output(node: &Node, names: &Names<'_>) -> Option<OutputDeclaration> {
    let (name, schema) = port_head(node, names)?;
    Some(OutputDeclaration {
        name,
        schema,
        description: text(node, "description"),
        formats: node.get("formats").map(formats::set),
        same_as: text(node, "same_as"),
        max_per_call: integer(node, "max_per_call"),
    })
}

fn dependency(node: &Node) -> Option<Dependency> {
    if let Some(short) = node.as_text() {
        return Some(Dependency { range: parse_range(short).ok()?, source: None });
    }
    let range = range(node, "version").unwrap_or(VersionReq::STAR);
    let folder = text(node, "path").map(|path| PackageSource::folder(&path));
    let file = || text(node, "file").map(PackageSource::File);
    let url = || url(node);
    let source = folder.or_else(file).or_else(url);
    Some(Dependency { range, source })
}

fn url(node: &Node) -> Option<PackageSource> {
    match PackageSource::url(node.get("url")?.as_text()?).ok()? {
        PackageSource::Url { url, sha256 } => {
            Some(PackageSource::Url { url, sha256: text(node, "sha256").or(sha256) })
        }
        other => Some(other),
    }
}

fn permissions(node: &Node) -> Permissions {
    Permissions {
        network: texts(node, "network"),
        read: texts(node, "read"),
        write: texts(node, "write"),
        run: texts(node, "run"),
        devices: texts(node, "devices"),
    }
}
