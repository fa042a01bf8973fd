//! Signatures that the program `minisign` makes, and the file of trusted keys.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use insta::assert_snapshot;
use streamlib_package::{
    Digest, Fetcher, PackageError, Trust, TrustStore, TrustedKey, TrustedKeys, signature_path,
};
use tempfile::TempDir;

use crate::server::{Server, answer, whole};
use crate::support::{Place, write};

/// Somebody with a pair of keys.
struct Signer {
    folder: TempDir,
}

impl Signer {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let signer = Self { folder };
        signer.minisign(&["-G", "-W", "-p", "key.pub", "-s", "key.sec"]);
        signer
    }

    fn minisign(&self, arguments: &[&str]) {
        let run = Command::new("minisign").args(arguments).current_dir(self.folder.path()).output();
        let run = run.expect("`cargo xtask setup` installs minisign");
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    }

    /// The text of the file with the public key.
    fn key(&self) -> String {
        fs::read_to_string(self.folder.path().join("key.pub")).unwrap()
    }

    fn trusted_as(&self, name: &str) -> TrustedKey {
        TrustedKey::new(name, &self.key()).unwrap()
    }

    /// Signs a file, into the file beside it.
    fn sign(&self, file: &Path) -> PathBuf {
        self.sign_with(file, &["-t", "for the tests"])
    }

    fn sign_with(&self, file: &Path, options: &[&str]) -> PathBuf {
        let name = file.to_str().unwrap();
        self.minisign(&[&["-S", "-s", "key.sec", "-m", name], options].concat());
        signature_path(file)
    }
}

fn store(place: &Place, keys: &[TrustedKey]) -> TrustedKeys {
    let store = TrustStore::of(&place.home);
    keys.iter().for_each(|key| store.add(key.clone()).unwrap());
    store.read().unwrap()
}

fn said(result: Result<Trust, PackageError>, place: &Place) -> String {
    let said = result.map_or_else(|error| error.to_string(), |trust| trust.to_string());
    said.replace(&place.path("").display().to_string(), "")
}

#[test]
fn an_archive_that_a_trusted_key_signed_is_trusted() {
    let (place, ada, eve) = (Place::new(), Signer::new(), Signer::new());
    let archive = place.path("gray.slpkg");
    write(&archive, b"content");
    let keys = store(&place, &[ada.trusted_as("Ada Lovelace")]);
    let check = || said(keys.check_beside(&archive), &place);
    assert_eq!(check(), "not signed");
    ada.sign(&archive);
    assert_eq!(check(), "signed by Ada Lovelace (\"for the tests\")");
    let Trust::Signed { sha256, .. } = keys.check_beside(&archive).unwrap() else { panic!() };
    assert_eq!(sha256, Digest::of(b"content"));
    eve.sign(&archive);
    assert_eq!(check(), "signed by a key that is not trusted");
}

#[test]
fn a_signature_that_is_wrong_is_worse_than_none() {
    let (place, ada) = (Place::new(), Signer::new());
    let archive = place.path("gray.slpkg");
    write(&archive, b"content");
    let keys = store(&place, &[ada.trusted_as("Ada")]);
    let check = || said(keys.check_beside(&archive), &place);
    let signature = ada.sign(&archive);
    let text = fs::read_to_string(&signature).unwrap();
    write(&archive, b"changed");
    assert_snapshot!(check(), @"`gray.slpkg` is refused: its signature is not of this file; one of the two was changed: get both again");
    write(&archive, b"content");
    // The comment is signed, too.
    write(&signature, text.replace("for the tests", "for everything").as_bytes());
    assert_snapshot!(check(), @"`gray.slpkg` is refused: its signature is not of this file; one of the two was changed: get both again");
    write(&signature, b"nothing of the kind");
    assert_snapshot!(check(), @"`gray.slpkg` is refused: its signature is not in minisign's format; sign the file again with `minisign -S`");
    write(&signature, &vec![b'x'; 1 << 20]);
    assert!(check().contains("is not in minisign's format"));
    ada.sign_with(&archive, &["-l"]);
    assert_snapshot!(check(), @"`gray.slpkg` is refused: its signature is of the old form, without a hash; sign the file again with `minisign -S`");
}

