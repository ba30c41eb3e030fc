//! The witness's server, code by code as the specification has them.

use std::path::Path;
use std::sync::Arc;

use expect_test::expect;
use http::Answer;
use proof::cosignature::{Algorithm, Cosigner, CosignerKey, verified};
use proof::merkle::{self, Frontier};
use proof::note::Signer;
use proof::{Checkpoint, Hash};
use store::Directory;
use web::witness::{Settings, Witness, routes};

use crate::served::{START_MS, Server, Still};

const ORIGIN: &str = "log.example/water";

fn log() -> Signer {
    Signer::from_seed(ORIGIN, &[7; 32]).unwrap()
}

fn witness(dir: &Path, time_ms: u64) -> Result<Witness, store::Error> {
    let cosigner = |algorithm, seed| Cosigner::from_seed("w.example", algorithm, &[seed; 32]);
    let settings = Settings {
        cosigners: vec![
            cosigner(Algorithm::Ed25519, 1).unwrap(),
            cosigner(Algorithm::MlDsa44, 2).unwrap(),
        ],
        logs: vec![log().verifier().clone()],
        clock: Arc::new(Still(time_ms)),
    };
    Witness::open(Arc::new(Directory::at(dir)), settings)
}

fn serve(dir: &Path) -> (Server, Vec<CosignerKey>) {
    let witness = Arc::new(witness(dir, START_MS).unwrap());
    let keys = witness.keys();
    (Server::start(routes(witness)), keys)
}

/// The checkpoint of a log whose entries are numbers.
fn note(size: u64, signer: &Signer) -> String {
    let mut tree = Frontier::default();
    for number in 0..size {
        tree.append(merkle::leaf_hash(&number.to_be_bytes()));
    }
    let origin = signer.verifier().name().to_owned();
    let root = tree.root();
    let head = merkle::Head { size, root };
    Checkpoint { origin, head }.sign(signer).unwrap()
}

fn body(old: u64, proof: &[Hash], note: &str) -> Vec<u8> {
    use base64::Engine as _;
    let mut text = format!("old {old}\n");
    for hash in proof {
        text += &base64::prelude::BASE64_STANDARD.encode(hash);
        text.push('\n');
    }
    format!("{text}\n{note}").into_bytes()
}

fn ask(server: &Server, body: Vec<u8>) -> Answer {
    let kind = "text/plain; charset=utf-8";
    server
        .site
        .post("add-checkpoint", kind, body, 1 << 20)
        .unwrap()
}

fn told(answer: &Answer) -> String {
    let kind = answer.header("content-type").unwrap_or_default();
    let body = String::from_utf8_lossy(&answer.body);
    let kind = kind.trim_end_matches("; charset=utf-8");
    format!("{} {kind}\n  {}\n", answer.status, body.trim_end())
}

/// From one leaf to two: the second leaf's hash.
fn one_to_two() -> Vec<Hash> {
    vec![merkle::leaf_hash(&1u64.to_be_bytes())]
}

#[test]
fn it_cosigns_what_grows_and_shows_the_newest() {
    let dir = tempfile::tempdir().unwrap();
    let (server, keys) = serve(dir.path());
    let first = note(1, &log());
    let answer = ask(&server, body(0, &[], &first));
    assert_eq!(answer.status, 200, "{}", told(&answer));
    let second = note(2, &log());
    let answer = ask(&server, body(1, &one_to_two(), &second));
    assert_eq!(answer.status, 200, "{}", told(&answer));
    let lines = String::from_utf8(answer.body).unwrap();
    let whole = format!("{second}{lines}");
    let cosigned = verified(whole.as_bytes(), &keys).unwrap();
    assert_eq!(cosigned.len(), 2);
    assert!(cosigned.iter().all(|one| one.time_s == START_MS / 1_000));
    let hash = protocol::Hash(proof::hash::sha256(&[ORIGIN.as_bytes()]));
    let shown = server.get(&format!("{hash}/checkpoint")).body;
    assert_eq!(String::from_utf8(shown.clone()).unwrap(), whole);
    server.stop();
    let (server, _) = serve(dir.path());
    assert_eq!(server.get(&format!("{hash}/checkpoint")).body, shown);
    let answer = ask(&server, body(0, &[], &first));
    assert_eq!(told(&answer), "409 text/x.tlog.size\n  2\n");
    server.stop();
}

