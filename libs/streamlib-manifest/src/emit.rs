//! Values to YAML that reads back as the same values, with YAML 1.1 readers too.
//!
//! Text is written plain only when every YAML version reads it as text; otherwise in double
//! quotes, with everything escaped that is not printable.

use std::fmt::Write as _;

use crate::graph_file::GraphFile;
use crate::quantity::{parse_duration, parse_size};
use crate::value::{Map, Number, Value};
use crate::{scalar, write};

/// Longest line on which a small list or mapping is written in brackets.
const FLOW_CHARS_MAX: usize = 80;

/// Writes a graph as a YAML file. [`crate::parse_graph`] reads the same graph from it, provided
/// that its names follow their grammars.
#[must_use]
pub fn to_yaml(graph: &GraphFile) -> String {
    let mut out = String::new();
    match write::graph(graph) {
        Value::Map(map) => block_map(&map, 0, &mut out),
        other => flow(&other, &mut out),
    }
    out
}

fn block_map(map: &Map, indent: usize, out: &mut String) {
    for (key, value) in map {
        out.extend(std::iter::repeat_n(' ', indent));
        text(key, out);
        out.push(':');
        after_key(value, indent, out);
    }
}

/// A value after `key:`, with the line break at its end.
fn after_key(value: &Value, indent: usize, out: &mut String) {
    match as_flow(value, indent) {
        Some(line) => {
            out.push(' ');
            out.push_str(&line);
            out.push('\n');
        }
        None => {
            out.push('\n');
            block(value, indent + 2, out);
        }
    }
}

fn block(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Map(map) => block_map(map, indent, out),
        Value::List(items) => {
            for item in items {
                out.extend(std::iter::repeat_n(' ', indent));
                out.push('-');
                match as_flow(item, indent) {
                    Some(line) => {
                        out.push(' ');
                        out.push_str(&line);
                        out.push('\n');
                    }
                    None => {
                        out.push('\n');
                        block(item, indent + 2, out);
                    }
                }
            }
        }
        _ => {
            out.extend(std::iter::repeat_n(' ', indent));
            flow(value, out);
            out.push('\n');
        }
    }
}

/// The value on one line: scalars always, collections when they are empty or, below the top
/// level, hold only scalars and are short.
fn as_flow(value: &Value, indent: usize) -> Option<String> {
    let is_scalar = |value: &Value| !matches!(value, Value::List(_) | Value::Map(_));
    let (is_empty, is_flat) = match value {
        Value::List(items) => (items.is_empty(), items.iter().all(is_scalar)),
        Value::Map(map) => (map.is_empty(), map.values().all(is_scalar)),
        _ => (true, true),
    };
    if !is_empty && (!is_flat || indent == 0) {
        return None;
    }
    let mut line = String::new();
    flow(value, &mut line);
    (is_empty || line.chars().count() + indent <= FLOW_CHARS_MAX).then_some(line)
}

fn flow(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(value) => number(value, out),
        Value::String(value) => text(value, out),
        Value::List(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                flow(item, out);
            }
            out.push(']');
        }
        Value::Map(map) if map.is_empty() => out.push_str("{}"),
        Value::Map(map) => {
            out.push_str("{ ");
            for (at, (key, value)) in map.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                text(key, out);
                out.push_str(": ");
                flow(value, out);
            }
            out.push_str(" }");
        }
    }
}

/// A float is written with a point, which makes it one for YAML 1.1 as well.
fn number(number: &Number, out: &mut String) {
    let mut written = number.to_string();
    if number.is_f64() && !written.contains('.') {
        let digits_end = written.find('e').unwrap_or(written.len());
        written.insert_str(digits_end, ".0");
    }
    out.push_str(&written);
}

fn text(text: &str, out: &mut String) {
    if is_plain(text) {
        out.push_str(text);
    } else {
        quoted(text, out);
    }
}

/// Whether every YAML version reads the unquoted text as this text, in any place. Durations and
/// sizes are digits and then a unit, which no number is.
fn is_plain(text: &str) -> bool {
    if parse_duration(text).is_ok() || parse_size(text).is_ok() {
        return true;
    }
    const TAKEN: &[&str] =
        &["y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf"];
    let bytes = text.as_bytes();
    let starts = bytes.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_' || *b == b'/');
    starts
        && bytes.last() != Some(&b' ')
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"_-./> ".contains(b))
        && !TAKEN.contains(&text.to_ascii_lowercase().as_str())
        && scalar::resolve(text) == scalar::Scalar::Text
}

/// Text in double quotes.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::new();
    quoted(text, &mut out);
    out
}

fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_printable(c) => out.push(c),
            c => {
                let code = u32::from(c);
                let escape = if code > 0xffff {
                    write!(out, "\\U{code:08x}")
                } else {
                    write!(out, "\\u{code:04x}")
                };
                // Writing to a string cannot fail.
                escape.unwrap_or_default();
            }
        }
    }
    out.push('"');
}

/// Characters that stand for themselves in quotes: no controls, no line or paragraph separators,
/// no byte order mark, no direction marks, no noncharacters.
fn is_printable(c: char) -> bool {
    !c.is_control()
        && !matches!(c,
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{200e}' | '\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fdd0}'..='\u{fdef}')
        && u32::from(c) & 0xfffe != 0xfffe
}
