//! Chords by name, tones without a step in their phase, and beeps at exact samples.

use std::f64::consts::TAU;

use crate::Error;

/// Frequency of the beeps, Hz.
pub const BEEP_HZ: u32 = 1_000;

/// The qualities of chords: their names and the semitones above the root.
const QUALITIES: &[(&[&str], &[i32])] = &[
    (&["", "major", "maj", "M"], &[0, 4, 7]),
    (&["minor", "min", "m"], &[0, 3, 7]),
    (&["dim"], &[0, 3, 6]),
    (&["aug"], &[0, 4, 8]),
    (&["sus2"], &[0, 2, 7]),
    (&["sus4"], &[0, 5, 7]),
    (&["7"], &[0, 4, 7, 10]),
    (&["maj7", "M7"], &[0, 4, 7, 11]),
    (&["min7", "m7"], &[0, 3, 7, 10]),
];

/// The frequencies of a chord, Hz, lowest first, in equal temperament with A4 at 440 Hz. A name is
/// a note (`C`, `F#`, `Bb`), an octave (0 to 8; 4 if it is left out; C4 is the middle C) and a
/// quality: `major` or nothing, `minor`, `dim`, `aug`, `sus2`, `sus4`, `7`, `maj7`, `min7`. A digit
/// right after the note is an octave; `A4 7` or `A 7` is a seventh chord.
///
/// # Errors
/// It is not such a name.
pub fn chord_frequencies(name: &str) -> Result<Vec<f64>, Error> {
    parse(name.trim()).ok_or_else(|| Error::UnknownChord(name.to_owned()))
}

fn parse(name: &str) -> Option<Vec<f64>> {
    let mut rest = name.chars();
    let natural = match rest.next()? {
        'C' => 0,
        'D' => 2,
        'E' => 4,
        'F' => 5,
        'G' => 7,
        'A' => 9,
        'B' => 11,
        _ => return None,
    };
    let mut accidental = 0;
    if let Some(sign) = rest.as_str().chars().next().filter(|sign| matches!(sign, '#' | 'b')) {
        accidental = if sign == '#' { 1 } else { -1 };
        rest.next();
    }
    let octave = rest.as_str().chars().next().and_then(|digit| digit.to_digit(10));
    if octave.is_some() {
        rest.next();
    }
    let octave = i32::try_from(octave.unwrap_or(4)).ok().filter(|octave| *octave <= 8)?;
    let quality = rest.as_str().trim();
    let (_, steps) = QUALITIES.iter().find(|(names, _)| names.contains(&quality))?;
    let above_a4 = natural + accidental + 12 * (octave - 4) - 9;
    let hz = |step: &i32| 440.0 * (f64::from(above_a4 + step) / 12.0).exp2();
    Some(steps.iter().map(hz).collect())
}

/// Some sine tones that go on without a step, whatever the sizes of blocks.
#[derive(Debug, Clone, Default)]
pub struct Tones {
    /// Of each tone: cycles a sample, and the position in the cycle, 0 to 1.
    tones: Vec<(f64, f64)>,
}

impl Tones {
    /// Sets the frequencies, Hz. A tone goes on from where the one in its place was.
    pub fn set(&mut self, frequencies: &[f64], sample_rate: u32) {
        self.tones.resize(frequencies.len(), (0.0, 0.0));
        for ((step, _), hz) in self.tones.iter_mut().zip(frequencies) {
            *step = hz / f64::from(sample_rate);
        }
    }

    /// The next sample: the mean of all tones, so that it stays within -1 to 1. Silence if there
    /// are none.
    pub fn next_sample(&mut self) -> f64 {
        let count = self.tones.len().max(1) as f64;
        let mut sum = 0.0;
        for (step, phase) in &mut self.tones {
            sum += (TAU * *phase).sin();
            *phase = (*phase + *step).fract();
        }
        sum / count
    }
}

