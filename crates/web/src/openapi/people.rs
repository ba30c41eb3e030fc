//! People: appeals, rules, standing, review, disagreement.

use super::dashboard::DASHBOARD;
use super::operation::{Answer, Operation};
use super::schema::Schema::{Any, List, Maybe, Object, Text};
use super::schema::{LONG, NEXT, NUMBER, Schema};
use crate::page_of::{LIMIT, PAGE};

const LABELS: Schema = List(&NUMBER);
const OWN: &[&str] = &["no_account", "not_found", "bad_plan", "unavailable"];
const STEERED: &[&str] = &[
    "no_account",
    "not_owner",
    "not_found",
    "bad_plan",
    "unavailable",
];
const FOUND: &[&str] = &[
    "no_account",
    "not_owner",
    "not_found",
    "bad_plan",
    "unavailable",
    "invalid_query",
    "desk",
];
const REVIEWED: &[&str] = &[
    "no_account",
    "no_reviewer",
    "not_found",
    "bad_plan",
    "bad_labels",
    "answered",
    "not_blind",
    "malformed",
    "unavailable",
    "desk",
];
const CSV: &[&str] = &["text/csv"];

const fn read(path: &'static str, words: &'static str, answer: &'static [Answer]) -> Operation {
    Operation::new("GET", path, words, answer)
}

/// Routes of modules `appeal`, `conduct`, `disagree`, `review`.
pub const OPERATIONS: &[Operation] = &[
    read(
        "/api/v1/me/appeals",
        "One's rejected blocks, and how to appeal",
        &[Answer::json(
            200,
            "a page, newest first",
            Object(&[("cases", List(&Any)), ("next", NEXT)]),
        )],
    )
    .query(PAGE)
    .problems(&[
        "no_account",
        "not_found",
        "bad_plan",
        "unavailable",
        "invalid_query",
        "invalid_cursor",
    ]),
    read(
        "/api/v1/appeals",
        "What one decides as a member of a panel, open appeals first",
        &[Answer::json(
            200,
            "the first cases of the queue, and how many there are in all",
            Object(&[("cases", List(&Any)), ("all", NUMBER)]),
        )],
    )
    .query(&[LIMIT])
    .problems(&[
        "no_account",
        "not_found",
        "bad_plan",
        "unavailable",
        "invalid_query",
    ]),
    read(
        "/api/v1/reviewers",
        "Accounts that may sit on panels",
        &[Answer::json(
            200,
            "accounts",
            Object(&[("reviewers", List(&NUMBER))]),
        )],
    )
    .problems(OWN),
    read(
        "/api/v1/me/levels",
        "One's level in each skill, and what the next one takes",
        &[Answer::json(
            200,
            "levels",
            Object(&[("levels", List(&Any))]),
        )],
    )
    .problems(OWN),
    read(
        "/api/v1/campaigns/{id}/standing",
        "One's state in a campaign, what rules have done, and feedback on blocks",
        &[Answer::json(200, "the standing", Any)],
    )
    .problems(OWN),
    read(
        "/api/v1/campaigns/{id}/feedback/{task}",
        "What is right, in training, once one has answered",
        &[Answer::json(
            200,
            "the known answer and the sum of first answers",
            Object(&[
                ("task", NUMBER),
                ("known", Maybe(&Text)),
                ("right", NUMBER),
                ("seen", NUMBER),
            ]),
        )],
    )
    .problems(&[
        "no_account",
        "not_found",
        "bad_plan",
        "no_training",
        "no_round",
        "not_answered",
    ]),
    read(
        "/api/v1/campaigns/{id}/dashboard",
        "How a campaign goes: pace, cost, quality, forecast, and what to look at",
        &[Answer::json(200, "the dashboard", DASHBOARD)],
    )
    .problems(STEERED),
    read(
        "/api/v1/campaigns/{id}/participants",
        "Everybody in a campaign and where they stand",
        &[Answer::json(
            200,
            "participants",
            Object(&[("participants", List(&Any))]),
        )],
    )
    .problems(STEERED),
    read(
        "/api/v1/campaigns/{id}/firings",
        "What the rules of a campaign have done",
        &[Answer::json(
            200,
            "firings",
            Object(&[("firings", List(&Any))]),
        )],
    )
    .problems(STEERED),
    read(
        "/api/v1/campaigns/{id}/firings.csv",
        "The same as a table",
        &[Answer::other(200, "a table", CSV)],
    )
    .problems(STEERED),
    Operation::new(
        "POST",
        "/api/v1/campaigns/{id}/firings/{index}/lift",
        "Take back what a rule has done",
        &[Answer::empty(204, "lifted")],
    )
    .problems(STEERED),
    read(
        "/api/v1/campaigns/{id}/disagreement",
        "Tasks by entropy, who agrees with whom, answers by label",
        &[Answer::json(200, "a page of tasks, pairs, confusion", Any)],
    )
    .query(&[
        ("from", LONG, "tasks to pass over"),
        ("limit", LONG, "tasks of a page"),
    ])
    .problems(FOUND),
    read(
        "/api/v1/campaigns/{id}/disagreement.csv",
        "The same as a table",
        &[Answer::other(200, "a table", CSV)],
    )
    .problems(FOUND),
    read(
        "/api/v1/campaigns/{id}/reviews",
        "The queue for review",
        &[Answer::json(200, "tasks and how reviewers agree", Any)],
    )
    .problems(REVIEWED),
    read(
        "/api/v1/campaigns/{id}/reviews.csv",
        "Reviews that are done",
        &[Answer::other(200, "a table", CSV)],
    )
    .problems(REVIEWED),
    Operation::new(
        "PUT",
        "/api/v1/campaigns/{id}/reviews/{task}/blind",
        "One's own answer before others' are shown",
        &[Answer::json(200, "what there is to see then", Any)],
    )
    .body(Object(&[("labels", LABELS)]))
    .problems(REVIEWED),
    Operation::new(
        "PUT",
        "/api/v1/campaigns/{id}/reviews/{task}",
        "The last word",
        &[Answer::empty(204, "kept")],
    )
    .body(Object(&[("labels", LABELS), ("comment?", Text)]))
    .problems(REVIEWED),
];
