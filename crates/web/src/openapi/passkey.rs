//! Passkeys: joining and logging in with one, those that somebody has, and keys that sign.

use super::log::OUTCOME;
use super::login::{OPENING, ROLES, entered};
use super::operation::{Answer, Operation};
use super::schema::Schema::{Bool, List, Maybe, Object, Text};
use super::schema::{ADDRESS, HASH, LONG, NUMBER, Schema};

/// Where an account is paid; null for somebody without one.
pub const PAYOUT: Schema = Maybe(&Object(&[
    ("wallet", Maybe(&ADDRESS)),
    ("disclosed", Bool),
    ("number", LONG),
    (
        "announced",
        Maybe(&Object(&[("wallet", ADDRESS), ("from_ms", LONG)])),
    ),
]));

/// A passkey that was made just now; bytes are in base64.
const MADE: Schema = Object(&[("authenticator", Text), ("client", Text), ("name", Text)]);

const PASSKEY: Schema = Object(&[
    ("id", LONG),
    ("credential", Text),
    ("party", Text),
    ("x", HASH),
    ("y", HASH),
    ("name", Text),
    ("backed_up", Bool),
    ("pays", Bool),
    ("created_ms", LONG),
    ("used_ms", Maybe(&LONG)),
]);

const SIGNER: Schema = Object(&[
    ("key", HASH),
    ("by", Maybe(&HASH)),
    ("scope", Text),
    ("expires_ms", LONG),
    ("revoked", Bool),
]);

/// Routes of module `login` that are about passkeys, before anybody is logged in.
pub const LOGINS: &[Operation] = &[
    Operation::new(
        "POST",
        "/api/v1/login/passkey",
        "A session for whoever has answered the challenge with a known passkey",
        &[Answer::json(
            200,
            "the session, whose cookie is set",
            entered!(),
        )],
    )
    .body(Object(&[
        ("id", Text),
        ("authenticator", Text),
        ("client", Text),
        ("signature", Text),
        ("handle?", Maybe(&Text)),
    ]))
    .problems(&[
        "csrf",
        "too_often",
        "malformed",
        "too_large",
        "no_challenge",
        "wrong_domain",
        "bad_passkey",
        "unknown_passkey",
        "passkey_cloned",
    ]),
    Operation::new(
        "POST",
        "/api/v1/login/passkey/new",
        "A session for somebody new with a new passkey",
        &[Answer::json(
            200,
            "the session, whose cookie is set",
            entered!(("entry", Maybe(&OUTCOME))),
        )],
    )
    .body(Object(&[
        ("authenticator", Text),
        ("client", Text),
        ("name", Text),
        ("handle", Text),
        ("account?", Maybe(&OPENING)),
    ]))
    .problems(&[
        "csrf",
        "too_often",
        "malformed",
        "too_large",
        "no_challenge",
        "wrong_domain",
        "bad_passkey",
        "passkey_known",
        "has_account",
        "behind",
        "not_the_writer",
        "busy",
        "stopped",
        "outcome_unknown",
    ]),
];

/// Routes of module `login` that are about one's own passkeys and keys.
pub const OWN: &[Operation] = &[
    Operation::new(
        "GET",
        "/api/v1/me/passkeys",
        "One's passkeys",
        &[Answer::json(
            200,
            "all of them; `pays` is the one that says where the account is paid",
            Object(&[("passkeys", List(&PASSKEY))]),
        )],
    )
    .problems(&["never_logged_in"]),
    Operation::new(
        "POST",
        "/api/v1/me/passkeys",
        "One more passkey for who is logged in",
        &[Answer::json(201, "its number", Object(&[("id", LONG)]))],
    )
    .body(MADE)
    .problems(&[
        "never_logged_in",
        "malformed",
        "too_large",
        "no_challenge",
        "wrong_domain",
        "bad_passkey",
        "passkey_known",
    ]),
    Operation::new(
        "PUT",
        "/api/v1/me/passkeys/{id}",
        "Give a passkey another name",
        &[Answer::empty(204, "it is called that")],
    )
    .body(Object(&[("name", Text)]))
    .problems(&["never_logged_in", "malformed", "too_large", "not_found"]),
    Operation::new(
        "DELETE",
        "/api/v1/me/passkeys/{id}",
        "Remove a passkey, but for the last and the one that says where one is paid",
        &[Answer::empty(204, "it opens nothing any more")],
    )
    .problems(&[
        "never_logged_in",
        "not_found",
        "last_passkey",
        "passkey_pays",
    ]),
    Operation::new(
        "GET",
        "/api/v1/me/signers",
        "The session keys of one's account",
        &[Answer::json(
            200,
            "all of them, with the key that has added each",
            Object(&[("signers", List(&SIGNER))]),
        )],
    )
    .problems(&["no_account"]),
];
