//! Runs one processor alone: push frames, call it, take what it sent. No engine, no threads, and
//! a clock that stands where the test puts it.
//!
//! The harness gives each call every frame that is at the front of a lane (trigger `any`); it does
//! not match timestamps. Links are as deep as the test sends.
//!
//! Frames to push are made by a [`DetachedOutput`].

mod detached;
mod tables;

use std::cell::{RefCell, RefMut};
use std::collections::VecDeque;

use serde_json::Value;
use streamlib_abi::call::{CallState, HostTable, Requests};
use streamlib_abi::port::{InputPort, OutputPort};
use streamlib_abi::{RawFrame, Status};
use streamlib_schema::{Format, ProcessorDescriptor};

use crate::context::{Resources, SetupContext};
use crate::error::{Error, Result};
use crate::frame::FrameType;
use crate::object::{BoxedProcessor, create};
use crate::processor::Processor;

pub use detached::DetachedOutput;

/// The most lanes that a test uses.
const LANES_MAX: u32 = 1024;

/// One lane of an input.
#[derive(Debug, Default)]
struct Lane {
    queue: VecDeque<RawFrame>,
    current: Option<RawFrame>,
    format_id: u32,
    ended: bool,
}

impl Lane {
    /// Puts the front frame before the processor, if there is none; the number of its format if it
    /// is another than before.
    fn next(&mut self) -> Option<u32> {
        if self.current.is_none() {
            self.current = self.queue.pop_front();
        }
        let format_id = self.current.as_ref()?.envelope.format_id;
        let is_new = format_id != 0 && format_id != self.format_id;
        self.format_id = format_id;
        is_new.then_some(format_id)
    }
}

/// An input as the processor's port view sees it.
#[derive(Debug, Default)]
struct HarnessInput {
    lanes: Vec<Lane>,
}

/// An output as the processor's port view sees it.
#[derive(Debug, Default)]
struct HarnessOutput {
    sent: VecDeque<RawFrame>,
    formats: Vec<String>,
    room: Option<u32>,
    sequence: u64,
    epoch: u32,
    last_timestamp_ns: Option<i64>,
    copied_bytes: u64,
    gap_until_ns: Option<i64>,
}

/// What one call asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallOutcome {
    /// It said `ctx.again()`.
    pub again: bool,
    /// It said `ctx.finish()`.
    pub finished: bool,
    /// It said `ctx.wake_at(..)`, stream time, ns.
    pub wake_at_ns: Option<i64>,
}

/// One processor and its ports, without an engine.
#[derive(Debug)]
pub struct Harness {
    processor: BoxedProcessor,
    descriptor: ProcessorDescriptor,
    // Never resized after binding: the ports hold the addresses of the elements.
    inputs: Vec<RefCell<HarnessInput>>,
    outputs: Vec<RefCell<HarnessOutput>>,
    formats: Vec<Format>,
    host: HarnessHost,
}

/// The host of the calls.
#[derive(Debug)]
struct HarnessHost {
    now_ns: i64,
    may_wait: bool,
}

impl Harness {
    /// Creates `P`, binds its ports and sets it up.
    ///
    /// # Errors
    /// `P` refuses its configuration or cannot be set up.
    pub fn new<P: Processor>(config: P::Config) -> Result<Self> {
        let config = serde_json::to_value(config)
            .map_err(|error| Error::with_source("the configuration cannot be written", error))?;
        Self::with_processor(create::<P>(&config)?, P::descriptor())
    }

    /// The same for a processor of any type.
    ///
    /// # Errors
    /// It cannot be set up.
    pub fn with_processor(
        mut processor: BoxedProcessor,
        descriptor: ProcessorDescriptor,
    ) -> Result<Self> {
        let one_lane = || RefCell::new(HarnessInput { lanes: vec![Lane::default()] });
        let inputs: Vec<_> = descriptor.inputs.iter().map(|_| one_lane()).collect();
        let outputs: Vec<_> = descriptor.outputs.iter().map(|_| RefCell::default()).collect();
        let input_ports: Vec<InputPort> = inputs.iter().map(tables::input_port).collect();
        let output_ports: Vec<OutputPort> = outputs.iter().map(tables::output_port).collect();
        processor.bind(&input_ports, &output_ports);
        processor.setup(&mut SetupContext::new("harness", &Resources::default()))?;
        let host = HarnessHost { now_ns: 0, may_wait: descriptor.needs.blocking };
        Ok(Self { processor, descriptor, inputs, outputs, formats: Vec::new(), host })
    }

