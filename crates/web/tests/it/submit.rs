//! Submissions: promises that the log keeps, refusals that it signs, and what is not read at all.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use expect_test::expect;
use proof::promise::{Promise, Refusal};
use proof::receipt::Receipt;
use web::wire::{self, MAX_SUBMISSIONS, Outcome, Sent};

use crate::person::Person;
use crate::served::{Served, index, words};

#[test]
fn a_promise_comes_true_also_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let served = Served::start(dir.path());
    let key = served.host.log_key();
    let (ann, bob) = (
        Person::new(served.space, "ann"),
        Person::new(served.space, "bob"),
    );
    let sent = [ann.join(), bob.join()];
    let outcomes = served.submit(&sent);
    assert_eq!(outcomes.iter().map(index).collect::<Vec<_>>(), [1, 2]);
    let Outcome::Accepted {
        promise, repeated, ..
    } = &outcomes[1]
    else {
        panic!("bob was refused");
    };
    assert!(!repeated);
    let promise = Promise::open(promise.as_bytes(), &key).unwrap();
    assert_eq!(promise.index, 2);
    let early = served.server.said("api/v1/receipt/2");
    assert!(
        early.starts_with("404 ") && early.contains("not_yet_published"),
        "{early}"
    );
    served.publish();
    let receipt = served.server.get("api/v1/receipt/2").body;
    let receipt = String::from_utf8(receipt).unwrap();
    hold(&receipt, &promise, &key);
    served.stop();

    let served = Served::start(dir.path());
    let again = served.submit(&sent);
    assert_eq!(again.iter().map(index).collect::<Vec<_>>(), [1, 2]);
    assert!(matches!(again[0], Outcome::Accepted { repeated: true, .. }));
    let later = served.server.get("api/v1/receipt/2").body;
    hold(str::from_utf8(&later).unwrap(), &promise, &key);
    served.stop();
}

/// The receipt is of the very submission that was promised.
fn hold(receipt: &str, promise: &Promise, key: &proof::note::VerifierKey) {
    let receipt = Receipt::parse(receipt).unwrap();
    let verified = receipt.open(key, None).unwrap();
    let entry: protocol::Entry = protocol::codec::decode(verified.entry).unwrap();
    let signing = entry.signed.submission.signing_bytes();
    let found = proof::promise::submission(&signing, &entry.signed.signature.0);
    assert_eq!(found, promise.submission);
    let broken = promise.broken_by(&verified.checkpoint, u64::MAX, Some(&found));
    assert_eq!(broken.unwrap(), None);
}