#[test]
fn it_says_what_is_wrong_by_the_codes_of_the_specification() {
    let dir = tempfile::tempdir().unwrap();
    let (server, _) = serve(dir.path());
    let thief = Signer::from_seed(ORIGIN, &[8; 32]).unwrap();
    let stranger = Signer::from_seed("other.example", &[7; 32]).unwrap();
    let good = note(2, &log());
    let first = ask(&server, body(0, &[], &note(1, &log())));
    assert_eq!(first.status, 200);
    let tampered = good.replacen("\n2\n", "\n3\n", 1);
    let mut said = told(&ask(&server, b"hello".to_vec()));
    said += &told(&ask(&server, body(3, &[], &good)));
    said += &told(&ask(&server, body(1, &one_to_two(), &note(2, &thief))));
    said += &told(&ask(&server, body(1, &one_to_two(), &tampered)));
    said += &told(&ask(&server, body(1, &one_to_two(), &note(2, &stranger))));
    said += &told(&ask(&server, body(0, &[], &good)));
    said += &told(&ask(&server, body(1, &[[9; 32]], &good)));
    said += &told(&ask(&server, body(1, &[], &good)));
    let unseen = server.get(&format!("{}/checkpoint", "0".repeat(64)));
    said += &format!("{}\n", unseen.status);
    expect![[r#"
        400 text/plain
          witness request: an empty line must precede the checkpoint
        400 text/plain
          the old size must not exceed the size of the checkpoint
        403 text/plain
          signed note: no trusted key signed it
        403 text/plain
          signed note: the signature of a trusted key does not match the text
        404 text/plain
          this log is not known here
        409 text/x.tlog.size
          1
        422 text/plain
          consistency proof: the path does not lead to the new root
        422 text/plain
          consistency proof: it has fewer hashes than the path is long
        404
    "#]]
    .assert_eq(&said);
    let answer = ask(&server, body(1, &one_to_two(), &good));
    assert_eq!(answer.status, 200, "{}", told(&answer));
    server.stop();
}

#[test]
fn of_two_branches_it_cosigns_one() {
    let dir = tempfile::tempdir().unwrap();
    let witness = witness(dir.path(), START_MS).unwrap();
    let other = {
        let head = merkle::Head {
            size: 1,
            root: [5; 32],
        };
        let origin = ORIGIN.to_owned();
        Checkpoint { origin, head }.sign(&log()).unwrap()
    };
    let requests = [body(0, &[], &note(1, &log())), body(0, &[], &other)];
    let witness = &witness;
    let answers: Vec<u16> = std::thread::scope(|scope| {
        let ask = |request: &Vec<u8>| witness.add_checkpoint(request).unwrap().status();
        let asked = requests
            .iter()
            .map(|request| scope.spawn(move || ask(request)));
        let asked: Vec<_> = asked.collect();
        asked.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(
        answers == [200, 409] || answers == [409, 200],
        "{answers:?}"
    );
}

#[test]
fn a_damaged_record_is_not_begun_anew() {
    let dir = tempfile::tempdir().unwrap();
    let first = witness(dir.path(), START_MS).unwrap();
    let answer = first
        .add_checkpoint(&body(0, &[], &note(1, &log())))
        .unwrap();
    assert_eq!(answer.status(), 200);
    let hash = protocol::Hash(proof::hash::sha256(&[ORIGIN.as_bytes()]));
    let path = dir.path().join(format!("logs/{hash}"));
    std::fs::write(&path, note(1, &log())).unwrap();
    let words = witness(dir.path(), START_MS).unwrap_err().to_string();
    let words = words
        .replace(&hash.to_string(), "HASH")
        .replace(": ", ":\n");
    expect![[r#"
        cannot accept the record `logs/HASH` of the log `log.example/water`:
        this witness has not cosigned it; was its key replaced?"#]]
    .assert_eq(&words);
    std::fs::write(&path, "").unwrap();
    let error = witness(dir.path(), START_MS).unwrap_err();
    assert_eq!(error.kind, store::Kind::Corrupt);
}

#[test]
fn without_a_clock_it_signs_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let early = witness(dir.path(), 0).unwrap();
    let request = body(0, &[], &note(1, &log()));
    expect!["cannot cosign: cosignature: the time must not be zero"]
        .assert_eq(&early.add_checkpoint(&request).unwrap_err().to_string());
    let later = witness(dir.path(), START_MS).unwrap();
    assert_eq!(later.add_checkpoint(&request).unwrap().status(), 200);
}
