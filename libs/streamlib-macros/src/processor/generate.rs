//! What `#[processor]` writes: `ProcessorParts` and the typed names of the ports.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ItemStruct;
use syn::spanned::Spanned as _;

use super::attribute::{Execution, Needs, Trigger};
use super::formats::Range;
use super::port::{Delivery, Direction, Port};
use super::{Config, Description};
use crate::common::default_crate;

/// Everything that follows from `item` and its `description`.
pub(super) fn processor(item: &ItemStruct, description: &Description) -> TokenStream {
    let krate = match &description.arguments.krate {
        Some(path) => path.to_token_stream(),
        None => default_crate(),
    };
    let private = quote!(#krate::__private);
    let names = names(item, description, &private);
    let parts = parts(item, description, &private);
    quote!(#names #parts)
}

/// One constant a port.
fn names(item: &ItemStruct, description: &Description, private: &TokenStream) -> TokenStream {
    if description.ports.is_empty() {
        return TokenStream::new();
    }
    let (generics, arguments, bounds) = item.generics.split_for_impl();
    let ident = &item.ident;
    let constants = description.ports.iter().map(|port| {
        let constant = format_ident!("{}", port.name.to_uppercase(), span = port.field.span());
        let (direction, ty) = match port.direction {
            Direction::Input(_) => ("Input", quote!(InputName)),
            Direction::Output(_) => ("Output", quote!(OutputName)),
        };
        let doc = format!("{direction} `{}`. {}", port.name, port.description);
        let doc = doc.trim_end();
        let (name, frame) = (&port.name, &port.frame);
        quote! {
            #[doc = #doc]
            pub const #constant: #private::#ty<Self, #frame> = #private::#ty::new(#name);
        }
    });
    quote! {
        #[allow(dead_code)]
        impl #generics #ident #arguments #bounds {
            #(#constants)*
        }
    }
}

fn parts(item: &ItemStruct, description: &Description, private: &TokenStream) -> TokenStream {
    let (generics, arguments, bounds) = item.generics.split_for_impl();
    let ident = &item.ident;
    let descriptor = descriptor(description, &crate::common::description(&item.attrs), private);
    let ignore = quote!(let _ = config;);
    let (config, store, ignore, replace) = match &description.config {
        Some(Config { field, ty }) => {
            let replace = quote!(self.#field = config;);
            (ty.to_token_stream(), quote!(#field: config,), quote!(), replace)
        }
        None => (quote!(#private::NoConfig), quote!(), ignore.clone(), ignore),
    };
    let fields = description.others.iter().map(|(field, ty)| {
        quote_spanned!(ty.span()=> #field: <#ty as ::core::default::Default>::default(),)
    });
    let bind_inputs = bind(&quote!(inputs), description.inputs());
    let bind_outputs = bind(&quote!(outputs), description.outputs());
    let (name, version) = (&description.arguments.name, &description.arguments.version);
    quote! {
        impl #generics #private::ProcessorParts for #ident #arguments #bounds {
            type Config = #config;

            const NAME: &'static str = #name;
            const VERSION: &'static str = #version;

            fn descriptor() -> #private::schema::ProcessorDescriptor {
                #descriptor
            }

            fn assemble(config: Self::Config) -> Self {
                #ignore
                Self { #store #(#fields)* }
            }

            fn set_config(&mut self, config: Self::Config) {
                #replace
            }

            fn bind(
                &mut self,
                inputs: &[#private::InputPort],
                outputs: &[#private::OutputPort],
            ) {
                #bind_inputs
                #bind_outputs
            }
        }
    }
}

/// Binds ports in order; a host that hands over another number of ports leaves them unbound, which
/// every use of them reports.
fn bind<'a>(handed: &TokenStream, ports: impl Iterator<Item = &'a Port>) -> TokenStream {
    let ports: Vec<&Port> = ports.collect();
    if ports.is_empty() {
        return quote!(let _ = #handed;);
    }
    let places: Vec<Ident> = (0..ports.len()).map(|index| format_ident!("port_{index}")).collect();
    let fields = ports.iter().map(|port| &port.field);
    let names = ports.iter().map(|port| &port.name);
    quote! {
        if let [#(#places),*] = *#handed {
            #(self.#fields.bind(#names, #places);)*
        }
    }
}

fn descriptor(description: &Description, text: &str, private: &TokenStream) -> TokenStream {
    let schema = quote!(#private::schema);
    let arguments = &description.arguments;
    let execution = match arguments.execution {
        Execution::Reactive => quote!(Reactive),
        Execution::Manual => quote!(Manual),
        Execution::Continuous { interval_ms } => quote!(Continuous { interval_ms: #interval_ms }),
    };
    let trigger = match &arguments.trigger {
        None | Some(Trigger::Any) => quote!(Any),
        Some(Trigger::Primary(input)) => {
            let input = input.to_string();
            quote!(Primary(::std::string::String::from(#input)))
        }
        Some(Trigger::Aligned { tolerance_ns }) => quote!(Aligned { tolerance_ns: #tolerance_ns }),
    };
    let needs = needs(&arguments.needs, &schema);
    let inputs = description.inputs().map(|port| port_descriptor(port, private));
    let outputs = description.outputs().map(|port| port_descriptor(port, private));
    let config = match &description.config {
        Some(Config { ty, .. }) => quote!(<#ty as #private::ProcessorConfig>::fields()),
        None => quote!(::std::vec::Vec::new()),
    };
    let exclusive = optional(arguments.exclusive.as_ref().map(|setting| {
        let setting = setting.to_string();
        quote!(::std::string::String::from(#setting))
    }));
    let (min_ns, max_ns) = (arguments.latency_min_ns, arguments.latency_max_ns);
    quote! {
        #schema::ProcessorDescriptor {
            name: ::std::string::String::from(<Self as #private::ProcessorParts>::NAME),
            version: ::std::string::String::from(<Self as #private::ProcessorParts>::VERSION),
            description: ::std::string::String::from(#text),
            execution: #schema::ProcessExecution::#execution,
            trigger: #schema::Trigger::#trigger,
            needs: #needs,
            inputs: ::std::vec![#(#inputs),*],
            outputs: ::std::vec![#(#outputs),*],
            config: #config,
            latency: #schema::Latency { min_ns: #min_ns, max_ns: #max_ns },
            exclusive: #exclusive,
        }
    }
}

fn needs(needs: &Needs, schema: &TokenStream) -> TokenStream {
    let Needs { cheap, blocking, real_time, main_thread, live, call_limit_ms } = needs;
    let call_limit = match call_limit_ms {
        Some(limit) => quote!(::core::time::Duration::from_millis(#limit)),
        None => quote!(<#schema::Needs as ::core::default::Default>::default().call_limit),
    };
    quote! {
        #schema::Needs {
            real_time: #real_time,
            blocking: #blocking,
            main_thread: #main_thread,
            cheap: #cheap,
            live: #live,
            call_limit: #call_limit,
        }
    }
}

fn port_descriptor(port: &Port, private: &TokenStream) -> TokenStream {
    let schema = quote!(#private::schema);
    let Port { name, description, frame, formats, .. } = port;
    let formats = formats.iter().map(|range| range_expression(range, private));
    let (ty, rest) = match &port.direction {
        Direction::Input(keys) => {
            let delivery = match keys.delivery {
                Delivery::Latest => quote!(Latest),
                Delivery::EverySample => quote!(EverySample),
                Delivery::Lossless => quote!(Lossless),
            };
            let depth = optional(keys.depth.map(ToTokens::into_token_stream));
            let max_age = optional(
                keys.max_age_ms.map(|age| quote!(::core::time::Duration::from_millis(#age))),
            );
            let (many, optional, holds) = (keys.many, keys.optional, keys.holds);
            let rest = quote! {
                policy: #schema::DeliveryPolicy {
                    delivery: #schema::Delivery::#delivery,
                    depth: #depth,
                    max_age: #max_age,
                },
                many: #many,
                optional: #optional,
                holds: #holds,
            };
            (quote!(InputPortDescriptor), rest)
        }
        Direction::Output(keys) => {
            let tie = optional(keys.same_as.as_ref().map(|input| {
                let input = input.to_string();
                quote!(#schema::FormatTie::SameAs(::std::string::String::from(#input)))
            }));
            let max_per_call = keys.max_per_call;
            (quote!(OutputPortDescriptor), quote!(tie: #tie, max_per_call: #max_per_call,))
        }
    };
    quote_spanned! {frame.span()=>
        #schema::#ty {
            name: ::std::string::String::from(#name),
            description: ::std::string::String::from(#description),
            schema: #private::builtin::reference(<#frame as #private::FrameType>::SCHEMA),
            formats: #schema::FormatSet { ranges: ::std::vec![#(#formats),*] },
            #rest
        }
    }
}

fn range_expression(range: &Range, private: &TokenStream) -> TokenStream {
    let (schema, media) = (quote!(#private::schema), quote!(#private::media));
    match range {
        Range::Video { pixel_formats, size } => {
            let size = optional(size.map(|(width, height)| quote!((#width, #height))));
            quote! {
                #schema::FormatRange::Video(#schema::VideoRange {
                    pixel_formats: ::std::vec![#(#media::PixelFormat::#pixel_formats),*],
                    size: #size,
                })
            }
        }
        Range::Audio { sample_formats, sample_rates, channels } => quote! {
            #schema::FormatRange::Audio(#schema::AudioRange {
                sample_formats: ::std::vec![#(#media::SampleFormat::#sample_formats),*],
                sample_rates: ::std::vec![#(#sample_rates),*],
                channels: ::std::vec![#(#channels),*],
            })
        },
        Range::Packets { codecs, framings } => quote! {
            #schema::FormatRange::Packet(#schema::PacketRange {
                codecs: ::std::vec![#(#media::Codec::#codecs),*],
                framings: ::std::vec![#(#media::Framing::#framings),*],
            })
        },
    }
}

fn optional(value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}
