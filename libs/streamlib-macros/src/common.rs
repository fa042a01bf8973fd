//! What the macros share: collected errors, doc comments, and the path of the author's crate.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Expr, Lit, Meta};

/// Errors that were found so far.
#[derive(Debug, Default)]
pub(crate) struct Errors(Option<syn::Error>);

impl Errors {
    /// Adds an error.
    pub(crate) fn push(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(all) => all.combine(error),
            None => self.0 = Some(error),
        }
    }

    /// The value, or the error is added.
    pub(crate) fn take<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// `tokens` if nothing is wrong, else the errors at their places.
    pub(crate) fn or(self, tokens: TokenStream) -> TokenStream {
        self.0.map_or(tokens, |error| error.into_compile_error())
    }

    /// True if nothing was found.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The messages, for tests.
    #[cfg(test)]
    pub(crate) fn messages(self) -> Vec<String> {
        self.0.into_iter().flatten().map(|error| error.to_string()).collect()
    }
}

/// The path of the author's crate where no `crate = ..` is given.
pub(crate) fn default_crate() -> TokenStream {
    quote!(::streamlib)
}

/// The text of a doc comment: the lines of a paragraph joined by spaces; paragraphs, items of lists
/// and code on lines of their own.
pub(crate) fn description(attributes: &[Attribute]) -> String {
    let docs: Vec<String> = attributes.iter().filter_map(doc).collect();
    let mut text = String::new();
    let (mut in_code, mut starts_line) = (false, true);
    for line in docs.iter().flat_map(|doc| doc.split('\n')) {
        let line = line.strip_prefix(' ').unwrap_or(line).trim_end();
        let is_fence = line.trim_start().starts_with("```");
        if line.is_empty() && !in_code {
            starts_line = true;
            continue;
        }
        let is_item = line.trim_start().starts_with(['-', '*', '#', '|', '>']);
        if !text.is_empty() {
            text.push(if starts_line || in_code || is_fence || is_item { '\n' } else { ' ' });
        }
        text.push_str(if in_code { line } else { line.trim_start() });
        in_code ^= is_fence;
        starts_line = is_fence;
    }
    text
}

fn doc(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else { return None };
    let Expr::Lit(literal) = &pair.value else { return None };
    let Lit::Str(text) = &literal.lit else { return None };
    attribute.path().is_ident("doc").then(|| text.value())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, expect: &str) {
        let item: syn::ItemStruct = syn::parse_str(&format!("{source}\nstruct S;")).unwrap();
        assert_eq!(description(&item.attrs), expect);
    }

    #[test]
    fn paragraphs_are_lines() {
        check("", "");
        check("/// Turns pictures\n/// to grey.", "Turns pictures to grey.");
        check("/// One.\n///\n/// Two\n/// three.", "One.\nTwo three.");
        check("/// Of:\n/// - a\n/// - b\n///   c", "Of:\n- a\n- b c");
        check(
            "/// As:\n/// ```text\n/// a\n///   b\n/// ```\n/// So.",
            "As:\n```text\na\n  b\n```\nSo.",
        );
        check("/** Block\n\n of two. */", "Block\nof two.");
        check("#[doc = include_str!(\"x\")]\n#[derive(Debug)]\n/// Text.", "Text.");
    }
}
