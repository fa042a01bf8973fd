//! A bit reader over a NAL unit's payload that skips emulation prevention bytes as it goes.

/// Reads bits, most significant first. Every read returns `None` at the end of the data and for
/// codes that no valid stream has.
#[derive(Debug, Clone)]
pub(super) struct BitReader<'a> {
    bytes: std::slice::Iter<'a, u8>,
    zeros: u32,
    current: u8,
    left: u32,
}

impl<'a> BitReader<'a> {
    /// Starts at the first byte after the NAL unit header.
    pub(super) fn new(payload: &'a [u8]) -> Self {
        Self { bytes: payload.iter(), zeros: 0, current: 0, left: 0 }
    }

    fn load(&mut self) -> Option<()> {
        let mut byte = *self.bytes.next()?;
        if self.zeros >= 2 && byte == 3 {
            // emulation_prevention_three_byte, H.264 clause 7.4.1
            self.zeros = 0;
            byte = *self.bytes.next()?;
        }
        self.zeros = if byte == 0 { self.zeros + 1 } else { 0 };
        self.current = byte;
        self.left = 8;
        Some(())
    }

    pub(super) fn flag(&mut self) -> Option<bool> {
        if self.left == 0 {
            self.load()?;
        }
        self.left -= 1;
        Some(self.current >> self.left & 1 == 1)
    }

    /// `u(count)`, `count` at most 32.
    pub(super) fn bits(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            value = value << 1 | u32::from(self.flag()?);
        }
        Some(value)
    }

    /// `ue(v)`, at most 2^32 - 2.
    pub(super) fn unsigned(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        let rest = self.bits(zeros)?;
        Some((1u32 << zeros) - 1 + rest)
    }

    /// `se(v)`.
    pub(super) fn signed(&mut self) -> Option<i32> {
        let code = i64::from(self.unsigned()?);
        let value = if code % 2 == 1 { (code + 1) / 2 } else { -(code / 2) };
        i32::try_from(value).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::BitReader;

    #[test]
    fn exponential_golomb_codes_follow_table_9_2() {
        // 1 010 011 00100 00101 00110 00111 -> 0 1 2 3 4 5 6
        let bytes = [0b1010_0110, 0b0100_0010, 0b1001_1000, 0b1110_0000];
        let mut reader = BitReader::new(&bytes);
        let codes: Vec<_> = (0..7).map_while(|_| reader.unsigned()).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6]);
        let mut reader = BitReader::new(&bytes);
        let codes: Vec<_> = (0..7).map_while(|_| reader.signed()).collect();
        assert_eq!(codes, [0, 1, -1, 2, -2, 3, -3]);
    }

    #[test]
    fn emulation_prevention_is_no_content() {
        let mut reader = BitReader::new(&[0, 0, 3, 1, 0, 0, 3]);
        assert_eq!(reader.bits(24), Some(1));
        assert_eq!(reader.bits(16), Some(0));
        assert_eq!(reader.bits(1), None);
    }

    #[test]
    fn endless_zeros_are_no_code() {
        assert_eq!(BitReader::new(&[0; 64]).unsigned(), None);
    }
}
