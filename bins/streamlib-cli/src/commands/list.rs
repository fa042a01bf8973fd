//! `streamlib list`: the graphs that run.

use streamlib_protocol::{Info, paths};

use crate::args::JsonArguments;
use crate::error::Error;
use crate::running;
use crate::screen::Screen;
use crate::table::Table;
use crate::text;

/// Prints the graphs. One that ends while it is asked is left out.
pub(crate) fn list(arguments: &JsonArguments, screen: &mut Screen) -> Result<(), Error> {
    let running = running::all()?;
    let infos: Vec<Info> =
        running.iter().filter_map(|one| one.client().get(paths::INFO).ok()).collect();
    if arguments.json {
        return screen.print_json(&infos);
    }
    if infos.is_empty() {
        return screen.print("no graph runs");
    }
    let mut table = Table::new(&["NAME", ">PROCESS", "STATE", ">TIME", "FILE"]);
    for info in infos {
        table.row([
            info.name,
            info.pid.to_string(),
            info.state.as_str().to_owned(),
            text::clock(std::time::Duration::from_nanos(info.uptime_ns).as_secs_f64()),
            info.file.unwrap_or_default(),
        ]);
    }
    screen.print(&table.to_text())
}
