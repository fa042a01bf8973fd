//! Packing: the same bytes for the same files, and which files.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use streamlib_package::{Archive, FileRules, Limits, PackPlan, Progress};
use tempfile::TempDir;

use crate::support::{MANIFEST, folder, open, pack, plan, tree, write};

#[test]
fn equal_files_give_equal_bytes() {
    let files = [
        ("streamlib.yaml", MANIFEST),
        ("python/gray.py", "import numpy\n"),
        ("python/käse.py", "x"),
        ("empty", ""),
    ];
    let one = folder(&files);
    let mut reversed = files;
    reversed.reverse();
    let other = folder(&reversed);
    let script = other.path().join("python/gray.py");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let before = std::time::SystemTime::UNIX_EPOCH;
    File::options().write(true).open(&script).unwrap().set_modified(before).unwrap();
    fs::create_dir(other.path().join("an-empty-folder")).unwrap();

    let out = TempDir::new().unwrap();
    let [a, b] = ["a", "b"].map(|name| out.path().join(name));
    let packed = pack(one.path(), &a);
    assert_eq!(pack(other.path(), &b), packed);
    assert_eq!(fs::read(&a).unwrap(), fs::read(&b).unwrap());
    assert_eq!(tree(out.path()).len(), 2, "nothing else is left beside them");

    write(&one.path().join("empty"), b"no more");
    let changed = pack(one.path(), &a);
    assert_ne!(changed.archive, packed.archive);
    assert_ne!(changed.contents.digest(), packed.contents.digest());
}

#[test]
fn other_programs_read_it_and_the_digests_are_those_of_sha256sum() {
    let big = "0123456789".repeat(30_000);
    let folder =
        folder(&[("streamlib.yaml", MANIFEST), ("a/b/big.txt", &big), ("käse", "x"), ("e", "")]);
    let out = TempDir::new().unwrap();
    let file = out.path().join("gray.slpkg");
    let packed = pack(folder.path(), &file);
    assert!(packed.bytes < 10_000, "{} bytes", packed.bytes);

    let mut other = zip::ZipArchive::new(File::open(&file).unwrap()).unwrap();
    let mut contents = String::new();
    for index in 0..other.len() {
        let mut entry = other.by_index(index).unwrap();
        let name = entry.name().unwrap().into_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        assert_eq!(entry.unix_mode(), Some(0o100_644), "{name}");
        if name == "contents.sha256" {
            contents = String::from_utf8(content).unwrap();
        } else {
            assert_eq!(content, fs::read(folder.path().join(&name)).unwrap(), "{name}");
        }
    }
    assert_eq!(contents, packed.contents.to_text());
    let sum = Command::new("sha256sum").arg(&file).output().unwrap();
    assert!(String::from_utf8(sum.stdout).unwrap().starts_with(&packed.archive.to_string()));

    let unpacked = TempDir::new().unwrap();
    let mut archive = Archive::open(File::open(&file).unwrap(), "x", &Limits::default()).unwrap();
    archive.unpack(unpacked.path(), &mut |_| {}).unwrap();
    let check = Command::new("sha256sum")
        .args(["--check", "--strict", "contents.sha256"])
        .current_dir(unpacked.path())
        .output()
        .unwrap();
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
    fs::remove_file(unpacked.path().join("contents.sha256")).unwrap();
    assert_eq!(tree(unpacked.path()), tree(folder.path()));
}

#[test]
fn what_compresses_too_well_is_stored_and_so_it_opens() {
    let zeros = "\0".repeat(1 << 20);
    let folder = folder(&[("streamlib.yaml", MANIFEST), ("zeros", &zeros), ("zz", "z")]);
    let out = TempDir::new().unwrap();
    let file = out.path().join("z.slpkg");
    assert!(pack(folder.path(), &file).bytes > 1 << 20);
    let bytes = fs::read(&file).unwrap();
    let mut archive = open(&bytes).unwrap();
    assert_eq!(archive.read("zeros", 1 << 20).unwrap().unwrap(), zeros.as_bytes());
    assert_eq!(archive.read("zz", 1).unwrap().unwrap(), b"z");
    assert_eq!(archive.read("other", 1).unwrap(), None);
    let refused = archive.read("zeros", 1000).unwrap_err().to_string();
    assert!(refused.contains("at most 1000 are allowed"), "{refused}");
}

