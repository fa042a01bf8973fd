//! Where plugins are loaded from, and that what is loaded stays.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::json;
use streamlib_engine::delegates::{ProcessorType, RegisterError, RegistryBackedFactory};
use streamlib_engine::graph::ProcessorNode;
use streamlib_engine::ids::ProcessorId;
use streamlib_host::{LogLevel, Plugin, PluginLoader};
use streamlib_package::PluginProcessorName;
use streamlib_processor::BoxedProcessor;
use streamlib_processor::harness::Harness;
use streamlib_processor::schema::ProcessorDescriptor;
use streamlib_testing::conformance::Seen;

use crate::support::plugin;

const SUBJECT: &[(&str, &str)] = &[("test.subject", "1.2.3")];

fn named(names: &[(&str, &str)]) -> Vec<PluginProcessorName> {
    let named = |(name, version): &(&str, &str)| PluginProcessorName {
        name: (*name).to_owned(),
        version: (*version).to_owned(),
    };
    names.iter().map(named).collect()
}

fn make(processor_type: &ProcessorType, config: serde_json::Value) -> BoxedProcessor {
    let id = ProcessorId::new("one").unwrap();
    processor_type.create(&ProcessorNode::new(id, processor_type.name(), config)).unwrap()
}

/// Which generation a loaded plugin is of.
fn generation(plugin: &Plugin) -> u64 {
    use streamlib_processor::abi::Envelope;
    use streamlib_processor::harness::DetachedOutput;
    use streamlib_processor::prelude::{DataFrame, Format};
    let processor_type = &plugin.types()[0];
    let descriptor: ProcessorDescriptor = (**processor_type.descriptor()).clone();
    let mut harness = Harness::with_processor(make(processor_type, json!({})), descriptor).unwrap();
    let frame = DetachedOutput::<DataFrame>::new().frame(&1_u64, Envelope::at(0)).unwrap();
    harness.push("input", 0, frame, &Format::Data).unwrap();
    harness.call().unwrap();
    let sent = harness.take::<DataFrame>("out").unwrap().unwrap();
    sent.value::<Seen>().unwrap().generation
}

#[test]
fn a_newer_file_in_the_same_place_is_loaded_beside_what_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("effects.so");
    let loader = PluginLoader::default();
    fs::copy(plugin("subject"), &path).unwrap();
    let old = loader.load(&path).unwrap();
    // Over the same file, not beside it: what runs is not touched by it.
    fs::write(&path, fs::read(plugin("newer_subject")).unwrap()).unwrap();
    let new = loader.load(&path).unwrap();
    assert_eq!((generation(&old), generation(&new)), (1, 2));
    fs::remove_file(&path).unwrap();
    assert_eq!((generation(&old), generation(&new)), (1, 2));
}

#[test]
fn the_same_content_is_the_same_plugin_wherever_it_lies() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other_name.so");
    fs::copy(plugin("subject"), &path).unwrap();
    let loader = PluginLoader::default();
    let mut registry = RegistryBackedFactory::new();
    loader.load(&plugin("subject")).unwrap().register(&mut registry).unwrap();
    loader.load(&path).unwrap().register(&mut registry).unwrap();
    assert_eq!(format!("{loader:?}"), "PluginLoader { loaded: 1 }");
}

#[test]
fn two_types_of_one_name_do_not_go_together() {
    let mut registry = RegistryBackedFactory::new();
    let taken = ProcessorDescriptor::new(
        "test.subject",
        streamlib_processor::schema::ProcessExecution::Manual,
    );
    registry.register_dynamic(taken, |_| Err("never made".into())).unwrap();
    let subject = PluginLoader::default().load(&plugin("subject")).unwrap();
    let refused = subject.register(&mut registry);
    assert_eq!(refused, Err(RegisterError::NameTaken("test.subject".to_owned())));
}

#[test]
fn a_folder_is_loaded_in_the_order_of_names() {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(plugin("newer_subject"), folder.path().join("b.so")).unwrap();
    fs::copy(plugin("subject"), folder.path().join("a.so")).unwrap();
    fs::write(folder.path().join("README.md"), "no library").unwrap();
    let loaded = PluginLoader::default().load_folder(folder.path()).unwrap();
    assert_eq!(loaded.iter().map(generation).collect::<Vec<_>>(), [1, 2]);
}

