//! A schema as text: its fields, one below the other.

use streamlib_schema::Schema;
use streamlib_schema::schema::{Form, Node, Properties};

/// The whole schema.
pub(super) fn outline(schema: &Schema) -> String {
    let mut text = String::new();
    if let Some(reference) = schema.reference() {
        text.push_str(&format!("{reference}\n"));
    }
    for line in schema.root().notes.description.lines() {
        text.push_str(&format!("  {line}\n"));
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(&format!("It is {}\n", kind(schema.root())));
    parts(&mut text, schema.root(), 1);
    for (name, node) in schema.definitions() {
        text.push_str(&format!("\n`{name}` is {}\n", kind(node)));
        for line in node.notes.description.lines() {
            text.push_str(&format!("  {line}\n"));
        }
        parts(&mut text, node, 1);
    }
    text
}

/// What a part is, a phrase.
fn kind(node: &Node) -> String {
    let unit = match node.notes.unit.as_str() {
        "" => String::new(),
        unit => format!(", {unit}"),
    };
    let kind = match &node.form {
        Form::Elements { of, length: None } => format!("a list of: {}", kind(of)),
        Form::Elements { of, length: Some(length) } => format!("a list of {length}: {}", kind(of)),
        Form::Values(of) => format!("a map of: {}", kind(of)),
        Form::Properties(properties) if properties.additional => {
            "a map, other names allowed".to_owned()
        }
        Form::Ref(name) => format!("`{name}`"),
        Form::Whole(whole) if (whole.min, whole.max) == whole.kind.bounds() => {
            format!("{}{unit}", whole.kind.as_str())
        }
        Form::Whole(_) | Form::Float(_) => node.expected(),
        _ => format!("{}{unit}", node.expected()),
    };
    if node.nullable { format!("{kind}, or null") } else { kind }
}

fn parts(text: &mut String, node: &Node, depth: usize) {
    match &node.form {
        Form::Elements { of, .. } | Form::Values(of) => parts(text, of, depth),
        Form::Properties(properties) => fields(text, properties, depth),
        Form::Discriminator { tag, mapping } => {
            for (name, node) in mapping {
                text.push_str(&format!("{}where `{tag}` is {name}:\n", "  ".repeat(depth)));
                parts(text, node, depth + 1);
            }
        }
        _ => {}
    }
}

fn fields(text: &mut String, properties: &Properties, depth: usize) {
    let indent = "  ".repeat(depth);
    for (nodes, is_required) in [(&properties.required, true), (&properties.optional, false)] {
        for (name, node) in nodes {
            let presence = match (&node.notes.default, is_required) {
                (_, true) => String::new(),
                (Some(default), false) => format!(", default {default}"),
                (None, false) => ", optional".to_owned(),
            };
            text.push_str(&format!("{indent}{name}: {}{presence}\n", kind(node)));
            for line in node.notes.description.lines().filter(|line| !line.is_empty()) {
                text.push_str(&format!("{indent}    {line}\n"));
            }
            parts(text, node, depth + 1);
        }
    }
}
