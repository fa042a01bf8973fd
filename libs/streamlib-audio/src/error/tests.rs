use super::*;

fn check(error: Error, expect: &str) {
    assert_eq!(error.to_string(), expect);
    assert_eq!(streamlib_processor::Error::from(error).to_string(), expect);
}

#[test]
fn messages_about_settings_say_what_to_write() {
    check(
        Error::ChannelCount(9),
        "audio of 9 channels is not supported: frames of audio have 1 to 8 channels",
    );
    check(
        Error::OutOfRange { setting: "gains.1".to_owned(), found: 99.0, min: -16.0, max: 16.0 },
        "`gains.1`: 99 is not between -16 and 16",
    );
    check(
        Error::UnknownChord("H major".to_owned()),
        "`chord`: `H major` is not a chord; write a note, an octave if it is not 4, and a \
         quality, as in `C major`, `F#3 minor`, `Bb dim`, `A4 7`; or list `frequencies`",
    );
    check(
        Error::NothingToGenerate,
        "there is nothing to hear: give `frequencies`, a `chord` or `beep_every_ms`, of which all \
         are left empty",
    );
    check(
        Error::BeepTooLong { beep_ms: 50, beep_every_ms: 40 },
        "`beep_ms` is 50, but a beep starts every 40 ms: a beep is shorter than the time from one \
         to the next",
    );
    check(Error::NoPath, "`output_path` is empty: name the WAV file that is to be written");
}

#[test]
fn messages_about_formats_name_the_processor_that_helps() {
    check(
        Error::RateNotSupported(10),
        "sound of 10 Hz cannot be resampled: rates are 1,000 to 768,000 Hz",
    );
    check(
        Error::Resample { from: 44_100, to: 48_000, reason: "no".to_owned() },
        "sound of 44100 Hz cannot be resampled to 48000 Hz: no",
    );
    check(
        Error::MatrixShape {
            rows: 1,
            columns: "3".to_owned(),
            layout: ChannelLayout::Stereo,
            expected: 2,
        },
        "`matrix` has 1 rows of 3 numbers, but `layout` stereo has 2 channels: a row for each \
         output channel, in each a number for each input channel",
    );
    check(
        Error::MatrixColumns { columns: 6, channels: 2 },
        "`matrix` is for 6 input channels, but the input has 2: give each row 2 numbers, or leave \
         `matrix` empty for the usual conversion",
    );
    check(
        Error::LanesDiffer {
            lane: 1,
            found: "f32 44100 Hz stereo".to_owned(),
            expected: "f32 48000 Hz stereo".to_owned(),
            converter: "audio_resampler (output_sample_rate: 48000)".to_owned(),
        },
        "lane 1 of `audio_in` is f32 44100 Hz stereo while the others are f32 48000 Hz stereo: \
         sounds are mixed at one rate and in one layout; put a com.tatolab.audio_resampler \
         (output_sample_rate: 48000) before the lane",
    );
    check(
        Error::FormatChanged {
            path: "a.wav".into(),
            expected: "f32 48000 Hz 5.1".to_owned(),
            found: "f32 48000 Hz stereo".to_owned(),
            converter: "audio_channel_converter (layout: 5.1)".to_owned(),
        },
        "`a.wav` holds f32 48000 Hz 5.1, but the sound changed to f32 48000 Hz stereo: a WAV file \
         has one format; put a com.tatolab.audio_channel_converter (layout: 5.1) before the writer",
    );
}

#[test]
fn messages_about_files_name_the_path() {
    check(
        Error::File {
            action: "write",
            path: "/media/a.wav.part".into(),
            source: std::io::Error::from(std::io::ErrorKind::StorageFull),
            hint: "; free some space",
        },
        "cannot write `/media/a.wav.part`: no storage space; free some space",
    );
    check(
        Error::NoSound("a.wav".into()),
        "no sound came, so `a.wav` was not written: check what is linked to `audio_in`",
    );
    check(
        Error::FileIsOpen("a.wav".into()),
        "`a.wav` is being written: its settings cannot change; replace the writer to write \
         another file",
    );
}
