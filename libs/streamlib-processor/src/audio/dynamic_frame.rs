//! One sample of every channel as a value, for code that treats any number of channels alike.

use streamlib_abi::media::MAX_CHANNELS;

/// One sample of each of 1 to 8 channels. Arithmetic goes channel by channel; the other side's
/// missing channels count as silence, and its surplus channels are left out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DynamicFrame {
    samples: [f32; MAX_CHANNELS],
    channels: u8,
}

impl DynamicFrame {
    /// Silence on `channels` channels, at most 8.
    pub fn silence(channels: usize) -> Self {
        Self { samples: [0.0; MAX_CHANNELS], channels: channels.min(MAX_CHANNELS) as u8 }
    }

    /// The first 8 of `samples`, one a channel.
    pub fn from_samples(samples: &[f32]) -> Self {
        let mut frame = Self::silence(samples.len());
        frame.samples.iter_mut().zip(samples).for_each(|(to, from)| *to = *from);
        frame
    }

    /// The samples, one a channel.
    pub fn samples(&self) -> &[f32] {
        &self.samples[..self.channels as usize]
    }

    /// How many channels there are.
    pub fn channels(&self) -> usize {
        self.channels.into()
    }

    /// Each channel times `gain`.
    #[must_use]
    pub fn scaled(mut self, gain: f32) -> Self {
        self.samples.iter_mut().for_each(|sample| *sample *= gain);
        self
    }
}

impl std::ops::Add for DynamicFrame {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        let count = self.channels as usize;
        let pairs = self.samples[..count].iter_mut().zip(&other.samples);
        pairs.for_each(|(sample, other)| *sample += *other);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_added_one_by_one() {
        let stereo = DynamicFrame::from_samples(&[0.5, -0.5]);
        let three = DynamicFrame::from_samples(&[0.25, 0.25, 1.0]);
        assert_eq!((stereo + three.scaled(2.0)).samples(), [1.0, 0.0]);
        assert_eq!((three + stereo).samples(), [0.75, -0.25, 1.0]);
        assert_eq!(DynamicFrame::silence(99).channels(), MAX_CHANNELS);
    }
}
