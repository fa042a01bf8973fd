//! Package manifests.

use streamlib_manifest::package::{PackageSource, parse_package_bytes};

/// Reads a manifest, says its problems, and reads its words again from what they display.
///
/// # Panics
/// A problem is said without words, a place is lost, or what is written is not read as the same.
pub fn package_manifest(bytes: &[u8]) {
    let parsed = parse_package_bytes(bytes, "hostile.yaml");
    for problem in parsed.diagnostics().as_slice() {
        assert!(!problem.message.is_empty() && problem.to_string().contains(&problem.message));
    }
    let Some(manifest) = parsed.manifest() else {
        return assert!(parsed.diagnostics().has_errors());
    };
    for dependency in manifest.dependencies.values() {
        if let Some(source) = &dependency.source {
            let again: PackageSource = source.to_string().parse().expect("it was read once");
            assert_eq!(again, *source);
        }
    }
    for (at, processor) in manifest.processors.iter().enumerate() {
        let place = ["processors".into(), at.into(), "name".into()];
        assert!(parsed.spans().locate(&place).is_some());
        let names = |name: &str| !name.contains(['/', '\\', '\0']) && !name.contains("..");
        assert!(names(&processor.name) && names(&manifest.package.name));
    }
}
