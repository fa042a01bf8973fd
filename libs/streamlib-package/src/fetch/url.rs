//! Where a request goes: which schemes are allowed, where a redirect leads.

use std::net::Ipv4Addr;

use ureq::http::Uri;

/// Longest URL, in bytes.
const URL_BYTES_MAX: usize = 2048;

/// A URL that may be asked: `https`, or `http` to this machine itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Url {
    uri: Uri,
}

/// What is wrong with a URL. It reads on from "the URL".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlProblem {
    /// It is not a URL.
    #[error("is not `https://HOST/PATH`")]
    Malformed,
    /// It has a scheme that is not safe.
    #[error("is not `https`; `http` is only for this machine itself")]
    Scheme,
    /// It has a user in it, who would be shown in lists and locks.
    #[error("has a user in it, who would be written into lists and locks")]
    User,
}

impl Url {
    pub(super) fn parse(text: &str) -> Result<Self, UrlProblem> {
        if text.len() > URL_BYTES_MAX || text.contains('#') {
            return Err(UrlProblem::Malformed);
        }
        let uri: Uri = text.parse().map_err(|_| UrlProblem::Malformed)?;
        let authority = uri.authority().ok_or(UrlProblem::Malformed)?;
        if authority.as_str().contains('@') {
            return Err(UrlProblem::User);
        }
        let is_named = !authority.host().is_empty();
        let url = Self { uri };
        match url.uri.scheme_str() {
            Some("https") if is_named => Ok(url),
            Some("http") if url.is_here() => Ok(url),
            Some(_) => Err(UrlProblem::Scheme),
            None => Err(UrlProblem::Malformed),
        }
    }

    /// Whether it is on this machine itself.
    pub(super) fn is_here(&self) -> bool {
        let host = self.uri.host().unwrap_or_default();
        host == "localhost"
            || host.parse().is_ok_and(|address: Ipv4Addr| address.is_loopback())
            || host == "[::1]"
    }

    pub(super) fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Where a `Location` leads from here (RFC 3986, section 5.2, but for the removal of dots in
    /// paths, which servers do). From `https` nothing leads to `http`.
    pub(super) fn join(&self, location: &str) -> Result<Self, UrlProblem> {
        let location = location.split('#').next().unwrap_or_default();
        let scheme = self.uri.scheme_str().unwrap_or_default();
        let authority = self.uri.authority().map(|one| one.as_str()).unwrap_or_default();
        let path = self.uri.path();
        let has_scheme = location.split(['/', '?']).next().is_some_and(|start| start.contains(':'));
        let joined = match location {
            _ if has_scheme => location.to_owned(),
            _ if location.starts_with("//") => format!("{scheme}:{location}"),
            _ if location.starts_with('/') => format!("{scheme}://{authority}{location}"),
            _ if location.starts_with('?') => format!("{scheme}://{authority}{path}{location}"),
            _ => {
                let folder = path.rfind('/').map_or("/", |at| &path[..=at]);
                format!("{scheme}://{authority}{folder}{location}")
            }
        };
        let url = Self::parse(&joined)?;
        let falls = scheme == "https" && url.uri.scheme_str() != Some("https");
        if falls { Err(UrlProblem::Scheme) } else { Ok(url) }
    }

    /// Where the signature of the file is.
    pub(super) fn of_signature(&self) -> Result<Self, UrlProblem> {
        let text = self.uri.to_string();
        Self::parse(&match text.split_once('?') {
            Some((file, query)) => format!("{file}.minisig?{query}"),
            None => format!("{text}.minisig"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<(), UrlProblem>) {
        assert_eq!(Url::parse(text).map(drop), expected, "{text}");
    }

    #[test]
    fn only_safe_schemes_are_asked() {
        check("https://example.com/a.slpkg?b=c", Ok(()));
        for here in ["http://127.0.0.1:80/a", "http://localhost/a", "http://[::1]:8080/a"] {
            check(here, Ok(()));
        }
        for there in ["http://example.com/a", "http://127.0.0.1.example.com/a", "ftp://h/a"] {
            check(there, Err(UrlProblem::Scheme));
        }
        check("file:///etc/passwd", Err(UrlProblem::Malformed));
        check("https://ada:secret@example.com/a", Err(UrlProblem::User));
        for none in ["", "a.slpkg", "https://", "https://h/a b", "https://h/#a", "https://h/é\n"] {
            check(none, Err(UrlProblem::Malformed));
        }
        check(&format!("https://h/{}", "x".repeat(URL_BYTES_MAX)), Err(UrlProblem::Malformed));
    }

    #[track_caller]
    fn check_join(from: &str, location: &str, expected: Result<&str, UrlProblem>) {
        let joined = Url::parse(from).unwrap().join(location).map(|url| url.uri.to_string());
        assert_eq!(joined, expected.map(str::to_owned), "{from} {location}");
    }

    #[test]
    fn a_redirect_leads_from_where_one_is() {
        let from = "https://example.com/a/b.slpkg?x=1";
        check_join(from, "https://other.org/c", Ok("https://other.org/c"));
        check_join(from, "//other.org/c", Ok("https://other.org/c"));
        check_join(from, "/c?d=e", Ok("https://example.com/c?d=e"));
        check_join(from, "c:d", Err(UrlProblem::Malformed));
        check_join(from, "c/d:e#f", Ok("https://example.com/a/c/d:e"));
        check_join(from, "?y=2", Ok("https://example.com/a/b.slpkg?y=2"));
        check_join(from, "http://example.com/c", Err(UrlProblem::Scheme));
        check_join(from, "http://127.0.0.1/c", Err(UrlProblem::Scheme));
        check_join(from, "file:///etc/passwd", Err(UrlProblem::Malformed));
        check_join("http://127.0.0.1/", "https://other.org/", Ok("https://other.org/"));
        check_join("http://127.0.0.1/", "http://other.org/", Err(UrlProblem::Scheme));
    }

    #[test]
    fn a_signature_lies_beside_its_file() {
        let signature =
            |url: &str| Url::parse(url).unwrap().of_signature().unwrap().uri.to_string();
        assert_eq!(signature("https://h/a.slpkg"), "https://h/a.slpkg.minisig");
        assert_eq!(signature("https://h/a.slpkg?t=1"), "https://h/a.slpkg.minisig?t=1");
    }
}
