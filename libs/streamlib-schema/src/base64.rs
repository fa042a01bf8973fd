//! Base64 of RFC 4648, section 4, with padding: how bytes stand in JSON.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The text that stands for `bytes`.
pub fn to_base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |index: usize| u32::from(group.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for index in 0..4 {
            let sextet = (bits >> (18 - 6 * index)) & 0x3f;
            text.push(if index <= group.len() { ALPHABET[sextet as usize].into() } else { '=' });
        }
    }
    text
}

/// True for base64 of RFC 4648, section 4, with padding and with zero bits in it.
#[cfg(feature = "definitions")]
pub(crate) fn is_base64(text: &str) -> bool {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let bytes = text.as_bytes();
    let padding = bytes.iter().rev().take(2).take_while(|byte| **byte == b'=').count();
    let (body, _) = bytes.split_at(bytes.len() - padding);
    let spare_bits = [0, 0b11, 0b1111][padding];
    let last = body.last().map_or(Some(0), |byte| value(*byte));
    bytes.len().is_multiple_of(4)
        && body.iter().all(|byte| value(*byte).is_some())
        && last.is_some_and(|last| last & spare_bits == 0)
}

#[cfg(test)]
mod tests {
    use super::{is_base64, to_base64};

    #[test]
    fn base64_has_one_spelling() {
        for good in ["", "AA==", "AAA=", "AAAA", "+/+/", "AAAAAQ=="] {
            assert!(is_base64(good), "{good}");
        }
        for bad in ["A", "AA", "AAA", "A===", "====", "AB==", "AAB=", "AA=A", "-_-_", "AA A"] {
            assert!(!is_base64(bad), "{bad}");
        }
    }

    #[test]
    fn bytes_have_the_texts_of_the_rfc() {
        let cases =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")];
        for (bytes, text) in cases {
            assert_eq!(to_base64(bytes.as_bytes()), text);
            assert!(is_base64(text));
        }
        assert_eq!(to_base64(&[0xfb, 0xef, 0xff]), "++//");
    }
}
