//! Webhooks as the API describes them: set up, looked at, told anew, thrown away.

use super::operation::{Answer, Operation};
use super::schema::Schema::{Form, List, Maybe, Object, Text};
use super::schema::{LONG, NEXT, NUMBER, Schema};
use crate::page_of::PAGE;

const KINDS: Schema = List(&Form("^[a-z_]{1,40}$"));

/// A webhook, with members of its own kind.
macro_rules! webhook {
    ($($more:expr),*) => {
        Object(&[
            ("id", LONG),
            ("url", Text),
            ("kinds", KINDS),
            ("campaign", Maybe(&NUMBER)),
            ("next", LONG),
            ("failures", NUMBER),
            ("due_ms", LONG),
            ("disabled", Maybe(&Text)),
            ("created_ms", LONG),
            $($more,)*
        ])
    };
}

const WEBHOOK: Schema = Schema::Named("Webhook", &webhook!());

const ONE: &[&str] = &["no_account", "not_found"];

/// Routes of module `webhook`.
pub const OPERATIONS: &[Operation] = &[
    Operation::new(
        "GET",
        "/api/v1/webhooks",
        "One's webhooks, in the order they were made",
        &[Answer::json(
            200,
            "a page",
            Object(&[("webhooks", List(&WEBHOOK)), ("next", NEXT)]),
        )],
    )
    .query(PAGE)
    .problems(&["no_account", "invalid_cursor"]),
    Operation::new(
        "POST",
        "/api/v1/webhooks",
        "Be told of entries at a URL, by signed deliveries (Standard Webhooks)",
        &[Answer::json(
            201,
            "the webhook, with its secret this once",
            webhook!(("secret", Text)),
        )],
    )
    .body(Object(&[
        ("url", Text),
        ("kinds?", Maybe(&KINDS)),
        ("campaign?", Maybe(&NUMBER)),
        ("after?", Maybe(&LONG)),
    ]))
    .problems(&[
        "no_account",
        "malformed",
        "too_large",
        "bad_url",
        "too_many",
    ])
    .once(),
    Operation::new(
        "GET",
        "/api/v1/webhooks/{id}",
        "A webhook and how it is doing",
        &[Answer::json(200, "the webhook", WEBHOOK)],
    )
    .problems(ONE),
    Operation::new(
        "DELETE",
        "/api/v1/webhooks/{id}",
        "Be told nothing more",
        &[Answer::empty(204, "it is gone")],
    )
    .problems(ONE),
    Operation::new(
        "GET",
        "/api/v1/webhooks/{id}/deliveries",
        "The last 1,000 attempts, newest first",
        &[Answer::json(
            200,
            "a page",
            Object(&[
                (
                    "deliveries",
                    List(&Object(&[
                        ("id", LONG),
                        ("entry", LONG),
                        ("status", Maybe(&NUMBER)),
                        ("why", Maybe(&Text)),
                        ("took_ms", LONG),
                        ("at_ms", LONG),
                    ])),
                ),
                ("next", NEXT),
            ]),
        )],
    )
    .query(PAGE)
    .problems(&["no_account", "not_found", "invalid_cursor"]),
    Operation::new(
        "POST",
        "/api/v1/webhooks/{id}/replay",
        "Tell again what is behind an entry, also where a webhook was given up",
        &[Answer::json(200, "the webhook as it is now", WEBHOOK)],
    )
    .query(&[("after", LONG, "required: the last entry that is known")])
    .problems(ONE),
];