#[test]
fn progress_counts_every_byte() {
    let big = "0123456789".repeat(30_000);
    let folder = folder(&[("streamlib.yaml", MANIFEST), ("big", &big)]);
    let out = TempDir::new().unwrap();
    let (mut last, mut written) = (0, Vec::new());
    let mut on_progress = |progress: Progress<'_>| match progress {
        Progress::Copied { bytes, total, .. } => {
            assert!(bytes > last && bytes <= total);
            last = bytes;
        }
        Progress::Written { name } => written.push(name.to_owned()),
        other => panic!("{other:?}"),
    };
    plan(folder.path()).pack(&out.path().join("a"), &mut on_progress).unwrap();
    assert!(last > big.len() as u64);
    assert_eq!(written, ["big", "streamlib.yaml"]);
}

/// Plans a folder with many kinds of files, and says what is packed and what not.
fn choose(include: &[&str], exclude: &[&str]) -> String {
    let folder = folder(&[
        ("streamlib.yaml", MANIFEST),
        ("README.md", ""),
        (".git/config", ""),
        (".python-version", "3.11"),
        ("src/lib.rs", ""),
        ("src/notes.md", ""),
        ("target/debug/big", ""),
        ("python/__pycache__/a.pyc", ""),
        ("python/a.py", ""),
        ("old.slpkg", ""),
        ("old.slpkg.minisig", ""),
        ("contents.sha256", ""),
        ("lib/x86_64-unknown-linux-gnu/libgray.so", ""),
    ]);
    let own = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    let rules = FileRules { include: own(include), exclude: own(exclude) };
    let plan = PackPlan::of_folder(folder.path(), &rules, &Limits::default()).unwrap();
    let packed = plan.files().iter().map(|file| format!("{}\n", file.name));
    let left = plan.left_out().iter().map(|left| format!("- {} ({})\n", left.name, left.reason));
    packed.chain(left).collect()
}

