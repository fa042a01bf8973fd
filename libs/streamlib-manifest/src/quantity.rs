//! Durations (`200ms`) and sizes (`64MiB`): a decimal number and a unit.
//!
//! The unit is always written: a bare number is refused, because nobody remembers which unit it
//! would be. Values that are not whole nanoseconds or whole bytes are refused, never rounded.

use std::time::Duration;

use crate::error::{ManifestError, excerpt};

/// Units of a duration with their nanoseconds, largest first.
const DURATION_UNITS: &[(&str, u128)] = &[
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

/// Units of a size with their bytes, in the order in which a size is written.
const SIZE_UNITS: &[(&str, u128)] = &[
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("B", 1),
];

/// Regular expression of a duration, for the JSON Schema.
pub(crate) const DURATION_PATTERN: &str = "^[0-9]+([.][0-9]+)?(ns|us|ms|s|m|h)$";
/// Regular expression of a size, for the JSON Schema.
pub(crate) const SIZE_PATTERN: &str = "^[0-9]+([.][0-9]+)?(B|kB|MB|GB|KiB|MiB|GiB)$";

/// Reads a duration such as `200ms`, `5s` or `1.5h`; up to [`u64::MAX`] nanoseconds (584 years).
///
/// # Errors
/// [`ManifestError::InvalidDuration`] for another form, a fraction of a nanosecond, or too long.
pub fn parse_duration(text: &str) -> Result<Duration, ManifestError> {
    parse_quantity(text, DURATION_UNITS)
        .map(Duration::from_nanos)
        .ok_or_else(|| ManifestError::InvalidDuration { text: excerpt(text) })
}

/// Writes a duration in the largest unit that needs no fraction, so that [`parse_duration`]
/// gives it back. Durations beyond [`u64::MAX`] nanoseconds are written as that.
#[must_use]
pub fn format_duration(duration: Duration) -> String {
    let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
    let units = if nanos == 0 { &DURATION_UNITS[2..3] } else { DURATION_UNITS };
    format_quantity(nanos, units)
}

/// Reads a size such as `64MiB` or `1.5GB` in bytes.
///
/// # Errors
/// [`ManifestError::InvalidSize`] for another form, a fraction of a byte, or more than
/// [`u64::MAX`] bytes.
pub fn parse_size(text: &str) -> Result<u64, ManifestError> {
    parse_quantity(text, SIZE_UNITS)
        .ok_or_else(|| ManifestError::InvalidSize { text: excerpt(text) })
}

/// Writes a number of bytes in the largest binary unit that needs no fraction, else the largest
/// decimal one, so that [`parse_size`] gives it back.
#[must_use]
pub fn format_size(bytes: u64) -> String {
    let units = if bytes == 0 { &SIZE_UNITS[6..] } else { SIZE_UNITS };
    format_quantity(bytes, units)
}

fn parse_quantity(text: &str, units: &[(&str, u128)]) -> Option<u64> {
    let unit_at = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(unit_at);
    let &(_, scale) = units.iter().find(|(name, _)| *name == unit)?;
    let (whole, fraction) = match number.split_once('.') {
        Some((whole, fraction)) if is_digits(fraction) => (whole, fraction),
        Some(_) => return None,
        None => (number, ""),
    };
    // Twenty digits hold any u64; without the limit the scaled sums below could overflow.
    if !is_digits(whole) || whole.len() > 20 || fraction.len() > 12 {
        return None;
    }
    let denominator = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    let fraction: u128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let scaled_fraction = fraction * scale;
    if !scaled_fraction.is_multiple_of(denominator) {
        return None;
    }
    let whole: u128 = whole.parse().ok()?;
    u64::try_from(whole.checked_mul(scale)? + scaled_fraction / denominator).ok()
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn format_quantity(amount: u64, units: &[(&str, u128)]) -> String {
    let amount = u128::from(amount);
    let exact = units.iter().find(|(_, scale)| amount.is_multiple_of(*scale));
    let (unit, scale) = exact.copied().unwrap_or(("", 1));
    format!("{}{unit}", amount / scale)
}
