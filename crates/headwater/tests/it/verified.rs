//! What `verify` says of files that prove too little, or too much.

use crate::process::{Process, ask, plain, text};
use expect_test::expect;
use proof::Checkpoint;
use proof::cosignature::{Algorithm, Cosigner};
use proof::note::Signer;
use proof::promise::Promise;

/// The key and the checkpoint of a log of five entries.
fn small_log() -> (Signer, Checkpoint) {
    let signer = Signer::from_seed("log.example", &[3; 32]).unwrap();
    let origin = signer.verifier().name().to_owned();
    let head = proof::merkle::Head {
        size: 5,
        root: [1; 32],
    };
    (signer, Checkpoint { origin, head })
}

/// Its promise of the entry behind them.
fn promise(merged_by_ms: u64) -> Promise {
    Promise {
        origin: small_log().1.origin,
        submission: [7; 32],
        index: 5,
        arrived_ms: 1,
        merged_by_ms,
    }
}

#[test]
fn a_broken_promise_is_a_finding() {
    let dir = tempfile::tempdir().unwrap();
    let home = text(dir.path());
    let (signer, checkpoint) = small_log();
    std::fs::create_dir(dir.path().join("log")).unwrap();
    let note = checkpoint.sign(&signer).unwrap();
    std::fs::write(dir.path().join("log/checkpoint"), &note).unwrap();
    let verify = |merged_by_ms: u64, against: &str| {
        let promise = promise(merged_by_ms);
        std::fs::write(dir.path().join("promise"), promise.sign(&signer).unwrap()).unwrap();
        let key = signer.verifier();
        ask(&format!(
            "verify {home}/promise --log-key {key} --against {home}{against}"
        ))
    };
    let broken = verify(2, "").bad(1).replace("; ", ";\n");
    expect![[r#"
        error: the log has broken a promise
        hint: keep this file and what it was held against;
        together they convict the log, see docs/operate/receipts.md
    "#]]
    .assert_eq(&broken);
    let open = verify(u64::MAX / 2, "").good();
    assert!(open.contains("its time is not over"), "{open}");
    // A checkpoint that no witness has dated is no evidence that time is over.
    let undated = verify(2, "/log/checkpoint").good();
    assert!(undated.contains("its time is not over"), "{undated}");
}

/// One of the witnesses has a clock that is a day ahead.
#[test]
fn the_clock_of_one_witness_breaks_no_promise_where_two_are_asked_for() {
    const DAY_S: u64 = 86_400;
    let dir = tempfile::tempdir().unwrap();
    let home = text(dir.path());
    let (signer, checkpoint) = small_log();
    let mut note = checkpoint.sign(&signer).unwrap();
    let mut named = String::new();
    for (name, time_s) in [("a.example", 100), ("b.example", 100 + DAY_S)] {
        let seed = [name.as_bytes()[0]; 32];
        let witness = Cosigner::from_seed(name, Algorithm::Ed25519, &seed).unwrap();
        note += &witness.cosign(&checkpoint.text(), time_s).unwrap();
        named += &format!(" --witness {}", witness.key());
    }
    std::fs::write(dir.path().join("checkpoint"), &note).unwrap();
    let promise = promise(200_000);
    std::fs::write(dir.path().join("promise"), promise.sign(&signer).unwrap()).unwrap();
    let key = signer.verifier();
    let verify = format!("verify {home}/promise --log-key {key} --against {home}/checkpoint");
    let open = ask(&format!("{verify}{named} --quorum 2")).good();
    assert!(open.contains("its time is not over"), "{open}");
    let broken = ask(&format!("{verify}{named} --quorum 1")).bad(1);
    assert!(broken.contains("the log has broken a promise"), "{broken}");
}

/// The key of a new log and the receipt of its first entry.
fn first_receipt(home: &str) -> (String, String) {
    let node = Process::start(&format!("run --data {home}/node"));
    let key = node.told("log key").to_owned();
    assert_eq!(node.stop(), Some(0));
    let receipt = ask(&format!("receipt 0 --data {home}/node"));
    (key, receipt.good())
}

#[test]
fn files_that_prove_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let home = text(dir.path());
    let (key, good) = first_receipt(home);
    let write = |name: &str, words: &str| std::fs::write(dir.path().join(name), words).unwrap();
    write("receipt", &good);
    write("moved", &good.replace("index 0", "index 1"));
    let other = Signer::from_seed(key.split('+').next().unwrap(), &[1; 32]).unwrap();
    let mut said = String::new();
    let mut check = |line: String| {
        let ran = ask(&format!("verify {home}/{line}"));
        let err = plain(&ran.err.replace(home, "DIR"));
        let broken = err.replace(": ", ":\n    ").replace("; ", ";\n    ");
        said.push_str(&format!("{:?} {broken}\n", ran.code));
    };
    check("receipt".to_owned());
    check(format!("receipt --log-key {}", other.verifier()));
    check("receipt --log-key nonsense".to_owned());
    check(format!("moved --log-key {key}"));
    check(format!("receipt --log-key {key} --quorum 1"));
    expect![[r#"
        Some(1) error:
            nothing is proven without the log's key
        hint:
            give the log's key with --log-key, from a source that is not this file
        Some(1) error:
            cannot verify `DIR/receipt`:
            signed note:
            no trusted key signed it
        hint:
            if the log has changed its key since, name its statements with --rotation;
            else compare --log-key with what the operator announces:
            it may be another log's
        Some(2) error:
            `nonsense` is no log's key:
            verifier key:
            it must read `name+id+key`
        Some(1) error:
            cannot verify `DIR/moved`:
            inclusion proof:
            the index must be below the tree size
        hint:
            it, or what it is held against, was changed or cut:
            get it anew from the node, a receipt with `headwater receipt INDEX --url URL -o FILE`
        Some(2) error:
            cannot trust these witnesses:
            witness policy:
            the quorum must not exceed the number of witnesses
    "#]]
    .assert_eq(&said);
}

#[test]
fn of_several_files_each_bad_one_is_named_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let home = text(dir.path());
    let (key, good) = first_receipt(home);
    std::fs::write(dir.path().join("good"), good).unwrap();
    std::fs::write(dir.path().join("hello"), "hello\n").unwrap();
    let said = |files: &[&str]| {
        let files: Vec<_> = files.iter().map(|name| format!("{home}/{name}")).collect();
        let ran = ask(&format!("verify {} --log-key {key}", files.join(" ")));
        let out = ran.out.replace(home, "DIR");
        let lines = out.lines().map(str::to_owned).collect::<Vec<_>>();
        (lines, ran.code, ran.err.replace(home, "DIR"))
    };
    let (lines, code, err) = said(&["hello", "good", "none"]);
    assert_eq!(code, Some(1));
    expect![[r#"
        error: cannot verify 2 of 3 files: `DIR/hello`, `DIR/none`
        hint: what is wrong with each, and what to do, stands below its name
    "#]]
    .assert_eq(&err);
    let first = &lines[..4];
    expect![[r#"
        DIR/hello
          BAD        it is no receipt, promise or refusal
          hint       its first line would say which; `headwater receipt` gets receipts to keep
    "#]]
    .assert_eq(&first.join("\n"));
    let last = &lines[lines.len() - 3..];
    expect![[r#"
        DIR/none
          BAD        it cannot be read: No such file or directory (os error 2)
          hint       name a file that the node, `headwater receipt` or the gateway has given"#]]
    .assert_eq(&last.join("\n"));
    let (alone, code, err) = said(&["hello"]);
    assert_eq!(
        (&alone[..], code),
        (&first[..1], Some(2)),
        "it is told once"
    );
    assert!(
        err.starts_with("error: cannot verify `DIR/hello`: it is no "),
        "{err}"
    );
    // Who has not cosigned it is named on the command line, and so is the way on.
    let vkey = "witness.example/w1+eb762cc2+BNdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";
    let trusted = format!("--log-key {key} --witness {vkey} --quorum 1");
    let few = ask(&format!("verify {home}/good {trusted}")).bad(1);
    assert!(few.contains("--quorum"), "{few}");
}

/// Signs what stands in a checkpoint, perhaps over another root.
fn signed(signer: &Signer, note: &str, root: Option<[u8; 32]>) -> String {
    let text = proof::note::text_unverified(note.as_bytes()).unwrap();
    let mut checkpoint = proof::Checkpoint::parse(text).unwrap();
    checkpoint.origin = signer.verifier().name().to_owned();
    checkpoint.head.root = root.unwrap_or(checkpoint.head.root);
    checkpoint.sign(signer).unwrap()
}

#[test]
fn a_receipt_that_would_not_verify_is_not_given() {
    let dir = tempfile::tempdir().unwrap();
    let home = text(dir.path());
    let node = Process::start(&format!("run --data {home}/node"));
    let key = node.told("log key").to_owned();
    assert_eq!(node.stop(), Some(0));
    let give = format!("receipt 0 --data {home}/node --output {home}/it.tlog-proof");
    ask(&give).good();
    let (receipt, path) = (dir.path().join("it.tlog-proof"), dir.path().join("node"));
    let good = std::fs::read_to_string(&receipt).unwrap();
    std::fs::remove_file(&receipt).unwrap();
    let own = node::Keyring::open(&path).unwrap().log_signer();
    let other = Signer::from_seed(own.verifier().name(), &[3; 32]).unwrap();
    let stranger = Signer::from_seed("log.example", &[3; 32]).unwrap();
    let checkpoint = path.join("log/checkpoint");
    let note = std::fs::read_to_string(&checkpoint).unwrap();
    let unsigned = "no key of this node has signed `log/checkpoint`";
    for (wrong, why) in [
        (signed(&other, &note, None), unsigned),
        (signed(&stranger, &note, None), unsigned),
        (
            signed(&own, &note, Some([7; 32])),
            "the tiles do not lead to",
        ),
    ] {
        std::fs::write(&checkpoint, wrong).unwrap();
        let refused = ask(&give).bad(2);
        assert!(refused.contains(why), "{refused}");
        assert!(refused.contains("\nhint: "), "{refused}");
        assert!(!receipt.exists());
    }
    std::fs::write(&checkpoint, note).unwrap();
    // The first entry names the key for whoever has no secrets.
    std::fs::remove_dir_all(path.join("keys")).unwrap();
    ask(&give).good();
    assert_eq!(std::fs::read_to_string(&receipt).unwrap(), good);
    ask(&format!("verify {home}/it.tlog-proof --log-key {key}")).good();
}
