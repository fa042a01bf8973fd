//! A package that is to be packed: everything that goes into its archive, and the proof that what
//! comes out of it will load.

mod checks;

use std::path::Path;

use streamlib_manifest::Diagnostics;
use streamlib_manifest::package::Runtime;
use streamlib_schema::generate::{Language, generate, root_name};

use crate::archive::{FileRules, Limits, PackPlan, Packed};
use crate::error::PackageError;
use crate::folder::{PackageFolder, PackagePlugin};
use crate::progress::OnProgress;

/// Folder of the types that are made of the package's schemas.
const GENERATED: &str = "generated";

/// A package that can be packed.
#[derive(Debug)]
pub struct Bundle {
    folder: PackageFolder,
    plan: PackPlan,
    plugins: Vec<PackagePlugin>,
    generated: Vec<String>,
    warnings: Diagnostics,
}

impl Bundle {
    /// Looks at the package in `root`, and makes the types of its schemas. Writes nothing.
    ///
    /// # Errors
    /// What would not load is refused: [`PackageError::Manifest`] with everything that is wrong
    /// (also plugins that are none, or that have other processors than the manifest),
    /// [`PackageError::NoManifest`]; what cannot be packed: [`PackageError::Unpackable`];
    /// [`PackageError::Io`].
    pub fn of(root: &Path) -> Result<Self, PackageError> {
        let folder = PackageFolder::open(root)?;
        let info = &folder.manifest().package;
        let rules = FileRules { include: info.include.clone(), exclude: info.exclude.clone() };
        let mut plan = PackPlan::of_folder(root, &rules, &Limits::default())?;
        let plugins = folder.plugins()?;
        let mut found = folder.unknown_schemas_of_its_own();
        checks::check(&folder, &plan, &plugins, &mut found);
        if found.has_errors() {
            return Err(PackageError::manifest(&root.display().to_string(), found));
        }
        let generated = put_types(&folder, &mut plan)?;
        Ok(Self { folder, plan, plugins, generated, warnings: found })
    }

    /// The package.
    #[must_use]
    pub fn folder(&self) -> &PackageFolder {
        &self.folder
    }

    /// What goes into the archive, and what of the folder does not.
    #[must_use]
    pub fn plan(&self) -> &PackPlan {
        &self.plan
    }

    /// Its plugins, by path.
    #[must_use]
    pub fn plugins(&self) -> &[PackagePlugin] {
        &self.plugins
    }

    /// The files with types that were made of its schemas.
    #[must_use]
    pub fn generated(&self) -> &[String] {
        &self.generated
    }

    /// What is not wrong and probably not meant.
    #[must_use]
    pub fn warnings(&self) -> &Diagnostics {
        &self.warnings
    }

    /// The usual name of the archive.
    #[must_use]
    pub fn file_name(&self) -> String {
        let info = &self.folder.manifest().package;
        format!("{}-{}.slpkg", info.name, info.version)
    }

    /// Writes the archive.
    ///
    /// # Errors
    /// As [`PackPlan::pack`].
    pub fn pack(&self, path: &Path, on_progress: OnProgress<'_>) -> Result<Packed, PackageError> {
        self.plan.pack(path, on_progress)
    }
}

/// Puts the types of the package's schemas into the plan, for the languages of its processors; for
/// all if it has none.
fn put_types(folder: &PackageFolder, plan: &mut PackPlan) -> Result<Vec<String>, PackageError> {
    let is_used = |language: &Language| {
        let runtime = match language {
            Language::Rust => Runtime::Rust,
            Language::Python => Runtime::Python,
            Language::TypeScript => Runtime::TypeScript,
        };
        let mut processors = folder.manifest().processors.iter().peekable();
        processors.peek().is_none() || processors.any(|one| one.runtime == runtime)
    };
    let mut names = Vec::new();
    for (reference, schema) in folder.schemas() {
        for language in Language::ALL.into_iter().filter(is_used) {
            let stem = format!("{}_v{}", reference.name.replace('.', "_"), reference.version.major);
            let name = format!("{GENERATED}/{}/{stem}.{}", language.as_str(), language.extension());
            let fallback = reference.name.rsplit('.').next().unwrap_or_default();
            let text = generate(schema, language, root_name(schema, fallback));
            plan.put(&name, text.into_bytes())?;
            names.push(name);
        }
    }
    names.dedup();
    Ok(names)
}
