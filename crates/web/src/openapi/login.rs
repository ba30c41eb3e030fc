//! Logging in, and what somebody sees and does with their own.

use super::log::{OUTCOME, STAKE};
use super::operation::{Answer, Operation, Sent};
use super::passkey::PAYOUT;
use super::schema::Schema::{Bool, Form, List, Maybe, Natural, Object, Text, Units, Word};
use super::schema::{ADDRESS, HASH, LONG, NEXT, NUMBER, Schema};
use crate::page_of::PAGE;

/// Words of roles.
pub(super) const ROLES: Schema = List(&Word(&[
    "owner",
    "operator",
    "requester",
    "reviewer",
    "contributor",
    "auditor",
]));

/// An entry that opens an account, as logins take it.
pub(super) const OPENING: Schema =
    Schema::Named("Opening", &Object(&[("signed", Text), ("body", Text)]));

/// What a login answers, with members of its own kind.
macro_rules! entered {
    ($($more:expr),*) => {
        Object(&[
            $($more,)*
            ("session", LONG),
            ("csrf", Text),
            ("account", Maybe(&NUMBER)),
            ("roles", ROLES),
        ])
    };
}

pub(super) use entered;

const LOGIN: &[&str] = &["csrf", "too_often", "malformed", "too_large"];

const ACCOUNT_PROBLEMS: &[&str] = &[
    "malformed",
    "too_large",
    "no_wallet",
    "has_account",
    "behind",
    "not_the_writer",
    "busy",
    "stopped",
    "outcome_unknown",
    "never_logged_in",
];

/// Routes of module `login`.
pub const OPERATIONS: &[Operation] = &[
    Operation::new(
        "POST",
        "/api/v1/login/nonce",
        "A challenge, to be answered once, soon, and by the same browser",
        &[Answer::json(
            200,
            "what the message to sign must say",
            Object(&[
                ("nonce", Text),
                ("expires_ms", LONG),
                ("domain", Text),
                ("uri", Text),
                ("chains", List(&LONG)),
                ("statement", Text),
                ("wallet", Maybe(&ADDRESS)),
                ("party", Maybe(&Text)),
            ]),
        )],
    )
    .sent(Sent {
        json: Some(Object(&[("wallet?", Maybe(&ADDRESS))])),
        others: &[],
        required: false,
    })
    .problems(LOGIN),
    Operation::new(
        "POST",
        "/api/v1/login/wallet",
        "A session for whoever has signed the challenge (EIP-4361)",
        &[Answer::json(
            200,
            "the session, whose cookie is set",
            entered!(("entry", Maybe(&OUTCOME))),
        )],
    )
    .body(Object(&[
        ("message", Text),
        ("signature", Text),
        ("account?", Maybe(&OPENING)),
    ]))
    .problems(&[
        "csrf",
        "too_often",
        "malformed",
        "too_large",
        "bad_message",
        "bad_signature",
        "no_challenge",
        "wrong_domain",
        "wrong_chain",
        "clock",
        "expired",
        "chain_unavailable",
        "has_account",
        "behind",
        "not_the_writer",
        "busy",
        "stopped",
        "outcome_unknown",
    ]),
    Operation::new(
        "POST",
        "/api/v1/login/guest",
        "A session for a wallet that a test node makes",
        &[Answer::json(
            200,
            "the session, whose cookie is set",
            entered!(("wallet", ADDRESS), ("secret", Text), ("delegation", Text)),
        )],
    )
    .body(Object(&[
        ("key", HASH),
        ("scope", Natural(255)),
        ("expires_s", LONG),
        ("secret?", Maybe(&Form("^0x[0-9a-fA-F]{64}$"))),
    ]))
    .problems(&["csrf", "too_often", "malformed", "too_large", "no_guests"]),
    Operation::new(
        "GET",
        "/api/v1/me",
        "Who asks",
        &[Answer::json(
            200,
            "account, roles, and by what they are known",
            Object(&[
                ("account", Maybe(&NUMBER)),
                ("roles", ROLES),
                ("how", Word(&["session", "key", "signature"])),
                ("csrf", Maybe(&Text)),
                ("wallet", Maybe(&ADDRESS)),
                ("holder", Maybe(&Text)),
                ("payout", PAYOUT),
                ("binding", Maybe(&Text)),
            ]),
        )],
    ),
    Operation::new(
        "POST",
        "/api/v1/me/account",
        "Open an account for somebody who has logged in without",
        &[Answer::json(
            200,
            "the account and its entry",
            Object(&[("account", Maybe(&NUMBER)), ("entry", OUTCOME)]),
        )],
    )
    .body(OPENING)
    .problems(ACCOUNT_PROBLEMS),
    Operation::new(
        "GET",
        "/api/v1/me/sessions",
        "One's sessions",
        &[Answer::json(
            200,
            "a page",
            Object(&[
                (
                    "sessions",
                    List(&Object(&[
                        ("id", LONG),
                        ("agent", Text),
                        ("created_ms", LONG),
                        ("seen_ms", LONG),
                        ("expires_ms", LONG),
                        ("current", Bool),
                    ])),
                ),
                ("next", NEXT),
            ]),
        )],
    )
    .query(PAGE)
    .problems(&["never_logged_in", "invalid_cursor"]),
    Operation::new(
        "DELETE",
        "/api/v1/me/sessions/{id}",
        "End a session",
        &[Answer::empty(204, "it is over")],
    )
    .problems(&["never_logged_in", "not_found"]),
    Operation::new(
        "POST",
        "/api/v1/me/logout",
        "End the session that asks",
        &[Answer::empty(204, "it is over")],
    )
    .problems(&["never_logged_in"]),
    Operation::new(
        "GET",
        "/api/v1/me/keys",
        "One's API keys, without the keys themselves",
        &[Answer::json(
            200,
            "a page",
            Object(&[
                (
                    "keys",
                    List(&Object(&[
                        ("id", LONG),
                        ("begins", Text),
                        ("name", Text),
                        ("roles", ROLES),
                        ("writes", Bool),
                        ("created_ms", LONG),
                        ("expires_ms", LONG),
                        ("used_ms", Maybe(&LONG)),
                    ])),
                ),
                ("next", NEXT),
            ]),
        )],
    )
    .query(PAGE)
    .problems(&["never_logged_in", "invalid_cursor"]),
    Operation::new(
        "POST",
        "/api/v1/me/keys",
        "A new API key, which is shown this once",
        &[Answer::json(
            201,
            "the key",
            Object(&[("id", LONG), ("key", Text), ("hint", Text)]),
        )],
    )
    .body(Object(&[
        ("name", Text),
        ("roles?", Maybe(&ROLES)),
        ("writes?", Bool),
        ("days?", Maybe(&Schema::Between(1, 366))),
    ]))
    .problems(&["never_logged_in", "malformed", "too_large", "invalid"])
    .once(),
    Operation::new(
        "DELETE",
        "/api/v1/me/keys/{id}",
        "Revoke an API key",
        &[Answer::empty(204, "it opens nothing any more")],
    )
    .problems(&["never_logged_in", "not_found"]),
];

