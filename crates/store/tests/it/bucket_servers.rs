//! The suites against a real server that the environment names; `cargo xtask test` starts some.
use std::env;
use std::sync::Arc;

use store::{Bucket, Files, Kind};

use crate::bucket::check_files;
use crate::bucket_store::check_log;

/// URL of an empty bucket that must pass, for example `s3://log/prefix`.
const BUCKET: &str = "HEADWATER_TEST_BUCKET";
/// URL of a bucket whose store must be refused.
const REFUSED: &str = "HEADWATER_TEST_REFUSED_BUCKET";

/// Without a server in the environment there is nothing to hold.
fn url(variable: &str) -> Option<String> {
    env::var(variable).ok()
}

#[test]
fn a_server_keeps_the_promises() {
    let Some(url) = url(BUCKET) else { return };
    check_files(&Bucket::writing(&url, env::vars()).unwrap());
    check_files(&Bucket::writing(&format!("{url}/deeper/prefix"), env::vars()).unwrap());
}

#[test]
fn a_log_lives_on_a_server() {
    let Some(url) = url(BUCKET) else { return };
    let bucket = Bucket::writing(&format!("{url}/log"), env::vars()).unwrap();
    check_log(Arc::new(bucket));
}

#[test]
fn a_bucket_that_is_not_there_is_said_to_be_missing() {
    let Some(url) = url(BUCKET) else { return };
    let (scheme, rest) = url.split_once("://").unwrap();
    let bucket = rest.split('/').next().unwrap();
    let missing = Bucket::reading(&format!("{scheme}://{bucket}-missing"), env::vars()).unwrap();
    let outcomes = [
        missing.read("a").map(|_| ()),
        missing.create("a", b"").map(|_| ()),
        missing.put("a", b""),
        missing.list("a", "", 1).map(|_| ()),
    ];
    for outcome in outcomes {
        let error = outcome.unwrap_err();
        assert_eq!(error.kind, Kind::Invalid, "{error}");
        assert!(
            error.to_string().contains("there is no such bucket"),
            "{error}"
        );
    }
}

#[test]
fn a_wrong_key_is_said_to_be_wrong() {
    let Some(url) = url(BUCKET) else { return };
    let wrong = env::vars().map(|(name, value)| match name.as_str() {
        "AWS_SECRET_ACCESS_KEY" => (name, "wrong".to_owned()),
        _ => (name, value),
    });
    let bucket = Bucket::reading(&url, wrong).unwrap();
    let outcomes = [
        bucket.read("a").map(|_| ()),
        bucket.create("wrong", b"").map(|_| ()),
        bucket.list("a", "", 1).map(|_| ()),
    ];
    // Emulators let everybody in.
    for error in outcomes.into_iter().filter_map(Result::err) {
        assert_eq!(error.kind, Kind::Invalid, "{error}");
        let text = error.to_string();
        assert!(text.contains("does not accept the credentials"), "{text}");
    }
    Bucket::reading(&url, env::vars())
        .unwrap()
        .remove("wrong")
        .unwrap();
}

#[test]
fn a_store_without_conditions_is_refused() {
    let Some(url) = url(REFUSED) else { return };
    let error = Bucket::writing(&url, env::vars()).unwrap_err();
    assert_eq!(error.kind, Kind::Invalid, "{error}");
    let text = error.to_string();
    assert!(
        text.contains("ignores the condition of a creation"),
        "{text}"
    );
}
