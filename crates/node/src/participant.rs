//! Participants of a campaign and where each stands, from the first lease to the money.
//!
//! Follows from the log and the desk: nothing is kept of it.

use crate::draft::decimal;
use ledger::State;
use ledger::work::Campaign;
use protocol::document::Outcome;
use protocol::{AccountId, Amount, CampaignId};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use view::desk::Endings;

/// Where a participant stands. The words are those that study platforms use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Holds tasks and has answered none.
    Reserved,
    /// Has answered, and holds tasks.
    Active,
    /// Has let the time of all tasks run out and answered none.
    TimedOut,
    /// Has answered; what was answered is not judged yet.
    AwaitingReview,
    /// Some of the work is accepted, and nothing waits any more.
    Approved,
    /// Has given all tasks back and answered none.
    Returned,
    /// All of the work is rejected, or an appeal of it runs.
    Rejected,
    /// Was paid for training work that shows too little for what comes after it.
    ScreenedOut,
}

impl Status {
    /// As the API writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reserved => "reserved",
            Self::Active => "active",
            Self::TimedOut => "timed_out",
            Self::AwaitingReview => "awaiting_review",
            Self::Approved => "approved",
            Self::Returned => "returned",
            Self::Rejected => "rejected",
            Self::ScreenedOut => "screened_out",
        }
    }
}

/// A participant in a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Participant {
    /// Who.
    pub account: u32,
    /// Where they stand.
    pub status: Status,
    /// Tasks that they hold.
    pub leases: u32,
    /// Answers in the log, opened or sealed.
    pub answers: u32,
    /// Blocks that are pending, accepted, rejected.
    pub blocks: [u32; 3],
    /// What was paid for accepted blocks and upheld ones, in base units.
    #[serde(with = "decimal")]
    pub paid_units: Amount,
    /// Tasks that were skipped, given back, and whose time ran out.
    pub skipped: u32,
    /// See [`Self::skipped`].
    pub returned: u32,
    /// See [`Self::skipped`].
    pub timed_out: u32,
    /// Whether the desk or the log gives them no tasks.
    pub stopped: bool,
}

/// What is known of a campaign beside the log.
#[derive(Clone, Debug, Default)]
pub struct Beside {
    /// How leases have ended, by account.
    pub endings: BTreeMap<AccountId, Endings>,
    /// Leases that run, by account.
    pub leases: BTreeMap<AccountId, u32>,
    /// Whom a rule gives no tasks.
    pub stopped: BTreeSet<AccountId>,
    /// Whom a training campaign screens out.
    pub screened: BTreeSet<AccountId>,
    /// The one account that is asked for; everybody where there is none.
    pub only: Option<AccountId>,
}

/// Everybody who has held a task of a campaign, by account; `None` where there is none.
pub fn participants(state: &State, id: CampaignId, beside: &Beside) -> Option<Vec<Participant>> {
    let campaign = state.campaign(id)?;
    let mut everybody: BTreeSet<AccountId> = campaign.work.keys().copied().collect();
    everybody.extend(beside.endings.keys());
    everybody.extend(beside.leases.keys());
    everybody.retain(|account| beside.only.is_none_or(|only| only == *account));
    let opened = opened(campaign, everybody.last().copied());
    let row = |account: &AccountId| {
        let opened = opened.get(account.index()).copied().unwrap_or_default();
        participant(campaign, (*account, opened), beside)
    };
    Some(everybody.iter().map(row).collect())
}

/// Opened answers of each account up to the last one, by its number: there are many answers, and
/// each is one step.
fn opened(campaign: &Campaign, last: Option<AccountId>) -> Vec<u32> {
    let mut counts = vec![0_u32; last.map_or(0, |last| last.index() + 1)];
    for answer in &campaign.answers {
        if let Some(count) = counts.get_mut(answer.opened.account.index()) {
            *count += 1;
        }
    }
    counts
}

