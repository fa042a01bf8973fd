//! Arguments of attributes: `key`, `key = value`, `key(..)`, separated by commas.
//!
//! Reading never stops at the first mistake: what is wrong is collected in [`Errors`], so that an
//! author sees all of it at once.

use std::fmt::Display;
use std::str::FromStr;

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::{Expr, Lit, LitInt, LitStr, Path, Token};

use crate::common::Errors;

/// One argument.
#[derive(Debug, Clone)]
pub(crate) struct Argument {
    pub(crate) key: Ident,
    value: Value,
}

#[derive(Debug, Clone)]
enum Value {
    /// `key`
    Absent,
    /// `key = tokens`
    Equals(TokenStream),
    /// `key(tokens)`
    Group(TokenStream),
}

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let key = Ident::parse_any(input)?;
        if input.is_empty() || input.peek(Token![,]) {
            return Ok(Self { key, value: Value::Absent });
        }
        if input.peek(syn::token::Paren) {
            let content;
            syn::parenthesized!(content in input);
            return Ok(Self { key, value: Value::Group(content.parse()?) });
        }
        input.parse::<Token![=]>().map_err(|error| {
            syn::Error::new(error.span(), format!("expected `,`, `=` or `(` after `{key}`"))
        })?;
        let mut tokens = TokenStream::new();
        while !input.is_empty() && !input.peek(Token![,]) {
            tokens.extend([input.parse::<TokenTree>()?]);
        }
        if tokens.is_empty() {
            return Err(syn::Error::new(key.span(), format!("`{key} =` needs a value")));
        }
        Ok(Self { key, value: Value::Equals(tokens) })
    }
}

impl Argument {
    /// All arguments in `tokens`, whatever their keys.
    pub(crate) fn parse_all(tokens: TokenStream) -> syn::Result<Vec<Self>> {
        let list = syn::punctuated::Punctuated::<Self, Token![,]>::parse_terminated;
        Ok(list.parse2(tokens)?.into_iter().collect())
    }

    fn error(&self, form: impl Display) -> syn::Error {
        syn::Error::new(self.key.span(), format!("write it as `{form}`"))
    }

    /// True if it is a key alone.
    pub(crate) fn is_word(&self) -> bool {
        matches!(self.value, Value::Absent)
    }

    /// For `key`.
    pub(crate) fn flag(&self) -> syn::Result<bool> {
        if self.is_word() { Ok(true) } else { Err(self.error(&self.key)) }
    }

    fn equals(&self, form: impl Display) -> syn::Result<TokenStream> {
        match &self.value {
            Value::Equals(tokens) => Ok(tokens.clone()),
            _ => Err(self.error(format_args!("{} = {form}", self.key))),
        }
    }

    /// For `key = "text"`.
    pub(crate) fn text(&self) -> syn::Result<LitStr> {
        let tokens = self.equals("\"..\"")?;
        syn::parse2(tokens).map_err(|error| {
            syn::Error::new(error.span(), format!("`{}` is a text in quotation marks", self.key))
        })
    }

    /// For `key = 12`; the number is at least `least`.
    pub(crate) fn number<N: FromStr<Err: Display> + PartialOrd + Display>(
        &self,
        least: N,
    ) -> syn::Result<N> {
        let tokens = self.equals(&least)?;
        let literal: LitInt = syn::parse2(tokens).map_err(|error| {
            let message = format!("`{}` is a whole number, {least} or more", self.key);
            syn::Error::new(error.span(), message)
        })?;
        let number: N = literal.base10_parse().map_err(|error| {
            let message = format!("`{}` is a whole number, {least} or more: {error}", self.key);
            syn::Error::new(literal.span(), message)
        })?;
        if number < least {
            let message = format!("`{}` is {least} or more", self.key);
            return Err(syn::Error::new(literal.span(), message));
        }
        Ok(number)
    }

    /// For `key = name`.
    pub(crate) fn name(&self) -> syn::Result<Ident> {
        let tokens = self.equals("name")?;
        syn::parse2(tokens).map_err(|error| {
            syn::Error::new(error.span(), format!("`{}` is a name without quotes", self.key))
        })
    }

    /// For `key = path`.
    pub(crate) fn path(&self) -> syn::Result<Path> {
        Path::parse_mod_style.parse2(self.equals("path")?)
    }

    /// For `key = expression`.
    pub(crate) fn expression(&self) -> syn::Result<Expr> {
        syn::parse2(self.equals("value")?)
    }

    /// For `key = word` and `key = word(..)`.
    pub(crate) fn choice(&self) -> syn::Result<Self> {
        syn::parse2(self.equals("word")?)
    }

    /// For `key(..)`.
    pub(crate) fn group(&self) -> syn::Result<TokenStream> {
        match &self.value {
            Value::Group(tokens) => Ok(tokens.clone()),
            _ => Err(self.error(format_args!("{}(..)", self.key))),
        }
    }

    /// For `key(a, b)`: a list of anything that can be read from tokens.
    pub(crate) fn list<T: Parse>(&self) -> syn::Result<Vec<T>> {
        let list = syn::punctuated::Punctuated::<T, Token![,]>::parse_terminated;
        Ok(list.parse2(self.group()?)?.into_iter().collect())
    }
}

