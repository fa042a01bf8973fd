//! A server on this machine that answers as badly as it is told.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

/// A request, as far as the tests look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) path: String,
    headers: Vec<(String, String)>,
}

impl Asked {
    /// The value of a header; empty if there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(one, _)| one.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }

    fn read(stream: &mut TcpStream) -> Option<Self> {
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            if stream.read(&mut byte).ok()? == 0 {
                return None;
            }
            bytes.push(byte[0]);
        }
        let text = String::from_utf8(bytes).ok()?;
        let mut lines = text.lines();
        let path = lines.next()?.split(' ').nth(1)?.to_owned();
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Some(Self { path, headers })
    }
}

/// What is sent, before the connection is closed.
#[derive(Debug, Clone)]
pub(crate) enum Send {
    Bytes(Vec<u8>),
    /// Nothing any more, until the client goes.
    Silence,
    /// A byte now and then, until the client goes.
    Trickle,
    /// Chunks, until the client goes.
    Endless,
}

/// A server that is told for each request what to send.
pub(crate) struct Server {
    address: String,
    asked: Receiver<Asked>,
}

impl Server {
    /// Answers each request by `answer`, which is given the number of the request, from 0.
    pub(crate) fn start(
        answer: impl Fn(usize, &Asked) -> Vec<Send> + std::marker::Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (sender, asked) = channel();
        // It ends with the process: nothing waits for it.
        thread::spawn(move || serve(&listener, &sender, answer));
        Self { address, asked }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// The requests so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.try_iter().collect()
    }
}

fn serve(
    listener: &TcpListener,
    sender: &Sender<Asked>,
    answer: impl Fn(usize, &Asked) -> Vec<Send>,
) {
    let mut number = 0;
    for stream in listener.incoming() {
        let mut stream = stream.unwrap();
        let Some(asked) = Asked::read(&mut stream) else { continue };
        let sends = answer(number, &asked);
        number += 1;
        if sender.send(asked).is_err() {
            return;
        }
        for send in sends {
            // The client may have gone, which is what some tests are about.
            let _sent = send_one(&mut stream, &send);
        }
    }
}

fn send_one(stream: &mut TcpStream, send: &Send) -> std::io::Result<()> {
    match send {
        Send::Bytes(bytes) => stream.write_all(bytes),
        Send::Silence => stream.read(&mut [0]).map(drop),
        Send::Trickle => {
            stream.set_read_timeout(Some(Duration::from_millis(5)))?;
            // Either the client goes, or it has waited long enough for the next byte.
            while stream.read(&mut [0]).is_err() {
                stream.write_all(b"x")?;
            }
            Ok(())
        }
        Send::Endless => loop {
            stream.write_all(b"1000\r\n")?;
            stream.write_all(&[b'x'; 0x1000])?;
            stream.write_all(b"\r\n")?;
        },
    }
}

/// An answer with headers, each followed by a line break, and a part of its content.
pub(crate) fn answer(status: &str, headers: &str, content: &[u8]) -> Vec<Send> {
    let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\n{headers}\r\n");
    vec![Send::Bytes([head.as_bytes(), content].concat())]
}

/// All of a file, with its length.
pub(crate) fn whole(content: &[u8]) -> Vec<Send> {
    answer("200 OK", &format!("Content-Length: {}\r\n", content.len()), content)
}
