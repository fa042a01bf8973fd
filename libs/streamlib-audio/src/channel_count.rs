//! How many channels a frame of audio has, as a type.

use streamlib_processor::abi::media::MAX_CHANNELS;

use crate::Error;

/// A number of channels that a frame of audio can have: 1 to 8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AudioChannelCount(u8);

impl AudioChannelCount {
    /// One channel.
    pub const MONO: Self = Self(1);
    /// Two channels.
    pub const STEREO: Self = Self(2);

    /// The number as it indexes samples.
    pub const fn get(self) -> usize {
        self.0 as usize
    }
}

impl TryFrom<u32> for AudioChannelCount {
    type Error = Error;

    fn try_from(channels: u32) -> Result<Self, Error> {
        match u8::try_from(channels) {
            Ok(count) if (1..=MAX_CHANNELS).contains(&usize::from(count)) => Ok(Self(count)),
            _ => Err(Error::ChannelCount(channels)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_to_eight_channels() {
        let counts: Vec<_> = (0..300).filter_map(|n| AudioChannelCount::try_from(n).ok()).collect();
        assert_eq!(counts.iter().map(|c| c.get()).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(counts[..2], [AudioChannelCount::MONO, AudioChannelCount::STEREO]);
    }
}
