//! The processor that the table is about: it does what its settings and the numbers tell it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use streamlib_processor::prelude::*;
use streamlib_processor::schema::Format;

/// Where a [`Subject`](super::Subject) fails, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ConfigChoice)]
#[serde(rename_all = "snake_case")]
#[config(crate = streamlib_processor)]
pub enum Trouble {
    /// Nowhere.
    #[default]
    None,
    /// An error when it is made.
    CreateFails,
    /// A panic when it is made.
    CreatePanics,
    /// An error in `setup`.
    SetupFails,
    /// A panic in `pause`.
    PausePanics,
    /// An error in `teardown`.
    TeardownFails,
    /// A panic when it is dropped.
    DropPanics,
}

/// Settings of a [`Subject`](super::Subject).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
#[config(crate = streamlib_processor)]
pub struct SubjectConfig {
    /// What is added to every number. A negative one is refused while it runs.
    pub add: i64,
    /// The number at which `process` fails; 0 for none.
    pub fail_at: u64,
    /// The number at which `process` panics; 0 for none.
    pub panic_at: u64,
    /// Passes frames on as they are.
    pub pass: bool,
    /// Keeps numbers back until the end of the stream.
    pub hold: bool,
    /// What goes wrong elsewhere.
    pub trouble: Trouble,
}

impl Default for SubjectConfig {
    fn default() -> Self {
        Self { add: 0, fail_at: 0, panic_at: 0, pass: false, hold: false, trouble: Trouble::None }
    }
}

/// What a [`Subject`](super::Subject) sends for a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The number, with what is added.
    pub number: i64,
    /// Which generation it went through.
    pub generation: u64,
    /// How many came before, also in the one whose state it took over.
    pub before: u64,
    /// What it was told before, also in the one whose state it took over.
    pub told: Vec<String>,
}

/// Takes numbers and sends [`Seen`]; says what it was told.
#[processor(name = "test.subject", version = "1.2.3", crate = streamlib_processor)]
#[derive(Debug)]
pub struct Generation<const NUMBER: u64> {
    /// Numbers.
    #[input]
    input: Input<DataFrame>,
    /// What became of them.
    #[output]
    out: Output<DataFrame>,
    #[config]
    config: SubjectConfig,
    before: u64,
    told: Vec<String>,
    held: Vec<(Envelope, u64)>,
}

/// The one that is there first.
pub type Subject = Generation<1>;
/// The one that takes its place.
pub type NewerSubject = Generation<2>;

impl<const NUMBER: u64> Generation<NUMBER> {
    fn tell(&mut self, word: impl Into<String>) {
        self.told.push(word.into());
    }

    fn answer(&mut self, envelope: Envelope, number: u64) -> Result<()> {
        let seen = Seen {
            number: number as i64 + self.config.add,
            generation: NUMBER,
            before: self.before,
            told: self.told.clone(),
        };
        self.before += 1;
        let frame = self.out.frame(&seen, envelope)?;
        Ok(self.out.send(frame)?)
    }
}

impl<const NUMBER: u64> Processor for Generation<NUMBER> {
    fn from_config(config: SubjectConfig) -> Result<Self> {
        match config.trouble {
            Trouble::CreateFails => Err(Error::new("it does not want to be made")),
            Trouble::CreatePanics => panic!("it cannot be made"),
            _ => Ok(<Self as streamlib_processor::__private::ProcessorParts>::assemble(config)),
        }
    }

    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        let media = ctx.media();
        ctx.announce_length(5_000_000);
        self.tell(format!("setup {} {}x{}", ctx.name(), media.sample_rate, media.channels));
        match self.config.trouble {
            Trouble::SetupFails => {
                Err(Error::with_source("it cannot be set up", Error::new("nothing is there")))
            }
            _ => Ok(()),
        }
    }

    fn process(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
        let Some(frame) = self.input.read()? else { return Ok(()) };
        let number: u64 = frame.value()?;
        if number != 0 && number == self.config.fail_at {
            let source = number.to_string().parse::<bool>();
            let source = source.map(drop).map_err(|source| Error::with_source("it is bad", source));
            return source.map_err(|source| Error::with_source(format!("no {number}"), source));
        }
        assert!(number == 0 || number != self.config.panic_at, "number {number} is too much");
        match number {
            900 => ctx.finish(),
            901 => ctx.wake_at(ctx.now_ns() + 5),
            _ => {}
        }
        if self.config.hold {
            self.held.push((*frame.envelope(), number));
            return Ok(());
        }
        if self.config.pass {
            return Ok(self.out.send(frame)?);
        }
        self.answer(*frame.envelope(), number)
    }

    fn update_config(&mut self, config: SubjectConfig) -> Result<()> {
        if config.add < 0 {
            return Err(Error::new("it only adds"));
        }
        self.config = config;
        Ok(())
    }

    fn format_changed(&mut self, port: &str, lane: u32, format: &Format) -> Result<()> {
        self.tell(format!("format {port}.{lane}: {}", format.canonical_json()));
        Ok(())
    }

    fn end_of_stream(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
        if self.held.is_empty() {
            return Ok(());
        }
        let (envelope, number) = self.held.remove(0);
        if !self.held.is_empty() {
            ctx.again();
        }
        self.answer(envelope, number)
    }

    fn flush(&mut self) {
        self.tell("flush");
    }

    fn pause(&mut self) {
        assert!(self.config.trouble != Trouble::PausePanics, "it does not pause");
        self.tell("pause");
    }

    fn resume(&mut self) {
        self.tell("resume");
    }

    fn teardown(&mut self) -> Result<()> {
        match self.config.trouble {
            Trouble::TeardownFails => Err(Error::new("it does not close")),
            _ => Ok(()),
        }
    }

    fn save_state(&mut self) -> Option<Value> {
        (self.before > 0).then(|| json!({ "before": self.before, "told": self.told }))
    }

    fn restore_state(&mut self, state: Value) -> Result<()> {
        let before = state.get("before").and_then(Value::as_u64);
        self.before = before.ok_or("the state has no `before`")?;
        let told = state.get("told").cloned().unwrap_or_default();
        self.told = serde_json::from_value(told)
            .map_err(|error| Error::with_source("the state has no `told`", error))?;
        Ok(())
    }
}

impl<const NUMBER: u64> Drop for Generation<NUMBER> {
    fn drop(&mut self) {
        assert!(self.config.trouble != Trouble::DropPanics, "it does not go");
    }
}
