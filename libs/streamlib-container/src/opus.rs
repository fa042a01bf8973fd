//! The one field of an Opus configuration that concerns time.

/// PreSkip of a `dOps` payload: samples at 48 kHz that a decoder puts out before the sound starts.
pub(crate) fn pre_skip(dops: &[u8]) -> u16 {
    match dops {
        [_, _, high, low, ..] => u16::from_be_bytes([*high, *low]),
        _ => 0,
    }
}