#[test]
fn keys_are_added_listed_and_removed() {
    let (place, ada, eve) = (Place::new(), Signer::new(), Signer::new());
    let store = TrustStore::of(&place.home);
    assert_eq!(store.read().unwrap(), TrustedKeys::default());
    store.add(ada.trusted_as(" Ada Lovelace ")).unwrap();
    // The line alone will do, as `minisign` prints it for `-P`.
    let line = eve.key().lines().nth(1).unwrap().to_owned();
    store.add(TrustedKey::new("Eve", &line).unwrap()).unwrap();
    let names = |store: &TrustStore| {
        let keys = store.read().unwrap();
        keys.keys().iter().map(|key| key.name().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&store), ["Ada Lovelace", "Eve"]);
    assert_eq!(store.read().unwrap().keys()[1].text(), line);
    assert_snapshot!(store.add(ada.trusted_as("Ada")).unwrap_err(), @r#"the key of "Ada" cannot be added: "Ada Lovelace" has the same key or the same name"#);
    assert_snapshot!(store.add(Signer::new().trusted_as("Eve")).unwrap_err(), @r#"the key of "Eve" cannot be added: "Eve" has the same key or the same name"#);
    assert_snapshot!(store.remove("Bob").unwrap_err(), @r#"no trusted key is called "Bob"; these are: Ada Lovelace, Eve"#);
    store.remove("Ada Lovelace").unwrap();
    assert_eq!(names(&store), ["Eve"]);
    store.remove("Eve").unwrap();
    assert_snapshot!(store.remove("Eve").unwrap_err(), @r#"no trusted key is called "Eve"; there are none"#);
}

#[test]
fn what_is_no_key_or_no_name_is_refused() {
    let key = Signer::new().key();
    let add = |name: &str, key: &str| TrustedKey::new(name, key).unwrap_err().to_string();
    assert_snapshot!(add("Ada", "ssh-ed25519 AAAA"), @r#""ssh-ed25519 AAAA" is not a public key of minisign, which is one line of 56 letters, digits, `+` and `/` that begins with `RW`; `minisign -G` makes one in `minisign.pub`"#);
    assert_snapshot!(add("", &key), @r#""" is not a name for a key, which is one line of 1 to 100 bytes"#);
    assert_snapshot!(add("Ada\nEve", &key), @r#""Ada\nEve" is not a name for a key, which is one line of 1 to 100 bytes"#);
    for bad in ["", "RW", &format!("{key}{key}")] {
        assert!(TrustedKey::new("Ada", bad).is_err(), "{bad}");
    }
}

#[test]
fn the_file_of_keys_says_its_line() {
    let line = Signer::new().key().lines().nth(1).unwrap().to_owned();
    let parse = |text: &str| {
        let error = TrustedKeys::parse(text, "trusted-keys").unwrap_err();
        error.to_string().replace(&line, "KEY")
    };
    assert_snapshot!(parse("# a comment\n\nwhat is this\n"), @r#"trusted-keys:3: "what" is not a public key of minisign, which is one line of 56 letters, digits, `+` and `/` that begins with `RW`; `minisign -G` makes one in `minisign.pub`; put it right or remove the line"#);
    assert_snapshot!(parse(&line), @r#"trusted-keys:1: "" is not a name for a key, which is one line of 1 to 100 bytes; put it right or remove the line"#);
    assert_snapshot!(parse(&format!("{line} Ada\n{line} Ada again\n")), @r#"trusted-keys:2: the key of "Ada again" cannot be added: "Ada" has the same key or the same name; put it right or remove the line"#);
    let good = TrustedKeys::parse(&format!("  {line}\tAda Lovelace \r\n#x\n"), "").unwrap();
    assert_eq!(TrustedKeys::parse(&good.to_text(), "").unwrap(), good);
    assert_eq!(good.keys()[0].name(), "Ada Lovelace");
}

/// Fetches a file without a digest from a server that has a signature, or none.
fn fetch(
    place: &Place,
    keys: &TrustedKeys,
    signature: Option<Vec<u8>>,
) -> Result<Option<String>, String> {
    let server = Server::start(move |_, asked| match (asked.path.as_str(), &signature) {
        ("/gray.slpkg?a=b", _) => whole(b"content"),
        ("/gray.slpkg.minisig?a=b", Some(signature)) => whole(signature),
        _ => answer("404 Not Found", "", b""),
    });
    let url = server.url("/gray.slpkg?a=b");
    let fetched = Fetcher::of(&place.home).fetch(&url, None, keys, &mut |_| {});
    let fetched = fetched.map(|download| {
        assert_eq!(download.sha256(), Digest::of(b"content"));
        assert_eq!(fs::read(download.file()).unwrap(), b"content");
        download.signed_by().map(str::to_owned)
    });
    fetched.map_err(|error| error.to_string().replace(&server.url(""), "SERVER"))
}

#[test]
fn without_a_digest_a_url_needs_a_trusted_signature() {
    let (place, ada, eve) = (Place::new(), Signer::new(), Signer::new());
    let keys = store(&place, &[ada.trusted_as("Ada")]);
    let file = place.path("gray.slpkg");
    let signed = |signer: &Signer, content: &[u8]| {
        write(&file, content);
        Some(fs::read(signer.sign(&file)).unwrap())
    };
    let good = signed(&ada, b"content");
    assert_eq!(fetch(&place, &keys, good), Ok(Some("Ada".to_owned())));
    assert_snapshot!(fetch(&place, &keys, None).unwrap_err(), @"`SERVER/gray.slpkg?a=b` cannot be fetched: nothing says what it has to be, and it is not signed; add `#sha256=DIGEST` to the URL, or trust the key that signed it (`streamlib pkg trust`)");
    assert_snapshot!(fetch(&place, &keys, signed(&eve, b"content")).unwrap_err(), @"`SERVER/gray.slpkg?a=b` cannot be fetched: nothing says what it has to be, and it is signed by a key that is not trusted; add `#sha256=DIGEST` to the URL, or trust the key that signed it (`streamlib pkg trust`)");
    assert_snapshot!(fetch(&place, &keys, signed(&ada, b"other")).unwrap_err(), @"`SERVER/gray.slpkg?a=b` is refused: its signature is not of this file; one of the two was changed: get both again");
    assert!(fetch(&place, &keys, Some(b"noise".to_vec())).unwrap_err().contains("not trusted"));
    assert!(crate::support::tree(&place.home.downloads()).is_empty());
}
