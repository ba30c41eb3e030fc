//! Rules with a bug: events are changed before they are applied, leaves before they are read.
mod credit;

use ledger::claims::Statement;
use ledger::state::Asset;
use ledger::{Documents, State};
use proof::claim::LineKind;
use protocol::chain::{Fact, Released};
use protocol::event::Movement;
use protocol::line::{LineEvent, NoteStake};
use protocol::service::ComposeAsset;
use protocol::{AccountId, Address, AssetId, CampaignId, Entry, Event, Rejection, TokenId};

use super::Bug;

/// A state that is made by rules with a bug, in every process and in every replay alike.
pub(crate) struct Bent {
    bug: Bug,
    pub state: State,
}

impl Bent {
    /// Goes on from a state; `None` where no rule has a bug.
    pub fn of(bug: Option<Bug>, state: &State) -> Option<Self> {
        let bug = bug.filter(|bug| bug.is_of_rules())?;
        let state = state.clone();
        Some(Self { bug, state })
    }

    /// Decides an entry and applies it.
    pub fn enter(&mut self, entry: &Entry, documents: &dyn Documents) -> Result<(), Rejection> {
        let events = decide(Some(self.bug), &self.state, entry, documents)?;
        ledger::apply::apply(&mut self.state, entry, &events);
        Ok(())
    }
}

/// What the ledger decides, and what its bug makes of that.
pub(crate) fn decide(
    bug: Option<Bug>,
    state: &State,
    entry: &Entry,
    documents: &dyn Documents,
) -> Result<Vec<Event>, Rejection> {
    let events = ledger::decide(state, entry, documents)?;
    let Some(bug) = bug.filter(|bug| bug.is_of_rules()) else {
        return Ok(events);
    };
    let rules = Bend::of(bug, state, &events);
    let bend = |event: Event| rules.event(&event).unwrap_or_else(|| vec![event]);
    Ok(events.into_iter().flat_map(bend).collect())
}

/// Changes what a close publishes, where the bug is there.
pub(crate) fn publish(bug: Option<Bug>, state: &State, statement: &mut Statement) {
    if bug == Some(Bug::DebitUnshown) {
        statement.debits.iter_mut().for_each(|it| _ = it.rows.pop());
    }
    let Some(bug @ (Bug::PayWithheld | Bug::SlashUnpublished)) = bug else {
        return;
    };
    let stakes = &state.sections.lines.stakes.wallets;
    for leaf in &mut statement.leaves {
        let stake = stakes.get(&Address(leaf.account));
        let owes = stake.is_some_and(|stake| stake.due > stake.slashed);
        leaf.lines.retain(|line| match bug {
            Bug::PayWithheld => line.kind != LineKind::Pay || !owes,
            _ => line.kind != LineKind::Slash || line.cumulative > 0,
        });
    }
    statement.leaves.retain(|leaf| !leaf.lines.is_empty());
}

/// What has to be known of all events to change one of them.
struct Bend<'a> {
    bug: Bug,
    state: &'a State,
    notes: bool,
    charges: bool,
    closes: bool,
    /// What uses of an asset are paid in, of which an allowance is granted.
    grants: Option<TokenId>,
    /// What holds are raised by in all, in base units.
    raised: u128,
}

impl<'a> Bend<'a> {
    fn of(bug: Bug, state: &'a State, events: &[Event]) -> Self {
        let noted = |it: &Event| matches!(it, Event::Line(LineEvent::StakeNoted(_)));
        let posted = |it: &Event| matches!(it, Event::SegmentPosted { .. });
        let closed = |it: &Event| matches!(it, Event::EpochClosed { .. });
        let granted = |it: &Event| match it {
            Event::AllowanceGranted { asset, .. } => state.asset(*asset),
            _ => None,
        };
        let raised = |it: &Event| match it {
            Event::Moved(Movement::Raised { amount, .. }) => amount.units(),
            _ => 0,
        };
        Self {
            bug,
            state,
            notes: events.iter().any(noted),
            charges: events.iter().any(posted),
            closes: events.iter().any(closed),
            grants: events.iter().find_map(granted).map(token_of),
            raised: events.iter().map(raised).sum(),
        }
    }

