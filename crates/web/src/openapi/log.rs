//! The log and how the node is doing.

use super::operation::{Answer, Operation, Sent};
use super::schema::Schema::{Any, Bool, Either, List, Maybe, Object, Text, Units, Word};
use super::schema::{ADDRESS, HASH, LONG, NEXT, NUMBER, Schema};
use crate::page_of::CURSOR;

const WAIT: (&str, Schema, &str) = ("wait", LONG, "milliseconds to wait for it, at most 30,000");

const SENT: Schema = Schema::Named(
    "Submission",
    &Object(&[
        ("signed", Text),
        ("body?", Text),
        ("attachments?", List(&Text)),
    ]),
);

/// What became of one submission.
pub const OUTCOME: Schema = Schema::Named(
    "Outcome",
    &Either(&[
        Object(&[("index", LONG), ("repeated", Bool), ("promise", Text)]),
        Object(&[("code", Text), ("message", Text), ("refusal", Text)]),
        Object(&[("code", Text), ("message", Text)]),
    ]),
);

const ACCOUNT: Schema = Object(&[
    ("account", NUMBER),
    ("key", HASH),
    ("scope", Text),
    ("expires_ms", LONG),
    ("wallet", Maybe(&ADDRESS)),
    (
        "earned",
        List(&Object(&[
            ("token", ADDRESS),
            ("chain_id", LONG),
            ("units", Units),
        ])),
    ),
    ("stake", Maybe(&STAKE)),
]);

/// What an account has in the Stake contract.
pub(super) const STAKE: Schema = Schema::Named(
    "ContractStake",
    &Object(&[
        ("contract", ADDRESS),
        ("token", NUMBER),
        ("exit_ms", LONG),
        ("active_units", Units),
        ("leaving_units", Units),
        ("locked_units", Units),
        ("due_units", Units),
        ("slashed_units", Units),
    ]),
);

const SPACE: Schema = Object(&[
    ("space", Text),
    ("origin", Text),
    ("log_key", Text),
    ("rules", LONG),
    (
        "genesis",
        Maybe(&Object(&[
            ("chain_id", LONG),
            ("settlement", ADDRESS),
            ("escrow", ADDRESS),
            ("tokens", List(&ADDRESS)),
        ])),
    ),
    (
        "chains",
        List(&Object(&[
            ("chain_id", LONG),
            ("settlement", ADDRESS),
            ("escrow", ADDRESS),
            ("first_token", LONG),
            ("tokens", List(&ADDRESS)),
            ("deposits", LONG),
            ("released", LONG),
            ("behind", LONG),
        ])),
    ),
    ("gateway", Maybe(&Object(&[("key", HASH), ("entry", LONG)]))),
    ("witnesses", List(&Text)),
    ("quorum", LONG),
    ("merge_delay_ms", LONG),
    (
        "limits",
        Object(&[
            ("entry_bytes", LONG),
            ("body_bytes", LONG),
            ("request_bytes", LONG),
            ("submissions", LONG),
        ]),
    ),
]);

const HEALTH: Schema = Object(&[
    ("role", Word(&["writer", "standby", "reader", "halted"])),
    ("durable", LONG),
    ("published", LONG),
    ("applied_through", LONG),
    ("waiting", LONG),
    ("writer", Maybe(&Text)),
    (
        "witnesses",
        List(&Object(&[
            ("name", Text),
            ("size", LONG),
            ("last_success_ms", Maybe(&LONG)),
            ("problem", Maybe(&Text)),
        ])),
    ),
    ("problems", List(&Text)),
]);

const STREAM: &[Answer] = &[Answer::other(
    200,
    "a stream; the id of an event is the entry's index, and `Last-Event-ID` goes on behind it",
    &["text/event-stream"],
)];

const AFTER: &[(&str, Schema, &str)] = &[(
    "after",
    LONG,
    "the last entry that is known; from now on if it is left out",
)];

