//! Packages in a runtime: processors and schemas from folders, archives, URLs and the cache.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use streamlib_engine::delegates::{ProcessorType, RegisterError, RegistryBackedFactory};
use streamlib_host::PluginError;
use streamlib_manifest::package::{PackageSource, Runtime};
use streamlib_manifest::{Code, Diagnostic, Diagnostics, ManifestError, NodePath};
use streamlib_package::{
    Fetcher, Gather, Gathered, GatheredPackage, HeldPackage, Home, PackageError, PackageFolder,
    PackageStore, Progress, read_lock,
};
use streamlib_schema::{RegistryError, Schema, SchemaRef};

use crate::runtime::{RuntimeError, StreamRuntime};

/// Why a package cannot be loaded. Nothing of it is left behind.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadPackageError {
    /// The text says no place of a package.
    #[error(transparent)]
    Source(#[from] ManifestError),
    /// It cannot be found, fetched, unpacked or resolved, or its manifest is not right.
    #[error(transparent)]
    Package(Box<PackageError>),
    /// Its plugin cannot be loaded.
    #[error("the package {package} cannot be loaded: {source}")]
    Plugin {
        /// Name and version.
        package: String,
        /// Why.
        source: Box<PluginError>,
    },
    /// What it declares and what its code brings are not the same, or it needs what is not there.
    #[error("the package {package} cannot be loaded:\n{problems}")]
    NotRight {
        /// Name and version.
        package: String,
        /// Everything that is wrong, at the lines of its manifest.
        problems: Box<Diagnostics>,
    },
    /// Another version of the package is loaded.
    #[error(
        "{package} cannot be loaded: {loaded} is loaded already, and a runtime has one version of \
         a package"
    )]
    OtherVersion {
        /// Name and version.
        package: String,
        /// What is loaded.
        loaded: String,
    },
    /// One of its processors has the name of another type.
    #[error("the package {package} cannot be loaded: {source}")]
    Names {
        /// Name and version.
        package: String,
        /// Which name.
        source: RegisterError,
    },
    /// One of its schemas does not go together with what is there.
    #[error("the package {package} cannot be loaded: {source}")]
    Schemas {
        /// Name and version.
        package: String,
        /// Which schema.
        source: Box<RegistryError>,
    },
}

impl From<PackageError> for LoadPackageError {
    fn from(error: PackageError) -> Self {
        Self::Package(Box::new(error))
    }
}

/// A package that is loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedPackage {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The folder it is used from.
    pub folder: PathBuf,
    /// The graph it carries.
    pub graph: Option<PathBuf>,
    /// The types of processors it brings.
    pub processors: Vec<String>,
    /// The schemas it brings.
    pub schemas: Vec<SchemaRef>,
}

impl LoadedPackage {
    fn of(package: &GatheredPackage) -> Self {
        let folder = &package.folder;
        let processors = folder.manifest().processors.iter();
        Self {
            name: package.name().to_owned(),
            version: package.version().to_string(),
            folder: folder.root().to_owned(),
            graph: folder.graph(),
            processors: processors.map(|processor| processor.name.clone()).collect(),
            schemas: folder.schemas().keys().cloned().collect(),
        }
    }
}

/// The packages of a runtime. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Packages {
    home: Option<Home>,
    loaded: Arc<Mutex<Loaded>>,
}

#[derive(Debug, Default)]
struct Loaded {
    packages: BTreeMap<String, LoadedPackage>,
    /// Keeps the packages in the cache.
    held: Vec<HeldPackage>,
}

impl Packages {
    pub(crate) fn at(home: Home) -> Self {
        Self { home: Some(home), loaded: Arc::default() }
    }

    fn store(&self) -> Result<PackageStore, PackageError> {
        let home = match &self.home {
            Some(home) => home.clone(),
            None => {
                let [own, users] = ["STREAMLIB_HOME", "HOME"].map(std::env::var_os);
                Home::from_environment(own.as_deref(), users.as_deref())?
            }
        };
        let fetcher = Fetcher::of(&home).with_environment(|name| std::env::var_os(name))?;
        Ok(PackageStore::of(&home).with_fetcher(fetcher))
    }
}

/// How a package is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Folders are used where they are.
    InPlace,
    /// Everything comes into the cache and gets its name.
    Installed,
}

