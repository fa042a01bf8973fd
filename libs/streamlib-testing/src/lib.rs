//! Conformance tables, virtual clock and counting allocator for StreamLib tests.
