//! Archives from the network.
//!
//! Guarantees:
//! - Nothing is fetched that could not be checked: a digest says what it has to be, or a trusted
//!   key signed it.
//! - Only `https` is asked, and `http` from this machine itself. Redirects are followed by the same
//!   rule, a few at most, and from `https` only to `https`.
//! - What is received has a largest size and a latest moment, however slowly it comes.
//! - A download that was cut goes on where it was, if the server says that the file is still the
//!   same one (a strong `ETag`, RFC 9110, section 8.8.3); else it begins anew.
//!
//! Not kept: what is received is not an archive before [`Cache::keep`](crate::Cache::keep) opened
//! it.

mod part;
mod request;
mod url;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use streamlib_manifest::format_duration;

use crate::archive::Limits;
use crate::digest::Digest;
use crate::error::PackageError;
use crate::home::Home;
use crate::progress::OnProgress;
use crate::trust::{SIGNATURE_BYTES_MAX, Trust, TrustedKeys};
use part::Part;
use request::Requests;
use url::Url;

pub(crate) use part::prune;
pub use url::UrlProblem;

type Result<T, E = PackageError> = std::result::Result<T, E>;

/// Which variables may name a proxy, the first that is set wins.
const PROXY_VARIABLES: &[&str] = &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

/// Where systems keep the authorities that they trust: Debian and Arch, Fedora, openSUSE, Alpine
/// and macOS.
const SYSTEM_AUTHORITIES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// How archives are fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchLimits {
    /// Most bytes of an archive.
    pub bytes: u64,
    /// Most redirects one after the other.
    pub redirects: u32,
    /// How long a connection may take to be made.
    pub connect: Duration,
    /// How long a server may say nothing.
    pub silence: Duration,
    /// How long all of it may take.
    pub total: Duration,
    /// How many times in a row a connection may be cut before it brought anything.
    pub cuts: u32,
}

impl Default for FetchLimits {
    fn default() -> Self {
        Self {
            bytes: Limits::default().archive_bytes,
            redirects: 5,
            connect: Duration::from_secs(15),
            silence: Duration::from_secs(30),
            total: Duration::from_secs(60 * 60),
            cuts: 3,
        }
    }
}

/// Why an archive cannot be fetched. It reads on from "`URL` cannot be fetched:".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchProblem {
    /// A URL that is not asked.
    #[error("it {0}")]
    Url(UrlProblem),
    /// Nothing says what the file has to be.
    #[error(
        "nothing says what it has to be, and it is {trust}; add `#sha256=DIGEST` to the URL, or \
         trust the key that signed it (`streamlib pkg trust`)"
    )]
    Unproven {
        /// Whether there is a signature.
        trust: Trust,
    },
    /// A redirect to where nothing is asked.
    #[error("it redirects to `{to}`, which {problem}")]
    Redirect {
        /// Where it leads.
        to: String,
        /// Why not.
        problem: UrlProblem,
    },
    /// Too many redirects, as in a circle.
    #[error("it redirects more than {max} times, last to `{to}`; ask who runs the server")]
    Redirects {
        /// How many are followed.
        max: u32,
        /// The last place.
        to: String,
    },
    /// The server does not give it.
    #[error("the server says {status}; is the URL right?")]
    Status {
        /// The status, with its usual words.
        status: String,
    },
    /// It is too large.
    #[error("it has {bytes} bytes or more, and at most {max} are allowed")]
    TooLarge {
        /// How many it has at least.
        bytes: u64,
        /// How many are allowed.
        max: u64,
    },
    /// The server sent another part of the file than was asked for.
    #[error("the server sent another part of it than was asked for; ask who runs the server")]
    OtherPart,
    /// It took too long.
    #[error("it was not complete after {}{}", format_duration(*.after), and_kept(*.kept))]
    TooSlow {
        /// How long was waited.
        after: Duration,
        /// How many bytes are kept, to go on from.
        kept: u64,
    },
    /// The connection was cut, again and again.
    #[error("the connection was cut ({how}){}", and_kept(*.kept))]
    Cut {
        /// How many bytes are kept, to go on from.
        kept: u64,
        /// How it was cut the last time.
        how: String,
    },
    /// The server cannot be reached or spoken to.
    #[error("the server cannot be reached: {how}")]
    Unreachable {
        /// Why.
        how: String,
    },
    /// The proxy's URL is none.
    #[error("the proxy is `{0}`, which is not a URL such as `http://HOST:PORT`")]
    Proxy(String),
    /// The authorities are not certificates.
    #[error("the file of trusted authorities has no certificates in PEM; is SSL_CERT_FILE right?")]
    Authorities,
}

fn and_kept(bytes: u64) -> String {
    match bytes {
        0 => "; try again later".to_owned(),
        _ => format!("; {bytes} bytes are kept, and the same command goes on from there"),
    }
}

/// Fetches archives into a home.
#[derive(Debug, Clone)]
pub struct Fetcher {
    downloads: PathBuf,
    limits: FetchLimits,
    proxy: Option<String>,
    authorities: Option<Vec<u8>>,
}

/// An archive that was fetched and checked. Its file is removed when this is dropped.
#[derive(Debug)]
pub struct Download {
    part: Part,
    sha256: Digest,
    signed_by: Option<String>,
}

impl Download {
    /// The file.
    #[must_use]
    pub fn file(&self) -> &Path {
        self.part.path()
    }

    /// The digest it has, which is the one it had to have or that was signed.
    #[must_use]
    pub fn sha256(&self) -> Digest {
        self.sha256
    }

