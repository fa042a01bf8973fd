//! Why audio cannot be processed as it was asked for.

use std::path::PathBuf;

use streamlib_processor::abi::media::ChannelLayout;

/// Why audio cannot be processed as it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A number of channels that no frame of audio has.
    #[error("audio of {0} channels is not supported: frames of audio have 1 to 8 channels")]
    ChannelCount(u32),
    /// A number outside of the range of a setting.
    #[error("`{setting}`: {found} is not between {min} and {max}")]
    OutOfRange {
        /// The setting, with the place in it if it is a list.
        setting: String,
        /// What was given.
        found: f64,
        /// Least value.
        min: f64,
        /// Greatest value.
        max: f64,
    },
    /// A name that is not that of a chord.
    #[error(
        "`chord`: `{0}` is not a chord; write a note, an octave if it is not 4, and a quality, as \
         in `C major`, `F#3 minor`, `Bb dim`, `A4 7`; or list `frequencies`"
    )]
    UnknownChord(String),
    /// A generator that would generate nothing but silence.
    #[error(
        "there is nothing to hear: give `frequencies`, a `chord` or `beep_every_ms`, of which all \
         are left empty"
    )]
    NothingToGenerate,
    /// A beep that is not over when the next one starts.
    #[error(
        "`beep_ms` is {beep_ms}, but a beep starts every {beep_every_ms} ms: a beep is shorter \
         than the time from one to the next"
    )]
    BeepTooLong {
        /// Length of a beep, ms.
        beep_ms: u64,
        /// Time from the start of one to the start of the next, ms.
        beep_every_ms: u64,
    },
    /// A sample rate that cannot be resampled.
    #[error("sound of {0} Hz cannot be resampled: rates are 1,000 to 768,000 Hz")]
    RateNotSupported(u32),
    /// The resampling library refused something.
    #[error("sound of {from} Hz cannot be resampled to {to} Hz: {reason}")]
    Resample {
        /// Rate of the input, Hz.
        from: u32,
        /// Rate of the output, Hz.
        to: u32,
        /// What the library says.
        reason: String,
    },
    /// A custom matrix with too few or too many rows, or rows of different length.
    #[error(
        "`matrix` has {rows} rows of {columns} numbers, but `layout` {layout} has {expected} \
         channels: a row for each output channel, in each a number for each input channel"
    )]
    MatrixShape {
        /// Rows that were given.
        rows: usize,
        /// Numbers in each row, as in `2` or, if they differ, `2, 2, 3`.
        columns: String,
        /// Layout of the output.
        layout: ChannelLayout,
        /// Rows that are needed.
        expected: usize,
    },
    /// A custom matrix for another number of input channels.
    #[error(
        "`matrix` is for {columns} input channels, but the input has {channels}: give each row \
         {channels} numbers, or leave `matrix` empty for the usual conversion"
    )]
    MatrixColumns {
        /// Numbers in each row.
        columns: usize,
        /// Channels of the input.
        channels: usize,
    },
    /// Lanes of a mixer that cannot be added sample by sample.
    #[error(
        "lane {lane} of `audio_in` is {found} while the others are {expected}: sounds are mixed \
         at one rate and in one layout; put a com.tatolab.{converter} before the lane"
    )]
    LanesDiffer {
        /// The lane, counted from 0.
        lane: u32,
        /// Its format.
        found: String,
        /// The format of the mix.
        expected: String,
        /// The processor that makes the one of the other, with its setting.
        converter: String,
    },
    /// A file that holds one format got another.
    #[error(
        "`{path}` holds {expected}, but the sound changed to {found}: a WAV file has one format; \
         put a com.tatolab.{converter} before the writer", path = path.display()
    )]
    FormatChanged {
        /// The file.
        path: PathBuf,
        /// Its format.
        expected: String,
        /// The new format.
        found: String,
        /// The processor that makes the one of the other, with its setting.
        converter: String,
    },
    /// A file cannot be made, written or renamed.
    #[error("cannot {action} `{path}`: {source}{hint}", path = path.display())]
    File {
        /// What was tried: `create`, `write`, `finish`, `remove`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
        /// What to do, starting with `; `, or empty.
        hint: &'static str,
    },
    /// A setting that must be given was left empty.
    #[error("`output_path` is empty: name the WAV file that is to be written")]
    NoPath,
    /// The settings of a file that is being written were to change.
    #[error(
        "`{path}` is being written: its settings cannot change; replace the writer to write \
         another file", path = .0.display()
    )]
    FileIsOpen(PathBuf),
    /// The stream ended before any sound came.
    #[error(
        "no sound came, so `{path}` was not written: check what is linked to `audio_in`",
        path = .0.display()
    )]
    NoSound(PathBuf),
}

impl From<Error> for streamlib_processor::Error {
    fn from(error: Error) -> Self {
        Self::new(error.to_string())
    }
}

/// Which processor makes sound of format `expected` of `found`, with its setting.
pub(crate) fn converter_for(
    found: &streamlib_processor::schema::AudioFormat,
    expected: &streamlib_processor::schema::AudioFormat,
) -> String {
    if found.sample_rate == expected.sample_rate {
        format!("audio_channel_converter (layout: {})", expected.layout)
    } else {
        format!("audio_resampler (output_sample_rate: {})", expected.sample_rate)
    }
}

#[cfg(test)]
mod tests;
