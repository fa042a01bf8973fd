//! Plugins in a runtime: processors from libraries that are loaded while the program runs.

use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;

use streamlib_engine::delegates::ProcessorType;
use streamlib_engine::graph::{Change, ProcessorNode};
use streamlib_host::{Plugin, PluginLoader};

use crate::runtime::{RuntimeError, StreamRuntime};

impl StreamRuntime {
    /// What loads the plugins of this runtime.
    pub fn plugin_loader(&self) -> &PluginLoader {
        &self.plugins
    }

    /// Loads a plugin; its processors can be added like those that are built in. A second time is
    /// the same as once.
    ///
    /// # Errors
    /// The file is no plugin for this program, and nothing of it has run; or one of its processors
    /// has the name of another type.
    pub fn load_plugin(&self, path: impl AsRef<Path>) -> Result<Plugin, RuntimeError> {
        let plugin = self.plugins.load(path.as_ref())?;
        self.register_plugin(&plugin)?;
        Ok(plugin)
    }

    /// Loads every plugin in a folder, in the order of names.
    ///
    /// # Errors
    /// As [`Self::load_plugin`], for the first that cannot be loaded.
    pub fn load_plugins(&self, folder: impl AsRef<Path>) -> Result<Vec<Plugin>, RuntimeError> {
        let plugins = self.plugins.load_folder(folder.as_ref())?;
        plugins.iter().try_for_each(|plugin| self.register_plugin(plugin))?;
        Ok(plugins)
    }

    /// Makes the processors of a loaded plugin known, all or none.
    ///
    /// # Errors
    /// One of them has the name of another type.
    pub fn register_plugin(&self, plugin: &Plugin) -> Result<(), RuntimeError> {
        self.update_registry(|registry| plugin.register(registry)).map_err(|source| {
            let path = plugin.path().to_owned();
            RuntimeError::PluginNames { path, source }
        })
    }

    /// Loads a newer plugin beside the one whose processors it has, and puts its processors in the
    /// place of theirs in the graph, in one transaction: each hands its state over, links and their
    /// frames stay, and everything else runs on. Where none is in the graph, only those that are
    /// added from now on are of the new plugin.
    ///
    /// # Errors
    /// The plugin cannot be loaded, or the change cannot be made; then all is as before.
    pub fn replace_plugin(&self, path: impl AsRef<Path>) -> Result<Plugin, RuntimeError> {
        let plugin = self.plugins.load(path.as_ref())?;
        let before = self.put_types(plugin.types());
        if let Err(error) = self.remake(plugin.types()) {
            let is_new = |one: &&ProcessorType| before.iter().all(|old| old.name() != one.name());
            plugin.types().iter().filter(is_new).for_each(|one| self.remove_type(one.name()));
            self.put_types(&before);
            return Err(error.into());
        }
        Ok(plugin)
    }

    /// Makes every processor of these types anew, in one transaction.
    fn remake(&self, types: &[ProcessorType]) -> streamlib_engine::Result<()> {
        let snapshot = self.snapshot();
        let is_one =
            |node: &&Arc<ProcessorNode>| types.iter().any(|one| one.name() == node.processor_type);
        let changes: Vec<Change> = snapshot
            .processors()
            .filter(is_one)
            .map(|node| Change::Replace { id: node.id.clone(), node: (**node).clone() })
            .collect();
        if changes.is_empty() {
            return Ok(());
        }
        self.transaction().with(changes).commit().map(drop)
    }

    /// Registers types in the place of those that have their names, and gives those back.
    fn put_types(&self, types: &[ProcessorType]) -> Vec<ProcessorType> {
        let Ok(before) = self.update_registry(|registry| {
            let before = types.iter().filter_map(|one| registry.put(one.clone()));
            Ok::<Vec<_>, Infallible>(before.collect())
        });
        before
    }

    fn remove_type(&self, name: &str) {
        let Ok(_removed) =
            self.update_registry(|registry| Ok::<_, Infallible>(registry.remove(name)));
    }
}
