//! `streamlib graph`: a graph file as tables, JSON or a drawing.

use streamlib_protocol::Snapshot;

use crate::args::{GraphArguments, GraphFormat};
use crate::draw;
use crate::error::Error;
use crate::packages::GraphToRun;
use crate::program;
use crate::screen::Screen;

/// Prints the graph.
pub(crate) fn graph(arguments: &GraphArguments, screen: &mut Screen) -> Result<(), Error> {
    let graph: Snapshot =
        program::ask("graph", GraphToRun::find(&arguments.graph, screen)?.arguments())?;
    match arguments.format {
        GraphFormat::Json => screen.print_json(&graph),
        GraphFormat::Table => screen.print(&draw::table(&graph)),
        GraphFormat::Dot => screen.print(&draw::dot(&graph)),
        GraphFormat::Mermaid => screen.print(&draw::mermaid(&graph)),
    }
}
