//! Opening, closing and settling a campaign.

use super::Context;
use super::asset::check_terms;
use crate::conduct::{Appeal, unit_digest};
use crate::draft::Draft;
use crate::score::{self, Algorithm};
use crate::work::{Campaign, Stage};
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use protocol::campaign::{Spec, Weighting};
use protocol::command::CreditDeposit;
use protocol::document::{Outcome, Units};
use protocol::event::{NewAsset, PurseOwner};
use protocol::judging::Suspension;
use protocol::market::AssetKind;
use protocol::{AccountId, Amount, AssetId, CampaignId, Event, FundId, Ppm, Rejection, TokenId};

/// Longest time to appeal, 366 days: a deadline beyond it would hold pay back for ever.
const LONGEST_APPEAL_MS: u64 = 366 * 24 * 60 * 60 * 1_000;

/// Most members of a panel.
const PANEL_MEMBERS: usize = 15;

/// Most requesters whose campaigns a campaign takes for evidence.
const TRUSTED: usize = 64;

/// Longest name for people, in bytes.
pub(super) const TITLE_BYTES: usize = 120;

impl Context<'_> {
    fn campaign(&self, id: CampaignId) -> Result<&Campaign, Rejection> {
        self.state.campaign(id).ok_or(Rejection::UnknownCampaign)
    }

    /// The asker's own deposit, open for charges in the token.
    pub(super) fn own_fund(&self, id: FundId, token: TokenId) -> Result<&CreditDeposit, Rejection> {
        let fund = self.state.fund(id).ok_or(Rejection::UnknownFund)?;
        if fund.account != self.asker {
            return Err(Rejection::NotOwner);
        }
        if fund.token != token {
            return Err(Rejection::UnknownToken);
        }
        if self.state.lasts(id, self.entry.time_ms, 0) {
            Ok(fund)
        } else {
            Err(Rejection::FundClosed)
        }
    }

    pub(super) fn open_campaign(
        &self,
        draft: &mut Draft<'_>,
        spec: &Spec,
    ) -> Result<(), Rejection> {
        check_spec(spec)?;
        self.check_method(spec)?;
        check_terms(self.state, &spec.terms, self.entry.time_ms)?;
        let token = spec.terms.token;
        if let Some(fund) = spec.backing() {
            self.covers(fund, token, spec.budget_units)?;
        }
        let second = self.check_bonus(spec)?;
        let units: Units = self.read(&spec.units)?;
        let judged = spec.rule.gold_share.ppm() > 0;
        let brief = units.brief.as_ref();
        let asked = brief.is_none_or(|it| it.fits(spec.unit_count, spec.classes.len(), judged));
        if units.rows.len() != spec.unit_count as usize || !asked {
            return Err(Rejection::BadDocument);
        }
        draft.note(Event::CampaignOpened {
            owner: self.asker,
            spec: Box::new(spec.clone()),
            digests: digests(spec, &units),
        });
        let id = CampaignId(u32::try_from(self.state.campaigns.len()).expect("fewer than 2^32"));
        let first = spec.backing().map(|fund| (fund, token, spec.budget_units));
        for (fund, token, units) in first.into_iter().chain(second) {
            let from = draft.purse(PurseOwner::Fund(fund), token, Some(fund));
            let budget = draft.purse(PurseOwner::Budget(id), token, Some(fund));
            draft.transfer(from, budget, units)?;
        }
        Ok(())
    }

    /// Scores that accept everything must fit one epoch's debits, or could never be posted.
    fn covers(&self, fund: FundId, token: TokenId, budget: Amount) -> Result<(), Rejection> {
        if budget > self.own_fund(fund, token)?.epoch_cap_units {
            Err(Rejection::EpochCapReached)
        } else {
            Ok(())
        }
    }

    /// The second reward of a campaign, as it is set aside: another token's, and more than nothing.
    fn check_bonus(&self, spec: &Spec) -> Result<Option<(FundId, TokenId, Amount)>, Rejection> {
        let Some(bonus) = spec.bonus else {
            return Ok(None);
        };
        let fund = self.state.fund(bonus.fund);
        let token = fund.ok_or(Rejection::UnknownFund)?.token;
        self.covers(bonus.fund, token, bonus.budget_units)?;
        if bonus.price_units.is_zero() || bonus.budget_units.is_zero() {
            return Err(Rejection::AmountZero);
        }
        if token == spec.terms.token {
            return Err(Rejection::BonusToken);
        }
        Ok(Some((bonus.fund, token, bonus.budget_units)))
    }

    /// What a campaign has not spent goes back to the deposits that it came from.
    fn return_budget(
        &self,
        draft: &mut Draft<'_>,
        (id, campaign): (CampaignId, &Campaign),
    ) -> Result<(), Rejection> {
        let spec = &campaign.spec;
        let first = spec.backing().map(|fund| (fund, spec.terms.token));
        let bonus = self.state.bonus(id);
        let second = bonus.map(|(bonus, token)| (bonus.fund, token));
        for (fund, token) in first.into_iter().chain(second) {
            let to = draft.purse(PurseOwner::Fund(fund), token, Some(fund));
            let budget = draft.purse(PurseOwner::Budget(id), token, Some(fund));
            draft.transfer(budget, to, draft.balance(budget))?;
        }
        Ok(())
    }

    pub(super) fn close_campaign(
        &self,
        draft: &mut Draft<'_>,
        id: CampaignId,
    ) -> Result<(), Rejection> {
        let campaign = self.campaign(id)?;
        // The operator too, so that a requester who stays away leaves nobody's money held.
        if campaign.owner != self.asker && self.asker != AccountId(0) {
            return Err(Rejection::NotOwner);
        }
        let (Stage::Scored, Some(content)) = (campaign.stage, campaign.scores) else {
            return Err(Rejection::CampaignState);
        };
        let spec = &campaign.spec;
        let asset = AssetId(u32::try_from(self.state.assets.len()).expect("fewer than 2^32"));
        draft.note(Event::AssetRegistered(Box::new(NewAsset {
            owner: campaign.owner,
            kind: AssetKind::LabelSet,
            title: spec.title.clone(),
            content,
            terms: spec.terms.clone(),
            parents: Vec::new(),
            floors: Vec::new(),
            shares: shares(campaign)?,
        })));
        draft.note(Event::CampaignClosed {
            campaign: id,
            asset,
        });
        self.return_budget(draft, (id, campaign))
    }

    pub(super) fn return_held(
        &self,
        draft: &mut Draft<'_>,
        id: CampaignId,
    ) -> Result<(), Rejection> {
        let campaign = self.campaign(id)?;
        let (Stage::Closed, Some(asset)) = (campaign.stage, campaign.asset) else {
            return Err(Rejection::CampaignState);
        };
        let token = campaign.spec.terms.token;
        self.return_blocks(draft, (id, campaign), asset)?;
        let forfeit = draft.purse(PurseOwner::Forfeit(id), token, None);
        let pool = draft.purse(PurseOwner::Pool(asset), token, None);
        draft.transfer(forfeit, pool, draft.balance(forfeit))?;
        self.return_budget(draft, (id, campaign))?;
        draft.note(Event::CampaignSettled { campaign: id });
        Ok(())
    }
}

