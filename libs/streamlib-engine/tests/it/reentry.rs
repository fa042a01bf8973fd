//! The engine that is called by the code that it calls answers; it does not wait for itself.

use std::sync::{Arc, Mutex, OnceLock};

use streamlib_engine::Engine;
use streamlib_engine::ids::ProcessorId;
use streamlib_processor::NoConfig;
use streamlib_processor::prelude::*;

use crate::support::{Collect, Numbers, NumbersConfig, Pass};

/// The engine that the processors of a test run in, and what it answered them.
#[derive(Debug, Default)]
struct Answers {
    engine: OnceLock<Engine>,
    said: Mutex<Vec<String>>,
}

/// Calls its engine from `setup` and `teardown`.
#[processor(name = "test.calls_engine", crate = streamlib_processor)]
struct CallsEngine {
    #[input]
    input: Input<DataFrame>,
    answers: Option<Arc<Answers>>,
}

impl CallsEngine {
    /// Everything that would wait for a commit under way.
    fn call_all(&self) {
        let Some(answers) = &self.answers else { return };
        let Some(engine) = answers.engine.get() else { return };
        let pass = ProcessorId::new("pass").unwrap();
        let results = [
            engine.add_processor::<Pass>(NoConfig {}).map(drop),
            engine.connect(&pass, &pass).map(drop),
            engine.remove_processor(&pass),
            engine.transaction().commit().map(drop),
            engine.transaction().dry_run().map(drop),
            engine.undo().map(drop),
            engine.insert_component(&pass, 1_u32),
            engine.start(),
            engine.pause(),
            engine.resume(),
            engine.stop().map(drop),
        ];
        let said = results.into_iter().map(|result| result.unwrap_err().to_string());
        answers.said.lock().unwrap().extend(said);
        assert!(engine.with_component(&pass, |number: &u32| *number).is_none());
        // Looking is allowed anywhere.
        assert!(engine.inspector().inspect().links.len() < 3);
        if let Err(error) = engine.wait() {
            let said = error.to_string();
            assert!(said.starts_with("the graph is"), "{said}");
        }
    }
}

impl Processor for CallsEngine {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        self.answers = ctx.resource::<Answers>();
        self.call_all();
        Ok(())
    }

    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        self.input.read().map(drop)
    }

    fn teardown(&mut self) -> Result<()> {
        self.call_all();
        Ok(())
    }
}

#[test]
fn calls_of_the_engine_from_inside_a_commit_are_refused() {
    let answers = Arc::new(Answers::default());
    let engine = Engine::builder().with_resource(Arc::clone(&answers)).build().unwrap();
    answers.engine.get_or_init(|| engine.clone());
    let source = engine.add_processor::<Numbers>(NumbersConfig::default()).unwrap();
    let sink = engine.add_processor::<CallsEngine>(NoConfig {}).unwrap();
    engine.connect(&source, &sink).unwrap();
    engine.start().unwrap();
    assert!(!engine.wait().unwrap().failed());
    let said = answers.said.lock().unwrap();
    assert_eq!(said.len(), 2 * 11, "in `setup` and in `teardown`");
    for said in &*said {
        assert_eq!(
            said,
            "the graph is being changed by the very call that leads here, which would wait for \
             itself; in `setup`, `teardown` and delegates, change the graph from another thread, \
             later"
        );
    }
    // It was refused for that moment only.
    engine.add_processor::<Collect>(NoConfig {}).unwrap();
}
