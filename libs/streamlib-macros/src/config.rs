//! The derives `ProcessorConfig` and `ConfigChoice`.

mod choice;
mod field;
mod rename;

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::{Attribute, Data, DeriveInput, Fields};

use crate::arguments::{Argument, Arguments};
use crate::common::{Errors, default_crate};
use rename::SerdeArguments;

pub(crate) use choice::expand_choice;

/// What the attributes on the type say.
struct Container {
    private: TokenStream,
    rename_all: Option<rename::Rule>,
}

impl Container {
    fn parse(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut krate = default_crate();
        for attribute in attributes.iter().filter(|a| a.path().is_ident("config")) {
            let place = "`#[config]` on a type";
            let arguments = Arguments::of_attribute(attribute, place, &["crate"], errors);
            if let Some(path) = arguments.read("crate", errors, Argument::path) {
                krate = path.to_token_stream();
            }
        }
        let serde = SerdeArguments::parse(attributes, errors);
        Self { private: quote!(#krate::__private), rename_all: serde.rename_all }
    }
}

/// `ProcessorConfig` for a struct with named fields.
pub(crate) fn expand_struct(item: TokenStream) -> TokenStream {
    let item: DeriveInput = match syn::parse2(item) {
        Ok(item) => item,
        Err(error) => return error.into_compile_error(),
    };
    let mut errors = Errors::default();
    let fields = match &item.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Some(&fields.named),
            Fields::Unit | Fields::Unnamed(_) => None,
        },
        Data::Enum(_) | Data::Union(_) => None,
    };
    let Some(fields) = fields else {
        let message = "`ProcessorConfig` is derived for a struct with named fields; an enumeration \
                       of words derives `ConfigChoice`";
        return syn::Error::new(item.ident.span(), message).into_compile_error();
    };
    if !item.generics.params.is_empty() {
        let message = "a configuration has no parameters: what it takes is known without them";
        errors.push(syn::Error::new_spanned(&item.generics, message));
    }
    let container = Container::parse(&item.attrs, &mut errors);
    let fields: Vec<TokenStream> =
        fields.iter().filter_map(|field| field::expand(field, &container, &mut errors)).collect();
    let (ident, private) = (&item.ident, &container.private);
    errors.or(quote! {
        #[automatically_derived]
        impl #private::ProcessorConfig for #ident {
            fn fields() -> ::std::vec::Vec<#private::schema::ConfigField> {
                let defaults = <Self as ::core::default::Default>::default();
                let defaults = #private::field::Defaults::of(&defaults);
                ::std::vec![#(#fields),*]
            }
        }

        #[automatically_derived]
        impl #private::field::ConfigValue for #ident {
            fn config_type() -> #private::schema::ConfigType {
                #private::schema::ConfigType::Map {
                    fields: <Self as #private::ProcessorConfig>::fields(),
                }
            }
        }
    })
}
