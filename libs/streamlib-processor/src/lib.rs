//! What the author of a StreamLib processor sees: ports, frames, contexts, formats.
