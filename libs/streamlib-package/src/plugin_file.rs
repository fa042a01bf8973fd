//! What a plugin file is, read from its bytes. Nothing of it runs: loading a library runs code
//! before anybody can look at it, so everything that can be refused is refused here.
//!
//! Guarantees: no bytes at all make this panic or allocate more than they are long; a file that
//! [`PluginFile::read`] takes has all the bytes that its parts in memory come from.

use object::read::{File, Object as _, ObjectSection as _, ObjectSegment as _};
use object::{Architecture, ObjectKind};
use streamlib_abi::ABI_VERSION_MAJOR;
use streamlib_abi::note::{
    AbiNote, NOTE_MAGIC, NOTE_SECTION_ELF, NOTE_SECTION_MACH_O, NOTE_SECTION_PE,
};
use streamlib_schema::nearest_name;

/// The most bytes that the names of a plugin's processors take.
const NAMES_BYTES_MAX: u32 = 64 * 1024;

/// Why a file is not a plugin that can be loaded. Each is the end of a sentence that begins with the
/// file's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PluginFileError {
    /// Not a library of any system.
    #[error(
        "it is {what} and no shared library; a plugin is built by `cargo build` from a crate with \
         `crate-type = [\"cdylib\"]`"
    )]
    NotALibrary {
        /// What it seems to be.
        what: &'static str,
    },
    /// A library that ends too early, or contradicts itself.
    #[error("the file is damaged or was cut off ({reason}); build or copy it again")]
    Damaged {
        /// What does not fit.
        reason: String,
    },
    /// A library, but not of ours.
    #[error(
        "it is a shared library for {architecture} but no StreamLib plugin: it has no section \
         `{section}`; `export_plugin!(..)` in the plugin's crate makes it"
    )]
    NoNote {
        /// What it is for.
        architecture: String,
        /// What is missing.
        section: &'static str,
    },
    /// The note is not of the form of any version.
    #[error("its note about the ABI is not valid: {reason}; build it again")]
    BadNote {
        /// What is wrong with it.
        reason: String,
    },
    /// Another major version of the ABI.
    #[error(
        "it was built for version {found} of the plugin ABI (streamlib-plugin {api_version}), and \
         this program has version {ABI_VERSION_MAJOR}; build it with a streamlib-plugin that fits"
    )]
    OtherAbi {
        /// `major.minor` of the file.
        found: String,
        /// Version of the crate it was built with.
        api_version: String,
    },
    /// Another kind of machine or system.
    #[error(
        "it was built for {target} ({found}), and this program runs on {here}; build it with \
         `cargo build --target` for this machine"
    )]
    OtherTarget {
        /// The target triple of the note.
        target: String,
        /// What the file itself says.
        found: String,
        /// What this program runs on.
        here: String,
    },
    /// The plugin and the manifest that names it do not say the same.
    #[error("its processors are not those of the manifest: {difference}")]
    OtherNames {
        /// What is missing or too much.
        difference: String,
    },
}

/// A processor that a plugin file offers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PluginProcessorName {
    /// Its dotted name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// What a plugin file says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginFile {
    /// `ELF`, `Mach-O` or `PE`.
    pub format: &'static str,
    /// What its code is for, as the file itself says: `x86_64`.
    pub architecture: String,
    /// What it was built for, as the compiler said: a target triple.
    pub target: String,
    /// The compiler.
    pub rustc: String,
    /// The version of `streamlib-plugin` it was built with.
    pub api_version: String,
    /// Major and minor version of the ABI.
    pub abi: (u32, u32),
    /// True if its panics unwind, so that they can be caught.
    pub unwinds: bool,
    /// The processors it offers, in its own order.
    pub processors: Vec<PluginProcessorName>,
}

impl PluginFile {
    /// Reads the note of a plugin for whatever machine and version.
    ///
    /// # Errors
    /// It is no plugin, or is damaged.
    pub fn read(bytes: &[u8]) -> Result<Self, PluginFileError> {
        let (format, section) = match object::FileKind::parse(bytes) {
            Ok(object::FileKind::Elf32 | object::FileKind::Elf64) => ("ELF", NOTE_SECTION_ELF),
            Ok(object::FileKind::MachO32 | object::FileKind::MachO64) => {
                ("Mach-O", NOTE_SECTION_MACH_O)
            }
            Ok(object::FileKind::Pe32 | object::FileKind::Pe64) => ("PE", NOTE_SECTION_PE),
            _ => return Err(PluginFileError::NotALibrary { what: what_it_seems(bytes) }),
        };
        let file = File::parse(bytes).map_err(damaged)?;
        if file.kind() != ObjectKind::Dynamic {
            let what = match file.kind() {
                ObjectKind::Executable => "a program",
                ObjectKind::Relocatable => "an object file of a compiler",
                _ => "a file of a compiler",
            };
            return Err(PluginFileError::NotALibrary { what });
        }
        check_whole(&file, bytes.len() as u64)?;
        let architecture = architecture(file.architecture());
        let Some(note) = file.section_by_name(section) else {
            return Err(PluginFileError::NoNote { architecture, section });
        };
        let note = note.data().map_err(damaged)?;
        Self::of_note(note, file.is_little_endian(), format, architecture)
    }

