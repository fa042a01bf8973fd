//! What a plain (unquoted) YAML scalar means: the core schema of YAML 1.2, section 10.3.2.
//!
//! `yes`, `no`, `on` and `off` are text, as YAML 1.2 has it. JSON scalars mean the same here as
//! in JSON. Numbers are 64-bit integers or finite 64-bit floats; any other is refused rather
//! than rounded or made infinite.

use serde_json::Number;

/// The meaning of a plain scalar.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Scalar {
    Null,
    Bool(bool),
    Number(Number),
    Text,
    /// A number by its form that no 64-bit integer or finite float holds.
    Unrepresentable,
}

/// Resolves the text of a plain scalar.
pub(crate) fn resolve(text: &str) -> Scalar {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        "true" | "True" | "TRUE" => return Scalar::Bool(true),
        "false" | "False" | "FALSE" => return Scalar::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Scalar::Unrepresentable,
        _ => {}
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Scalar::Unrepresentable;
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix)
            && !digits.is_empty()
            && digits.chars().all(|c| c.is_digit(radix))
        {
            return u64::from_str_radix(digits, radix)
                .map_or(Scalar::Unrepresentable, |n| Scalar::Number(n.into()));
        }
    }
    if is_digits(unsigned) {
        return integer(text);
    }
    if is_float(unsigned) {
        // `f64::from_str` reads every form that `is_float` lets through.
        let number = text.parse().ok().and_then(Number::from_f64);
        return number.map_or(Scalar::Unrepresentable, Scalar::Number);
    }
    Scalar::Text
}

fn integer(text: &str) -> Scalar {
    // `-0` is an integer of value zero.
    let signed = text.parse::<i64>().map(Number::from);
    let number = signed.or_else(|_| text.parse::<u64>().map(Number::from));
    number.map_or(Scalar::Unrepresentable, Scalar::Number)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// `( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
fn is_float(unsigned: &str) -> bool {
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let exponent_ok = exponent.is_none_or(|e| is_digits(e.strip_prefix(['-', '+']).unwrap_or(e)));
    let mantissa_ok = match mantissa.split_once('.') {
        Some(("", fraction)) => is_digits(fraction),
        Some((whole, fraction)) => is_digits(whole) && fraction.bytes().all(|b| b.is_ascii_digit()),
        None => is_digits(mantissa),
    };
    exponent_ok && mantissa_ok
}
