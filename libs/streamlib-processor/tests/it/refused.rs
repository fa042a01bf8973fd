//! What the macros refuse, with their messages. The messages of the compiler are part of the
//! snapshots, so they hold for the pinned toolchain.

#[test]
fn mistakes_are_named_at_their_place() {
    trybuild::TestCases::new().compile_fail("tests/refused/*.rs");
}
