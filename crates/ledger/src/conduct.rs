//! What a method adds to campaigns and skills: stakes, appeals, facts, evidence that carries over.

use crate::state::State;
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use protocol::campaign::{Method, Spec};
use protocol::document::Unit;
use protocol::event::HoldId;
use protocol::judging::{Evidence, Review, Suspension};
use protocol::{AccountId, Amount, CampaignId, Hash, Ppm, TokenId};
use serde::{Deserialize, Serialize};

/// Most answers that count as evidence, in thousandths: what is older is forgotten in proportion
/// (a forgetting factor, Jøsang and Ismail 2002).
const SEEN_MILLI: i64 = 200_000;

/// Bound of the logarithm of gold evidence, in millionths of a nat.
const EVIDENCE_MICRONATS: i64 = 100_000_000;

/// A campaign under a [`Method`], beside what every campaign has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conduct {
    /// First 8 bytes of the SHA-256 of each unit's text, or of its name where it has none.
    pub digests: Vec<u64>,
    /// What earlier campaigns have shown of a contributor, taken along with the first block.
    pub prior: BTreeMap<AccountId, Evidence>,
    /// Stakes, pending.
    pub stakes: BTreeMap<AccountId, HoldId>,
    /// The panel's fees for each block, pending.
    pub fees: BTreeMap<(AccountId, u32), HoldId>,
    /// Units of the open round that take no more answers, with the entry that says so.
    pub closed: BTreeMap<u32, Fact>,
    /// Accounts that seal no more answers in the open round.
    pub paused: BTreeMap<AccountId, Fact>,
    /// What the newest scores find of gold and people.
    pub review: Review,
    /// Appeals by contributor and block.
    pub appeals: BTreeMap<(AccountId, u32), Appeal>,
}

/// What the operator has said of a running round, to be held against the answers once they open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// The entry; answers of later entries do not count.
    pub seq: u64,
    /// What the live rule was applied to.
    pub evidence: Hash,
}

/// A rejected block before the panel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appeal {
    /// Log time in milliseconds after which no verdict is taken.
    pub due_ms: u64,
    /// Why the panel was called, where no contributor has asked for it.
    pub called: Option<Suspension>,
    /// Verdicts so far.
    pub verdicts: BTreeMap<AccountId, bool>,
    /// The outcome, once there is one.
    pub upheld: Option<bool>,
}

/// What campaigns have shown of people and units, across campaigns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Practice {
    /// By contributor, skill and requester.
    pub evidence: BTreeMap<(AccountId, String, AccountId), Experience>,
    /// Digests of units that were gold in a campaign of a requester.
    pub retired: BTreeSet<(AccountId, u64)>,
}

/// A contributor's evidence in a skill, from the campaigns of one requester.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Experience {
    /// Counts with forgetting, and wealth that no open campaign has taken along.
    pub evidence: Evidence,
    /// Token in which the wealth was earned.
    pub token: TokenId,
    /// What a full block paid there: wealth buys as much elsewhere and not more.
    pub block_units: Amount,
    /// Reputation after the last campaign: the lower 5 % bound of the chance to be right.
    pub reputation: Ppm,
    /// Campaigns of this requester that have ended.
    pub campaigns: u32,
}

impl Appeal {
    /// What it means if the panel says nothing: it is for the contributor, as the requester has
    /// named the panel; but where nobody has complained of the work or the gold, nothing changes.
    pub(crate) fn by_silence(&self) -> bool {
        self.called != Some(Suspension::FewAccepted)
    }

    /// What the verdicts so far have decided in a panel of `size`.
    pub(crate) fn majority(&self, size: usize) -> Option<bool> {
        let upheld = self.verdicts.values().filter(|upheld| **upheld).count();
        let denied = self.verdicts.len() - upheld;
        match () {
            () if upheld * 2 > size => Some(true),
            () if denied * 2 > size => Some(false),
            () => None,
        }
    }
}

impl Conduct {
    /// True if the panel, or its silence, has found that a rejected block deserves its pay.
    pub fn upheld(&self, account: AccountId, block: u32) -> bool {
        let appeal = self.appeals.get(&(account, block));
        appeal.is_some_and(|appeal| appeal.upheld == Some(true))
    }

    /// Keeps the facts of a round until its answers are there to judge them.
    pub(crate) fn begin_round(&mut self) {
        self.closed.clear();
        self.paused.clear();
    }
}

/// By what a unit is known again in another campaign: its text, or its name where it has none.
pub(crate) fn unit_digest(unit: &Unit) -> u64 {
    let text = unit.text.as_ref().unwrap_or(&unit.name);
    crate::apply::digest(text.as_bytes())
}

impl State {
    /// Whether a unit was gold in a campaign of a requester, and so can never be again.
    pub fn is_retired(&self, requester: AccountId, unit: &Unit) -> bool {
        let known = (requester, unit_digest(unit));
        self.practice.retired.contains(&known)
    }
}

/// What a full block pays at its full price.
pub(crate) fn block_units(spec: &Spec) -> Amount {
    let length = u64::from(spec.rule.block_length);
    spec.price_units.checked_mul(length).unwrap_or(Amount::MAX)
}

