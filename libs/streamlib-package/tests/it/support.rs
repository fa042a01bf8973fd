//! What the tests share: folders of packages, and archives written byte by byte.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use streamlib_package::{
    Archive, Cache, CachedPackage, Digest, FileRules, HeldPackage, Home, Incoming, Installation,
    Limits, PackPlan, PackageError, Packed,
};
use tempfile::TempDir;

/// The manifest of the packages of these tests.
pub(crate) const MANIFEST: &str = "package:\n  name: com.example.gray\n  version: \"1.2.3\"\n";

/// A folder with these files.
pub(crate) fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, content) in files {
        write(&folder.path().join(name), content.as_bytes());
    }
    folder
}

/// Writes a file, with its folders.
pub(crate) fn write(path: &Path, content: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// All files and folders below a folder, in order, with the content of the files.
pub(crate) fn tree(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            let is_folder = path.symlink_metadata().unwrap().is_dir();
            let content = if is_folder { Vec::new() } else { fs::read(&path).unwrap() };
            found.push((path.strip_prefix(folder).unwrap().to_owned(), content));
            if is_folder {
                open.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Plans a folder with the usual limits.
pub(crate) fn plan(folder: &Path) -> PackPlan {
    PackPlan::of_folder(folder, &FileRules::default(), &Limits::default()).unwrap()
}

/// Packs a folder into a file beside nothing else.
pub(crate) fn pack(folder: &Path, into: &Path) -> Packed {
    plan(folder).pack(into, &mut |_| {}).unwrap()
}

/// A manifest of a package with this name and version.
pub(crate) fn manifest(name: &str, version: &str) -> String {
    format!("package:\n  name: {name}\n  version: \"{version}\"\n")
}

/// A home of its own, with archives beside it.
pub(crate) struct Place {
    folder: TempDir,
    pub(crate) home: Home,
    pub(crate) cache: Cache,
}

impl Place {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let home = Home::at(folder.path().join("home"));
        let cache = Cache::of(&home);
        Self { folder, home, cache }
    }

    /// A path beside the home.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Packs a package with a file of some content, into `NAME-VERSION.slpkg`.
    pub(crate) fn pack(&self, name: &str, version: &str, content: &str) -> PathBuf {
        let folder = folder(&[
            ("streamlib.yaml", &manifest(name, version)),
            ("python/gray.py", content),
            ("python/other/deep.py", "deep"),
        ]);
        let archive = self.path(&format!("{name}-{version}.slpkg"));
        pack(folder.path(), &archive);
        archive
    }

    /// Brings an archive into the cache.
    pub(crate) fn keep(&self, archive: &Path) -> Result<HeldPackage, PackageError> {
        self.cache.keep(&incoming(archive), &mut |_| {})
    }

    /// Packs, keeps and installs a package.
    pub(crate) fn install(
        &self,
        name: &str,
        version: &str,
        uses: &[&CachedPackage],
    ) -> CachedPackage {
        self.install_as(name, version, true, uses)
    }

    pub(crate) fn install_as(
        &self,
        name: &str,
        version: &str,
        asked: bool,
        uses: &[&CachedPackage],
    ) -> CachedPackage {
        let held = self.keep(&self.pack(name, version, "content")).unwrap();
        let uses = uses.iter().map(|package| package.contents).collect();
        self.cache.install(&[(&held, Installation { asked, uses })], &mut |_| {}).unwrap();
        self.cache.get(held.contents).unwrap().unwrap()
    }

    /// What is in the cache: each package, and what is under way or left behind.
    pub(crate) fn listing(&self) -> String {
        let state = |package: &CachedPackage| match &package.installed {
            Some(Installation { asked: true, .. }) => "asked for",
            Some(Installation { asked: false, .. }) => "needed",
            None => "kept",
        };
        let packages = self.cache.list().unwrap();
        let lines =
            packages.iter().map(|one| format!("{} {} {}", one.name, one.version, state(one)));
        lines.collect::<Vec<_>>().join(", ")
    }

    /// The names of what is under way or was left behind.
    pub(crate) fn temporary(&self) -> Vec<PathBuf> {
        let folder = self.home.packages().join("temporary");
        if !folder.exists() {
            return Vec::new();
        }
        tree(&folder).into_iter().map(|(path, _)| path).collect()
    }
}

pub(crate) fn incoming(archive: &Path) -> Incoming<'_> {
    Incoming { archive, origin: "gray.slpkg", sha256: None, signed_by: None }
}

/// An entry of an archive that is written byte by byte, with whatever lies one likes.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) name: Vec<u8>,
    /// As it is in the archive.
    pub(crate) content: Vec<u8>,
    pub(crate) method: u16,
    pub(crate) flags: u16,
    pub(crate) checksum: u32,
    pub(crate) bytes: u32,
    pub(crate) attributes: u32,
    pub(crate) extra: Vec<u8>,
    pub(crate) comment: Vec<u8>,
    /// What the header before the content says instead: name, checksum, bytes.
    pub(crate) local: Option<(Vec<u8>, u32, u32)>,
    /// Bytes that stand before its header.
    pub(crate) before: Vec<u8>,
}

