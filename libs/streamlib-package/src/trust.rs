//! Whose packages are trusted: Ed25519 signatures in the format of minisign.
//!
//! A signature lies beside an archive, in `FILE.minisig`. The trusted keys are one file of the home,
//! a line each: the key as `minisign` prints it, a space, and a name for people. Lines that begin
//! with `#` are comments. Signatures of the old form, which sign the file and not its hash, are
//! refused: one has to hold the whole file in memory to check them.
//!
//! A signature says who made an archive, not that it is the newest one or the one that was meant:
//! that is what a digest says.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use minisign_verify::{Error as Minisign, PublicKey, Signature};

use crate::archive::sync_folder;
use crate::digest::{BLOCK_BYTES, Digest, Hasher};
use crate::error::{PackageError, excerpt};
use crate::home::Home;

/// Most bytes of a signature, and of a key as a file.
pub(crate) const SIGNATURE_BYTES_MAX: u64 = 16 * 1024;
/// Most bytes of the file of trusted keys.
const KEYS_BYTES_MAX: u64 = 1 << 20;
/// Most bytes of a key's name.
const NAME_BYTES_MAX: usize = 100;

type Result<T, E = PackageError> = std::result::Result<T, E>;

/// A key whose signatures are trusted.
#[derive(Clone, PartialEq, Eq)]
pub struct TrustedKey {
    name: String,
    text: String,
    key: PublicKey,
}

impl TrustedKey {
    /// A key by the text of the file that `minisign -G` writes (`minisign.pub`), or by its one line.
    ///
    /// # Errors
    /// [`PackageError::BadKey`], [`PackageError::BadKeyName`] for a name that is empty, longer than
    /// 100 bytes, or not one line.
    pub fn new(name: &str, key: &str) -> Result<Self> {
        let name = name.trim();
        if name.is_empty() || name.len() > NAME_BYTES_MAX || name.chars().any(char::is_control) {
            return Err(PackageError::BadKeyName { name: excerpt(name) });
        }
        let lines = key.lines().map(str::trim);
        let mut lines = lines.filter(|line| !line.is_empty() && !line.contains("comment:"));
        let text = lines.next().unwrap_or_default();
        match PublicKey::from_base64(text) {
            Ok(key) if lines.next().is_none() => {
                Ok(Self { name: name.to_owned(), text: text.to_owned(), key })
            }
            _ => Err(PackageError::BadKey { text: excerpt(text) }),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key, as `minisign` prints it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for TrustedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.text, self.name)
    }
}

/// The trusted keys, in the order in which they were added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedKeys {
    keys: Vec<TrustedKey>,
}

impl TrustedKeys {
    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &[TrustedKey] {
        &self.keys
    }

