//! The fuzz targets as property tests: every file of the corpus as it is, and changed at random.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, like tests do")]

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use streamlib_fuzzing::TARGETS;

/// The files of a target, in order.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let entries =
        fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} is empty", folder.display());
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// One change of some bytes.
#[derive(Debug, Clone)]
enum Change {
    Put(prop::sample::Index, u8),
    Flip(prop::sample::Index, u32),
    /// Four bytes, as lengths and counts are.
    Number(prop::sample::Index, u32),
    Cut(prop::sample::Index),
    Remove(prop::sample::Index, usize),
    Repeat(prop::sample::Index, usize),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<prop::sample::Index>;
    let number = prop_oneof![Just(0), Just(1), Just(u32::MAX), Just(1 << 31), any::<u32>()];
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Change::Put(at, byte)),
        (at(), 0..8_u32).prop_map(|(at, bit)| Change::Flip(at, bit)),
        (at(), number).prop_map(|(at, number)| Change::Number(at, number)),
        at().prop_map(Change::Cut),
        (at(), 1..16_usize).prop_map(|(at, count)| Change::Remove(at, count)),
        (at(), 1..16_usize).prop_map(|(at, count)| Change::Repeat(at, count)),
    ]
}

fn changed(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        if bytes.is_empty() {
            return bytes;
        }
        let length = bytes.len();
        match change {
            Change::Put(at, byte) => bytes[at.index(length)] = *byte,
            Change::Flip(at, bit) => bytes[at.index(length)] ^= 1 << bit,
            Change::Number(at, number) => {
                let at = at.index(length);
                let end = length.min(at + 4);
                bytes[at..end].copy_from_slice(&number.to_be_bytes()[..end - at]);
            }
            Change::Cut(at) => bytes.truncate(at.index(length)),
            Change::Remove(at, count) => {
                let at = at.index(length);
                bytes.drain(at..length.min(at + count));
            }
            Change::Repeat(at, count) => {
                let at = at.index(length);
                let piece = bytes[at..length.min(at + count)].to_vec();
                bytes.splice(at..at, piece);
            }
        }
    }
    bytes
}

/// Feeds a target with its corpus, with changes of it, and with anything.
fn check(name: &str) {
    let (_, target) = TARGETS.iter().find(|(target, _)| *target == name).unwrap();
    let corpus = corpus(name);
    corpus.iter().for_each(|bytes| target(bytes));
    let changes = prop::collection::vec(change(), 1..8);
    let seed = prop::sample::select(corpus);
    let anything = prop::collection::vec(any::<u8>(), 0..512);
    let input = prop_oneof![
        9 => (seed, changes).prop_map(|(bytes, changes)| changed(bytes, &changes)),
        1 => anything,
    ];
    proptest!(|(bytes in input)| target(&bytes));
}

#[test]
fn every_target_has_a_program_for_the_fuzzer() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/fuzz_targets");
    let mut programs: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    programs.sort();
    let names: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    assert_eq!(programs, names);
}

#[test]
fn aac() {
    check("aac");
}

#[test]
fn block() {
    check("block");
}

#[test]
fn graph_file() {
    check("graph_file");
}

#[test]
fn h264() {
    check("h264");
}

#[test]
fn mp4() {
    check("mp4");
}

#[test]
fn opus() {
    check("opus");
}

#[test]
fn plugin_file() {
    check("plugin_file");
}

#[test]
fn protocol() {
    check("protocol");
}

#[test]
fn package_archive() {
    check("package_archive");
}

#[test]
fn schema() {
    check("schema");
}

#[test]
fn trust() {
    check("trust");
}

#[test]
fn package_manifest() {
    check("package_manifest");
}
