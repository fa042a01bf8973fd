//! Messages between a runtime and its clients.

use std::fmt::Debug;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use streamlib_protocol::discovery::SocketName;
use streamlib_protocol::parent::ParentMessage;
use streamlib_protocol::{
    DoctorReport, ErrorBody, Event, Info, Inspect, Lagged, ProcessorTypes, Progress, Snapshot,
    StopRequest, TransactionReply, TransactionRequest, sse,
};

/// Reads bytes as every message there is, as a stream of events, and as the name of a socket.
///
/// # Panics
/// What was read is not written so that it is read as the same.
pub fn protocol(bytes: &[u8]) {
    body::<DoctorReport>(bytes);
    body::<ErrorBody>(bytes);
    body::<Event>(bytes);
    body::<Info>(bytes);
    body::<Inspect>(bytes);
    body::<Lagged>(bytes);
    body::<ParentMessage>(bytes);
    body::<ProcessorTypes>(bytes);
    body::<Progress>(bytes);
    body::<Snapshot>(bytes);
    body::<StopRequest>(bytes);
    body::<TransactionReply>(bytes);
    body::<TransactionRequest>(bytes);
    stream(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        if let Ok(message) = ParentMessage::from_line(text) {
            assert!(message.to_line().is_ok_and(|line| line.ends_with('\n')));
        }
        if let Some(name) = SocketName::of_path(Path::new(text)) {
            assert_eq!(SocketName::of_path(Path::new(&name.to_string())), Some(name));
        }
    }
}

fn body<T: Serialize + DeserializeOwned + Debug>(bytes: &[u8]) {
    let Ok(read) = serde_json::from_slice::<T>(bytes) else { return };
    let written = serde_json::to_value(&read);
    let Ok(written) = written else { return assert!(written.is_ok(), "{read:?}: {written:?}") };
    let again = serde_json::from_value::<T>(written.clone()).map(serde_json::to_value);
    assert!(matches!(&again, Ok(Ok(again)) if *again == written), "{written} became {again:?}");
}

/// The same events come whether the stream comes at once or in pieces.
fn stream(bytes: &[u8]) {
    let mut whole = Vec::new();
    let read_whole = sse::Reader::new().push(bytes, &mut whole).is_ok();
    let (mut pieces, mut reader) = (Vec::new(), sse::Reader::new());
    let read_pieces = bytes.chunks(3).all(|piece| reader.push(piece, &mut pieces).is_ok());
    assert_eq!((read_whole, &whole), (read_pieces, &pieces));
}
