//! `com.tatolab.wav_writer`.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use streamlib_processor::__private::ProcessorParts;
use streamlib_processor::abi::port::EndCause;
use streamlib_processor::prelude::*;

use crate::Error as AudioError;
use crate::error::converter_for;
use crate::timeline::{InputTimeline, Placement};
use crate::wav::{WavFile, WavSample};

/// Settings of [`WavWriter`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
#[config(crate = streamlib_processor)]
pub struct WavWriterConfig {
    /// The file. Until it is finished it has this name with `.part` at the end; a file of this name
    /// is replaced then, and one with `.part` at the start.
    #[config(required)]
    pub output_path: PathBuf,
    /// How samples lie in the file.
    pub sample_format: WavSample,
}

/// Writes sound of 1 to 8 channels to a WAV file (over 4 GiB: RF64). The file can be read while it
/// grows and after the program was killed, but for the last second; at the end of the stream, when
/// the graph is stopped and when something failed, it is finished and gets its name. Holes in the
/// stream become silence, overlaps are left out. A stream that changes its format is refused by
/// name, since a WAV file has one.
#[derive(Debug)]
#[processor(
    name = "com.tatolab.wav_writer",
    execution = reactive,
    needs(blocking),
    exclusive = output_path,
    crate = streamlib_processor
)]
pub struct WavWriter {
    /// Sound of 1 to 8 channels at any rate.
    #[input(formats(audio(F32)))]
    audio_in: Input<AudioFrame>,
    #[config]
    config: WavWriterConfig,
    state: State,
    input: InputTimeline,
}

#[derive(Debug, Default)]
enum State {
    /// Not set up, or finished.
    #[default]
    Closed,
    /// The file was made; no sound came yet.
    Empty(File),
    /// Sound is being written.
    Open(WavFile<File>),
}

fn failed(action: &'static str, path: &Path, source: std::io::Error) -> AudioError {
    let hint = match source.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            "; free some space: what was written so far is kept"
        }
        ErrorKind::NotFound => "; its folder does not exist: make it first",
        ErrorKind::PermissionDenied => "; choose a place where you may write",
        ErrorKind::IsADirectory => "; it is a folder: name a file",
        _ => "",
    };
    AudioError::File { action, path: path.to_owned(), source, hint }
}

impl WavWriter {
    /// The name of the file until it is finished.
    fn part_path(&self) -> PathBuf {
        let mut name = self.config.output_path.clone().into_os_string();
        name.push(".part");
        name.into()
    }

    /// Writes a block, after the silence that is missing before it.
    fn write(&mut self, frame: &AudioFrame) -> Result<(), AudioError> {
        let part = self.part_path();
        if let State::Empty(_) = &self.state
            && let State::Empty(file) = std::mem::take(&mut self.state)
        {
            let started = WavFile::start(file, frame.format(), self.config.sample_format);
            self.state = State::Open(started.map_err(|error| failed("write", &part, error))?);
        }
        let State::Open(file) = &mut self.state else { return Ok(()) };
        if *file.format() != frame.format() {
            let (found, expected) = (frame.format(), file.format());
            return Err(AudioError::FormatChanged {
                path: self.config.output_path.clone(),
                expected: expected.to_string(),
                found: found.to_string(),
                converter: converter_for(&found, expected),
            });
        }
        let frames = frame.frame_count() as u64;
        let (silence, overlap) =
            match self.input.place(frame.envelope(), frame.sample_rate(), frames) {
                Placement::Gap(missing) => (missing, 0),
                Placement::Overlap(samples) => (0, samples.min(frames)),
                Placement::Start | Placement::Continues => (0, 0),
            };
        let samples = &frame.samples()[overlap as usize * frame.channels()..];
        file.write_silence(silence)
            .and_then(|()| file.write(samples))
            .map_err(|error| failed("write", &part, error))
    }

    /// Finishes the file and gives it its name. True if there is one.
    fn finish(&mut self) -> Result<bool, AudioError> {
        let part = self.part_path();
        match std::mem::take(&mut self.state) {
            State::Closed => Ok(true),
            State::Empty(file) => {
                drop(file);
                std::fs::remove_file(&part).map_err(|error| failed("remove", &part, error))?;
                Ok(false)
            }
            State::Open(mut file) => {
                let length = file.length();
                file.get_ref()
                    .set_len(length)
                    .and_then(|()| file.finish())
                    .and_then(|()| file.get_ref().sync_all())
                    .and_then(|()| std::fs::rename(&part, &self.config.output_path))
                    .map_err(|error| failed("finish", &part, error))?;
                Ok(true)
            }
        }
    }
}

impl Processor for WavWriter {
    fn from_config(config: WavWriterConfig) -> Result<Self> {
        if config.output_path.as_os_str().is_empty() {
            return Err(AudioError::NoPath.into());
        }
        Ok(Self::assemble(config))
    }

    fn setup(&mut self, _ctx: &mut SetupContext<'_>) -> Result<()> {
        let path = &self.config.output_path;
        if path.is_dir() {
            return Err(failed("create", path, ErrorKind::IsADirectory.into()).into());
        }
        let part = self.part_path();
        let file = File::create(&part).map_err(|error| failed("create", &part, error))?;
        self.state = State::Empty(file);
        Ok(())
    }

    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        if let Some(frame) = self.audio_in.read()? {
            self.write(&frame)?;
        }
        Ok(())
    }

    fn update_config(&mut self, config: WavWriterConfig) -> Result<()> {
        if config != self.config {
            return Err(AudioError::FileIsOpen(self.config.output_path.clone()).into());
        }
        Ok(())
    }

    fn end_of_stream(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        let written = self.finish()?;
        if !written && self.audio_in.end_cause() == Some(EndCause::Finished) {
            return Err(AudioError::NoSound(self.config.output_path.clone()).into());
        }
        Ok(())
    }

    fn teardown(&mut self) -> Result<()> {
        self.finish()?;
        Ok(())
    }
}