impl StreamRuntime {
    /// Loads a package with everything it needs: a folder (`./effects`), an archive
    /// (`effects.slpkg`), a URL (`https://..#sha256=..`) or an installed one by its name, with a
    /// range of versions or without (`com.example.effects@^1.2`). What was not installed is: it
    /// comes into the cache and is found by its name from then on. Its processors can be added like
    /// those that are built in. A second time is the same as once.
    ///
    /// # Errors
    /// It cannot be found, or is refused; then nothing of it is left behind.
    pub fn load_package(&self, source: impl AsRef<str>) -> Result<LoadedPackage, RuntimeError> {
        let source: PackageSource = source.as_ref().parse().map_err(LoadPackageError::Source)?;
        let base = std::env::current_dir().unwrap_or_default();
        Ok(self.load_from(&source, &base, Mode::Installed, &mut |_| {})?)
    }

    /// Loads the package in a folder in place, for working on it: nothing is copied or installed,
    /// and the folders it depends on are used in place as well. Versions are those of its
    /// `streamlib.lock`, if it has one.
    ///
    /// # Errors
    /// As [`Self::load_package`].
    pub fn load_project(&self, folder: impl AsRef<Path>) -> Result<LoadedPackage, RuntimeError> {
        let source = PackageSource::folder(&folder.as_ref().display().to_string());
        let base = std::env::current_dir().unwrap_or_default();
        Ok(self.load_from(&source, &base, Mode::InPlace, &mut |_| {})?)
    }

