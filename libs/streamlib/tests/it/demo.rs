//! The demo of the README.

use crate::support::{asset, run};

#[test]
fn the_demo_writes_its_two_files() {
    let folder = tempfile::tempdir().unwrap();
    let text = include_str!("../../../../examples/demo/comparison.yaml");
    let clip = asset("bigbuckbunny.mp4");
    let outcome = run(text, &[("clip", &clip), ("out", folder.path())]);
    assert!(!outcome.failed(), "{outcome:?}");
    for name in ["comparison.mp4", "contact-sheet.png"] {
        let size = std::fs::metadata(folder.path().join(name)).unwrap().len();
        assert!(size > 100_000, "{name} has {size} bytes");
    }
}
