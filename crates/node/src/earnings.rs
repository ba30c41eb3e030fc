//! What an account has earned, line by line: how much, where it stands, and why.

use crate::staked::ContractStake;
use ledger::State;
use ledger::claims;
use ledger::told::Told;
use protocol::document::Outcome;
use protocol::event::PurseOwner;
use protocol::{AccountId, Amount, CampaignId, TokenId};
use serde::Serialize;

use crate::draft::decimal;

/// An account's money, in base units of the first token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Earnings {
    /// Set aside for work that is not judged yet, or whose rejection may still be appealed.
    #[serde(with = "decimal")]
    pub pending_units: Amount,
    /// For accepted work and verdicts, all that was ever accepted.
    #[serde(with = "decimal")]
    pub accepted_units: Amount,
    /// From uses of what the account has worked on.
    #[serde(with = "decimal")]
    pub royalty_units: Amount,
    /// Of the last two, what the chain holds already and the next claim pays or has paid.
    #[serde(with = "decimal")]
    pub payable_units: Amount,
    /// Set aside by the account itself: deposits of blocks and stakes.
    #[serde(with = "decimal")]
    pub staked_units: Amount,
    /// Free in the account's deposits.
    #[serde(with = "decimal")]
    pub deposit_units: Amount,
    /// Each block of work, newest campaign first.
    pub blocks: Vec<Block>,
    /// A line for each campaign, in words.
    pub reasons: Vec<Reason>,
    /// Shares in label sets.
    pub shares: Vec<Share>,
    /// The same sums in every other token in which there is something.
    pub others: Vec<Other>,
    /// What the account's address has in the Stake contract, where the node keeps one.
    pub stake: Option<ContractStake>,
}

/// What an account has in a token beside the first, in its base units: second rewards of campaigns,
/// and revenue of label sets whose uses are charged in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Other {
    /// Number of the token.
    pub token: u16,
    /// Set aside for work that is not judged yet, or whose rejection may still be appealed.
    #[serde(with = "decimal")]
    pub pending_units: Amount,
    /// All that was ever accepted.
    #[serde(with = "decimal")]
    pub accepted_units: Amount,
    /// From uses of what the account has worked on.
    #[serde(with = "decimal")]
    pub royalty_units: Amount,
    /// Of the last two, what the chain holds already and the next claim pays or has paid.
    #[serde(with = "decimal")]
    pub payable_units: Amount,
}

/// A block of work and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Block {
    /// Where.
    pub campaign: u32,
    /// The account's n-th block there.
    pub block: u32,
    /// `pending`, `accepted`, `rejected`, `appealed` or `upheld`.
    pub status: &'static str,
    /// Answers in it that counted when it was judged.
    pub answers: u16,
    /// What is set aside for it or was paid.
    #[serde(with = "decimal")]
    pub units: Amount,
    /// Until when a rejection may be appealed or is held, in milliseconds since 1970; 0 for none.
    pub appeal_until_ms: u64,
}

/// Why an account was paid or not in a campaign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// Where.
    pub campaign: u32,
    /// Its name.
    pub title: String,
    /// The evidence and the rule; in JSON the English of it.
    pub words: Told,
}

/// A share in what a label set earns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Share {
    /// Number of the label set in the log.
    pub asset: u32,
    /// Its name.
    pub title: String,
    /// The account's part.
    pub shares: u32,
    /// Of so many.
    pub of: u32,
    /// What this has brought in so far.
    #[serde(with = "decimal")]
    pub units: Amount,
}

/// Sums up an account; `None` where there is no such account.
pub fn earnings(state: &State, id: AccountId) -> Option<Earnings> {
    state.account(id)?;
    let mut sums = Earnings {
        accepted_units: state.book.balance(PurseOwner::Earned(id), TokenId(0)),
        ..Earnings::default()
    };
    let tokens = state.token_count().max(1);
    let payable = claims::due(state, |purse| purse.payable).unwrap_or_default();
    sums.payable_units = payable
        .get(id.index() * tokens)
        .copied()
        .unwrap_or_default();
    for fund in state.funds.iter().filter(|fund| fund.account == id) {
        let free = state.book.balance(PurseOwner::Fund(fund.fund), fund.token);
        add(&mut sums.deposit_units, free);
    }
    for (number, campaign) in state
        .numbered_campaigns()
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
    {
        if campaign.work.contains_key(&id) {
            take_campaign(state, (number, campaign), id, &mut sums);
        }
    }
    take_shares(state, id, &mut sums);
    let lines = (1..tokens).map(|token| {
        let due = payable.get(id.index() * tokens + token);
        other(state, id, token, due.copied().unwrap_or_default())
    });
    sums.others = lines.flatten().collect();
    sums.stake = ContractStake::of(state, id);
    Some(sums)
}