/// An honest, stored entry.
pub(crate) fn stored(name: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Entry {
    let (name, content) = (name.as_ref().to_vec(), content.as_ref().to_vec());
    let mut checksum = flate2::Crc::new();
    checksum.update(&content);
    Entry {
        flags: if name.is_ascii() { 0 } else { 1 << 11 },
        name,
        bytes: content.len() as u32,
        content,
        method: 0,
        checksum: checksum.sum(),
        attributes: 0o100_644 << 16,
        extra: Vec::new(),
        comment: Vec::new(),
        local: None,
        before: Vec::new(),
    }
}

/// An honest, deflated entry.
pub(crate) fn deflated(name: &str, content: &[u8]) -> Entry {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut encoder, content).unwrap();
    Entry { method: 8, content: encoder.finish().unwrap(), ..stored(name, content) }
}

/// The list of the contents of these files.
pub(crate) fn contents(files: &[(&str, &[u8])]) -> Entry {
    let line = |(name, content): &(&str, &[u8])| format!("{}  {name}\n", Digest::of(content));
    stored("contents.sha256", files.iter().map(line).collect::<String>())
}

/// An archive of these entries, in this order.
pub(crate) fn zip(entries: &[Entry]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for entry in entries {
        bytes.extend(&entry.before);
        let at = bytes.len() as u32;
        let honest = (entry.name.clone(), entry.checksum, entry.bytes);
        let (name, checksum, size) = entry.local.clone().unwrap_or(honest);
        bytes.extend(b"PK\x03\x04");
        bytes.extend(fields(entry, checksum, size, name.len()));
        bytes.extend(&name);
        bytes.extend(&entry.extra);
        bytes.extend(&entry.content);

        directory.extend(b"PK\x01\x02\x14\x03");
        directory.extend(fields(entry, entry.checksum, entry.bytes, entry.name.len()));
        directory.extend((entry.comment.len() as u16).to_le_bytes());
        directory.extend([0; 4]);
        directory.extend(entry.attributes.to_le_bytes());
        directory.extend(at.to_le_bytes());
        directory.extend(&entry.name);
        directory.extend(&entry.extra);
        directory.extend(&entry.comment);
    }
    let at = bytes.len() as u32;
    bytes.extend(&directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend((entries.len() as u16).to_le_bytes());
    bytes.extend((entries.len() as u16).to_le_bytes());
    bytes.extend((directory.len() as u32).to_le_bytes());
    bytes.extend(at.to_le_bytes());
    bytes.extend([0; 2]);
    bytes
}

fn fields(entry: &Entry, checksum: u32, size: u32, name_bytes: usize) -> Vec<u8> {
    let mut fields = Vec::new();
    for value in [20, entry.flags, entry.method, 0, 0x21] {
        fields.extend(value.to_le_bytes());
    }
    for value in [checksum, entry.content.len() as u32, size] {
        fields.extend(value.to_le_bytes());
    }
    fields.extend((name_bytes as u16).to_le_bytes());
    fields.extend((entry.extra.len() as u16).to_le_bytes());
    fields
}

/// An honest archive of these files, which are in order and have a manifest among them.
pub(crate) fn honest(files: &[(&str, &[u8])]) -> Vec<u8> {
    let entries = files.iter().map(|(name, content)| stored(name, content));
    zip(&entries.chain([contents(files)]).collect::<Vec<_>>())
}

/// Opens an archive in memory.
pub(crate) fn open(bytes: &[u8]) -> Result<Archive<Cursor<&[u8]>>, PackageError> {
    Archive::open(Cursor::new(bytes), "bad.slpkg", &Limits::default())
}