    fn input(&self, port: &str) -> Result<RefMut<'_, HarnessInput>> {
        let index = self.descriptor.inputs.iter().position(|input| input.name == port);
        match index {
            Some(index) => Ok(self.inputs[index].borrow_mut()),
            None => Err(Error::new(format!("there is no input `{port}`"))),
        }
    }

    fn output(&self, port: &str) -> Result<RefMut<'_, HarnessOutput>> {
        let index = self.descriptor.outputs.iter().position(|output| output.name == port);
        match index {
            Some(index) => Ok(self.outputs[index].borrow_mut()),
            None => Err(Error::new(format!("there is no output `{port}`"))),
        }
    }

    /// Puts a frame of this format behind the others of an input's lane. Lanes of an input that
    /// takes several links come to be when they are first named.
    ///
    /// # Errors
    /// There is no such input or lane.
    pub fn push<F: FrameType>(
        &mut self,
        port: &str,
        lane: u32,
        frame: F,
        format: &Format,
    ) -> Result<()> {
        let known = self.formats.iter().position(|known| known == format);
        let index = known.unwrap_or_else(|| {
            self.formats.push(format.clone());
            self.formats.len() - 1
        });
        let mut raw = frame.into_raw();
        raw.envelope.format_id = index as u32 + 1;
        self.lane(port, lane)?.queue.push_back(raw);
        Ok(())
    }

    fn lane(&self, port: &str, lane: u32) -> Result<RefMut<'_, Lane>> {
        let mut input = self.input(port)?;
        let many = self.descriptor.input(port).is_some_and(|input| input.many);
        let most = if many { LANES_MAX } else { 1 };
        if lane >= most {
            return Err(Error::new(format!(
                "input `{port}` has no lane {lane}, only {most} in all"
            )));
        }
        let count = input.lanes.len().max(lane as usize + 1);
        input.lanes.resize_with(count, Lane::default);
        Ok(RefMut::map(input, |input| &mut input.lanes[lane as usize]))
    }

    /// The lane will get no more frames.
    ///
    /// # Errors
    /// There is no such input or lane.
    pub fn end(&mut self, port: &str, lane: u32) -> Result<()> {
        self.lane(port, lane)?.ended = true;
        Ok(())
    }

    /// Calls the processor once, with the front frame of every lane.
    ///
    /// # Errors
    /// The processor's own.
    pub fn call(&mut self) -> Result<CallOutcome> {
        for (input, port) in self.inputs.iter().zip(&self.descriptor.inputs) {
            let lanes = input.borrow().lanes.len();
            for number in 0..lanes {
                // The processor may look at its ports when the format changes: nothing is borrowed.
                let format_id = input.borrow_mut().lanes[number].next();
                if let Some(format_id) = format_id {
                    let format = &self.formats[format_id as usize - 1];
                    self.processor.format_changed(&port.name, number as u32, format)?;
                }
            }
        }
        self.run(|processor, call| processor.process(call))
    }

    /// Tells the processor that all inputs have ended, once.
    ///
    /// # Errors
    /// The processor's own.
    pub fn end_of_stream(&mut self) -> Result<CallOutcome> {
        self.run(|processor, call| processor.end_of_stream(call))
    }

    fn run(
        &mut self,
        action: impl FnOnce(&mut BoxedProcessor, &mut CallState) -> Result<()>,
    ) -> Result<CallOutcome> {
        static HOST: HostTable = tables::HOST_TABLE;
        let mut call = CallState {
            size: size_of::<CallState>() as u32,
            requests: Requests::NONE,
            wake_at_ns: 0,
            host: &raw const HOST,
            host_context: (&raw mut self.host).cast(),
        };
        action(&mut self.processor, &mut call)?;
        let asked = |request| call.requests.contains(request);
        Ok(CallOutcome {
            again: asked(Requests::AGAIN),
            finished: asked(Requests::FINISH),
            wake_at_ns: asked(Requests::WAKE_AT).then_some(call.wake_at_ns),
        })
    }

    /// Calls until every pushed frame was taken and nothing more is asked for, at most 100,000
    /// times.
    ///
    /// # Errors
    /// The processor's own, or that it does not come to rest.
    pub fn call_until_idle(&mut self) -> Result<CallOutcome> {
        for _ in 0..100_000 {
            let outcome = self.call()?;
            let is_waiting = |lane: &Lane| !lane.queue.is_empty() || lane.current.is_some();
            let waiting =
                self.inputs.iter().any(|input| input.borrow().lanes.iter().any(is_waiting));
            if !waiting && !outcome.again || outcome.finished {
                return Ok(outcome);
            }
        }
        Err(Error::new("the processor did not come to rest in 100,000 calls"))
    }

    /// Takes the frame that was sent first, if there is one.
    ///
    /// # Errors
    /// There is no such output, or the frame is not of type `F`.
    pub fn take<F: FrameType>(&mut self, port: &str) -> Result<Option<F>> {
        let sent = self.output(port)?.sent.pop_front();
        match sent {
            Some(raw) => F::from_raw(raw).map(Some).map_err(|error| Error::block(port, error)),
            None => Ok(None),
        }
    }

    /// The format that an output announced last.
    ///
    /// # Errors
    /// There is no such output, or what it announced is not a format.
    pub fn announced(&mut self, port: &str) -> Result<Option<Format>> {
        let read = |json: &String| {
            serde_json::from_str(json)
                .map_err(|error| Error::with_source("the announced format is not one", error))
        };
        self.output(port)?.formats.last().map(read).transpose()
    }

    /// Lets an output take only so many more frames.
    ///
    /// # Errors
    /// There is no such output.
    pub fn set_room(&mut self, port: &str, room: Option<u32>) -> Result<()> {
        self.output(port)?.room = room;
        Ok(())
    }

    /// Bytes that were copied on the way to an output although in the best case they need not be.
    ///
    /// # Errors
    /// There is no such output.
    pub fn copied_bytes(&mut self, port: &str) -> Result<u64> {
        Ok(self.output(port)?.copied_bytes)
    }

    /// Nothing before this stream time will come from an output, ns, if it said so.
    ///
    /// # Errors
    /// There is no such output.
    pub fn gap_until_ns(&mut self, port: &str) -> Result<Option<i64>> {
        Ok(self.output(port)?.gap_until_ns)
    }

    /// Puts stream time to `now_ns`.
    pub fn set_now_ns(&mut self, now_ns: i64) {
        self.host.now_ns = now_ns;
    }

    /// Gives the processor a new configuration.
    ///
    /// # Errors
    /// The processor's own.
    pub fn update_config(&mut self, config: &Value) -> Result<()> {
        self.processor.update_config(config)
    }

    /// The processor itself.
    pub fn processor(&mut self) -> &mut BoxedProcessor {
        &mut self.processor
    }
}

/// The answer to a send on an output with this much room.
fn status_for(room: Option<u32>) -> Status {
    if room == Some(0) { Status::FULL } else { Status::OK }
}
