//! Fetching over HTTPS, from a server that an authority of the tests vouches for, or that none does.

use std::ffi::OsString;
use std::fs;
use std::io::{BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use insta::assert_snapshot;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use streamlib_package::{Digest, Fetcher, PackageError, TrustedKeys};

use crate::support::Place;

const AUTHORITY: &[u8] = include_bytes!("certificates/authority.pem");
const SERVER: &[u8] = include_bytes!("certificates/server.pem");
const KEY: &[u8] = include_bytes!("certificates/server.key");

/// The port of a server that answers with `content`.
fn serve() -> u16 {
    let certificate = CertificateDer::from_pem_slice(SERVER).unwrap();
    let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
    let config = ServerConfig::builder().with_no_client_auth();
    let config = Arc::new(config.with_single_cert(vec![certificate], key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // It ends with the process: nothing waits for it.
    thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = BufReader::new(StreamOwned::new(connection, stream.unwrap()));
            // A client that does not trust the server goes before it asks.
            let mut asked = [0; 4];
            if stream.read_exact(&mut asked).is_ok() && asked == *b"GET " {
                let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\ncontent";
                stream.get_mut().write_all(answer).unwrap();
                // Until the client goes.
                let _rest = stream.read_to_end(&mut Vec::new());
            }
        }
    });
    port
}

/// What comes from `host`, or why nothing does.
fn fetch(host: &str, authorities: Option<&[u8]>) -> String {
    let (place, port) = (Place::new(), serve());
    let fetcher = Fetcher::of(&place.home).with_authorities(authorities.map(<[u8]>::to_vec));
    let (sha256, keys) = (Some(Digest::of(b"content")), TrustedKeys::default());
    match fetcher.fetch(&format!("https://{host}:{port}/x"), sha256, &keys, &mut |_| {}) {
        Ok(download) => fs::read_to_string(download.file()).unwrap(),
        Err(error) => error.to_string().replace(&port.to_string(), "PORT"),
    }
}

#[test]
fn a_server_has_to_be_vouched_for_by_its_name() {
    assert_eq!(fetch("localhost", Some(AUTHORITY)), "content");
    assert_snapshot!(fetch("localhost", None), @"`https://localhost:PORT/x` cannot be fetched: the server cannot be reached: invalid peer certificate: UnknownIssuer");
    let other_name = fetch("127.0.0.1", Some(AUTHORITY));
    assert!(other_name.contains("certificate not valid for name \"127.0.0.1\""), "{other_name}");
    assert_snapshot!(fetch("localhost", Some(b"no certificate")), @"`https://localhost:PORT/x` cannot be fetched: the file of trusted authorities has no certificates in PEM; is SSL_CERT_FILE right?");
}

#[test]
fn the_environment_says_who_is_trusted_and_which_way_to_go() {
    let (place, port) = (Place::new(), serve());
    let authority =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/certificates/authority.pem");
    let fetch = |variables: &[(&str, &str)]| {
        let variable = |name: &str| {
            let found = variables.iter().find(|(one, _)| *one == name);
            found.map(|(_, value)| OsString::from(value))
        };
        let fetcher = Fetcher::of(&place.home).with_environment(variable)?;
        let (sha256, keys) = (Some(Digest::of(b"content")), TrustedKeys::default());
        let url = format!("https://localhost:{port}/x");
        fetcher.fetch(&url, sha256, &keys, &mut |_| {}).map(drop)
    };
    let say = |result: Result<(), PackageError>| {
        result.unwrap_err().to_string().replace(&port.to_string(), "PORT")
    };
    let trusted = [("SSL_CERT_FILE", authority.to_str().unwrap()), ("https_proxy", "")];
    fetch(&trusted).unwrap();
    // This machine itself is asked directly, whatever the proxy.
    fetch(&[&trusted[..1], &[("ALL_PROXY", "http://127.0.0.1:1")]].concat()).unwrap();
    assert_snapshot!(say(fetch(&[("HTTPS_PROXY", "gopher://x y")])), @"`https://localhost:PORT/x` cannot be fetched: the proxy is `gopher://x y`, which is not a URL such as `http://HOST:PORT`");
    assert_snapshot!(say(fetch(&[("SSL_CERT_FILE", "/no/such/file")])), @"cannot read `/no/such/file`: No such file or directory (os error 2)");
    // The system does not know the authority of the tests, and neither do those that are built in.
    assert_snapshot!(say(fetch(&[])), @"`https://localhost:PORT/x` cannot be fetched: the server cannot be reached: invalid peer certificate: UnknownIssuer");
}
