//! The leaves of an epoch: lines of pay that the settlement contract holds, and the file of all.

use crate::State;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt::{self, Write as _};
use proof::claim::{Domain, Leaf, Line, LineKind, Tree};
use protocol::command::TokenTotal;
use protocol::event::PurseOwner;
use protocol::{AccountId, Address, Amount, AssetId, EpochId, Hash, Rejection, TokenId};

/// Everything an epoch's root stands for.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Chain and contract.
    pub domain: Domain,
    /// One per wallet that has any line, ascending by address.
    pub leaves: Vec<Leaf>,
    /// The tree over the leaves, in the same order.
    pub tree: Tree,
    /// Cumulative sums of the lines of pay, by token; tokens without lines are left out.
    pub totals: Vec<TokenTotal>,
}

impl Statement {
    /// The root that is posted; zero for an empty tree.
    pub fn root(&self) -> Hash {
        Hash(self.tree.root())
    }

    /// Number of leaves.
    pub fn leaf_count(&self) -> u32 {
        u32::try_from(self.leaves.len()).expect("no more leaves than accounts")
    }

    /// The public leaf file `claims/<epoch>.json`; its SHA-256 is the posted `dataHash`.
    pub fn file(&self, epoch: EpochId) -> Vec<u8> {
        let mut text = format!(
            "{{\n\"epoch\":{epoch},\n\"chainId\":{},\n\"settlement\":\"0x{}\",\n\
             \"root\":\"0x{}\",\n\"leaves\":[",
            self.domain.chain_id,
            Address(self.domain.contract),
            self.root(),
        );
        for (position, leaf) in self.leaves.iter().enumerate() {
            text.push_str(if position == 0 { "\n" } else { ",\n" });
            write_leaf(&mut text, leaf).expect("writing into memory has no way to fail");
        }
        text.push_str("\n]\n}\n");
        text.into_bytes()
    }
}

fn write_leaf(text: &mut String, leaf: &Leaf) -> fmt::Result {
    write!(
        text,
        "{{\"account\":\"0x{}\",\"lines\":[",
        Address(leaf.account)
    )?;
    for (position, line) in leaf.lines.iter().enumerate() {
        text.push_str(if position == 0 { "" } else { "," });
        let (kind, token, cumulative) = (line.kind as u8, Address(line.token), line.cumulative);
        write!(
            text,
            "{{\"kind\":{kind},\"token\":\"0x{token}\",\"cumulative\":\"{cumulative}\"}}"
        )?;
    }
    text.push_str("]}");
    Ok(())
}

/// The lines as of now: earnings and pool shares that are released, of accounts whose wallet is
/// known, and what [`crate::line`] adds. One leaf per wallet, however many accounts it has.
pub fn statement(state: &State) -> Result<Statement, Rejection> {
    let genesis = state.genesis.as_ref().ok_or(Rejection::GenesisMisplaced)?;
    let domain = Domain {
        chain_id: genesis.chain_id,
        contract: genesis.settlement.0,
    };
    let due = due(state, |purse| purse.payable)?;
    let mut rows: Vec<(Address, TokenId, Amount)> = Vec::new();
    let numbered = (0u32..).map(AccountId).zip(&state.accounts);
    for ((id, account), due) in numbered.zip(due.chunks(genesis.tokens.len())) {
        let Some(wallet) = account.wallet else {
            continue;
        };
        let payout = state.sections.payouts.of(id);
        for (token, due) in (0u16..).map(TokenId).zip(due) {
            let kept = payout.map_or(Amount::ZERO, |payout| payout.kept_of(token));
            let own = due.checked_sub(kept).ok_or(Rejection::EpochMismatch)?;
            if !own.is_zero() {
                rows.push((wallet, token, own));
            }
        }
    }
    rows.extend(kept(state));
    rows.sort_unstable();
    let (mut leaves, totals) = leaves(&rows, &genesis.tokens)?;
    crate::line::add(state, &mut leaves);
    let hashes: Result<Vec<_>, _> = leaves.iter().map(|leaf| leaf.hash(&domain)).collect();
    let tree = Tree::new(hashes.map_err(|_| Rejection::AmountTooLarge)?);
    let totals = totals
        .into_iter()
        .map(|(token, amount_units)| TokenTotal {
            token,
            amount_units,
        })
        .collect();
    Ok(Statement {
        domain,
        leaves,
        tree,
        totals,
    })
}

