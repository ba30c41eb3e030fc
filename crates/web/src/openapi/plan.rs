//! Plans: campaigns before they open.

use super::campaign::{EXAMPLE, KIND};
use super::operation::{Answer, Operation, Sent};
use super::schema::Schema::{Any, Bool, Either, Form, List, Maybe, Natural, Object, Text, Units};
use super::schema::{HASH, LONG, NEXT, NUMBER, PPM, Schema};
use crate::page_of::PAGE;

const SHORT: Schema = Natural(u16::MAX as u64);

/// An amount as it is read: decimal text, or a number that is small enough for JSON.
const AMOUNT: Schema = Either(&[Form("^[0-9]{1,29}$"), LONG]);

/// Settings of a campaign, as [`node::draft::Draft`] reads them.
pub const SETTINGS: Schema = Schema::Named(
    "Settings",
    &Object(&[
        ("title?", Text),
        ("skill?", Text),
        ("kind?", KIND),
        ("classes?", List(&Text)),
        ("instructions?", Text),
        ("examples?", List(&EXAMPLE)),
        ("reasons?", List(&Text)),
        ("price_units?", AMOUNT),
        ("overlap?", SHORT),
        ("budget_units?", AMOUNT),
        ("bonus_price_units?", AMOUNT),
        ("bonus_budget_units?", AMOUNT),
        ("bonus_worth_units?", AMOUNT),
        ("target_ppm?", PPM),
        ("gold_ppm?", PPM),
        ("block_length?", SHORT),
        ("beta_ppm?", PPM),
        ("reference_ppm?", PPM),
        ("slash_below_ppm?", PPM),
        ("stake_units?", AMOUNT),
        ("panel?", List(&NUMBER)),
        ("verdict_units?", AMOUNT),
        ("appeal_hours?", NUMBER),
        ("panel_hours?", NUMBER),
        ("trusts?", List(&NUMBER)),
        ("round_tasks?", NUMBER),
        ("deadline_ms?", LONG),
        ("least_reputation_ppm?", PPM),
        ("pair_cap?", NUMBER),
        ("purposes?", List(&Text)),
        ("use_price_units?", AMOUNT),
        ("floor_ppm?", PPM),
        ("contributors_ppm?", PPM),
        ("token?", SHORT),
        ("conduct?", Any),
    ]),
);

/// A plan, with members of its own kind.
macro_rules! plan {
    ($($more:expr),*) => {
        Object(&[
            ("id", LONG),
            ("owner", NUMBER),
            ("settings", SETTINGS),
            ("campaign", Maybe(&NUMBER)),
            ("paused", Bool),
            ("closing", Bool),
            ("created_ms", LONG),
            ("changed_ms", LONG),
            $($more,)*
        ])
    };
}

const PLAN: Schema = Schema::Named("Plan", &plan!());

const FAULT: Schema = Object(&[
    ("place", LONG),
    ("column", Maybe(&Text)),
    ("what", Text),
    ("hint", Maybe(&Text)),
    ("excerpt", Maybe(&Text)),
]);

const THREE: Schema = List(&LONG);

const ESTIMATE: Schema = Object(&[
    ("tasks", NUMBER),
    ("answers", LONG),
    ("most_units", Units),
    (
        "forecast",
        Maybe(&Object(&[
            ("accuracy_ppm", THREE),
            ("adaptive_answers", THREE),
            ("adaptive_units", THREE),
            ("reached_ppm", PPM),
        ])),
    ),
]);

/// Whatever asks for a plan by its number may hear.
const ONE: &[&str] = &["no_account", "not_found"];
const CHANGE: &[&str] = &[
    "no_account",
    "not_found",
    "plan_opened",
    "malformed",
    "too_large",
    "bad_plan",
];

