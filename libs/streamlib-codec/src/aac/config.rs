//! `AudioSpecificConfig`: the parameters of an AAC stream, ISO/IEC 14496-3 clause 1.6.2.

use streamlib_abi::media::ChannelLayout;

use crate::error::CodecError;

const WHAT: &str = "AudioSpecificConfig";

/// Table 1.18, `samplingFrequencyIndex` 0 to 12.
pub(super) const SAMPLE_RATES: [u32; 13] = [
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
    7_350,
];

/// `audioObjectType`: which tools the stream uses, table 1.17.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AacObject {
    /// AAC Main.
    Main,
    /// AAC Low Complexity, what nearly every file holds.
    LowComplexity,
    /// AAC Scalable Sample Rate.
    ScalableSampleRate,
    /// AAC Long Term Prediction.
    LongTermPrediction,
    /// Error resilient AAC Low Delay.
    LowDelay,
    /// Any other number.
    Other(u8),
}

impl AacObject {
    const fn from_number(number: u8) -> Self {
        match number {
            1 => Self::Main,
            2 => Self::LowComplexity,
            3 => Self::ScalableSampleRate,
            4 => Self::LongTermPrediction,
            23 => Self::LowDelay,
            other => Self::Other(other),
        }
    }

    pub(super) const fn number(self) -> u8 {
        match self {
            Self::Main => 1,
            Self::LowComplexity => 2,
            Self::ScalableSampleRate => 3,
            Self::LongTermPrediction => 4,
            Self::LowDelay => 23,
            Self::Other(number) => number,
        }
    }

    /// Its name in messages.
    pub fn name(self) -> String {
        match self {
            Self::Main => "AAC Main".to_owned(),
            Self::LowComplexity => "AAC-LC".to_owned(),
            Self::ScalableSampleRate => "AAC Scalable Sample Rate".to_owned(),
            Self::LongTermPrediction => "AAC Long Term Prediction".to_owned(),
            Self::LowDelay => "AAC Low Delay".to_owned(),
            Self::Other(39) => "AAC Enhanced Low Delay".to_owned(),
            Self::Other(42) => "xHE-AAC (USAC)".to_owned(),
            Self::Other(number) => format!("MPEG-4 audio object type {number}"),
        }
    }
}

/// The parameters of an AAC stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AudioSpecificConfig {
    /// The tools of the core.
    pub object: AacObject,
    /// Samples a second of the core, in each channel.
    pub core_rate: u32,
    /// `channelConfiguration`, 0 to 15; 0 means that a program config element says it.
    pub channel_configuration: u8,
    /// Samples of a packet of the core, in each channel: 1024 or 960, 512 or 480 for low delay.
    pub core_frames: u32,
    /// Samples a second that spectral band replication (HE-AAC) makes of it; `None` if the
    /// parameters do not announce it. Packets may still carry it.
    pub extension_rate: Option<u32>,
    /// Parametric stereo (HE-AAC v2): a mono core becomes stereo.
    pub parametric_stereo: bool,
}

impl AudioSpecificConfig {
    /// Plain AAC-LC with 1024 samples a packet.
    pub const fn low_complexity(sample_rate: u32, channel_configuration: u8) -> Self {
        Self {
            object: AacObject::LowComplexity,
            core_rate: sample_rate,
            channel_configuration,
            core_frames: 1024,
            extension_rate: None,
            parametric_stereo: false,
        }
    }

    /// Reads the parameters.
    ///
    /// Errors: [`CodecError::InvalidParameters`].
    pub fn parse(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut bits = Bits { bytes, at: 0 };
        let config =
            read(&mut bits).ok_or_else(|| CodecError::parameters(WHAT, "it ends early"))?;
        if config.core_rate == 0 || config.extension_rate == Some(0) {
            return Err(CodecError::parameters(WHAT, "its sample rate is a reserved number"));
        }
        Ok(config)
    }

    /// The parameters as bytes, with replication announced the explicit way.
    ///
    /// Errors: [`CodecError::InvalidParameters`] with channel configuration 0 (the program config
    /// element is not kept) or above 15, a rate of 2^24 or more, or an object that has other
    /// parameters than the general audio ones.
    pub fn to_bytes(&self) -> Result<Vec<u8>, CodecError> {
        let known = matches!(self.object.number(), 1..=4 | 23);
        let rates = [self.core_rate, self.extension_rate.unwrap_or(1)];
        if !known
            || !(1..=15).contains(&self.channel_configuration)
            || rates.iter().any(|rate| !(1..1 << 24).contains(rate))
        {
            return Err(CodecError::parameters(WHAT, "these parameters cannot be written"));
        }
        let mut out = BitVec::default();
        match self.extension_rate {
            Some(rate) => {
                out.push(if self.parametric_stereo { 29 } else { 5 }, 5);
                out.push_rate(self.core_rate);
                out.push(self.channel_configuration.into(), 4);
                out.push_rate(rate);
                out.push(self.object.number().into(), 5);
            }
            None => {
                out.push(self.object.number().into(), 5);
                out.push_rate(self.core_rate);
                out.push(self.channel_configuration.into(), 4);
            }
        }
        out.push(u32::from(matches!(self.core_frames, 960 | 480)), 1);
        out.push(0, 1); // dependsOnCoreCoder
        let resilient = self.object == AacObject::LowDelay;
        out.push(u32::from(resilient), 1); // extensionFlag
        if resilient {
            out.push(0, 4); // three resilience flags, extensionFlag3
            out.push(0, 2); // epConfig
        }
        Ok(out.bytes)
    }

