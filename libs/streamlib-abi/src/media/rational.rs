//! Exact ratios: frame rates, sample aspect ratios. No float holds a time.

/// A ratio of two unsigned numbers. `0/0` means unknown, for a frame rate also variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(C)]
pub struct Rational {
    /// Numerator.
    pub num: u32,
    /// Denominator.
    pub den: u32,
}

impl Rational {
    /// Unknown or variable.
    pub const UNKNOWN: Self = Self { num: 0, den: 0 };

    /// `num / den` as given, not reduced.
    pub const fn new(num: u32, den: u32) -> Self {
        Self { num, den }
    }

    /// True unless the ratio is unknown, zero or infinite.
    pub const fn is_known(self) -> bool {
        self.num != 0 && self.den != 0
    }

    /// The same ratio in lowest terms.
    #[must_use]
    pub const fn reduced(self) -> Self {
        let (mut a, mut b) = (self.num, self.den);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        // `a` is the greatest common divisor, 0 only for 0/0.
        let divisor = if a == 0 { 1 } else { a };
        Self { num: self.num / divisor, den: self.den / divisor }
    }

    /// For a rate in frames a second: when frame `index` starts, ns, rounded to nearest.
    /// `None` if the rate is not known or the time does not fit.
    pub fn frame_start_ns(self, index: u64) -> Option<i64> {
        if !self.is_known() {
            return None;
        }
        let scaled = u128::from(index) * u128::from(self.den) * 1_000_000_000;
        let rate = u128::from(self.num);
        i64::try_from((scaled + rate / 2) / rate).ok()
    }
}

impl std::fmt::Display for Rational {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.num, self.den) {
            (_, 0) => f.write_str("unknown"),
            (num, 1) => write!(f, "{num}"),
            (num, den) => write!(f, "{num}/{den}"),
        }
    }
}
