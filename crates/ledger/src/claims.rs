//! The leaves of an epoch: lines of pay that the settlement contract holds, and the file of all.

use crate::State;
use crate::chain::{FIRST, Site};
use crate::section::Part as _;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt::{self, Write as _};
use proof::claim::{self, Debits, Domain, Leaf, Line, LineKind, Tree};
use protocol::command::{CloseEpoch, TokenTotal};
use protocol::event::PurseOwner;
use protocol::{
    AccountId, Address, Amount, AssetId, ChainIndex, EpochId, Hash, Rejection, TokenId,
};

/// Everything an epoch's root stands for.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Chain and contract of the first entry.
    pub domain: Domain,
    /// One per wallet that has any line there, ascending by address.
    pub leaves: Vec<Leaf>,
    /// The same for each further chain, in the order of joining.
    pub further: Vec<(Domain, Vec<Leaf>)>,
    /// What the epoch debits, of each chain in this order.
    pub debits: Vec<Debits>,
    /// The tree over the leaves of all chains, in the same order, and then over all debits.
    pub tree: Tree,
    /// Cumulative sums of the lines of pay, by token; tokens without lines are left out.
    pub totals: Vec<TokenTotal>,
}

impl Statement {
    /// The root that is posted; zero for an empty tree.
    pub fn root(&self) -> Hash {
        Hash(self.tree.root())
    }

    /// The leaves of each chain with what they are hashed with, and its debits.
    pub fn parts(&self) -> impl Iterator<Item = (&Domain, &[Leaf], &Debits)> + Clone {
        let further = self.further.iter();
        let further = further.map(|(domain, leaves)| (domain, &leaves[..]));
        let leaves = [(&self.domain, &self.leaves[..])].into_iter();
        let both = leaves.chain(further).zip(&self.debits);
        both.map(|((domain, leaves), debits)| (domain, leaves, debits))
    }

    /// Number of leaves, without those of debits.
    pub fn leaf_count(&self) -> u32 {
        let count: usize = self.parts().map(|(_, leaves, _)| leaves.len()).sum();
        u32::try_from(count).expect("few chains, and on each no more leaves than accounts")
    }

    /// The command that closes an epoch with this.
    pub fn closing(&self, epoch: EpochId) -> CloseEpoch {
        CloseEpoch {
            epoch,
            root: self.root(),
            leaves: self.leaf_count(),
            totals: self.totals.clone(),
        }
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
        write_leaves(&mut text, &self.leaves);
        text.push_str("\n]");
        let mut debits = self.debits.iter();
        write_debits(&mut text, debits.next());
        for (position, (domain, leaves)) in self.further.iter().enumerate() {
            text.push_str(if position == 0 {
                ",\n\"further\":[\n"
            } else {
                ",\n"
            });
            let (chain, settlement) = (domain.chain_id, Address(domain.contract));
            text.push_str(&format!(
                "{{\"chainId\":{chain},\"settlement\":\"0x{settlement}\",\"leaves\":["
            ));
            write_leaves(&mut text, leaves);
            text.push_str("\n]");
            write_debits(&mut text, debits.next());
            text.push('}');
        }
        text.push_str(if self.further.is_empty() {
            "\n}\n"
        } else {
            "\n]\n}\n"
        });
        text.into_bytes()
    }
}

/// Nothing where there are none, so that the files of older logs stay what they were.
fn write_debits(text: &mut String, debits: Option<&Debits>) {
    let Some(debits) = debits.filter(|debits| !debits.rows.is_empty()) else {
        return;
    };
    let escrow = Address(debits.escrow);
    text.push_str(&format!(",\n\"escrow\":\"0x{escrow}\",\n\"debits\":["));
    for (position, debit) in debits.rows.iter().enumerate() {
        let (id, cumulative) = (debit.id, debit.cumulative);
        text.push_str(if position == 0 { "\n" } else { ",\n" });
        text.push_str(&format!("{{\"id\":{id},\"cumulative\":\"{cumulative}\"}}"));
    }
    text.push_str("\n]");
}

