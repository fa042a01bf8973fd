//! `streamlib pack`: an archive of a package.

use serde::Serialize;
use streamlib_package::{Bundle, LeftOut, PlannedFile};
use streamlib_protocol::exit;

use crate::args::PackArguments;
use crate::error::Error;
use crate::packages::shown;
use crate::screen::Screen;
use crate::table::Table;
use crate::text::{self, counted};

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    name: &'a str,
    version: String,
    /// The archive; absent for a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    archive: Option<String>,
    /// Its SHA-256.
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    files: Vec<File<'a>>,
    left_out: Vec<Left<'a>>,
    generated: &'a [String],
    targets: Vec<Target<'a>>,
    warnings: Vec<String>,
}

#[derive(Debug, Serialize)]
struct File<'a> {
    name: &'a str,
    bytes: u64,
}

impl<'a> File<'a> {
    fn of(file: &'a PlannedFile) -> Self {
        Self { name: &file.name, bytes: file.bytes }
    }
}

#[derive(Debug, Serialize)]
struct Left<'a> {
    name: &'a str,
    reason: String,
}

impl<'a> Left<'a> {
    fn of(left: &'a LeftOut) -> Self {
        Self { name: &left.name, reason: left.reason.to_string() }
    }
}

/// A plugin of the package.
#[derive(Debug, Serialize)]
pub(super) struct Target<'a> {
    pub(super) file: &'a str,
    pub(super) target: &'a str,
}

/// Packs a folder, or says what would be packed.
pub(super) fn pack(arguments: &PackArguments, screen: &mut Screen) -> Result<u8, Error> {
    let bundle = Bundle::of(&arguments.folder)?;
    for warning in bundle.warnings().as_slice() {
        screen.say(&warning.to_string());
    }
    let output = arguments.output.clone().unwrap_or_else(|| bundle.file_name().into());
    let packed = match arguments.dry_run {
        true => None,
        false => Some(bundle.pack(&output, &mut shown(screen))?),
    };
    let info = &bundle.folder().manifest().package;
    let plan = bundle.plan();
    if arguments.json {
        screen.print_json(&Answer {
            name: &info.name,
            version: info.version.to_string(),
            archive: packed.as_ref().map(|_| output.display().to_string()),
            sha256: packed.as_ref().map(|packed| packed.archive.to_string()),
            files: plan.files().iter().map(File::of).collect(),
            left_out: plan.left_out().iter().map(Left::of).collect(),
            generated: bundle.generated(),
            targets: targets(bundle.plugins()),
            warnings: bundle.warnings().as_slice().iter().map(ToString::to_string).collect(),
        })?;
        return Ok(exit::OK);
    }
    let mut table = Table::new(&["FILE", ">SIZE"]);
    for file in plan.files() {
        table.row([file.name.clone(), text::bytes(file.bytes)]);
    }
    let mut out = table.to_text();
    for left in plan.left_out() {
        out += &format!("left out: {} ({})\n", left.name, left.reason);
    }
    let files = counted(plan.files().len() as u64, "file");
    out += &match &packed {
        Some(packed) => format!(
            "\n{info}: {files} in {}, {}\nsha256 {}",
            output.display(),
            text::bytes(packed.bytes),
            packed.archive
        ),
        None => format!("\n{info}: {files} would be packed into {}", output.display()),
    };
    screen.print(&out)?;
    Ok(exit::OK)
}

/// The plugins that can be loaded somewhere.
pub(super) fn targets(plugins: &[streamlib_package::PackagePlugin]) -> Vec<Target<'_>> {
    plugins
        .iter()
        .filter_map(|one| {
            let file = one.file.as_ref().ok()?;
            Some(Target { file: &one.path, target: &file.target })
        })
        .collect()
}
