//! Fetching over HTTPS, from a server that an authority of the tests vouches for, or that none does.

use std::fs;
use std::io::{BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use insta::assert_snapshot;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use streamlib_package::{Digest, Fetcher, TrustedKeys};

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
