//! What goes into an archive, decided before anything is written.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::contents::CONTENTS_NAME;
use super::glob::Pattern;
use super::limits::Limits;
use super::name::{Clash, NameProblem, check_file_name, clash, has_extension};
use super::{MANIFEST_NAME, Result};
use crate::error::{PackProblem, PackageError};

/// Names of folders and files that are made anew from others, and no part of a package.
const BUILD_OUTPUTS: &[&str] = &["target", "node_modules", "__pycache__"];

/// Which files of its folder a package has, by patterns.
///
/// `*` stands for any text without a slash, `?` for one character, `**` for any number of folders.
/// A pattern without a slash is for names in any folder, one with a slash begins at the package's
/// folder; one that names a folder is for all in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileRules {
    /// If there are any, nothing else but the manifest is packed. A pattern that writes out the
    /// name of a hidden file or of a build output packs it, too.
    pub include: Vec<String>,
    /// What is not packed, whatever is included; the manifest always is.
    pub exclude: Vec<String>,
}

/// Why a file or folder is not packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// Its name begins with a dot.
    #[error("hidden")]
    Hidden,
    /// It is made anew from the rest.
    #[error("a build output")]
    BuildOutput,
    /// A package, or its signature.
    #[error("a package")]
    Package,
    /// The list of contents of a package that was unpacked here; it is made anew.
    #[error("made anew")]
    MadeAnew,
    /// It fits a pattern of `exclude`.
    #[error("excluded")]
    Excluded,
    /// It fits no pattern of `include`.
    #[error("not included")]
    NotIncluded,
}

/// A file or folder that is not packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Its name; that of a folder ends with a slash, and stands for all in it.
    pub name: String,
    /// Why.
    pub reason: Reason,
}

/// A file that is packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedFile {
    /// Its name in the package.
    pub name: String,
    /// Its bytes.
    pub bytes: u64,
    pub(super) source: Source,
}

/// Where the content of a file comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    Disk(PathBuf),
    Memory(Vec<u8>),
}

/// The files of a package that is to be packed, in the order of their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackPlan {
    pub(super) folder: PathBuf,
    pub(super) limits: Limits,
    files: Vec<PlannedFile>,
    left_out: Vec<LeftOut>,
}

impl PackPlan {
    /// Looks through a package's folder, and writes nothing.
    ///
    /// # Errors
    /// [`PackageError::BadPattern`], [`PackageError::Unpackable`] if the folder has no manifest or
    /// a file that no package may have, [`PackageError::Io`].
    pub fn of_folder(folder: &Path, rules: &FileRules, limits: &Limits) -> Result<Self> {
        let parse = |texts: &[String]| texts.iter().map(|text| Pattern::parse(text)).collect();
        let (include, exclude): (Result<Vec<_>>, Result<Vec<_>>) =
            (parse(&rules.include), parse(&rules.exclude));
        let mut walk = Walk {
            include: include?,
            exclude: exclude?,
            plan: Self {
                folder: folder.to_owned(),
                limits: *limits,
                files: Vec::new(),
                left_out: Vec::new(),
            },
        };
        walk.folder(folder, "")?;
        let mut plan = walk.plan;
        plan.files.sort_by(|a, b| a.name.cmp(&b.name));
        plan.left_out.sort_by(|a, b| a.name.cmp(&b.name));
        if !plan.files.iter().any(|file| file.name == MANIFEST_NAME) {
            return Err(plan.unpackable(PackProblem::NoManifest));
        }
        plan.check()?;
        Ok(plan)
    }

    /// The files, in the order of their names.
    #[must_use]
    pub fn files(&self) -> &[PlannedFile] {
        &self.files
    }

    /// What of the folder is not packed, in the order of the names.
    #[must_use]
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// The bytes of all files together.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// Puts a file that was made into the package, in the place of one of the same name.
    ///
    /// # Errors
    /// [`PackageError::Unpackable`] if no package may have such a file.
    pub fn put(&mut self, name: &str, content: Vec<u8>) -> Result<()> {
        check_file_name(name).map_err(|problem| self.bad_name(name, problem))?;
        let bytes = content.len() as u64;
        let file = PlannedFile { name: name.to_owned(), bytes, source: Source::Memory(content) };
        match self.files.binary_search_by(|file| file.name.as_str().cmp(name)) {
            Ok(at) => self.files[at] = file,
            Err(at) => self.files.insert(at, file),
        }
        self.check()
    }