impl Practice {
    /// What an account brings into a campaign: the evidence of all requesters that the campaign
    /// trusts, and their wealth for as much pay as it was earned with, at most a block's worth.
    ///
    /// Content-free work has at most beta x pay of wealth in expectation for each block handed in,
    /// whatever the campaign; so wealth that keeps its worth in money keeps the bound, and wealth
    /// from cheap blocks that released dear ones would break it.
    pub(crate) fn prior(&self, account: AccountId, spec: &Spec) -> Evidence {
        let trusts = spec.method.iter().flat_map(|method| &method.trusts);
        trusts.fold(Evidence::default(), |sum, requester| {
            let key = (account, spec.skill.clone(), *requester);
            match self.evidence.get(&key) {
                Some(known) => both(sum, known.worth(spec)),
                None => sum,
            }
        })
    }

    /// The wealth goes along with the account: it is spent in one campaign at a time.
    pub(crate) fn take(&mut self, account: AccountId, spec: &Spec) {
        for requester in spec.method.iter().flat_map(|method| &method.trusts) {
            let key = (account, spec.skill.clone(), *requester);
            if let Some(known) = self.evidence.get_mut(&key)
                && known.token == spec.terms.token
            {
                known.evidence.wealth = Ppm::ZERO;
            }
        }
    }

    /// Adds what a campaign of `owner` has shown of an account: what its evidence is `after` it,
    /// less what it was before.
    pub(crate) fn learn(
        &mut self,
        (account, owner): (AccountId, AccountId),
        spec: &Spec,
        (before, after): (Evidence, Evidence),
        reputation: Ppm,
    ) {
        let key = (account, spec.skill.clone(), owner);
        let own = self.evidence.get(&key);
        let held = own.map_or(Evidence::default(), |own| own.worth(spec));
        let campaigns = own.map_or(0, |own| own.campaigns);
        let fresh = Experience {
            evidence: sum(&[(held, 1), (after, 1), (before, -1)], after.wealth),
            token: spec.terms.token,
            block_units: block_units(spec),
            reputation,
            campaigns: campaigns.saturating_add(1),
        };
        self.evidence.insert(key, fresh);
    }
}

impl Experience {
    /// The same evidence where another block pays: the wealth keeps its worth in money.
    fn worth(&self, spec: &Spec) -> Evidence {
        let here = block_units(spec);
        let kept = u128::from(self.evidence.wealth.ppm()) * self.block_units.min(here).units()
            / here.units().max(1);
        let kept = u32::try_from(kept).ok().and_then(Ppm::new);
        let same = self.token == spec.terms.token;
        Evidence {
            wealth: kept.filter(|_| same).unwrap_or_default(),
            ..self.evidence
        }
    }
}

fn both(one: Evidence, other: Evidence) -> Evidence {
    let wealth = one.wealth.checked_add(other.wealth).unwrap_or(Ppm::ONE);
    sum(&[(one, 1), (other, 1)], wealth)
}

/// Sums and differences of evidence, within bounds. Counts above the limit shrink in proportion.
fn sum(parts: &[(Evidence, i64)], wealth: Ppm) -> Evidence {
    let total = |part: fn(&Evidence) -> i64| {
        parts
            .iter()
            .map(|(evidence, sign)| sign * part(evidence))
            .sum::<i64>()
    };
    let micronats = total(|evidence| evidence.gold_micronats);
    let seen = total(|evidence| i64::from(evidence.seen_milli)).max(0);
    let right = total(|evidence| i64::from(evidence.right_milli)).clamp(0, seen);
    let kept = seen.min(SEEN_MILLI);
    let right = right * kept / seen.max(1);
    let narrow = |count: i64| u32::try_from(count).unwrap_or(0);
    Evidence {
        gold_micronats: micronats.clamp(-EVIDENCE_MICRONATS, EVIDENCE_MICRONATS),
        wealth,
        right_milli: narrow(right),
        seen_milli: narrow(kept),
    }
}

/// What stands behind the first layout of the state where a campaign has a method.
#[derive(Serialize)]
pub(crate) struct Behind<'a> {
    campaigns: Vec<(CampaignId, &'a Method, &'a Conduct)>,
    practice: &'a Practice,
}

/// [`Behind`], read back.
#[derive(Deserialize)]
pub(crate) struct Read {
    campaigns: Vec<(CampaignId, Method, Conduct)>,
    practice: Practice,
}

impl<'a> Behind<'a> {
    /// What the state has of it.
    pub fn of(state: &'a State) -> Self {
        let campaigns = state.numbered_campaigns();
        let campaigns = campaigns
            .filter_map(|(id, campaign)| {
                let method = campaign.spec.method.as_deref()?;
                Some((id, method, &campaign.conduct))
            })
            .collect::<Vec<_>>();
        let practice = &state.practice;
        Self {
            campaigns,
            practice,
        }
    }

    /// True where no campaign has a method: the first layout says it all.
    pub fn is_empty(&self) -> bool {
        self.campaigns.is_empty()
    }
}

impl Read {
    /// Puts everything where it belongs; `None` if it names what is not there.
    pub fn into_state(self, state: &mut State) -> Option<()> {
        for (id, method, conduct) in self.campaigns {
            let campaign = state.campaigns.get_mut(id.index())?;
            campaign.spec.method = Some(Box::new(method));
            campaign.conduct = conduct;
        }
        state.practice = self.practice;
        Some(())
    }
}