fn participant(
    campaign: &Campaign,
    (account, opened): (AccountId, u32),
    beside: &Beside,
) -> Participant {
    let work = campaign.work.get(&account);
    let ended = beside.endings.get(&account).copied().unwrap_or_default();
    let leases = beside.leases.get(&account).copied().unwrap_or(0);
    let mut row = Participant {
        account: account.0,
        status: Status::Reserved,
        leases,
        answers: 0,
        blocks: [0; 3],
        paid_units: Amount::ZERO,
        skipped: ended.skipped,
        returned: ended.returned,
        timed_out: ended.abandoned,
        stopped: beside.stopped.contains(&account)
            || campaign.conduct.paused.contains_key(&account),
    };
    let sealed = work.filter(|_| campaign.open_round().is_some());
    let sealed = sealed.map_or(0, |work| work.sealed);
    row.answers = opened.saturating_add(sealed);
    let mut appealed = false;
    for (number, block) in (0_u32..).zip(work.map_or(&[][..], |work| &work.blocks)) {
        let appeal = campaign.conduct.appeals.get(&(account, number));
        let full = campaign.spec.price_units.checked_mul(block.valid.into());
        let full = full.unwrap_or_default();
        let (place, paid) = match block.outcome {
            _ if appeal.is_some_and(|appeal| appeal.upheld == Some(true)) => (1, full),
            Outcome::Held => (0, Amount::ZERO),
            Outcome::Released(factor) => (1, full.share(factor)),
            Outcome::Rejected => (2, Amount::ZERO),
        };
        appealed |= appeal.is_some_and(|appeal| appeal.upheld.is_none());
        row.blocks[place] += 1;
        row.paid_units = row.paid_units.checked_add(paid).unwrap_or(Amount::MAX);
    }
    let screened = beside.screened.contains(&account);
    row.status = status(&row, (screened, sealed > 0, appealed));
    row
}

fn status(row: &Participant, (screened, sealed, appealed): (bool, bool, bool)) -> Status {
    let [pending, accepted, rejected] = row.blocks;
    match () {
        () if row.leases > 0 && row.answers == 0 => Status::Reserved,
        () if row.leases > 0 => Status::Active,
        () if row.answers == 0 && row.returned + row.skipped > 0 && row.timed_out == 0 => {
            Status::Returned
        }
        () if row.answers == 0 => Status::TimedOut,
        () if screened => Status::ScreenedOut,
        () if sealed || pending > 0 => Status::AwaitingReview,
        () if accepted > 0 && !appealed => Status::Approved,
        () if rejected > 0 => Status::Rejected,
        () => Status::AwaitingReview,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_reached_by_what_happened() {
        let row = |leases, answers, blocks, [skipped, returned, timed_out]: [u32; 3]| Participant {
            account: 1,
            status: Status::Reserved,
            leases,
            answers,
            blocks,
            paid_units: Amount::ZERO,
            skipped,
            returned,
            timed_out,
            stopped: false,
        };
        let none = (false, false, false);
        let cases = [
            (row(2, 0, [0; 3], [0; 3]), none, Status::Reserved),
            (row(2, 5, [0; 3], [0; 3]), none, Status::Active),
            (row(0, 0, [0; 3], [0, 0, 3]), none, Status::TimedOut),
            (row(0, 0, [0; 3], [1, 2, 0]), none, Status::Returned),
            (
                row(0, 5, [0; 3], [0; 3]),
                (false, true, false),
                Status::AwaitingReview,
            ),
            (row(0, 5, [1, 1, 0], [0; 3]), none, Status::AwaitingReview),
            (row(0, 5, [0, 1, 1], [0; 3]), none, Status::Approved),
            (row(0, 5, [0, 0, 2], [0; 3]), none, Status::Rejected),
            (
                row(0, 5, [0, 1, 1], [0; 3]),
                (false, false, true),
                Status::Rejected,
            ),
            (
                row(0, 5, [0, 1, 0], [0; 3]),
                (true, false, false),
                Status::ScreenedOut,
            ),
        ];
        for (row, how, expected) in cases {
            assert_eq!(status(&row, how), expected, "{row:?}");
        }
    }
}
