//! The four-character codes that name boxes and sample entries (ISO/IEC 14496-12, 4.2).

use core::fmt;

/// A four-character code, such as `moov` or `avc1`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FourCc(pub [u8; 4]);

impl FourCc {
    /// The code at the start of `bytes`, or `None` when there are fewer than four.
    pub fn from_prefix(bytes: &[u8]) -> Option<Self> {
        bytes.first_chunk::<4>().map(|code| Self(*code))
    }
}

/// Printable characters as they are, every other byte as `\xNN`: the name can stand in a message.
impl fmt::Display for FourCc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

impl fmt::Debug for FourCc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{self}'")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_printable() {
        for (code, shown) in [(*b"moov", "moov"), (*b"\xa9nam", "\\xa9nam"), (*b"url ", "url ")] {
            assert_eq!(FourCc(code).to_string(), shown);
        }
    }
}