/// Routes of crate modules `api` and `openapi`.
pub const OPERATIONS: &[Operation] = &[
    Operation::new(
        "POST",
        "/api/v1/submit",
        "Hand in signed submissions; each is answered in its place",
        &[Answer::json(
            200,
            "one answer for each submission, in their order",
            Object(&[("answers", List(&OUTCOME))]),
        )],
    )
    .sent(Sent {
        json: Some(List(&SENT)),
        others: &["application/cbor"],
        required: true,
    })
    .problems(&[
        "malformed",
        "too_large",
        "unsupported_media_type",
        "not_the_writer",
        "busy",
        "stopped",
        "outcome_unknown",
    ]),
    Operation::new(
        "GET",
        "/api/v1/receipt/{index}",
        "The receipt of an entry, with the entry in it",
        &[Answer::other(
            200,
            "c2sp.org/tlog-proof@v1",
            &["text/plain"],
        )],
    )
    .query(&[WAIT])
    .problems(&["not_found", "not_yet_published"]),
    Operation::new(
        "GET",
        "/api/v1/entry/{index}",
        "The bytes of an entry, as they are hashed into the log",
        &[Answer::other(
            200,
            "deterministic CBOR",
            &["application/cbor"],
        )],
    )
    .query(&[WAIT])
    .problems(&["not_found", "not_yet_published"]),
    Operation::new(
        "GET",
        "/api/v1/accounts/{who}",
        "An account by its number or its disclosed wallet",
        &[Answer::json(
            200,
            "the account; `applied-through` counts entries",
            ACCOUNT,
        )],
    )
    .query(&[
        ("at_least", LONG, "an entry that must have taken effect"),
        WAIT,
    ])
    .problems(&["not_found", "behind"]),
    Operation::new(
        "GET",
        "/api/v1/accounts/{who}/receipts",
        "Entries of an account, among 16,384 entries of the log at a time",
        &[Answer::json(
            200,
            "a page, which may be empty and yet not the last",
            Object(&[
                ("account", NUMBER),
                (
                    "receipts",
                    List(&Object(&[("index", LONG), ("receipt", Text)])),
                ),
                ("next", NEXT),
            ]),
        )],
    )
    .query(&[
        (
            "from",
            LONG,
            "the entry to begin at, where there is no cursor",
        ),
        CURSOR,
    ])
    .problems(&["not_found", "invalid_cursor"]),
    Operation::new(
        "GET",
        "/api/v1/head",
        "How far the log, its checkpoint and the reads are",
        &[Answer::json(
            200,
            "numbers of entries",
            Object(&[
                ("durable", LONG),
                ("published", LONG),
                ("applied_through", LONG),
                ("time_ms", LONG),
            ]),
        )],
    ),
    Operation::new(
        "GET",
        "/api/v1/space",
        "What a client must know before it signs",
        &[Answer::json(
            200,
            "names, keys, contracts and limits",
            SPACE,
        )],
    ),
    Operation::new(
        "GET",
        "/api/v1/events",
        "A server-sent event for each entry as it takes effect",
        STREAM,
    )
    .query(AFTER)
    .problems(&["too_many_streams"]),
    Operation::new(
        "GET",
        "/api/v1/campaigns/{id}/events",
        "The same for entries that are about one campaign",
        STREAM,
    )
    .query(AFTER)
    .problems(&["not_found", "too_many_streams"]),
    Operation::new(
        "GET",
        "/healthz",
        "How the node is doing",
        &[
            Answer::json(200, "it runs", HEALTH),
            Answer::json(503, "it has halted and must be started again", HEALTH),
        ],
    ),
    Operation::new(
        "GET",
        "/readyz",
        "Whether the node does its work, for a load balancer",
        &[Answer::other(200, "its role", &["text/plain"])],
    )
    .query(&[("role", Text, "the role that it must have")])
    .problems(&["not_ready"]),
    Operation::new(
        "GET",
        "/metrics",
        "Counts and times, for a monitor",
        &[Answer::other(
            200,
            "the text form of Prometheus",
            &["text/plain"],
        )],
    ),
    Operation::new(
        "GET",
        "/openapi.json",
        "This document",
        &[Answer::json(200, "OpenAPI 3.1", Any)],
    ),
];

const FILE: &[Answer] = &[
    Answer::other(
        200,
        "the file",
        &["application/octet-stream", "text/plain", "application/json"],
    ),
    Answer::empty(304, "it is the one whose tag was sent"),
];

const fn file(path: &'static str, summary: &'static str) -> Operation {
    Operation::new("GET", path, summary, FILE).problems(&["not_found"])
}

/// Public files of the log.
pub const FILES: &[Operation] = &[
    file(
        "/log/{*rest}",
        "A checkpoint, tile, bundle or rotation of the log",
    ),
    file("/attachments/{*rest}", "A public document by its SHA-256"),
    file(
        "/openings/{*rest}",
        "The opened answers of a round, while they are kept",
    ),
    file("/claims/{*rest}", "The leaves of an epoch's claim tree"),
];

/// The embedded chain, in the words of its own API.
pub const CHAIN: &[Operation] = &[Operation::new(
    "POST",
    "/rpc",
    "Ask the embedded chain by JSON-RPC 2.0: one request, or a list of them",
    &[
        Answer::json(200, "what JSON-RPC answers, errors of it too", Any),
        Answer::empty(204, "there were notifications alone"),
    ],
)
.sent(Sent {
    // What is no request is told so in the words of JSON-RPC, which its libraries read.
    json: Some(Any),
    others: &["application/json-rpc"],
    required: false,
})
.problems(&["too_large", "busy"])];
