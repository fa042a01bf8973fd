//! `com.tatolab.audio_channel_converter`.

use serde::{Deserialize, Serialize};
use streamlib_processor::__private::ProcessorParts;
use streamlib_processor::abi::EnvelopeFlags;
use streamlib_processor::prelude::*;

use crate::Error as AudioError;
use crate::mix_matrix::MixMatrix;
use crate::timeline::marked;

/// A layout of loudspeakers, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ConfigChoice)]
#[config(crate = streamlib_processor)]
pub enum Layout {
    /// FC.
    #[serde(rename = "mono")]
    Mono,
    /// FL FR.
    #[default]
    #[serde(rename = "stereo")]
    Stereo,
    /// FL FR LFE.
    #[serde(rename = "2.1")]
    Stereo21,
    /// FL FR FC.
    #[serde(rename = "3.0")]
    Surround30,
    /// FL FR FC BC.
    #[serde(rename = "4.0")]
    Surround40,
    /// FL FR BL BR.
    #[serde(rename = "quad")]
    Quad,
    /// FL FR FC BL BR.
    #[serde(rename = "5.0")]
    Surround50,
    /// FL FR FC LFE BL BR.
    #[serde(rename = "5.1")]
    Surround51,
    /// FL FR FC LFE BC SL SR.
    #[serde(rename = "6.1")]
    Surround61,
    /// FL FR FC LFE BL BR SL SR.
    #[serde(rename = "7.1")]
    Surround71,
}

impl From<Layout> for ChannelLayout {
    fn from(layout: Layout) -> Self {
        match layout {
            Layout::Mono => Self::Mono,
            Layout::Stereo => Self::Stereo,
            Layout::Stereo21 => Self::Stereo21,
            Layout::Surround30 => Self::Surround30,
            Layout::Surround40 => Self::Surround40,
            Layout::Quad => Self::Quad,
            Layout::Surround50 => Self::Surround50,
            Layout::Surround51 => Self::Surround51,
            Layout::Surround61 => Self::Surround61,
            Layout::Surround71 => Self::Surround71,
        }
    }
}

/// Settings of [`AudioChannelConverter`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
#[config(crate = streamlib_processor)]
pub struct AudioChannelConverterConfig {
    /// Layout of the output. Input of this layout goes through as it is, unless there is a matrix.
    pub layout: Layout,
    /// Scale the usual conversion down so that input within full scale cannot go over it: 5.1 to
    /// stereo then is 7.7 dB lower than the coefficients of BS.775. Without it, loud passages can
    /// go over full scale.
    pub normalize: bool,
    /// A conversion of one's own, taken as it is: a row for each output channel, in each a number
    /// for each input channel. Empty: the usual one of ITU-R BS.775.
    pub matrix: Vec<Vec<f64>>,
}

impl Default for AudioChannelConverterConfig {
    fn default() -> Self {
        Self { layout: Layout::default(), normalize: true, matrix: Vec::new() }
    }
}

/// Changes the layout of loudspeakers of sound of 1 to 8 channels: down by the coefficients of
/// Recommendation ITU-R BS.775-3 (5.1 to stereo: L = FL + 0.7071 FC + 0.7071 BL, the LFE left out),
/// scaled so that nothing can clip unless `normalize` is off; up without inventing anything; or by
/// a matrix of one's own. Sound of unknown layout is taken for the usual one of its number of
/// channels. Timestamps and block sizes stay as they are.
#[derive(Debug)]
#[processor(
    name = "com.tatolab.audio_channel_converter",
    execution = reactive,
    crate = streamlib_processor
)]
pub struct AudioChannelConverter {
    /// Sound of 1 to 8 channels at any rate.
    #[input(formats(audio(F32)))]
    audio_in: Input<AudioFrame>,
    /// The same sound in the layout of the settings.
    #[output(formats(audio(F32)))]
    audio_out: Output<AudioFrame>,
    #[config]
    config: AudioChannelConverterConfig,
    /// For the layout of the newest input block.
    present: Option<Conversion>,
}

/// How input of one layout becomes output.
#[derive(Debug)]
struct Conversion {
    from: ChannelLayout,
    channels: u32,
    matrix: Option<MixMatrix>,
}

impl AudioChannelConverterConfig {
    fn conversion(&self, from: ChannelLayout, channels: u32) -> Result<Conversion, AudioError> {
        let to = ChannelLayout::from(self.layout);
        let known = match from {
            ChannelLayout::Unknown => ChannelLayout::default_for(channels),
            known => known,
        };
        let matrix = if !self.matrix.is_empty() {
            let matrix = MixMatrix::custom(&self.matrix, to)?;
            let columns = matrix.inputs().get();
            if columns != channels as usize {
                return Err(AudioError::MatrixColumns { columns, channels: channels as usize });
            }
            Some(matrix)
        } else if from == to {
            None
        } else {
            Some(MixMatrix::between(known, to, self.normalize)?)
        };
        Ok(Conversion { from, channels, matrix })
    }

    fn check(&self) -> Result<(), AudioError> {
        for (index, gain) in self.matrix.iter().flatten().enumerate() {
            if gain.abs() > 16.0 {
                let (setting, found) = (format!("matrix, number {}", index + 1), *gain);
                return Err(AudioError::OutOfRange { setting, found, min: -16.0, max: 16.0 });
            }
        }
        if !self.matrix.is_empty() {
            MixMatrix::custom(&self.matrix, self.layout.into())?;
        }
        Ok(())
    }
}

impl Processor for AudioChannelConverter {
    fn from_config(config: AudioChannelConverterConfig) -> Result<Self> {
        config.check()?;
        Ok(Self::assemble(config))
    }

    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        let Some(frame) = self.audio_in.read()? else { return Ok(()) };
        let meta = frame.meta();
        let (channels, input) = (meta.channels, frame.format());
        let conversion = match &mut self.present {
            Some(present) if present.from == input.layout && present.channels == channels => {
                present
            }
            present => present.insert(self.config.conversion(input.layout, channels)?),
        };
        let Some(matrix) = &conversion.matrix else {
            self.audio_out.send(frame)?;
            return Ok(());
        };
        let layout = ChannelLayout::from(self.config.layout);
        let format = AudioFormat { channels: matrix.outputs().get() as u32, layout, ..input };
        let mut out = self.audio_out.loan_from(&frame, &format, frame.frame_count())?;
        if frame.envelope().flags.contains(EnvelopeFlags::DISCONTINUITY) {
            *out.envelope_mut() = marked(*out.envelope_mut());
        }
        matrix.apply(frame.samples(), out.samples_mut());
        self.audio_out.send(out)?;
        Ok(())
    }

    fn update_config(&mut self, config: AudioChannelConverterConfig) -> Result<()> {
        config.check()?;
        if let Some(present) = &self.present {
            // A matrix that does not fit the sound is refused here, while the old one goes on.
            config.conversion(present.from, present.channels)?;
        }
        (self.present, self.config) = (None, config);
        Ok(())
    }

    fn format_changed(&mut self, _port: &str, _lane: u32, format: &Format) -> Result<()> {
        if let Format::Audio(audio) = format {
            self.present = Some(self.config.conversion(audio.layout, audio.channels)?);
        }
        Ok(())
    }
}
