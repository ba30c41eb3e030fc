//! The shapes of assets, of what is asked for them, and of where their money goes.

use crate::openapi::schema::Schema::{Any, Bool, Either, Form, List, Maybe, Natural, Object};
use crate::openapi::schema::Schema::{Named, Text, Units, Word};
use crate::openapi::schema::{HASH, LONG, NEXT, NUMBER, PPM, Schema};

/// What an asset is.
const KIND: Schema = Word(&["dataset", "label_set", "model", "prompt", "program"]);

/// The same as a filter: nothing stands for all.
pub const WANTED: Schema = Word(&["", "dataset", "label_set", "model", "prompt", "program"]);

/// An amount as a filter: nothing stands for any.
pub const MOST: Schema = Form("^[0-9]{0,38}$");

/// An amount as it is read: nothing stands for 0.
const AMOUNT: Schema = Form("^[0-9]{0,29}$");

/// A SHA-256 as it is read.
const DIGEST: Schema = Form("^[0-9a-fA-F]{64}$");

const DEMAND: Schema = Object(&[("kind", Word(&["floor", "flow"])), ("ppm", PPM)]);

const TERMS: Schema = Object(&[
    ("purposes", List(&Text)),
    ("token", NUMBER),
    ("price_units", Units),
    ("demand", DEMAND),
    ("contributors_share_ppm", PPM),
    ("expires_ms", Maybe(&LONG)),
]);

const LISTING: Schema = Object(&[
    (
        "license",
        Maybe(&Either(&[
            Object(&[("spdx", Text)]),
            Object(&[("text", HASH)]),
        ])),
    ),
    (
        "prices",
        List(&Object(&[
            ("purpose", Maybe(&Text)),
            ("flat_units", Units),
            ("row_units", Units),
            ("whole_units", Maybe(&Units)),
            ("lasts_ms", Maybe(&LONG)),
        ])),
    ),
    ("rows", LONG),
    ("revocable", Bool),
    ("buyers", List(&NUMBER)),
    ("card", Maybe(&HASH)),
    ("version_of", Maybe(&NUMBER)),
    ("waivers", List(&NUMBER)),
]);

/// An asset with its terms and what is asked for it.
pub const ASSET: Schema = Named(
    "Asset",
    &Object(&[
        ("id", NUMBER),
        ("title", Text),
        ("kind", KIND),
        ("owner", NUMBER),
        ("content", HASH),
        ("campaign", Maybe(&NUMBER)),
        ("terms", TERMS),
        ("listing", Maybe(&LISTING)),
        ("versions", List(&NUMBER)),
        ("parents", List(&NUMBER)),
        ("shares", List(&List(&NUMBER))),
        ("total_shares", NUMBER),
        ("uses", LONG),
        ("charged_units", Units),
    ]),
);

/// A lower floor that was offered to one account for one child.
pub const WAIVER: Schema = Named(
    "Waiver",
    &Object(&[
        ("waiver", NUMBER),
        ("asset", NUMBER),
        ("title", Text),
        ("owner", NUMBER),
        ("account", NUMBER),
        ("floor_ppm", PPM),
        ("demanded_ppm", PPM),
        ("price_units", Units),
        ("token", NUMBER),
        ("expires_ms", LONG),
        ("used_by", Maybe(&NUMBER)),
        ("open", Bool),
    ]),
);

/// A waiver to be offered.
pub const OFFER: Schema = Object(&[
    ("account", NUMBER),
    ("floor_ppm", NUMBER),
    ("price_units?", AMOUNT),
    ("expires_ms", LONG),
]);

/// Ancestors and descendants.
pub const LINEAGE: Schema = Object(&[
    ("asset", NUMBER),
    (
        "nodes",
        List(&Object(&[
            ("id", NUMBER),
            ("title", Text),
            ("kind", KIND),
            ("owner", NUMBER),
        ])),
    ),
    (
        "edges",
        List(&Object(&[
            ("parent", NUMBER),
            ("child", NUMBER),
            ("demand", DEMAND),
        ])),
    ),
    (
        "floors",
        List(&Object(&[("ancestor", NUMBER), ("ppm", PPM)])),
    ),
    ("waivers", List(&WAIVER)),
    ("cut", Bool),
]);

/// JSON-LD, as Croissant 1.1 has it.
pub const CROISSANT: Schema = Object(&[
    ("@context", Any),
    ("@type", Text),
    ("conformsTo", Text),
    ("name", Text),
    ("description", Text),
    ("identifier", NUMBER),
    ("url", Text),
    ("license", Maybe(&Text)),
    ("keywords", List(&Text)),
    ("isBasedOn", List(&Text)),
    (
        "distribution",
        List(&Object(&[
            ("@type", Text),
            ("@id", Text),
            ("name", Text),
            ("contentUrl", Text),
            ("encodingFormat", Text),
            ("sha256", HASH),
        ])),
    ),
]);

