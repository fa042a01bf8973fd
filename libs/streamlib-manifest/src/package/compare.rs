//! A processor as its manifest declares it beside the one that its code brings.

use serde::Serialize;
use streamlib_schema::{
    Comparison, InputPortDescriptor, OutputPortDescriptor, ProcessorDescriptor, SchemaRef,
};

use super::model::{ConfigSchema, InputDeclaration, OutputDeclaration, PackageProcessor};
use crate::path::NodePath;
use crate::quantity::format_duration;

/// Something that a manifest says and that is not so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where in the processor's entry: `inputs[0].schema`.
    pub path: NodePath,
    /// What differs, a phrase with both sides.
    pub message: String,
}

impl PackageProcessor {
    /// What this manifest says of the processor and its code, described by `code`, does not.
    /// What the manifest leaves out is as the code has it.
    #[must_use]
    pub fn differences(&self, code: &ProcessorDescriptor) -> Vec<Difference> {
        let mut found = Found(Vec::new());
        let root = NodePath::root();
        let version = self.version.as_ref().map(ToString::to_string);
        found.same(root.then("version"), "its version", version, code.version.clone());
        found.same(root.then("execution"), "its execution", self.execution, code.execution);
        found.same(root.then("trigger"), "its trigger", self.trigger.clone(), code.trigger.clone());
        found.same(root.then("needs"), "its needs", self.needs, code.needs);
        found.same(root.then("latency"), "its latency", self.latency, code.latency);
        if self.exclusive.is_some() && self.exclusive != code.exclusive {
            found.differ(
                root.then("exclusive"),
                "its exclusive setting",
                &self.exclusive,
                &code.exclusive,
            );
        }
        if let Some(inputs) = &self.inputs {
            let declared: Vec<_> = inputs.iter().map(|one| one.name.as_str()).collect();
            let there: Vec<_> = code.inputs.iter().map(|one| one.name.as_str()).collect();
            found.ports("input", &root.then("inputs"), &declared, &there);
            for (at, input) in inputs.iter().enumerate() {
                if let Some(port) = code.input(&input.name) {
                    input.differences(port, &root.then("inputs").then(at), &mut found);
                }
            }
        }
        if let Some(outputs) = &self.outputs {
            let declared: Vec<_> = outputs.iter().map(|one| one.name.as_str()).collect();
            let there: Vec<_> = code.outputs.iter().map(|one| one.name.as_str()).collect();
            found.ports("output", &root.then("outputs"), &declared, &there);
            for (at, output) in outputs.iter().enumerate() {
                if let Some(port) = code.output(&output.name) {
                    output.differences(port, &root.then("outputs").then(at), &mut found);
                }
            }
        }
        self.config_differences(code, &mut found);
        found.0
    }

    fn config_differences(&self, code: &ProcessorDescriptor, found: &mut Found) {
        let Some(ConfigSchema::Inline(declared)) = &self.config_schema else { return };
        let Ok(actual) = code.config_schema() else { return };
        for change in Comparison::of(declared, &actual).changes {
            if !change.new_reads_old || !change.old_reads_new {
                let place = change.path.join(".");
                let of = if place.is_empty() { String::new() } else { format!("`{place}`: ") };
                found.0.push(Difference {
                    path: NodePath::root().then("config_schema"),
                    message: format!("{of}from the manifest to the code, {}", change.what),
                });
            }
        }
    }
}

impl InputDeclaration {
    fn differences(&self, code: &InputPortDescriptor, path: &NodePath, found: &mut Found) {
        found.schema(path, &self.name, &self.schema, &code.schema);
        let of = |what: &str| format!("{what} of `{}`", self.name);
        let policy = code.policy;
        found.same(
            path.then("formats"),
            &of("the formats"),
            self.formats.clone(),
            code.formats.clone(),
        );
        found.same(path.then("delivery"), &of("the delivery"), self.delivery, policy.delivery);
        found.same(path.then("depth"), &of("the depth"), self.depth, policy.depth());
        if self.max_age.is_some() && self.max_age != policy.max_age {
            let ages = [self.max_age, policy.max_age].map(|age| age.map(format_duration));
            found.differ(path.then("max_age"), &of("the greatest age"), &ages[0], &ages[1]);
        }
        found.same(path.then("many"), &of("`many`"), self.many, code.many);
        found.same(path.then("optional"), &of("`optional`"), self.optional, code.optional);
        found.same(path.then("holds"), &of("`holds`"), self.holds, code.holds);
    }
}

impl OutputDeclaration {
    fn differences(&self, code: &OutputPortDescriptor, path: &NodePath, found: &mut Found) {
        found.schema(path, &self.name, &self.schema, &code.schema);
        let of = |what: &str| format!("{what} of `{}`", self.name);
        found.same(
            path.then("formats"),
            &of("the formats"),
            self.formats.clone(),
            code.formats.clone(),
        );
        found.same(
            path.then("max_per_call"),
            &of("`max_per_call`"),
            self.max_per_call,
            code.max_per_call,
        );
        let tie = code.tie.as_ref().map(|streamlib_schema::FormatTie::SameAs(input)| input);
        if self.same_as.is_some() && self.same_as.as_ref() != tie {
            found.differ(path.then("same_as"), &of("`same_as`"), &self.same_as.as_ref(), &tie);
        }
    }
}

struct Found(Vec<Difference>);

impl Found {
    fn differ<T: Serialize>(&mut self, path: NodePath, what: &str, manifest: &T, code: &T) {
        let (manifest, code) = (shown(manifest), shown(code));
        let message = format!("{what} is {manifest} in the manifest and {code} in the code");
        self.0.push(Difference { path, message });
    }

    fn same<T: PartialEq + Serialize>(
        &mut self,
        path: NodePath,
        what: &str,
        manifest: Option<T>,
        code: T,
    ) {
        if let Some(manifest) = manifest.filter(|declared| *declared != code) {
            self.differ(path, what, &manifest, &code);
        }
    }

    fn schema(&mut self, path: &NodePath, port: &str, manifest: &SchemaRef, code: &SchemaRef) {
        if manifest != code {
            let message =
                format!("`{port}` is of {manifest} in the manifest and of {code} in the code");
            self.0.push(Difference { path: path.then("schema"), message });
        }
    }

    fn ports(&mut self, what: &str, path: &NodePath, manifest: &[&str], code: &[&str]) {
        for (at, name) in manifest.iter().enumerate().filter(|(_, name)| !code.contains(name)) {
            let message = format!("the code has no {what} `{name}`; it has {}", listed(code));
            self.0.push(Difference { path: path.then(at).then("name"), message });
        }
        for name in code.iter().filter(|name| !manifest.contains(name)) {
            let message =
                format!("the code has the {what} `{name}`, which the manifest leaves out");
            self.0.push(Difference { path: path.clone(), message });
        }
    }
}

/// A value as descriptors have it in JSON.
fn shown<T: Serialize>(value: &T) -> String {
    match serde_json::to_string(value).as_deref() {
        Ok("null") => "nothing".to_owned(),
        Ok(json) => json.trim_matches('"').to_owned(),
        Err(error) => error.to_string(),
    }
}

fn listed(names: &[&str]) -> String {
    match names {
        [] => "none".to_owned(),
        names => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    }
}
