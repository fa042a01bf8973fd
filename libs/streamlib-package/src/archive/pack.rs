//! Writing an archive.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

use super::contents::{CONTENTS_NAME, Contents};
use super::format::{Central, End, Fields, STORED};
use super::limits::RATIO_MAX;
use super::plan::{PackPlan, PlannedFile, Source};
use super::read::{Archive, digest_of};
use super::{Result, sync_folder};
use crate::digest::{BLOCK_BYTES, Digest, Hasher};
use crate::error::{PackProblem, PackageError};
use crate::progress::{OnProgress, Progress};

/// How hard is deflated. It is part of what makes equal files equal archives.
const EFFORT: Compression = Compression::new(6);

/// An archive that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// The digest of the archive, as `sha256sum` prints it.
    pub archive: Digest,
    /// The files with their digests; their own digest names the package.
    pub contents: Contents,
    /// The archive's bytes.
    pub bytes: u64,
}

impl PackPlan {
    /// Writes the archive to `path`, where it appears when it is complete; what was there is
    /// replaced.
    ///
    /// # Errors
    /// [`PackageError::Unpackable`] if a file changed since the plan was made, [`PackageError::Io`],
    /// [`PackageError::Refused`] if the archive is larger than allowed.
    pub fn pack(&self, path: &Path, on_progress: OnProgress<'_>) -> Result<Packed> {
        let part = Part::create(path)?;
        let mut writer = Writer {
            out: BufWriter::new(&part.file),
            path: &part.path,
            plan: self,
            total: self.total_bytes(),
            done: 0,
            on_progress,
            directory: Vec::new(),
            entries: 0,
        };
        let mut contents = Contents::default();
        for file in self.files() {
            let digest = writer.add(file)?;
            contents.push(file.name.clone(), digest);
            (writer.on_progress)(Progress::Written { name: &file.name });
        }
        let text = contents.to_text().into_bytes();
        let bytes = text.len() as u64;
        let name = CONTENTS_NAME.to_owned();
        writer.total += bytes;
        writer.add(&PlannedFile { name, bytes, source: Source::Memory(text) })?;
        writer.finish()?;

        let io_error = |error| PackageError::io("read", &part.path, error);
        // What is packed opens: no promise is better than having done it.
        let label = path.display().to_string();
        let archive = Archive::open(&part.file, &label, &self.limits)?;
        let contents = archive.contents().clone();
        let digest = digest_of(&mut &part.file).map_err(io_error)?;
        let bytes = part.file.metadata().map_err(io_error)?.len();
        part.publish(path)?;
        Ok(Packed { archive: digest, contents, bytes })
    }
}

/// A file beside the archive that becomes it.
struct Part {
    path: PathBuf,
    file: File,
}

impl Part {
    fn create(path: &Path) -> Result<Self> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let part = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
        let opened =
            OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&part);
        let file = opened.map_err(|error| PackageError::io("create", path, error))?;
        Ok(Self { path: part, file })
    }

    fn publish(self, path: &Path) -> Result<()> {
        let published = self.file.sync_all().and_then(|()| fs::rename(&self.path, path));
        published.map_err(|error| PackageError::io("write", path, error))?;
        match path.parent() {
            Some(folder) if folder.as_os_str().is_empty() => sync_folder(Path::new(".")),
            Some(folder) => sync_folder(folder),
            None => Ok(()),
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // After it was published there is nothing of this name; else the failure was reported.
        let _gone = fs::remove_file(&self.path);
    }
}

struct Writer<'a> {
    out: BufWriter<&'a File>,
    path: &'a Path,
    plan: &'a PackPlan,
    total: u64,
    done: u64,
    on_progress: OnProgress<'a>,
    directory: Vec<u8>,
    entries: u16,
}

/// What is known of a content when it was written.
struct Content {
    digest: Digest,
    checksum: u32,
    compressed: u64,
}

