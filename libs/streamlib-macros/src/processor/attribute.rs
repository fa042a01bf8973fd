//! What stands in `#[processor(..)]`.

use proc_macro2::{Ident, Span, TokenStream};
use syn::{LitStr, Path};

use crate::arguments::{Argument, Arguments, unknown};
use crate::common::Errors;

const KEYS: &[&str] =
    &["name", "version", "execution", "trigger", "needs", "latency", "exclusive", "crate"];

/// What stands in `#[processor(..)]`, checked word by word.
#[derive(Debug)]
pub(super) struct ProcessorArguments {
    pub(super) krate: Option<Path>,
    pub(super) name: String,
    pub(super) version: String,
    pub(super) execution: Execution,
    pub(super) trigger: Option<Trigger>,
    pub(super) trigger_span: Option<Span>,
    pub(super) needs: Needs,
    pub(super) latency_min_ns: u64,
    pub(super) latency_max_ns: u64,
    pub(super) exclusive: Option<Ident>,
}

/// `execution = ..`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Execution {
    Reactive,
    Manual,
    Continuous { interval_ms: u64 },
}

/// `trigger = ..`
#[derive(Debug)]
pub(super) enum Trigger {
    Any,
    Primary(Ident),
    Aligned { tolerance_ns: u64 },
}

/// `needs(..)`
#[derive(Debug, Default)]
pub(super) struct Needs {
    pub(super) cheap: bool,
    pub(super) blocking: bool,
    pub(super) real_time: bool,
    pub(super) main_thread: bool,
    pub(super) live: bool,
    pub(super) call_limit_ms: Option<u64>,
}

impl ProcessorArguments {
    pub(super) fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let before = errors.is_empty();
        let arguments = Arguments::parse(tokens, "`#[processor]`", KEYS, errors);
        let name = arguments.read("name", errors, |argument| dotted_name(&argument.text()?));
        if before && errors.is_empty() && name.is_none() {
            let message = "a processor has a name: add `name = \"com.example.grey\"`";
            errors.push(syn::Error::new(Span::call_site(), message));
        }
        let version = arguments.read("version", errors, |argument| version(&argument.text()?));
        let latency = arguments.read("latency", errors, Argument::group).unwrap_or_default();
        let latency = Arguments::parse(latency, "`latency`", &["min_ns", "max_ns"], errors);
        let latency_min_ns = latency.read("min_ns", errors, |a| a.number(0)).unwrap_or(0);
        let max_ns = latency.read("max_ns", errors, |a| a.number(0));
        if let (Some(max_ns), Some(argument)) = (max_ns, latency.get("max_ns"))
            && max_ns < latency_min_ns
        {
            let message = format!("`max_ns` is at least `min_ns`, which is {latency_min_ns}");
            errors.push(syn::Error::new(argument.key.span(), message));
        }
        Self {
            krate: arguments.read("crate", errors, Argument::path),
            name: name.unwrap_or_default(),
            version: version.unwrap_or_else(|| "1.0.0".to_owned()),
            execution: arguments
                .read("execution", errors, execution)
                .unwrap_or(Execution::Reactive),
            trigger: arguments.read("trigger", errors, trigger),
            trigger_span: arguments.get("trigger").map(|argument| argument.key.span()),
            needs: needs(&arguments, errors),
            latency_min_ns,
            latency_max_ns: max_ns.unwrap_or(latency_min_ns),
            exclusive: arguments.read("exclusive", errors, Argument::name),
        }
    }

    pub(super) fn is_reactive(&self) -> bool {
        self.execution == Execution::Reactive
    }
}

/// Two words or more, joined by dots, each `[a-z][a-z0-9_]*`.
fn dotted_name(text: &LitStr) -> syn::Result<String> {
    let name = text.value();
    let is_word = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_lowercase())
            && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    if name.len() <= 256 && name.contains('.') && name.split('.').all(is_word) {
        return Ok(name);
    }
    let message = format!(
        "`{name}` is not the name of a processor: words of `a-z`, `0-9` and `_` that start with a \
         letter, two or more, joined by dots, as in `com.example.grey`"
    );
    Err(syn::Error::new(text.span(), message))
}

/// Three numbers joined by dots.
fn version(text: &LitStr) -> syn::Result<String> {
    let version = text.value();
    let is_number = |part: &str| part.parse::<u32>().is_ok_and(|number| number.to_string() == part);
    if version.split('.').count() == 3 && version.split('.').all(is_number) {
        return Ok(version);
    }
    let message = format!("`{version}` is not a version: three numbers, as in `1.0.0`");
    Err(syn::Error::new(text.span(), message))
}

fn execution(argument: &Argument) -> syn::Result<Execution> {
    let word = argument.choice()?;
    match word.key.to_string().as_str() {
        "reactive" => word.flag().map(|_| Execution::Reactive),
        "manual" => word.flag().map(|_| Execution::Manual),
        "continuous" if word.is_word() => Ok(Execution::Continuous { interval_ms: 0 }),
        "continuous" => {
            let interval_ms = one_number(&word, "interval_ms")?;
            Ok(Execution::Continuous { interval_ms })
        }
        _ => Err(unknown(&word.key, "a way to run", &["reactive", "manual", "continuous"])),
    }
}

fn trigger(argument: &Argument) -> syn::Result<Trigger> {
    let word = argument.choice()?;
    match word.key.to_string().as_str() {
        "any" => word.flag().map(|_| Trigger::Any),
        "primary" => match word.list::<Ident>()?.as_slice() {
            [name] => Ok(Trigger::Primary(name.clone())),
            _ => Err(syn::Error::new(word.key.span(), "write it as `primary(name_of_an_input)`")),
        },
        "aligned" => {
            let tolerance_ms: u64 = one_number(&word, "tolerance_ms")?;
            let tolerance_ns = tolerance_ms.checked_mul(1_000_000).ok_or_else(|| {
                syn::Error::new(word.key.span(), "the tolerance does not fit 64 bits of ns")
            })?;
            Ok(Trigger::Aligned { tolerance_ns })
        }
        _ => Err(unknown(&word.key, "a trigger", &["any", "primary", "aligned"])),
    }
}

/// For `word(key = number)`.
fn one_number(word: &Argument, key: &str) -> syn::Result<u64> {
    let form = format!("write it as `{}({key} = 20)`", word.key);
    match word.list::<Argument>()?.as_slice() {
        [argument] if argument.key == key => argument.number(0),
        _ => Err(syn::Error::new(word.key.span(), form)),
    }
}

fn needs(arguments: &Arguments, errors: &mut Errors) -> Needs {
    let keys = ["cheap", "blocking", "real_time", "main_thread", "live", "call_limit_ms"];
    let group = arguments.read("needs", errors, Argument::group).unwrap_or_default();
    let given = Arguments::parse(group, "`needs`", &keys, errors);
    let needs = Needs {
        cheap: given.flag("cheap", errors),
        blocking: given.flag("blocking", errors),
        real_time: given.flag("real_time", errors),
        main_thread: given.flag("main_thread", errors),
        live: given.flag("live", errors),
        call_limit_ms: given.read("call_limit_ms", errors, |argument| argument.number(1)),
    };
    if let (true, true, Some(argument)) = (needs.cheap, needs.blocking, given.get("blocking")) {
        let message = "a call is either `cheap`, and runs in its producer's worker, or `blocking`, \
                       and has a thread of its own";
        errors.push(syn::Error::new(argument.key.span(), message));
    }
    needs
}
