//! Reading an archive: everything is checked before the first byte is unpacked.

use std::io::{self, Read, Seek, SeekFrom};

use flate2::Crc;
use flate2::read::DeflateDecoder;

use super::contents::{CONTENTS_NAME, Contents};
use super::format::{
    self, CENTRAL_BYTES, Central, END_BYTES, End, FLAG_UTF8, Fields, Kind, LOCAL_BYTES, STORED,
};
use super::limits::{CONTENTS_BYTES_MAX, Limits, RATIO_MAX};
use super::name::{Clash, NAME_BYTES_MAX, NameProblem, check_file_name, clash};
use super::refusal::Refusal;
use super::{MANIFEST_NAME, Result};
use crate::digest::{BLOCK_BYTES, Digest, Hasher};
use crate::error::{PackageError, excerpt};

/// A package in an archive, of which everything but the files themselves has been checked.
///
/// Its directory and its list of contents are held in memory; the files are read when asked for.
#[derive(Debug)]
pub struct Archive<R> {
    reader: R,
    label: String,
    files: Vec<PackedFile>,
    contents: Contents,
}

/// A file in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedFile {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub bytes: u64,
    /// Its bytes in the archive.
    pub compressed_bytes: u64,
    method: u16,
    checksum: u32,
    header_at: u64,
    content_at: u64,
}

impl<R: Read + Seek> Archive<R> {
    /// Opens an archive and checks it: its directory, the name, kind, size and place of every
    /// entry, both headers of each, and the list of contents. `label` names it in errors.
    ///
    /// # Errors
    /// [`PackageError::Refused`] with the first thing that is wrong, [`PackageError::Io`] if it
    /// cannot be read.
    pub fn open(mut reader: R, label: &str, limits: &Limits) -> Result<Self> {
        let files = scan(&mut reader, limits).map_err(|stop| stop.labelled(label))?;
        let mut archive =
            Self { reader, label: label.to_owned(), files, contents: Contents::default() };
        archive.contents = archive.read_contents().map_err(|stop| stop.labelled(label))?;
        Ok(archive)
    }

    /// What the archive is called in errors.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Its files, in the order of their names; its list of contents is not among them.
    #[must_use]
    pub fn files(&self) -> &[PackedFile] {
        &self.files
    }

    /// The list of its contents.
    #[must_use]
    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    /// The bytes of all its files together.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// Reads one file, and checks its size, checksum and digest. `None` if there is no such file.
    ///
    /// # Errors
    /// [`PackageError::Refused`] if the file is not what was said of it or has more than
    /// `bytes_max` bytes, [`PackageError::Io`].
    pub fn read(&mut self, name: &str, bytes_max: u64) -> Result<Option<Vec<u8>>> {
        let Some(index) = self.files.iter().position(|file| file.name == name) else {
            return Ok(None);
        };
        let bytes = self.files[index].bytes;
        if bytes > bytes_max {
            let name = name.to_owned();
            return self.refuse(Refusal::FileTooLarge { name, bytes, max: bytes_max });
        }
        let mut content = Vec::new();
        self.copy(index, &mut |block| {
            content.extend_from_slice(block);
            Ok(())
        })?;
        Ok(Some(content))
    }

    /// Gives the content of a file to `sink` in blocks, and checks size, checksum and digest.
    pub(super) fn copy(
        &mut self,
        index: usize,
        sink: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        let file = &self.files[index];
        let mut hasher = Hasher::default();
        let mut failed = None;
        let copied = copy_entry(&mut self.reader, file, &mut |block| {
            hasher.update(block);
            sink(block).map_err(|error| failed = Some(error)).is_ok()
        });
        if let Some(error) = failed {
            return Err(error);
        }
        copied.map_err(|stop| stop.labelled(&self.label))?;
        if self.contents.digest_of(&file.name) != Some(hasher.finish()) {
            let name = file.name.clone();
            return self.refuse(Refusal::WrongDigest { name });
        }
        Ok(())
    }

    fn refuse<T>(&self, refusal: Refusal) -> Result<T> {
        Err(PackageError::Refused { archive: self.label.clone(), refusal })
    }

