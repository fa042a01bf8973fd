//! Which values of one form another form takes, where neither has parts.

use crate::schema::{Float, Form, Whole};

/// True if a reader of `reader` takes everything that a writer of `writer` writes. Forms with
/// parts, and references, are compared part by part elsewhere: here they never fit.
pub(super) fn reads(reader: &Form, writer: &Form) -> bool {
    match (reader, writer) {
        (Form::Empty, _)
        | (Form::Boolean, Form::Boolean)
        | (Form::Text, Form::Text | Form::Timestamp | Form::Enum(_))
        | (Form::Timestamp, Form::Timestamp)
        | (Form::Bytes, Form::Bytes) => true,
        (Form::Whole(reader), Form::Whole(writer)) => {
            reader.min <= writer.min && reader.max >= writer.max
        }
        (Form::Float(reader), Form::Whole(writer)) => holds(reader, writer),
        (Form::Float(reader), Form::Float(writer)) => {
            let least = reader.min.is_none_or(|min| writer.min.is_some_and(|other| min <= other));
            let most = reader.max.is_none_or(|max| writer.max.is_some_and(|other| max >= other));
            least && most && (!reader.is_single || writer.is_single)
        }
        (Form::Enum(reader), Form::Enum(writer)) => writer.iter().all(|word| reader.contains(word)),
        _ => false,
    }
}

/// True if every number of `whole` is a number of `float`, exactly.
fn holds(float: &Float, whole: &Whole) -> bool {
    let exact: i128 = if float.is_single { 1 << 24 } else { 1 << 53 };
    whole.min >= -exact
        && whole.max <= exact
        && float.min.is_none_or(|min| min <= whole.min as f64)
        && float.max.is_none_or(|max| max >= whole.max as f64)
}
