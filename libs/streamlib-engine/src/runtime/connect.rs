//! What can be connected: typed ports, ports by name, and whole processors.

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use streamlib_processor::frame::{AnyFrame, FrameType};
use streamlib_processor::names::{InputName, OutputName};

use crate::delegates::FactoryDelegate;
use crate::graph::{GraphError, GraphSnapshot, choose_ports};
use crate::ids::{PortRef, ProcessorId};

/// A processor of a type that is known when the program compiles.
#[derive(Debug)]
pub struct ProcessorHandle<P> {
    id: ProcessorId,
    processor: PhantomData<fn() -> P>,
}

impl<P> Clone for ProcessorHandle<P> {
    fn clone(&self) -> Self {
        Self::new(self.id.clone())
    }
}

impl<P> ProcessorHandle<P> {
    pub(super) fn new(id: ProcessorId) -> Self {
        Self { id, processor: PhantomData }
    }

    /// Its name in the graph.
    pub fn id(&self) -> &ProcessorId {
        &self.id
    }

    /// One of its outputs: `movie.output(Mp4Source::VIDEO)`.
    pub fn output<F>(&self, name: OutputName<P, F>) -> SourcePort<F> {
        SourcePort { port: PortRef::new(self.id.clone(), name.as_str()), frame: PhantomData }
    }

    /// One of its inputs: `gray.input(Grayscale::VIDEO_IN)`.
    pub fn input<F>(&self, name: InputName<P, F>) -> TargetPort<F> {
        TargetPort { port: PortRef::new(self.id.clone(), name.as_str()), frame: PhantomData }
    }
}

impl<P> Deref for ProcessorHandle<P> {
    type Target = ProcessorId;

    fn deref(&self) -> &ProcessorId {
        &self.id
    }
}

impl<P> AsRef<ProcessorId> for ProcessorHandle<P> {
    fn as_ref(&self) -> &ProcessorId {
        &self.id
    }
}

impl AsRef<Self> for ProcessorId {
    fn as_ref(&self) -> &Self {
        self
    }
}

/// An output that gives frames `F`.
#[derive(Debug, Clone)]
pub struct SourcePort<F> {
    port: PortRef,
    frame: PhantomData<fn() -> F>,
}

/// An input that takes frames `F`.
#[derive(Debug, Clone)]
pub struct TargetPort<F> {
    port: PortRef,
    frame: PhantomData<fn() -> F>,
}

/// One end of a link as the user named it.
#[derive(Debug, Clone)]
pub enum End {
    /// A port.
    Port(PortRef),
    /// A processor, whose port is to be chosen.
    Processor(ProcessorId),
}

/// Something that frames can come from.
pub trait LinkSource {
    /// Which frames, as far as it is known when the program compiles.
    type Frame: FrameType;
    /// Where.
    fn source(&self) -> End;
}

/// Something that frames can go to.
pub trait LinkTarget {
    /// Which frames, as far as it is known when the program compiles.
    type Frame: FrameType;
    /// Where.
    fn target(&self) -> End;
}

impl<F: FrameType> LinkSource for SourcePort<F> {
    type Frame = F;

    fn source(&self) -> End {
        End::Port(self.port.clone())
    }
}

impl<F: FrameType> LinkTarget for TargetPort<F> {
    type Frame = F;

    fn target(&self) -> End {
        End::Port(self.port.clone())
    }
}

macro_rules! untyped_end {
    ($type:ty, $generics:tt, |$this:ident| $end:expr) => {
        untyped_end!(@impl $type, $generics, LinkSource, source, |$this| $end);
        untyped_end!(@impl $type, $generics, LinkTarget, target, |$this| $end);
    };
    (@impl $type:ty, [$($generic:ident)?], $trait:ident, $method:ident, |$this:ident| $end:expr) => {
        impl$(<$generic>)? $trait for $type {
            type Frame = AnyFrame;

            fn $method(&self) -> End {
                let $this = self;
                $end
            }
        }
    };
}
untyped_end!(&ProcessorHandle<P>, [P], |this| End::Processor(this.id.clone()));
untyped_end!(&ProcessorId, [], |this| End::Processor((*this).clone()));
untyped_end!(PortRef, [], |this| End::Port(this.clone()));
untyped_end!(&PortRef, [], |this| End::Port((*this).clone()));
untyped_end!((&ProcessorId, &str), [], |this| {
    End::Port(PortRef::new(this.0.clone(), Arc::from(this.1)))
});

/// The ports that are meant. Where a whole processor is named, the one pair that goes together is
/// taken.
pub(super) fn resolve(
    snapshot: &GraphSnapshot,
    source: &End,
    target: &End,
    factory: &dyn FactoryDelegate,
) -> Result<(PortRef, PortRef), GraphError> {
    if let (End::Port(source), End::Port(target)) = (source, target) {
        return Ok((source.clone(), target.clone()));
    }
    let (from, to) = choose_ports(snapshot, source.processor(), target.processor(), factory)?;
    let named = |end: &End, chosen: PortRef| match end {
        End::Port(port) => port.clone(),
        End::Processor(_) => chosen,
    };
    Ok((named(source, from), named(target, to)))
}

impl End {
    fn processor(&self) -> &ProcessorId {
        match self {
            Self::Port(port) => &port.processor,
            Self::Processor(id) => id,
        }
    }
}
