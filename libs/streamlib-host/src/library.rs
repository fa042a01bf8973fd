//! A loaded library and what it declares. It stays in the process: threads, thread-locals and
//! tables of a library cannot be taken back, so nothing is ever unloaded.

use std::path::Path;

use libloading::Library;
use streamlib_abi::plugin::{PLUGIN_SYMBOL, PluginDeclaration, ProcessorVtable};
use streamlib_abi::{ABI_VERSION_MAJOR, note::AbiNote};
use streamlib_package::PluginFile;
use streamlib_schema::ProcessorDescriptor;

use crate::processor::sink;

/// A type of processor in a loaded library.
#[derive(Debug, Clone)]
pub(crate) struct LoadedType {
    pub(crate) descriptor: ProcessorDescriptor,
    pub(crate) table: &'static ProcessorVtable,
}

/// Loads the library at `path`, whose note was read and checked; gives its types in the note's
/// order, or why it cannot be used.
pub(crate) fn open(path: &Path, file: &PluginFile) -> Result<Vec<LoadedType>, OpenError> {
    let library = load(path).map_err(|error| OpenError::System(error.to_string()))?;
    // SAFETY: the note says that the file is a plugin, whose symbol of this name is a declaration.
    let symbol = unsafe { library.get::<*const PluginDeclaration>(PLUGIN_SYMBOL.as_bytes()) };
    let symbol = symbol.map_err(|error| OpenError::System(error.to_string()))?;
    let declaration: *const PluginDeclaration = *symbol;
    // The library stays for good, so what it declares does too.
    std::mem::forget(library);
    // SAFETY: a declaration lives as long as its library.
    let declaration = unsafe { &*declaration };
    types(declaration, file).map_err(OpenError::Broken)
}

/// Why a library cannot be used.
#[derive(Debug)]
pub(crate) enum OpenError {
    /// The system does not load it.
    System(String),
    /// It does not keep to the ABI.
    Broken(String),
}

#[cfg(unix)]
fn load(path: &Path) -> Result<Library, libloading::Error> {
    use libloading::os::unix;
    // Everything it needs is looked for now, not in the midst of a graph, and its symbols are
    // nobody else's.
    // SAFETY: the code that runs when it is loaded is the plugin's, which is trusted as far as the
    // user who names it trusts it.
    unsafe { unix::Library::open(Some(path), unix::RTLD_NOW | unix::RTLD_LOCAL) }.map(Library::from)
}

#[cfg(not(unix))]
fn load(path: &Path) -> Result<Library, libloading::Error> {
    // SAFETY: as on Unix.
    unsafe { Library::new(path) }
}

fn types(
    declaration: &'static PluginDeclaration,
    file: &PluginFile,
) -> Result<Vec<LoadedType>, String> {
    if (declaration.size as usize) < size_of::<PluginDeclaration>() || declaration.note.is_null() {
        return Err("its declaration is too short".to_owned());
    }
    // SAFETY: a declaration leads to a note that lives as long as it does.
    let note: &AbiNote = unsafe { &*declaration.note };
    if note.abi_major != ABI_VERSION_MAJOR {
        return Err("its code has another version of the ABI than its note".to_owned());
    }
    if declaration.processor_count != file.processors.len() {
        return Err(format!(
            "it declares {} processors, and its note names {}",
            declaration.processor_count,
            file.processors.len()
        ));
    }
    // SAFETY: the first function that is called, once for each library that is loaded.
    let opened = unsafe { (declaration.open)() };
    if !opened.is_ok() {
        return Err(format!("it cannot be opened ({})", opened.0));
    }
    // SAFETY: a declaration has so many tables, which live as long as it does.
    let tables =
        unsafe { std::slice::from_raw_parts(declaration.processors, declaration.processor_count) };
    let named = tables.iter().zip(&file.processors);
    named
        .map(|(table, named)| {
            // SAFETY: as above.
            let table: &'static ProcessorVtable = unsafe { &**table };
            if (table.size as usize) < size_of::<ProcessorVtable>() {
                return Err(format!("the table of `{}` is too short", named.name));
            }
            let descriptor = describe(table, &named.name)?;
            if (&descriptor.name, &descriptor.version) != (&named.name, &named.version) {
                return Err(format!(
                    "its note names `{}` {}, and its code says `{}` {}",
                    named.name, named.version, descriptor.name, descriptor.version
                ));
            }
            Ok(LoadedType { descriptor, table })
        })
        .collect()
}

fn describe(table: &ProcessorVtable, name: &str) -> Result<ProcessorDescriptor, String> {
    let mut json = Vec::new();
    let sink = sink(&mut json);
    // SAFETY: the sink leads to `json`, which lives during the call.
    let status = unsafe { (table.describe)(&raw const sink) };
    if !status.is_ok() {
        return Err(format!("the description of `{name}` cannot be had ({})", status.0));
    }
    serde_json::from_slice(&json)
        .map_err(|error| format!("the description of `{name}` cannot be read: {error}"))
}
