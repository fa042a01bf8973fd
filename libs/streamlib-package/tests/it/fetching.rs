//! Fetching from a server that is slow, cut, wrong or hostile.

use std::fs;
use std::sync::LazyLock;
use std::time::Duration;

use insta::assert_snapshot;
use streamlib_package::{
    Digest, Download, FetchLimits, Fetcher, PackageError, Progress, TrustedKeys,
};

use crate::server::{Asked, Send, Server, answer, whole};
use crate::support::{Place, tree};

/// Not an archive: what is fetched is not opened here.
fn content() -> Vec<u8> {
    static CONTENT: LazyLock<Vec<u8>> =
        LazyLock::new(|| (0..300_000_u32).flat_map(u32::to_le_bytes).collect());
    CONTENT.clone()
}

fn limits() -> FetchLimits {
    FetchLimits { total: Duration::from_secs(120), ..FetchLimits::default() }
}

fn fetch(place: &Place, server: &Server, limits: FetchLimits) -> Result<Download, PackageError> {
    let sha256 = Some(Digest::of(&content()));
    let fetcher = Fetcher::of(&place.home).with_limits(limits);
    fetcher.fetch(&server.url("/a/gray.slpkg"), sha256, &TrustedKeys::default(), &mut |_| {})
}

/// What is left in the folder for downloads.
fn left(place: &Place) -> usize {
    tree(&place.home.downloads()).len()
}

/// The content is fetched whole; the requests there were.
#[track_caller]
fn check(answers: impl Fn(usize, &Asked) -> Vec<Send> + std::marker::Send + 'static) -> Vec<Asked> {
    let (place, server) = (Place::new(), Server::start(answers));
    let download = fetch(&place, &server, limits()).unwrap();
    assert_eq!(fs::read(download.file()).unwrap(), content());
    assert_eq!(download.sha256(), Digest::of(&content()));
    drop(download);
    assert_eq!(left(&place), 0);
    server.asked()
}

/// It cannot be fetched; what is said, with the server's address taken out.
#[track_caller]
fn refused(
    limits: FetchLimits,
    answers: impl Fn(usize, &Asked) -> Vec<Send> + std::marker::Send + 'static,
) -> String {
    let (place, server) = (Place::new(), Server::start(answers));
    let error = fetch(&place, &server, limits).unwrap_err();
    error.to_string().replace(&server.url(""), "SERVER")
}

const ETAG: &str = "ETag: \"one\"\r\n";

/// The first bytes of the content, with the length of all of it.
fn begin(headers: &str, bytes: usize) -> Vec<Send> {
    let content = content();
    let length = format!("Content-Length: {}\r\n{headers}", content.len());
    answer("200 OK", &length, &content[..bytes])
}

/// What is asked for in `Range`, cut after so many bytes.
fn go_on(asked: &Asked, bytes: usize) -> Vec<Send> {
    let content = content();
    let range = asked.header("range").strip_prefix("bytes=").unwrap();
    let start: usize = range.strip_suffix('-').unwrap().parse().unwrap();
    let (length, last, all) = (content.len() - start, content.len() - 1, content.len());
    let headers =
        format!("{ETAG}Content-Length: {length}\r\nContent-Range: bytes {start}-{last}/{all}\r\n");
    answer("206 Partial Content", &headers, &content[start..all.min(start.saturating_add(bytes))])
}

#[test]
fn a_file_is_fetched_with_progress() {
    let (place, server) = (Place::new(), Server::start(|_, _| whole(&content())));
    let mut seen = Vec::new();
    let mut on_progress = |progress: Progress<'_>| {
        let Progress::Received { bytes, total } = progress else { panic!("{progress:?}") };
        seen.push((bytes, total));
    };
    let sha256 = Some(Digest::of(&content()));
    let keys = TrustedKeys::default();
    let fetcher = Fetcher::of(&place.home);
    let download = fetcher.fetch(&server.url("/x"), sha256, &keys, &mut on_progress).unwrap();
    assert_eq!(fs::read(download.file()).unwrap(), content());
    assert_eq!(download.signed_by(), None);
    let all = content().len() as u64;
    assert_eq!(seen.last(), Some(&(all, Some(all))));
    assert!(seen.is_sorted() && seen.len() > 2);
    let asked = server.asked();
    assert_eq!((asked.len(), asked[0].path.as_str(), asked[0].header("range")), (1, "/x", ""));
    assert!(asked[0].header("user-agent").starts_with("streamlib/"));
}

#[test]
fn a_download_that_is_cut_goes_on() {
    let asked = check(|number, asked| match number {
        0 => begin(ETAG, 500_000),
        1 => go_on(asked, 100_000),
        _ => go_on(asked, usize::MAX),
    });
    let ranges: Vec<&str> = asked.iter().map(|one| one.header("range")).collect();
    assert_eq!(ranges, ["", "bytes=500000-", "bytes=600000-"]);
    assert_eq!(asked[1].header("if-range"), "\"one\"");
}

