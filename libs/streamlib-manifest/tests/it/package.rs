//! Package manifests.

mod bad;
mod compare;
mod good;
mod hostile;
mod schema;
mod words;

use streamlib_manifest::package::{PackageManifest, parse_package};

/// The sample of the design document, as it stands there.
const DOCUMENT: &str = include_str!("../corpus/package-document.yaml");
const EVERYTHING: &str = include_str!("../corpus/package-everything.yaml");

/// Everything that is said about a manifest.
fn report(text: &str) -> String {
    parse_package(text, "streamlib.yaml").diagnostics().to_string()
}

/// The model of a manifest that has no errors and no warnings.
fn good(text: &str) -> PackageManifest {
    let parsed = parse_package(text, "streamlib.yaml");
    assert_eq!(parsed.diagnostics().to_string(), "");
    parsed.into_manifest().expect("the manifest has no errors").0
}
