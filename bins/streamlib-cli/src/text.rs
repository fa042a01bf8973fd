//! Numbers as people read them.

/// A length of time that somebody waits for: `0:07`, `12:30`, `1:02:03`.
pub(crate) fn clock(seconds: f64) -> String {
    if !seconds.is_finite() || seconds > 359_999.0 {
        return "-:--".to_owned();
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is in range")]
    let all = seconds.max(0.0).round() as u64;
    let (hours, minutes, seconds) = (all / 3600, all / 60 % 60, all % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// A short time with three digits: `950 ns`, `12.3 µs`, `1.25 ms`, `3.10 s`.
pub(crate) fn time(ns: u64) -> String {
    let units = [(1e9, "s"), (1e6, "ms"), (1e3, "µs")];
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let ns = ns as f64;
    let Some((scale, unit)) = units.into_iter().find(|(scale, _)| ns >= *scale) else {
        return format!("{ns} ns");
    };
    format!("{} {unit}", three_digits(ns / scale))
}

/// A number of bytes with three digits: `512 B`, `1.38 MB`.
pub(crate) fn bytes(bytes: u64) -> String {
    let units = [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let bytes = bytes as f64;
    let Some((scale, unit)) = units.into_iter().find(|(scale, _)| bytes >= *scale) else {
        return format!("{bytes} B");
    };
    format!("{} {unit}", three_digits(bytes / scale))
}

fn three_digits(number: f64) -> String {
    match number {
        ..10.0 => format!("{number:.2}"),
        ..100.0 => format!("{number:.1}"),
        _ => format!("{number:.0}"),
    }
}

/// A number, or nothing for zero, so that a table shows only what happened.
pub(crate) fn some(count: u64) -> String {
    if count == 0 { String::new() } else { count.to_string() }
}

/// `1 frame`, `2 frames`.
pub(crate) fn counted(count: u64, what: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {what}{s}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short() {
        let texts = [0, 950, 1_000, 12_345, 1_250_000, 250_000_000, 3_100_000_000].map(time);
        assert_eq!(texts, ["0 ns", "950 ns", "1.00 µs", "12.3 µs", "1.25 ms", "250 ms", "3.10 s"]);
        let texts = [0, 999, 1_000, 1_382_400, 5_000_000_000].map(bytes);
        assert_eq!(texts, ["0 B", "999 B", "1.00 kB", "1.38 MB", "5.00 GB"]);
    }

    #[test]
    fn clocks_count_up_to_hours() {
        let texts = [0.0, 6.6, 750.0, 3723.0, f64::INFINITY, f64::NAN, -3.0].map(clock);
        assert_eq!(texts, ["0:00", "0:07", "12:30", "1:02:03", "-:--", "-:--", "0:00"]);
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!([counted(1, "frame"), counted(2, "frame")], ["1 frame", "2 frames"]);
    }
}
