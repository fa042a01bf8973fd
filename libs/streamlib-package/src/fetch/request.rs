//! Asking a server, and going on when it is cut.

use std::io::{self, Read};
use std::time::Instant;

use streamlib_manifest::format_duration;
use ureq::config::Config;
use ureq::http::{HeaderMap, Request, Response, StatusCode, header};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, Proxy, Timeout};

use super::part::{Mark, Part};
use super::url::Url;
use super::{FetchLimits, FetchProblem};
use crate::digest::BLOCK_BYTES;
use crate::error::PackageError;
use crate::progress::{OnProgress, Progress};

/// Asks servers, until it is too late.
#[derive(Debug)]
pub(super) struct Requests<'a> {
    limits: &'a FetchLimits,
    proxy: Option<Proxy>,
    tls: TlsConfig,
    end: Instant,
}

/// Why a download stops.
pub(super) enum Stop {
    Fetch(FetchProblem),
    Other(PackageError),
}

impl Stop {
    pub(super) fn of(self, fail: impl Fn(FetchProblem) -> PackageError) -> PackageError {
        match self {
            Self::Fetch(problem) => fail(problem),
            Self::Other(error) => error,
        }
    }
}

impl From<FetchProblem> for Stop {
    fn from(problem: FetchProblem) -> Self {
        Self::Fetch(problem)
    }
}

impl From<PackageError> for Stop {
    fn from(error: PackageError) -> Self {
        Self::Other(error)
    }
}

/// How a connection ended that did not bring all.
enum Ended {
    Cut(ureq::Error),
    Stop(Stop),
}

impl<T: Into<Stop>> From<T> for Ended {
    fn from(stop: T) -> Self {
        Self::Stop(stop.into())
    }
}

impl<'a> Requests<'a> {
    pub(super) fn new(
        limits: &'a FetchLimits,
        proxy: Option<&str>,
        authorities: Option<&[u8]>,
        end: Instant,
    ) -> Result<Self, FetchProblem> {
        let roots = match authorities {
            Some(pem) => of_pem(pem).ok_or(FetchProblem::Authorities)?,
            None => RootCerts::WebPki,
        };
        let tls = TlsConfig::builder().root_certs(roots).build();
        let read =
            |proxy: &str| Proxy::new(proxy).map_err(|_| FetchProblem::Proxy(proxy.to_owned()));
        Ok(Self { limits, proxy: proxy.map(read).transpose()?, tls, end })
    }

    /// The text of a small file. `None` if there is none, or it is too large or not text.
    pub(super) fn small(&self, url: &Url, bytes_max: u64) -> Result<Option<String>, Stop> {
        let response = match self.ask(url, &HeaderMap::new()) {
            Ok(response) => response,
            Err(Ended::Stop(Stop::Fetch(FetchProblem::Status { .. }))) => return Ok(None),
            Err(Ended::Stop(stop)) => return Err(stop),
            Err(Ended::Cut(error)) => return Err(self.ended(&error, 0).into()),
        };
        let mut bytes = Vec::new();
        let read = response.into_body().into_reader().take(bytes_max + 1).read_to_end(&mut bytes);
        read.map_err(|error| self.ended(&of_io(error), 0))?;
        let fits = bytes.len() as u64 <= bytes_max;
        Ok(String::from_utf8(bytes).ok().filter(|_| fits))
    }

    /// Completes a part. As long as each connection brings something, it goes on.
    pub(super) fn download(
        &self,
        url: &Url,
        part: &mut Part,
        on_progress: OnProgress<'_>,
    ) -> Result<(), Stop> {
        let mut cuts = 0;
        loop {
            let before = part.bytes();
            match self.go_on(url, part, on_progress) {
                Ok(()) => return Ok(()),
                Err(Ended::Stop(stop)) => return Err(stop),
                Err(Ended::Cut(error)) => {
                    cuts = if part.bytes() > before { 1 } else { cuts + 1 };
                    if is_final(&error) || cuts >= self.limits.cuts {
                        // Without a mark nobody goes on from what came.
                        let kept = part.mark().map_or(0, |_| part.bytes());
                        return Err(self.ended(&error, kept).into());
                    }
                }
            }
        }
    }

    /// Goes on with a part, or begins it anew, over one connection.
    fn go_on(&self, url: &Url, part: &mut Part, on_progress: OnProgress<'_>) -> Result<(), Ended> {
        let mut headers = HeaderMap::new();
        if let Some(mark) = part.mark() {
            let values = [
                (header::RANGE, format!("bytes={}-", part.bytes())),
                (header::IF_RANGE, mark.etag.clone()),
            ];
            for (name, value) in values {
                // A mark from the disk that is no header is as none.
                if let Ok(value) = value.parse() {
                    headers.insert(name, value);
                }
            }
        }
        let response = match self.ask(url, &headers) {
            Ok(response) => response,
            Err(Ended::Stop(Stop::Fetch(FetchProblem::Status { .. }))) if !headers.is_empty() => {
                // What is asked for may no longer be a part of the file: all of it, then.
                part.restart(None)?;
                self.ask(url, &HeaderMap::new())?
            }
            Err(ended) => return Err(ended),
        };
        let total = match range_start(&response) {
            Some((start, total)) if start == part.bytes() && !headers.is_empty() => total,
            Some(_) => return Err(FetchProblem::OtherPart.into()),
            None => {
                part.restart(strong_etag(&response).map(|etag| Mark { url: part_url(url), etag }))?;
                response.body().content_length()
            }
        };
        self.check_size(total.unwrap_or(0))?;
        self.receive(response, part, total, on_progress)
    }

