//! What every error says.

use std::io;

use streamlib_ipc::IpcError;

#[test]
fn every_error_says_what_where_and_what_to_do() {
    let check = |error: IpcError, expected: &str| assert_eq!(error.to_string(), expected);
    let port = || "camera.video".to_owned();
    check(
        IpcError::System {
            what: "lock",
            place: "/dev/shm/x".to_owned(),
            source: io::Error::from(io::ErrorKind::PermissionDenied),
        },
        "the system could not lock /dev/shm/x: permission denied",
    );
    check(
        IpcError::NotPrivate { path: "/dev/shm/x".to_owned() },
        "/dev/shm/x cannot be used for shared memory: it must be a folder that belongs to this \
         user alone; remove it and start again",
    );
    check(
        IpcError::SecondCopy { other: "/lib/iceoryx2.so".to_owned() },
        "a second copy of iceoryx2 is in this process: /lib/iceoryx2.so; two copies destroy each \
         other's state, so load only one of them, or run this part in a process of its own",
    );
    check(
        IpcError::Name { what: "port", name: "../x".to_owned() },
        "\"../x\" cannot name a port: use 1 to 120 of the characters a-z, A-Z, 0-9, '.', '_' and \
         '-', and begin with a letter or a digit",
    );
    check(
        IpcError::RuntimeExists { name: "a".to_owned() },
        "a runtime named a runs already; give this one another name",
    );
    check(
        IpcError::NoRuntime { name: "a".to_owned() },
        "no runtime named a runs here; start it before its children join it",
    );
    check(
        IpcError::Plan { port: port(), what: "it has 0 seats".to_owned() },
        "the plan of port camera.video cannot be kept: it has 0 seats",
    );
    check(
        IpcError::NoPort { port: port(), generation: 2 },
        "there is no port camera.video of generation 2; its runtime must create it first",
    );
    check(
        IpcError::Page { place: "port camera.video".to_owned(), what: "it is too short" },
        "the shared page of port camera.video cannot be read: it is too short; all programs must \
         be of one version",
    );
    check(
        IpcError::HasWriter { port: port() },
        "port camera.video has a writer already; only one process sends at a port",
    );
    check(
        IpcError::Transport { what: "read at", place: port(), reason: "Odd".to_owned() },
        "the shared-memory transport could not read at camera.video: Odd",
    );
}

#[test]
fn every_limit_says_what_it_is_and_how_to_get_more() {
    let check = |error: IpcError, expected: &str| assert_eq!(error.to_string(), expected);
    let port = || "camera.video".to_owned();
    check(
        IpcError::SeatTaken { port: port(), seat: 1 },
        "seat 1 of port camera.video is taken; give this consumer a seat of its own",
    );
    check(
        IpcError::Seat { port: port(), seat: 1, what: "it is no spare seat".to_owned() },
        "seat 1 of port camera.video does not fit this consumer: it is no spare seat; open the port \
         again under a new generation whose plan has a seat for it",
    );
    check(
        IpcError::NoMemory { port: port(), bytes: 7 },
        "port camera.video needs 7 bytes of shared memory, and there is not as much; make \
         /dev/shm larger, or lower the depths or the number of frames that are held",
    );
    check(
        IpcError::TooLarge { port: port(), bytes: 7, slot: 6 },
        "a frame of 7 bytes does not fit the slots of port camera.video, which have 6; open the \
         port again under a new generation with larger ones",
    );
    check(
        IpcError::NoSlot { port: port(), slots: 6 },
        "port camera.video has no free slot: 6 are held by its consumers and by loans",
    );
    check(
        IpcError::HoldsTooMany { port: port(), seat: 1, held: 3 },
        "the consumer on seat 1 of port camera.video holds 3 frames, as many as it declared; let \
         go of one before reading the next, or declare that it holds more",
    );
    check(
        IpcError::Revoked { port: port(), seat: 1 },
        "seat 1 of port camera.video was taken away from this reader; open it again",
    );
    check(
        IpcError::EventTooLarge { bytes: 9, most: 8 },
        "an event of 9 bytes is larger than the 8 that the event service carries",
    );
    check(
        IpcError::Topic { what: "filter", topic: "a..b".to_owned() },
        "\"a..b\" is no filter of events: a topic has parts that are not empty, of at most 255 bytes \
         together; a filter is the first of them with dots in between, `*` for any one part",
    );
    check(
        IpcError::TooManyReaders { most: 8 },
        "all 8 places for readers of a runtime's events are taken; end one of them first",
    );
}