/// Sums of one token beside the first; `None` where there is nothing.
fn other(state: &State, id: AccountId, token: usize, payable: Amount) -> Option<Other> {
    let token = TokenId(u16::try_from(token).ok()?);
    let mut line = Other {
        token: token.0,
        pending_units: Amount::ZERO,
        accepted_units: state.book.balance(PurseOwner::Earned(id), token),
        royalty_units: Amount::ZERO,
        payable_units: payable,
    };
    for (number, campaign) in state.numbered_campaigns() {
        let blocks = campaign.work.get(&id).map_or(0, |work| work.blocks.len());
        for block in (0_u32..).take(blocks) {
            let hold = state.bonus_hold(number, (id, block));
            let hold = hold.map(|hold| state.book.hold(hold));
            let own = hold.filter(|hold| state.book.purse(hold.to).token == token);
            add(
                &mut line.pending_units,
                own.map_or(Amount::ZERO, |hold| hold.rest),
            );
        }
    }
    for (number, asset) in (0_u32..).zip(&state.assets) {
        let shares = &asset.registered.shares;
        if let Ok(place) = shares.binary_search_by_key(&id, |share| share.0) {
            let pool = PurseOwner::Pool(protocol::AssetId(number));
            let part = state.book.balance(pool, token);
            let part = part.part(shares[place].1, asset.total_shares);
            add(&mut line.royalty_units, part.unwrap_or_default());
        }
    }
    let sums = [line.pending_units, line.accepted_units, line.royalty_units];
    sums.iter().any(|sum| !sum.is_zero()).then_some(line)
}

fn take_campaign(
    state: &State,
    (number, campaign): (CampaignId, &ledger::work::Campaign),
    id: AccountId,
    sums: &mut Earnings,
) {
    let Some(work) = campaign.work.get(&id) else {
        return;
    };
    if let Some(stake) = campaign.conduct.stakes.get(&id) {
        add(&mut sums.staked_units, state.book.hold(*stake).rest);
    }
    for (block, own) in (0_u32..).zip(&work.blocks) {
        let hold = state.book.hold(own.pay);
        add(&mut sums.staked_units, state.book.hold(own.deposit).rest);
        add(&mut sums.pending_units, hold.rest);
        let appeal = campaign.conduct.appeals.get(&(id, block));
        let status = match (own.outcome, appeal.map(|appeal| appeal.upheld)) {
            (_, Some(Some(true))) => "upheld",
            (Outcome::Rejected, Some(None)) => "appealed",
            (Outcome::Rejected, _) => "rejected",
            (Outcome::Released(_), _) => "accepted",
            (Outcome::Held, _) => "pending",
        };
        let full = campaign.spec.price_units.checked_mul(u64::from(own.valid));
        let full = full.unwrap_or_default();
        let paid = match own.outcome {
            // Nothing is left of the hold then: all of it was paid.
            _ if status == "upheld" => full,
            Outcome::Released(factor) => full.share(factor),
            _ => hold.rest,
        };
        sums.blocks.push(Block {
            campaign: number.0,
            block,
            status,
            answers: own.valid,
            units: paid,
            appeal_until_ms: hold.due_ms.unwrap_or(0),
        });
    }
    sums.reasons.push(Reason {
        campaign: number.0,
        title: campaign.spec.title.clone(),
        words: ledger::reason::reason(state, number, id).unwrap_or_default(),
    });
}

fn take_shares(state: &State, id: AccountId, sums: &mut Earnings) {
    for (number, asset) in (0_u32..).zip(&state.assets) {
        let shares = &asset.registered.shares;
        let Ok(place) = shares.binary_search_by_key(&id, |share| share.0) else {
            continue;
        };
        let pool = PurseOwner::Pool(protocol::AssetId(number));
        let pool = state.book.balance(pool, TokenId(0));
        let part = pool.part(shares[place].1, asset.total_shares);
        let units = part.unwrap_or_default();
        add(&mut sums.royalty_units, units);
        sums.shares.push(Share {
            asset: number,
            title: asset.registered.title.clone(),
            shares: shares[place].1,
            of: asset.total_shares,
            units,
        });
    }
}

fn add(sum: &mut Amount, more: Amount) {
    *sum = sum.checked_add(more).unwrap_or(Amount::MAX);
}
