//! `dOps`: the parameters of an Opus stream in MP4, "Encapsulation of Opus in ISO Base Media File
//! Format" clause 4.3.2. The numbers are those of RFC 7845, big endian.

use streamlib_abi::media::{ChannelLayout, MAX_CHANNELS};

use super::layout::layout_of;
use crate::error::{CONVERT_AUDIO, CodecError, Role};

const WHAT: &str = "dOps box";

/// The parameters of an Opus stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpusConfiguration {
    /// Channels, 1 to 8.
    pub channels: u8,
    /// Frames at 48 kHz to cut from the start of the decoded sound.
    pub pre_skip: u16,
    /// Rate of the sound before it was encoded; says nothing about decoding.
    pub input_rate: u32,
    /// Gain to apply to the decoded sound, in 1/256 dB.
    pub gain_q8_db: i16,
    /// How channels are named: 0 mono or stereo, 1 surround, 255 not at all.
    pub family: u8,
    /// Opus streams in a packet.
    pub streams: u8,
    /// How many of them hold two channels.
    pub coupled: u8,
    /// `mapping[channel]`: the decoded channel, or 255 for silence. Entries from `channels` on
    /// are 0.
    pub mapping: [u8; MAX_CHANNELS],
}

impl OpusConfiguration {
    /// Reads the content of a `dOps` box.
    ///
    /// Errors: [`CodecError::InvalidParameters`]; [`CodecError::Unsupported`] for more than eight
    /// channels and for ambisonics (families 2 and 3).
    pub fn parse(content: &[u8]) -> Result<Self, CodecError> {
        let early = || CodecError::parameters(WHAT, "it ends early");
        let (fixed, rest) = content.split_first_chunk::<11>().ok_or_else(early)?;
        let [version, channels, skip_0, skip_1, rate @ .., gain_0, gain_1, family] = *fixed;
        if version != 0 {
            let detail = format!("its version is {version}, and only 0 is known");
            return Err(CodecError::parameters(WHAT, detail));
        }
        let mut configuration = Self {
            channels,
            pre_skip: u16::from_be_bytes([skip_0, skip_1]),
            input_rate: u32::from_be_bytes(rate),
            gain_q8_db: i16::from_be_bytes([gain_0, gain_1]),
            family,
            streams: 1,
            coupled: channels.saturating_sub(1),
            mapping: [0, 1, 0, 0, 0, 0, 0, 0],
        };
        if usize::from(channels) > MAX_CHANNELS && matches!(family, 1 | 255) {
            return Err(unsupported(format!("Opus with {channels} channels")));
        }
        match family {
            0 => {
                configuration.mapping[1] = u8::from(channels == 2);
            }
            1 | 255 => {
                let ([streams, coupled], table) =
                    rest.split_first_chunk::<2>().ok_or_else(early)?;
                let table = table.get(..usize::from(channels)).ok_or_else(early)?;
                configuration.streams = *streams;
                configuration.coupled = *coupled;
                configuration.mapping = [0; MAX_CHANNELS];
                configuration.mapping[..table.len()].copy_from_slice(table);
            }
            other => return Err(unsupported(format!("Opus with channel mapping family {other}"))),
        }
        configuration.check()?;
        Ok(configuration)
    }

    /// The content of a `dOps` box.
    ///
    /// Errors: [`CodecError::InvalidParameters`] if the numbers contradict each other.
    pub fn to_bytes(&self) -> Result<Vec<u8>, CodecError> {
        self.check()?;
        let mut out = vec![0, self.channels];
        out.extend_from_slice(&self.pre_skip.to_be_bytes());
        out.extend_from_slice(&self.input_rate.to_be_bytes());
        out.extend_from_slice(&self.gain_q8_db.to_be_bytes());
        out.push(self.family);
        if self.family != 0 {
            out.push(self.streams);
            out.push(self.coupled);
            out.extend_from_slice(&self.mapping[..usize::from(self.channels)]);
        }
        Ok(out)
    }

    /// Which channel is which after reordering.
    pub fn layout(&self) -> ChannelLayout {
        if self.family == 255 {
            ChannelLayout::Unknown
        } else {
            layout_of(usize::from(self.channels))
        }
    }

    fn check(&self) -> Result<(), CodecError> {
        let most = match self.family {
            0 => 2,
            _ => MAX_CHANNELS as u8,
        };
        let decoded = u16::from(self.streams) + u16::from(self.coupled);
        let fault = if !(1..=most).contains(&self.channels) {
            "its number of channels does not fit its mapping family"
        } else if self.streams == 0 || self.coupled > self.streams || decoded > 255 {
            "its numbers of streams contradict each other"
        } else if self.mapping[..usize::from(self.channels)]
            .iter()
            .any(|channel| *channel != 255 && u16::from(*channel) >= decoded)
        {
            "its channel mapping points to a channel that no stream has"
        } else {
            return Ok(());
        };
        Err(CodecError::parameters(WHAT, fault))
    }
}

fn unsupported(what: String) -> CodecError {
    CodecError::Unsupported { what, role: Role::Decoder, way_out: CONVERT_AUDIO }
}