#[test]
fn what_cannot_go_on_begins_anew() {
    // No mark, or one that does not say that the bytes are equal.
    for mark in ["", "ETag: W/\"one\"\r\n"] {
        let asked = check(move |number, _| match number {
            0 => begin(mark, 500_000),
            _ => whole(&content()),
        });
        assert_eq!((asked.len(), asked[1].header("range")), (2, ""));
    }
    // The file is another one by now.
    let asked = check(|number, _| match number {
        0 => begin("ETag: \"zero\"\r\n", 500_000),
        _ => begin(ETAG, content().len()),
    });
    assert_eq!(asked[1].header("if-range"), "\"zero\"");
    // The file is shorter by now, and the server says so.
    let asked = check(|number, _| match number {
        0 => begin("ETag: \"zero\"\r\n", 500_000),
        1 => answer("416 Range Not Satisfiable", "", b""),
        _ => whole(&content()),
    });
    assert_eq!((asked.len(), asked[2].header("range")), (3, ""));
}

#[test]
fn another_process_goes_on_where_one_was_stopped() {
    let place = Place::new();
    let server = Server::start(|number, asked| match number {
        0 => begin(ETAG, 500_000),
        _ => go_on(asked, usize::MAX),
    });
    let stopped = fetch(&place, &server, FetchLimits { cuts: 1, ..limits() }).unwrap_err();
    let stopped = stopped.to_string().replace(&server.url(""), "SERVER");
    assert_snapshot!(stopped, @"`SERVER/a/gray.slpkg` cannot be fetched: the connection was cut (Peer disconnected); 500000 bytes are kept, and the same command goes on from there");
    assert_eq!(left(&place), 2);
    let download = fetch(&place, &server, limits()).unwrap();
    assert_eq!(fs::read(download.file()).unwrap(), content());
    assert_eq!(server.asked()[1].header("range"), "bytes=500000-");
}

#[test]
fn two_downloads_of_one_file_do_not_meet() {
    let (place, server) = (Place::new(), Server::start(|_, _| whole(&content())));
    let one = fetch(&place, &server, limits()).unwrap();
    let other = fetch(&place, &server, limits()).unwrap();
    assert_ne!(one.file(), other.file());
    drop(one);
    assert_eq!(fs::read(other.file()).unwrap(), content());
}

#[test]
fn downloads_that_were_given_up_are_pruned_and_others_are_not() {
    let place = Place::new();
    let server = Server::start(|number, _| match number {
        0 => begin(ETAG, 500_000),
        _ => whole(&content()),
    });
    drop(fetch(&place, &server, FetchLimits { cuts: 1, ..limits() }).unwrap_err());
    let other = Server::start(|_, _| whole(&content()));
    let held = fetch(&place, &other, limits()).unwrap();
    let prune = |dry_run| {
        let what = streamlib_package::Prune { unused_since: None, dry_run };
        place.cache.prune(&what).unwrap().download_bytes
    };
    assert_eq!((prune(true), prune(false), prune(false)), (500_000, 500_000, 0));
    assert_eq!(fs::read(held.file()).unwrap(), content());
}

#[test]
fn connections_that_bring_nothing_are_given_up() {
    assert_snapshot!(refused(limits(), |_, _| Vec::new()), @"`SERVER/a/gray.slpkg` cannot be fetched: the server cannot be reached: Peer disconnected");
    let silence = FetchLimits { silence: Duration::from_secs(1), cuts: 1, ..limits() };
    let answers = |_: usize, _: &Asked| [begin(ETAG, 10), vec![Send::Silence]].concat();
    assert_snapshot!(refused(silence, answers), @"`SERVER/a/gray.slpkg` cannot be fetched: the connection was cut (nothing came for 1s); 10 bytes are kept, and the same command goes on from there");
    let total = FetchLimits { total: Duration::from_secs(1), ..limits() };
    let trickle = |_: usize, _: &Asked| [begin("", 0), vec![Send::Trickle]].concat();
    assert_snapshot!(refused(total.clone(), trickle), @"`SERVER/a/gray.slpkg` cannot be fetched: it was not complete after 1s; try again later");
    let with_mark = |_: usize, _: &Asked| [begin(ETAG, 0), vec![Send::Trickle]].concat();
    let kept = refused(total, with_mark);
    let (start, end) = kept.split_once("1s; ").unwrap();
    assert_eq!(start, "`SERVER/a/gray.slpkg` cannot be fetched: it was not complete after ");
    assert!(end.ends_with(" bytes are kept, and the same command goes on from there"), "{end}");
}

#[test]
fn what_is_not_what_it_has_to_be_is_not_kept() {
    let place = Place::new();
    let server = Server::start(|_, _| whole(b"other"));
    let error = fetch(&place, &server, limits()).unwrap_err().to_string();
    assert_snapshot!(error.replace(&server.url(""), "SERVER"), @"`SERVER/a/gray.slpkg` is not what it has to be: its SHA-256 is d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa, and 552a438886f75fd5e70ff6ad0671698758af0a126388ab130f4eb85c0cf6c725 was expected; do not use it, and ask who publishes it");
    assert_eq!(left(&place), 0);
    // Cut short by a length that is too small.
    let short = refused(limits(), |_, _| answer("200 OK", "Content-Length: 5\r\n", &content()));
    assert!(short.contains("is not what it has to be"), "{short}");
}