    /// Checks the names with one another, and the limits.
    fn check(&self) -> Result<()> {
        let problem = match clash(self.files.iter().map(|file| file.name.as_str())) {
            Some(Clash::Same(first, second)) => {
                Some(PackProblem::SameName { first: first.to_owned(), second: second.to_owned() })
            }
            Some(Clash::FileAndFolder(file, inside)) => {
                let (file, inside) = (file.to_owned(), inside.to_owned());
                Some(PackProblem::FileAndFolder { file, inside })
            }
            None => self.too_much(),
        };
        problem.map_or(Ok(()), |problem| Err(self.unpackable(problem)))
    }

    fn too_much(&self) -> Option<PackProblem> {
        let (limits, files) = (&self.limits, self.files.len());
        if files > limits.files {
            return Some(PackProblem::TooManyFiles { files, max: limits.files });
        }
        if let Some(file) = self.files.iter().find(|file| file.bytes > limits.file_bytes) {
            let (name, bytes, max) = (file.name.clone(), file.bytes, limits.file_bytes);
            return Some(PackProblem::FileTooLarge { name, bytes, max });
        }
        let (bytes, max) = (self.total_bytes(), limits.total_bytes);
        (bytes > max).then_some(PackProblem::TotalTooLarge { bytes, max })
    }

    pub(super) fn unpackable(&self, problem: PackProblem) -> PackageError {
        PackageError::Unpackable { folder: self.folder.display().to_string(), problem }
    }

    fn bad_name(&self, name: &str, problem: NameProblem) -> PackageError {
        self.unpackable(PackProblem::Name { name: name.to_owned(), problem })
    }
}

struct Walk {
    include: Vec<Pattern>,
    exclude: Vec<Pattern>,
    plan: PackPlan,
}

impl Walk {
    /// Goes through a folder, whose name in the package, with a slash at its end, is `prefix`.
    fn folder(&mut self, folder: &Path, prefix: &str) -> Result<()> {
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        for entry in entries.map_err(|error| PackageError::io("read", folder, error))? {
            let path = entry.path();
            let io_error = |error| PackageError::io("read", &path, error);
            let kind = entry.file_type().map_err(io_error)?;
            let file_name = entry.file_name();
            let Some(part) = file_name.to_str() else {
                let name = format!("{prefix}{}", file_name.to_string_lossy());
                return Err(self.plan.bad_name(&name, NameProblem::NotUtf8));
            };
            let name = format!("{prefix}{part}");
            if let Some(reason) = self.reason_against(&name, part, kind.is_dir()) {
                let name = if kind.is_dir() { format!("{name}/") } else { name };
                self.plan.left_out.push(LeftOut { name, reason });
            } else if kind.is_dir() {
                self.folder(&path, &format!("{name}/"))?;
            } else if kind.is_file() {
                check_file_name(&name).map_err(|problem| self.plan.bad_name(&name, problem))?;
                let bytes = entry.metadata().map_err(io_error)?.len();
                self.plan.files.push(PlannedFile { name, bytes, source: Source::Disk(path) });
            } else if kind.is_symlink() {
                return Err(self.plan.unpackable(PackProblem::Link { name }));
            } else {
                return Err(self.plan.unpackable(PackProblem::NotAFile { name }));
            }
        }
        Ok(())
    }

    /// Why something is not packed, if so.
    fn reason_against(&self, name: &str, part: &str, is_folder: bool) -> Option<Reason> {
        if name == MANIFEST_NAME {
            return None;
        }
        if name == CONTENTS_NAME {
            return Some(Reason::MadeAnew);
        }
        if self.exclude.iter().any(|pattern| pattern.is_for(name)) {
            return Some(Reason::Excluded);
        }
        let is_named = || self.include.iter().any(|pattern| pattern.names_part(part));
        if part.starts_with('.') && !is_named() {
            return Some(Reason::Hidden);
        }
        let is_output = BUILD_OUTPUTS.contains(&part) || has_extension(part, "pyc");
        if is_output && !is_named() {
            return Some(Reason::BuildOutput);
        }
        if !is_folder && (has_extension(part, "slpkg") || part.ends_with(".slpkg.minisig")) {
            return Some(Reason::Package);
        }
        // A folder is looked through: what is included may lie in it.
        let is_included =
            is_folder || self.include.is_empty() || self.include.iter().any(|one| one.is_for(name));
        (!is_included).then_some(Reason::NotIncluded)
    }
}
