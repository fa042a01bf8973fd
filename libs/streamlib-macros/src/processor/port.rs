//! What stands in `#[input(..)]` and `#[output(..)]`, and the port's type.

use proc_macro2::Ident;
use syn::ext::IdentExt as _;
use syn::{Attribute, Field, GenericArgument, PathArguments, Type};

use super::formats::{self, Range};
use crate::arguments::{Argument, Arguments, unknown};
use crate::common::{Errors, description};

const INPUT_KEYS: &[&str] = &["formats", "delivery", "depth", "max_age_ms", "optional", "holds"];
const OUTPUT_KEYS: &[&str] = &["formats", "same_as", "max_per_call"];

/// A port: a field with `#[input]` or `#[output]`.
#[derive(Debug)]
pub(super) struct Port {
    pub(super) field: Ident,
    pub(super) name: String,
    pub(super) description: String,
    /// The type of its frames.
    pub(super) frame: Type,
    pub(super) formats: Vec<Range>,
    pub(super) direction: Direction,
}

/// What only inputs and what only outputs have.
#[derive(Debug)]
pub(super) enum Direction {
    Input(InputKeys),
    Output(OutputKeys),
}

/// The keys of an input.
#[derive(Debug)]
pub(super) struct InputKeys {
    pub(super) many: bool,
    pub(super) delivery: Delivery,
    pub(super) depth: Option<u32>,
    pub(super) max_age_ms: Option<u64>,
    pub(super) optional: bool,
    pub(super) holds: u32,
}

/// The keys of an output.
#[derive(Debug)]
pub(super) struct OutputKeys {
    pub(super) same_as: Option<Ident>,
    pub(super) max_per_call: u32,
}

/// `delivery = ..`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    Latest,
    EverySample,
    Lossless,
}

impl Port {
    /// The port that `attribute` makes of `field`.
    pub(super) fn parse(field: &Field, attribute: &Attribute, errors: &mut Errors) -> Option<Self> {
        let ident = field.ident.clone()?;
        let name = ident.unraw().to_string();
        if name.bytes().any(|byte| !matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_')) {
            let message = "the name of a port consists of `a-z`, `0-9` and `_`";
            errors.push(syn::Error::new(ident.span(), message));
        }
        let is_input = attribute.path().is_ident("input");
        let (place, keys) =
            if is_input { ("`#[input]`", INPUT_KEYS) } else { ("`#[output]`", OUTPUT_KEYS) };
        let arguments = Arguments::of_attribute(attribute, place, keys, errors);
        let (many, frame) = errors.take(port_type(&field.ty, is_input))?;
        let formats = arguments.read("formats", errors, Argument::group).unwrap_or_default();
        let formats = formats::parse(formats, &frame, errors);
        let direction = if is_input {
            Direction::Input(input_keys(&arguments, many, errors))
        } else {
            Direction::Output(OutputKeys {
                same_as: arguments.read("same_as", errors, Argument::name),
                max_per_call: arguments
                    .read("max_per_call", errors, |argument| argument.number(1))
                    .unwrap_or(1),
            })
        };
        let description = description(&field.attrs);
        Some(Self { field: ident, name, description, frame, formats, direction })
    }

    /// True for an input that takes several links.
    pub(super) fn is_many(&self) -> bool {
        matches!(&self.direction, Direction::Input(keys) if keys.many)
    }
}

fn input_keys(arguments: &Arguments, many: bool, errors: &mut Errors) -> InputKeys {
    let keys = InputKeys {
        many,
        delivery: arguments.read("delivery", errors, delivery).unwrap_or(Delivery::Lossless),
        depth: arguments.read("depth", errors, |argument| argument.number(1)),
        max_age_ms: arguments.read("max_age_ms", errors, |argument| argument.number(1)),
        optional: arguments.flag("optional", errors),
        holds: arguments.read("holds", errors, |argument| argument.number(0)).unwrap_or(0),
    };
    if let (Delivery::Latest, Some(depth)) = (keys.delivery, arguments.get("depth")) {
        let message = "`delivery = latest` keeps one frame, so it takes no `depth`";
        errors.push(syn::Error::new(depth.key.span(), message));
    }
    keys
}

fn delivery(argument: &Argument) -> syn::Result<Delivery> {
    let word = argument.name()?;
    match word.to_string().as_str() {
        "latest" => Ok(Delivery::Latest),
        "every_sample" => Ok(Delivery::EverySample),
        "lossless" => Ok(Delivery::Lossless),
        _ => Err(unknown(&word, "a way to deliver", &["lossless", "latest", "every_sample"])),
    }
}

/// Whether the port takes several links, and the type of its frames.
fn port_type(ty: &Type, is_input: bool) -> syn::Result<(bool, Type)> {
    let expected = if is_input {
        "an `#[input]` is an `Input<F>`, or an `InputLanes<F>` for several links"
    } else {
        "an `#[output]` is an `Output<F>`"
    };
    let error = || syn::Error::new_spanned(ty, expected);
    let Type::Path(path) = ty else { return Err(error()) };
    let last = path.path.segments.last().ok_or_else(error)?;
    let many = match (is_input, last.ident.to_string().as_str()) {
        (true, "Input") | (false, "Output") => false,
        (true, "InputLanes") => true,
        _ => return Err(error()),
    };
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return Err(error()) };
    match arguments.args.first() {
        Some(GenericArgument::Type(frame)) if arguments.args.len() == 1 => {
            Ok((many, frame.clone()))
        }
        _ => Err(error()),
    }
}
