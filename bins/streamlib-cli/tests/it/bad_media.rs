//! Media that cannot be read as the graph wants, through the real programs.

use std::fs;

use crate::sentences::{Place, Row};

const FILM: &[u8] = b"name: film
parameters: { clip: { default: clip.mp4 }, out: { default: out.mp4 } }
processors:
  movie: { type: com.tatolab.mp4_source, config: { path: \"${clip}\" } }
  file: { type: com.tatolab.mp4_writer, config: { output_path: \"${out}\" } }
links:
  - movie.video -> file.video
";

const SOUND: &[u8] = b"name: sound
parameters: { clip: { default: clip.mp4 } }
processors:
  movie: { type: com.tatolab.mp4_source, config: { path: \"${clip}\" } }
  file: { type: com.tatolab.wav_writer, config: { output_path: out.wav } }
links:
  - movie.audio -> file.audio_in
";

fn place() -> Place {
    Place::new(&[("film.yaml", FILM), ("sound.yaml", SOUND)])
}

#[test]
fn files_that_are_no_film() {
    let place = place();
    fs::write(place.path("empty.mp4"), b"").unwrap();
    fs::create_dir(place.path("folder.mp4")).unwrap();
    place.add_clip("not_an_mp4.mp4");
    place.check(&Row {
        command: "run film.yaml --no-progress --set clip=missing.mp4",
        exit: 1,
        leaves: &[],
        says: r#"
error: the graph of `film.yaml` cannot be started

film.yaml:4:3: error[start-failed]: processor `movie` cannot be set up: cannot open 'missing.mp4': No such file or directory (os error 2)
4 |   movie: { type: com.tatolab.mp4_source, config: { path: "${cl…
  |   ^^^^^
hint: check the path
"#,
    });
    place.check(&Row {
        command: "run film.yaml --no-progress --set clip=empty.mp4",
        exit: 1,
        leaves: &[],
        says: r#"
error: the graph of `film.yaml` cannot be started

film.yaml:4:3: error[start-failed]: processor `movie` cannot be set up: 'empty.mp4' is empty: it has no bytes to read
4 |   movie: { type: com.tatolab.mp4_source, config: { path: "${cl…
  |   ^^^^^
hint: copy or record it again
"#,
    });
    place.check(&Row {
        command: "run film.yaml --no-progress --set clip=folder.mp4",
        exit: 1,
        leaves: &[],
        says: r#"
error: the graph of `film.yaml` cannot be started

film.yaml:4:3: error[start-failed]: processor `movie` cannot be set up: cannot read 'folder.mp4': Is a directory (os error 21)
4 |   movie: { type: com.tatolab.mp4_source, config: { path: "${cl…
  |   ^^^^^
hint: name a file in it
"#,
    });
    place.check(&Row {
        command: "run film.yaml --no-progress --set clip=not_an_mp4.mp4",
        exit: 1,
        leaves: &[],
        says: r#"
error: the graph of `film.yaml` cannot be started

film.yaml:4:3: error[start-failed]: processor `movie` cannot be set up: 'not_an_mp4.mp4' is not an MP4 file: it starts with ' is ' where a box such as 'ftyp' or 'moov' should be
4 |   movie: { type: com.tatolab.mp4_source, config: { path: "${cl…
  |   ^^^^^
hint: choose another file, or convert this one
"#,
    });
}

#[test]
fn films_that_are_cut_short() {
    let place = place();
    place.add_clip("truncated.mp4");
    place.add_clip("truncated_no_index.mp4");
    place.add_clip("fragmented.mp4");
    let whole = fs::read(place.path("fragmented.mp4")).unwrap();
    fs::write(place.path("fragmented.mp4"), &whole[..whole.len() * 3 / 5]).unwrap();
    place.check(&Row {
        command: "run film.yaml --no-progress --set clip=truncated.mp4",
        exit: 1,
        leaves: &[],
        says: r#"
error: the graph of `film.yaml` cannot be started

film.yaml:4:3: error[start-failed]: processor `movie` cannot be set up: 'truncated.mp4' is cut short: box 'mdat' at byte [N] needs the file to be [N] bytes long, and it has [N]
4 |   movie: { type: com.tatolab.mp4_source, config: { path: "${cl…
  |   ^^^^^
hint: copy or record it again
"#,
    });
    place.check(&Row {
        command: "run film.yaml --no-progress --set clip=truncated_no_index.mp4",
        exit: 1,
        leaves: &[],
        says: r#"
error: the graph of `film.yaml` cannot be started

film.yaml:4:3: error[start-failed]: processor `movie` cannot be set up: 'truncated_no_index.mp4' is cut short: box 'mdat' at byte 40 needs the file to be [N] bytes long, and it has [N]
4 |   movie: { type: com.tatolab.mp4_source, config: { path: "${cl…
  |   ^^^^^
hint: copy or record it again
"#,
    });
    // What is whole of a fragmented one is played, and written.
    place.check(&Row {
        command: "run film.yaml --no-progress --set clip=fragmented.mp4",
        exit: 1,
        leaves: &["out.mp4"],
        says: r"
failed: movie: 'fragmented.mp4' is cut short at byte [N] of [N]: what is whole, [N] ms, was given, and the rest is missing
ended early by that: file
",
    });
}

#[test]
fn films_without_what_is_asked_for() {
    let place = place();
    for name in ["no_video.mp4", "no_audio.mp4", "unknown_codec.mp4", "ten_bit.mp4"] {
        place.add_clip(name);
    }
    place.check(&Row {
        command: "run film.yaml --no-progress --set clip=no_video.mp4",
        exit: 1,
        leaves: &[],
        says: r"
failed: movie: 'no_video.mp4' has no video track, but the output `video` is linked; it has track 1 (audio, aac); remove the link or choose another file
failed: file: 'out.mp4' was not written: no frame came before the inputs ended
",
    });
    place.check(&Row {
        command: "run sound.yaml --no-progress --set clip=no_audio.mp4",
        exit: 1,
        leaves: &[],
        says: r"
failed: movie: 'no_audio.mp4' has no audio track, but the output `audio` is linked; it has track 1 (video, h264); remove the link or choose another file
ended early by that: file
",
    });
    place.check(&Row {
        command: "run film.yaml --no-progress --set clip=unknown_codec.mp4",
        exit: 1,
        leaves: &[],
        says: r#"
error: the graph of `film.yaml` cannot be started

film.yaml:4:3: error[start-failed]: processor `movie` cannot be set up: track 1 of 'unknown_codec.mp4' cannot be decoded: 'mp4v' is not supported by a built-in decoder
4 |   movie: { type: com.tatolab.mp4_source, config: { path: "${cl…
  |   ^^^^^
hint: convert the file first, for example with `ffmpeg -i INPUT -c:v libx264 -pix_fmt yuv420p -c:a copy OUTPUT.mp4`, or register a decoder of your own
"#,
    });
    place.check(&Row {
        command: "run film.yaml --no-progress --set clip=ten_bit.mp4",
        exit: 1,
        leaves: &[],
        says: r#"
error: the graph of `film.yaml` cannot be started

film.yaml:4:3: error[start-failed]: processor `movie` cannot be set up: track 1 of 'ten_bit.mp4' cannot be decoded: H.264 High 10 (10-bit) is not supported by a built-in decoder
4 |   movie: { type: com.tatolab.mp4_source, config: { path: "${cl…
  |   ^^^^^
hint: convert the file first, for example with `ffmpeg -i INPUT -c:v libx264 -pix_fmt yuv420p -c:a copy OUTPUT.mp4`, or register a decoder of your own
"#,
    });
}