    fn receive(
        &self,
        response: Response<Body>,
        part: &mut Part,
        total: Option<u64>,
        on_progress: OnProgress<'_>,
    ) -> Result<(), Ended> {
        let mut body = response.into_body().into_reader();
        let mut block = vec![0; BLOCK_BYTES];
        loop {
            let count = match body.read(&mut block) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Ended::Cut(of_io(error))),
            };
            self.check_size(part.bytes() + count as u64)?;
            part.write(&block[..count])?;
            on_progress(Progress::Received { bytes: part.bytes(), total });
            if Instant::now() >= self.end {
                return Err(Ended::Cut(ureq::Error::Timeout(Timeout::Global)));
            }
        }
        if total.is_some_and(|total| part.bytes() != total) {
            return Err(Ended::Cut(ureq::Error::Io(io::ErrorKind::UnexpectedEof.into())));
        }
        Ok(())
    }

    fn check_size(&self, bytes: u64) -> Result<(), FetchProblem> {
        let max = self.limits.bytes;
        if bytes > max { Err(FetchProblem::TooLarge { bytes, max }) } else { Ok(()) }
    }

    /// Asks for a file, through redirects.
    fn ask(&self, url: &Url, headers: &HeaderMap) -> Result<Response<Body>, Ended> {
        let mut url = url.clone();
        for _redirect in 0..=self.limits.redirects {
            let request = Request::get(url.uri()).body(());
            let mut request = request.map_err(|error| Ended::Cut(ureq::Error::Http(error)))?;
            *request.headers_mut() = headers.clone();
            let response = self.agent(&url).run(request).map_err(Ended::Cut)?;
            let status = response.status();
            if status.is_success() {
                return Ok(response);
            }
            let location = response.headers().get(header::LOCATION);
            let Some(location) = location.filter(|_| status.is_redirection()) else {
                return Err(FetchProblem::Status { status: words(status) }.into());
            };
            let to = String::from_utf8_lossy(location.as_bytes()).into_owned();
            url = url.join(&to).map_err(|problem| FetchProblem::Redirect { to, problem })?;
        }
        let to = url.uri().to_string();
        Err(FetchProblem::Redirects { max: self.limits.redirects, to }.into())
    }

    fn agent(&self, url: &Url) -> Agent {
        let limits = self.limits;
        let left = self.end.saturating_duration_since(Instant::now());
        Config::builder()
            .proxy(self.proxy.clone().filter(|_| !url.is_here()))
            .tls_config(self.tls.clone())
            .https_only(!url.is_here())
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(concat!("streamlib/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(limits.connect))
            .timeout_per_read(Some(limits.silence))
            .timeout_per_write(Some(limits.silence))
            .timeout_global(Some(left))
            .build()
            .new_agent()
    }

    /// What is said of a connection that ended, when so many bytes are kept.
    fn ended(&self, error: &ureq::Error, kept: u64) -> FetchProblem {
        let how = match error {
            ureq::Error::Timeout(Timeout::Global) => {
                return FetchProblem::TooSlow { after: self.limits.total, kept };
            }
            ureq::Error::Timeout(Timeout::PerRead | Timeout::PerWrite) => {
                format!("nothing came for {}", format_duration(self.limits.silence))
            }
            ureq::Error::Timeout(Timeout::Connect) => {
                format!("no connection within {}", format_duration(self.limits.connect))
            }
            ureq::Error::Io(error) => error.to_string(),
            error => error.to_string(),
        };
        match kept {
            0 => FetchProblem::Unreachable { how },
            _ => FetchProblem::Cut { kept, how },
        }
    }
}

/// The certificates in a text. `None` if there are none, or something in it cannot be read.
fn of_pem(pem: &[u8]) -> Option<RootCerts> {
    let mut certificates = Vec::new();
    for item in parse_pem(pem) {
        if let PemItem::Certificate(certificate) = item.ok()? {
            certificates.push(certificate);
        }
    }
    (!certificates.is_empty()).then(|| RootCerts::new_with_certs(&certificates))
}

/// Whether it makes no sense to try again at once.
fn is_final(error: &ureq::Error) -> bool {
    !matches!(
        error,
        ureq::Error::Io(_) | ureq::Error::Timeout(Timeout::PerRead | Timeout::PerWrite)
    )
}

/// The error that a body's reader wrapped.
fn of_io(error: io::Error) -> ureq::Error {
    match error.downcast::<ureq::Error>() {
        Ok(error) => error,
        Err(error) => ureq::Error::Io(error),
    }
}

fn part_url(url: &Url) -> String {
    url.uri().to_string()
}

/// Where a part of a file begins, and how large the file is (RFC 9110, section 14.4). `None` if it
/// is the whole file.
fn range_start(response: &Response<Body>) -> Option<(u64, Option<u64>)> {
    if response.status() != StatusCode::PARTIAL_CONTENT {
        return None;
    }
    let read = || {
        let range = response.headers().get(header::CONTENT_RANGE)?.to_str().ok()?;
        let (part, total) = range.strip_prefix("bytes ")?.split_once('/')?;
        let start = part.split_once('-')?.0.parse().ok()?;
        Some((start, total.parse().ok()))
    };
    Some(read().unwrap_or((u64::MAX, None)))
}

/// A mark by which equal bytes are known (not one that begins with `W/`).
fn strong_etag(response: &Response<Body>) -> Option<String> {
    let etag = response.headers().get(header::ETAG)?.to_str().ok()?;
    etag.starts_with('"').then(|| etag.to_owned())
}

fn words(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(reason) => format!("{} {reason}", status.as_u16()),
        None => status.as_u16().to_string(),
    }
}
