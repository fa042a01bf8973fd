//! Sound with one tone a channel, and how near it comes back.

use std::f64::consts::TAU;

/// Tones that no two channels share.
pub(crate) const fn frequency_of(channel: usize) -> f64 {
    [440.0, 660.0, 550.0, 60.0, 880.0, 1_100.0, 770.0, 990.0][channel]
}

/// Interleaved sound, channel `n` with the tone of `tones[n]` (Hz) at a quarter of full scale.
pub(crate) fn mixed_tones(tones: &[f64], sample_rate: u32, frames: usize) -> Vec<f32> {
    (0..frames)
        .flat_map(|frame| {
            tones.iter().map(move |tone| {
                (0.25 * (TAU * tone * frame as f64 / f64::from(sample_rate)).sin()) as f32
            })
        })
        .collect()
}

/// Signal to noise ratio of one channel of interleaved sound, in dB.
pub(crate) fn snr_db(wanted: &[f32], got: &[f32], channels: usize, channel: usize) -> f64 {
    cross_snr_db(wanted, got, channels, channel, channel)
}

/// The same between channel `wanted_channel` of one and `got_channel` of the other.
pub(crate) fn cross_snr_db(
    wanted: &[f32],
    got: &[f32],
    channels: usize,
    wanted_channel: usize,
    got_channel: usize,
) -> f64 {
    let (mut signal, mut noise) = (0.0, 0.0);
    for (wanted, got) in wanted.chunks_exact(channels).zip(got.chunks_exact(channels)) {
        let (wanted, got) = (f64::from(wanted[wanted_channel]), f64::from(got[got_channel]));
        signal += wanted * wanted;
        noise += (wanted - got) * (wanted - got);
    }
    if noise == 0.0 { f64::INFINITY } else { 10.0 * (signal / noise).log10() }
}
