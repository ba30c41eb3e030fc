//! The reads of the API, in good and in bad form.

use expect_test::expect;

use crate::person::Person;
use crate::served::{Served, index};

#[test]
fn what_a_client_must_know_before_it_signs() {
    let dir = tempfile::tempdir().unwrap();
    let served = Served::start(dir.path());
    let about: serde_json::Value =
        serde_json::from_slice(&served.server.get("api/v1/space").body).unwrap();
    assert_eq!(about["space"], served.space.to_string());
    assert_eq!(about["log_key"], served.host.log_key().to_string());
    assert_eq!(about["genesis"]["chain_id"], chain::devnet::CHAIN_ID);
    assert_eq!(about["gateway"], serde_json::Value::Null);
    assert_eq!(about["merge_delay_ms"], 60_000);
    assert_eq!(about["limits"]["entry_bytes"], 65_535);
    expect![[r#"
        200 {"applied_through":1,
        "durable":1,
        "published":1,
        "time_ms":1767603600000}"#]]
    .assert_eq(&served.server.said("api/v1/head"));
    expect![[r#"
        200 {"applied_through":1,
        "durable":1,
        "problems":[],
        "published":1,
        "role":"writer",
        "waiting":0,
        "witnesses":[],
        "writer":null}"#]]
    .assert_eq(&served.server.said("healthz"));
    expect![[r#"
        200 writer
    "#]]
    .assert_eq(&served.server.said("readyz?role=writer"));
    expect![[r#"
        503 {"code":"not_ready",
        "detail":"this node is a writer",
        "status":503,
        "title":"Service Unavailable",
        "type":"urn:headwater:problem:not_ready"}"#]]
    .assert_eq(&served.server.said("readyz?role=standby"));
    served.stop();
}

#[test]
fn an_account_is_read_after_an_entry_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let served = Served::start(dir.path());
    let ann = Person::new(served.space, "ann");
    served.submit(&[ann.join()]);
    let disclosed = index(&served.submit(&[ann.disclose(1, 1)])[0]);
    let path = format!("api/v1/accounts/1?at_least={disclosed}&wait=30000");
    let answer = served.server.get(&path);
    assert_eq!(answer.header("applied-through"), Some("3"));
    let by_number: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    let wallet = by_number["wallet"].as_str().unwrap();
    let by_wallet = served.server.get(&format!("api/v1/accounts/{wallet}"));
    assert_eq!(by_wallet.body, answer.body);
    assert_eq!(by_number["earned"][0]["units"], "0");
    let behind = served.server.said("api/v1/accounts/1?at_least=3");
    expect![[r#"
        503 {"code":"behind",
        "detail":"reads are applied through 3 entries, not past 3",
        "status":503,
        "title":"Service Unavailable",
        "type":"urn:headwater:problem:behind"}"#]]
    .assert_eq(&behind);
    served.publish();
    expect![[r#"
        200 {"account":1,
        "next":null,
        "receipts":[{"index":1,
        "receipt":"/api/v1/receipt/1"},{"index":2,
        "receipt":"/api/v1/receipt/2"}]}"#]]
    .assert_eq(&served.server.said("api/v1/accounts/1/receipts"));
    expect![[r#"
        200 {"account":1,
        "next":null,
        "receipts":[{"index":2,
        "receipt":"/api/v1/receipt/2"}]}"#]]
    .assert_eq(&served.server.said("api/v1/accounts/1/receipts?from=2"));
    expect![[r#"
        200 {"account":0,
        "next":null,
        "receipts":[]}"#]]
    .assert_eq(&served.server.said("api/v1/accounts/0/receipts?from=1"));
    let entry = served.server.get("api/v1/entry/1");
    assert_eq!(entry.header("content-type"), Some("application/cbor"));
    assert_eq!(entry.body, served.host.public().entry(1, 3).unwrap());
    served.stop();
}

const WRONG: &[&str] = &[
    "api/v1/receipt/1",
    "api/v1/receipt/-1",
    "api/v1/receipt/0?wait=soon",
    "api/v1/entry/0?later=1",
    "api/v1/entry/1",
    "api/v1/accounts/1",
    "api/v1/accounts/ann",
    "api/v1/accounts/0x12",
    "api/v1/accounts/0x0000000000000000000000000000000000000001",
    "api/v1/accounts/0x00000000000000000000000000000000000000%C3%A9",
    "api/v1/submit",
    "api/v2/head",
];

/// A problem document in a few short lines.
fn problem(served: &Served, path: &str) -> String {
    let answer = served.server.get(path);
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json"),
        "{path}"
    );
    let problem: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    let (code, detail) = (&problem["code"], &problem["detail"]);
    let (code, detail) = (code.as_str().unwrap(), detail.as_str().unwrap());
    let (status, path) = (answer.status, path.trim_start_matches("api/v1/"));
    let detail = detail.trim_start_matches("Failed to deserialize query string: ");
    let detail = detail.replace(", ", ",\n    ");
    format!("{path}\n  {status} {code}\n    {detail}\n")
}

#[test]
fn questions_that_have_no_answer() {
    let dir = tempfile::tempdir().unwrap();
    let served = Served::start(dir.path());
    let mut said = String::new();
    for path in WRONG {
        said.push_str(&problem(&served, path));
    }
    expect![[r#"
        receipt/1
          404 not_found
            the log has 1 entries,
            numbered from 0
        receipt/-1
          400 invalid_path
            Invalid URL: Cannot parse `-1` to a `u64`
        receipt/0?wait=soon
          400 invalid_query
            wait: invalid digit found in string
        entry/0?later=1
          400 invalid_query
            later: unknown field `later`,
            expected `wait`
        entry/1
          404 not_found
            the log has 1 entries,
            numbered from 0
        accounts/1
          404 not_found
            there are 1 accounts,
            numbered from 0
        accounts/ann
          400 invalid_path
            `ann` is neither an account's number nor a wallet's 0x address
        accounts/0x12
          400 invalid_path
            `0x12` is no address of 20 bytes
        accounts/0x0000000000000000000000000000000000000001
          404 not_found
            no account has disclosed the wallet `0x0000000000000000000000000000000000000001`
        accounts/0x00000000000000000000000000000000000000%C3%A9
          400 invalid_path
            `0x00000000000000000000000000000000000000é` is no address of 20 bytes
        submit
          405 method_not_allowed
            `GET` is not what `/api/v1/submit` is for
        api/v2/head
          404 not_found
            there is nothing at `/api/v2/head`
    "#]]
    .assert_eq(&said);
    served.stop();
}
