//! TypeScript: types in the shape of the JSON, and functions that read and write them.

use super::model::{Field, Kind, Model, Named, Type};

/// Begins every file. 64-bit numbers are `bigint`, which `JSON.parse` and `JSON.stringify` do not
/// know, hence two functions in their place.
const HEAD: &str = include_str!("typescript_head.ts");

pub(super) fn print(model: &Model) -> String {
    let mut text = HEAD.to_owned();
    for named in &model.types {
        text.push('\n');
        text.push_str(&documentation(&named.description, ""));
        let (declared, read, write) = match &named.kind {
            Kind::Record { fields, additional } => record(named, fields, *additional),
            Kind::Words(words) => enumeration(named, words),
            Kind::Union { tag, variants } => union(named, tag, variants),
            Kind::Alias(of) => (
                format!("export type {} = {};\n", named.name, spell(of)),
                format!("  return {};\n", read(of, "value", 0)),
                format!("  return {};\n", write(of, "value", 0)),
            ),
        };
        let name = &named.name;
        text.push_str(&format!(
            "{declared}\nexport function read{name}(value: Json): {name} {{\n{read}}}\n\n\
             export function write{name}(value: {name}): Json {{\n{write}}}\n"
        ));
    }
    text
}

fn literal(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn documentation(text: &str, indent: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    match lines.as_slice() {
        [] => String::new(),
        lines => {
            let text = lines.join(&format!("\n{indent} * ")).replace("*/", "* /");
            format!("{indent}/** {text} */\n")
        }
    }
}

fn enumeration(named: &Named, words: &[String]) -> (String, String, String) {
    let words: Vec<String> = words.iter().map(|word| literal(word)).collect();
    let read = format!(
        "  for (const known of [{}] as const) {{\n    if (value === known) return known;\n  }}\n  \
         throw refused({}, value);\n",
        words.join(", "),
        literal(&format!("one of {}", words.join(", ")))
    );
    let declared = format!("export type {} = {};\n", named.name, words.join(" | "));
    (declared, read, "  return value;\n".to_owned())
}

fn union(named: &Named, tag: &str, variants: &[(String, String)]) -> (String, String, String) {
    let tag = literal(tag);
    let (mut forms, mut read, mut write) = (Vec::new(), String::new(), String::new());
    read.push_str(&format!("  const {{ {tag}: tag, ...rest }} = map(value);\n  switch (tag) {{\n"));
    write.push_str(&format!("  switch (value[{tag}]) {{\n"));
    for (value, record) in variants {
        let value = literal(value);
        forms.push(format!("({{ {tag}: {value} }} & {record})"));
        read.push_str(&format!(
            "    case {value}:\n      return {{ ...read{record}(rest), {tag}: {value} }};\n"
        ));
        write.push_str(&format!(
            "    case {value}:\n      return {{ ...map(write{record}(value)), {tag}: {value} }};\n"
        ));
    }
    read.push_str("  }\n  throw refused(\"a known form\", tag ?? null);\n");
    write.push_str("  }\n");
    (format!("export type {} =\n  | {};\n", named.name, forms.join("\n  | ")), read, write)
}

fn record(named: &Named, fields: &[Field], additional: bool) -> (String, String, String) {
    let mut declared = format!("export interface {} {{\n", named.name);
    let (mut reads, mut writes) = (String::new(), String::new());
    let names: Vec<String> = fields.iter().map(|field| literal(&field.name)).collect();
    for (field, key) in fields.iter().zip(&names) {
        declared.push_str(&documentation(&field.description, "  "));
        let (mark, of) = (if field.is_optional { "?" } else { "" }, &field.of);
        declared.push_str(&format!("  {key}{mark}: {};\n", spell(of)));
        let (from, to) = (read(of, "part", 0), write(of, "part", 0));
        let value = if field.is_optional { "optional" } else { "required" };
        reads.push_str(&format!(
            "    ...{value}({key}, from[{key}], (part): {} => {from}),\n",
            spell(of)
        ));
        writes.push_str(&format!("    ...{value}({key}, value[{key}], (part): Json => {to}),\n"));
    }
    declared.push_str("}\n");
    let check = match additional {
        true => String::new(),
        false => format!("  onlyNames(from, [{}]);\n", names.join(", ")),
    };
    let read = format!("  const from = map(value);\n{check}  return {{\n{reads}  }};\n");
    (declared, read, format!("  return {{\n{writes}  }};\n"))
}

fn spell(of: &Type) -> String {
    match of {
        Type::Any => "Json".to_owned(),
        Type::Boolean => "boolean".to_owned(),
        Type::Text => "string".to_owned(),
        Type::Bytes => "Uint8Array".to_owned(),
        Type::Whole(kind) if kind.is_64_bit() => "bigint".to_owned(),
        Type::Whole(_) | Type::Float { .. } => "number".to_owned(),
        Type::Named(name) => name.clone(),
        Type::List(of, _) => format!("({})[]", spell(of)),
        Type::Map(of) => format!("{{ [name: string]: {} }}", spell(of)),
        Type::Nullable(of) => format!("{} | null", spell(of)),
    }
}

/// An expression that reads `place`.
fn read(of: &Type, place: &str, depth: usize) -> String {
    let item = format!("item{depth}");
    match of {
        Type::Any => place.to_owned(),
        Type::Boolean => format!("boolean({place})"),
        Type::Text => format!("text({place})"),
        Type::Bytes => format!("fromBase64({place})"),
        Type::Whole(kind) if kind.is_64_bit() => format!("whole64({place})"),
        Type::Whole(_) => format!("whole({place})"),
        Type::Float { .. } => format!("number({place})"),
        Type::Named(name) => format!("read{name}({place})"),
        Type::List(of, _) => {
            format!("list({place}).map(({item}) => {})", read(of, &item, depth + 1))
        }
        Type::Map(of) => {
            format!("eachOf(map({place}), ({item}) => {})", read(of, &item, depth + 1))
        }
        Type::Nullable(of) => format!("({place} === null ? null : {})", read(of, place, depth)),
    }
}

/// An expression that writes `place`.
fn write(of: &Type, place: &str, depth: usize) -> String {
    let item = format!("item{depth}");
    match of {
        Type::Any | Type::Boolean | Type::Text | Type::Whole(_) | Type::Float { .. } => {
            place.to_owned()
        }
        Type::Bytes => format!("toBase64({place})"),
        Type::Named(name) => format!("write{name}({place})"),
        Type::List(of, _) => format!("{place}.map(({item}) => {})", write(of, &item, depth + 1)),
        Type::Map(of) => format!("eachOf({place}, ({item}) => {})", write(of, &item, depth + 1)),
        Type::Nullable(of) => format!("({place} === null ? null : {})", write(of, place, depth)),
    }
}