/// Routes below `/api/v1/plans`.
pub const OPERATIONS: &[Operation] = &[
    Operation::new(
        "GET",
        "/api/v1/plans",
        "One's plans, newest first",
        &[Answer::json(
            200,
            "a page",
            Object(&[("plans", List(&PLAN)), ("next", NEXT)]),
        )],
    )
    .query(PAGE)
    .problems(&["no_account", "invalid_cursor"]),
    Operation::new(
        "POST",
        "/api/v1/plans",
        "Draw up a campaign; what is left out has its usual value",
        &[Answer::json(201, "the plan", PLAN)],
    )
    .body(SETTINGS)
    .problems(CHANGE)
    .once(),
    Operation::new(
        "GET",
        "/api/v1/plans/{id}",
        "One plan, and how many tasks it has",
        &[Answer::json(
            200,
            "the plan",
            plan!(("tasks", NUMBER), ("known", NUMBER)),
        )],
    )
    .problems(ONE),
    Operation::new(
        "PUT",
        "/api/v1/plans/{id}",
        "Other settings, until it opens",
        &[Answer::json(200, "the plan as it is now", PLAN)],
    )
    .body(SETTINGS)
    .problems(CHANGE),
    Operation::new(
        "DELETE",
        "/api/v1/plans/{id}",
        "Throw a plan away, until it opens",
        &[Answer::empty(204, "it is gone with its tasks")],
    )
    .problems(&["no_account", "not_found", "plan_opened"]),
    Operation::new(
        "GET",
        "/api/v1/plans/{id}/units",
        "The tasks of a plan, with what is known of them",
        &[Answer::json(
            200,
            "a page",
            Object(&[
                (
                    "units",
                    List(&Object(&[
                        ("name", Text),
                        ("text", Maybe(&Text)),
                        ("known", Maybe(&Text)),
                    ])),
                ),
                ("next", NEXT),
            ]),
        )],
    )
    .query(PAGE)
    .problems(&["no_account", "not_found", "invalid_cursor"]),
    UPLOAD,
    Operation::new(
        "GET",
        "/api/v1/plans/{id}/estimate",
        "What it will cost, and how many answers that buys",
        &[Answer::json(
            200,
            "shares in ppm, money in base units",
            ESTIMATE,
        )],
    )
    .problems(&["no_account", "not_found", "bad_plan"]),
    Operation::new(
        "POST",
        "/api/v1/plans/{id}/prepare",
        "The command to sign, paid by a deposit",
        &[Answer::json(
            200,
            "the command, whose document is durable",
            Object(&[
                ("command", Text),
                ("units", NUMBER),
                ("gold_share_ppm", PPM),
                ("budget_units", Units),
                ("document", HASH),
            ]),
        )],
    )
    .body(Object(&[("fund", LONG), ("bonus_fund?", Maybe(&LONG))]))
    .problems(&[
        "no_account",
        "not_found",
        "plan_opened",
        "malformed",
        "too_large",
        "bad_plan",
        "bad_gold",
        "invalid",
    ]),
];

const UPLOAD: Operation = Operation::new(
    "PUT",
    "/api/v1/plans/{id}/units",
    "Put a table, or tasks of Label Studio, in the place of what was there",
    &[Answer::json(
        200,
        "how many were taken, and which could not be",
        Object(&[
            ("tasks", NUMBER),
            ("refused", LONG),
            ("cancelled", LONG),
            ("rejected", LONG),
            ("unread", LONG),
            ("faults", List(&FAULT)),
        ]),
    )],
)
.query(&[
    (
        "format",
        Schema::Word(&["table", "label-studio"]),
        "`table` if it is left out",
    ),
    ("id", Text, "column of the unit's own id"),
    (
        "fields",
        Text,
        "columns to show, separated by commas; all others if it is left out",
    ),
    ("known", Text, "column of the known answer"),
    (
        "annotations",
        Schema::Word(&["gold", "ignore"]),
        "what annotations of Label Studio are",
    ),
    (
        "control",
        Text,
        "the control of Label Studio that holds the judgement",
    ),
])
.sent(Sent {
    json: None,
    others: &[
        "text/csv",
        "application/x-ndjson",
        "application/json",
        "application/vnd.apache.parquet",
    ],
    required: true,
})
.problems(&[
    "no_account",
    "not_found",
    "plan_opened",
    "bad_table",
    "too_large",
]);