    /// Reads the text of a file of keys. `path` names it in errors.
    ///
    /// # Errors
    /// [`PackageError::BadKeyLine`] with the line.
    pub fn parse(text: &str, path: &str) -> Result<Self> {
        let mut keys = Self::default();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (key, name) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            TrustedKey::new(name, key).and_then(|key| keys.add(key)).map_err(|error| {
                let (path, line) = (path.to_owned(), index + 1);
                PackageError::BadKeyLine { path, line, problem: Box::new(error) }
            })?;
        }
        Ok(keys)
    }

    /// The text of a file of these keys.
    #[must_use]
    pub fn to_text(&self) -> String {
        let keys = self.keys.iter().map(|key| format!("{} {}\n", key.text, key.name));
        let head = "# Keys whose packages are trusted, one a line: KEY NAME\n".to_owned();
        std::iter::once(head).chain(keys).collect()
    }

    fn add(&mut self, key: TrustedKey) -> Result<()> {
        let same = self.keys.iter().find(|one| one.name == key.name || one.key == key.key);
        if let Some(same) = same {
            let (name, known) = (key.name, same.name.clone());
            return Err(PackageError::KeyIsKnown { name, known });
        }
        self.keys.push(key);
        Ok(())
    }

    /// Checks an archive against the signature in a file.
    ///
    /// # Errors
    /// [`PackageError::BadSignature`] if the signature is not of this file, or is none;
    /// [`PackageError::Io`].
    pub fn check(&self, archive: &Path, signature: &Path) -> Result<Trust> {
        // What is too large or not text is no signature, like no text at all.
        let text = read_text(signature, SIGNATURE_BYTES_MAX)?.unwrap_or_default();
        self.check_text(archive, &archive.display().to_string(), &text)
    }

    /// Checks an archive on the disk, which `label` names in errors, against the text of a signature.
    pub(crate) fn check_text(&self, archive: &Path, label: &str, signature: &str) -> Result<Trust> {
        let file = File::open(archive).map_err(|error| PackageError::io("read", archive, error))?;
        self.check_reader(file, label, signature)
    }

    /// Checks all that a reader gives, an archive that `label` names in errors, against the text of
    /// a signature.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn check_reader(
        &self,
        mut archive: impl Read,
        label: &str,
        signature: &str,
    ) -> Result<Trust> {
        let bad = |problem| PackageError::BadSignature { archive: label.to_owned(), problem };
        let signature = Signature::decode(signature).map_err(|error| bad(error.into()))?;
        let mut signer = None;
        for key in &self.keys {
            match key.key.verify_stream(&signature) {
                Ok(verifier) => {
                    signer = Some((key, verifier));
                    break;
                }
                Err(Minisign::UnexpectedKeyId) => {}
                Err(error) => return Err(bad(error.into())),
            }
        }
        let Some((key, mut verifier)) = signer else {
            return Ok(Trust::UnknownKey);
        };
        let mut hasher = Hasher::default();
        let mut block = vec![0; BLOCK_BYTES];
        loop {
            match archive.read(&mut block) {
                Ok(0) => break,
                Ok(count) => {
                    verifier.update(&block[..count]);
                    hasher.update(&block[..count]);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(PackageError::io("read", label, error)),
            }
        }
        verifier.finalize().map_err(|error| bad(error.into()))?;
        let (by, comment) = (key.name.clone(), excerpt(signature.trusted_comment()));
        Ok(Trust::Signed { by, comment, sha256: hasher.finish() })
    }

    /// Whether a text is a signature that says it was made by one of the keys; without the archive
    /// that is not yet known.
    pub(crate) fn made(&self, signature: &str) -> bool {
        let Ok(signature) = Signature::decode(signature) else { return false };
        let is_of = |key: &TrustedKey| {
            !matches!(key.key.verify_stream(&signature), Err(Minisign::UnexpectedKeyId))
        };
        self.keys.iter().any(is_of)
    }

    /// Checks an archive against the signature beside it, if there is one.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn check_beside(&self, archive: &Path) -> Result<Trust> {
        let signature = signature_path(archive);
        match fs::symlink_metadata(&signature) {
            Ok(_) => self.check(archive, &signature),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Trust::Unsigned),
            Err(error) => Err(PackageError::io("read", &signature, error)),
        }
    }
}

/// Where the signature of an archive is.
#[must_use]
pub fn signature_path(archive: &Path) -> PathBuf {
    let mut path = archive.as_os_str().to_owned();
    path.push(".minisig");
    path.into()
}

/// Who vouches for an archive. Displays in words.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trust {
    /// A trusted key signed it.
    Signed {
        /// The key's name.
        by: String,
        /// What the signer wrote, and signed.
        comment: String,
        /// The digest of the archive that was checked; what is installed has to have it.
        sha256: Digest,
    },
    /// A key that is not trusted signed it, which says nothing.
    UnknownKey,
    /// There is no signature.
    Unsigned,
}

impl fmt::Display for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signed { by, comment, .. } if comment.is_empty() => {
                write!(f, "signed by {by}")
            }
            Self::Signed { by, comment, .. } => write!(f, "signed by {by} ({comment:?})"),
            Self::UnknownKey => write!(f, "signed by a key that is not trusted"),
            Self::Unsigned => write!(f, "not signed"),
        }
    }
}

