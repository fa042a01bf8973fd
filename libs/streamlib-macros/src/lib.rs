//! The attribute and derive macros of StreamLib.

use proc_macro::TokenStream;

/// Describes a processor.
#[proc_macro_attribute]
pub fn processor(_attribute: TokenStream, item: TokenStream) -> TokenStream {
    item
}

/// Describes a configuration.
#[proc_macro_derive(ProcessorConfig, attributes(config))]
pub fn processor_config(_item: TokenStream) -> TokenStream {
    TokenStream::new()
}