    /// Takes the list of contents off the files, and compares the two.
    fn read_contents(&mut self) -> Result<Contents, Stop> {
        let Some(list) = self.files.pop_if(|file| file.name == CONTENTS_NAME) else {
            return Err(Refusal::NoContents.into());
        };
        if list.bytes > CONTENTS_BYTES_MAX {
            let (name, bytes) = (list.name, list.bytes);
            let max = CONTENTS_BYTES_MAX;
            return Err(Refusal::FileTooLarge { name, bytes, max }.into());
        }
        let mut text = Vec::new();
        copy_entry(&mut self.reader, &list, &mut |block| {
            text.extend_from_slice(block);
            true
        })?;
        let contents = Contents::parse(&text).map_err(Refusal::Contents)?;
        if let Some(name) = difference(&contents, &self.files) {
            return Err(Refusal::NotAsListed { name: name.to_owned() }.into());
        }
        if contents.digest_of(MANIFEST_NAME).is_none() {
            return Err(Refusal::NoManifest.into());
        }
        Ok(contents)
    }
}

/// The first name that is not in both, or not at the same place.
fn difference<'a>(contents: &'a Contents, files: &'a [PackedFile]) -> Option<&'a str> {
    let mut listed = contents.files().map(|(name, _)| name);
    let mut packed = files.iter().map(|file| file.name.as_str());
    loop {
        match (listed.next(), packed.next()) {
            (None, None) => return None,
            (listed, packed) if listed == packed => {}
            (listed, packed) => return packed.or(listed),
        }
    }
}

/// Why the reading of an archive stops.
pub(super) enum Stop {
    Refused(Refusal),
    Io(io::Error),
}