fn write_leaves(text: &mut String, leaves: &[Leaf]) {
    for (position, leaf) in leaves.iter().enumerate() {
        text.push_str(if position == 0 { "\n" } else { ",\n" });
        write_leaf(text, leaf).expect("writing into memory has no way to fail");
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
/// known, and on the first chain what [`crate::line`] adds. One leaf per wallet and chain, however
/// many accounts it has: a chain pays its own tokens.
///
/// An address that a passkey has named is paid on the first chain only. Nobody has shown that it
/// has a key, and what it is elsewhere nobody has said: a wallet of several signers may stand on
/// one chain alone, and an exchange may credit one alone. What is due elsewhere waits.
pub fn statement(state: &State) -> Result<Statement, Rejection> {
    let mut parts: Vec<(Domain, Vec<Leaf>)> = Vec::new();
    parts.extend(state.sites().map(|site| (site.domain(), Vec::new())));
    let mut hashes = Vec::new();
    let totals = each_leaf(state, |chain, leaf, hash| {
        parts[chain.index()].1.push(leaf);
        hashes.push(hash);
    })?;
    let debits = debits(state, &mut hashes)?;
    let (domain, leaves) = parts.remove(0);
    Ok(Statement {
        domain,
        leaves,
        further: parts,
        debits,
        tree: Tree::new(hashes),
        totals,
    })
}

/// What [`Statement::closing`] says, without the memory of leaves and tree.
pub fn closing(state: &State, epoch: EpochId) -> Result<CloseEpoch, Rejection> {
    let mut hashes = Vec::new();
    let totals = each_leaf(state, |_, _, hash| hashes.push(hash))?;
    let leaves = u32::try_from(hashes.len()).map_err(|_| Rejection::AmountTooLarge)?;
    debits(state, &mut hashes)?;
    Ok(CloseEpoch {
        epoch,
        leaves,
        root: Hash(claim::root(hashes)),
        totals,
    })
}

/// What the epoch debits on each chain; their hashes go behind those of the leaves.
fn debits(state: &State, hashes: &mut Vec<[u8; 32]>) -> Result<Vec<Debits>, Rejection> {
    let of = |site: Site<'_>| {
        let rows = state.debit_leaves(&site)?;
        let escrow = if rows.is_empty() {
            [0; 20]
        } else {
            site.escrow.0
        };
        let debits = Debits { escrow, rows };
        for hash in debits.hashes(site.chain_id) {
            hashes.push(hash.map_err(|_| Rejection::AmountTooLarge)?);
        }
        Ok(debits)
    };
    state.sites().map(of).collect()
}

/// Hands out every leaf with its hash, chain by chain and ascending by address, and sums up what
/// they pay in each token.
fn each_leaf(
    state: &State,
    mut take: impl FnMut(ChainIndex, Leaf, [u8; 32]),
) -> Result<Vec<TokenTotal>, Rejection> {
    let rows = rows(state)?;
    let mut totals = Totals::new();
    for site in state.sites() {
        let domain = site.domain();
        let mut hand_out = |leaf: Leaf| {
            let hash = leaf.hash(&domain).map_err(|_| Rejection::AmountTooLarge)?;
            take(site.chain, leaf, hash);
            Ok(())
        };
        let wallets = rows.chunk_by(|row, next| row.0 == next.0);
        let mut leaves = wallets.filter_map(|rows| leaf(rows, &site, &mut totals).transpose());
        if site.chain == FIRST && !state.sections.lines.is_empty() {
            let mut leaves = leaves.collect::<Result<Vec<Leaf>, Rejection>>()?;
            crate::line::add(state, &mut leaves);
            leaves.into_iter().try_for_each(hand_out)?;
        } else {
            leaves.try_for_each(|leaf| hand_out(leaf?))?;
        }
    }
    let totals = totals.into_iter();
    let total = |(token, amount_units)| TokenTotal {
        token,
        amount_units,
    };
    Ok(totals.map(total).collect())
}

/// What each wallet is owed of each token, once for each account it is owed to, ascending.
fn rows(state: &State) -> Result<Vec<Row>, Rejection> {
    let tokens = state.token_count();
    if tokens == 0 {
        return Err(Rejection::GenesisMisplaced);
    }
    let due = due(state, |purse| purse.payable)?;
    let first = state.site(FIRST).ok_or(Rejection::GenesisMisplaced)?;
    let mut rows: Vec<Row> = Vec::with_capacity(state.accounts.len());
    let numbered = (0u32..).map(AccountId).zip(&state.accounts);
    for ((id, account), due) in numbered.zip(due.chunks(tokens)) {
        let Some(wallet) = account.wallet else {
            continue;
        };
        let payout = state.sections.payouts.of(id);
        let due = (0u16..).map(TokenId).zip(due);
        for (token, due) in due.filter(|(token, _)| payout.is_none() || first.holds(*token)) {
            let kept = payout.map_or(Amount::ZERO, |payout| payout.kept_of(token));
            let own = due.checked_sub(kept).ok_or(Rejection::EpochMismatch)?;
            if !own.is_zero() {
                rows.push((wallet, token, own));
            }
        }
    }
    rows.extend(kept(state));
    rows.sort_unstable();
    Ok(rows)
}

/// What stays with addresses that accounts were paid at before.
fn kept(state: &State) -> impl Iterator<Item = Row> {
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
    let tokens = state.token_count();
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
/// So much is owed to this wallet in this token.
type Row = (Address, TokenId, Amount);

/// The leaf that one wallet has on a chain, out of all its rows; `None` where nothing is owed
/// there.
fn leaf(rows: &[Row], site: &Site<'_>, totals: &mut Totals) -> Result<Option<Leaf>, Rejection> {
    let mut leaf: Option<Leaf> = None;
    let of_token = rows.chunk_by(|row, next| row.1 == next.1);
    for rows in of_token.filter(|rows| site.holds(rows[0].1)) {
        let (wallet, token, _) = rows[0];
        let total = totals.entry(token).or_default();
        let mut cumulative = Amount::ZERO;
        for (_, _, amount) in rows {
            let more = |sum: Amount| sum.checked_add(*amount).ok_or(Rejection::AmountTooLarge);
            (*total, cumulative) = (more(*total)?, more(cumulative)?);
        }
        let line = Line {
            kind: LineKind::Pay,
            token: site.tokens[token.index() - site.first.index()].0,
            cumulative: cumulative.units(),
        };
        // Most have one line, and there may be millions: no room is kept for more.
        match &mut leaf {
            Some(leaf) => leaf.lines.push(line),
            None => {
                let (account, lines) = (wallet.0, vec![line]);
                leaf = Some(Leaf { account, lines });
            }
        }
    }
    Ok(leaf)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proof::claim::Debit;
    use proof::claim::file::{self, Part};

    fn leaf(account: u8, cumulative: u128) -> Leaf {
        Leaf {
            account: [account; 20],
            lines: vec![Line {
                kind: LineKind::Vote,
                token: [9; 20],
                cumulative,
            }],
        }
    }

    fn domain(chain_id: u64) -> Domain {
        Domain {
            chain_id,
            contract: [3; 20],
        }
    }

    #[test]
    fn what_was_written_is_read_of_one_chain_and_of_several() {
        let alone = Statement {
            domain: domain(1),
            leaves: vec![leaf(1, 5), leaf(2, u128::MAX)],
            further: Vec::new(),
            debits: vec![Debits::default()],
            tree: Tree::new(Vec::new()),
            totals: Vec::new(),
        };
        let further = vec![(domain(u64::MAX), vec![leaf(1, 7)]), (domain(2), vec![])];
        let debits = Debits {
            escrow: [4; 20],
            rows: vec![
                Debit {
                    id: u64::MAX,
                    cumulative: 6,
                },
                Debit {
                    id: 1,
                    cumulative: 7,
                },
            ],
        };
        let debited = Statement {
            debits: vec![debits.clone()],
            ..alone.clone()
        };
        let several = Statement {
            further,
            debits: vec![Debits::default(), debits.clone(), debits],
            ..alone.clone()
        };
        for statement in [alone, debited, several] {
            let parts = statement.parts().map(|(domain, leaves, debits)| Part {
                domain: Some(*domain),
                leaves: leaves.to_vec(),
                debits: debits.clone(),
            });
            let parts: Vec<Part> = parts.collect();
            assert_eq!(file::read(&statement.file(EpochId(3))), Some(parts));
        }
    }
}
