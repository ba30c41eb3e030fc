//! Who answers what next: adaptive stopping, gold among it, and limits on what pairs share.
//!
//! A caller asks [`GoldStock::due`] first and takes a unit from [`GoldStock::next`] or from
//! [`Queue::next`], both filtered by [`Overlap::allows`]; as answers come in, it renews the beliefs
//! from [`belief`] and hands them to [`Queue::believe`]. Rules and figures:
//! `docs/spec/assignment.md`.

mod belief;
mod gold;
mod overlap;
mod plan;
mod queue;

pub use belief::belief;
pub use gold::{GoldRate, GoldStock};
pub use overlap::Overlap;
pub use plan::{Need, Plan, Skills, Wish, plan};
pub use queue::{Done, Queue, Stop};
