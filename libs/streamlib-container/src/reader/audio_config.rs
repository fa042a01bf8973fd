//! The start of an AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1): rate and channels.

/// SamplingFrequencyIndex 0 to 12, ISO/IEC 14496-3 table 1.18.
const RATES: [u32; 13] = [
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
    7_350,
];

/// What a container needs to know of an AAC stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AudioConfig {
    /// Rate of the decoder's output in Hz.
    pub(super) sample_rate: u32,
    /// Channels; `None` where a program config element in the stream says.
    pub(super) channels: Option<u16>,
}

/// Reads `config`; `None` when it is too short or uses reserved values.
pub(super) fn read(config: &[u8]) -> Option<AudioConfig> {
    let mut bits = Bits { bytes: config, position: 0 };
    let object_type = read_object_type(&mut bits)?;
    let mut sample_rate = read_rate(&mut bits)?;
    let channels = match bits.take(4)? {
        0 => None,
        count @ 1..=6 => Some(count as u16),
        7 | 12 | 14 => Some(8),
        11 => Some(7),
        _ => return None,
    };
    // Spectral band replication signalled up front: the second rate is that of the output.
    if matches!(object_type, 5 | 29) {
        sample_rate = read_rate(&mut bits)?;
    }
    Some(AudioConfig { sample_rate, channels })
}

fn read_object_type(bits: &mut Bits<'_>) -> Option<u32> {
    match bits.take(5)? {
        31 => Some(32 + bits.take(6)?),
        object_type => Some(object_type),
    }
}

fn read_rate(bits: &mut Bits<'_>) -> Option<u32> {
    match bits.take(4)? {
        15 => bits.take(24).filter(|rate| *rate > 0),
        index => RATES.get(index as usize).copied(),
    }
}

struct Bits<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl Bits<'_> {
    /// The next `count` bits, at most 32, most significant first.
    fn take(&mut self, count: usize) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            let byte = self.bytes.get(self.position / 8)?;
            value = value << 1 | u32::from(byte >> (7 - self.position % 8) & 1);
            self.position += 1;
        }
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(config: &[u8], expected: Option<(u32, Option<u16>)>) {
        let read = read(config).map(|config| (config.sample_rate, config.channels));
        assert_eq!(read, expected, "{config:02x?}");
    }

    #[test]
    fn configurations() {
        check(&[0x12, 0x10], Some((44_100, Some(2)))); // LC, stereo
        check(&[0x11, 0xb0], Some((48_000, Some(6)))); // LC, 5.1
        check(&[0x11, 0x80], Some((48_000, None))); // LC, program config element
        check(&[0x2b, 0x92, 0x08, 0x00], Some((44_100, Some(2)))); // HE-AAC, 22.05 to 44.1 kHz
        check(&[0x17, 0x80, 0x5d, 0xc0, 0x10], Some((48_000, Some(2)))); // explicit rate
        check(&[0x12], None);
        check(&[], None);
        check(&[0x16, 0x90], None); // reserved rate index 13
    }
}
