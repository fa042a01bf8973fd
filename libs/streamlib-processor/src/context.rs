//! What a processor is told when it is set up and when it is called.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use streamlib_abi::call::{CallState, Requests};

/// Things of the process that processors share, by type: a GPU device, an audio host.
#[derive(Debug, Clone, Default)]
pub struct Resources(HashMap<TypeId, Arc<dyn Any + Send + Sync>>);

impl Resources {
    /// Adds a resource, in the place of one of the same type.
    pub fn insert<T: Send + Sync + 'static>(&mut self, resource: Arc<T>) {
        self.0.insert(TypeId::of::<T>(), resource);
    }

    /// The resource of this type.
    pub fn get<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.0.get(&TypeId::of::<T>())?.clone().downcast().ok()
    }
}

/// What processors of one graph agree on where their own settings leave it open. A runtime is given
/// another one as a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MediaConfig {
    /// Samples a second of sound that is made or resampled, Hz.
    pub sample_rate: u32,
    /// Channels of sound that is made, 1 to 8.
    pub channels: u32,
}

impl Default for MediaConfig {
    /// Stereo at 48 kHz.
    fn default() -> Self {
        Self { sample_rate: 48_000, channels: 2 }
    }
}

/// What a processor is told when it is set up.
#[derive(Debug)]
pub struct SetupContext<'a> {
    name: &'a str,
    resources: &'a Resources,
    length_ns: Option<u64>,
}

impl<'a> SetupContext<'a> {
    /// For engines: the context of the processor called `name`.
    pub fn new(name: &'a str, resources: &'a Resources) -> Self {
        Self { name, resources, length_ns: None }
    }

    /// Says how long what this source sends will be if it runs to its end, stream time, ns. Progress
    /// is shown by it and nothing else depends on it; a source without an end says nothing.
    pub fn announce_length(&mut self, length_ns: u64) {
        self.length_ns = Some(length_ns);
    }

    /// For engines: what [`SetupContext::announce_length`] was told last.
    pub fn announced_length_ns(&self) -> Option<u64> {
        self.length_ns
    }

    /// The processor's name in its graph.
    pub fn name(&self) -> &str {
        self.name
    }

    /// The shared resource of this type, if the runtime was given one.
    pub fn resource<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.resources.get()
    }

    /// What the graph's processors agree on.
    pub fn media(&self) -> MediaConfig {
        self.resource::<MediaConfig>().map_or_else(MediaConfig::default, |media| *media)
    }
}

/// What a processor is told when it is called, and how it asks for more.
#[derive(Debug)]
pub struct ProcessContext<'a> {
    call: &'a mut CallState,
    not_send: PhantomData<*const ()>,
}

impl<'a> ProcessContext<'a> {
    /// For engines: the context of one call.
    pub fn new(call: &'a mut CallState) -> Self {
        Self { call, not_send: PhantomData }
    }

    /// There is more to give: call again as soon as there is room for it.
    /// A frame that is there in that call need not be read: what is left is given to the next one.
    pub fn again(&mut self) {
        self.call.requests.add(Requests::AGAIN);
    }

    /// There is no more to give: the outputs end after this call.
    pub fn finish(&mut self) {
        self.call.requests.add(Requests::FINISH);
    }

    /// Calls again when stream time reaches `stream_time_ns` (for paced sources and displays).
    /// Until then the processor is not ready.
    pub fn wake_at(&mut self, stream_time_ns: i64) {
        self.call.requests.add(Requests::WAKE_AT);
        self.call.wake_at_ns = stream_time_ns;
    }

    /// Stream time now by the graph's clock, ns. It stands still while the graph is paused.
    pub fn now_ns(&self) -> i64 {
        // SAFETY: the host's table and context are live during the call (contract of `CallState`).
        unsafe { ((*self.call.host).now_ns)(self.call.host_context) }
    }

    /// `CLOCK_MONOTONIC` now, ns: what a source writes as capture time.
    pub fn monotonic_ns(&self) -> u64 {
        // SAFETY: as in `now_ns`.
        unsafe { ((*self.call.host).monotonic_ns)(self.call.host_context) }
    }

    /// Waits until stream time reaches `until_ns`; false if the processor is to come back at once
    /// (stop, pause, edit), or if it did not declare that it blocks.
    pub fn wait_until(&self, until_ns: i64) -> bool {
        // SAFETY: as in `now_ns`.
        unsafe { ((*self.call.host).wait_until)(self.call.host_context, until_ns) }.is_ok()
    }

    /// True if the processor is to come back from its call soon.
    pub fn interrupted(&self) -> bool {
        // SAFETY: as in `now_ns`.
        unsafe { ((*self.call.host).interrupted)(self.call.host_context) != 0 }
    }
}
