//! What the workplace tells: tasks, and why there are none.

use crate::floor::{Denied, Lease};
use protocol::document::Unit;
use view::desk::Firing;

/// A task as it is handed out.
#[derive(Clone, Debug)]
pub struct Task {
    /// Until when, and whose.
    pub lease: Lease,
    /// Its units in the ledger, with their positions in the campaign.
    pub units: Vec<(u32, Unit)>,
    /// What its holder had typed before.
    pub draft: Option<String>,
}

/// Why no task is given, or an answer not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There is no such campaign.
    UnknownCampaign,
    /// It has no running round.
    NoRound,
    /// The account opened the campaign itself, or decides its appeals.
    Involved,
    /// The account seals nothing more in this round.
    Paused,
    /// A rule of the campaign gives it no tasks for now.
    Stopped(Box<Firing>),
    /// The units are not this account's to answer.
    NotYours(Denied),
    /// The desk cannot keep what it must.
    Desk(String),
}

impl super::Workplace {
    /// How many tasks contributors hold now.
    pub fn lease_count(&self) -> usize {
        self.inner.floor().lease_count()
    }
}
