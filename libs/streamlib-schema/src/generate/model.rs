//! A schema as named types, whatever the language.

use std::collections::BTreeMap;

use super::names::{Unique, pascal};
use crate::schema::{Form, Node, Properties, Schema, WholeKind};

/// A reference to a type.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Type {
    Any,
    Boolean,
    Text,
    Bytes,
    Whole(WholeKind),
    Float { is_single: bool },
    Named(String),
    List(Box<Type>, Option<u32>),
    Map(Box<Type>),
    Nullable(Box<Type>),
}

impl Type {
    /// True if `null` is a value: what is absent cannot be told by it then.
    pub(super) fn takes_null(&self, model: &Model) -> bool {
        match self {
            Self::Any | Self::Nullable(_) => true,
            Self::Named(name) => match model.get(name).map(|named| &named.kind) {
                Some(Kind::Alias(of)) => of.takes_null(model),
                _ => false,
            },
            _ => false,
        }
    }

    /// Every type inside, itself included.
    pub(super) fn visit(&self, each: &mut impl FnMut(&Self)) {
        each(self);
        match self {
            Self::List(of, _) | Self::Map(of) | Self::Nullable(of) => of.visit(each),
            _ => {}
        }
    }
}

/// A type with a name.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    Record {
        fields: Vec<Field>,
        additional: bool,
    },
    Words(Vec<String>),
    /// The value of the tag, and the record that has the other fields.
    Union {
        tag: String,
        variants: Vec<(String, String)>,
    },
    Alias(Type),
}

/// A field of a record.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) of: Type,
    pub(super) is_optional: bool,
}

/// All types of a schema.
#[derive(Debug)]
pub(super) struct Model {
    /// Definitions first, then the root; what a type is made of comes before it where it has no
    /// name of its own in the schema.
    pub(super) types: Vec<Named>,
}

impl Model {
    pub(super) fn of(schema: &Schema, name: &str) -> Self {
        let mut unique = Unique::folded_without(&RESERVED);
        let root = unique.take(pascal(name));
        let definitions = schema.definitions();
        let names = definitions.keys().map(|name| (name.clone(), unique.take(pascal(name))));
        let mut builder = Builder { definitions: names.collect(), unique, types: Vec::new() };
        for (name, node) in definitions {
            let own = builder.definitions[name].clone();
            builder.declare(own, node);
        }
        builder.declare(root, schema.root());
        Self { types: builder.types }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Named> {
        self.types.iter().find(|named| named.name == name)
    }

    /// Every type that stands anywhere.
    pub(super) fn visit(&self, mut each: impl FnMut(&Type)) {
        for named in &self.types {
            match &named.kind {
                Kind::Record { fields, .. } => {
                    fields.iter().for_each(|field| field.of.visit(&mut each));
                }
                Kind::Alias(of) => of.visit(&mut each),
                Kind::Words(_) | Kind::Union { .. } => {}
            }
        }
    }
}

/// Names that the languages use themselves.
const RESERVED: [&str; 34] = [
    "Any",
    "Array",
    "BigInt",
    "Boolean",
    "Box",
    "Bytes",
    "Deserialize",
    "Dict",
    "Enum",
    "Err",
    "False",
    "Json",
    "JsonMap",
    "KeyError",
    "List",
    "None",
    "Null",
    "Number",
    "Object",
    "Ok",
    "Option",
    "Result",
    "Self",
    "Serialize",
    "Some",
    "String",
    "True",
    "Type",
    "TypeError",
    "Uint8Array",
    "Union",
    "Unset",
    "ValueError",
    "Vec",
];

struct Builder {
    /// Names of types by names of definitions.
    definitions: BTreeMap<String, String>,
    unique: Unique,
    types: Vec<Named>,
}

impl Builder {
    /// Declares the type of `node` under `name`.
    fn declare(&mut self, name: String, node: &Node) {
        let kind = match &node.form {
            _ if node.nullable => Kind::Alias(self.reference(&name, node)),
            Form::Enum(words) => Kind::Words(words.clone()),
            Form::Properties(properties) => self.record(&name, properties),
            Form::Discriminator { tag, mapping } => {
                let variants = mapping.iter().map(|(value, node)| {
                    let record = self.unique.take(format!("{name}{}", pascal(value)));
                    self.declare(record.clone(), node);
                    (value.clone(), record)
                });
                Kind::Union { tag: tag.clone(), variants: variants.collect() }
            }
            _ => Kind::Alias(self.reference(&name, node)),
        };
        let description = node.notes.description.clone();
        self.types.push(Named { name, description, kind });
    }

    fn record(&mut self, name: &str, properties: &Properties) -> Kind {
        let mut fields = Vec::new();
        for (nodes, is_optional) in [(&properties.required, false), (&properties.optional, true)] {
            for (field, node) in nodes {
                let of = self.reference(&format!("{name}{}", pascal(field)), node);
                let description = node.notes.description.clone();
                fields.push(Field { name: field.clone(), description, of, is_optional });
            }
        }
        Kind::Record { fields, additional: properties.additional }
    }

    /// The type of `node`; one that needs a name gets `name`.
    fn reference(&mut self, name: &str, node: &Node) -> Type {
        let of = match &node.form {
            Form::Empty => return Type::Any,
            Form::Ref(definition) => Type::Named(self.definitions[definition].clone()),
            Form::Boolean => Type::Boolean,
            Form::Text | Form::Timestamp => Type::Text,
            Form::Bytes => Type::Bytes,
            Form::Whole(whole) => Type::Whole(whole.kind),
            Form::Float(float) => Type::Float { is_single: float.is_single },
            Form::Elements { of, length } => {
                Type::List(Box::new(self.reference(&format!("{name}Item"), of)), *length)
            }
            Form::Values(of) => Type::Map(Box::new(self.reference(&format!("{name}Value"), of))),
            Form::Enum(_) | Form::Properties(_) | Form::Discriminator { .. } => {
                let own = self.unique.take(name.to_owned());
                self.declare(own.clone(), &Node { nullable: false, ..node.clone() });
                Type::Named(own)
            }
        };
        if node.nullable { Type::Nullable(Box::new(of)) } else { of }
    }
}
