//! Foreign readers of a log: `signed_note`, and a Python program that shares no code with us.
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use signed_note::{Note, StandardVerifier, VerifierList};

use crate::{filled, signer};

fn verify_in_python(dir: &Path) -> Option<Output> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/verify_log.py");
    let key = signer().verifier().to_string();
    Command::new("python3")
        .arg(script)
        .arg(dir)
        .arg(key)
        .output()
        .ok()
}

#[test]
fn signed_note_opens_our_checkpoint() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = filled(dir.path(), &[3]);
    let checkpoint = store.publish(&signer()).unwrap();
    let note = fs::read(dir.path().join("log/checkpoint")).unwrap();
    let verifier = StandardVerifier::new(&signer().verifier().to_string()).unwrap();
    let note = Note::from_bytes(&note).unwrap();
    let (verified, _) = note
        .verify(&VerifierList::new(vec![Box::new(verifier)]))
        .unwrap();
    assert_eq!(verified.len(), 1);
    assert_eq!(note.text(), checkpoint.text().as_bytes());
}

#[test]
fn python_recomputes_the_root_and_sees_damage() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = filled(dir.path(), &[200, 700, 1]);
    let head = store.publish(&signer()).unwrap().head;
    let Some(output) = verify_in_python(dir.path()) else {
        eprintln!("skipped: python3 is missing");
        return;
    };
    let printed = String::from_utf8(output.stdout).unwrap();
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        printed,
        format!("{} {}\n", head.size, hex::encode(head.root)),
        "{complaint}"
    );
    for path in [
        "log/checkpoint",
        "log/tile/entries/001",
        "log/tile/0/003.p/133",
    ] {
        let path = dir.path().join(path);
        let whole = fs::read(&path).unwrap();
        let mut damaged = whole.clone();
        damaged[40] ^= 1;
        fs::write(&path, damaged).unwrap();
        assert!(
            !verify_in_python(dir.path()).unwrap().status.success(),
            "{}",
            path.display()
        );
        fs::write(&path, whole).unwrap();
    }
    assert!(verify_in_python(dir.path()).unwrap().status.success());
}