/// What a package loads whose `lib/` has these files, each a place and an example.
fn package(files: &[(&str, &str)], names: &[(&str, &str)]) -> Result<u64, String> {
    let folder = tempfile::tempdir().unwrap();
    for (place, example) in files {
        let path = folder.path().join(place);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::copy(plugin(example), path).unwrap();
    }
    let loaded = PluginLoader::default().load_package(folder.path(), &named(names));
    let shown = folder.path().display().to_string();
    loaded.map(|plugin| generation(&plugin)).map_err(|error| error.to_string().replace(&shown, "P"))
}

#[test]
fn a_package_has_its_library_for_the_target_or_for_all() {
    let own = format!("lib/{}-unknown-linux-gnu/a.so", std::env::consts::ARCH);
    let check = |files: &[(&str, &str)], expected: Result<u64, &str>| {
        assert_eq!(package(files, SUBJECT), expected.map_err(str::to_owned), "{files:?}");
    };
    check(&[("lib/a.so", "subject")], Ok(1));
    check(&[(&own, "newer_subject"), ("lib/a.so", "subject")], Ok(2));
    check(&[("lib/other-target/a.so", "newer_subject"), ("lib/a.so", "subject")], Ok(1));
    let nothing = format!(
        "the package in `P` has no plugin for this machine: there is no .so file in `lib/{}-unknown-\
         linux-gnu` or `lib`; build it and copy the library there",
        std::env::consts::ARCH
    );
    check(&[("lib/other-target/a.so", "subject")], Err(&nothing));
    check(
        &[("lib/a.so", "subject"), ("lib/b.so", "subject")],
        Err("there are 2 libraries in `P/lib`, and a package has one: export all its processors \
             from one crate"),
    );
}

#[test]
fn the_names_of_a_plugin_are_those_of_its_manifest() {
    let check = |names: &[(&str, &str)], difference: &str| {
        let refused = package(&[("lib/a.so", "subject")], names).unwrap_err();
        let start = "`P/lib/a.so` cannot be loaded as a plugin: its processors are not those of the \
                     manifest: ";
        assert_eq!(refused, format!("{start}{difference}"));
    };
    check(
        &[("test.subjekt", "1.2.3")],
        "the manifest has `test.subjekt`, which the plugin does not export; did you mean \
         `test.subject`?",
    );
    check(
        &[("test.subject", "1.2.3"), ("com.example.blur", "1.0.0")],
        "the manifest has `com.example.blur`, which the plugin does not export; it exports \
         `test.subject`",
    );
    check(
        &[("test.subject", "2.0.0")],
        "the manifest has `test.subject` in version 2.0.0, the plugin in 1.2.3",
    );
    check(
        &[],
        "the plugin exports `test.subject`, which the manifest does not have; add it to \
         `processors`",
    );
}

#[test]
fn a_panic_that_nobody_can_be_told_of_is_logged() {
    let said = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&said);
    let loader = PluginLoader::new(move |log| {
        heard.lock().unwrap().push((log.level, log.plugin.to_owned(), log.message.to_owned()));
    });
    let path = plugin("subject");
    let loaded = loader.load(&path).unwrap();
    drop(make(&loaded.types()[0], json!({ "trouble": "drop_panics" })));
    let said = said.lock().unwrap();
    let [(level, file, message)] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!((*level, Path::new(file)), (LogLevel::Warning, path.as_path()));
    let start = "a processor panicked when it was dropped, at ";
    assert!(message.starts_with(start) && message.ends_with(": it does not go"), "{message}");
}

#[test]
fn what_panicked_is_called_no_more_but_to_close() {
    let loaded = PluginLoader::default().load(&plugin("subject")).unwrap();
    let mut one = make(&loaded.types()[0], json!({ "trouble": "pause_panics" }));
    let pause = std::panic::AssertUnwindSafe(|| one.pause());
    std::panic::catch_unwind(pause).unwrap_err();
    let refused = one.update_config(&json!({})).unwrap_err().to_string();
    assert_eq!(refused, "it panicked before and is called no more; a restart makes it anew");
    one.teardown().unwrap();
}
