//! Stakes: what backs work, for how long, and what slashes take.
use std::collections::BTreeMap;

use ledger::State;
use ledger::work::{Campaign, Stage};
use protocol::document::Outcome;
use protocol::judging::Suspension;
use protocol::line::NoteStake;
use protocol::{AccountId, Address, CampaignId, Command, TokenId};

use super::{After, Seen, saw};
use crate::truth::{Violation, hold};

const NOTED: &str = "stakes are as noted";
const WITHIN: &str = "locks within active stake";
const TIMELY: &str = "a stake outlasts what it backs";
const RELEASED: &str = "locks end with their campaign";
const SLASHED: &str = "slashes are due once";

/// Seven days: what the contracts leave for the root that a slash stands in to become final.
const SETTLING_MS: u64 = 604_800_000;

/// What commands have said of stakes.
#[derive(Default)]
pub(super) struct Stakes {
    terms: Option<Terms>,
    wallets: BTreeMap<Address, Stake>,
    locks: BTreeMap<(CampaignId, AccountId), Lock>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Terms {
    contract: Address,
    token: TokenId,
    exit_ms: u64,
}

/// Base units; all but `due` as noted last.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Stake {
    staked: u128,
    active: u128,
    queued: u128,
    slashed: u128,
    due: u128,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Lock {
    wallet: Address,
    units: u128,
}

impl Stakes {
    /// All slash lines: what was ever taken from each address with a noted stake.
    pub fn due(&self) -> impl Iterator<Item = (Address, u128)> {
        self.wallets.iter().map(|(wallet, it)| (*wallet, it.due))
    }

    /// What is staked, of which addresses have lines.
    pub fn token(&self) -> Option<TokenId> {
        self.terms.map(|terms| terms.token)
    }

    pub fn enter(&mut self, after: &After<'_>, seen: &mut Seen) -> Result<(), Violation> {
        match after.command {
            Command::NoteStake(note) => {
                self.note(note)?;
                saw(seen, "stake noted");
            }
            Command::SealAnswers(answers) => self.hold_covered(answers.campaign, after)?,
            _ => {}
        }
        self.follow(after, seen)?;
        self.hold_sums(after.state)
    }

    /// A note goes on from the one before.
    fn note(&mut self, note: &NoteStake) -> Result<(), Violation> {
        let terms = Terms {
            contract: note.contract,
            token: note.token,
            exit_ms: note.exit_ms,
        };
        let known = self.wallets.get(&note.wallet).copied().unwrap_or_default();
        let next = Stake {
            staked: note.staked_units.units(),
            active: note.active_units.units(),
            queued: note.queued_units.units(),
            slashed: note.slashed_units.units(),
            due: known.due,
        };
        let follows = self.terms.is_none_or(|fixed| fixed == terms)
            && next.slashed >= known.slashed
            && next.slashed <= next.due
            && next.staked >= next.active + next.queued + next.slashed
            && next.left() >= known.left();
        hold(follows, NOTED, || {
            format!("the stake of {} is noted as what it cannot be", note.wallet)
        })?;
        self.terms = Some(terms);
        self.wallets.insert(note.wallet, next);
        Ok(())
    }

    /// Whoever asks for an exit seals nothing more until the rest covers all locks again.
    fn hold_covered(&self, id: CampaignId, after: &After<'_>) -> Result<(), Violation> {
        let lock = after.asker.and_then(|it| self.locks.get(&(id, it)));
        lock.map_or(Ok(()), |lock| self.hold_within(lock.wallet))
    }

    /// Takes over which locks there are, and holds each change against what may make it.
    fn follow(&mut self, after: &After<'_>, seen: &mut Seen) -> Result<(), Violation> {
        let locks = &after.state.sections.lines.stakes.locks;
        let kept = |place: &(CampaignId, AccountId)| locks.contains_key(place);
        let gone: Vec<_> = self.locks.keys().filter(|it| !kept(it)).copied().collect();
        for place in gone {
            self.unlock(place, after, seen)?;
        }
        for (place, lock) in locks {
            let lock = Lock {
                wallet: lock.wallet,
                units: lock.amount.units(),
            };
            match self.locks.get(place) {
                Some(known) => hold(*known == lock, RELEASED, || {
                    format!("the lock of {} in campaign {} changes", place.1, place.0)
                })?,
                None => self.lock(*place, lock, after, seen)?,
            }
            let campaign = after.state.campaign(place.0);
            let settled = campaign.is_none_or(|it| it.stage == Stage::Settled);
            hold(!settled, RELEASED, || {
                format!("campaign {} is settled and has a lock", place.0)
            })?;
        }
        Ok(())
    }

    /// A lock comes with the first sealed block, on the stake of the contributor's own wallet.
    fn lock(
        &mut self,
        place: (CampaignId, AccountId),
        lock: Lock,
        after: &After<'_>,
        seen: &mut Seen,
    ) -> Result<(), Violation> {
        let (id, account) = place;
        let seals = matches!(after.command, Command::SealAnswers(it) if it.campaign == id);
        let own = after.wallets.get(&account) == Some(&lock.wallet);
        let campaign = after.state.campaign(id);
        let asked = campaign.and_then(Campaign::stake);
        let fits = asked.is_some_and(|asked| asked.units() == lock.units);
        let fits = fits && seals && own && after.asker == Some(account);
        hold(fits, WITHIN, || {
            format!("{} units of {} are locked", lock.units, lock.wallet)
        })?;
        self.locks.insert(place, lock);
        self.hold_within(lock.wallet)?;
        saw(seen, "stake locked");
        campaign.map_or(Ok(()), |it| self.hold_timely(it, after))
    }

