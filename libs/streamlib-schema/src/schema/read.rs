//! From a JSON document to a schema.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::NESTING_MAX;
use super::error::{SchemaError, SchemaFault};
use super::node::{Form, Node, Properties, WholeKind};
use super::notes::{self, Metadata};
use crate::reference::{SchemaRef, nearest_name};

const KEYWORDS: [&str; 13] = [
    "additionalProperties",
    "definitions",
    "discriminator",
    "elements",
    "enum",
    "mapping",
    "metadata",
    "nullable",
    "optionalProperties",
    "properties",
    "ref",
    "type",
    "values",
];

/// The forms by the keywords that make them, each with those that may or must be there too.
const FORMS: [&[&str]; 7] = [
    &["ref"],
    &["type"],
    &["enum"],
    &["elements"],
    &["properties", "optionalProperties", "additionalProperties"],
    &["values"],
    &["discriminator", "mapping"],
];

/// The parts of a document.
pub(super) struct Document {
    pub(super) reference: Option<SchemaRef>,
    pub(super) root: Node,
    pub(super) definitions: BTreeMap<String, Node>,
    pub(super) defaults: Vec<Default>,
}

/// A default that is to be checked against its own part of the document.
pub(crate) struct Default {
    path: Vec<String>,
    node: Value,
    value: Value,
}

impl Default {
    pub(super) fn check(self, document: &Value) -> Result<(), SchemaError> {
        let mut part = self.node;
        if let (Some(part), Some(definitions)) = (part.as_object_mut(), document.get("definitions"))
        {
            part.insert("definitions".to_owned(), definitions.clone());
        }
        let (schema, _) = super::Schema::read(part)?;
        match schema.check(&self.value).first() {
            None => Ok(()),
            Some(problem) => {
                let fault = notes::note(notes::DEFAULT, format!("does not fit: {problem}"));
                Err(SchemaError { path: self.path, fault })
            }
        }
    }
}

/// The schema as the crate `jtd` sees it, with its own opinion.
pub(super) fn judge(json: Value) -> Result<::jtd::Schema, SchemaError> {
    let error = |message: String| SchemaError { path: vec![], fault: SchemaFault::Judge(message) };
    let serde: ::jtd::SerdeSchema =
        serde_json::from_value(json).map_err(|fault| error(fault.to_string()))?;
    let schema =
        ::jtd::Schema::from_serde_schema(serde).map_err(|fault| error(fault.to_string()))?;
    schema.validate().map_err(|fault| error(fault.to_string()))?;
    Ok(schema)
}

/// Reads a whole document.
pub(super) fn document(json: &Value) -> Result<Document, SchemaError> {
    let names = match json.get("definitions") {
        Some(Value::Object(map)) => map.keys().map(String::as_str).collect(),
        _ => BTreeSet::new(),
    };
    let mut reader = Reader { names, path: Vec::new(), defaults: Vec::new() };
    let root = reader.node(json)?;
    let mut definitions = BTreeMap::new();
    if let Some(value) = json.get("definitions") {
        reader.path.push("definitions".to_owned());
        definitions = reader.named(value, "a map of definitions")?;
        reader.path.pop();
    }
    for name in definitions.keys() {
        if is_endless(name, &definitions) {
            let path = vec!["definitions".to_owned(), name.clone()];
            return Err(SchemaError { path, fault: SchemaFault::Endless(name.clone()) });
        }
    }
    let reference = json.as_object().map_or(Ok(None), |map| Metadata::of(map)?.reference());
    let reference = reference.map_err(|fault| SchemaError { path: vec![], fault })?;
    Ok(Document { reference, root, definitions, defaults: reader.defaults })
}

fn is_endless(name: &str, definitions: &BTreeMap<String, Node>) -> bool {
    let mut at = name;
    for _ in definitions {
        match definitions.get(at).map(|node| &node.form) {
            Some(Form::Ref(next)) => at = next,
            _ => return false,
        }
    }
    true
}

struct Reader<'v> {
    names: BTreeSet<&'v str>,
    path: Vec<String>,
    defaults: Vec<Default>,
}

impl<'v> Reader<'v> {
    fn fail<T>(&self, fault: SchemaFault) -> Result<T, SchemaError> {
        Err(SchemaError { path: self.path.clone(), fault })
    }

    fn place<T>(&self, result: Result<T, SchemaFault>) -> Result<T, SchemaError> {
        result.map_err(|fault| SchemaError { path: self.path.clone(), fault })
    }