    /// What becomes of an event; `None` where it stays as it is.
    fn event(&self, event: &Event) -> Option<Vec<Event>> {
        Some(match (self.bug, event) {
            (_, Event::Line(line)) => self.line(line)?.into_iter().map(Event::Line).collect(),
            (
                Bug::LockTooLong | Bug::LockUncovered,
                Event::StakeHeld {
                    campaign, account, ..
                },
            ) => vec![Event::Line(self.lock(*campaign, *account)?)],
            (Bug::RepaidTwice, Event::Moved(Movement::Credited { .. })) if self.notes => {
                vec![event.clone(), event.clone()]
            }
            (Bug::AllowanceKept, Event::Moved(Movement::Voided { .. })) if self.closes => vec![],
            (Bug::VotesMoved, Event::EpochClosed { .. }) => {
                self.moved().chain([event.clone()]).collect()
            }
            (Bug::CreditedElsewhere, Event::Chain(Fact::Holds(..))) => vec![],
            (Bug::ReleasedEverywhere, Event::Chain(Fact::Released(released))) => {
                let count = u16::try_from(self.state.token_count()).unwrap_or(u16::MAX);
                let tokens = (TokenId(0), TokenId(count));
                let released = Released {
                    tokens,
                    ..*released
                };
                vec![Event::Chain(Fact::Released(released))]
            }
            (_, Event::Chain(Fact::Redeemed(chain, number))) => self.redeemed(*chain, *number)?,
            (
                Bug::CreditOfAnother | Bug::CreditChargedTwice | Bug::CreditDebited,
                Event::Moved(movement),
            ) => self.credit(movement)?,
            (Bug::ComposedKept, Event::Moved(Movement::Transferred { .. })) if self.charges => {
                vec![]
            }
            (Bug::ComposedAll, Event::AssetComposed(compose)) => {
                vec![Event::AssetComposed(ComposeAsset {
                    components: (0..compose.asset.0).map(AssetId).collect(),
                    ..compose.clone()
                })]
            }
            _ => return None,
        })
    }

    fn line(&self, event: &LineEvent) -> Option<Vec<LineEvent>> {
        Some(match (self.bug, event) {
            (
                Bug::SlashTwice,
                LineEvent::StakeUnlocked {
                    campaign,
                    account,
                    slashed: true,
                },
            ) => {
                let again = self.lock_again(*campaign, *account)?;
                vec![event.clone(), again, event.clone()]
            }
            (
                Bug::SlashOfAll,
                LineEvent::StakeUnlocked {
                    campaign, account, ..
                },
            ) => vec![LineEvent::StakeUnlocked {
                campaign: *campaign,
                account: *account,
                slashed: true,
            }],
            (Bug::LockKept, LineEvent::StakeUnlocked { .. }) => vec![],
            (Bug::LeavingCounts, LineEvent::StakeNoted(note)) => {
                let active_units = note.active_units.checked_add(note.queued_units)?;
                vec![LineEvent::StakeNoted(NoteStake {
                    active_units,
                    ..*note
                })]
            }
            _ => return None,
        })
    }

    /// The stake of an account's wallet stands for its work, for how long that may ever be, or
    /// however much there is.
    fn lock(&self, campaign: CampaignId, account: AccountId) -> Option<LineEvent> {
        let wallet = self.state.account(account)?.wallet?;
        let amount = self.state.campaign(campaign)?.stake()?;
        let stake = self.state.sections.lines.stakes.wallets.get(&wallet)?;
        let covered = stake.free() >= amount;
        (covered == (self.bug == Bug::LockTooLong)).then_some(LineEvent::StakeLocked {
            campaign,
            account,
            wallet,
            amount,
        })
    }

    fn lock_again(&self, campaign: CampaignId, account: AccountId) -> Option<LineEvent> {
        let stakes = &self.state.sections.lines.stakes;
        let lock = stakes.locks.get(&(campaign, account))?;
        Some(LineEvent::StakeLocked {
            campaign,
            account,
            wallet: lock.wallet,
            amount: lock.amount,
        })
    }

    /// All votes of a pool go to the address that got some first.
    fn moved(&self) -> impl Iterator<Item = Event> {
        let pools = self.state.sections.lines.pools.iter();
        pools.filter_map(|pool| {
            let first = *pool.given.values().next()?;
            let given = pool.given.keys().map(|account| (*account, first));
            Some(Event::Line(LineEvent::VotesGiven {
                asset: pool.asset,
                given: given.collect(),
            }))
        })
    }
}

fn token_of(asset: &Asset) -> TokenId {
    asset.registered.terms.token
}
