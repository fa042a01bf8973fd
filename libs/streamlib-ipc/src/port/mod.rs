//! Output ports that reach other processes: one service a port, one writer, a seat for each reader.

pub(crate) mod page;
pub(crate) mod plan;
#[cfg(not(loom))]
pub(crate) mod reader;
#[cfg(not(loom))]
pub(crate) mod records;
#[cfg(not(loom))]
pub(crate) mod service;
#[cfg(not(loom))]
pub(crate) mod writer;
