//! The market of assets: found, registered, bought, read, and who has used and paid what.

mod shape;

use super::operation::{Answer, Operation, Sent};
use super::schema::Schema::{Any, Bool, List, Maybe, Object, Text, Units};
use super::schema::{HASH, LONG, NUMBER, Schema};
use shape::{ASKS, ASSET, CROISSANT, DRAFT, DRAWN, GRANT, LINEAGE, MOST, REVENUE, SHARE, USES};
use shape::{OFFER, WAIVER};

/// How long a page is: more are asked for in vain, and none means one.
const LIMIT: (&str, Schema, &str) = ("limit", LONG, "rows of the page, 1 to 100; else 100");

/// What everybody reads of an asset.
const fn of_asset(
    path: &'static str,
    summary: &'static str,
    answers: &'static [Answer],
) -> Operation {
    Operation::new("GET", path, summary, answers).problems(&["not_found", "invalid"])
}

/// What is on the market, and whose.
pub const OPERATIONS: &[Operation] = &[
    Operation::new(
        "GET",
        "/api/v1/assets",
        "Assets by words, kind, purpose, price and owner, newest first",
        &[Answer::json(
            200,
            "a page",
            Object(&[("assets", List(&ASSET)), ("next", Maybe(&NUMBER))]),
        )],
    )
    .query(&[
        (
            "text",
            Text,
            "words of title, kind or purposes, or their beginnings",
        ),
        ("kind", shape::WANTED, "only those of this kind"),
        ("purpose", Text, "only those whose terms allow it"),
        (
            "max_units",
            MOST,
            "most that all rows cost for the purpose; without one, a single use",
        ),
        ("owner", NUMBER, "only this account's"),
        ("before", NUMBER, "the `next` of the page before"),
        LIMIT,
    ])
    .problems(&["invalid"]),
    Operation::new(
        "POST",
        "/api/v1/assets",
        "Draw up the registration of an asset; a parent that would refuse it is named",
        &[Answer::json(200, "the command to sign", DRAWN)],
    )
    .body(DRAFT)
    .problems(&[
        "no_account",
        "bad_asset",
        "invalid",
        "bad_list",
        "content_of_others",
        "demand_too_high",
        "grant_expired",
        "grant_missing",
        "grant_revoked",
        "lineage_cycle",
        "not_offered",
        "purpose_forbidden",
        "share_too_low",
        "terms_expired",
        "unknown_asset",
        "unknown_waiver",
    ]),
    of_asset(
        "/api/v1/assets/{id}",
        "An asset with its terms and what is asked for it",
        &[Answer::json(200, "the asset", ASSET)],
    ),
    of_asset(
        "/api/v1/assets/{id}/lineage",
        "What it is built on, what is built on it, waivers used there, and the floors that it owes",
        &[Answer::json(
            200,
            "assets and the edges between them",
            LINEAGE,
        )],
    ),
    of_asset(
        "/api/v1/assets/{id}/croissant",
        "Its metadata as Croissant 1.1",
        &[Answer::json(200, "JSON-LD", CROISSANT)],
    ),
    of_asset(
        "/api/v1/assets/{id}/uses",
        "Charged calls, grants, downloads and used waivers together, newest first",
        &[Answer::json(200, "a page", USES)],
    )
    .query(&[("before", Text, "the `next` of the page before"), LIMIT]),
    of_asset(
        "/api/v1/assets/{id}/revenue",
        "Where its money came from and went, to the unit",
        &[Answer::json(
            200,
            "places, links between them, and sums",
            REVENUE,
        )],
    ),
    of_asset(
        "/api/v1/assets/{id}/lineage.csv",
        "Every edge of its lineage as a table",
        &[Answer::other(200, "an edge a line", &["text/csv"])],
    ),
    of_asset(
        "/api/v1/assets/{id}/revenue.csv",
        "The links of its money as a table",
        &[Answer::other(200, "a link a line", &["text/csv"])],
    ),
    Operation::new(
        "POST",
        "/api/v1/assets/{id}/listing",
        "Draw up the listing of an asset of one's own",
        &[Answer::json(200, "the command to sign", DRAWN)],
    )
    .body(ASKS)
    .problems(&["no_account", "not_found", "bad_asset", "content_of_others"]),
    Operation::new(
        "POST",
        "/api/v1/assets/{id}/grants",
        "Draw up the purchase of a grant",
        &[Answer::json(
            200,
            "the command to sign, and what it costs",
            Object(&[("command", Text), ("amount_units", Units)]),
        )],
    )
    .body(Object(&[
        ("purpose", Text),
        ("rows?", LONG),
        ("fund?", Maybe(&LONG)),
    ]))
    .problems(&[
        "no_account",
        "not_found",
        "amount_too_large",
        "not_listed",
        "unknown_purpose",
    ]),
    Operation::new(
        "POST",
        "/api/v1/assets/{id}/waivers",
        "Draw up the offer of a lower floor of an asset of one's own; it cannot be taken back",
        &[Answer::json(200, "the command to sign", DRAWN)],
    )
    .body(OFFER)
    .problems(&["no_account", "not_found", "not_owner", "bad_asset"]),
    Operation::new(
        "GET",
        "/api/v1/waivers",
        "Lower floors on offer and those that were used, newest first",
        &[Answer::json(
            200,
            "a page",
            Object(&[("waivers", List(&WAIVER)), ("next", Maybe(&NUMBER))]),
        )],
    )
    .query(&[
        ("asset", NUMBER, "only those of this asset's floor"),
        ("account", NUMBER, "only those offered to this account"),
        (
            "open",
            Bool,
            "only those that can be used now, or only the others",
        ),
        ("before", NUMBER, "the `next` of the page before"),
        LIMIT,
    ])
    .problems(&["invalid"]),
    Operation::new(
        "GET",
        "/api/v1/me/grants",
        "The grants that one holds",
        &[Answer::json(
            200,
            "all of them",
            Object(&[("grants", List(&GRANT))]),
        )],
    )
    .problems(&["no_account"]),
    Operation::new(
        "GET",
        "/api/v1/me/royalties",
        "What label sets bring in of which one has a share, and by which path",
        &[Answer::json(
            200,
            "a row for each",
            Object(&[("shares", List(&SHARE))]),
        )],
    )
    .problems(&["no_account", "invalid"]),
];

