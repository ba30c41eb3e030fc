//! What people do at the desk, what rules make of it, and what that holds up.

use super::{Refused, Workplace, end};
use crate::floor::{Floor, Lease};
use crate::rule::{Action, Rule};
use crate::ticket::Ticket;
use ledger::commitment::Statement;
use protocol::{AccountId, CampaignId, Command, codec};
use sequencer::Offer;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;
use view::desk::{self, Change, Desk, Firing, Outcome, Visit};

/// How long the desk may take for what must be kept before anything goes on.
const PATIENCE: Duration = Duration::from_secs(60);
/// Most visits that are read at once.
const AT_ONCE: u32 = 10_000;
/// Longest statement that is shown, in bytes: the 4,000 letters that the page takes, in any script.
const WORDS: usize = 12_000;

/// Firings that hold something up in the running rounds.
#[derive(Debug, Default)]
pub(super) struct Stops(BTreeMap<CampaignId, Vec<Firing>>);

impl Stops {
    /// Puts what holds in a round in the place of what held before.
    pub(super) fn take(&mut self, campaign: CampaignId, first_unit: u32, firings: Vec<Firing>) {
        let holds =
            |it: &Firing| it.first_unit == first_unit && it.until_ms > 0 && it.lifted.is_none();
        let own = firings.into_iter().filter(holds).collect();
        self.0.insert(campaign, own);
    }

    fn of(&self, campaign: CampaignId, account: AccountId, now_ms: u64) -> Vec<&Firing> {
        let all = self.0.get(&campaign).map_or(&[][..], Vec::as_slice);
        let own = all.iter();
        own.filter(|it| it.account == account && it.until_ms > now_ms)
            .collect()
    }
}

/// How many tasks somebody may hold.
pub(super) struct Share {
    pub(super) most: usize,
    is_last: bool,
}

impl Share {
    /// How many more there are for somebody who takes what others leave: those that are wanted
    /// beyond what the others hold.
    pub(super) fn leaves(&self, floor: &Floor, campaign: CampaignId, own: AccountId) -> usize {
        if !self.is_last {
            return usize::MAX;
        }
        let others = floor.holders(campaign);
        let others = others.iter().filter(|(account, _)| **account != own);
        let held: u32 = others.map(|(_, count)| *count).sum();
        floor.wanted(campaign).saturating_sub(held as usize)
    }
}

impl super::Inner {
    pub(super) fn stops(&self) -> MutexGuard<'_, Stops> {
        self.stops.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends leases whose time is over; what the desk must keep of it.
    pub(super) fn expire(&self, floor: &mut Floor, now_ms: u64) -> Vec<Change> {
        let over = floor.expire(now_ms);
        let changes = over.iter().flat_map(|lease| {
            let first_unit = floor.round(lease.campaign).map_or(0, |it| it.first_unit);
            let how = (Outcome::Abandoned, lease.expires_ms);
            [end(lease), ended(lease, first_unit, how)]
        });
        changes.collect()
    }

    pub(super) fn may_hold(
        &self,
        (campaign, account): (CampaignId, AccountId),
        count: usize,
        now_ms: u64,
    ) -> Result<Share, Refused> {
        let most = count.min(self.rules.most_leases);
        let mut share = Share {
            most,
            is_last: false,
        };
        let stops = self.stops();
        for firing in stops.of(campaign, account, now_ms) {
            match action(firing) {
                Some(Action::LowerPriority) => {
                    share = Share {
                        most: most.min(1),
                        is_last: true,
                    };
                }
                _ => return Err(Refused::Stopped(Box::new(firing.clone()))),
            }
        }
        Ok(share)
    }
}

fn action(firing: &Firing) -> Option<Action> {
    let rule: Result<Rule, _> = serde_json::from_str(&firing.settings);
    rule.ok().map(|rule| rule.action)
}

/// The end of a lease as the desk keeps it.
pub(super) fn ended(lease: &Lease, first_unit: u32, (outcome, at_ms): (Outcome, u64)) -> Change {
    Change::Visit(Visit {
        id: 0,
        campaign: lease.campaign,
        first_unit,
        task: lease.task,
        account: lease.account,
        given_ms: lease.given_ms,
        ended_ms: if lease.given_ms == 0 { 0 } else { at_ms },
        outcome,
    })
}

/// Answers of a running round that the log has and the desk has lost, as visits without a time.
pub(super) fn missed(
    desk: &Desk,
    (campaign, first_unit, per_task): (CampaignId, u32, u32),
    sealed: &[(AccountId, u32)],
) -> Result<Vec<Change>, view::Error> {
    let mut known: BTreeSet<(AccountId, u32)> = BTreeSet::new();
    let mut after = 0;
    loop {
        let visits = desk.visits(campaign, after, AT_ONCE)?;
        let Some(last) = visits.last() else { break };
        after = last.id;
        let answered = visits
            .iter()
            .filter(|it| it.first_unit == first_unit && it.outcome == Outcome::Answered);
        known.extend(answered.map(|it| (it.account, it.task)));
    }
    let mut changes = Vec::new();
    for (account, unit) in sealed {
        let task = unit.saturating_sub(first_unit) / per_task;
        if known.insert((*account, task)) {
            let lease = Lease {
                campaign,
                task,
                account: *account,
                given_ms: 0,
                expires_ms: 0,
            };
            changes.push(ended(&lease, first_unit, (Outcome::Answered, 0)));
        }
    }
    Ok(changes)
}