#[test]
fn what_is_too_large_is_not_fetched() {
    let small = FetchLimits { bytes: 1000, ..limits() };
    assert_snapshot!(refused(small.clone(), |_, _| whole(&content())), @"`SERVER/a/gray.slpkg` cannot be fetched: it has 1200000 bytes or more, and at most 1000 are allowed");
    let endless = refused(small, |_, _| {
        [answer("200 OK", "Transfer-Encoding: chunked\r\n", b""), vec![Send::Endless]].concat()
    });
    assert!(endless.ends_with("bytes or more, and at most 1000 are allowed"), "{endless}");
}

fn redirect(to: &str) -> Vec<Send> {
    answer("302 Found", &format!("Location: {to}\r\nContent-Length: 0\r\n"), b"")
}

#[test]
fn redirects_are_followed_but_not_for_ever_and_not_anywhere() {
    let asked = check(|_, asked| match asked.path.as_str() {
        "/a/gray.slpkg" => redirect("../b?c=d"),
        "/a/../b?c=d" => redirect("/e"),
        _ => whole(&content()),
    });
    assert_eq!(asked.last().unwrap().path, "/e");
    assert_snapshot!(refused(limits(), |_, _| redirect("/again")), @"`SERVER/a/gray.slpkg` cannot be fetched: it redirects more than 5 times, last to `SERVER/again`; ask who runs the server");
    assert_snapshot!(refused(limits(), |_, _| redirect("http://example.com/x")), @"`SERVER/a/gray.slpkg` cannot be fetched: it redirects to `http://example.com/x`, which is not `https`; `http` is only for this machine itself");
    assert_snapshot!(refused(limits(), |_, _| redirect("file:///etc/passwd")), @"`SERVER/a/gray.slpkg` cannot be fetched: it redirects to `file:///etc/passwd`, which is not `https://HOST/PATH`");
    assert_snapshot!(refused(limits(), |_, _| redirect("https://ada:pw@example.com/x")), @"`SERVER/a/gray.slpkg` cannot be fetched: it redirects to `https://ada:pw@example.com/x`, which has a user in it, who would be written into lists and locks");
    assert_snapshot!(refused(limits(), |_, _| answer("302 Found", "", b"")), @"`SERVER/a/gray.slpkg` cannot be fetched: the server says 302 Found; is the URL right?");
}

#[test]
fn what_the_server_refuses_is_said() {
    assert_snapshot!(refused(limits(), |_, _| answer("404 Not Found", "", b"no")), @"`SERVER/a/gray.slpkg` cannot be fetched: the server says 404 Not Found; is the URL right?");
    assert_snapshot!(refused(limits(), |_, _| answer("599 Whatever", "", b"no")), @"`SERVER/a/gray.slpkg` cannot be fetched: the server says 599; is the URL right?");
    let noise = refused(limits(), |_, _| vec![Send::Bytes(b"SSH-2.0-OpenSSH\r\n\r\n".to_vec())]);
    assert!(noise.contains("the server cannot be reached"), "{noise}");
    let parts = refused(limits(), |number, _| match number {
        0 => begin(ETAG, 500_000),
        _ => answer("206 Partial Content", "Content-Range: bytes 7-8/9\r\n", b"xx"),
    });
    assert_snapshot!(parts, @"`SERVER/a/gray.slpkg` cannot be fetched: the server sent another part of it than was asked for; ask who runs the server");
}

#[test]
fn urls_that_are_not_asked() {
    let place = Place::new();
    let fetch = |url: &str, proxy: Option<&str>| {
        let fetcher = Fetcher::of(&place.home).with_proxy(proxy.map(str::to_owned));
        let sha256 = Some(Digest::of(b""));
        let fetched = fetcher.fetch(url, sha256, &TrustedKeys::default(), &mut |_| {});
        fetched.unwrap_err().to_string()
    };
    assert_snapshot!(fetch("http://example.com/x.slpkg", None), @"`http://example.com/x.slpkg` cannot be fetched: it is not `https`; `http` is only for this machine itself");
    assert_snapshot!(fetch("https://ada:pw@example.com/x.slpkg", None), @"`https://ada:pw@example.com/x.slpkg` cannot be fetched: it has a user in it, who would be written into lists and locks");
    assert_snapshot!(fetch("x.slpkg", None), @"`x.slpkg` cannot be fetched: it is not `https://HOST/PATH`");
    assert_snapshot!(fetch("https://example.com/x.slpkg", Some("gopher://x y")), @"`https://example.com/x.slpkg` cannot be fetched: the proxy is `gopher://x y`, which is not a URL such as `http://HOST:PORT`");
    assert_snapshot!(fetch("http://127.0.0.1:1/x.slpkg", None), @"`http://127.0.0.1:1/x.slpkg` cannot be fetched: the server cannot be reached: Connection refused (os error 111)");
}
