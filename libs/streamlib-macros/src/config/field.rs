//! One field of a configuration.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Expr, Field, Lit, LitStr};

use super::Container;
use super::rename::SerdeArguments;
use crate::arguments::{Argument, Arguments, literal};
use crate::common::{Errors, description};

const KEYS: &[&str] = &["min", "max", "choices", "unit", "required", "any"];

/// The `ConfigField` of `field`; `None` if serde leaves the field out, or if something is wrong.
pub(super) fn expand(
    field: &Field,
    container: &Container,
    errors: &mut Errors,
) -> Option<TokenStream> {
    let ident = field.ident.as_ref()?;
    let serde = SerdeArguments::parse(&field.attrs, errors);
    let ours: Vec<_> = field.attrs.iter().filter(|a| a.path().is_ident("config")).collect();
    if let Some(second) = ours.get(1) {
        let message = "write the keys of a setting in one `#[config(..)]`";
        errors.push(syn::Error::new_spanned(second, message));
    }
    let arguments = match ours.first() {
        Some(attribute) => Arguments::of_attribute(attribute, "a setting", KEYS, errors),
        None => Arguments::default(),
    };
    if serde.skip {
        return None;
    }
    if let Some(flatten) = serde.flatten {
        let message = "a setting is not flattened: its names would not be known; let it be a map";
        errors.push(syn::Error::new(flatten, message));
        return None;
    }
    let name = serde.rename.unwrap_or_else(|| {
        let name = ident.unraw().to_string();
        container.rename_all.map_or(name.clone(), |rule| rule.field(&name))
    });
    let private = &container.private;
    let value_type = value_type(field, &arguments, private, errors);
    let default = if arguments.flag("required", errors) {
        quote!(::core::option::Option::None)
    } else {
        quote!(::core::option::Option::Some(defaults.get(#name)))
    };
    let unit = arguments.read("unit", errors, Argument::text).map_or(String::new(), |u| u.value());
    let description = description(&field.attrs);
    Some(quote! {
        #private::schema::ConfigField {
            name: ::std::string::String::from(#name),
            description: ::std::string::String::from(#description),
            value_type: #value_type,
            default: #default,
            unit: ::std::string::String::from(#unit),
        }
    })
}

/// The type of the field, with the range or the words that are given.
fn value_type(
    field: &Field,
    arguments: &Arguments,
    private: &TokenStream,
    errors: &mut Errors,
) -> TokenStream {
    let ty = &field.ty;
    let mut bound = |key| arguments.read(key, errors, |a| bound(&a.expression()?, private));
    let (min, max) = (bound("min"), bound("max"));
    let choices = arguments.read("choices", errors, Argument::list::<LitStr>);
    let any = arguments.flag("any", errors);
    let given = [min.is_some() || max.is_some(), choices.is_some(), any];
    if given.iter().filter(|given| **given).count() > 1 {
        let message =
            "a setting has a range (`min`, `max`), or `choices`, or is `any`: one of them";
        errors.push(syn::Error::new_spanned(ty, message));
    }
    if any {
        return quote!(#private::schema::ConfigType::Any);
    }
    if let Some(choices) = choices {
        return quote_spanned! {ty.span()=>
            #private::field::one_of::<#ty>(&[#(#choices),*])
        };
    }
    if min.is_none() && max.is_none() {
        return quote_spanned!(ty.span()=> <#ty as #private::field::ConfigValue>::config_type());
    }
    let optional = |bound: Option<TokenStream>| match bound {
        Some(bound) => quote!(::core::option::Option::Some(#bound)),
        None => quote!(::core::option::Option::None),
    };
    let (min, max) = (optional(min), optional(max));
    quote_spanned!(ty.span()=> #private::field::within::<#ty>(#min, #max))
}

/// A limit of a range: a number as written, or any expression that is one.
fn bound(expression: &Expr, private: &TokenStream) -> syn::Result<TokenStream> {
    match literal(expression) {
        Some(Lit::Int(number)) if number.suffix().is_empty() => {
            Ok(quote!(#private::field::Bound::Integer(#expression)))
        }
        Some(Lit::Int(_) | Lit::Float(_)) | None => {
            Ok(quote!(#private::field::Bound::from(#expression)))
        }
        Some(_) => Err(syn::Error::new_spanned(expression, "the limit of a range is a number")),
    }
}
