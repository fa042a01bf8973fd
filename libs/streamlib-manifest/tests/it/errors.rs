//! The messages of the small grammars.

use std::time::Duration;

use insta::assert_snapshot;
use streamlib_manifest::{
    Assignment, Endpoint, LinkEntry, ManifestError, check_graph_name, check_identifier,
    check_type_name, format_duration, format_size, parse_duration, parse_size,
};

fn message<T: std::fmt::Debug>(result: Result<T, ManifestError>) -> String {
    result.expect_err("refused").to_string()
}

#[test]
fn each_message() {
    assert_snapshot!(message(check_identifier("9lives")), @r#""9lives" is not a valid identifier: it starts with a letter or `_`, goes on with letters, digits, `_` or `-`, and has at most 64 characters"#);
    assert_snapshot!(message(check_graph_name(".hidden")), @r#"".hidden" is not a valid graph name: it starts with a letter, a digit or `_`, goes on with letters, digits, `_`, `-` or `.`, and has at most 64 characters"#);
    assert_snapshot!(message(check_type_name("com..x")), @r#""com..x" is not a valid processor type: it is one or more identifiers joined by dots, such as `com.tatolab.grayscale`, of at most 256 characters"#);
    assert_snapshot!(message(parse_duration("5")), @r#""5" is not a duration: write a number and a unit (ns, us, ms, s, m or h), such as `200ms` or `1.5s`"#);
    assert_snapshot!(message(parse_size("5 MiB")), @r#""5 MiB" is not a size: write a number and a unit (B, kB, MB, GB, KiB, MiB or GiB), such as `64MiB`"#);
    assert_snapshot!(message("a".parse::<Endpoint>()), @r#""a" is not an end of a link: write `processor.port`, such as `movie.video`"#);
    assert_snapshot!(message("a.b".parse::<LinkEntry>()), @r#""a.b" is not a link: write `from.port -> to.port`"#);
    assert_snapshot!(message("clip".parse::<Assignment>()), @r#""clip" does not set a parameter: write `name=value`, such as `clip=other.mp4`"#);
    assert_snapshot!(message(check_identifier(&"x".repeat(65))), @r#""xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…" is not a valid identifier: it starts with a letter or `_`, goes on with letters, digits, `_` or `-`, and has at most 64 characters"#);
}

#[test]
fn names() {
    let longest = "x".repeat(64);
    for ok in ["a", "_", "A-1_b", &longest] {
        assert_eq!(check_identifier(ok), Ok(()), "{ok}");
    }
    for bad in ["", "-a", "1", "a.b", "ä", "a b", "a\n"] {
        assert!(check_identifier(bad).is_err(), "{bad:?}");
    }
    for bad in ["", ".", "..", "a/b", "-a", &"x".repeat(65)] {
        assert!(check_graph_name(bad).is_err(), "{bad:?}");
    }
    for bad in ["", ".", "a.", ".a", "a.1", "a b", &"x.".repeat(200)] {
        assert!(check_type_name(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn durations() {
    for (text, nanos) in [
        ("0s", 0),
        ("1ns", 1),
        ("1.5us", 1_500),
        ("200ms", 200_000_000),
        ("1.5h", 5_400_000_000_000),
    ] {
        assert_eq!(parse_duration(text), Ok(Duration::from_nanos(nanos)), "{text}");
    }
    for bad in ["", "s", "5", "1.ns", ".5s", "-1s", "1 s", "1S", "0.5ns", "1e3s", "99999999999h"] {
        assert!(parse_duration(bad).is_err(), "{bad}");
    }
    for (nanos, text) in
        [(0, "0s"), (1_500, "1500ns"), (60_000_000_000, "1m"), (90_000_000_000, "90s")]
    {
        assert_eq!(format_duration(Duration::from_nanos(nanos)), text);
    }
}

#[test]
fn sizes() {
    for (text, bytes) in
        [("0B", 0), ("1.5KiB", 1536), ("64MiB", 64 << 20), ("2GB", 2_000_000_000), ("3kB", 3000)]
    {
        assert_eq!(parse_size(text), Ok(bytes), "{text}");
    }
    for bad in ["", "5", "0.3B", "1KB", "1mib", "18446744073709551616B", "20000000000GiB"] {
        assert!(parse_size(bad).is_err(), "{bad}");
    }
    for (bytes, text) in [(0, "0B"), (1536, "1536B"), (1 << 30, "1GiB"), (5_000_000, "5MB")] {
        assert_eq!(format_size(bytes), text);
    }
}