/// Money of whoever asks.
pub const MONEY: &[Operation] = &[
    Operation::new(
        "GET",
        "/api/v1/me/earnings",
        "What is pending, accepted and paid, and why",
        &[Answer::json(
            200,
            "sums, blocks, reasons and shares",
            Object(&[
                ("pending_units", Units),
                ("accepted_units", Units),
                ("royalty_units", Units),
                ("payable_units", Units),
                ("staked_units", Units),
                ("deposit_units", Units),
                ("claim_from_units", Units),
                (
                    "blocks",
                    List(&Object(&[
                        ("campaign", NUMBER),
                        ("block", NUMBER),
                        (
                            "status",
                            Word(&["pending", "accepted", "rejected", "appealed", "upheld"]),
                        ),
                        ("answers", NUMBER),
                        ("units", Units),
                        ("appeal_until_ms", LONG),
                    ])),
                ),
                (
                    "reasons",
                    List(&Object(&[
                        ("campaign", NUMBER),
                        ("title", Text),
                        ("words", Text),
                    ])),
                ),
                (
                    "shares",
                    List(&Object(&[
                        ("asset", NUMBER),
                        ("title", Text),
                        ("shares", NUMBER),
                        ("of", NUMBER),
                        ("units", Units),
                    ])),
                ),
                (
                    "others",
                    List(&Object(&[
                        ("token", NUMBER),
                        ("pending_units", Units),
                        ("accepted_units", Units),
                        ("royalty_units", Units),
                        ("payable_units", Units),
                    ])),
                ),
                ("stake", Maybe(&STAKE)),
            ]),
        )],
    )
    .problems(&["no_account", "not_found"]),
    Operation::new(
        "GET",
        "/api/v1/me/deposits",
        "One's deposits",
        &[Answer::json(
            200,
            "a page",
            Object(&[
                (
                    "deposits",
                    List(&Object(&[
                        ("fund", LONG),
                        ("token", NUMBER),
                        ("units", Units),
                        ("free_units", Units),
                        ("closes_ms", LONG),
                    ])),
                ),
                ("next", NEXT),
            ]),
        )],
    )
    .query(PAGE)
    .problems(&["no_account", "invalid_cursor"]),
    Operation::new(
        "POST",
        "/api/v1/me/deposits",
        "Test money of the embedded chain, where the operator gives some",
        &[Answer::json(
            201,
            "it is on deposit",
            Object(&[("fund", LONG), ("units", Units)]),
        )],
    )
    .body(Object(&[("units?", Maybe(&Text))]))
    .problems(&[
        "no_account",
        "malformed",
        "too_large",
        "no_faucet",
        "faucet_empty",
        "out_of_range",
        "stopped",
        "outcome_unknown",
        "chain",
    ])
    .once(),
    Operation::new(
        "POST",
        "/api/v1/me/claim",
        "Be paid: the operator relays the claim to the chain",
        &[Answer::json(
            200,
            "what has reached the wallet",
            Object(&[
                ("wallet", ADDRESS),
                ("paid_units", Units),
                (
                    "paid",
                    List(&Object(&[
                        ("chain_id", LONG),
                        ("token", ADDRESS),
                        ("units", Units),
                    ])),
                ),
            ]),
        )],
    )
    .problems(&[
        "no_account",
        "no_payout_address",
        "claim_waits",
        "stopped",
        "outcome_unknown",
        "chain",
    ])
    .once(),
];
