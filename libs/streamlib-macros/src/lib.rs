//! The macros of StreamLib: [`macro@processor`], which makes a processor of a struct,
//! [`ProcessorConfig`], which describes a configuration, and [`ConfigChoice`], which lets an
//! enumeration of words stand in one.
//!
//! Guarantees:
//! - the struct is the truth: nothing is read from files;
//! - what a macro refuses, it refuses at the word that is wrong and says what to write instead,
//!   all mistakes at once;
//! - what a macro writes names one path only, `<crate>::__private`, so the three doors
//!   (`streamlib`, `streamlib-plugin`, `streamlib-processor`) serve alike.
//!
//! Use them through one of the doors, not from here.
//!
//! | module | concept |
//! |---|---|
//! | `arguments` | `key`, `key = value`, `key(..)`: reading them, unknown and duplicate keys |
//! | `common` | doc comments, the door's path, collecting errors |
//! | `processor` | the attribute: what it says (`attribute`, `port`, `formats`), what it writes (`generate`) |
//! | `config` | the two derives and serde's renaming |

mod arguments;
mod common;
mod config;
mod processor;

use proc_macro::TokenStream;

/// Makes a processor of a struct with named fields: its description, the typed names of its ports,
/// and the binding of its ports. The doc comment of the struct is the description.
///
/// | key | meaning | where none is given |
/// |---|---|---|
/// | `name = "com.example.grey"` | dotted name in lower case | required |
/// | `version = "1.2.0"` | version | `1.0.0` |
/// | `execution = reactive` | or `manual`, `continuous`, `continuous(interval_ms = 10)` | `reactive` |
/// | `trigger = any` | or `primary(port)`, `aligned(tolerance_ms = 20)`; required with several inputs | `any` |
/// | `needs(..)` | `cheap`, `blocking`, `real_time`, `main_thread`, `live`, `call_limit_ms = 2000` | none |
/// | `latency(min_ns = 0, max_ns = 0)` | time added between input and output | 0 |
/// | `exclusive = path` | the setting whose value one processor at a time may hold | none |
/// | `crate = path` | where the author's crate is | `::streamlib` |
///
/// Fields: `#[input(formats(..), delivery = lossless | latest | every_sample, depth = 4,
/// max_age_ms = 100, optional, holds = 1)]` on an `Input<F>` or, for several links, an
/// `InputLanes<F>`; `#[output(same_as = input, formats(..), max_per_call = 1)]` on an `Output<F>`;
/// `#[config]` on the configuration. The doc comment of a port is its description. Every other
/// field starts as its type's `Default`.
///
/// Formats, best first: `formats(video(I420, Nv12, size(1280, 720)), audio(F32, rates(48000),
/// channels(1, 2)), packets(H264, framings(LengthPrefixed)))`.
///
/// Each port becomes a constant: the field `video_in` is also `Grey::VIDEO_IN`.
#[proc_macro_attribute]
pub fn processor(arguments: TokenStream, item: TokenStream) -> TokenStream {
    processor::expand(arguments.into(), item.into()).into()
}

/// Describes a configuration: each field's type, range, unit and default, for checks and for help.
/// The doc comment of a field is its description, its value in `Self::default()` the default;
/// `#[serde(rename, rename_all, skip)]` are respected.
///
/// Fields: `#[config(min = 0.0, max = 1.0, unit = "bit/s", choices("a", "b"), required, any)]`.
/// `any` leaves the check of the value to the processor. On the struct: `#[config(crate = path)]`.
#[proc_macro_derive(ProcessorConfig, attributes(config))]
pub fn processor_config(item: TokenStream) -> TokenStream {
    config::expand_struct(item.into()).into()
}

/// Lets an enumeration without fields stand in a configuration: its words are the names that serde
/// gives the variants (`rename`, `rename_all` and `skip` are respected).
/// On the enumeration: `#[config(crate = path)]`.
#[proc_macro_derive(ConfigChoice, attributes(config))]
pub fn config_choice(item: TokenStream) -> TokenStream {
    config::expand_choice(item.into()).into()
}