    fn of_note(
        bytes: &[u8],
        little_endian: bool,
        format: &'static str,
        architecture: String,
    ) -> Result<Self, PluginFileError> {
        let note = Note { bytes, little_endian };
        if bytes.get(..NOTE_MAGIC.len()) != Some(&NOTE_MAGIC[..]) {
            return Err(bad("it does not start as every note does"));
        }
        let size = note.number(std::mem::offset_of!(AbiNote, size))?;
        if (size as usize) < size_of::<AbiNote>() {
            return Err(bad(format!("it says that it has {size} bytes, which is too few")));
        }
        let names_length = note.number(std::mem::offset_of!(AbiNote, names_length))?;
        let count = note.number(std::mem::offset_of!(AbiNote, processor_count))?;
        if names_length > NAMES_BYTES_MAX {
            return Err(bad(format!("its names take {names_length} bytes, which is too many")));
        }
        let names = note.slice(size as usize, names_length as usize)?;
        let processors = processors(names)?;
        if processors.len() != count as usize {
            let lines = processors.len();
            return Err(bad(format!("it names {lines} processors and says that it has {count}")));
        }
        let flags = note.number(std::mem::offset_of!(AbiNote, flags))?;
        Ok(Self {
            format,
            architecture,
            target: note.text(std::mem::offset_of!(AbiNote, target), 64)?,
            rustc: note.text(std::mem::offset_of!(AbiNote, rustc), 96)?,
            api_version: note.text(std::mem::offset_of!(AbiNote, api_version), 32)?,
            abi: (
                note.number(std::mem::offset_of!(AbiNote, abi_major))?,
                note.number(std::mem::offset_of!(AbiNote, abi_minor))?,
            ),
            unwinds: flags & AbiNote::FLAG_UNWINDS != 0,
            processors,
        })
    }

    /// Checks that this program can load it.
    ///
    /// # Errors
    /// It is for another version of the ABI, or for another machine or system.
    pub fn check_here(&self) -> Result<(), PluginFileError> {
        if self.abi.0 != ABI_VERSION_MAJOR {
            return Err(PluginFileError::OtherAbi {
                found: format!("{}.{}", self.abi.0, self.abi.1),
                api_version: self.api_version.clone(),
            });
        }
        let (format, system) = match std::env::consts::OS {
            "macos" => ("Mach-O", "darwin"),
            "windows" => ("PE", "windows"),
            system => ("ELF", system),
        };
        // Two C libraries in one process do not go together.
        let library = if cfg!(target_env = "musl") { "musl" } else { "gnu" };
        let other_library = system == "linux"
            && ["gnu", "musl"].iter().any(|one| *one != library && self.target.contains(one));
        let fits = self.format == format
            && self.architecture == std::env::consts::ARCH
            && self.target.contains(system)
            && !other_library;
        if fits {
            return Ok(());
        }
        Err(PluginFileError::OtherTarget {
            target: self.target.clone(),
            found: format!("{} for {}", self.format, self.architecture),
            here: format!("{} {} ({library})", std::env::consts::ARCH, std::env::consts::OS),
        })
    }

    /// Checks that it offers exactly the processors that a manifest names.
    ///
    /// # Errors
    /// One is missing, or too much, or has another version.
    pub fn check_names(&self, manifest: &[PluginProcessorName]) -> Result<(), PluginFileError> {
        let find = |all: &[PluginProcessorName], name: &str| {
            all.iter().find(|one| one.name == name).cloned()
        };
        let names = || self.processors.iter().map(|one| one.name.as_str());
        let differs = |difference| Err(PluginFileError::OtherNames { difference });
        for PluginProcessorName { name, version } in manifest {
            match find(&self.processors, name) {
                Some(found) if found.version == *version => {}
                Some(PluginProcessorName { version: found, .. }) => {
                    return differs(format!(
                        "the manifest has `{name}` in version {version}, the plugin in {found}"
                    ));
                }
                None => {
                    let near = nearest_name(name, names());
                    let has = names().map(|name| format!("`{name}`")).collect::<Vec<_>>();
                    return differs(match near {
                        Some(near) => format!(
                            "the manifest has `{name}`, which the plugin does not export; did you \
                             mean `{near}`?"
                        ),
                        None => format!(
                            "the manifest has `{name}`, which the plugin does not export; it \
                             exports {}",
                            has.join(", ")
                        ),
                    });
                }
            }
        }
        match self.processors.iter().find(|one| find(manifest, &one.name).is_none()) {
            Some(one) => differs(format!(
                "the plugin exports `{}`, which the manifest does not have; add it to `processors`",
                one.name
            )),
            None => Ok(()),
        }
    }
}

