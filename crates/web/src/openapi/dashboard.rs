//! The shape of a campaign's dashboard.

use super::schema::Schema::{Any, Bool, List, Maybe, Object, Text, Units};
use super::schema::{LONG, NUMBER, PPM, Schema};

const PERSON: Schema = Object(&[
    ("account", NUMBER),
    ("answers", LONG),
    ("accepted", LONG),
    ("rejected", LONG),
    ("gold_seen", Maybe(&NUMBER)),
    ("gold_right", Maybe(&NUMBER)),
    ("reputation_ppm", Maybe(&PPM)),
    ("range_ppm", Maybe(&List(&PPM))),
]);

const ALARM: Schema = Object(&[
    ("code", Text),
    ("grave", Bool),
    ("words", Text),
    ("advice", Text),
    ("place", Text),
]);

/// How a campaign goes.
pub const DASHBOARD: Schema = Schema::Named(
    "Dashboard",
    &Object(&[
        ("campaign", NUMBER),
        (
            "answers",
            Object(&[
                ("wanted", LONG),
                ("sealed", LONG),
                ("opened", LONG),
                ("accepted", LONG),
                ("rejected", LONG),
            ]),
        ),
        (
            "units",
            Object(&[("all", NUMBER), ("out", NUMBER), ("labelled", NUMBER)]),
        ),
        (
            "money",
            Object(&[
                ("token", NUMBER),
                ("budget_units", Units),
                ("spent_units", Units),
                ("left_units", Units),
                ("per_label_units", Maybe(&Units)),
                ("per_accepted_units", Maybe(&Units)),
                ("forecast_units", Maybe(&Units)),
            ]),
        ),
        (
            "pace",
            Object(&[("per_hour", LONG), ("done_ms", Maybe(&LONG))]),
        ),
        ("hours", List(&List(&LONG))),
        ("gold", Object(&[("seen", LONG), ("right", LONG)])),
        ("classes", List(&Text)),
        ("mistakes", List(&List(&LONG))),
        ("contributors", List(&PERSON)),
        (
            "agreement",
            // What lies beyond chance may be below 0.
            Maybe(&Object(&[
                ("pairs", LONG),
                ("alike", LONG),
                ("beyond_chance_ppm", Any),
            ])),
        ),
        ("confusion", Maybe(&List(&List(&NUMBER)))),
        (
            "reviewed",
            List(&Object(&[
                ("cases", LONG),
                ("right", LONG),
                ("said_ppm", Maybe(&PPM)),
            ])),
        ),
        ("alarms", List(&ALARM)),
    ]),
);