    /// What an address stands for, and what it still owes, is there.
    fn hold_within(&self, wallet: Address) -> Result<(), Violation> {
        let stake = self.wallets.get(&wallet).copied().unwrap_or_default();
        let needed = self.locked(wallet) + stake.due - stake.slashed;
        hold(needed <= stake.active, WITHIN, || {
            format!("{wallet} stands for {needed} units with {}", stake.active)
        })
    }

    /// An exit that is asked for right after the lock is over when the slash is final at the
    /// earliest: the deposit closes, appeals end, an epoch settles.
    fn hold_timely(&self, campaign: &Campaign, after: &After<'_>) -> Result<(), Violation> {
        let spec = &campaign.spec;
        let closes_ms = spec.backing().and_then(|fund| after.state.fund(fund));
        let closes_ms = closes_ms.map_or(u64::MAX, |fund| fund.closes_ms);
        let appeals_ms = spec.appeal_ms.max(spec.appeals_ms());
        let rest_ms = closes_ms.saturating_sub(after.entry.time_ms);
        let needed_ms = rest_ms
            .saturating_add(appeals_ms)
            .saturating_add(SETTLING_MS);
        let terms = self.terms.filter(|terms| terms.token == spec.terms.token);
        hold(
            terms.is_some_and(|it| needed_ms <= it.exit_ms),
            TIMELY,
            || format!("a stake must last for {needed_ms} ms"),
        )
    }

    /// A lock ends when its campaign is settled, and is due then where the work was found to be
    /// worth nothing.
    fn unlock(
        &mut self,
        place: (CampaignId, AccountId),
        after: &After<'_>,
        seen: &mut Seen,
    ) -> Result<(), Violation> {
        let (id, account) = place;
        let ends = matches!(after.command, Command::ReturnHeld(it) if *it == id);
        let campaign = after.state.campaign(id).filter(|_| ends);
        let campaign = campaign.ok_or_else(|| {
            Violation::new(RELEASED, format!("a lock in campaign {id} ends before it"))
        })?;
        let Some(lock) = self.locks.remove(&place) else {
            return Ok(());
        };
        saw(seen, "lock released");
        if is_lost(after.state, campaign, account) {
            self.wallets.entry(lock.wallet).or_default().due += lock.units;
            saw(seen, "stake slashed");
        }
        Ok(())
    }

    /// The ledger counts as these books do.
    fn hold_sums(&self, state: &State) -> Result<(), Violation> {
        let known = &state.sections.lines.stakes.wallets;
        let mut owed: BTreeMap<Address, u128> = BTreeMap::new();
        for owes in &state.sections.lines.stakes.owed {
            *owed.entry(owes.wallet).or_default() += owes.rest.units();
        }
        for (wallet, stake) in known {
            let own = self.wallets.get(wallet).copied().unwrap_or_default();
            let due = stake.due.units();
            hold(due == own.due, SLASHED, || {
                format!("{due} units of {wallet} are due, {} were lost", own.due)
            })?;
            let coming = owed.get(wallet).copied().unwrap_or_default();
            hold(coming + own.slashed == own.due, SLASHED, || {
                format!("{coming} units of {wallet} are to come")
            })?;
            let as_noted = Stake {
                staked: stake.staked.units(),
                active: stake.active.units(),
                queued: stake.queued.units(),
                slashed: stake.slashed.units(),
                due,
            };
            hold(as_noted == own, NOTED, || {
                format!("the stake of {wallet} is not the one that was noted")
            })?;
            let (is, was) = (stake.locked.units(), self.locked(*wallet));
            hold(is == was, WITHIN, || {
                format!("{is} units of {wallet} are locked, by its campaigns {was}")
            })?;
        }
        hold(known.len() == self.wallets.len(), NOTED, || {
            "another address has a stake".to_owned()
        })
    }

    fn locked(&self, wallet: Address) -> u128 {
        let own = self.locks.values().filter(|lock| lock.wallet == wallet);
        own.map(|lock| lock.units).sum()
    }
}

impl Stake {
    /// What has gone back to its owner.
    fn left(&self) -> u128 {
        let kept = self.active + self.queued + self.slashed;
        self.staked.saturating_sub(kept)
    }
}

/// Whether a settled campaign takes a stake: the review lists the account, a block of it was
/// rejected, and somebody's work was accepted by gold that is sound. No panel speaks here.
fn is_lost(state: &State, campaign: &Campaign, account: AccountId) -> bool {
    let review = &campaign.conduct.review;
    let work = campaign.work.get(&account);
    let mut blocks = work.into_iter().flat_map(|work| &work.blocks);
    let asset = campaign.asset.and_then(|asset| state.asset(asset));
    review.slashed.contains(&account)
        && blocks.any(|block| block.outcome == Outcome::Rejected)
        && asset.is_some_and(|asset| asset.total_shares > 0)
        && review.suspended != Some(Suspension::VoidGold)
}