    /// Loads the packages that a graph file names: folders in place, all else as
    /// [`Self::load_package`]. Paths are taken from the folder `base`, that of the file.
    ///
    /// # Errors
    /// As [`Self::load_package`], for the first that cannot be loaded, with its place in the list.
    pub fn load_packages(
        &self,
        sources: &[PackageSource],
        base: &Path,
        on_progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Vec<LoadedPackage>, (usize, LoadPackageError)> {
        let mut loaded = Vec::new();
        for (at, source) in sources.iter().enumerate() {
            let mode = match source {
                PackageSource::Folder(_) => Mode::InPlace,
                _ => Mode::Installed,
            };
            let one = self.load_from(source, base, mode, on_progress);
            loaded.push(one.map_err(|error| (at, error))?);
        }
        Ok(loaded)
    }

    /// The packages that are loaded, by name.
    pub fn packages(&self) -> Vec<LoadedPackage> {
        let loaded = self.packages.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        loaded.packages.values().cloned().collect()
    }

    fn load_from(
        &self,
        source: &PackageSource,
        base: &Path,
        mode: Mode,
        on_progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<LoadedPackage, LoadPackageError> {
        let store = self.packages.store()?;
        let lock = match (mode, source) {
            (Mode::InPlace, PackageSource::Folder(path)) => read_lock(&base.join(path))?,
            _ => streamlib_manifest::lock::Lock::default(),
        };
        let how = Gather { in_place: mode == Mode::InPlace, lock };
        let mut gathered =
            store.gather(std::slice::from_ref(source), base, &how, &mut *on_progress)?;
        // One load at a time, so that of two that clash the second sees the first.
        let mut loaded = self.packages.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let new = self.new_types(&gathered, &loaded)?;
        let is_installed = matches!(source, PackageSource::Name { .. }) || mode == Mode::InPlace;
        self.update_registry(|registry| {
            for (package, types) in &new {
                register(registry, package, types)?;
            }
            // Last, since it alone cannot be taken back.
            if !is_installed {
                store.install(&gathered, &mut *on_progress)?;
            }
            Ok::<(), LoadPackageError>(())
        })?;
        drop(new);
        let mut wanted = None;
        for mut package in std::mem::take(&mut gathered.packages) {
            let one = LoadedPackage::of(&package);
            if package.is_wanted {
                wanted = Some(one.clone());
            }
            loaded.held.extend(package.held.take());
            loaded.packages.insert(one.name.clone(), one);
        }
        // What is wanted is always among what was gathered.
        wanted.ok_or_else(|| PackageError::NoManifest { folder: source.to_string() }.into())
    }

    /// What is not loaded yet, with the types of its processors. Its plugins are loaded, and
    /// nothing is registered.
    fn new_types<'g>(
        &self,
        gathered: &'g Gathered,
        loaded: &Loaded,
    ) -> Result<Vec<(&'g GatheredPackage, Vec<ProcessorType>)>, LoadPackageError> {
        let mut new = Vec::new();
        let mut schemas: BTreeMap<SchemaRef, Schema> = self.factory().schemas();
        for package in &gathered.packages {
            schemas.extend(package.folder.schemas().clone());
        }
        for package in &gathered.packages {
            let this = LoadedPackage::of(package);
            if let Some(known) = loaded.packages.get(package.name())
                && known.version != this.version
            {
                let loaded = format!("{} {}", known.name, known.version);
                return Err(LoadPackageError::OtherVersion { package: shown(package), loaded });
            }
            let mut problems = package.folder.unknown_schemas(&schemas);
            problems.extend(hosts(&package.folder));
            if problems.has_errors() {
                return Err(not_right(package, problems));
            }
            new.push((package, self.types(package)?));
        }
        Ok(new)
    }

    /// The types of a package's processors, which are what its manifest says.
    fn types(&self, package: &GatheredPackage) -> Result<Vec<ProcessorType>, LoadPackageError> {
        let folder = &package.folder;
        let processors = &folder.manifest().processors;
        if !processors.iter().any(|one| one.runtime == Runtime::Rust) {
            return Ok(Vec::new());
        }
        let bad =
            |source| LoadPackageError::Plugin { package: shown(package), source: Box::new(source) };
        // Versions that the manifest leaves out are those of the plugin.
        let file = folder
            .plugins()?
            .into_iter()
            .find_map(|plugin| plugin.file.ok().filter(|file| file.check_here().is_ok()));
        let names = file.map(|file| folder.plugin_names(&file)).unwrap_or_default();
        let plugin = self.plugins.load_package(folder.root(), &names).map_err(bad)?;
        let mut problems = Diagnostics::default();
        for (at, declared) in processors.iter().enumerate() {
            let types = plugin.types().iter();
            let Some(found) = types.clone().find(|one| one.name() == declared.name) else {
                continue;
            };
            let path = NodePath::root().then("processors").then(at);
            for difference in declared.differences(found.descriptor()) {
                let segments = path.segments().iter().chain(difference.path.segments());
                let place: NodePath = segments.cloned().collect();
                let problem = Diagnostic::error(Code::InvalidPlugin, place, difference.message);
                problems.push(folder.spans().at(problem));
            }
        }
        match problems.has_errors() {
            true => Err(not_right(package, problems)),
            false => Ok(plugin.types().to_vec()),
        }
    }
}

fn shown(package: &GatheredPackage) -> String {
    format!("{} {}", package.name(), package.version())
}

fn not_right(package: &GatheredPackage, problems: Diagnostics) -> LoadPackageError {
    LoadPackageError::NotRight { package: shown(package), problems: Box::new(problems) }
}

/// Processors for whose language there is no host.
fn hosts(folder: &PackageFolder) -> Diagnostics {
    let mut problems = Diagnostics::default();
    for (at, processor) in folder.manifest().processors.iter().enumerate() {
        let language = match processor.runtime {
            Runtime::Rust => continue,
            Runtime::Python => "Python",
            Runtime::TypeScript => "TypeScript",
        };
        let path = NodePath::root().then("processors").then(at).then("runtime");
        let message = format!(
            "`{}` is written in {language}, and this StreamLib has no {language} host",
            processor.name
        );
        problems.push(folder.spans().at(Diagnostic::error(Code::NoHost, path, message)));
    }
    problems
}

fn register(
    registry: &mut RegistryBackedFactory,
    package: &GatheredPackage,
    types: &[ProcessorType],
) -> Result<(), LoadPackageError> {
    for (reference, schema) in package.folder.schemas() {
        let added = registry.add_schema(reference.clone(), schema.clone());
        added.map_err(|source| LoadPackageError::Schemas {
            package: shown(package),
            source: Box::new(source),
        })?;
    }
    for one in types {
        let added = registry.add(one.clone());
        added.map_err(|source| LoadPackageError::Names { package: shown(package), source })?;
    }
    Ok(())
}