/// The arguments of one attribute, each key known and given at most once.
#[derive(Debug, Default)]
pub(crate) struct Arguments(Vec<Argument>);

impl Arguments {
    /// Reads `tokens`; `place` is what takes these keys, for messages.
    pub(crate) fn parse(
        tokens: TokenStream,
        place: &str,
        known: &[&str],
        errors: &mut Errors,
    ) -> Self {
        let list = errors.take(Argument::parse_all(tokens)).unwrap_or_default();
        let mut arguments = Vec::<Argument>::with_capacity(list.len());
        for argument in list {
            let key = argument.key.to_string();
            if !known.contains(&key.as_str()) {
                errors.push(unknown(&argument.key, &format!("a key of {place}"), known));
            } else if arguments.iter().any(|given| given.key == argument.key) {
                let message = format!("`{key}` is given twice; {place} takes each key once");
                errors.push(syn::Error::new(argument.key.span(), message));
            } else {
                arguments.push(argument);
            }
        }
        Self(arguments)
    }

    /// Reads the arguments of an attribute that may be written without any.
    pub(crate) fn of_attribute(
        attribute: &syn::Attribute,
        place: &str,
        known: &[&str],
        errors: &mut Errors,
    ) -> Self {
        match &attribute.meta {
            syn::Meta::Path(_) => Self::default(),
            syn::Meta::List(list) => Self::parse(list.tokens.clone(), place, known, errors),
            syn::Meta::NameValue(pair) => {
                let message = format!("write the keys of {place} in parentheses");
                errors.push(syn::Error::new_spanned(&pair.value, message));
                Self::default()
            }
        }
    }

    /// The argument `key`.
    pub(crate) fn get(&self, key: &str) -> Option<&Argument> {
        self.0.iter().find(|argument| argument.key == key)
    }

    /// What `read` makes of the argument `key`, if it is given and right.
    pub(crate) fn read<T>(
        &self,
        key: &str,
        errors: &mut Errors,
        read: impl FnOnce(&Argument) -> syn::Result<T>,
    ) -> Option<T> {
        self.get(key).and_then(|argument| errors.take(read(argument)))
    }

    /// True if the flag `key` is given.
    pub(crate) fn flag(&self, key: &str, errors: &mut Errors) -> bool {
        self.read(key, errors, Argument::flag).unwrap_or(false)
    }
}

/// The error for a word that is none of `known`; `what` is what each of them is, with its article.
pub(crate) fn unknown(word: &Ident, what: &str, known: &[&str]) -> syn::Error {
    let text = word.to_string();
    let hint = match nearest(&text, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known: {}", known.join(", ")),
    };
    syn::Error::new(word.span(), format!("`{text}` is not {what}; {hint}"))
}

/// The one of `known` that is closest to `text`, if at most a third of the letters differ.
fn nearest<'a>(text: &str, known: &[&'a str]) -> Option<&'a str> {
    let limit = |candidate: &str| text.len().max(candidate.len()).div_ceil(3);
    known
        .iter()
        .map(|candidate| (distance(text, candidate), *candidate))
        .filter(|(distance, candidate)| *distance <= limit(candidate))
        .min()
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance, in characters.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (above, from) in from.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], above + 1);
        for (column, to) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

/// The value of `-1`, `2` and `0.5` as they stand in an attribute: a literal with its sign.
pub(crate) fn literal(expression: &Expr) -> Option<&Lit> {
    match expression {
        Expr::Lit(literal) => Some(&literal.lit),
        Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Neg(_)) => literal(&unary.expr),
        Expr::Group(group) => literal(&group.expr),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tokens: &str, expect: &[&str]) {
        let mut errors = Errors::default();
        let tokens = tokens.parse().unwrap();
        Arguments::parse(tokens, "`#[input]`", &["formats", "depth", "optional"], &mut errors);
        assert_eq!(errors.messages(), expect);
    }

    #[test]
    fn every_mistake_is_named() {
        check("formats(video(I420)), depth = 4, optional", &[]);
        check(
            "formts(), depth = 1, depth = 2, zzzzzzzz",
            &[
                "`formts` is not a key of `#[input]`; did you mean `formats`?",
                "`depth` is given twice; `#[input]` takes each key once",
                "`zzzzzzzz` is not a key of `#[input]`; known: formats, depth, optional",
            ],
        );
        check("depth: 1", &["expected `,`, `=` or `(` after `depth`"]);
        check("depth =, optional", &["`depth =` needs a value"]);
    }

    #[test]
    fn values_are_of_the_form_that_is_asked_for() {
        let argument = |text: &str| syn::parse_str::<Argument>(text).unwrap();
        let message = |result: syn::Result<u32>| result.map_err(|error| error.to_string());
        assert_eq!(message(argument("depth = 4").number(1)), Ok(4));
        for (text, expect) in [
            ("depth", "write it as `depth = 1`"),
            ("depth = 0", "`depth` is 1 or more"),
            ("depth = four", "`depth` is a whole number, 1 or more"),
            (
                "depth = 5000000000",
                "`depth` is a whole number, 1 or more: number too large to fit in target type",
            ),
        ] {
            assert_eq!(message(argument(text).number(1)), Err(expect.to_owned()));
        }
    }
}