#[test]
fn without_rules_all_but_what_is_hidden_or_made_is_packed() {
    insta::assert_snapshot!(choose(&[], &[]), @r#"
    README.md
    lib/x86_64-unknown-linux-gnu/libgray.so
    python/a.py
    src/lib.rs
    src/notes.md
    streamlib.yaml
    - .git/ (hidden)
    - .python-version (hidden)
    - contents.sha256 (made anew)
    - old.slpkg (a package)
    - old.slpkg.minisig (a package)
    - python/__pycache__/ (a build output)
    - target/ (a build output)
    "#);
}

#[test]
fn exclude_wins_and_a_hidden_file_is_included_by_its_name() {
    insta::assert_snapshot!(choose(&["**", ".python-version"], &["*.md", "/src"]), @r#"
    .python-version
    lib/x86_64-unknown-linux-gnu/libgray.so
    python/a.py
    streamlib.yaml
    - .git/ (hidden)
    - README.md (excluded)
    - contents.sha256 (made anew)
    - old.slpkg (a package)
    - old.slpkg.minisig (a package)
    - python/__pycache__/ (a build output)
    - src/ (excluded)
    - target/ (a build output)
    "#);
}

#[test]
fn include_is_for_nothing_else() {
    insta::assert_snapshot!(choose(&["lib/**/*.so", "target/*/big"], &["streamlib.yaml"]), @r#"
    lib/x86_64-unknown-linux-gnu/libgray.so
    streamlib.yaml
    target/debug/big
    - .git/ (hidden)
    - .python-version (hidden)
    - README.md (not included)
    - contents.sha256 (made anew)
    - old.slpkg (a package)
    - old.slpkg.minisig (a package)
    - python/__pycache__/ (a build output)
    - python/a.py (not included)
    - src/lib.rs (not included)
    - src/notes.md (not included)
    "#);
}

#[test]
fn files_that_are_made_are_put_in_and_replace() {
    let folder = folder(&[("streamlib.yaml", MANIFEST), ("types/a.py", "old")]);
    let mut plan = plan(folder.path());
    plan.put("types/a.py", b"new".to_vec()).unwrap();
    plan.put("types/b.py", b"b".to_vec()).unwrap();
    let out = TempDir::new().unwrap();
    plan.pack(&out.path().join("a"), &mut |_| {}).unwrap();
    let bytes = fs::read(out.path().join("a")).unwrap();
    let mut archive = open(&bytes).unwrap();
    let names: Vec<&str> = archive.files().iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["streamlib.yaml", "types/a.py", "types/b.py"]);
    assert_eq!(archive.read("types/a.py", 10).unwrap().unwrap(), b"new");
    assert!(plan.put("../x", Vec::new()).is_err());
}

/// Plans a folder after something was done to it, and says why it cannot be packed.
fn refused(limits: &Limits, change: impl FnOnce(&Path)) -> String {
    let folder = folder(&[("streamlib.yaml", MANIFEST), ("a", "aaa")]);
    change(folder.path());
    let planned = PackPlan::of_folder(folder.path(), &FileRules::default(), limits);
    let out = TempDir::new().unwrap();
    let packed = planned.and_then(|plan| {
        let packed =
            plan.pack(&out.path().join("a"), &mut |_| write(&folder.path().join("z"), b"!"));
        assert!(tree(out.path()).is_empty(), "nothing is left");
        packed
    });
    let shown = |folder: &TempDir| folder.path().display().to_string();
    packed.unwrap_err().to_string().replace(&shown(&folder), "DIR").replace(&shown(&out), "OUT")
}

#[test]
fn what_no_package_may_have_is_refused() {
    let usual = Limits::default();
    let mut all = Vec::new();
    all.push(refused(&usual, |dir| fs::remove_file(dir.join("streamlib.yaml")).unwrap()));
    all.push(refused(&usual, |dir| symlink("/etc/passwd", dir.join("x")).unwrap()));
    all.push(refused(&usual, |dir| drop(UnixListener::bind(dir.join("x")).unwrap())));
    all.push(refused(&usual, |dir| write(&dir.join("what?"), b"")));
    all.push(refused(&usual, |dir| write(&dir.join("A"), b"")));
    all.push(refused(&usual, |dir| {
        ["B/x", "b"].iter().for_each(|name| write(&dir.join(name), b""));
    }));
    all.push(refused(&usual, |dir| write(&dir.join("z"), b"before")));
    all.push(refused(&Limits { files: 1, ..usual }, |_| {}));
    all.push(refused(&Limits { file_bytes: 10, ..usual }, |_| {}));
    all.push(refused(&Limits { total_bytes: 10, ..usual }, |_| {}));
    all.push(refused(&Limits { archive_bytes: 10, ..usual }, |_| {}));
    insta::assert_snapshot!(all.join("\n"), @r#"
    the folder `DIR` cannot be packed: it has no `streamlib.yaml`, in which a package says what it is
    the folder `DIR` cannot be packed: its "x" is a link; put the file itself there, or list it under `exclude`
    the folder `DIR` cannot be packed: its "x" is neither file nor folder; list it under `exclude`
    the folder `DIR` cannot be packed: the name of its file "what?" has one of the characters <>"|?* that Windows does not allow; rename it, or list it under `exclude`
    the folder `DIR` cannot be packed: its files "A" and "a" differ only in case; rename one
    the folder `DIR` cannot be packed: its file "b" is a folder in the name of "B/x"; rename one
    the folder `DIR` cannot be packed: its file "z" changes while it is packed; pack again when it does not
    the folder `DIR` cannot be packed: it has 2 files, and at most 1 are allowed; list what is not needed under `exclude`
    the folder `DIR` cannot be packed: its file "streamlib.yaml" has 53 bytes, and at most 10 are allowed; list it under `exclude` if it is not needed
    the folder `DIR` cannot be packed: its files have 56 bytes, and at most 10 are allowed; list what is not needed under `exclude`
    `OUT/a` is refused: it has 477 bytes, and at most 10 are allowed; leave out what is not needed
    "#);
}
