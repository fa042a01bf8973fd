//! Files that are refused, each with a sentence, before anything of them is in the process.

use std::fs;
use std::path::PathBuf;

use streamlib_host::PluginLoader;
use streamlib_package::PluginFile;

use crate::support::plugin;

/// Where the note begins in the bytes of a plugin.
fn note_at(bytes: &[u8]) -> usize {
    let magic = b"StreamLib plugin";
    let rustc = b"rustc 1.";
    let starts = bytes.windows(magic.len()).enumerate().filter(|(_, window)| window == magic);
    let is_note = |at: &usize| bytes.get(at + 72..at + 80).is_some_and(|text| text == rustc);
    starts.map(|(at, _)| at).find(is_note).unwrap()
}

/// True if a plugin that a loader copied is in this process.
fn is_mapped() -> bool {
    fs::read_to_string("/proc/self/maps").unwrap().contains("streamlib-plugins-")
}

/// The file of these bytes is refused with this sentence, and nothing of it was loaded.
fn check(what: &str, bytes: &[u8], expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.so");
    fs::write(&path, bytes).unwrap();
    let refused = PluginLoader::default().load(&path).unwrap_err().to_string();
    let shown = path.display().to_string();
    let said = refused.strip_prefix(&format!("`{shown}` cannot be loaded as a plugin: "));
    assert_eq!(said, Some(expected), "{what}: {refused}");
    assert!(!is_mapped(), "{what}: it was loaded");
}

fn subject() -> Vec<u8> {
    fs::read(plugin("subject")).unwrap()
}

/// The C library, as any shared library that is no plugin.
fn some_library() -> PathBuf {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let line = maps.lines().find(|line| line.contains("libc.so")).unwrap();
    PathBuf::from(&line[line.find('/').unwrap()..])
}

#[test]
fn what_is_loaded_is_seen_in_the_process() {
    let loader = PluginLoader::default();
    let loaded = loader.load(&plugin("subject")).unwrap();
    assert!(is_mapped(), "{loaded:?}");
}

#[test]
fn a_file_that_is_no_library() {
    let end = "and no shared library; a plugin is built by `cargo build` from a crate with \
               `crate-type = [\"cdylib\"]`";
    check("text", b"# A plugin\n", &format!("it is text {end}"));
    check("nothing", b"", &format!("it is empty {end}"));
    check("a package", b"PK\x03\x04....", &format!("it is a ZIP archive {end}"));
    check("noise", &[1, 2, 3, 250], &format!("it is something else {end}"));
}

#[test]
fn a_library_that_is_no_plugin() {
    let expected = format!(
        "it is a shared library for {} but no StreamLib plugin: it has no section `.streamlib.abi`; \
         `export_plugin!(..)` in the plugin's crate makes it",
        std::env::consts::ARCH
    );
    check("the C library", &fs::read(some_library()).unwrap(), &expected);
}

#[test]
fn a_file_that_was_cut_off() {
    let bytes = subject();
    for part in [2, 3, 10, 100] {
        let refused = PluginFile::read(&bytes[..bytes.len() / part * (part - 1)]).unwrap_err();
        let said = refused.to_string();
        assert!(said.starts_with("the file is damaged or was cut off ("), "{part}: {said}");
    }
    let reason = "Invalid ELF section header offset/size/alignment";
    let expected = format!("the file is damaged or was cut off ({reason}); build or copy it again");
    check("half of it", &bytes[..bytes.len() / 2], &expected);
}

#[test]
fn another_version_of_the_abi() {
    let mut bytes = subject();
    let at = note_at(&bytes) + 20;
    bytes[at..at + 4].copy_from_slice(&7_u32.to_le_bytes());
    let expected = format!(
        "it was built for version 7.0 of the plugin ABI (streamlib-plugin {}), and this program has \
         version 1; build it with a streamlib-plugin that fits",
        env!("CARGO_PKG_VERSION")
    );
    check("major version 7", &bytes, &expected);
}

#[cfg(all(target_arch = "x86_64", target_env = "gnu"))]
#[test]
fn another_machine_or_system() {
    let end = "and this program runs on x86_64 linux (gnu); build it with `cargo build --target` \
               for this machine";
    let target = |bytes: &mut [u8], triple: &[u8]| {
        let at = note_at(bytes) + 168;
        bytes[at..at + 64].fill(0);
        bytes[at..at + triple.len()].copy_from_slice(triple);
    };
    let mut bytes = subject();
    // The number of the machine in the ELF header: AArch64.
    bytes[18..20].copy_from_slice(&183_u16.to_le_bytes());
    target(&mut bytes, b"aarch64-unknown-linux-gnu");
    let found = "it was built for aarch64-unknown-linux-gnu (ELF for aarch64)";
    check("another machine", &bytes, &format!("{found}, {end}"));
    let mut bytes = subject();
    target(&mut bytes, b"x86_64-unknown-linux-musl");
    let found = "it was built for x86_64-unknown-linux-musl (ELF for x86_64)";
    check("another C library", &bytes, &format!("{found}, {end}"));
    target(&mut bytes, b"x86_64-unknown-freebsd");
    let found = "it was built for x86_64-unknown-freebsd (ELF for x86_64)";
    check("another system", &bytes, &format!("{found}, {end}"));
}

#[test]
fn a_note_that_is_not_valid() {
    let at = note_at(&subject());
    let changed = |offset: usize, new: &[u8]| {
        let mut bytes = subject();
        bytes[at + offset..at + offset + new.len()].copy_from_slice(new);
        bytes
    };
    let check = |what: &str, bytes: &[u8], reason: &str| {
        check(
            what,
            bytes,
            &format!("its note about the ABI is not valid: {reason}; build it again"),
        );
    };
    check("the magic", &changed(0, b"streamlib"), "it does not start as every note does");
    check(
        "the size",
        &changed(16, &8_u32.to_le_bytes()),
        "it says that it has 8 bytes, which is too few",
    );
    check("a size beyond", &changed(16, &u32::MAX.to_le_bytes()), "it ends too early");
    check(
        "the names' length",
        &changed(32, &u32::MAX.to_le_bytes()),
        "its names take 4294967295 bytes, which is too many",
    );
    check(
        "the count",
        &changed(36, &2_u32.to_le_bytes()),
        "it names 1 processors and says that it has 2",
    );
    check("a text", &changed(72, b"\xff"), "one of its texts is not readable");
    check("a name", &changed(232, b"/"), "one of its names is not of the form `name@version`");
}

#[test]
fn a_file_that_is_not_there() {
    let refused = PluginLoader::default().load(std::path::Path::new("/no/such.so")).unwrap_err();
    let expected =
        "the plugin `/no/such.so` cannot be read: No such file or directory (os error 2)";
    assert_eq!(refused.to_string(), expected);
    let refused = PluginLoader::default().load_folder(std::path::Path::new("/no")).unwrap_err();
    let expected =
        "the folder of plugins `/no` cannot be read: No such file or directory (os error 2)";
    assert_eq!(refused.to_string(), expected);
}
