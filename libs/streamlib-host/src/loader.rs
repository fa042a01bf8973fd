//! Loading plugins from files, folders and packages.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use streamlib_abi::plugin::LogLevel;
use streamlib_engine::delegates::{ProcessorType, RegisterError, RegistryBackedFactory};
use streamlib_package::{Digest, PluginFile, PluginProcessorName};
use streamlib_processor::BoxedProcessor;
use tempfile::TempDir;

use crate::error::PluginError;
use crate::library::{LoadedType, OpenError, open};
use crate::processor::PluginProcessor;

/// Something that a plugin says to people.
#[derive(Debug, Clone, Copy)]
pub struct PluginLog<'a> {
    /// How much it matters.
    pub level: LogLevel,
    /// The plugin's file.
    pub plugin: &'a str,
    /// What it says.
    pub message: &'a str,
}

pub(crate) type Log = Arc<dyn Fn(PluginLog<'_>) + Send + Sync>;

/// Loads plugins. Each file is copied to a folder of the loader's under a name by its content and
/// loaded from there: building or copying a newer one to the same place does not touch what runs,
/// and the newer one is loaded beside it. The folder goes with the loader, the libraries stay.
///
/// A plugin is one file: libraries that it looks for beside itself are not copied.
#[derive(Clone)]
pub struct PluginLoader {
    shared: Arc<Shared>,
}

struct Shared {
    log: Log,
    loaded: Mutex<Loaded>,
}

#[derive(Default)]
struct Loaded {
    folder: Option<TempDir>,
    by_content: BTreeMap<Digest, Arc<[LoadedType]>>,
}

impl fmt::Debug for PluginLoader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let loaded = self.shared.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        f.debug_struct("PluginLoader").field("loaded", &loaded.by_content.len()).finish()
    }
}

impl Default for PluginLoader {
    fn default() -> Self {
        Self::new(|_| {})
    }
}

impl PluginLoader {
    /// A loader of plugins that speak to people through `log`, from any thread.
    pub fn new(log: impl Fn(PluginLog<'_>) + Send + Sync + 'static) -> Self {
        let shared = Shared { log: Arc::new(log), loaded: Mutex::default() };
        Self { shared: Arc::new(shared) }
    }

    /// Loads a plugin. The same content a second time is the same plugin.
    ///
    /// # Errors
    /// The file is no plugin for this program: nothing of it has run. Or it does not keep its
    /// promises.
    pub fn load(&self, path: &Path) -> Result<Plugin, PluginError> {
        self.load_checked(path, None)
    }

    /// As [`Self::load`], for a plugin of a package, whose manifest names these processors.
    ///
    /// # Errors
    /// As there; also when the plugin has others than the manifest.
    pub fn load_named(
        &self,
        path: &Path,
        manifest: &[PluginProcessorName],
    ) -> Result<Plugin, PluginError> {
        self.load_checked(path, Some(manifest))
    }

    /// Loads the plugin of the package in `folder`, whose manifest names these processors: the one
    /// library in `lib/` followed by the name of this machine's target, else in `lib/`.
    ///
    /// # Errors
    /// As [`Self::load_named`]; also when there is none.
    pub fn load_package(
        &self,
        folder: &Path,
        manifest: &[PluginProcessorName],
    ) -> Result<Plugin, PluginError> {
        self.load_named(&library_of_package(folder)?, manifest)
    }

    /// Loads every library in `folder`, in the order of names.
    ///
    /// # Errors
    /// The folder cannot be read, or one of them cannot be loaded.
    pub fn load_folder(&self, folder: &Path) -> Result<Vec<Plugin>, PluginError> {
        libraries(folder)?.iter().map(|path| self.load(path)).collect()
    }

    fn load_checked(
        &self,
        path: &Path,
        manifest: Option<&[PluginProcessorName]>,
    ) -> Result<Plugin, PluginError> {
        let read = |source| PluginError::Read { path: path.to_owned(), source };
        let bytes = fs::read(path).map_err(read)?;
        let refused = |source| PluginError::Refused { path: path.to_owned(), source };
        let file = PluginFile::read(&bytes).map_err(refused)?;
        file.check_here().map_err(refused)?;
        if let Some(manifest) = manifest {
            file.check_names(manifest).map_err(refused)?;
        }
        let content = Digest::of(&bytes);
        let mut loaded = self.shared.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let types = match loaded.by_content.get(&content) {
            Some(types) => Arc::clone(types),
            None => {
                let copy = loaded.copy(path, &bytes, content);
                let copy =
                    copy.map_err(|source| PluginError::Copy { path: path.to_owned(), source })?;
                let types: Arc<[_]> = open(&copy, &file)
                    .map_err(|error| match error {
                        OpenError::System(reason) => {
                            PluginError::Open { path: path.to_owned(), reason }
                        }
                        OpenError::Broken(reason) => {
                            PluginError::Broken { path: path.to_owned(), reason }
                        }
                    })?
                    .into();
                loaded.by_content.insert(content, Arc::clone(&types));
                types
            }
        };
        drop(loaded);
        let types = types.iter().map(|one| self.processor_type(one, path)).collect();
        Ok(Plugin { path: path.to_owned(), file, types })
    }

    fn processor_type(&self, loaded: &LoadedType, path: &Path) -> ProcessorType {
        let table = loaded.table;
        let plugin: Arc<str> = path.display().to_string().into();
        // Kept with the type: the folder of its file goes when nobody can make it any more.
        let shared = Arc::clone(&self.shared);
        ProcessorType::new(loaded.descriptor.clone(), move |node| {
            let log = Arc::clone(&shared.log);
            let made = PluginProcessor::create(table, &node.config, log, Arc::clone(&plugin))?;
            Ok::<BoxedProcessor, _>(Box::new(made))
        })
    }
}

impl Loaded {
    /// Copies the bytes that were checked to a file of its own.
    fn copy(&mut self, path: &Path, bytes: &[u8], content: Digest) -> io::Result<PathBuf> {
        let folder = match &self.folder {
            Some(folder) => folder,
            None => {
                let made = tempfile::Builder::new().prefix("streamlib-plugins-").tempdir()?;
                self.folder.insert(made)
            }
        };
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let copy = folder.path().join(format!("{stem}-{content}{}", std::env::consts::DLL_SUFFIX));
        let mut file = fs::File::create(&copy)?;
        file.write_all(bytes)?;
        Ok(copy)
    }
}

/// A loaded plugin: the types of its processors.
#[derive(Debug, Clone)]
pub struct Plugin {
    path: PathBuf,
    file: PluginFile,
    types: Vec<ProcessorType>,
}

impl Plugin {
    /// The file it was loaded from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the file says about itself.
    pub fn file(&self) -> &PluginFile {
        &self.file
    }