impl Context<'_> {
    /// Everything that blocks still hold goes where it belongs; a panel that has not spoken in time
    /// has spoken for the contributor, as its silence must not pay who has named it.
    fn return_blocks(
        &self,
        draft: &mut Draft<'_>,
        (id, campaign): (CampaignId, &Campaign),
        asset: AssetId,
    ) -> Result<(), Rejection> {
        let conduct = &campaign.conduct;
        let asset = self.state.asset(asset);
        let somebody_accepted = asset.is_some_and(|asset| asset.total_shares > 0);
        // Gold that is void shows nothing, and without a panel nobody has looked at the work.
        let nobody_asked = campaign.spec.appeals_ms() == 0;
        let unsound = conduct.review.suspended == Some(Suspension::VoidGold) && nobody_asked;
        let forfeits = somebody_accepted && !unsound;
        let mut cleared: BTreeSet<AccountId> = BTreeSet::new();
        for (account, work) in &campaign.work {
            for (number, block) in (0u32..).zip(&work.blocks) {
                let due = |hold| self.state.book.hold(hold).due_ms;
                let bonus = self.state.bonus_hold(id, (*account, number));
                let due = due(block.pay)
                    .max(due(block.deposit))
                    .max(bonus.and_then(due));
                if due.is_some_and(|due| due > self.entry.time_ms) {
                    return Err(Rejection::AppealsOpen);
                }
                let place = (*account, number);
                let appeal = conduct.appeals.get(&place);
                let undecided = appeal.filter(|appeal| appeal.upheld.is_none());
                let by_silence = undecided.map(Appeal::by_silence);
                if let Some(upheld) = by_silence {
                    self.decided(draft, (id, campaign), place, upheld)?;
                }
                let upheld = by_silence.unwrap_or(conduct.upheld(*account, number));
                if upheld {
                    cleared.insert(*account);
                }
                draft.void(block.pay)?;
                if let Some(bonus) = bonus {
                    draft.void(bonus)?;
                }
                if block.outcome == Outcome::Rejected && forfeits && !upheld {
                    draft.post(block.deposit, draft.hold(block.deposit).rest)?;
                } else {
                    draft.void(block.deposit)?;
                }
            }
        }
        for fees in conduct.fees.values() {
            draft.void(*fees)?;
        }
        let lost = |account: AccountId| {
            let found = conduct.review.slashed.binary_search(&account).is_ok();
            found && forfeits && !cleared.contains(&account)
        };
        self.end_stakes(draft, (id, campaign), lost)
    }

    /// A method asks for a known algorithm, people who exist, and numbers that can be kept to.
    fn check_method(&self, spec: &Spec) -> Result<(), Rejection> {
        let Some(method) = &spec.method else {
            return Ok(());
        };
        if Algorithm::of(spec).is_none() {
            return Err(Rejection::UnknownAlgorithm);
        }
        let ascend = |list: &[AccountId]| list.is_sorted_by(|a, b| a < b);
        let size = method.panel.len();
        let panel = size == 0 || (size <= PANEL_MEMBERS && !size.is_multiple_of(2));
        let people = ascend(&method.trusts) && ascend(&method.panel);
        // The panel stands outside: it is not the requester's own voice.
        let outside = !method.panel.contains(&self.asker);
        if !panel || !people || !outside || method.trusts.len() > TRUSTED {
            return Err(Rejection::BadList);
        }
        let mut named = method.trusts.iter().chain(&method.panel);
        if !named.all(|account| self.state.account(*account).is_some()) {
            return Err(Rejection::UnknownAccount);
        }
        let chance = 1_000_000 / u32::try_from(spec.classes.len().max(1)).unwrap_or(u32::MAX);
        let above = |share: Ppm| share.ppm() == 0 || (chance + 1..1_000_000).contains(&share.ppm());
        let fees = size == 0 || !method.verdict_units.is_zero();
        let timely = method.panel_ms <= LONGEST_APPEAL_MS;
        if above(method.slash_below) && above(method.target) && fees && timely {
            Ok(())
        } else {
            Err(Rejection::OutOfRange)
        }
    }
}

