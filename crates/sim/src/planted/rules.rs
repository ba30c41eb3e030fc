//! Rules that decide wrongly: the events of an entry are changed before anybody applies them.
use ledger::{Documents, State};
use protocol::chain::Fact;
use protocol::event::Movement;
use protocol::line::LineEvent;
use protocol::service::ComposeAsset;
use protocol::{AccountId, Address, Amount, AssetId, CampaignId, Entry, Event, Rejection, TokenId};

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
    let bent = Bend::of(bug, state, &events);
    Ok(events.into_iter().flat_map(|it| bent.event(it)).collect())
}

/// What has to be known of all events to change one of them.
struct Bend<'a> {
    bug: Bug,
    state: &'a State,
    notes: bool,
    charges: bool,
}

impl<'a> Bend<'a> {
    fn of(bug: Bug, state: &'a State, events: &[Event]) -> Self {
        let noted = |it: &Event| matches!(it, Event::Line(LineEvent::StakeNoted(_)));
        let posted = |it: &Event| matches!(it, Event::SegmentPosted { .. });
        Self {
            bug,
            state,
            notes: events.iter().any(noted),
            charges: events.iter().any(posted),
        }
    }

    fn event(&self, event: Event) -> Vec<Event> {
        match (self.bug, event) {
            (_, Event::Line(event)) => self.line(event).into_iter().map(Event::Line).collect(),
            (
                Bug::LockTooLong,
                Event::StakeHeld {
                    campaign,
                    account,
                    hold,
                },
            ) => {
                let held = Event::StakeHeld {
                    campaign,
                    account,
                    hold,
                };
                let locked = self.lock(campaign, account).map(Event::Line);
                vec![locked.unwrap_or(held)]
            }
            (Bug::RepaidTwice, event @ Event::Moved(Movement::Credited { .. })) if self.notes => {
                vec![event.clone(), event]
            }
            (Bug::VotesMoved, event @ Event::EpochClosed { .. }) => {
                self.moved().chain([event]).collect()
            }
            (Bug::CreditedElsewhere, Event::Chain(Fact::Holds(..))) => Vec::new(),
            (Bug::ReleasedEverywhere, Event::Chain(Fact::Released(mut released))) => {
                let count = u16::try_from(self.state.token_count()).unwrap_or(u16::MAX);
                released.tokens = (TokenId(0), TokenId(count));
                vec![Event::Chain(Fact::Released(released))]
            }
            (Bug::ComposedKept, Event::Moved(Movement::Transferred { .. })) if self.charges => {
                Vec::new()
            }
            (Bug::ComposedAll, Event::AssetComposed(compose)) => {
                vec![Event::AssetComposed(ComposeAsset {
                    components: (0..compose.asset.0).map(AssetId).collect(),
                    ..compose
                })]
            }
            (_, event) => vec![event],
        }
    }

    fn line(&self, event: LineEvent) -> Vec<LineEvent> {
        match (self.bug, event) {
            (
                Bug::SlashTwice,
                LineEvent::StakeUnlocked {
                    campaign,
                    account,
                    slashed: true,
                },
            ) => {
                let again = self.lock_again(campaign, account);
                let slash = LineEvent::StakeUnlocked {
                    campaign,
                    account,
                    slashed: true,
                };
                vec![slash.clone(), again, slash]
            }
            (
                Bug::SlashOfAll,
                LineEvent::StakeUnlocked {
                    campaign, account, ..
                },
            ) => {
                let slashed = true;
                vec![LineEvent::StakeUnlocked {
                    campaign,
                    account,
                    slashed,
                }]
            }
            (Bug::LockKept, LineEvent::StakeUnlocked { .. }) => Vec::new(),
            (Bug::LeavingCounts, LineEvent::StakeNoted(mut note)) => {
                let all = note.active_units.checked_add(note.queued_units);
                note.active_units = all.unwrap_or(note.active_units);
                vec![LineEvent::StakeNoted(note)]
            }
            (_, event) => vec![event],
        }
    }

    /// The stake of an account's wallet stands for its work, for how long that may ever be.
    fn lock(&self, campaign: CampaignId, account: AccountId) -> Option<LineEvent> {
        let wallet = self.state.account(account)?.wallet?;
        let amount = self.state.campaign(campaign)?.stake()?;
        let stake = self.state.sections.lines.stakes.wallets.get(&wallet)?;
        (stake.free() >= amount).then_some(LineEvent::StakeLocked {
            campaign,
            account,
            wallet,
            amount,
        })
    }

    fn lock_again(&self, campaign: CampaignId, account: AccountId) -> LineEvent {
        let stakes = &self.state.sections.lines.stakes;
        let lock = stakes.locks.get(&(campaign, account));
        LineEvent::StakeLocked {
            campaign,
            account,
            wallet: lock.map_or(Address([0; 20]), |lock| lock.wallet),
            amount: lock.map_or(Amount::ZERO, |lock| lock.amount),
        }
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