#[test]
fn each_submission_is_answered_at_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let served = Served::start(dir.path());
    let ann = Person::new(served.space, "ann");
    let garbage = Sent {
        signed: b"no cbor".to_vec().into(),
        body: None,
        attachments: None,
    };
    let mut forged = ann.join();
    forged.signed.last_mut().map(|byte| *byte ^= 1).unwrap();
    let long = Sent {
        signed: vec![0; 65_536].into(),
        ..garbage.clone()
    };
    let mut heavy = ann.join();
    heavy.body = Some(vec![0; (1 << 20) + 1].into());
    let outcomes = served.submit(&[garbage, forged, ann.join(), long, heavy, ann.join()]);
    let mut shown = String::new();
    for outcome in &outcomes {
        match outcome {
            Outcome::Accepted {
                index, repeated, ..
            } => shown.push_str(&format!("entry {index}, repeated {repeated}\n")),
            Outcome::Rejected {
                code,
                message,
                refusal,
            } => {
                let signed = Refusal::open(refusal.as_bytes(), &served.host.log_key()).unwrap();
                assert_eq!(&signed.code, code);
                shown.push_str(&format!("{code}: {message}\n"));
            }
            Outcome::Denied { code, .. } => panic!("{code}"),
        }
    }
    expect![[r#"
        malformed: bytes are not CBOR of the expected shape
        bad_signature: the signature does not fit the session key
        entry 1, repeated false
        too_large: 65536 bytes are signed, an entry has at most 65535
        too_large: the private body has 1048577 bytes, at most 1048576 are kept
        entry 1, repeated true
    "#]]
    .assert_eq(&shown);
    served.stop();
}

#[test]
fn json_says_the_same_as_cbor() {
    let dir = tempfile::tempdir().unwrap();
    let served = Served::start(dir.path());
    let ann = Person::new(served.space, "ann").join();
    let text = serde_json::json!([{
        "signed": BASE64.encode(&*ann.signed),
        "body": BASE64.encode(&**ann.body.as_ref().unwrap()),
    }]);
    let answer = served.post(
        "application/json; charset=utf-8",
        text.to_string().into_bytes(),
    );
    assert_eq!(answer.status, 200, "{}", words(&answer));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let again = served.submit(&[ann]);
    assert!(matches!(
        again[0],
        Outcome::Accepted {
            index: 1,
            repeated: true,
            ..
        }
    ));
    assert!(served.submit(&[]).is_empty());
    served.stop();
}

/// Status, code and detail of a request that must fail, on lines of their own.
fn problem(served: &Served, kind: &str, body: &[u8]) -> String {
    let answer = served.post(kind, body.to_vec());
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
    let problem: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(problem["status"], answer.status);
    let (code, detail) = (&problem["code"], &problem["detail"]);
    let (code, detail) = (code.as_str().unwrap(), detail.as_str().unwrap());
    let detail = detail.replace(": ", ":\n    ").replace(", ", ",\n    ");
    format!("{} {code}\n  {detail}\n", answer.status)
}

#[test]
fn what_is_no_request() {
    let dir = tempfile::tempdir().unwrap();
    let served = Served::start(dir.path());
    let ask = |kind: &str, body: &[u8]| problem(&served, kind, body);
    let one = Sent {
        signed: Vec::new().into(),
        body: None,
        attachments: None,
    };
    let many = wire::encode(&vec![one.clone(); MAX_SUBMISSIONS + 1]);
    let mut more = wire::encode(&[one]);
    more.push(0);
    let mut said = ask("text/plain", b"[]");
    said += &ask("application/json", b"{}");
    said += &ask("application/json", br#"[{"signed": "%"}]"#);
    said += &ask("application/json", br#"[{"more": 1}]"#);
    said += &ask("application/cbor", b"\xff");
    said += &ask("application/cbor", &more);
    said += &ask("application/cbor", &many);
    said += &ask("application/cbor", &vec![0; wire::MAX_REQUEST_BYTES + 1]);
    expect![[r#"
        415 unsupported_media_type
          `text/plain` is not read here; send `application/cbor` or `application/json`
        400 malformed
          the body is no JSON array of submissions:
            invalid type:
            map,
            expected a sequence at line 1 column 0
        400 malformed
          `signed` is no base64:
            Invalid symbol 37,
            offset 0.
        400 malformed
          the body is no JSON array of submissions:
            unknown field `more`,
            expected one of `signed`,
            `body`,
            `attachments` at line 1 column 8
        400 malformed
          the body is no CBOR array of maps:
            unexpected type break at position 0:
            expected array
        400 malformed
          bytes follow the CBOR array
        413 too_large
          4097 submissions stand in one request,
            at most 4096 may
        413 too_large
          a request has at most 16777216 bytes; hint:
            send fewer submissions at once
    "#]]
    .assert_eq(&said);
    served.stop();
}

#[test]
fn a_node_that_ends_takes_nothing_more() {
    let dir = tempfile::tempdir().unwrap();
    let served = Served::start(dir.path());
    served.host.stop();
    let ann = Person::new(served.space, "ann").join();
    let answer = served.post("application/cbor", wire::encode(&[ann]));
    assert_eq!(answer.status, 503);
    assert_eq!(answer.header("retry-after"), Some("1"));
    let said = words(&answer);
    assert!(
        said.contains("\"stopped\"") && said.contains("shut"),
        "{said}"
    );
    served.stop();
}
