//! What is said of many measurements of the same thing.

/// The value that `share` (0 to 1) of the values are at or below; 0 if there are none.
pub(crate) fn quantile(values: &mut [u64], share: f64) -> u64 {
    values.sort_unstable();
    let last = values.len().saturating_sub(1);
    let index = (last as f64 * share.clamp(0.0, 1.0)).round() as usize;
    values.get(index).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_one_of_the_values() {
        let mut values = [5, 1, 4, 2, 3];
        let table = [(0.0, 1), (0.5, 3), (0.99, 5), (1.0, 5)];
        for (share, expected) in table {
            assert_eq!(quantile(&mut values, share), expected, "{share}");
        }
        assert_eq!(quantile(&mut [], 0.5), 0);
    }
}
