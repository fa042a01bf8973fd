//! The plugins that are built with the tests, and the two ways to have a processor.

use std::path::PathBuf;

use streamlib_engine::delegates::ProcessorType;
use streamlib_host::PluginLoader;
use streamlib_processor::{Processor, create};
use streamlib_testing::conformance::{NewerSubject, Subject};

/// A plugin that is built with the tests: an example of this crate.
pub(crate) fn plugin(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.ancestors().nth(2).unwrap();
    let file = format!("{}{name}{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let path = profile.join("examples").join(file);
    assert!(
        path.exists(),
        "{} is missing; `cargo test -p streamlib-host` builds it",
        path.display()
    );
    path
}

/// A way to have processors: the subject, and the one that takes its place.
pub(crate) struct Door {
    pub(crate) name: &'static str,
    pub(crate) subject: ProcessorType,
    pub(crate) newer: ProcessorType,
}

/// Both ways.
pub(crate) fn doors() -> [Door; 2] {
    let loader = PluginLoader::default();
    let only = |name| loader.load(&plugin(name)).unwrap().types()[0].clone();
    let built_in = Door { name: "built in", subject: of::<Subject>(), newer: of::<NewerSubject>() };
    [built_in, Door { name: "plugin", subject: only("subject"), newer: only("newer_subject") }]
}

fn of<P: Processor>() -> ProcessorType {
    ProcessorType::new(P::descriptor(), |node| create::<P>(&node.config))
}
