//! A processor in a plugin beside the same one in this program: what a call costs, what a hop costs
//! in a graph, and whether a picture of 1920x1080 stays where it is.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use serde_json::{Value, json};
use streamlib::host::PluginLoader;
use streamlib_engine::Engine;
use streamlib_engine::delegates::RegistryBackedFactory;
use streamlib_engine::graph::{Change, LinkOptions, ProcessorNode};
use streamlib_engine::ids::{PortRef, ProcessorId};
use streamlib_processor::ProcessorParts as _;
use streamlib_processor::abi::call::{CallState, Requests};
use streamlib_processor::prelude::*;

use crate::arguments::Chain;
use crate::chain::{self, Parts, Strategy};
use crate::error::{Error, Result as Measured};
use crate::nulls::{self, Frames};
use crate::stages::{AddressStage, Nothing, NullStage, SEEN_AT};

/// Calls that are made in a row.
const CALLS: u64 = 20_000_000;
/// Stages in the chain in which a hop is measured.
const STAGES: usize = 50;
/// Pictures whose addresses are compared.
const PICTURES: u64 = 100;

/// Where in the first plane of a picture its source writes the address of that plane.
const SENT_AT: std::ops::Range<usize> = 0..8;

/// How many pictures were seen at one address by everyone.
#[derive(Debug, Default)]
struct Addresses {
    same: AtomicU64,
}

/// Sends pictures that say where they are.
#[processor(name = "bench.address_source", execution = continuous, crate = streamlib_processor)]
struct AddressSource {
    #[output(formats(video(I420)))]
    frame_out: Output<VideoFrame>,
    #[config]
    config: Frames,
    sent: u64,
}

impl Processor for AddressSource {
    fn process(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
        let format = VideoFormat::new(PixelFormat::I420, 1920, 1080);
        let mut picture = self.frame_out.loan(&format, self.sent as i64)?;
        let plane = picture.plane_mut(0);
        let address = plane.as_ptr() as u64;
        plane[SENT_AT].copy_from_slice(&address.to_ne_bytes());
        self.frame_out.send(picture)?;
        self.sent += 1;
        if self.sent == self.config.frames {
            ctx.finish();
        }
        Ok(())
    }
}

/// Compares where pictures are with what they say.
#[processor(name = "bench.address_sink", crate = streamlib_processor)]
struct AddressSink {
    #[input(formats(video(I420)))]
    frame_in: Input<VideoFrame>,
    addresses: Option<Arc<Addresses>>,
}

impl Processor for AddressSink {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        self.addresses = ctx.resource();
        Ok(())
    }

    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        let Some(frame) = self.frame_in.read()? else { return Ok(()) };
        let plane = frame.plane(0);
        let address = (plane.as_ptr() as u64).to_ne_bytes();
        if plane[SENT_AT] == address
            && plane[SEEN_AT] == address
            && let Some(addresses) = &self.addresses
        {
            addresses.same.fetch_add(1, Relaxed);
        }
        Ok(())
    }
}

/// The processors of this program and those of the plugin.
fn sides(plugin: &Path) -> Measured<[RegistryBackedFactory; 2]> {
    let mut built_in = RegistryBackedFactory::new();
    built_in.register::<NullStage>()?;
    built_in.register::<Nothing>()?;
    built_in.register::<AddressStage>()?;
    let mut loaded = RegistryBackedFactory::new();
    PluginLoader::default().load(plugin)?.register(&mut loaded)?;
    Ok([built_in, loaded])
}

/// Measures both sides.
pub(crate) fn run(plugin: &Path, frames: u64) -> Measured<Value> {
    let [built_in, loaded] = sides(plugin)?;
    let call = |side: &RegistryBackedFactory| call_ns(side);
    let hop = |side: &RegistryBackedFactory| hop_ns(side, frames);
    let (pictures, copied) = addresses(&loaded)?;
    Ok(json!({
        "call_in_process_ns": call(&built_in)?,
        "call_plugin_ns": call(&loaded)?,
        "hop_in_process_ns": hop(&built_in)?,
        "hop_plugin_ns": hop(&loaded)?,
        "pictures": PICTURES,
        "pictures_at_one_address": pictures,
        "pictures_copied": copied,
    }))
}

