//! What a runtime can be given to change how it works: where processors come from, what happens
//! around their lives, and what they run on.
//!
//! Delegates are called by the compiler only, on the thread that commits, never on the frame path.

mod factory;
mod processor;
mod scheduler;

pub use factory::{
    ConverterChoice, FactoryDelegate, PortInfo, ProcessorType, RegisterError, RegistryBackedFactory,
};
pub use processor::{DefaultProcessorDelegate, ProcessorDelegate};
pub use scheduler::{
    DefaultScheduler, InvalidStrategy, SchedulerDelegate, SchedulingStrategy, ThreadPriority,
    check_strategy,
};