impl Writer<'_> {
    fn add(&mut self, file: &PlannedFile) -> Result<Digest> {
        let at = self.at()?;
        let mut fields = Fields::of_name(&file.name);
        self.write(&fields.to_local())?;
        self.write(file.name.as_bytes())?;
        let content_at = self.at()?;
        let mut content = self.deflate(file)?;
        if content.compressed >= file.bytes || file.bytes / RATIO_MAX > content.compressed {
            self.seek(content_at)?;
            let deflated = content.digest;
            content = self.store(file)?;
            fields.method = STORED;
            if content.digest != deflated {
                return Err(self.changed(file));
            }
        }
        let end_at = self.at()?;
        fields.checksum = content.checksum;
        fields.compressed = self.number(content.compressed)?;
        fields.bytes = self.number(file.bytes)?;
        self.seek(at)?;
        self.write(&fields.to_local())?;
        self.seek(end_at)?;
        Central::of_entry(fields, self.number(at)?).write(&file.name, &mut self.directory);
        // The plan has fewer files than this counts to.
        self.entries += 1;
        Ok(content.digest)
    }

    fn finish(mut self) -> Result<()> {
        let at = self.at()?;
        let directory = std::mem::take(&mut self.directory);
        let end = End {
            disks: [0, 0],
            entries_here: self.entries,
            entries: self.entries,
            directory_bytes: self.number(directory.len() as u64)?,
            directory_at: self.number(at)?,
            comment_bytes: 0,
        };
        self.write(&directory)?;
        let mut record = Vec::new();
        end.write(&mut record);
        self.write(&record)?;
        let end_at = self.at()?;
        // A file that was stored after all may have left a longer end behind.
        let path = self.path;
        let flushed = self.out.into_inner().map_err(io::IntoInnerError::into_error);
        flushed
            .and_then(|file| file.set_len(end_at))
            .map_err(|error| PackageError::io("write", path, error))
    }

    fn deflate(&mut self, file: &PlannedFile) -> Result<Content> {
        let done = self.done;
        let mut encoder = DeflateEncoder::new(Vec::new(), EFFORT);
        let mut compressed = 0;
        let (digest, checksum) = self.read(file, |writer, block| {
            encoder
                .write_all(block)
                .map_err(|error| PackageError::io("pack", &file.name, error))?;
            let out = encoder.get_mut();
            compressed += out.len() as u64;
            writer.write(out)?;
            out.clear();
            writer.done += block.len() as u64;
            let (name, bytes, total) = (file.name.as_str(), writer.done, writer.total);
            (writer.on_progress)(Progress::Copied { name, bytes, total });
            Ok(())
        })?;
        let rest = encoder.finish().map_err(|error| PackageError::io("pack", &file.name, error))?;
        compressed += rest.len() as u64;
        self.write(&rest)?;
        debug_assert_eq!(self.done, done + file.bytes);
        Ok(Content { digest, checksum, compressed })
    }

    fn store(&mut self, file: &PlannedFile) -> Result<Content> {
        let (digest, checksum) = self.read(file, |writer, block| writer.write(block))?;
        Ok(Content { digest, checksum, compressed: file.bytes })
    }

    /// Gives a file's content to `sink` in blocks: as many bytes as were planned.
    fn read(
        &mut self,
        file: &PlannedFile,
        mut sink: impl FnMut(&mut Self, &[u8]) -> Result<()>,
    ) -> Result<(Digest, u32)> {
        let disk;
        let mut memory;
        let (reader, path): (&mut dyn Read, _) = match &file.source {
            Source::Memory(content) => {
                memory = content.as_slice();
                (&mut memory, Path::new(&file.name))
            }
            Source::Disk(path) => {
                disk = File::open(path).map_err(|error| PackageError::io("read", path, error))?;
                (&mut &disk, path.as_path())
            }
        };
        let (mut hasher, mut checksum) = (Hasher::default(), Crc::new());
        let mut block = vec![0; BLOCK_BYTES];
        let mut left = file.bytes;
        loop {
            let count = match reader.read(&mut block) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(PackageError::io("read", path, error)),
            };
            left = left.checked_sub(count as u64).ok_or_else(|| self.changed(file))?;
            hasher.update(&block[..count]);
            checksum.update(&block[..count]);
            sink(self, &block[..count])?;
        }
        if left != 0 {
            return Err(self.changed(file));
        }
        Ok((hasher.finish(), checksum.sum()))
    }

    fn changed(&self, file: &PlannedFile) -> PackageError {
        self.plan.unpackable(PackProblem::Changed { name: file.name.clone() })
    }

    /// A number as the format has it.
    fn number(&self, value: u64) -> Result<u32> {
        let too_large = |_| self.plan.unpackable(PackProblem::ArchiveTooLarge { bytes: value });
        u32::try_from(value).map_err(too_large)
    }

    fn at(&mut self) -> Result<u64> {
        self.out.stream_position().map_err(|error| PackageError::io("write", self.path, error))
    }

    fn seek(&mut self, at: u64) -> Result<()> {
        let sought = self.out.seek(SeekFrom::Start(at));
        sought.map(drop).map_err(|error| PackageError::io("write", self.path, error))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.out.write_all(bytes).map_err(|error| PackageError::io("write", self.path, error))
    }
}