/// What stays with addresses that accounts were paid at before.
fn kept(state: &State) -> impl Iterator<Item = (Address, TokenId, Amount)> {
    let kept = state.sections.payouts.iter().flat_map(|(_, it)| &it.kept);
    kept.flat_map(|kept| {
        let sums = kept.sums.iter();
        sums.map(|sum| (kept.wallet, sum.token, sum.amount_units))
    })
}

/// What every account is owed for ever in every token: its earnings, and floor(pool x share /
/// shares) of every asset it worked for. `[account x tokens + token]`.
pub fn due(
    state: &State,
    of: impl Fn(&crate::book::Purse) -> Amount,
) -> Result<Vec<Amount>, Rejection> {
    let tokens = state
        .genesis
        .as_ref()
        .map_or(0, |genesis| genesis.tokens.len());
    let mut due = vec![Amount::ZERO; state.accounts.len() * tokens];
    let mut add = |account: AccountId, token: TokenId, amount: Amount| {
        let slot = &mut due[account.index() * tokens + token.index()];
        *slot = slot.checked_add(amount).ok_or(Rejection::AmountTooLarge)?;
        Ok(())
    };
    for purse in state.book.purses() {
        match purse.owner {
            PurseOwner::Earned(account) => add(account, purse.token, of(purse))?,
            PurseOwner::Pool(asset) => {
                let amount = of(purse);
                for (account, part) in pool_parts(state, asset, amount) {
                    add(account, purse.token, part)?;
                }
            }
            _ => {}
        }
    }
    Ok(due)
}

/// Everybody's part of what an asset's contributors share.
pub fn pool_parts(
    state: &State,
    asset: AssetId,
    pool: Amount,
) -> impl Iterator<Item = (AccountId, Amount)> {
    let asset = state.asset(asset).filter(|_| !pool.is_zero());
    let total = asset.map_or(0, |asset| asset.total_shares);
    let shares = asset.map_or(&[][..], |asset| &asset.registered.shares);
    shares.iter().map(move |(account, share)| {
        (
            *account,
            pool.part(*share, total)
                .expect("a share is a part of the sum"),
        )
    })
}

type Totals = BTreeMap<TokenId, Amount>;

fn leaves(
    rows: &[(Address, TokenId, Amount)],
    tokens: &[Address],
) -> Result<(Vec<Leaf>, Totals), Rejection> {
    let mut leaves: Vec<Leaf> = Vec::new();
    let mut totals = Totals::new();
    let mut last: Option<(Address, TokenId)> = None;
    for (wallet, token, amount) in rows {
        let total = totals.entry(*token).or_default();
        *total = total
            .checked_add(*amount)
            .ok_or(Rejection::AmountTooLarge)?;
        let same_wallet = last.is_some_and(|(before, _)| before == *wallet);
        if !same_wallet {
            leaves.push(Leaf {
                account: wallet.0,
                lines: Vec::new(),
            });
        }
        let lines = &mut leaves.last_mut().expect("a leaf was just pushed").lines;
        match lines.last_mut() {
            Some(line) if last == Some((*wallet, *token)) => {
                let sum = Amount::new(line.cumulative).and_then(|sum| sum.checked_add(*amount));
                line.cumulative = sum.ok_or(Rejection::AmountTooLarge)?.units();
            }
            _ => lines.push(Line {
                kind: LineKind::Pay,
                token: tokens[token.index()].0,
                cumulative: amount.units(),
            }),
        }
        last = Some((*wallet, *token));
    }
    Ok((leaves, totals))
}
