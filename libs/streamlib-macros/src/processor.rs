//! The attribute `#[processor]`: reads what the struct says, then writes what follows from it.

mod attribute;
mod formats;
mod generate;
mod port;

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::{Attribute, Fields, GenericParam, ItemStruct, Type};

use crate::common::Errors;
use attribute::{ProcessorArguments, Trigger};
use port::{Direction, Port};

/// Everything that the attribute and the struct say.
#[derive(Debug)]
struct Description {
    arguments: ProcessorArguments,
    ports: Vec<Port>,
    config: Option<Config>,
    /// Fields that start as their type's default, ports among them.
    others: Vec<(syn::Ident, Type)>,
}

/// The field of the configuration.
#[derive(Debug)]
struct Config {
    field: syn::Ident,
    ty: Type,
}

impl Description {
    fn inputs(&self) -> impl Iterator<Item = &Port> {
        self.ports.iter().filter(|port| matches!(port.direction, Direction::Input(_)))
    }

    fn outputs(&self) -> impl Iterator<Item = &Port> {
        self.ports.iter().filter(|port| matches!(port.direction, Direction::Output(_)))
    }
}

/// The struct without our attributes and what belongs to it, or the struct with the errors.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut item: ItemStruct = match syn::parse2(item.clone()) {
        Ok(item) => item,
        Err(_) => {
            let message = "`#[processor]` makes a processor of a struct with named fields";
            let error = syn::Error::new(proc_macro2::Span::call_site(), message);
            let error = error.into_compile_error();
            return quote!(#item #error);
        }
    };
    let mut errors = Errors::default();
    let arguments = ProcessorArguments::parse(arguments, &mut errors);
    let is_read = errors.is_empty();
    let mut description =
        Description { arguments, ports: Vec::new(), config: None, others: Vec::new() };
    read_fields(&mut item, &mut description, &mut errors);
    check(&item, &description, &mut errors);
    // What was not understood is not judged: one mistake, one message.
    if is_read {
        check_trigger(&item, &description, &mut errors);
    }
    let generated = if errors.is_empty() {
        generate::processor(&item, &description)
    } else {
        TokenStream::new()
    };
    let generated = errors.or(generated);
    let item = item.into_token_stream();
    quote!(#item #generated)
}

/// Reads the fields and takes our attributes off them.
fn read_fields(item: &mut ItemStruct, description: &mut Description, errors: &mut Errors) {
    let fields = match &mut item.fields {
        Fields::Named(fields) => &mut fields.named,
        Fields::Unit => return,
        Fields::Unnamed(fields) => {
            let message = "a processor's fields have names: ports are called by them";
            return errors.push(syn::Error::new_spanned(fields, message));
        }
    };
    for field in fields {
        let ours: Vec<Attribute> =
            field.attrs.extract_if(.., |attribute| is_ours(attribute)).collect();
        let Some(name) = field.ident.clone() else { continue };
        let [attribute] = ours.as_slice() else {
            if let Some(second) = ours.get(1) {
                let message = format!(
                    "a field has one of `#[input]`, `#[output]` and `#[config]`; `{name}` has {}",
                    ours.len()
                );
                errors.push(syn::Error::new_spanned(second, message));
            }
            description.others.push((name, field.ty.clone()));
            continue;
        };
        if attribute.path().is_ident("config") {
            read_config(attribute, name, &field.ty, description, errors);
            continue;
        }
        if let Some(port) = Port::parse(field, attribute, errors) {
            description.ports.push(port);
        }
        description.others.push((name, field.ty.clone()));
    }
}

fn is_ours(attribute: &Attribute) -> bool {
    ["input", "output", "config"].iter().any(|name| attribute.path().is_ident(name))
}

fn read_config(
    attribute: &Attribute,
    field: syn::Ident,
    ty: &Type,
    description: &mut Description,
    errors: &mut Errors,
) {
    if attribute.meta.require_path_only().is_err() {
        let message = "`#[config]` takes no keys here; ranges and units stand in the configuration's \
                       own struct, which derives `ProcessorConfig`";
        errors.push(syn::Error::new_spanned(attribute, message));
    }
    match &description.config {
        Some(first) => {
            let message = format!("a processor has one configuration, and `{}` is it", first.field);
            errors.push(syn::Error::new_spanned(attribute, message));
        }
        None => description.config = Some(Config { field, ty: ty.clone() }),
    }
}

/// What can only be said of the whole.
fn check(item: &ItemStruct, description: &Description, errors: &mut Errors) {
    for parameter in &item.generics.params {
        if let GenericParam::Lifetime(lifetime) = parameter {
            let message = "a processor borrows nothing: it lives as long as its graph wants it";
            errors.push(syn::Error::new_spanned(lifetime, message));
        }
    }
    let names: Vec<&str> = description.inputs().map(|port| port.name.as_str()).collect();
    let arguments = &description.arguments;
    if let Some(Trigger::Primary(name)) = &arguments.trigger {
        errors.take(named_input(name, "primary", &names));
    }
    for port in description.outputs() {
        if let Direction::Output(output) = &port.direction
            && let Some(name) = &output.same_as
        {
            errors.take(named_input(name, "same_as", &names));
        }
    }
    if let (Some(exclusive), None) = (&arguments.exclusive, &description.config) {
        let message = "`exclusive` names a setting, but this processor has no `#[config]` field";
        errors.push(syn::Error::new(exclusive.span(), message));
    }
}

fn named_input(name: &syn::Ident, key: &str, inputs: &[&str]) -> syn::Result<()> {
    if inputs.iter().any(|input| name == input) {
        return Ok(());
    }
    if inputs.is_empty() {
        let message = format!("`{key}` names an input, but this processor has none");
        return Err(syn::Error::new(name.span(), message));
    }
    Err(crate::arguments::unknown(name, "an input of this processor", inputs))
}

/// A reactive processor is called when its trigger holds: it has inputs, and if several lanes can
/// come together, it says which sets of frames make one call.
fn check_trigger(item: &ItemStruct, description: &Description, errors: &mut Errors) {
    let arguments = &description.arguments;
    let inputs: Vec<&Port> = description.inputs().collect();
    if !arguments.is_reactive() {
        if let Some(span) = arguments.trigger_span {
            let message = "`trigger` says when a reactive processor is called; this one is called \
                           on its own schedule, so leave `trigger` or `execution` out";
            errors.push(syn::Error::new(span, message));
        }
        return;
    }
    let many = inputs.iter().find(|port| port.is_many());
    let what = match (inputs.len(), many) {
        (0, _) => {
            let message = "a reactive processor is called when a frame comes, but this one has no \
                           `#[input]`; add one, or say `execution = continuous` or `manual`";
            return errors.push(syn::Error::new(item.ident.span(), message));
        }
        (1, None) => return,
        (_, Some(port)) => format!("the lanes of `{}` need a trigger", port.name),
        (2, None) => "two inputs need a trigger".to_owned(),
        (count, None) => format!("{count} inputs need a trigger"),
    };
    if arguments.trigger.is_none() {
        let first = &inputs[0].name;
        let message = format!(
            "{what}: add `trigger = any` (a call for every frame), `trigger = primary({first})` (a \
             call for every frame of `{first}`, with the newest of the others) or `trigger = \
             aligned(tolerance_ms = 20)` (one frame of each, by timestamp)"
        );
        errors.push(syn::Error::new(item.ident.span(), message));
    }
}
