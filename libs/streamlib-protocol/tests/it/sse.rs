//! Event streams: what is written is read back, whatever the pieces and line ends.

use proptest::prelude::*;
use streamlib_protocol::EVENT_BYTES_MAX;
use streamlib_protocol::sse::{KEEP_ALIVE, Message, Reader, StreamError};

fn read(bytes: &[u8], piece: usize) -> Result<Vec<Message>, StreamError> {
    let mut reader = Reader::new();
    let mut messages = Vec::new();
    for piece in bytes.chunks(piece) {
        reader.push(piece, &mut messages)?;
    }
    Ok(messages)
}

fn message(id: Option<u64>, event: &str, data: &str) -> Message {
    Message { id, event: event.to_owned(), data: data.to_owned() }
}

#[track_caller]
fn check(text: &str, expected: &[Message]) {
    for piece in 1..=text.len() {
        assert_eq!(read(text.as_bytes(), piece).unwrap(), expected, "in pieces of {piece}");
    }
}

#[test]
fn an_event_is_written_as_the_standard_says() {
    let written = message(Some(7), "processor_failed", "{\"a\":1}\nsecond").encode();
    assert_eq!(written, "id: 7\nevent: processor_failed\ndata: {\"a\":1}\ndata: second\n\n");
    assert_eq!(message(None, "", "").encode(), "data: \n\n");
}

#[test]
fn every_line_end_and_any_piece_is_read() {
    let expected = [message(Some(1), "a", "x\ny"), message(None, "", "z")];
    check("id: 1\nevent: a\ndata: x\ndata: y\n\ndata:z\n\n", &expected);
    check("id: 1\r\nevent: a\r\ndata: x\r\ndata: y\r\n\r\ndata:z\r\n\r\n", &expected);
    check("id: 1\revent: a\rdata: x\rdata: y\r\rdata:z\r\r", &expected);
    check(
        "\u{feff}id: 1\nevent: a\ndata: x\ndata: y\n\n: a comment\nretry: 5\ndata:z\n\n",
        &expected,
    );
}

#[test]
fn what_is_no_event_is_passed_over() {
    check(KEEP_ALIVE, &[]);
    check("event: a\n\n", &[]);
    check("data: not ended\n", &[]);
    check("data\n\n", &[message(None, "", "")]);
    check("id: seven\ndata: x\n\n", &[message(None, "", "x")]);
}

#[test]
fn a_stream_that_is_too_long_or_no_text_is_refused() {
    let check = |bytes: &[u8], expected: &str| {
        assert_eq!(read(bytes, 4096).unwrap_err().to_string(), expected);
    };
    let long = format!("data: {}", "x".repeat(EVENT_BYTES_MAX));
    check(
        long.as_bytes(),
        "the runtime sent an event of more than 262144 bytes; events are cut off here",
    );
    check(
        "data:\n".repeat(EVENT_BYTES_MAX + 1).as_bytes(),
        "the runtime sent an event of more than 262144 bytes; events are cut off here",
    );
    check(
        b"data: \xff\n",
        "the runtime sent an event that is not UTF-8 text; events are cut off here",
    );
}

/// Line ends in data become `\n`, which is what a reader can give back.
fn messages() -> impl Strategy<Value = Vec<Message>> {
    let one =
        (any::<Option<u64>>(), "[a-z_]{0,12}", "(?s).{0,80}").prop_map(|(id, event, data)| {
            message(id, &event, &data.replace("\r\n", "\n").replace('\r', "\n"))
        });
    proptest::collection::vec(one, 0..6)
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(messages in messages(), piece in 1..50_usize) {
        let text: String = messages.iter().map(Message::encode).collect();
        prop_assert_eq!(read(text.as_bytes(), piece).unwrap(), messages);
    }

    #[test]
    fn any_bytes_are_read_alike_in_any_pieces(bytes: Vec<u8>, piece in 1..50_usize) {
        prop_assert_eq!(read(&bytes, piece), read(&bytes, bytes.len().max(1)));
    }
}
