//! The words of an enumeration.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt as _;
use syn::{Data, DeriveInput, Fields};

use super::Container;
use super::rename::SerdeArguments;
use crate::common::Errors;

/// `ConfigChoice` for an enumeration whose variants have no fields.
pub(crate) fn expand_choice(item: TokenStream) -> TokenStream {
    let item: DeriveInput = match syn::parse2(item) {
        Ok(item) => item,
        Err(error) => return error.into_compile_error(),
    };
    let Data::Enum(data) = &item.data else {
        let message = "`ConfigChoice` is derived for an enumeration; a struct derives \
                       `ProcessorConfig`";
        return syn::Error::new(item.ident.span(), message).into_compile_error();
    };
    let mut errors = Errors::default();
    let container = Container::parse(&item.attrs, &mut errors);
    let mut words = Vec::new();
    for variant in &data.variants {
        let serde = SerdeArguments::parse(&variant.attrs, &mut errors);
        if serde.skip {
            continue;
        }
        if !matches!(variant.fields, Fields::Unit) {
            let message = "a word of a setting has no fields; let the setting be `any`";
            errors.push(syn::Error::new_spanned(variant, message));
        }
        words.push(serde.rename.unwrap_or_else(|| {
            let name = variant.ident.unraw().to_string();
            container.rename_all.map_or(name.clone(), |rule| rule.variant(&name))
        }));
    }
    let (ident, private) = (&item.ident, &container.private);
    let (generics, arguments, bounds) = item.generics.split_for_impl();
    errors.or(quote! {
        #[automatically_derived]
        impl #generics #private::field::ConfigValue for #ident #arguments #bounds {
            fn config_type() -> #private::schema::ConfigType {
                #private::schema::ConfigType::Choice {
                    values: ::std::vec![#(::std::string::String::from(#words)),*],
                }
            }
        }
    })
}
