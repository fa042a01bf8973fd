//! What the facade itself says when something cannot be done. What it passes on is tested where it
//! comes from.

use streamlib::RuntimeError;
use streamlib_engine::delegates::RegisterError;

#[test]
fn each_message_of_the_facade_says_what_was_in_the_way() {
    let taken = RegisterError::NameTaken("com.tatolab.invert".to_owned());
    let converter =
        RegisterError::NotAConverter { name: "com.example.two".to_owned(), inputs: 2, outputs: 1 };
    let table = [
        (
            RuntimeError::Builtins(taken),
            "the built-in processors cannot be registered: a processor type `com.tatolab.invert` \
             is already registered with another description; give one of the two another name",
        ),
        (
            RuntimeError::Builtins(converter),
            "the built-in processors cannot be registered: `com.example.two` cannot be a \
             converter: it has 2 inputs and 1 outputs, and a converter has one of each",
        ),
        (
            RuntimeError::Signals(std::io::Error::from(std::io::ErrorKind::Unsupported)),
            "signals of the operating system cannot be received: unsupported",
        ),
    ];
    for (error, message) in table {
        assert_eq!(error.to_string(), message);
    }
}
