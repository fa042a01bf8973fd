//! The StreamLib engine: graph, compiler, execution, observability.
