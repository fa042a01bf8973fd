//! What works on this machine, and what to install.
//!
//! Looks only; changes nothing but for files that it makes and removes to see whether it can.

use std::path::Path;
use std::process::{Command, Stdio};

use streamlib_protocol::{Check, CheckStatus, DoctorReport};

use crate::{run_folder, types};

/// Looks at everything.
pub(crate) fn examine() -> DoctorReport {
    let checks = vec![
        program(),
        processors(),
        h264(),
        run_folder_works(),
        shared_memory(Path::new("/dev/shm")),
        processor_cores(),
        tool("ffmpeg", "making test clips; StreamLib itself does not use it"),
        tool("ffprobe", "looking at files that were written"),
    ];
    DoctorReport { checks }
}

fn program() -> Check {
    let build = if cfg!(debug_assertions) { "built for tests" } else { "built for use" };
    let detail = format!("{} for {}, {build}", env!("CARGO_PKG_VERSION"), std::env::consts::ARCH);
    match cfg!(debug_assertions) {
        false => Check::ok("streamlib-runtime", detail),
        true => Check::not_ok(
            CheckStatus::Warning,
            "streamlib-runtime",
            format!("{detail}: slow"),
            "build it with `cargo build --release`",
        ),
    }
}

fn processors() -> Check {
    match types::all(&[]) {
        Ok(types) => Check::ok("processors", format!("{} built in", types.processors.len())),
        Err(error) => Check::not_ok(
            CheckStatus::Failed,
            "processors",
            error.to_string(),
            "this is a defect of StreamLib; please report it",
        ),
    }
}

fn h264() -> Check {
    let library = streamlib::codec::openh264_version();
    match streamlib::codec::openh264_has_assembly() {
        true => Check::ok("H.264", format!("OpenH264 {library}, with assembly")),
        false => Check::not_ok(
            CheckStatus::Warning,
            "H.264",
            format!(
                "OpenH264 {library} without assembly, because nasm was missing when StreamLib was \
                 built: 2.5 times slower"
            ),
            "`sudo apt install nasm`, then `cargo clean -p openh264-sys2` and build again",
        ),
    }
}

fn run_folder_works() -> Check {
    let name = "run folder";
    let works = run_folder::by_environment().and_then(|folder| {
        run_folder::prepare(&folder)?;
        let socket = folder.join(format!("doctor.{}", std::process::id()));
        run_folder::listen_at(socket).map(|_removed_again| folder)
    });
    match works {
        Ok(folder) => Check::ok(name, format!("{} takes sockets", folder.display())),
        Err(error) => {
            let text = error.to_string();
            let (detail, fix) = text.rsplit_once([';', ':']).unwrap_or((&text, ""));
            Check::not_ok(CheckStatus::Failed, name, detail.trim(), fix.trim())
        }
    }
}

fn shared_memory(folder: &Path) -> Check {
    let name = "shared memory";
    let file = folder.join(format!("streamlib-doctor-{}", std::process::id()));
    let made = std::fs::File::create_new(&file).and_then(|_file| std::fs::remove_file(&file));
    match made {
        Ok(()) => Check::ok(name, format!("{} can be written", folder.display())),
        Err(error) => Check::not_ok(
            CheckStatus::Warning,
            name,
            format!(
                "{} cannot be written: {error}; graphs within one process need it not",
                folder.display()
            ),
            "mount it: `sudo mount -t tmpfs tmpfs /dev/shm`; in a container, give it `--shm-size`",
        ),
    }
}

fn processor_cores() -> Check {
    match std::thread::available_parallelism() {
        Ok(cores) => Check::ok("processor cores", cores.to_string()),
        Err(error) => Check::not_ok(
            CheckStatus::Warning,
            "processor cores",
            format!("their number is not known ({error}); two are assumed"),
            "set the number of workers in your program",
        ),
    }
}

/// A program of the ffmpeg package.
fn tool(name: &str, purpose: &str) -> Check {
    let output = Command::new(name).arg("-version").stdin(Stdio::null()).output();
    let first_line = output.ok().filter(|output| output.status.success()).and_then(|output| {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.lines().next().map(|line| line.split(" Copyright").next().unwrap_or(line).to_owned())
    });
    match first_line {
        Some(line) => Check::ok(name, line),
        None => Check::not_ok(
            CheckStatus::Warning,
            name,
            format!("not installed; it is for {purpose}"),
            "`sudo apt install ffmpeg`",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_that_is_not_there_is_named_with_its_purpose() {
        let check = tool("no-such-program", "nothing");
        assert_eq!(check.status, CheckStatus::Warning);
        assert_eq!(check.detail, "not installed; it is for nothing");
        assert_eq!(check.fix.as_deref(), Some("`sudo apt install ffmpeg`"));
    }

    #[test]
    fn shared_memory_that_cannot_be_written_is_said_and_nothing_is_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(shared_memory(folder.path()).status, CheckStatus::Ok);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        let check = shared_memory(Path::new("/dev/null"));
        assert_eq!(check.status, CheckStatus::Warning);
        assert_eq!(
            check.detail,
            "/dev/null cannot be written: Not a directory (os error 20); graphs within one \
             process need it not"
        );
    }
}
