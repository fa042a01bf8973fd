//! What the author of a plugin sees: the same prelude, `#[processor]` and derives as in-process
//! processors have, and [`export_plugin!`].
//!
//! ```toml
//! [lib]
//! crate-type = ["cdylib"]
//!
//! [dependencies]
//! streamlib = { package = "streamlib-plugin", version = "0.1" }
//! ```
//!
//! With that name one source compiles into a plugin and into a program that uses the facade.
//!
//! Guarantees:
//! - only C tables cross (`streamlib_abi::plugin`): host and plugin may be built by different
//!   compilers, with different dependencies and different versions of this crate;
//! - frames cross as pointers to the host's blocks, never as copies;
//! - nothing unwinds into the host: a panic becomes an error with its message and its place, and the
//!   processor is called no more.
//!
//! Not offered: an engine, and things that processors of one process share by their Rust type. Of
//! those only [`MediaConfig`] crosses.

#![expect(unsafe_code, reason = "the plugin's side of the tables of streamlib-abi")]

mod instance;
mod note;
mod report;
mod table;

pub use streamlib_processor::harness;
pub use streamlib_processor::prelude;
pub use streamlib_processor::schema;
pub use streamlib_processor::{ConfigChoice, MediaConfig, ProcessorConfig, processor};

/// What the macros expand to. Not for people: it may change in any version.
#[doc(hidden)]
pub mod __private {
    pub use streamlib_processor::__private::*;

    /// For [`crate::export_plugin!`].
    pub mod plugin {
        pub use crate::note::note;
        pub use crate::report::open;
        pub use crate::table::{Tables, vtable};
        pub use streamlib_abi::note::{NoteSection, names_length};
        pub use streamlib_abi::plugin::{PluginDeclaration, ProcessorVtable};
    }
}

/// Makes a library of processors a plugin: `export_plugin!(Grayscale, Invert);`, once in a crate
/// whose `crate-type` is `cdylib`.
///
/// Panics must unwind, which is the default: with `panic = "abort"` this does not compile, since one
/// panic would end the whole host.
#[macro_export]
macro_rules! export_plugin {
    ($($processor:ty),+ $(,)?) => {
        #[cfg(panic = "abort")]
        ::core::compile_error!(
            "a plugin cannot be built with `panic = \"abort\"`: one panic would end the whole host; \
             remove it from the profile in Cargo.toml"
        );

        const _: () = {
            use $crate::__private::{ProcessorParts, plugin};

            const PROCESSORS: &[(&str, &str)] = &[
                $((<$processor as ProcessorParts>::NAME, <$processor as ProcessorParts>::VERSION)),+
            ];
            const LENGTH: usize = plugin::names_length(PROCESSORS);

            #[used]
            #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__sl_abi"))]
            #[cfg_attr(windows, unsafe(link_section = ".slabi"))]
            #[cfg_attr(
                not(any(target_vendor = "apple", windows)),
                unsafe(link_section = ".streamlib.abi")
            )]
            static NOTE: plugin::NoteSection<LENGTH> = plugin::note(PROCESSORS);

            static TABLES: plugin::Tables<{ PROCESSORS.len() }> =
                plugin::Tables([$(&const { plugin::vtable::<$processor>() }),+]);

            #[unsafe(no_mangle)]
            pub static STREAMLIB_PLUGIN: plugin::PluginDeclaration =
                TABLES.declaration(&NOTE.note, plugin::open);
        };
    };
}
