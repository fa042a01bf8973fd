//! `formats(video(I420, Nv12), audio(F32, rates(48000)), packets(H264))`.
//!
//! The words are variants of the enumerations of `streamlib_abi::media`; a wrong one is refused by
//! the compiler, which knows them all.

use proc_macro2::{Ident, TokenStream};
use syn::{LitInt, Type};

use crate::arguments::{Argument, unknown};
use crate::common::Errors;

const KINDS: &[&str] = &["video", "audio", "packets"];

/// One alternative.
#[derive(Debug)]
pub(super) enum Range {
    Video { pixel_formats: Vec<Ident>, size: Option<(u32, u32)> },
    Audio { sample_formats: Vec<Ident>, sample_rates: Vec<u32>, channels: Vec<u32> },
    Packets { codecs: Vec<Ident>, framings: Vec<Ident> },
}

/// The alternatives in `tokens`, for a port of frames `frame`.
pub(super) fn parse(tokens: TokenStream, frame: &Type, errors: &mut Errors) -> Vec<Range> {
    let list = errors.take(Argument::parse_all(tokens)).unwrap_or_default();
    list.iter().filter_map(|argument| errors.take(range(argument, frame))).collect()
}

fn range(argument: &Argument, frame: &Type) -> syn::Result<Range> {
    let kind = argument.key.to_string();
    if !KINDS.contains(&kind.as_str()) {
        return Err(unknown(&argument.key, "a kind of format", KINDS));
    }
    if let Some((frame, expected)) = kind_of(frame)
        && expected != Some(kind.as_str())
    {
        let message = match expected {
            Some(expected) => format!("frames of type `{frame}` have formats of `{expected}(..)`"),
            None => format!("frames of type `{frame}` have no formats; their schema says it all"),
        };
        return Err(syn::Error::new(argument.key.span(), message));
    }
    let words = if argument.is_word() { Vec::new() } else { argument.list::<Argument>()? };
    match kind.as_str() {
        "video" => {
            let (pixel_formats, mut lists) = split(&words, &["size"])?;
            let size = match numbers(lists.pop().flatten(), 32_768)?.as_slice() {
                [] => None,
                [width, height] => Some((*width, *height)),
                _ => {
                    let message = "write the size as `size(1280, 720)`";
                    return Err(syn::Error::new(argument.key.span(), message));
                }
            };
            Ok(Range::Video { pixel_formats, size })
        }
        "audio" => {
            let (sample_formats, mut lists) = split(&words, &["rates", "channels"])?;
            let channels = numbers(lists.pop().flatten(), 8)?;
            let sample_rates = numbers(lists.pop().flatten(), 768_000)?;
            Ok(Range::Audio { sample_formats, sample_rates, channels })
        }
        _ => {
            let (codecs, mut lists) = split(&words, &["framings"])?;
            let framings = lists.pop().flatten().map_or(Ok(Vec::new()), Argument::list)?;
            Ok(Range::Packets { codecs, framings })
        }
    }
}

/// What formats frames of a built-in type have; `None` for a type that this macro does not know.
fn kind_of(frame: &Type) -> Option<(String, Option<&'static str>)> {
    let Type::Path(path) = frame else { return None };
    let name = path.path.segments.last()?.ident.to_string();
    let kind = match name.as_str() {
        "VideoFrame" => Some("video"),
        "AudioFrame" => Some("audio"),
        "EncodedVideoFrame" | "EncodedAudioFrame" => Some("packets"),
        "DataFrame" => None,
        _ => return None,
    };
    Some((name, kind))
}

/// The words, and for each of `keys` the argument `key(..)`.
fn split<'a>(
    words: &'a [Argument],
    keys: &[&str],
) -> syn::Result<(Vec<Ident>, Vec<Option<&'a Argument>>)> {
    let mut plain = Vec::new();
    let mut lists = vec![None; keys.len()];
    for word in words {
        if word.is_word() {
            plain.push(word.key.clone());
            continue;
        }
        match keys.iter().position(|key| word.key == key) {
            Some(index) if lists[index].is_none() => lists[index] = Some(word),
            Some(_) => {
                let message = format!("`{}` is given twice", word.key);
                return Err(syn::Error::new(word.key.span(), message));
            }
            None => return Err(unknown(&word.key, "a list of a format", keys)),
        }
    }
    Ok((plain, lists))
}

fn numbers(argument: Option<&Argument>, most: u32) -> syn::Result<Vec<u32>> {
    let literals = argument.map_or(Ok(Vec::new()), Argument::list::<LitInt>)?;
    let number = |literal: &LitInt| {
        let number: u32 = literal.base10_parse()?;
        if (1..=most).contains(&number) {
            return Ok(number);
        }
        Err(syn::Error::new(literal.span(), format!("the number is 1 to {most}")))
    };
    literals.iter().map(number).collect()
}
