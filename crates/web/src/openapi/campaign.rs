//! Campaigns: what everybody sees of them, how they are steered, and how tasks are taken.

use super::operation::{Answer, Operation, Sent};
use super::schema::Schema::{Any, Bool, List, Maybe, Object, Text, Units, Word};
use super::schema::{LONG, NEXT, NUMBER, PPM, Schema};
use crate::page_of::{CURSOR, LIMIT, PAGE};

/// Points of a campaign's life.
const STAGES: Schema = Word(&["open", "waiting", "scored", "closed", "settled"]);

/// Kinds of questions.
pub const KIND: Schema = Word(&["choice", "choices", "rating", "comparison", "text"]);

/// A worked example.
pub const EXAMPLE: Schema = Schema::Named(
    "Example",
    &Object(&[("text", Text), ("answer", Text), ("why", Text)]),
);

/// A second reward, in another token.
const BONUS: Schema = Object(&[
    ("token", NUMBER),
    ("price_units", Units),
    ("budget_units", Units),
    ("left_units", Units),
]);

/// A campaign in a line, with members of its own kind.
macro_rules! campaign {
    ($($more:expr),*) => {
        Object(&[
            ("id", NUMBER),
            ("title", Text),
            ("skill", Text),
            ("owner", NUMBER),
            ("stage", STAGES),
            ("classes", List(&Text)),
            ("units", NUMBER),
            ("units_out", NUMBER),
            ("overlap", NUMBER),
            ("price_units", Units),
            ("budget_units", Units),
            ("left_units", Units),
            ("rounds", LONG),
            ("answers_opened", LONG),
            ("answers_sealed", LONG),
            ("contributors", LONG),
            ("asset", Maybe(&NUMBER)),
            ("bonus", Maybe(&BONUS)),
            $($more,)*
        ])
    };
}

const SUMMARY: Schema = Schema::Named("CampaignSummary", &campaign!());

const TERMS: Schema = Object(&[
    ("gold_share_ppm", PPM),
    ("block_length", NUMBER),
    ("beta_ppm", PPM),
    ("reference_ppm", PPM),
    ("block_deposit_units", Units),
    ("stake_units", Units),
    ("appeal_ms", LONG),
    ("panel", Maybe(&List(&NUMBER))),
    ("target_ppm", Maybe(&PPM)),
    ("slash_below_ppm", Maybe(&PPM)),
    ("purposes", List(&Text)),
    ("use_price_units", Units),
    ("contributors_share_ppm", PPM),
    ("fund", LONG),
]);

const BRIEF: Schema = Object(&[
    ("kind", KIND),
    ("instructions", Text),
    ("examples", List(&EXAMPLE)),
    ("reasons", List(&Text)),
    ("options", List(&Text)),
]);

const CAMPAIGN: Schema = Schema::Named(
    "Campaign",
    &campaign!(
        ("terms", TERMS),
        ("brief", Maybe(&BRIEF)),
        ("tasks_wanted", LONG),
        ("paused", Bool),
        ("training", Bool)
    ),
);

const LABEL: Schema = Object(&[
    ("unit", NUMBER),
    ("name", Maybe(&Text)),
    ("label", Maybe(&Text)),
    ("probability_ppm", PPM),
    ("answers", NUMBER),
    ("gold", Bool),
]);

const PERSON: Schema = Object(&[
    ("account", NUMBER),
    (
        "blocks",
        Object(&[
            ("pending", NUMBER),
            ("accepted", NUMBER),
            ("rejected", NUMBER),
        ]),
    ),
    ("gold_seen", Maybe(&NUMBER)),
    ("gold_right", Maybe(&NUMBER)),
    ("reputation_ppm", Maybe(&PPM)),
    ("paused", Bool),
]);