    /// The part under `key`, in its place.
    fn under<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(&mut Self) -> Result<T, SchemaError>,
    ) -> Result<T, SchemaError> {
        self.path.push(key.to_owned());
        let result = read(self)?;
        self.path.pop();
        Ok(result)
    }

    fn node(&mut self, value: &'v Value) -> Result<Node, SchemaError> {
        let Value::Object(map) = value else {
            return self.fail(SchemaFault::Expected { expected: "a map: a schema" });
        };
        if self.path.len() > NESTING_MAX {
            return self.fail(SchemaFault::TooDeep);
        }
        let is_root = self.path.is_empty();
        self.place(check_keywords(map, is_root))?;
        let nullable = match map.get("nullable") {
            None => false,
            Some(Value::Bool(nullable)) => *nullable,
            Some(_) => {
                return self.under("nullable", |reader| {
                    reader.fail(SchemaFault::Expected { expected: "true or false" })
                });
            }
        };
        let metadata = self.place(Metadata::of(map))?;
        let notes = self.place(metadata.notes())?;
        let form = self.form(map, &metadata)?;
        let allowed: &[&str] = match &form {
            Form::Whole(whole) if whole.kind.is_64_bit() => &[notes::TYPE, notes::MIN, notes::MAX],
            Form::Whole(_) | Form::Float(_) => &[notes::MIN, notes::MAX],
            Form::Bytes => &[notes::TYPE],
            Form::Elements { .. } => &[notes::LENGTH],
            _ => &[],
        };
        self.place(metadata.check(is_root, allowed))?;
        if let Some(default) = &notes.default {
            let mut node = map.clone();
            node.remove("definitions");
            if let Some(Value::Object(metadata)) = node.get_mut("metadata") {
                metadata.remove(notes::SCHEMA);
            }
            let value = default.clone();
            self.defaults.push(Default { path: self.path.clone(), node: node.into(), value });
        }
        Ok(Node { form, nullable, notes })
    }

    fn form(
        &mut self,
        map: &'v Map<String, Value>,
        metadata: &Metadata<'v>,
    ) -> Result<Form, SchemaError> {
        if let Some(value) = map.get("ref") {
            return self.under("ref", |reader| reader.reference(value));
        }
        if let Some(value) = map.get("type") {
            let Value::String(name) = value else {
                return self.under("type", |reader| {
                    reader.fail(SchemaFault::Expected { expected: "the name of a type" })
                });
            };
            return self.place(scalar(name, metadata));
        }
        if let Some(value) = map.get("enum") {
            return self.under("enum", |reader| reader.words(value));
        }
        if let Some(value) = map.get("elements") {
            let length = self.place(metadata.length())?;
            let of = Box::new(self.under("elements", |reader| reader.node(value))?);
            return Ok(Form::Elements { of, length });
        }
        if let Some(value) = map.get("values") {
            let of = self.under("values", |reader| reader.node(value))?;
            return Ok(Form::Values(Box::new(of)));
        }
        if let Some(value) = map.get("discriminator") {
            return self.discriminator(value, map.get("mapping"));
        }
        if map.contains_key("properties") || map.contains_key("optionalProperties") {
            return self.properties(map).map(Form::Properties);
        }
        Ok(Form::Empty)
    }

    fn reference(&self, value: &Value) -> Result<Form, SchemaError> {
        let Value::String(name) = value else {
            return self.fail(SchemaFault::Expected { expected: "the name of a definition" });
        };
        if !self.names.contains(name.as_str()) {
            let near = nearest_name(name, self.names.iter().copied()).map(str::to_owned);
            return self.fail(SchemaFault::NoDefinition(name.clone(), near));
        }
        Ok(Form::Ref(name.clone()))
    }

    fn words(&self, value: &Value) -> Result<Form, SchemaError> {
        let words = value.as_array().and_then(|list| {
            list.iter().map(|word| word.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
        });
        let Some(words) = words else {
            return self.fail(SchemaFault::Expected { expected: "a list of texts" });
        };
        if words.is_empty() {
            return self.fail(SchemaFault::EmptyEnum);
        }
        let mut seen = BTreeSet::new();
        if let Some(twice) = words.iter().find(|word| !seen.insert(word.as_str())) {
            return self.fail(SchemaFault::ValueTwice(twice.clone()));
        }
        Ok(Form::Enum(words))
    }

    fn named(
        &mut self,
        value: &'v Value,
        expected: &'static str,
    ) -> Result<BTreeMap<String, Node>, SchemaError> {
        let Value::Object(map) = value else {
            return self.fail(SchemaFault::Expected { expected });
        };
        let mut nodes = BTreeMap::new();
        for (name, value) in map {
            nodes.insert(name.clone(), self.under(name, |reader| reader.node(value))?);
        }
        Ok(nodes)
    }

    fn properties(&mut self, map: &'v Map<String, Value>) -> Result<Properties, SchemaError> {
        let mut part = |key: &str| match map.get(key) {
            None => Ok(BTreeMap::new()),
            Some(value) => self.under(key, |reader| reader.named(value, "a map of properties")),
        };
        let (required, optional) = (part("properties")?, part("optionalProperties")?);
        if let Some(twice) = optional.keys().find(|name| required.contains_key(*name)) {
            return self.fail(SchemaFault::PropertyTwice(twice.clone()));
        }
        let additional = match map.get("additionalProperties") {
            None => false,
            Some(Value::Bool(additional)) => *additional,
            Some(_) => {
                return self.under("additionalProperties", |reader| {
                    reader.fail(SchemaFault::Expected { expected: "true or false" })
                });
            }
        };
        Ok(Properties { required, optional, additional })
    }

    fn discriminator(
        &mut self,
        tag: &Value,
        mapping: Option<&'v Value>,
    ) -> Result<Form, SchemaError> {
        let Value::String(tag) = tag else {
            return self.under("discriminator", |reader| {
                reader.fail(SchemaFault::Expected { expected: "the name of a property" })
            });
        };
        let Some(mapping) = mapping else {
            let message = "`discriminator` stands together with `mapping`".to_owned();
            return self.fail(SchemaFault::Keywords(message));
        };
        let mapping = self.under("mapping", |reader| {
            let mapping = reader.named(mapping, "a map of schemas")?;
            for (name, node) in &mapping {
                let fault = match &node.form {
                    Form::Properties(properties) if !node.nullable => {
                        if properties.get(tag).is_none() {
                            continue;
                        }
                        SchemaFault::TagTwice(tag.clone())
                    }
                    _ => SchemaFault::Mapping,
                };
                return reader.under(name, |reader| reader.fail(fault));
            }
            Ok(mapping)
        })?;
        Ok(Form::Discriminator { tag: tag.clone(), mapping })
    }
}