impl Workplace {
    /// Leases of a campaign that have ended since a visit, at most 10,000.
    pub fn visits(&self, campaign: CampaignId, after: u64) -> Result<Vec<Visit>, view::Error> {
        self.inner.desk().visits(campaign, after, AT_ONCE)
    }

    /// How many tasks each account holds in a campaign.
    pub fn holders(&self, campaign: CampaignId) -> BTreeMap<AccountId, u32> {
        self.inner.floor().holders(campaign)
    }

    /// Whether an account has answered a task of the running round.
    pub fn has_answered(&self, campaign: CampaignId, account: AccountId, task: u32) -> bool {
        self.inner.floor().has_answered(campaign, account, task)
    }

    /// The last visit that the rules of a campaign have seen.
    pub fn watched(&self, campaign: CampaignId) -> Result<u64, view::Error> {
        self.inner.desk().watched(campaign)
    }

    /// What the rules of a campaign have done, oldest first.
    pub fn firings(&self, campaign: CampaignId) -> Result<Vec<Firing>, view::Error> {
        self.inner.desk().firings(campaign)
    }

    /// Whom a rule gives no tasks now.
    pub fn stopped(&self, campaign: CampaignId) -> BTreeSet<AccountId> {
        let now_ms = self.inner.host.now_ms();
        let stops = self.inner.stops();
        let all = stops.0.get(&campaign).map_or(&[][..], Vec::as_slice);
        let stops =
            |it: &&Firing| it.until_ms > now_ms && action(it) != Some(Action::LowerPriority);
        all.iter().filter(stops).map(|it| it.account).collect()
    }

    /// Keeps what rules have done up to a visit, all at once; it holds from here on.
    pub fn fire(
        &self,
        campaign: CampaignId,
        (first_unit, through): (u32, u64),
        more: Vec<Change>,
    ) -> Result<(), view::Error> {
        let mut changes = more;
        changes.push(Change::Watched { campaign, through });
        self.write(changes)?;
        self.hold_up(campaign, first_unit)
    }

    /// Takes up what holds in a round. Whoever comes later reads later too.
    fn hold_up(&self, campaign: CampaignId, first_unit: u32) -> Result<(), view::Error> {
        let mut stops = self.inner.stops();
        let firings = self.inner.desk().firings(campaign)?;
        stops.take(campaign, first_unit, firings);
        Ok(())
    }

    /// Lifts what a rule has done; false if there is no such firing, or it was lifted before.
    pub fn lift(&self, campaign: CampaignId, id: u64, by: AccountId) -> Result<bool, view::Error> {
        let firings = self.inner.desk().firings(campaign)?;
        let found = firings.iter().find(|it| it.id == id && it.lifted.is_none());
        let Some(first_unit) = found.map(|it| it.first_unit) else {
            return Ok(false);
        };
        let at_ms = self.inner.host.now_ms();
        self.write(vec![Change::Lifted { id, by, at_ms }])?;
        let running = self.inner.floor().round(campaign).map(|it| it.first_unit);
        if running == Some(first_unit) {
            self.hold_up(campaign, first_unit)?;
        }
        Ok(true)
    }

    /// Keeps the words of an appeal or a verdict that is in the log at `entry`; answered once they
    /// are kept. No later start finds them again, so whoever said them is told no sooner.
    pub fn heard(&self, offer: &Offer, entry: u64) -> Option<Ticket<Result<(), String>>> {
        let submission = &offer.signed.submission;
        let place = match &submission.command {
            Command::Appeal(it) => submission.account.map(|own| (it.campaign, own, it.block)),
            Command::GiveVerdict(it) => Some((it.campaign, it.account, it.block)),
            _ => None,
        };
        let (campaign, account, block) = place?;
        let mut said: Statement = codec::decode(&offer.body).ok()?;
        let by = submission.account?;
        let end = said.text.floor_char_boundary(WORDS);
        said.text.truncate(end);
        let said = desk::Statement {
            campaign,
            account,
            block,
            by,
            entry,
            words: said.text,
        };
        Some(self.inner.send(vec![Change::Stated(said)]))
    }

    /// What was said about a block and is not erased: by whom, and the words.
    pub fn said(
        &self,
        campaign: CampaignId,
        account: AccountId,
        block: u32,
    ) -> Result<Vec<(u32, String)>, view::Error> {
        let said = self.inner.desk().statements(campaign, account, block)?;
        let kept = self.inner.host.read(|state| {
            let erased = |entry| {
                let body = protocol::operation::Erasure::Body(entry);
                state.erased.contains_key(&body)
            };
            let kept = said.into_iter().filter(|it| !erased(it.entry));
            kept.map(|it| (it.by.0, it.words)).collect()
        });
        Ok(kept)
    }

    /// What the desk has, for questions that no other function answers.
    pub fn ask<T>(&self, question: impl FnOnce(&Desk) -> T) -> T {
        question(&self.inner.desk())
    }

    /// Writes to the desk and waits until it is kept, with all that was handed in before it.
    pub fn write(&self, changes: Vec<Change>) -> Result<(), view::Error> {
        let lost = |why: &str| view::Error::corrupt("write to the desk", why.to_owned());
        match self.inner.send(changes).wait(PATIENCE) {
            Some(Ok(kept)) => kept.map_err(|why| lost(&why)),
            Some(Err(why)) => Err(lost(&why.to_string())),
            None => Err(lost("it takes too long")),
        }
    }
}