    /// Its processors, in its own order.
    pub fn types(&self) -> &[ProcessorType] {
        &self.types
    }

    /// Registers all its processors, or none.
    ///
    /// # Errors
    /// Another type has the name of one of them.
    pub fn register(&self, registry: &mut RegistryBackedFactory) -> Result<(), RegisterError> {
        let mut changed = registry.clone();
        self.types.iter().try_for_each(|one| changed.add(one.clone()))?;
        *registry = changed;
        Ok(())
    }
}

/// The one library of a package for this machine.
fn library_of_package(folder: &Path) -> Result<PathBuf, PluginError> {
    let general = folder.join("lib");
    let mut places: Vec<PathBuf> = targets().iter().map(|target| general.join(target)).collect();
    places.push(general);
    for place in &places {
        if !place.is_dir() {
            continue;
        }
        let mut found = libraries(place)?;
        match (found.len(), found.pop()) {
            (_, None) => {}
            (1, Some(library)) => return Ok(library),
            (count, Some(_)) => {
                return Err(PluginError::ManyLibraries { place: place.clone(), count });
            }
        }
    }
    let shown =
        |place: &PathBuf| format!("`{}`", place.strip_prefix(folder).unwrap_or(place).display());
    Err(PluginError::NoLibrary {
        package: folder.to_owned(),
        extension: std::env::consts::DLL_SUFFIX,
        looked_in: places.iter().map(shown).collect(),
    })
}

/// The names of this machine's target, best first.
fn targets() -> Vec<String> {
    let architecture = std::env::consts::ARCH;
    match std::env::consts::OS {
        "linux" if cfg!(target_env = "musl") => vec![format!("{architecture}-unknown-linux-musl")],
        "linux" => vec![format!("{architecture}-unknown-linux-gnu")],
        "macos" => vec![format!("{architecture}-apple-darwin")],
        "windows" => vec![format!("{architecture}-pc-windows-msvc")],
        system => vec![format!("{architecture}-unknown-{system}")],
    }
}

/// The libraries that lie in `folder`, in the order of names.
fn libraries(folder: &Path) -> Result<Vec<PathBuf>, PluginError> {
    let failed = |source| PluginError::Folder { path: folder.to_owned(), source };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let is_library =
            path.extension().is_some_and(|extension| extension == std::env::consts::DLL_EXTENSION);
        if is_library && path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}
