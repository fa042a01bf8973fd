//! How a stored picture is turned and stretched to be shown.

use streamlib_abi::media::{Orientation, Rational};

const ONE: i32 = 1 << 16;

/// The linear part (a, b, c, d) of the clockwise quarter turns 0 to 3, in a plane where y grows
/// downwards: a point (x, y) goes to (a x + c y, b x + d y).
const TURNS: [[i32; 4]; 4] =
    [[ONE, 0, 0, ONE], [0, ONE, -ONE, 0], [-ONE, 0, 0, -ONE], [0, -ONE, ONE, 0]];

fn linear_part(orientation: Orientation) -> [i32; 4] {
    let [a, b, c, d] = TURNS[usize::from(orientation.quarter_turns % 4)];
    if orientation.mirrored != 0 { [-a, -b, c, d] } else { [a, b, c, d] }
}

/// The 3 x 3 matrix of `tkhd` (ISO/IEC 14496-12, 8.3.2; 16.16 fixed point, third column 2.30) for
/// an orientation of a picture of this stored size; the translation brings it back into view.
pub(crate) fn matrix_of(orientation: Orientation, width: u16, height: u16) -> [i32; 9] {
    let [a, b, c, d] = linear_part(orientation);
    let (width, height) = (i32::from(width), i32::from(height));
    // The corner farthest to the left and top after the turn has to land on the origin.
    let shift = |along_x: i32, along_y: i32| {
        let reach = (along_x / ONE) * width;
        let other = (along_y / ONE) * height;
        (-(reach.min(0) + other.min(0))).saturating_mul(ONE)
    };
    [a, b, 0, c, d, 0, shift(a, c), shift(b, d), 1 << 30]
}

/// What [`matrix_of`] made, or `None` for a matrix that scales or shears. A matrix of zeros, which
/// some writers leave, counts as the identity; the translation is ignored.
pub(crate) fn from_matrix(matrix: &[i32; 9]) -> Option<Orientation> {
    let linear = [matrix[0], matrix[1], matrix[3], matrix[4]];
    if linear == [0; 4] {
        return Some(Orientation::default());
    }
    (0..4)
        .flat_map(|quarter_turns| [0, 1].map(|mirrored| Orientation { quarter_turns, mirrored }))
        .find(|orientation| linear_part(*orientation) == linear)
}

/// `width / height` in lowest terms, or unknown when either part is 0 or does not fit.
pub(crate) fn ratio(width: u64, height: u64) -> Rational {
    let divisor = greatest_common_divisor(width, height).max(1);
    match (u32::try_from(width / divisor), u32::try_from(height / divisor)) {
        (Ok(num @ 1..), Ok(den @ 1..)) => Rational::new(num, den),
        _ => Rational::UNKNOWN,
    }
}

/// Euclid's algorithm; 0 only when both are 0.
pub(crate) fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_orientation_survives_the_matrix() {
        for quarter_turns in 0..4 {
            for mirrored in [0, 1] {
                let orientation = Orientation { quarter_turns, mirrored };
                assert_eq!(from_matrix(&matrix_of(orientation, 16, 9)), Some(orientation));
            }
        }
    }

    #[test]
    fn a_turned_picture_stays_in_view() {
        let quarter = Orientation { quarter_turns: 1, mirrored: 0 };
        assert_eq!(matrix_of(quarter, 16, 9), [0, ONE, 0, -ONE, 0, 0, 9 * ONE, 0, 1 << 30]);
        let mirrored = Orientation { quarter_turns: 0, mirrored: 1 };
        assert_eq!(matrix_of(mirrored, 16, 9), [-ONE, 0, 0, 0, ONE, 0, 16 * ONE, 0, 1 << 30]);
    }

    #[test]
    fn a_shear_is_refused_and_zeros_are_the_identity() {
        let shear = [ONE, ONE, 0, 0, ONE, 0, 0, 0, 1 << 30];
        assert_eq!(from_matrix(&shear), None);
        assert_eq!(from_matrix(&[0; 9]), Some(Orientation::default()));
    }

    #[test]
    fn ratios_are_reduced() {
        for (width, height, expected) in [
            (64, 45, Rational::new(64, 45)),
            (4096, 1024, Rational::new(4, 1)),
            (0, 1, Rational::UNKNOWN),
            (1, 0, Rational::UNKNOWN),
        ] {
            assert_eq!(ratio(width, height), expected);
        }
    }
}