    /// Name of the trusted key that signed it, if that is why it was fetched.
    #[must_use]
    pub fn signed_by(&self) -> Option<&str> {
        self.signed_by.as_deref()
    }
}

impl Drop for Download {
    fn drop(&mut self) {
        self.part.discard();
    }
}

impl Fetcher {
    /// Keeps what is not complete in the home's folder for downloads.
    #[must_use]
    pub fn of(home: &Home) -> Self {
        let (downloads, limits) = (home.downloads(), FetchLimits::default());
        Self { downloads, limits, proxy: None, authorities: None }
    }

    /// The same with other limits.
    #[must_use]
    pub fn with_limits(self, limits: FetchLimits) -> Self {
        Self { limits, ..self }
    }

    /// The same through a proxy, such as `http://HOST:PORT`. This machine itself is always asked
    /// directly.
    #[must_use]
    pub fn with_proxy(self, proxy: Option<String>) -> Self {
        Self { proxy, ..self }
    }

    /// The same for servers that one of these authorities vouches for, certificates in PEM as in the
    /// file that `SSL_CERT_FILE` names. Without, those that Mozilla trusts are built in.
    #[must_use]
    pub fn with_authorities(self, authorities: Option<Vec<u8>>) -> Self {
        Self { authorities, ..self }
    }

    /// The same as an environment asks for, of which `variable` gives one value: through the proxy
    /// that `https_proxy`, `HTTPS_PROXY`, `all_proxy` or `ALL_PROXY` names, and with the authorities
    /// in the file that `SSL_CERT_FILE` names, else with those of the system. A variable that is
    /// empty counts as not set.
    ///
    /// # Errors
    /// [`PackageError::Io`] if the file that `SSL_CERT_FILE` names cannot be read.
    pub fn with_environment(self, variable: impl Fn(&str) -> Option<OsString>) -> Result<Self> {
        let set = |name: &&str| variable(name).filter(|value| !value.is_empty());
        let proxy = PROXY_VARIABLES.iter().find_map(set);
        let proxy = proxy.map(|proxy| proxy.to_string_lossy().into_owned());
        let authorities = match set(&"SSL_CERT_FILE") {
            Some(path) => {
                Some(fs::read(&path).map_err(|error| PackageError::io("read", &path, error))?)
            }
            None => SYSTEM_AUTHORITIES.iter().find_map(|path| fs::read(path).ok()),
        };
        Ok(self.with_proxy(proxy).with_authorities(authorities))
    }

    /// Fetches an archive that has the digest `sha256`, from the URL or from a lock; if there is
    /// none, one that a trusted key signed (in `URL.minisig`).
    ///
    /// # Errors
    /// [`PackageError::Fetch`], [`PackageError::WrongArchive`] if it has another digest,
    /// [`PackageError::BadSignature`], [`PackageError::Io`].
    pub fn fetch(
        &self,
        url: &str,
        sha256: Option<Digest>,
        keys: &TrustedKeys,
        on_progress: OnProgress<'_>,
    ) -> Result<Download> {
        let fail =
            |problem| PackageError::Fetch { url: url.to_owned(), problem: Box::new(problem) };
        let parsed = Url::parse(url).map_err(|problem| fail(FetchProblem::Url(problem)))?;
        let end = Instant::now() + self.limits.total;
        let (proxy, authorities) = (self.proxy.as_deref(), self.authorities.as_deref());
        let requests = Requests::new(&self.limits, proxy, authorities, end).map_err(fail)?;
        let signature = match sha256 {
            Some(_) => None,
            None => Some(self.signature(&requests, &parsed, keys, fail)?),
        };
        let mut part = Part::open(&self.downloads, url)?;
        requests.download(&parsed, &mut part, on_progress).map_err(|stop| stop.of(fail))?;
        let checked = match (sha256, &signature) {
            (Some(expected), _) => check_digest(&part, url, expected),
            (None, signature) => check_signature(&part, url, signature.as_deref(), keys, fail),
        };
        match checked {
            Ok((sha256, signed_by)) => Ok(Download { part, sha256, signed_by }),
            Err(error) => {
                // It will not become right by going on.
                part.discard();
                Err(error)
            }
        }
    }

    /// The text of the signature, if a trusted key made it.
    fn signature(
        &self,
        requests: &Requests<'_>,
        url: &Url,
        keys: &TrustedKeys,
        fail: impl Fn(FetchProblem) -> PackageError,
    ) -> Result<String> {
        let unproven = |trust| fail(FetchProblem::Unproven { trust });
        let signature = url.of_signature().map_err(|problem| fail(FetchProblem::Url(problem)))?;
        let text = requests.small(&signature, SIGNATURE_BYTES_MAX);
        let text = text.map_err(|stop| stop.of(&fail))?;
        let text = text.ok_or_else(|| unproven(Trust::Unsigned))?;
        if keys.made(&text) { Ok(text) } else { Err(unproven(Trust::UnknownKey)) }
    }
}

type Checked = (Digest, Option<String>);

fn check_digest(part: &Part, url: &str, expected: Digest) -> Result<Checked> {
    let found = part.digest()?;
    if found == expected {
        return Ok((found, None));
    }
    Err(PackageError::WrongArchive { archive: url.to_owned(), expected, found })
}

fn check_signature(
    part: &Part,
    url: &str,
    signature: Option<&str>,
    keys: &TrustedKeys,
    fail: impl Fn(FetchProblem) -> PackageError,
) -> Result<Checked> {
    match keys.check_text(part.path(), url, signature.unwrap_or_default())? {
        Trust::Signed { by, sha256, .. } => Ok((sha256, Some(by))),
        trust => Err(fail(FetchProblem::Unproven { trust })),
    }
}