/// What one call takes, of many in a row.
fn call_ns(side: &RegistryBackedFactory) -> Measured<f64> {
    use streamlib_engine::delegates::FactoryDelegate as _;
    let node = node("nothing", Nothing::NAME, Value::Null)?;
    let mut processor = black_box(side.create(&node)?);
    let mut call = CallState {
        size: size_of::<CallState>() as u32,
        requests: Requests::NONE,
        wake_at_ns: 0,
        host: std::ptr::null(),
        host_context: std::ptr::null_mut(),
    };
    let start = Instant::now();
    for _ in 0..CALLS {
        black_box(&mut processor).process(black_box(&mut call))?;
    }
    Ok(start.elapsed().as_secs_f64() * 1e9 / CALLS as f64)
}

/// What one stage of a chain takes for a frame.
fn hop_ns(side: &RegistryBackedFactory, frames: u64) -> Measured<f64> {
    let parts = |stages: Option<&RegistryBackedFactory>| -> Measured<Parts> {
        let mut parts = nulls::parts(frames)?;
        if let Some(stages) = stages {
            let stage = stages.get(NullStage::NAME).cloned();
            stage.into_iter().for_each(|stage| drop(parts.registry.put(stage)));
        }
        Ok(parts)
    };
    let chain = |stages| Chain { stages, frames, strategy: Strategy::Inline, ..Chain::default() };
    let long = chain::run(&chain(STAGES), parts(Some(side))?)?.ran_for;
    let short = chain::run(&chain(0), parts(None)?)?.ran_for;
    let stages_ns = (long.as_secs_f64() - short.as_secs_f64()) * 1e9;
    Ok(stages_ns / frames as f64 / STAGES as f64)
}

/// How many pictures were at one address for source, plugin and sink, and how many were copied.
fn addresses(side: &RegistryBackedFactory) -> Measured<(u64, u64)> {
    let mut registry = side.clone();
    registry.register::<AddressSource>()?;
    registry.register::<AddressSink>()?;
    let addresses = Arc::new(Addresses::default());
    let builder = Engine::builder().with_registry(registry);
    let engine = builder.with_resource(Arc::clone(&addresses)).build()?;
    let config = json!({ "frames": PICTURES });
    let nodes = [
        node("source", AddressSource::NAME, config)?,
        node("stage", AddressStage::NAME, Value::Null)?,
        node("sink", AddressSink::NAME, Value::Null)?,
    ];
    let mut declare = engine.transaction();
    let ids = nodes.each_ref().map(|node| node.id.clone());
    for node in nodes {
        declare.push(Change::Add { node });
    }
    for ends in ids.windows(2) {
        let [source, target] = [(&ends[0], "frame_out"), (&ends[1], "frame_in")]
            .map(|(id, port)| PortRef::new(id.clone(), port));
        declare.connect(source, target, LinkOptions::default());
    }
    declare.commit()?;
    engine.start()?;
    let outcome = engine.wait()?;
    if let Some((processor, message)) = outcome.failures().next() {
        let (processor, message) = (processor.to_string(), message.to_owned());
        return Err(Error::Failed { processor, message });
    }
    let inspection = engine.inspector().inspect();
    let outputs = inspection.processors.iter().flat_map(|one| &one.outputs);
    let (sent, copied) =
        outputs.fold((0, 0), |(sent, copied), output| (sent + output.sent, copied + output.copied));
    if sent != 2 * PICTURES {
        return Err(Error::Incomplete { frames: PICTURES });
    }
    Ok((addresses.same.load(Relaxed), copied))
}

fn node(id: &str, processor_type: &str, config: Value) -> Measured<ProcessorNode> {
    let id = ProcessorId::new(id).map_err(streamlib_engine::Error::from)?;
    Ok(ProcessorNode::new(id, processor_type, config))
}
