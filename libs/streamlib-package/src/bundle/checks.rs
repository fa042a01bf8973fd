//! Whether a package would load from its archive.

use streamlib_manifest::package::{PackageProcessor, Runtime};
use streamlib_manifest::{Code, Diagnostic, Diagnostics, NodePath, parse_graph_bytes};

use crate::archive::PackPlan;
use crate::error::PackageError;
use crate::folder::{PackageFolder, PackagePlugin, read_file};

/// Says everything that would keep the package from loading.
pub(super) fn check(
    folder: &PackageFolder,
    plan: &PackPlan,
    plugins: &[PackagePlugin],
    found: &mut Diagnostics,
) {
    let mut checks = Checks { folder, plan, found };
    checks.plugins(plugins);
    for (at, processor) in folder.manifest().processors.iter().enumerate() {
        checks.entrypoint(at, processor);
    }
    checks.graph();
    checks.files();
}

struct Checks<'a> {
    folder: &'a PackageFolder,
    plan: &'a PackPlan,
    found: &'a mut Diagnostics,
}

impl Checks<'_> {
    fn problem(&mut self, code: Code, path: NodePath, message: String, hint: Option<&str>) {
        let hint = hint.map(str::to_owned);
        let problem = Diagnostic::error(code, path, message).with_hint(hint);
        self.found.push(self.folder.spans().at(problem));
    }

    fn is_packed(&self, name: &str) -> bool {
        self.plan.files().iter().any(|file| file.name == name)
    }

    /// Each plugin has what the manifest says, and there is one if the manifest says so.
    fn plugins(&mut self, plugins: &[PackagePlugin]) {
        let path = NodePath::root().then("processors");
        let is_rust = |one: &PackageProcessor| one.runtime == Runtime::Rust;
        let needs_one = self.folder.manifest().processors.iter().any(is_rust);
        if needs_one && plugins.is_empty() {
            let message =
                "there is no plugin in `lib`, and processors with `runtime: rust` need one";
            let hint = "build it with `cargo build --release`, and copy the library to \
                        `lib/` or, for several machines, to `lib/TARGET/`";
            self.problem(Code::MissingFile, path.clone(), message.to_owned(), Some(hint));
        }
        for plugin in plugins {
            let file = match &plugin.file {
                Ok(file) => file,
                Err(error) => {
                    let message = format!("`{}` cannot be loaded: {error}", plugin.path);
                    self.problem(Code::InvalidPlugin, path.clone(), message, None);
                    continue;
                }
            };
            if let Some(target) = plugin.target.as_ref().filter(|target| **target != file.target) {
                let message = format!(
                    "`{}` is for {} and lies in the folder of {target}",
                    plugin.path, file.target
                );
                self.problem(Code::InvalidPlugin, path.clone(), message, None);
            }
            if let Err(error) = file.check_names(&self.folder.plugin_names(file)) {
                let message = format!("`{}`: {error}", plugin.path);
                self.problem(Code::InvalidPlugin, path.clone(), message, None);
            }
            if !self.is_packed(&plugin.path) {
                let message = format!("`{}` is left out of the archive", plugin.path);
                let hint = "look at `include` and `exclude` under `package`";
                self.problem(Code::MissingFile, path.clone(), message, Some(hint));
            }
        }
    }

    /// The file of an entry point is in the archive.
    fn entrypoint(&mut self, at: usize, processor: &PackageProcessor) {
        let Some(entrypoint) = &processor.entrypoint else { return };
        let path = NodePath::root().then("processors").then(at).then("entrypoint");
        let module = &entrypoint.module;
        let files = match processor.runtime {
            Runtime::Python => {
                let module = module.replace('.', "/");
                vec![format!("{module}.py"), format!("{module}/__init__.py")]
            }
            Runtime::TypeScript => vec![module.clone()],
            Runtime::Rust => return,
        };
        if !files.iter().any(|file| self.is_packed(file)) {
            let message = format!("there is no file `{}` in the archive", files.join("` or `"));
            self.problem(Code::MissingFile, path, message, None);
        }
    }

    /// The graph it carries can be read; its types are not known here.
    fn graph(&mut self) {
        let Some(path) = self.folder.graph() else { return };
        let shown = path.display().to_string();
        match read_file(&path) {
            Ok(bytes) => {
                let parsed = parse_graph_bytes(&bytes, &shown);
                self.found.extend(parsed.diagnostics().as_slice().iter().cloned());
            }
            Err(error) => {
                let message = PackageError::io("read", &path, error).to_string();
                self.problem(Code::MissingFile, NodePath::root().then("graph"), message, None);
            }
        }
    }

    /// What the manifest names is packed.
    fn files(&mut self) {
        let manifest = self.folder.manifest();
        let graph = manifest.graph.iter().map(|file| (NodePath::root().then("graph"), file));
        let named: Vec<(NodePath, String)> = graph
            .map(|(path, file)| (path, file.clone()))
            .chain(self.folder.schema_files())
            .collect();
        for (path, file) in named {
            if !self.is_packed(&file) {
                let message = format!("`{file}` is left out of the archive");
                let hint = "look at `include` and `exclude` under `package`";
                self.problem(Code::MissingFile, path, message, Some(hint));
            }
        }
    }
}
