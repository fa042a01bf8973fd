//! `streamlib set`: settings of a processor of a running graph.

use serde_json::{Map, Value};
use streamlib_protocol::{Change, ConfigMode, ProcessorTypes, Snapshot, TransactionRequest, paths};
use streamlib_schema::{ConfigField, ConfigType};

use super::control::print_reply;
use crate::args::SetArguments;
use crate::error::Error;
use crate::running;
use crate::screen::Screen;

/// Changes the settings in one transaction.
pub(crate) fn set(arguments: &SetArguments, screen: &mut Screen) -> Result<(), Error> {
    let (graph, processor) = running::split_target(&arguments.target);
    let graph = running::find(graph)?;
    let client = graph.client();
    let snapshot: Snapshot = client.get(paths::SNAPSHOT)?;
    let declared = snapshot.processors.iter().find(|one| one.id == processor);
    let declared = declared.ok_or_else(|| Error::NoSuchProcessor {
        processor: processor.to_owned(),
        graph: graph.name.graph.clone(),
        there: snapshot.processors.iter().map(|one| one.id.clone()).collect(),
    })?;
    let types: ProcessorTypes = client.get(paths::PROCESSORS)?;
    let fields = types.find(&declared.type_name).map_or(&[][..], |found| &found.config);
    let settings = arguments.settings.iter();
    let config: Map<String, Value> =
        settings.map(|one| (one.name.clone(), value(fields, &one.name, &one.value))).collect();
    let change =
        Change::SetConfig { processor: processor.to_owned(), config, mode: ConfigMode::Merge };
    let request = TransactionRequest {
        changes: vec![change],
        dry_run: arguments.dry_run,
        base_revision: Some(snapshot.revision),
    };
    print_reply(&client.post(paths::TRANSACTION, &request)?, screen)
}

/// The text of a setting as its field takes it. What does not fit stays text, and the runtime
/// says what it takes.
fn value(fields: &[ConfigField], name: &str, text: &str) -> Value {
    let field = fields.iter().find(|field| field.name == name);
    match field.map(|field| &field.value_type) {
        Some(ConfigType::Text | ConfigType::Choice { .. }) => text.into(),
        _ => serde_json::from_str(text).unwrap_or_else(|_no_json| text.into()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_setting_is_read_as_its_field_takes_it() {
        let field = |name: &str, value_type| ConfigField {
            name: name.to_owned(),
            description: String::new(),
            value_type,
            default: None,
            unit: String::new(),
        };
        let fields = [
            field("path", ConfigType::Text),
            field("rate", ConfigType::Integer { min: 0, max: 9 }),
            field("loop", ConfigType::Boolean),
            field("crop", ConfigType::List { of: Box::new(ConfigType::Any) }),
        ];
        let check = |name: &str, text: &str, expected: Value| {
            assert_eq!(value(&fields, name, text), expected, "{name}={text}");
        };
        check("path", "12", json!("12"));
        check("rate", "12", json!(12));
        check("rate", "many", json!("many"));
        check("loop", "true", json!(true));
        check("crop", "[1,2]", json!([1, 2]));
        check("unknown", "1.5", json!(1.5));
        check("unknown", "a b", json!("a b"));
    }
}