    /// Frames a second that come out, as far as the parameters tell.
    pub fn output_rate(&self) -> u32 {
        self.extension_rate.unwrap_or(self.core_rate)
    }

    /// Channels that come out, as far as the parameters tell; `None` if a program config element
    /// says it.
    pub const fn channels(&self) -> Option<usize> {
        match self.channel_configuration {
            1 if self.parametric_stereo => Some(2),
            count @ 1..=6 => Some(count as usize),
            7 | 12 | 14 => Some(8),
            11 => Some(7),
            _ => None,
        }
    }
}

/// The layout of a `channelConfiguration`, table 1.19; unknown for those that this crate does not
/// name. Number 7 is read as side speakers, as players do, not as "outside front".
pub const fn channel_configuration_layout(number: u8) -> ChannelLayout {
    match number {
        1 => ChannelLayout::Mono,
        2 => ChannelLayout::Stereo,
        3 => ChannelLayout::Surround30,
        4 => ChannelLayout::Surround40,
        5 => ChannelLayout::Surround50,
        6 => ChannelLayout::Surround51,
        7 => ChannelLayout::Surround71,
        _ => ChannelLayout::Unknown,
    }
}

fn read(bits: &mut Bits<'_>) -> Option<AudioSpecificConfig> {
    let mut object = read_object(bits)?;
    let core_rate = read_rate(bits)?;
    let channel_configuration = u8::try_from(bits.take(4)?).ok()?;
    let mut extension_rate = None;
    let parametric_stereo = object == 29;
    let explicit = matches!(object, 5 | 29);
    if explicit {
        extension_rate = Some(read_rate(bits)?);
        object = read_object(bits)?;
    }
    let mut config = AudioSpecificConfig {
        object: AacObject::from_number(object),
        core_rate,
        channel_configuration,
        core_frames: 1024,
        extension_rate,
        parametric_stereo,
    };
    if !matches!(object, 1..=4 | 6 | 7 | 17 | 19..=23) {
        return Some(config);
    }
    let short = bits.take(1)? == 1;
    config.core_frames = match (object, short) {
        (23, false) => 512,
        (23, true) => 480,
        (_, false) => 1024,
        (_, true) => 960,
    };
    if bits.take(1)? == 1 {
        bits.take(14)?; // coreCoderDelay
    }
    let _extension_flag = bits.take(1)?;
    // Behind a program config element nothing is looked for: it is read by the decoder.
    if !explicit && channel_configuration != 0 && object == 2 {
        read_backward_compatible(bits, &mut config);
    }
    Some(config)
}

/// The announcement of replication that older decoders pass over. It may be missing.
fn read_backward_compatible(bits: &mut Bits<'_>, config: &mut AudioSpecificConfig) -> Option<()> {
    if bits.take(11)? == 0x2b7 && read_object(bits)? == 5 && bits.take(1)? == 1 {
        config.extension_rate = Some(read_rate(bits)?);
        if bits.take(11)? == 0x548 {
            config.parametric_stereo = bits.take(1)? == 1;
        }
    }
    Some(())
}

fn read_object(bits: &mut Bits<'_>) -> Option<u8> {
    let number = bits.take(5)?;
    let number = if number == 31 { 32 + bits.take(6)? } else { number };
    u8::try_from(number).ok()
}

/// Zero for reserved numbers.
fn read_rate(bits: &mut Bits<'_>) -> Option<u32> {
    match bits.take(4)? {
        15 => bits.take(24),
        index => Some(SAMPLE_RATES.get(index as usize).copied().unwrap_or(0)),
    }
}

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            let byte = *self.bytes.get(self.at / 8)?;
            value = value << 1 | u32::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(value)
    }
}

#[derive(Default)]
struct BitVec {
    bytes: Vec<u8>,
    used: u32,
}

impl BitVec {
    fn push(&mut self, value: u32, count: u32) {
        for bit in (0..count).rev() {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut() {
                *last |= ((value >> bit & 1) as u8) << (7 - self.used % 8);
            }
            self.used += 1;
        }
    }

    fn push_rate(&mut self, rate: u32) {
        match SAMPLE_RATES.iter().position(|known| *known == rate) {
            Some(index) => self.push(index as u32, 4),
            None => {
                self.push(15, 4);
                self.push(rate, 24);
            }
        }
    }
}