/// What everybody sees, and what a campaign's owner does.
pub const OPERATIONS: &[Operation] = &[
    Operation::new(
        "GET",
        "/api/v1/campaigns",
        "All campaigns, newest first",
        &[Answer::json(
            200,
            "a page",
            Object(&[("campaigns", List(&SUMMARY)), ("next", NEXT)]),
        )],
    )
    .query(&[
        ("stage", STAGES, "only those at this point of their life"),
        CURSOR,
        LIMIT,
    ])
    .problems(&["invalid_cursor"]),
    Operation::new(
        "GET",
        "/api/v1/campaigns/{id}",
        "All that a contributor reads before work",
        &[Answer::json(
            200,
            "the campaign with its terms and brief",
            CAMPAIGN,
        )],
    )
    .problems(&["not_found"]),
    Operation::new(
        "GET",
        "/api/v1/campaigns/{id}/labels",
        "The newest consensus, unit by unit",
        &[Answer::json(
            200,
            "a page",
            Object(&[("labels", List(&LABEL)), ("next", NEXT)]),
        )],
    )
    .query(PAGE)
    .problems(&["not_found", "no_round", "invalid_cursor"]),
    Operation::new(
        "GET",
        "/api/v1/campaigns/{id}/people",
        "Who has worked, as the log has them",
        &[Answer::json(
            200,
            "a page",
            Object(&[("people", List(&PERSON)), ("next", NEXT)]),
        )],
    )
    .query(PAGE)
    .problems(&["not_found", "invalid_cursor"]),
    Operation::new(
        "GET",
        "/api/v1/campaigns/{id}/export",
        "What has been accepted, in a format of others",
        &[Answer {
            status: 200,
            words: "a stream; one that breaks off is not whole",
            json: Some(Any),
            others: &["application/x-ndjson"],
        }],
    )
    .query(&[(
        "format",
        Word(&["jsonl", "json", "answers", "preference", "label-studio"]),
        "`jsonl` if it is left out",
    )])
    .problems(&[
        "no_preferences",
        "no_account",
        "not_owner",
        "not_found",
        "no_round",
    ]),
    steer(
        "/api/v1/campaigns/{id}/pause",
        "Give nobody tasks until it goes on",
    ),
    steer("/api/v1/campaigns/{id}/resume", "Let it go on"),
    steer(
        "/api/v1/campaigns/{id}/close",
        "Make the running round the last",
    ),
];

const DONE: &[Answer] = &[Answer::empty(204, "it is so now")];

const fn steer(path: &'static str, summary: &'static str) -> Operation {
    Operation::new("POST", path, summary, DONE).problems(&[
        "no_account",
        "not_owner",
        "not_found",
        "no_plan",
    ])
}

const TASK: Schema = Schema::Named(
    "Task",
    &Object(&[
        ("task", NUMBER),
        ("given_ms", LONG),
        ("expires_ms", LONG),
        ("units", List(&Object(&[("unit", NUMBER), ("name", Text)]))),
        ("text", Maybe(&Text)),
        ("draft", Maybe(&Text)),
    ]),
);

/// What the desk may say.
const DESK: &[&str] = &[
    "no_account",
    "not_found",
    "no_round",
    "involved",
    "account_paused",
    "no_task",
    "not_leased",
    "answered",
    "desk",
    "malformed",
    "too_large",
];

/// Tasks as contributors take them.
pub const LEASES: &[Operation] = &[
    Operation::new(
        "POST",
        "/api/v1/campaigns/{id}/leases",
        "Take tasks until so many are held, those that are held already first",
        &[Answer::json(
            200,
            "all that are held; notices are in the language of the pages",
            Object(&[
                ("campaign", NUMBER),
                ("tasks", List(&TASK)),
                ("notices", List(&Text)),
            ]),
        )],
    )
    .body(Object(&[("count", Schema::Natural(u64::MAX))]))
    .problems(&[
        "no_account",
        "not_found",
        "no_round",
        "involved",
        "account_paused",
        "no_task",
        "not_leased",
        "answered",
        "desk",
        "malformed",
        "too_large",
        "campaign_paused",
        "not_qualified",
        "screened_out",
        "stopped_by_rule",
        "bad_plan",
    ]),
    Operation::new(
        "POST",
        "/api/v1/campaigns/{id}/leases/renew",
        "A sign of life for all tasks that are held",
        &[Answer::json(
            200,
            "until when each is held",
            Object(&[(
                "leases",
                List(&Object(&[("task", NUMBER), ("expires_ms", LONG)])),
            )]),
        )],
    )
    .problems(DESK),
    Operation::new(
        "DELETE",
        "/api/v1/campaigns/{id}/leases/{task}",
        "Give a task back; with a reason it is skipped",
        &[Answer::empty(204, "somebody else may have it")],
    )
    .sent(Sent {
        json: Some(Object(&[("reason?", Maybe(&Text))])),
        others: &[],
        required: false,
    })
    .problems(DESK),
    Operation::new(
        "PUT",
        "/api/v1/campaigns/{id}/drafts/{task}",
        "Keep what was typed so far",
        &[Answer::empty(204, "it is kept")],
    )
    .body(Object(&[("content", Text)]))
    .problems(DESK),
];
