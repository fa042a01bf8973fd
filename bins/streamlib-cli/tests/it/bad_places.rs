//! Places that cannot be written or used: files, disks, homes.

use std::fs;
use std::process::Command;

use crate::sentences::{Place, Row, clip};

const FILM: &[u8] = b"name: film
parameters: { clip: { default: clip.mp4 }, out: { default: out.mp4 } }
processors:
  movie: { type: com.tatolab.mp4_source, config: { path: \"${clip}\" } }
  file: { type: com.tatolab.mp4_writer, config: { output_path: \"${out}\" } }
links:
  - movie.video -> file.video
";

const TWO_WRITERS: &[u8] = b"name: two
parameters: { out: { default: out.mp4 } }
processors:
  picture: { type: com.tatolab.test_pattern, config: { width: 256, height: 64, frames: 100 } }
  one: { type: com.tatolab.mp4_writer, config: { output_path: out.mp4 } }
  two: { type: com.tatolab.mp4_writer, config: { output_path: \"${out}\" } }
links:
  - picture.video_out -> one.video
  - picture.video_out -> two.video
";

const SHEET: &[u8] = b"name: sheet
parameters: { out: { default: out.png } }
processors:
  picture: { type: com.tatolab.test_pattern, config: { width: 640, height: 360, frames: 9 } }
  sheet: { type: com.tatolab.png_writer, config: { output_path: \"${out}\" } }
links:
  - picture.video_out -> sheet.video_in
";

const SOUND: &[u8] = b"name: sound
parameters: { out: { default: out.wav } }
processors:
  chord: { type: com.tatolab.chord_generator, config: { duration_ms: 4000 } }
  file: { type: com.tatolab.wav_writer, config: { output_path: \"${out}\" } }
links:
  - chord.audio_out -> file.audio_in
";

fn place() -> Place {
    let place = Place::new(&[
        ("film.yaml", FILM),
        ("two.yaml", TWO_WRITERS),
        ("sheet.yaml", SHEET),
        ("sound.yaml", SOUND),
    ]);
    fs::copy(clip("bframes.mp4"), place.path("clip.mp4")).unwrap();
    place
}

#[test]
fn paths_that_cannot_be_written() {
    let place = place();
    fs::create_dir(place.path("folder")).unwrap();
    place.check(&Row { command: "run film.yaml --no-progress --set out=nowhere/out.mp4", exit: 1, leaves: &[], says: r"
error: the graph of `film.yaml` cannot be started

film.yaml:5:3: error[start-failed]: processor `file` cannot be set up: cannot create 'nowhere/out.mp4': No such file or directory (os error 2)
5 |   file: { type: com.tatolab.mp4_writer, config: { output_path:…
  |   ^^^^
hint: make its folder first
" });
    place.check(&Row { command: "run film.yaml --no-progress --set out=folder", exit: 1, leaves: &[], says: r"
error: the graph of `film.yaml` cannot be started

film.yaml:5:3: error[start-failed]: processor `file` cannot be set up: cannot create 'folder': is a directory
5 |   file: { type: com.tatolab.mp4_writer, config: { output_path:…
  |   ^^^^
hint: name a file in it
" });
    place.check(&Row { command: "run film.yaml --no-progress --set out=clip.mp4/out.mp4", exit: 1, leaves: &[], says: r"
error: the graph of `film.yaml` cannot be started

film.yaml:5:3: error[start-failed]: processor `file` cannot be set up: cannot create 'clip.mp4/out.mp4': Not a directory (os error 20)
5 |   file: { type: com.tatolab.mp4_writer, config: { output_path:…
  |   ^^^^
hint: check the path
" });
    place.check(&Row { command: "run film.yaml --no-progress --set out=", exit: 1, leaves: &[], says: r"
error: the graph of `film.yaml` cannot be started

film.yaml:5:3: error[start-failed]: processor `file` cannot be created: the setting `output_path` is empty: name a file
5 |   file: { type: com.tatolab.mp4_writer, config: { output_path:…
  |   ^^^^
" });
    place.check(&Row { command: "run sheet.yaml --no-progress --set out=nowhere/out.png", exit: 1, leaves: &[], says: r"
error: the graph of `sheet.yaml` cannot be started

sheet.yaml:5:3: error[start-failed]: processor `sheet` cannot be set up: picture file `nowhere/out.png` cannot be written: there is no folder `nowhere`
5 |   sheet: { type: com.tatolab.png_writer, config: { output_path…
  |   ^^^^^
hint: make it first
" });
    place.check(&Row { command: "run sheet.yaml --no-progress --set out=folder", exit: 1, leaves: &[], says: r"
error: the graph of `sheet.yaml` cannot be started

sheet.yaml:5:3: error[start-failed]: processor `sheet` cannot be set up: picture file `folder` cannot be written: it is a folder
5 |   sheet: { type: com.tatolab.png_writer, config: { output_path…
  |   ^^^^^
hint: name a file in it
" });
    place.check(&Row { command: "run sound.yaml --no-progress --set out=nowhere/out.wav", exit: 1, leaves: &[], says: r"
error: the graph of `sound.yaml` cannot be started

sound.yaml:5:3: error[start-failed]: processor `file` cannot be set up: cannot create `nowhere/out.wav.part`: No such file or directory (os error 2)
5 |   file: { type: com.tatolab.wav_writer, config: { output_path:…
  |   ^^^^
hint: its folder does not exist: make it first
" });
    place.check(&Row { command: "run sound.yaml --no-progress --set out=folder", exit: 1, leaves: &[], says: r"
error: the graph of `sound.yaml` cannot be started

sound.yaml:5:3: error[start-failed]: processor `file` cannot be set up: cannot create `folder`: is a directory
5 |   file: { type: com.tatolab.wav_writer, config: { output_path:…
  |   ^^^^
hint: it is a folder: name a file
" });
}

#[test]
fn an_output_that_is_the_input_is_refused_and_the_film_is_as_it_was() {
    let place = place();
    fs::hard_link(place.path("clip.mp4"), place.path("link.mp4")).unwrap();
    place.check(&Row { command: "run film.yaml --no-progress --set out=clip.mp4", exit: 1, leaves: &[], says: r"
failed: file: cannot write 'clip.mp4': this graph or another one reads or writes it; choose another file
" });
    place.check(&Row { command: "run film.yaml --no-progress --set out=link.mp4", exit: 1, leaves: &[], says: r"
failed: file: cannot write 'link.mp4': this graph or another one reads or writes it; choose another file
" });
    assert_eq!(fs::read(place.path("clip.mp4")).unwrap(), fs::read(clip("bframes.mp4")).unwrap());
}

#[test]
fn two_writers_of_one_file() {
    let place = place();
    place.check(&Row { command: "run two.yaml --no-progress", exit: 2, leaves: &[], says: r#"
error: `two.yaml` has a problem and cannot be run

two.yaml:6:3: error[invalid-processor]: processor `two` cannot have output_path "out.mp4": processor `one` holds it, and only one can
6 |   two: { type: com.tatolab.mp4_writer, config: { output_path: …
  |   ^^^
hint: give one of the two another
"# });
    // By another name it shows when both open it, and either may be first.
    let said = place.home.whole(place.client("run two.yaml --no-progress --set out=./out.mp4"));
    assert!(said.starts_with("exit 1\n"), "{said}");
    assert!(said.contains("out.mp4': this graph or another one reads or writes it"), "{said}");
}

#[test]
fn a_disk_that_is_full() {
    let place = place();
    place.check(&Row { command: "run film.yaml --no-progress --set out=/dev/full", exit: 1, leaves: &[], says: r"
failed: file: cannot write '/dev/full': No space left on device (os error 28); make room or write elsewhere; what fitted is kept, and plays as far as it goes
" });
    // The same in a file, which may have so many KiB.
    let limited = |blocks: u32, command: &str| {
        let client = place.client(command);
        let mut shell = Command::new("bash");
        shell
            .args(["-c", &format!("ulimit -f {blocks}; exec \"$0\" \"$@\"")])
            .arg(client.get_program());
        with_all_of(shell, &client)
    };
    let row = Row {
        command: "run film.yaml --no-progress",
        exit: 1,
        leaves: &["out.mp4"],
        says: r"
failed: file: cannot write 'out.mp4': File too large (os error 27); make room or write elsewhere; what fitted is kept, and plays as far as it goes
",
    };
    place.check_with(limited(100, row.command), &row);
    let row = Row {
        command: "run sheet.yaml --no-progress",
        exit: 1,
        leaves: &[],
        says: r"
failed: sheet: picture file `out.png` cannot be written: File too large (os error 27)
",
    };
    place.check_with(limited(1, row.command), &row);
    let row = Row {
        command: "run sound.yaml --no-progress",
        exit: 1,
        leaves: &["out.wav"],
        says: r"
failed: file: cannot write `out.wav.part`: File too large (os error 27); free some space: what was written so far is kept
",
    };
    place.check_with(limited(100, row.command), &row);
}

/// The arguments, folder and variables of `client` for the program of `command`.
fn with_all_of(mut command: Command, client: &Command) -> Command {
    command.args(client.get_args()).current_dir(client.get_current_dir().unwrap());
    for (name, value) in client.get_envs() {
        command.env(name, value.unwrap());
    }
    command
}

#[test]
fn homes_that_cannot_be_used() {
    let place = place();
    let with_home = |command: &str, home: &str| {
        let mut client = place.client(command);
        client.env("STREAMLIB_HOME", home);
        client
    };
    let row = Row {
        command: "run film.yaml",
        exit: 3,
        leaves: &[],
        says: r"
error: the folder `/proc/streamlib/run` for the sockets of running graphs cannot be made or used: No such file or directory (os error 2); set STREAMLIB_HOME to a folder that can be written
",
    };
    place.check_with(with_home(row.command, "/proc/streamlib"), &row);
    // How long it is depends on the number of the process.
    let long = place.path(&"long".repeat(20)).display().to_string();
    let said = place.home.whole(with_home("run film.yaml", &long));
    assert!(said.starts_with("exit 3\n"), "{said}");
    assert!(said.contains("error: the path of the socket has 1"), "{said}");
    assert!(said.ends_with(".sock`; set STREAMLIB_HOME to a shorter path\n"), "{said}");
    assert!(!place.path(&"long".repeat(20)).exists());
}