/// The bytes of a note.
struct Note<'a> {
    bytes: &'a [u8],
    little_endian: bool,
}

impl Note<'_> {
    fn slice(&self, at: usize, length: usize) -> Result<&[u8], PluginFileError> {
        let end = at.checked_add(length);
        let slice = end.and_then(|end| self.bytes.get(at..end));
        slice.ok_or_else(|| bad("it ends too early"))
    }

    fn number(&self, at: usize) -> Result<u32, PluginFileError> {
        let bytes = self.slice(at, 4)?.try_into().map_err(|_| bad("it ends too early"))?;
        let read = if self.little_endian { u32::from_le_bytes } else { u32::from_be_bytes };
        Ok(read(bytes))
    }

    fn text(&self, at: usize, length: usize) -> Result<String, PluginFileError> {
        let bytes = self.slice(at, length)?;
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(length);
        let text = std::str::from_utf8(&bytes[..end]).ok();
        let text = text.filter(|text| !text.chars().any(char::is_control));
        text.map(str::to_owned).ok_or_else(|| bad("one of its texts is not readable"))
    }
}

/// The lines of the names.
fn processors(lines: &[u8]) -> Result<Vec<PluginProcessorName>, PluginFileError> {
    let text = std::str::from_utf8(lines).map_err(|_| bad("its names are not readable"))?;
    let mut all: Vec<PluginProcessorName> = Vec::new();
    for line in text.lines() {
        let is_plain = |part: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-+".contains(&byte);
            !part.is_empty() && part.bytes().all(plain)
        };
        let parts =
            line.split_once('@').filter(|(name, version)| is_plain(name) && is_plain(version));
        let Some((name, version)) = parts else {
            return Err(bad("one of its names is not of the form `name@version`"));
        };
        if all.iter().any(|known| known.name == name) {
            return Err(bad(format!("it names `{name}` twice")));
        }
        all.push(PluginProcessorName { name: name.to_owned(), version: version.to_owned() });
    }
    Ok(all)
}

/// Everything that is mapped into memory comes from bytes that are there.
fn check_whole(file: &File<'_>, length: u64) -> Result<(), PluginFileError> {
    for segment in file.segments() {
        let (start, size) = segment.file_range();
        if start.checked_add(size).is_none_or(|end| end > length) {
            let reason = format!("a part of it ends behind its {length} bytes");
            return Err(PluginFileError::Damaged { reason });
        }
    }
    Ok(())
}

fn damaged(error: object::Error) -> PluginFileError {
    PluginFileError::Damaged { reason: error.to_string() }
}

fn bad(reason: impl Into<String>) -> PluginFileError {
    PluginFileError::BadNote { reason: reason.into() }
}

/// What bytes that are no library seem to be, for people.
fn what_it_seems(bytes: &[u8]) -> &'static str {
    let start = &bytes[..bytes.len().min(1024)];
    let is_text = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    match () {
        () if bytes.is_empty() => "empty",
        () if bytes.starts_with(b"PK\x03\x04") => "a ZIP archive",
        () if bytes.starts_with(b"!<arch>\n") => "a static library",
        () if start.iter().all(is_text) => "text",
        () => "something else",
    }
}

/// An architecture as `std::env::consts::ARCH` calls it.
fn architecture(architecture: Architecture) -> String {
    let name = match architecture {
        Architecture::X86_64 => "x86_64",
        Architecture::I386 => "x86",
        Architecture::Aarch64 => "aarch64",
        Architecture::Arm => "arm",
        Architecture::Riscv32 => "riscv32",
        Architecture::Riscv64 => "riscv64",
        Architecture::LoongArch64 => "loongarch64",
        Architecture::PowerPc64 => "powerpc64",
        Architecture::S390x => "s390x",
        other => return format!("{other:?}").to_lowercase(),
    };
    name.to_owned()
}
