//! Fields of assets, listings and waivers that cannot be, as pages tell them in their language.

use node::told::{Gap, Phrase, Statement};

use super::Problem;

node::phrases! {
    pub(crate) KIND = Colon "field-kind", "{field} is dataset, model, prompt or program";
    pub(crate) SHARE = Colon "field-share", "{field} is at most {most}";
    pub(crate) ONE_LICENSE = Colon "field-one-license", "{field} is an SPDX id or a text, not both";
    pub(crate) OWN_PURPOSES = Colon "field-own-purposes", "{field} name purposes of the terms";
    pub(crate) UNITS = Colon "field-units", "{field} is a number of base units, at most 2^96 - 1";
    pub(crate) HASH = Colon "field-hash", "{field} is a SHA-256 in 64 hex digits";
    pub(crate) NO_ACCOUNT = Colon "field-no-account", "{field} is the number of no account";
    pub(crate) NO_FLOOR = Colon "field-no-floor",
        "{field} has nothing to lower: the asset's terms demand no floor";
    pub(crate) LOWER_FLOOR = Colon "field-lower-floor",
        "{field} is less than the {most} that the terms demand";
    pub(crate) LATER = Colon "field-later", "{field} is later than the newest entry of the log";
}

/// Something about a field that holds of all that are taken, and does not of this one.
pub(crate) fn fault(field: &str, what: Phrase) -> Problem {
    of(what, [named(field)].into())
}

/// The same with the most that is taken, in parts per million.
pub(crate) fn fault_above(field: &str, what: Phrase, most_ppm: u32) -> Problem {
    of(what, [named(field), ("most", Gap::Share(most_ppm))].into())
}

fn named(field: &str) -> (&'static str, Gap) {
    ("field", Gap::Field(field.to_owned()))
}

fn of(what: Phrase, gaps: Vec<(&'static str, Gap)>) -> Problem {
    Problem::invalid("bad_asset", Statement::new(what, gaps))
}
