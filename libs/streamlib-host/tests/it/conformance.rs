//! The table that needs no engine, for both ways.

use serde_json::Value;
use streamlib_engine::graph::ProcessorNode;
use streamlib_engine::ids::ProcessorId;
use streamlib_processor::ProcessorParts as _;
use streamlib_testing::conformance::{Subject, TABLE};

use crate::support::doors;

#[test]
fn a_plugin_does_what_the_same_processor_does_when_it_is_built_in() {
    for door in doors() {
        assert_eq!(**door.subject.descriptor(), Subject::descriptor(), "{}", door.name);
        for (what, check) in TABLE {
            // Shown if it fails.
            println!("{}: {what}", door.name);
            let id = ProcessorId::new("subject").unwrap();
            check(&|config: &Value| {
                let name = door.subject.name();
                door.subject.create(&ProcessorNode::new(id.clone(), name, config.clone()))
            });
        }
    }
}