fn check_keywords(map: &Map<String, Value>, is_root: bool) -> Result<(), SchemaFault> {
    if let Some(unknown) = map.keys().find(|key| !KEYWORDS.contains(&key.as_str())) {
        let near = nearest_name(unknown, KEYWORDS).map(str::to_owned);
        return Err(SchemaFault::UnknownKeyword(unknown.clone(), near));
    }
    // The crate `jtd` takes a keyword that is null for one that is absent; the RFC does not.
    if let Some((key, _)) = map.iter().find(|(_, value)| value.is_null()) {
        return Err(SchemaFault::Keywords(format!("`{key}` has no value")));
    }
    if !is_root && map.contains_key("definitions") {
        let message = "`definitions` stands at the top of a schema only".to_owned();
        return Err(SchemaFault::Keywords(message));
    }
    let is_there = |keyword: &&&str| map.contains_key(**keyword);
    let forms = FORMS.iter().filter_map(|form| form.iter().find(is_there));
    let forms: Vec<String> = forms.map(|keyword| format!("`{keyword}`")).collect();
    if forms.len() > 1 {
        let message = format!("{} do not go together; a schema has one form", forms.join(" and "));
        return Err(SchemaFault::Keywords(message));
    }
    for (keyword, with) in [
        ("additionalProperties", &["properties", "optionalProperties"][..]),
        ("mapping", &["discriminator"]),
    ] {
        if map.contains_key(keyword) && !with.iter().any(|with| map.contains_key(*with)) {
            let message = format!("`{keyword}` stands together with `{}`", with.join("` or `"));
            return Err(SchemaFault::Keywords(message));
        }
    }
    Ok(())
}

fn scalar(name: &str, metadata: &Metadata<'_>) -> Result<Form, SchemaFault> {
    let ours = metadata.type_name()?;
    match (name, ours) {
        ("float64", Some(kind @ ("int64" | "uint64"))) => {
            let kind = if kind == "int64" { WholeKind::Int64 } else { WholeKind::Uint64 };
            metadata.whole(kind).map(Form::Whole)
        }
        ("string", Some("bytes")) => Ok(Form::Bytes),
        ("float64" | "string", Some(other)) => Err(notes::note(
            notes::TYPE,
            format!("is int64 or uint64 on `float64` and bytes on `string`, not `{other}` here"),
        )),
        ("boolean", _) => Ok(Form::Boolean),
        ("string", None) => Ok(Form::Text),
        ("timestamp", _) => Ok(Form::Timestamp),
        ("float32", _) => metadata.float(true).map(Form::Float),
        ("float64", None) => metadata.float(false).map(Form::Float),
        (name, _) => match WholeKind::from_name(name) {
            Some(kind) if !kind.is_64_bit() => metadata.whole(kind).map(Form::Whole),
            _ => Err(unknown_type(name)),
        },
    }
}

fn unknown_type(name: &str) -> SchemaFault {
    let whole = WholeKind::ALL.into_iter().filter(|kind| !kind.is_64_bit());
    let mut known: Vec<_> = ["boolean", "string", "timestamp"].to_vec();
    known.extend(whole.map(WholeKind::as_str));
    known.extend(["float32", "float64"]);
    let mut known = known.join(", ");
    if WholeKind::from_name(name).is_some() {
        known.push_str(&format!("; write `float64` with the metadata `{}: {name}`", notes::TYPE));
    }
    SchemaFault::UnknownType { name: name.to_owned(), known }
}