/// Beeps that start at exact samples: number `k` at sample `k * every_ms * sample_rate / 1000`,
/// rounded to nearest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beeps {
    /// Time from the start of one beep to the start of the next, ms.
    pub every_ms: u64,
    /// Length of a beep, ms.
    pub length_ms: u64,
    /// Samples a second.
    pub sample_rate: u32,
}

impl Beeps {
    /// Where beep number `k` starts, samples.
    pub fn start(&self, k: u64) -> u64 {
        let scaled = u128::from(k) * u128::from(self.every_ms) * u128::from(self.sample_rate);
        u64::try_from((scaled + 500) / 1_000).unwrap_or(u64::MAX)
    }

    /// Sample `index` of the beeps; `None` between two of them. A beep starts at phase 0, so its
    /// second sample is the first that is not silence.
    pub fn sample(&self, index: u64) -> Option<f64> {
        let period = u128::from(self.every_ms.max(1)) * u128::from(self.sample_rate.max(1));
        let k = u64::try_from((u128::from(index) * 1_000 + 499) / period).ok()?;
        let since = index.checked_sub(self.start(k))?;
        let length = u128::from(self.length_ms) * u128::from(self.sample_rate) / 1_000;
        let rate = u64::from(self.sample_rate.max(1));
        (u128::from(since) < length).then(|| {
            let phase = since * u64::from(BEEP_HZ) % rate;
            (TAU * phase as f64 / rate as f64).sin()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, expect: &[f64]) {
        let found = chord_frequencies(name).unwrap();
        let close = found.iter().zip(expect).all(|(found, expect)| (found - expect).abs() < 0.01);
        assert!(close && found.len() == expect.len(), "{name}: {found:?}");
    }

    #[test]
    fn chords_have_their_frequencies() {
        check("A4", &[440.0, 554.37, 659.26]);
        check("A", &[440.0, 554.37, 659.26]);
        check("C4 major", &[261.63, 329.63, 392.0]);
        check("C minor", &[261.63, 311.13, 392.0]);
        check("F#3 m7", &[185.0, 220.0, 277.18, 329.63]);
        check("Bb dim", &[466.16, 554.37, 659.26]);
        check("A4 7", &[440.0, 554.37, 659.26, 783.99]);
    }

    #[test]
    fn what_is_no_chord_is_refused() {
        for name in ["", "H", "c", "C major7", "C9", "C#b", "Cmajor minor", "C-1"] {
            let error = chord_frequencies(name).unwrap_err();
            assert!(matches!(&error, Error::UnknownChord(text) if text == name), "{name}");
        }
    }

    #[test]
    fn tones_do_not_exceed_full_scale_and_have_no_step() {
        let mut tones = Tones::default();
        tones.set(&[440.0, 660.0], 48_000);
        let mut last = 0.0;
        for n in 0..10_000 {
            if n == 5_000 {
                tones.set(&[220.0, 330.0], 48_000);
            }
            let sample = tones.next_sample();
            assert!(sample.abs() <= 1.0 && (sample - last).abs() < 0.08, "sample {n}");
            last = sample;
        }
        assert_eq!(Tones::default().next_sample(), 0.0);
    }

    #[test]
    fn beeps_start_at_exact_samples() {
        let beeps = Beeps { every_ms: 1_001, length_ms: 40, sample_rate: 44_100 };
        // The definition, sample by sample.
        let mut k = 0;
        for index in 0..400_000_u64 {
            if index >= beeps.start(k + 1) {
                k += 1;
            }
            let inside = index - beeps.start(k) < 1_764;
            assert_eq!(beeps.sample(index).is_some(), inside, "sample {index}");
        }
        assert_eq!(k, 9);
        assert_eq!(beeps.start(3_600), 158_918_760);
        assert_eq!(beeps.sample(beeps.start(7)), Some(0.0));
        assert!(beeps.sample(beeps.start(7) + 1) > Some(0.1));
    }
}