/// What units are known by, kept where a method lets gold retire.
fn digests(spec: &Spec, units: &Units) -> Vec<u64> {
    if spec.method.is_none() {
        return Vec::new();
    }
    units.rows.iter().map(unit_digest).collect()
}

/// Frozen shares by the campaign's weighting: additive over answers, so that a contributor who
/// splits into many accounts holds the same sum.
fn shares(campaign: &Campaign) -> Result<Vec<(AccountId, u32)>, Rejection> {
    let mut shares: BTreeMap<AccountId, u64> = BTreeMap::new();
    for (account, work) in &campaign.work {
        for block in &work.blocks {
            if let Outcome::Released(factor) = block.outcome {
                let weight = match campaign.spec.weighting {
                    Weighting::AcceptedAnswers => u64::from(block.valid),
                    Weighting::PaidWork => u64::from(block.valid) * u64::from(factor.ppm()) / 1_000,
                };
                *shares.entry(*account).or_default() += weight;
            }
        }
    }
    let total: u64 = shares.values().sum();
    u32::try_from(total).map_err(|_| Rejection::OutOfRange)?;
    let narrow = |share: u64| u32::try_from(share).expect("a part of a sum that fits 32 bits");
    Ok(shares
        .into_iter()
        .filter(|(_, share)| *share > 0)
        .map(|(account, share)| (account, narrow(share)))
        .collect())
}

fn check_spec(spec: &Spec) -> Result<(), Rejection> {
    let rule = &spec.rule;
    let classes = u32::try_from(spec.classes.len()).map_err(|_| Rejection::BadList)?;
    let ranges = [
        (1..=TITLE_BYTES).contains(&spec.title.len()),
        word(&spec.skill),
        (1..=1_000).contains(&rule.block_length),
        (1..1_000_000).contains(&rule.beta.ppm()),
        spec.appeal_ms <= LONGEST_APPEAL_MS,
        rule.gold_share.ppm() == 0 || score::pay_rule(rule).check(classes).is_ok(),
        rule.reference_accuracy.ppm() > 0,
        rule.judgements > 0,
        spec.overlap > 0,
    ];
    if ranges.contains(&false) {
        return Err(Rejection::OutOfRange);
    }
    let panel = spec.method.iter().any(|method| !method.panel.is_empty());
    let costs = !spec.price_units.is_zero() || panel;
    if costs == spec.budget_units.is_zero() {
        return Err(Rejection::AmountZero);
    }
    if spec.price_units.is_zero() && spec.terms.contributors_share.ppm() == 0 {
        // Work for nothing now is work for a share later.
        return Err(Rejection::AmountZero);
    }
    let mut sorted = spec.classes.clone();
    sorted.sort();
    sorted.dedup();
    if !(2..=65_535).contains(&classes) || sorted.len() != spec.classes.len() {
        return Err(Rejection::BadList);
    }
    if spec.unit_count == 0 {
        return Err(Rejection::BadList);
    }
    // Half of what scoring can hold, so that there is room for contributors: see `seal_answers`.
    let cells = u64::from(spec.unit_count) * u64::from(classes);
    if cells > quality::table::CELL_LIMIT / 2 {
        Err(Rejection::OutOfRange)
    } else {
        Ok(())
    }
}

/// A lower-case word of 1 to 40 letters, digits and hyphens: the form of skills and purposes.
pub(super) fn word(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=40).contains(&text.len()) && text.bytes().all(letter)
}
