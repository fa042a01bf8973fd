//! What each output channel takes of each input channel when the layout of loudspeakers changes.
//!
//! Down-mixing follows Recommendation ITU-R BS.775-3 (08/2012), annex 4, table 2: a channel whose
//! loudspeaker is missing goes to its neighbours. 5.1 to stereo, for one, is
//!
//! ```text
//! L = FL + 0.7071 FC + 0.7071 BL      R = FR + 0.7071 FC + 0.7071 BR      (LFE is left out)
//! ```
//!
//! | missing | goes to the first of these that the output has |
//! |---|---|
//! | FC | FL and FR at 0.7071 each |
//! | FL or FR | FC at 0.7071 |
//! | BL or BR | the side at 1 if the input has no side channels; BC, else the side, else the front channel of its hand, at 0.7071 |
//! | SL or SR | the back at 1 if the input has no back pair; the back, else BC, else the front channel of its hand, at 0.7071 |
//! | BC | BL and BR, else SL and SR, at 0.7071 each; else FL and FR at 0.5 each |
//! | LFE | nothing: the recommendation leaves it out of every down-mix |
//!
//! The table of the recommendation knows 1 to 5 channels; the rows for 6.1 and 7.1 apply its two
//! constants in the same way: two channels into one place, or one into two, at 0.7071 each (equal
//! power). Nothing is invented upwards: a loudspeaker that no input channel goes to stays silent;
//! mono to stereo gives 0.7071 on both sides, as the centre does in every down-mix.
//!
//! *Normalised* means: all coefficients are divided by the greatest sum of a row, if that is over
//! 1. Input within full scale then cannot go over it, and the balance of channels stays.

use std::f32::consts::FRAC_1_SQRT_2;

use streamlib_processor::abi::media::{ChannelLayout, MAX_CHANNELS, Speaker};

use crate::{AudioChannelCount, Error};

/// Coefficients, a row for each output channel and a column for each input channel.
#[derive(Debug, Clone, PartialEq)]
pub struct MixMatrix {
    rows: [[f32; MAX_CHANNELS]; MAX_CHANNELS],
    inputs: AudioChannelCount,
    outputs: AudioChannelCount,
}

impl MixMatrix {
    /// The matrix from one layout to another, as the table above says. With `normalise`, input
    /// within full scale cannot go over it.
    ///
    /// # Errors
    /// A layout is [`ChannelLayout::Unknown`], which has no loudspeakers; see
    /// [`ChannelLayout::default_for`].
    pub fn between(from: ChannelLayout, to: ChannelLayout, normalise: bool) -> Result<Self, Error> {
        let (source, target) = (from.speakers(), to.speakers());
        let mut matrix = Self {
            rows: Default::default(),
            inputs: AudioChannelCount::try_from(source.len() as u32)?,
            outputs: AudioChannelCount::try_from(target.len() as u32)?,
        };
        for (column, &speaker) in source.iter().enumerate() {
            spread(speaker, 1.0, source, target, &mut |row, gain| matrix.rows[row][column] += gain);
        }
        if normalise {
            matrix.normalise();
        }
        Ok(matrix)
    }

    /// A matrix of one's own for output of `layout`, taken as it is.
    ///
    /// # Errors
    /// There are not as many rows as output channels, rows differ in length, or there are not 1 to
    /// 8 numbers in a row.
    pub fn custom(rows: &[Vec<f64>], layout: ChannelLayout) -> Result<Self, Error> {
        let expected = layout.speakers().len();
        let columns = rows.first().map_or(0, Vec::len);
        if rows.len() != expected || rows.iter().any(|row| row.len() != columns) {
            let mut lengths: Vec<_> = rows.iter().map(|row| row.len().to_string()).collect();
            if rows.iter().all(|row| row.len() == columns) {
                lengths.truncate(1);
            }
            let columns = lengths.join(", ");
            return Err(Error::MatrixShape { rows: rows.len(), columns, layout, expected });
        }
        let mut matrix = Self {
            rows: Default::default(),
            inputs: AudioChannelCount::try_from(u32::try_from(columns).unwrap_or(u32::MAX))?,
            outputs: AudioChannelCount::try_from(expected as u32)?,
        };
        for (to, from) in matrix.rows.iter_mut().zip(rows) {
            to.iter_mut().zip(from).for_each(|(to, from)| *to = *from as f32);
        }
        Ok(matrix)
    }

