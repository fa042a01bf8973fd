//! Commands on running graphs when there is none.

use crate::home::{Home, check};

#[test]
fn nothing_runs() {
    let home = Home::new();
    check!(home.answer("list"), @r"
    exit 0
    --- stdout
    no graph runs
    --- stderr
    ");
    check!(home.answer("list --json"), @r"
    exit 0
    --- stdout
    []
    --- stderr
    ");
    for line in ["inspect", "stop", "events", "pause x", "resume", "undo", "set gray amount=1"] {
        let expected = "exit 2\n--- stdout\n--- stderr\n\
                        error: no graph runs; `streamlib run FILE` starts one\n";
        assert_eq!(home.answer(line), expected, "{line}");
    }
}

#[test]
fn the_folder_of_running_graphs_is_not_known_or_no_folder() {
    let home = Home::new();
    let mut command = home.client("list");
    for variable in ["STREAMLIB_HOME", "XDG_RUNTIME_DIR", "HOME"] {
        command.env_remove(variable);
    }
    check!(home.whole(command), @r"
    exit 3
    --- stdout
    --- stderr
    error: the folder of running graphs is not known: set STREAMLIB_HOME or HOME to an absolute path
    ");
    std::fs::write(home.path().join("run"), "").unwrap();
    check!(home.answer("list"), @r"
    exit 3
    --- stdout
    --- stderr
    error: the folder of running graphs `[HOME]/run` cannot be read: Not a directory (os error 20)
    ");
    check!(home.answer("run short.yaml"), @r"
    exit 3
    --- stdout
    --- stderr
    error: the folder `[HOME]/run` for the sockets of running graphs cannot be made or used: File exists (os error 17); set STREAMLIB_HOME to a folder that can be written
    ");
}

#[test]
fn a_socket_that_nobody_answers_on_is_passed_over() {
    let home = Home::new();
    std::fs::create_dir(home.path().join("run")).unwrap();
    let socket = home.path().join("run/ghost-1.sock");
    drop(std::os::unix::net::UnixListener::bind(socket).unwrap());
    check!(home.answer("list"), @r"
    exit 0
    --- stdout
    no graph runs
    --- stderr
    ");
}
