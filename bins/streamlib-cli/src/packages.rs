//! The packages of the user, as commands use them: where they are, and how far work on them is.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use semver::VersionReq;
use streamlib_manifest::package::{MANIFEST_FILE, PackageSource};
use streamlib_package::{
    Fetcher, Gather, GatheredPackage, Home, PackageFolder, PackageStore, Progress,
};

use crate::args::FileArguments;
use crate::error::Error;
use crate::screen::Screen;
use crate::text;

/// How often progress is drawn on a terminal.
const DRAW_EVERY: Duration = Duration::from_millis(100);

/// The packages of this user, by the environment.
pub(crate) fn store() -> Result<PackageStore, Error> {
    let [own, users] = ["STREAMLIB_HOME", "HOME"].map(std::env::var_os);
    let home = Home::from_environment(own.as_deref(), users.as_deref())?;
    let fetcher = Fetcher::of(&home).with_environment(|name| std::env::var_os(name))?;
    Ok(PackageStore::of(&home).with_fetcher(fetcher))
}

/// The folder that paths are taken from.
pub(crate) fn here() -> Result<PathBuf, Error> {
    std::env::current_dir()
        .map_err(|source| Error::System { doing: "the folder is not known", source })
}

/// Draws how far a piece of work is; only on a terminal, and not more often than can be read.
pub(crate) fn shown(screen: &mut Screen) -> impl FnMut(Progress<'_>) {
    let mut drawn = Instant::now();
    move |progress| {
        if !screen.is_terminal() || drawn.elapsed() < DRAW_EVERY {
            return;
        }
        drawn = Instant::now();
        if let Some(line) = line(progress) {
            screen.draw_line(&line);
        }
    }
}

fn line(progress: Progress<'_>) -> Option<String> {
    match progress {
        Progress::Received { bytes, total: Some(total) } => {
            Some(format!("received {} of {}", text::bytes(bytes), text::bytes(total)))
        }
        Progress::Received { bytes, total: None } => {
            Some(format!("received {}", text::bytes(bytes)))
        }
        Progress::Copied { name, bytes, total } => {
            Some(format!("{} of {}  {name}", text::bytes(bytes), text::bytes(total)))
        }
        _ => None,
    }
}

/// What a command that takes a graph runs on.
#[derive(Debug)]
pub(crate) struct GraphToRun {
    /// The graph's file, with its parameters.
    pub(crate) file: FileArguments,
    /// The package that it comes with, as the runtime is told of it.
    package: Option<OsString>,
}

impl GraphToRun {
    /// Finds the graph that a command line names. A package is installed for it, unless it is a
    /// folder.
    pub(crate) fn find(arguments: &FileArguments, screen: &mut Screen) -> Result<Self, Error> {
        let as_file = || Self { file: arguments.clone(), package: None };
        let Some(text) = arguments.file.to_str() else { return Ok(as_file()) };
        let path = Path::new(text);
        let source = match text.parse::<PackageSource>() {
            Ok(source @ (PackageSource::File(_) | PackageSource::Url { .. })) => source,
            _ if path.is_dir() && path.join(MANIFEST_FILE).is_file() => {
                let folder = PackageFolder::open(path)?;
                let source = PackageSource::folder(text).to_string();
                return Self::of(&folder, arguments, source);
            }
            Ok(source @ PackageSource::Name { .. }) if !path.exists() => {
                match is_installed(&source)? {
                    true => source,
                    false => return Ok(as_file()),
                }
            }
            _ => return Ok(as_file()),
        };
        let store = store()?;
        let mut on_progress = shown(screen);
        let gathered = store.gather(
            std::slice::from_ref(&source),
            &here()?,
            &Gather::default(),
            &mut on_progress,
        )?;
        if !matches!(source, PackageSource::Name { .. }) {
            store.install(&gathered, &mut on_progress)?;
        }
        let wanted = |one: &&GatheredPackage| one.is_wanted;
        let Some(package) = gathered.packages.iter().find(wanted) else { return Ok(as_file()) };
        Self::of(&package.folder, arguments, format!("{}@={}", package.name(), package.version()))
    }

    fn of(
        folder: &PackageFolder,
        arguments: &FileArguments,
        source: String,
    ) -> Result<Self, Error> {
        let name = folder.manifest().package.to_string();
        let file = folder.graph().ok_or(Error::NoGraph(name))?;
        Ok(Self {
            file: FileArguments { file, assignments: arguments.assignments.clone() },
            package: Some(source.into()),
        })
    }

    /// What the runtime is told: the package first.
    pub(crate) fn arguments(&self) -> Vec<OsString> {
        let package = self.package.iter().flat_map(|one| ["--package".into(), one.clone()]);
        package.chain(crate::program::graph_arguments(&self.file)).collect()
    }
}

fn is_installed(source: &PackageSource) -> Result<bool, Error> {
    let PackageSource::Name { name, .. } = source else { return Ok(false) };
    Ok(!store()?.cache().versions(name)?.is_empty())
}

/// The name and range of a source that is one.
pub(crate) fn name_of(source: &PackageSource) -> Option<(&str, &VersionReq)> {
    match source {
        PackageSource::Name { name, range } => Some((name, range)),
        _ => None,
    }
}
