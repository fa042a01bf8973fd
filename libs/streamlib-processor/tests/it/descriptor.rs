//! The description that the attribute makes of a struct.

use streamlib_processor::__private::ProcessorParts;

use crate::processors::Brighten;

#[test]
fn everything_that_is_said_is_described() {
    insta::assert_json_snapshot!(Brighten::descriptor());
}
