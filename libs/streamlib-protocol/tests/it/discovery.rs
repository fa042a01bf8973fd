//! Names of sockets and the choice of the run folder.

use std::ffi::OsStr;
use std::path::Path;

use streamlib_protocol::discovery::{SocketName, run_folder};

#[track_caller]
fn check_folder(variables: [Option<&str>; 3], expected: Option<&str>) {
    let [streamlib, xdg, home] = variables.map(|value| value.map(OsStr::new));
    assert_eq!(run_folder(streamlib, xdg, home).as_deref(), expected.map(Path::new));
}

#[test]
fn the_run_folder_is_in_the_first_place_that_is_set() {
    check_folder([Some("/s"), Some("/x"), Some("/h")], Some("/s/run"));
    check_folder([None, Some("/x"), Some("/h")], Some("/x/streamlib"));
    check_folder([None, None, Some("/h")], Some("/h/.streamlib/run"));
    check_folder([None, None, None], None);
}

#[test]
fn a_variable_that_is_empty_or_relative_is_not_set() {
    check_folder([Some(""), Some("relative"), Some("/h")], Some("/h/.streamlib/run"));
    check_folder([Some(""), Some(""), Some("")], None);
}

#[track_caller]
fn check_name(text: &str, expected: Option<(&str, u32)>) {
    let read = text.parse::<SocketName>();
    assert_eq!(read.as_ref().ok().map(|name| (name.graph.as_str(), name.pid)), expected, "{text}");
    if let Ok(name) = read {
        assert_eq!(name.to_string(), text);
    }
}

#[test]
fn socket_names_are_read_as_they_are_written() {
    check_name("side-by-side-4711.sock", Some(("side-by-side", 4711)));
    check_name("a.b-1.sock", Some(("a.b", 1)));
    for bad in ["a-1", "a-.sock", "-1.sock", "a-0.sock", "a-01.sock", "a-+1.sock", "a.sock"] {
        check_name(bad, None);
    }
    check_name("a/b-1.sock", None);
    check_name("a-4294967296.sock", None);
}

#[test]
fn a_path_that_is_no_socket_is_none() {
    let name = SocketName { graph: "a".to_owned(), pid: 7 };
    assert_eq!(SocketName::of_path(Path::new("/run/a-7.sock")), Some(name));
    assert_eq!(SocketName::of_path(Path::new("/run/audit.log")), None);
}
