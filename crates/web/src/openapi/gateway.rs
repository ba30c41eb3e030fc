//! Keys that call models; the calls themselves have the form of other people's API.

use super::operation::{Answer, Operation};
use super::schema::Schema::{self, List, Maybe, Object, Text};
use super::schema::{LONG, NEXT, NUMBER};
use crate::page_of::PAGE;

/// Routes of module `gateway` below `/api/v1`.
pub const OPERATIONS: &[Operation] = &[
    Operation::new(
        "GET",
        "/api/v1/me/model-keys",
        "One's keys for models, without the keys themselves",
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
                        ("allowances", List(&NUMBER)),
                        ("budget_units", Maybe(&Text)),
                        ("per_minute", Maybe(&NUMBER)),
                        ("models", List(&NUMBER)),
                        ("purpose", Maybe(&Text)),
                        ("created_ms", LONG),
                        ("expires_ms", LONG),
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
        "/api/v1/me/model-keys",
        "A new key for models, which is shown this once",
        &[Answer::json(
            201,
            "the key",
            Object(&[("id", LONG), ("key", Text), ("hint", Text)]),
        )],
    )
    .body(Object(&[
        ("name", Text),
        ("allowances?", List(&NUMBER)),
        ("budget_units?", Maybe(&Text)),
        ("per_minute?", Maybe(&NUMBER)),
        ("models?", List(&NUMBER)),
        ("purpose?", Maybe(&Text)),
        ("days?", Maybe(&LONG)),
    ]))
    .problems(&[
        "no_account",
        "malformed",
        "too_large",
        "unknown_allowance",
        "invalid",
    ])
    .once(),
    Operation::new(
        "DELETE",
        "/api/v1/me/model-keys/{id}",
        "Revoke a key for models",
        &[Answer::empty(204, "it opens nothing any more")],
    )
    .problems(&["no_account", "not_found"]),
    Operation::new(
        "GET",
        "/discovery/resources",
        "What can be paid for call by call, in x402's form",
        &[Answer::json(
            200,
            "a page",
            Object(&[
                ("x402Version", NUMBER),
                ("items", List(&RESOURCE)),
                (
                    "pagination",
                    Object(&[("limit", LONG), ("offset", LONG), ("total", LONG)]),
                ),
            ]),
        )],
    )
    .query(&[
        ("type", Text, "what is listed; `http` is all there is"),
        ("limit", LONG, "rows of the page, 100 unless it is given"),
        ("offset", LONG, "how many come before the page"),
    ]),
];

/// A model with its price in the form of x402.
const RESOURCE: Schema = Object(&[
    ("resource", Text),
    ("type", Text),
    ("x402Version", NUMBER),
    (
        "accepts",
        List(&Object(&[
            ("scheme", Text),
            ("network", Text),
            ("amount", Text),
            ("asset", Text),
            ("payTo", Text),
            ("maxTimeoutSeconds", NUMBER),
            (
                "extra",
                Object(&[
                    ("name", Text),
                    ("version", Text),
                    ("assetTransferMethod?", Text),
                ]),
            ),
        ])),
    ),
    ("lastUpdated", LONG),
    ("description", Text),
    (
        "metadata",
        Object(&[
            ("method", Text),
            ("model", Text),
            ("asset", NUMBER),
            ("purposes", List(&Text)),
        ]),
    ),
]);
