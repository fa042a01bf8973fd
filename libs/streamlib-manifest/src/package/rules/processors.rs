//! What must hold inside a processor of a manifest.

use std::collections::HashMap;

use streamlib_schema::ProcessExecution;
use streamlib_schema::schema::Form;

use super::{
    Code, ConfigSchema, Node, NodeKind, NodePath, PackageProcessor, Rules, Runtime, Schema,
    formats, read, suggest,
};

impl Rules<'_, '_, '_> {
    pub(super) fn processors(&mut self, root: &Node) {
        let namespace = self.manifest.package.namespace.clone();
        for (at, node, processor) in read::processors(root, namespace.as_deref()) {
            let path = NodePath::root().then("processors").then(at);
            self.runtime(node, &path, &processor);
            self.execution(node, &path, &processor);
            let inputs = self.ports(node, &path, "inputs");
            self.ports(node, &path, "outputs");
            self.trigger(node, &path, &processor, &inputs);
            self.ties(node, &path, &inputs);
            self.config(node, &path, &processor);
        }
    }

    /// What only the manifest can say, it says; what the plugin says by itself, it does not.
    fn runtime(&mut self, node: &Node, path: &NodePath, processor: &PackageProcessor) {
        if processor.runtime == Runtime::Rust {
            let message = "`entrypoint` is not for `runtime: rust`: the plugin in `lib` says what \
                           it brings";
            self.conflict(node, path, "entrypoint", message);
            return;
        }
        for key in ["entrypoint", "execution"] {
            if node.get(key).is_none() {
                let start = node.span.start..node.span.start;
                let message = format!(
                    "a processor with `runtime: {}` needs the key `{key}`",
                    processor.runtime
                );
                self.error(&start, Code::MissingKey, path.clone(), message, None);
            }
        }
    }

    fn execution(&mut self, node: &Node, path: &NodePath, processor: &PackageProcessor) {
        let Some(execution) = node.get("execution").filter(|one| one.get("interval").is_some())
        else {
            return;
        };
        let path = path.then("execution");
        let is_continuous = execution.get("mode").and_then(Node::as_text) == Some("continuous");
        if !is_continuous {
            let message = "`interval` is only for `mode: continuous`";
            self.conflict(execution, &path, "interval", message);
        } else if processor.execution.is_none() {
            let message = "an interval is a whole number of milliseconds";
            self.conflict(execution, &path, "interval", message);
        }
    }

    /// The names of the ports of one side; reports those that stand twice, and what is wrong
    /// within a port.
    fn ports(&mut self, processor: &Node, path: &NodePath, side: &str) -> Vec<String> {
        let mut seen: HashMap<String, usize> = HashMap::new();
        let ports = processor.get(side).map(Node::items).unwrap_or_default();
        let mut names = Vec::new();
        for (at, port) in ports.iter().enumerate() {
            let path = path.then(side).then(at);
            if let Some(node) = port.get("name")
                && let Some(name) = node.as_text()
            {
                let line = self.problems.source.line_number(node.span.start);
                if let Some(first) = seen.insert(name.to_owned(), line) {
                    let message = format!("the port `{name}` stands here a second time");
                    let hint = Some(format!("the first is on line {first}"));
                    self.error(&node.span, Code::DuplicateName, path.then("name"), message, hint);
                }
                names.push(name.to_owned());
            }
            if let Some(node) = port.get("schema")
                && let Some(text) = node.as_text()
            {
                self.schema_name(node, &path.then("schema"), text);
            }
            if port.get("delivery").and_then(Node::as_text) == Some("latest") {
                let message = "`depth` has no meaning with `latest`: one frame waits, the newest";
                self.conflict(port, &path, "depth", message);
            }
            self.formats(port, &path.then("formats"));
        }
        names
    }

    fn formats(&mut self, port: &Node, path: &NodePath) {
        let items = port.get("formats").map(Node::items).unwrap_or_default();
        for (at, node) in items.iter().enumerate() {
            let path = path.then(at);
            let Some(kind) = node.get("kind").and_then(Node::as_text) else { continue };
            if !["video", "audio", "packet"].contains(&kind) {
                continue;
            }
            for key in ["video", "audio", "packet"].into_iter().flat_map(formats::keys_of) {
                if !formats::keys_of(kind).contains(key) {
                    let message = format!("`{key}` is not for `kind: {kind}`");
                    self.conflict(node, &path, key, &message);
                }
            }
            let size = node.get("size").filter(|size| kind == "video" && size.items().len() == 2);
            if let Some(size) = size
                && !size.items().iter().all(is_pixels)
            {
                let message = "width and height are whole numbers of pixels, 1 or more";
                self.error(&size.span, Code::OutOfRange, path.then("size"), message, None);
            }
        }
    }

    fn trigger(
        &mut self,
        node: &Node,
        path: &NodePath,
        processor: &PackageProcessor,
        inputs: &[String],
    ) {
        let path = path.then("trigger");
        let Some(trigger) = node.get("trigger") else {
            let is_reactive = processor.execution == Some(ProcessExecution::Reactive);
            if processor.runtime != Runtime::Rust && is_reactive && inputs.len() > 1 {
                let start = node.span.start..node.span.start;
                let message = "a processor with several inputs needs the key `trigger`";
                let hint = "write `any`, `{ primary: port }` or `{ aligned: 20ms }`".to_owned();
                self.error(&start, Code::MissingKey, path, message, Some(hint));
            }
            return;
        };
        if let NodeKind::Map(entries) = &trigger.kind {
            if entries.is_empty() {
                let message = "a trigger needs the key `primary` or `aligned`";
                let start = trigger.span.start..trigger.span.start;
                self.error(&start, Code::MissingKey, path.clone(), message, None);
            }
            if trigger.get("primary").is_some() {
                let message = "`aligned` and `primary` are different triggers; keep one of them";
                self.conflict(trigger, &path, "aligned", message);
            }
        }
        self.names_input(trigger, &path, "primary", inputs);
    }

    fn ties(&mut self, processor: &Node, path: &NodePath, inputs: &[String]) {
        let outputs = processor.get("outputs").map(Node::items).unwrap_or_default();
        for (at, output) in outputs.iter().enumerate() {
            self.names_input(output, &path.then("outputs").then(at), "same_as", inputs);
        }
    }

    fn names_input(&mut self, map: &Node, path: &NodePath, key: &str, inputs: &[String]) {
        if let Some(node) = map.get(key)
            && let Some(name) = node.as_text()
            && !inputs.iter().any(|input| input == name)
        {
            let known: Vec<&str> = inputs.iter().map(String::as_str).collect();
            let hint = suggest::hint(name, "inputs", &known);
            let message = format!("the processor has no input `{name}`");
            self.error(&node.span, Code::UnknownPort, path.then(key), message, hint);
        }
    }

    fn config(&mut self, node: &Node, path: &NodePath, processor: &PackageProcessor) {
        let schema_path = path.then("config_schema");
        if let Some(schema) = node.get("config_schema") {
            match schema.as_text() {
                Some(text) => {
                    self.schema_name(schema, &schema_path, text);
                }
                None => {
                    self.inline_schema(schema, &schema_path);
                }
            }
        }
        let Some(ConfigSchema::Inline(schema)) = &processor.config_schema else { return };
        let Some(fields) = fields(schema) else {
            let span = node.get("config_schema").map_or(node.span.clone(), |one| one.span.clone());
            let message = "a configuration is a map: the schema has the form `properties`";
            let start = span.start..span.start;
            self.error(&start, Code::InvalidSchema, schema_path, message, None);
            return;
        };
        if let Some(exclusive) = node.get("exclusive")
            && let Some(name) = exclusive.as_text()
            && !fields.contains(&name)
        {
            let message = format!("there is no setting `{name}` in `config_schema`");
            let hint = suggest::hint(name, "settings", &fields);
            self.error(&exclusive.span, Code::UnknownValue, path.then("exclusive"), message, hint);
        }
    }
}

fn is_pixels(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Number(number) => number.as_u64().is_some_and(|n| (1..=65_536).contains(&n)),
        _ => false,
    }
}

/// The names of the settings, if the schema is one of a map.
fn fields(schema: &Schema) -> Option<Vec<&str>> {
    match &schema.resolve(schema.root())?.form {
        Form::Properties(properties) => {
            let names = properties.required.keys().chain(properties.optional.keys());
            Some(names.map(String::as_str).collect())
        }
        _ => None,
    }
}
