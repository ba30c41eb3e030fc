//! What a store's refusal means: nothing was done, or nobody knows; and what to do about it.
use std::error::Error as _;

use object_store::Error as Refusal;

use crate::error::{Error, Kind};

/// What stores say when it is the bucket that is not there, not the object.
const NO_BUCKET: &[&str] = &[
    "NoSuchBucket",
    "ContainerNotFound",
    "The specified bucket does not exist",
];
/// What they say of credentials, as against a missing permission.
const BAD_KEY: &[&str] = &[
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "AuthenticationFailed",
    "InvalidToken",
    "ExpiredToken",
];

const DENIED: &[&str] = &["403 Forbidden", "401 Unauthorized"];

/// Whether a store says that an object does not exist in a bucket that does.
pub(super) fn is_absence(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::NotFound { .. }) && !mentions(&chain(refusal), NO_BUCKET)
}

/// A refusal in the store's own words, with a hint where a person can act. Only an error of kind
/// `Unavailable` leaves open whether the request took effect.
pub(super) fn named(doing: String, refusal: Refusal) -> Error {
    let said = chain(&refusal);
    // A listing that is refused comes without a kind of its own.
    let denied = matches!(
        refusal,
        Refusal::Unauthenticated { .. } | Refusal::PermissionDenied { .. }
    ) || mentions(&said, DENIED);
    let (kind, hint) = if mentions(&said, NO_BUCKET) {
        let hint = "there is no such bucket; hint: create it, or correct its name and endpoint";
        (Kind::Invalid, hint)
    } else if denied && mentions(&said, BAD_KEY) {
        let hint = "the store does not accept the credentials; hint: correct them, and look \
                    whether they have expired and whether this machine's clock is right";
        (Kind::Invalid, hint)
    } else if denied {
        let hint = "these credentials lack a permission; hint: a writer must be allowed to get, \
                    put, list and delete under the prefix, a reader to get and list";
        (Kind::Invalid, hint)
    } else if matches!(refusal, Refusal::NotFound { .. }) {
        (Kind::Corrupt, "the object is not there")
    } else if is_unknown(&refusal) || said.contains("501 Not Implemented") {
        let hint = "the store does not know this request; hint: use one that creates objects \
                    only if they are absent";
        (Kind::Invalid, hint)
    } else {
        let hint = "the store gave no answer that settles it";
        (Kind::Unavailable, hint)
    };
    Error {
        kind,
        doing,
        source: format!("{hint}; it said: {said}").into(),
    }
}

fn is_unknown(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::NotImplemented { .. } | Refusal::NotSupported { .. }
    )
}

fn mentions(said: &str, words: &[&str]) -> bool {
    words.iter().any(|word| said.contains(word))
}

/// What the store and its client said, from the outermost error inwards, each part once.
fn chain(refusal: &Refusal) -> String {
    let mut said = refusal.to_string();
    let mut inner = refusal.source();
    while let Some(error) = inner {
        let words = error.to_string();
        if !said.contains(&words) {
            said = format!("{said}: {words}");
        }
        inner = error.source();
    }
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}
