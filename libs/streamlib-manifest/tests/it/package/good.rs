//! Manifests that are right, and the model they give.

use std::time::Duration;

use streamlib_manifest::package::{ConfigSchema, PackageSource, Runtime, SchemaSource};
use streamlib_schema::{Delivery, ProcessExecution, Trigger};

use super::{DOCUMENT, EVERYTHING, good};

#[test]
fn the_sample_of_the_document() {
    let manifest = good(DOCUMENT);
    assert_eq!(manifest.package.to_string(), "com.tatolab.simple-effects 1.0.0");
    assert_eq!(
        manifest.package.description.as_deref(),
        Some("Simple video effects as Rust plugin")
    );
    let [gray] = manifest.processors.as_slice() else { panic!("one processor") };
    assert_eq!(gray.runtime, Runtime::Rust);
    let descriptor = gray.descriptor(&manifest.package);
    assert_eq!(descriptor.name, "com.tatolab.grayscale_rust");
    assert_eq!(descriptor.version, "1.0.0");
    assert_eq!(descriptor.description, "Grayscale effect (Rust dylib)");
    assert_eq!(descriptor.execution, ProcessExecution::Reactive);
    let port = |name: &str, schema: &str| format!("{name} {schema}");
    assert_eq!(
        descriptor.inputs.iter().map(|p| port(&p.name, &p.schema.to_string())).collect::<Vec<_>>(),
        ["video_in com.tatolab.videoframe@1.0.0"]
    );
    assert_eq!(
        descriptor.outputs.iter().map(|p| port(&p.name, &p.schema.to_string())).collect::<Vec<_>>(),
        ["video_out com.tatolab.videoframe@1.0.0"]
    );
}

#[test]
fn what_a_package_is() {
    let package = good(EVERYTHING).package;
    assert_eq!(package.to_string(), "com.example.detect 2.1.0-beta.1");
    assert_eq!(package.authors, ["Ann Example <ann@example.com>"]);
    assert_eq!(package.licence.as_deref(), Some("MIT OR Apache-2.0"));
    let range = package.streamlib_version.expect("a range");
    assert!(range.matches(&semver::Version::new(1, 9, 0)));
    assert!(!range.matches(&semver::Version::new(2, 0, 0)));
    assert_eq!(package.include, ["src/**", "*.md"]);
    assert_eq!(package.exclude, ["**/*.log"]);
    let other_spelling = "package: { name: a, version: 1.0.0, license: MIT }";
    assert_eq!(good(other_spelling).package.licence.as_deref(), Some("MIT"));
}

#[test]
fn processors() {
    let manifest = good(EVERYTHING);
    let names: Vec<_> = manifest.processors.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["com.example.find", "com.example.other.clock", "com.example.pair"]);
    let versions: Vec<_> =
        manifest.processors.iter().map(|one| one.descriptor(&manifest.package).version).collect();
    assert_eq!(versions, ["1.2.3", "2.1.0-beta.1", "2.1.0-beta.1"]);
    let [find, clock, pair] = manifest.processors.as_slice() else { panic!("three") };

    assert_eq!(find.runtime, Runtime::Python);
    assert_eq!(find.entrypoint.as_ref().unwrap().to_string(), "detect.find:Find");
    let descriptor = find.descriptor(&manifest.package);
    assert_eq!(descriptor.trigger, Trigger::Primary("video_in".to_owned()));
    assert!(descriptor.needs.blocking && descriptor.needs.live && !descriptor.needs.cheap);
    assert_eq!(descriptor.needs.call_limit, Duration::from_secs(5));
    assert_eq!((descriptor.latency.min_ns, descriptor.latency.max_ns), (1_000_000, 20_000_000));
    assert_eq!(descriptor.exclusive.as_deref(), Some("device"));
    let input = &descriptor.inputs[0];
    assert_eq!(input.policy.delivery, Delivery::EverySample);
    assert_eq!(input.policy.depth(), 4);
    assert_eq!(input.policy.max_age, Some(Duration::from_millis(100)));
    assert_eq!((input.many, input.optional, input.holds), (true, true, 2));
    let formats = serde_json::to_value(&input.formats).unwrap();
    let expected = serde_json::json!([
        { "kind": "video", "pixel_formats": ["rgb8", "bgra8"], "size": [640, 480] }
    ]);
    assert_eq!(formats, expected);
    assert_eq!(descriptor.outputs[0].schema.to_string(), "com.example.things@1.0.0");
    assert_eq!(descriptor.outputs[0].max_per_call, 3);
    assert!(matches!(find.config_schema, Some(ConfigSchema::Inline(_))));

    assert_eq!(clock.runtime, Runtime::TypeScript);
    assert_eq!(clock.execution, Some(ProcessExecution::Continuous { interval_ms: 33 }));
    assert_eq!(pair.trigger, Some(Trigger::Aligned { tolerance_ns: 20_000_000 }));
    let named = "com.example.pair_settings@1.0.0".parse().unwrap();
    assert_eq!(pair.config_schema, Some(ConfigSchema::Named(named)));
}

#[test]
fn what_it_needs_and_brings() {
    let manifest = good(EVERYTHING);
    let sum = "0123456789abcdef".repeat(4);
    let expected = [
        ("com.example.base", "^1.2", None),
        ("com.example.folder", ">=1, <3", Some(PackageSource::Folder("../folder".to_owned()))),
        ("com.example.file", "*", Some(PackageSource::File("../file.slpkg".to_owned()))),
        (
            "com.example.web",
            "*",
            Some(PackageSource::Url {
                url: "https://example.com/web.slpkg".to_owned(),
                sha256: Some(sum),
            }),
        ),
    ];
    let found = manifest.dependencies.iter();
    for ((name, dependency), (expected, range, source)) in found.zip(expected) {
        assert_eq!((name.as_str(), dependency.range.to_string()), (expected, range.to_owned()));
        assert_eq!(dependency.source, source);
    }
    assert_eq!(manifest.dependencies.len(), 4);
    let schemas: Vec<_> = manifest.schemas.keys().map(ToString::to_string).collect();
    assert_eq!(schemas, ["com.example.things@1.0.0", "com.example.pair_settings@1.0.0"]);
    let first = manifest.schemas.values().next().cloned();
    assert_eq!(first, Some(SchemaSource::File("schemas/things.yaml".to_owned())));
    assert_eq!(manifest.graph.as_deref(), Some("graphs/demo.yaml"));
    assert_eq!(manifest.env["MODEL_CACHE"], "/var/cache/models");
    let permissions: Vec<_> = manifest.permissions.all().collect();
    let one = |text: &str| vec![text.to_owned()];
    assert_eq!(
        permissions,
        [
            ("network", one("example.com").as_slice()),
            ("read", &one("/models")),
            ("write", &one("/tmp")),
            ("run", &one("ffmpeg")),
            ("devices", &one("camera")),
        ]
    );
}

#[test]
fn json_is_read_too() {
    let manifest = good(r#"{ "package": { "name": "a.b", "version": "1.0.0" } }"#);
    assert_eq!(manifest.package.to_string(), "a.b 1.0.0");
    assert!(manifest.processors.is_empty() && manifest.permissions.is_empty());
}