impl Stop {
    fn labelled(self, label: &str) -> PackageError {
        match self {
            Self::Refused(refusal) => PackageError::Refused { archive: label.to_owned(), refusal },
            Self::Io(source) => PackageError::io("read", label, source),
        }
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Reads the directory and all headers. The last of the files may be the list of contents.
fn scan(reader: &mut (impl Read + Seek), limits: &Limits) -> Result<Vec<PackedFile>, Stop> {
    let bytes = reader.seek(SeekFrom::End(0))?;
    if bytes > limits.archive_bytes {
        let max = limits.archive_bytes;
        return Err(Refusal::ArchiveTooLarge { bytes, max }.into());
    }
    let directory = read_directory(reader, bytes, limits)?;
    let entries = split_directory(&directory.bytes, directory.entries)?;
    check_names(&entries)?;
    check_sizes(&entries, limits)?;
    let files = check_places(&entries, directory.at)?;
    for ((central, name), file) in entries.iter().zip(&files) {
        check_local(reader, central, name, file)?;
    }
    Ok(files)
}

struct Directory {
    bytes: Vec<u8>,
    at: u64,
    entries: usize,
}

fn read_directory(
    reader: &mut (impl Read + Seek),
    bytes: u64,
    limits: &Limits,
) -> Result<Directory, Stop> {
    let Some(end_at) = bytes.checked_sub(END_BYTES as u64) else {
        return Err(Refusal::NotAnArchive.into());
    };
    if !format::begins_as_archive(read_at(reader, 0)?) {
        return Err(Refusal::NotAnArchive.into());
    }
    let end = End::read(&read_at(reader, end_at)?).ok_or(Refusal::Cut)?;
    let entries = usize::from(end.entries);
    if entries > limits.files + 1 {
        return Err(Refusal::TooManyFiles { files: entries, max: limits.files }.into());
    }
    let (at, length) = (u64::from(end.directory_at), u64::from(end.directory_bytes));
    let foreign = |what| Err(Refusal::Foreign { what }.into());
    match () {
        () if end.disks != [0, 0] || end.entries_here != end.entries => {
            return foreign("is one part of several");
        }
        () if end.comment_bytes != 0 => return foreign("has a comment"),
        () if at + length != end_at => {
            return foreign("has something between its directory and its end");
        }
        // What a name, an extra field and a comment may have: no more is held in memory.
        () if length > (entries * (CENTRAL_BYTES + 4 * NAME_BYTES_MAX)) as u64 => {
            return foreign("has more in its directory than names");
        }
        () => {}
    }
    reader.seek(SeekFrom::Start(at))?;
    let mut directory = Vec::new();
    reader.by_ref().take(length).read_to_end(&mut directory)?;
    Ok(Directory { bytes: directory, at, entries })
}

fn read_at<const N: usize>(reader: &mut (impl Read + Seek), at: u64) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    reader.seek(SeekFrom::Start(at))?;
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// The records of the directory with the names, which are checked one by one.
fn split_directory(mut directory: &[u8], count: usize) -> Result<Vec<(Central, &str)>, Stop> {
    let mut entries = Vec::new();
    while !directory.is_empty() {
        let Some((central, name)) = Central::take(&mut directory) else {
            return Err(Refusal::Foreign { what: "has a directory that cannot be read" }.into());
        };
        let refuse = |problem| {
            let name = excerpt(&String::from_utf8_lossy(name));
            Stop::Refused(Refusal::Name { name, problem })
        };
        let text = str::from_utf8(name).map_err(|_| refuse(NameProblem::NotUtf8))?;
        if !text.is_ascii() && central.fields.flags & FLAG_UTF8 == 0 {
            return Err(refuse(NameProblem::NotUtf8));
        }
        check_file_name(text).map_err(refuse)?;
        entries.push((central, text));
    }
    if entries.len() != count {
        let what = "has another number of entries than its end says";
        return Err(Refusal::Foreign { what }.into());
    }
    Ok(entries)
}

/// Checks the names with one another, and what kind of file each is for.
fn check_names(entries: &[(Central, &str)]) -> Result<(), Refusal> {
    match clash(entries.iter().map(|(_, name)| *name)) {
        None => {}
        Some(Clash::Same(first, second)) => {
            return Err(Refusal::SameName { first: first.to_owned(), second: second.to_owned() });
        }
        Some(Clash::FileAndFolder(file, inside)) => {
            let (file, inside) = (file.to_owned(), inside.to_owned());
            return Err(Refusal::FileAndFolder { file, inside });
        }
    }
    for (central, name) in entries {
        match central.kind() {
            Kind::File => {}
            Kind::Link => return Err(Refusal::Link { name: (*name).to_owned() }),
            Kind::Other => return Err(Refusal::NotAFile { name: (*name).to_owned() }),
        }
    }
    Ok(())
}

fn check_sizes(entries: &[(Central, &str)], limits: &Limits) -> Result<(), Refusal> {
    let mut total = 0;
    for (central, name) in entries {
        let name = || (*name).to_owned();
        let (bytes, compressed) = (central.fields.bytes.into(), central.fields.compressed.into());
        if bytes > limits.file_bytes {
            return Err(Refusal::FileTooLarge { name: name(), bytes, max: limits.file_bytes });
        }
        if bytes / RATIO_MAX > compressed {
            let max = RATIO_MAX;
            return Err(Refusal::Ratio { name: name(), compressed, bytes, max });
        }
        total += bytes;
        if total > limits.total_bytes {
            let max = limits.total_bytes;
            return Err(Refusal::TotalTooLarge { name: name(), bytes: total, max });
        }
    }
    Ok(())
}

/// Checks the form of each entry, their order, and that they fill the archive up to its directory.
fn check_places(
    entries: &[(Central, &str)],
    directory_at: u64,
) -> Result<Vec<PackedFile>, Refusal> {
    let foreign = |name: &str, what| Err(Refusal::ForeignEntry { name: name.to_owned(), what });
    let mut files: Vec<PackedFile> = Vec::with_capacity(entries.len());
    let mut at = 0;
    for (central, name) in entries {
        let fields = &central.fields;
        if let Some(what) = fields.foreign() {
            return foreign(name, what);
        }
        match () {
            () if central.comment_bytes != 0 => return foreign(name, "has a comment"),
            () if central.disk != 0 => return foreign(name, "is on another disk"),
            () if fields.method == STORED && fields.compressed != fields.bytes => {
                return foreign(name, "is stored in another size than its own");
            }
            () if u64::from(central.offset) != at => {
                return foreign(name, "does not follow the entry before it");
            }
            () => {}
        }
        let is_list = *name == CONTENTS_NAME;
        if files.last().is_some_and(|last| {
            last.name == CONTENTS_NAME || (!is_list && last.name.as_str() >= *name)
        }) {
            return foreign(name, "is not in the order of the names");
        }
        let content_at = at + (LOCAL_BYTES + name.len()) as u64;
        files.push(PackedFile {
            name: (*name).to_owned(),
            bytes: fields.bytes.into(),
            compressed_bytes: fields.compressed.into(),
            method: fields.method,
            checksum: fields.checksum,
            header_at: at,
            content_at,
        });
        at = content_at + u64::from(fields.compressed);
    }
    if at != directory_at {
        return Err(Refusal::Foreign { what: "has something before its directory" });
    }
    Ok(files)
}

/// Compares the header before an entry with that in the directory.
fn check_local(
    reader: &mut (impl Read + Seek),
    central: &Central,
    name: &str,
    file: &PackedFile,
) -> Result<(), Stop> {
    let local = Fields::of_local(&read_at(reader, file.header_at)?);
    let mut local_name = vec![0; name.len()];
    // The name lies before the content, and so before the directory.
    reader.read_exact(&mut local_name)?;
    if local != Some(central.fields) || local_name != name.as_bytes() {
        return Err(Refusal::HeadersDiffer { name: name.to_owned() }.into());
    }
    Ok(())
}

/// Gives the content of an entry to `sink` until it says `false`, and checks size and checksum.
/// Never more than the size that was said is given.
fn copy_entry(
    reader: &mut (impl Read + Seek),
    file: &PackedFile,
    sink: &mut dyn FnMut(&[u8]) -> bool,
) -> Result<(), Stop> {
    reader.seek(SeekFrom::Start(file.content_at))?;
    let compressed = reader.by_ref().take(file.compressed_bytes);
    let damaged = |what| Stop::Refused(Refusal::Damaged { name: file.name.clone(), what });
    let mut content = if file.method == STORED {
        Content::Stored(compressed)
    } else {
        Content::Deflated(DeflateDecoder::new(compressed))
    };
    let mut checksum = Crc::new();
    let mut left = file.bytes;
    let mut block = vec![0; BLOCK_BYTES];
    loop {
        let count = match content.read(&mut block) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) => match error.kind() {
                io::ErrorKind::Interrupted => continue,
                io::ErrorKind::InvalidInput
                | io::ErrorKind::InvalidData
                | io::ErrorKind::UnexpectedEof => {
                    return Err(damaged("it cannot be decompressed"));
                }
                _ => return Err(error.into()),
            },
        };
        left = left.checked_sub(count as u64).ok_or_else(|| damaged("it is larger than said"))?;
        checksum.update(&block[..count]);
        if !sink(&block[..count]) {
            return Ok(());
        }
    }
    match () {
        () if left != 0 => Err(damaged("it is smaller than said")),
        () if content.bytes_read(file) != file.compressed_bytes => {
            Err(damaged("it has something behind its end"))
        }
        () if checksum.sum() != file.checksum => Err(damaged("its checksum is wrong")),
        () => Ok(()),
    }
}

enum Content<R> {
    Stored(R),
    Deflated(DeflateDecoder<R>),
}

impl<R: Read> Content<R> {
    fn read(&mut self, block: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Stored(reader) => reader.read(block),
            Self::Deflated(decoder) => decoder.read(block),
        }
    }

    /// How many bytes of the archive the content took.
    fn bytes_read(&self, file: &PackedFile) -> u64 {
        match self {
            Self::Stored(_) => file.compressed_bytes,
            Self::Deflated(decoder) => decoder.total_in(),
        }
    }
}

/// The digest of a whole archive, as `sha256sum` prints it.
///
/// # Errors
/// Those of the reader.
pub(crate) fn digest_of(reader: &mut (impl Read + Seek)) -> io::Result<Digest> {
    reader.seek(SeekFrom::Start(0))?;
    Digest::of_reader(reader)
}