    /// Divides by the greatest sum of a row's absolute coefficients, if that is over 1.
    fn normalise(&mut self) {
        let sums = self.rows.iter().map(|row| row.iter().map(|gain| gain.abs()).sum::<f32>());
        let greatest = sums.fold(1.0, f32::max);
        self.rows.iter_mut().flatten().for_each(|gain| *gain /= greatest);
    }

    /// Channels of the input.
    pub fn inputs(&self) -> AudioChannelCount {
        self.inputs
    }

    /// Channels of the output.
    pub fn outputs(&self) -> AudioChannelCount {
        self.outputs
    }

    /// What output channel `output` takes of each input channel.
    pub fn row(&self, output: usize) -> &[f32] {
        match self.rows.get(output) {
            Some(row) if output < self.outputs.get() => &row[..self.inputs.get()],
            _ => &[],
        }
    }

    /// Mixes interleaved samples: as many frames as both slices have.
    pub fn apply(&self, input: &[f32], output: &mut [f32]) {
        let frames = input.chunks_exact(self.inputs.get());
        for (from, to) in frames.zip(output.chunks_exact_mut(self.outputs.get())) {
            for (sample, row) in to.iter_mut().zip(&self.rows) {
                *sample = from.iter().zip(row).map(|(sample, gain)| sample * gain).sum();
            }
        }
    }
}

/// Gives each output channel that takes of `speaker` its share, as the table above says.
fn spread(
    speaker: Speaker,
    gain: f32,
    source: &[Speaker],
    target: &[Speaker],
    give: &mut impl FnMut(usize, f32),
) {
    use Speaker::{
        BackCenter, BackLeft, BackRight, FrontCenter, FrontLeft, FrontLeftOfCenter, FrontRight,
        FrontRightOfCenter, LowFrequency, SideLeft, SideRight,
    };
    if let Some(row) = target.iter().position(|candidate| *candidate == speaker) {
        return give(row, gain);
    }
    let has = |speaker| target.contains(&speaker);
    let half = FRAC_1_SQRT_2;
    // Where a surround channel goes: `other` is the back for a side channel and the side for a
    // back channel, `order` the places where it goes at equal power.
    let surround = |other: Speaker, front: Speaker, order: [Speaker; 2]| {
        if has(other) && !source.contains(&other) {
            return (other, 1.0);
        }
        (order.into_iter().find(|place| has(*place)).unwrap_or(front), half)
    };
    let shares = match speaker {
        LowFrequency => return,
        FrontCenter => [(FrontLeft, half), (FrontRight, half)],
        FrontLeft | FrontRight => [(FrontCenter, half), (FrontCenter, 0.0)],
        FrontLeftOfCenter => [(FrontLeft, half), (FrontCenter, half)],
        FrontRightOfCenter => [(FrontRight, half), (FrontCenter, half)],
        BackLeft => [surround(SideLeft, FrontLeft, [BackCenter, SideLeft]), (FrontLeft, 0.0)],
        BackRight => [surround(SideRight, FrontRight, [BackCenter, SideRight]), (FrontRight, 0.0)],
        SideLeft => [surround(BackLeft, FrontLeft, [BackLeft, BackCenter]), (FrontLeft, 0.0)],
        SideRight => [surround(BackRight, FrontRight, [BackRight, BackCenter]), (FrontRight, 0.0)],
        BackCenter if has(BackLeft) && has(BackRight) => [(BackLeft, half), (BackRight, half)],
        BackCenter if has(SideLeft) && has(SideRight) => [(SideLeft, half), (SideRight, half)],
        BackCenter => [(FrontLeft, 0.5), (FrontRight, 0.5)],
    };
    // Front channels end the recursion: every layout has the front pair or the centre.
    for (next, share) in shares.into_iter().filter(|(_, share)| *share > 0.0) {
        spread(next, gain * share, source, target, give);
    }
}

#[cfg(test)]
mod tests;
