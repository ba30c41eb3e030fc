//! Audits that hold a log to its promises and refusals, honest ones and those of a cheat.

use crate::process::{Process, ask, join, text};
use headwater::client::{self, Person};
use node::Keyring;
use proof::promise::{Promise, Refusal};
use std::path::Path;
use web::wire::{self, Outcome, Sent};

fn write(dir: &Path, name: &str, text: impl AsRef<[u8]>) {
    std::fs::write(dir.join(name), text).unwrap();
}

/// A node that has accepted ann, and refused what was sent last: promise, refusal and both stand in
/// the folder. Gives the log's key.
fn served(dir: &Path) -> String {
    let node = Process::start(&format!("run --data {}/node", text(dir)));
    let key = node.told("log key").to_owned();
    let site = node.site();
    let (_, _, promise) = join(&site, "ann");
    write(dir, "promise", promise);
    let mut bob = Person::new(client::terms(&site).unwrap(), "bob").unwrap();
    let whole = bob.opening();
    let bare = Sent {
        body: None,
        ..whole.clone()
    };
    let refused = client::submit(&site, std::slice::from_ref(&bare))
        .unwrap()
        .remove(0);
    let Outcome::Rejected { refusal, code, .. } = refused else {
        panic!("it took an account without its binding")
    };
    assert_eq!(code, "binding_mismatch");
    write(dir, "refusal", refusal);
    write(dir, "bare", wire::encode(&[bare]));
    write(dir, "whole", wire::encode(&[whole]));
    assert_eq!(node.stop(), Some(0));
    key
}

#[test]
fn an_honest_log_keeps_its_word() {
    let dir = tempfile::tempdir().unwrap();
    let home = text(dir.path());
    let key = served(dir.path());
    let audit = format!("audit {home}/node --log-key {key} --promise {home}/promise");
    let said = ask(&format!(
        "{audit} --refusal {home}/refusal --sent {home}/bare"
    ))
    .good();
    let lines: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("kept: "))
        .collect();
    assert_eq!(lines.len(), 2, "{said}");
    assert!(lines[0].starts_with("  promise    `"), "{said}");
    assert!(lines[0].ends_with("entry 1 is what was promised"), "{said}");
    assert!(lines[1].ends_with("after 2 entries the rules refuse it, `binding_mismatch`"));
    let found = ask(&format!("{audit} --json")).good();
    let found: serde_json::Value = serde_json::from_str(&found).unwrap();
    assert_eq!(found["audit"], "verified");
    assert_eq!(found["promises"][0]["verdict"], "kept");
    assert_eq!(found["refusals"], serde_json::json!([]));
    let bad = ask(&format!("{audit} {home}/bare")).bad(2);
    assert!(
        bad.contains("cannot read") || bad.contains("cannot use"),
        "{bad}"
    );
    let alone = ask(&format!(
        "audit {home}/node --log-key {key} --refusal {home}/refusal"
    ));
    assert!(alone.bad(2).contains("--sent"));
    let other = ask(&format!(
        "{audit} --refusal {home}/refusal --sent {home}/promise"
    ))
    .bad(2);
    assert!(other.contains("no CBOR array"), "{other}");
}

#[test]
fn a_cheat_is_convicted_by_what_it_has_signed() {
    let dir = tempfile::tempdir().unwrap();
    let home = text(dir.path());
    let key = served(dir.path());
    // The operator's own key signs what is not so.
    let signer = Keyring::open(&dir.path().join("node"))
        .unwrap()
        .log_signer();
    let read = |name: &str| std::fs::read(dir.path().join(name)).unwrap();
    let kept = Promise::open(&read("promise"), signer.verifier()).unwrap();
    let late = Promise {
        index: 70,
        arrived_ms: 1,
        merged_by_ms: 2,
        ..kept.clone()
    };
    let moved = Promise { index: 0, ..kept };
    write(dir.path(), "late", late.sign(&signer).unwrap());
    write(dir.path(), "moved", moved.sign(&signer).unwrap());
    let refused = Refusal::open(&read("refusal"), signer.verifier()).unwrap();
    let lie = Refusal {
        code: "round_closed".to_owned(),
        ..refused
    };
    write(dir.path(), "lie", lie.sign(&signer).unwrap());
    let audit = format!("audit {home}/node --log-key {key}");
    let ran = ask(&format!(
        "{audit} --promise {home}/promise {home}/late {home}/moved"
    ));
    assert!(ran.out.contains("kept: ") && ran.out.matches("broken: ").count() == 2);
    let said = ran.bad(1);
    assert!(
        said.contains("the log has broken its word 2 times"),
        "{said}"
    );
    assert!(said.contains("docs/operate/receipts.md"), "{said}");
    let ran = ask(&format!("{audit} --refusal {home}/lie --sent {home}/bare"));
    assert!(
        ran.out.contains("refuse it by `binding_mismatch`"),
        "{}",
        ran.out
    );
    ran.bad(1);
    // With what belongs to it the rules accept it: the refusal was right for something else only.
    let report = format!("--report {home}/report");
    let ran = ask(&format!(
        "{audit} --refusal {home}/refusal --sent {home}/whole {report}"
    ));
    assert!(ran.out.contains("the rules accept it"), "{}", ran.out);
    ran.bad(1);
    let found: serde_json::Value = serde_json::from_slice(&read("report")).unwrap();
    assert_eq!(found["audit"], "the log has broken its word");
    let evidence = &found["refusals"][0]["evidence"];
    assert_eq!(evidence[0], String::from_utf8(read("refusal")).unwrap());
    assert_eq!(
        evidence[1],
        String::from_utf8(read("node/log/checkpoint")).unwrap()
    );
}
