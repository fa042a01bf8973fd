//! `streamlib processors`: what graphs can be made of.

use serde_json::Value;
use streamlib_protocol::ProcessorTypes;
use streamlib_schema::{
    ConfigField, ConfigType, Delivery, FormatTie, InputPortDescriptor, OutputPortDescriptor,
    ProcessExecution, ProcessorDescriptor, Trigger, nearest_name,
};

use crate::args::PluginArguments;
use crate::error::Error;
use crate::program;
use crate::screen::Screen;
use crate::table::Table;

/// Prints all types.
pub(crate) fn list(
    plugins: &PluginArguments,
    json: bool,
    screen: &mut Screen,
) -> Result<(), Error> {
    let types: ProcessorTypes = program::ask("processors", program::plugin_arguments(plugins))?;
    if json {
        return screen.print_json(&types);
    }
    let mut table = Table::new(&["TYPE", "INPUTS", "OUTPUTS", "WHAT IT DOES"]);
    for one in &types.processors {
        table.row([
            one.name.clone(),
            one.inputs.iter().map(|port| port.name.as_str()).collect::<Vec<_>>().join(", "),
            one.outputs.iter().map(|port| port.name.as_str()).collect::<Vec<_>>().join(", "),
            first_sentence(&one.description).to_owned(),
        ]);
    }
    screen.print(&table.to_text())
}

/// Prints everything about one type.
pub(crate) fn describe(
    name: &str,
    plugins: &PluginArguments,
    json: bool,
    screen: &mut Screen,
) -> Result<(), Error> {
    let types: ProcessorTypes = program::ask("processors", program::plugin_arguments(plugins))?;
    let found = types.find(name).ok_or_else(|| no_such_type(&types, name))?;
    if json {
        return screen.print_json(found);
    }
    screen.print(&description(found))
}

pub(super) fn no_such_type(types: &ProcessorTypes, name: &str) -> Error {
    let full = types.processors.iter().map(|one| one.name.as_str());
    let last = full.clone().filter_map(|name| name.rsplit('.').next());
    let near = nearest_name(name, full).or_else(|| nearest_name(name, last));
    Error::NoSuchType { name: name.to_owned(), near: near.map(|near| near.to_string()) }
}

pub(super) fn first_sentence(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default();
    line.split_inclusive(". ").next().unwrap_or_default().trim_end().trim_end_matches('.')
}

/// A type as text: what it does, its ports, its settings.
fn description(one: &ProcessorDescriptor) -> String {
    let mut text = format!("{} {}\n", one.name, one.version);
    for line in one.description.lines() {
        text.push_str(&format!("  {line}\n"));
    }
    text.push_str(&format!("\nWorks: {}\n", how_it_works(one)));
    section(&mut text, "Inputs", one.inputs.iter().map(input));
    section(&mut text, "Outputs", one.outputs.iter().map(output));
    section(&mut text, "Settings", one.config.iter().map(|field| setting(field, "")));
    text
}

fn section(text: &mut String, head: &str, parts: impl ExactSizeIterator<Item = String>) {
    if parts.len() == 0 {
        text.push_str(&format!("\n{head}: none\n"));
        return;
    }
    text.push_str(&format!("\n{head}:\n"));
    text.extend(parts);
}

fn how_it_works(one: &ProcessorDescriptor) -> String {
    let mut words = vec![match one.execution {
        ProcessExecution::Continuous { interval_ms: 0 } => "whenever there is room".to_owned(),
        ProcessExecution::Continuous { interval_ms } => format!("every {interval_ms} ms"),
        ProcessExecution::Manual => "when told".to_owned(),
        ProcessExecution::Reactive => match &one.trigger {
            Trigger::Any => "on a frame at any input".to_owned(),
            Trigger::Primary(port) => format!("on a frame at `{port}`"),
            Trigger::Aligned { tolerance_ns } => format!(
                "on one frame from every input, timestamps within {}",
                crate::text::time(*tolerance_ns)
            ),
        },
    }];
    let needs = one.needs;
    let flags = [
        (needs.real_time, "in real time"),
        (needs.blocking, "on a thread of its own, since it may wait"),
        (needs.main_thread, "on the main thread"),
        (needs.live, "live: it cannot be held up"),
    ];
    words.extend(flags.iter().filter(|(set, _)| *set).map(|(_, word)| (*word).to_owned()));
    if let Some(field) = &one.exclusive {
        words.push(format!("one at a time for each `{field}`"));
    }
    words.join(", ")
}

fn input(port: &InputPortDescriptor) -> String {
    let mut notes = vec![match port.policy.delivery {
        Delivery::Latest => "latest".to_owned(),
        other => format!("{}, depth {}", other.as_str(), port.policy.depth()),
    }];
    let flags = [(port.many, "takes several links"), (port.optional, "optional")];
    notes.extend(flags.iter().filter(|(set, _)| *set).map(|(_, note)| (*note).to_owned()));
    port_text(&port.name, &port.description, &port.formats.to_string(), &notes.join(", "))
}

fn output(port: &OutputPortDescriptor) -> String {
    let formats = match &port.tie {
        Some(FormatTie::SameAs(input)) => format!("the format of `{input}`"),
        None => port.formats.to_string(),
    };
    port_text(&port.name, &port.description, &formats, "")
}

fn port_text(name: &str, description: &str, formats: &str, notes: &str) -> String {
    let notes = if notes.is_empty() { String::new() } else { format!(" ({notes})") };
    let description = description.replace('\n', " ");
    let mut text = format!("  {name}{notes}\n");
    for line in [description.as_str(), formats].into_iter().filter(|line| !line.is_empty()) {
        text.push_str(&format!("      {line}\n"));
    }
    text
}

fn setting(field: &ConfigField, indent: &str) -> String {
    let default = match &field.default {
        None => "required".to_owned(),
        Some(Value::Null) => "may be left open".to_owned(),
        Some(value) => format!("default {value}"),
    };
    let unit = if field.unit.is_empty() { String::new() } else { format!(" {}", field.unit) };
    let mut text = format!(
        "{indent}  {}: {}{unit}, {default}\n{indent}      {}\n",
        field.name,
        type_text(&field.value_type),
        field.description.replace('\n', " "),
    );
    if let ConfigType::Map { fields } = &field.value_type {
        text.extend(fields.iter().map(|field| setting(field, &format!("{indent}    "))));
    }
    text
}

const U32_MAX: i64 = u32::MAX as i64;

fn type_text(value_type: &ConfigType) -> String {
    match value_type {
        ConfigType::Boolean => "true or false".to_owned(),
        ConfigType::Integer { min: i64::MIN, max: i64::MAX } => "whole number".to_owned(),
        // The limit of the number's type is none of the setting.
        ConfigType::Integer { min, max: i64::MAX | U32_MAX } => format!("whole number from {min}"),
        ConfigType::Integer { min, max } => format!("whole number from {min} to {max}"),
        ConfigType::Number { min, max } => match (*min <= f64::MIN, *max >= f64::MAX) {
            (true, true) => "number".to_owned(),
            (false, true) => format!("number from {min}"),
            (true, false) => format!("number up to {max}"),
            (false, false) => format!("number from {min} to {max}"),
        },
        ConfigType::Text => "text".to_owned(),
        ConfigType::Choice { values } => values.join(" | "),
        ConfigType::List { of } => format!("list of: {}", type_text(of)),
        ConfigType::Map { .. } => "map".to_owned(),
        ConfigType::Any => "any value".to_owned(),
    }
}