/// What is asked beside the terms, behind members of its own kind.
macro_rules! asks {
    ($($more:expr),*) => {
        Object(&[
            $($more,)*
            ("license?", Maybe(&Text)),
            ("license_text?", Maybe(&DIGEST)),
            ("prices?", List(&PRICE)),
            ("rows?", LONG),
            ("revocable?", Bool),
            ("buyers?", List(&NUMBER)),
            ("card?", Maybe(&DIGEST)),
            ("version_of?", Maybe(&NUMBER)),
        ])
    };
}

const PRICE: Schema = Object(&[
    ("purpose", Text),
    ("flat_units?", AMOUNT),
    ("row_units?", AMOUNT),
    ("lasts_ms?", Maybe(&LONG)),
]);

/// What is asked for an asset that has been registered.
pub const ASKS: Schema = Named("Asks", &asks!());

/// An asset to be registered. What is out of range here is `bad_asset`, which names the field.
pub const DRAFT: Schema = Named(
    "AssetDraft",
    &asks!(
        ("kind", Form("^(dataset|model|prompt|program)$")),
        ("title?", Text),
        ("content", DIGEST),
        ("purposes?", List(&Text)),
        ("token?", Natural(u16::MAX as u64)),
        ("price_units?", AMOUNT),
        ("floor_ppm?", NUMBER),
        ("flow_ppm?", Maybe(&NUMBER)),
        ("expires_ms?", Maybe(&LONG)),
        ("parents?", List(&NUMBER)),
        ("shares?", List(&List(&NUMBER))),
        ("waivers?", List(&NUMBER)),
        ("fund?", Maybe(&LONG))
    ),
);

/// A command in base64, to be signed.
pub const DRAWN: Schema = Object(&[("command", Text)]);

/// A grant as its holder has it.
pub const GRANT: Schema = Object(&[
    ("grant", NUMBER),
    ("asset", NUMBER),
    ("title", Maybe(&Text)),
    ("purpose", Maybe(&Text)),
    ("rows", LONG),
    ("amount_units", Units),
    ("bought_ms", LONG),
    ("expires_ms", Maybe(&LONG)),
    ("revoked_ms", Maybe(&LONG)),
    ("lives", Bool),
]);

/// Something that was paid for, with members of its own kind.
macro_rules! paid {
    ($kind:expr, $($more:expr),*) => {
        Object(&[
            ("kind", Word(&[$kind])),
            ("number", LONG),
            ("account", NUMBER),
            ("purpose", Text),
            ("time_ms", LONG),
            ("amount_units", Units),
            ("entry", LONG),
            $($more,)*
        ])
    };
}

const DOWNLOAD: Schema = Object(&[
    ("kind", Word(&["download"])),
    ("number", LONG),
    ("account", Maybe(&NUMBER)),
    ("purpose", Text),
    ("bytes", LONG),
    ("grant", Maybe(&NUMBER)),
    ("time_ms", LONG),
    ("amount_units", Units),
]);

/// A page of uses.
pub const USES: Schema = Object(&[
    (
        "uses",
        List(&Either(&[
            paid!("calls", ("uses", LONG)),
            paid!(
                "grant",
                ("rows", LONG),
                ("expires_ms", Maybe(&LONG)),
                ("revoked_ms", Maybe(&LONG)),
                ("revoked_by", Maybe(&NUMBER))
            ),
            DOWNLOAD,
            Object(&[
                ("kind", Word(&["waiver"])),
                ("number", LONG),
                ("account", NUMBER),
                ("child", NUMBER),
                ("floor_ppm", PPM),
                ("time_ms", LONG),
                ("amount_units", Units),
                ("entry", LONG),
            ]),
        ])),
    ),
    ("next", NEXT),
]);

/// Why a sum has moved.
const MOVED: Schema = Word(&[
    "calls", "grants", "waivers", "floor", "flow", "pool", "owner", "operator",
]);

/// Where an asset's money came from and went.
pub const REVENUE: Schema = Object(&[
    ("asset", NUMBER),
    (
        "nodes",
        List(&Object(&[("id", Text), ("title", Maybe(&Text))])),
    ),
    (
        "links",
        List(&Object(&[
            ("source", Text),
            ("target", Text),
            ("kind", MOVED),
            ("token", NUMBER),
            ("amount_units", Units),
            ("settled", Bool),
        ])),
    ),
    (
        "sums",
        List(&Object(&[
            ("token", NUMBER),
            ("came_units", Units),
            ("went_units", Units),
            ("waiting_units", Units),
        ])),
    ),
]);

const SOURCE: Schema = Object(&[
    ("kind", MOVED),
    ("from_asset", Maybe(&NUMBER)),
    ("from_account", Maybe(&NUMBER)),
    ("title", Maybe(&Text)),
    ("token", NUMBER),
    ("amount_units", Units),
    ("settled", Bool),
    ("path", List(&NUMBER)),
]);

/// A share of a label set's revenue.
pub const SHARE: Schema = Object(&[
    ("asset", NUMBER),
    ("title", Maybe(&Text)),
    ("campaign", Maybe(&NUMBER)),
    ("answers", Maybe(&LONG)),
    ("share", NUMBER),
    ("of", NUMBER),
    ("token", NUMBER),
    ("pool_units", Units),
    ("units", Units),
    ("sources", List(&SOURCE)),
]);
