//! Who answers without looking, and who copies: scores, tests and alarms about workers.
//!
//! [`screen`] is the default score, [`GoldTest`] the only evidence on which a stake is taken;
//! everything else is an alarm that raises the share of gold. Formulas, sources and figures:
//! `docs/spec/detection.md`.

mod alarm;
mod copy;
mod gold;
mod information;
mod peers;
mod screen;
mod sighting;

pub use alarm::{Run, longest_run, too_fast};
pub use copy::{Copy, LEAST_COMMON, copies};
pub use gold::{GoldState, GoldTest};
pub use information::{information, spammer_score};
pub use peers::{
    CLASS_LIMIT, PeerScore, correlated_agreement, dasgupta_ghosh, entropy_micronats,
    output_agreement,
};
pub use screen::{Screened, screen};