/// Contents and what is shown of them.
pub const CONTENTS: &[Operation] = &[
    Operation::new(
        "PUT",
        "/api/v1/contents",
        "Keep bytes of any length under their SHA-256, for an asset or card of one's own to name",
        &[Answer::json(
            201,
            "they are kept",
            Object(&[("sha256", HASH), ("bytes", LONG), ("lines", LONG)]),
        )],
    )
    .sent(Sent {
        json: None,
        others: &["application/octet-stream"],
        required: false,
    })
    .problems(&["no_account", "broken_upload", "storage_full"]),
    of_asset(
        "/api/v1/assets/{id}/card",
        "Its card, Markdown with a head in YAML",
        &[Answer::other(200, "as it was written", &["text/markdown"])],
    ),
    Operation::new(
        "GET",
        "/api/v1/assets/{id}/preview",
        "The first rows, where the terms or a grant show them",
        &[Answer::json(
            200,
            "at most 20 rows; what is no JSON is a text",
            Object(&[("rows", List(&Any))]),
        )],
    )
    .problems(&["not_found", "not_displayed", "desk"]),
    Operation::new(
        "GET",
        "/api/v1/assets/{id}/download",
        "The content, or the rows that were bought of it; each time is noted",
        &[
            Answer::other(200, "all that one may read", &["application/octet-stream"]),
            Answer::other(
                206,
                "the range of bytes that was asked for",
                &["application/octet-stream"],
            ),
        ],
    )
    .query(&[(
        "purpose",
        Text,
        "what it is read for; without one, the first of the terms that is allowed",
    )])
    .problems(&[
        "not_found",
        "grant_expired",
        "grant_missing",
        "grant_revoked",
        "not_listed",
        "not_offered",
        "unknown_purpose",
        "bad_range",
        "desk",
        "invalid",
    ]),
];