/// What is wrong with a signature. It reads on from "the signature".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureProblem {
    /// It is of another file, or changed.
    #[error("is not of this file; one of the two was changed: get both again")]
    Wrong,
    /// It is not in minisign's format.
    #[error("is not in minisign's format; sign the file again with `minisign -S`")]
    Malformed,
    /// It signs the file and not its hash.
    #[error("is of the old form, without a hash; sign the file again with `minisign -S`")]
    Old,
}

impl From<Minisign> for SignatureProblem {
    fn from(error: Minisign) -> Self {
        match error {
            Minisign::InvalidSignature | Minisign::UnexpectedKeyId => Self::Wrong,
            Minisign::UnsupportedLegacyMode | Minisign::UnexpectedAlgorithm => Self::Old,
            Minisign::InvalidEncoding | Minisign::UnsupportedAlgorithm | Minisign::IoError(_) => {
                Self::Malformed
            }
        }
    }
}

/// The file of trusted keys of a home.
#[derive(Debug, Clone)]
pub struct TrustStore {
    path: PathBuf,
}

impl TrustStore {
    /// That of a home. It need not be there.
    #[must_use]
    pub fn of(home: &Home) -> Self {
        Self { path: home.trusted_keys() }
    }

    /// The keys; none if there is no file.
    ///
    /// # Errors
    /// [`PackageError::BadKeyLine`], [`PackageError::Io`].
    pub fn read(&self) -> Result<TrustedKeys> {
        if !self.path.exists() {
            return Ok(TrustedKeys::default());
        }
        let path = self.path.display().to_string();
        match read_text(&self.path, KEYS_BYTES_MAX)? {
            Some(text) => TrustedKeys::parse(&text, &path),
            None => {
                let problem = Box::new(PackageError::BadKey { text: String::new() });
                Err(PackageError::BadKeyLine { path, line: 1, problem })
            }
        }
    }

    /// Adds a key.
    ///
    /// # Errors
    /// [`PackageError::KeyIsKnown`] if there is one of the same name or the same key,
    /// [`PackageError::BadKeyLine`], [`PackageError::Io`].
    pub fn add(&self, key: TrustedKey) -> Result<()> {
        self.change(|keys| keys.add(key))
    }

    /// Removes the key of a name.
    ///
    /// # Errors
    /// [`PackageError::NoSuchKey`], [`PackageError::BadKeyLine`], [`PackageError::Io`].
    pub fn remove(&self, name: &str) -> Result<()> {
        self.change(|keys| {
            let before = keys.keys.len();
            keys.keys.retain(|key| key.name != name);
            if keys.keys.len() == before {
                let names = keys.keys.iter().map(|key| key.name.clone()).collect();
                return Err(PackageError::NoSuchKey { name: name.to_owned(), names });
            }
            Ok(())
        })
    }

    /// Changes the file, which is replaced as a whole, while nobody else does.
    fn change(&self, how: impl FnOnce(&mut TrustedKeys) -> Result<()>) -> Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let lock_path = self.path.with_extension("lock");
        let lock = || {
            fs::create_dir_all(folder)?;
            let file = File::options().create(true).append(true).open(&lock_path)?;
            file.lock()?;
            Ok(file)
        };
        let _lock: File = lock().map_err(|error| PackageError::io("lock", &lock_path, error))?;
        let mut keys = self.read()?;
        how(&mut keys)?;
        let part = self.path.with_extension("part");
        let write = || {
            let mut file = File::create(&part)?;
            file.write_all(keys.to_text().as_bytes())?;
            file.sync_all()?;
            fs::rename(&part, &self.path)
        };
        write().map_err(|error| PackageError::io("write", &self.path, error))?;
        sync_folder(folder)
    }
}

/// Reads a small file of text. `None` if it is larger, or not UTF-8.
fn read_text(path: &Path, bytes_max: u64) -> Result<Option<String>> {
    let io_error = |error| PackageError::io("read", path, error);
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(io_error)?;
    file.take(bytes_max + 1).read_to_end(&mut bytes).map_err(io_error)?;
    let fits = bytes.len() as u64 <= bytes_max;
    Ok(String::from_utf8(bytes).ok().filter(|_| fits))
}
