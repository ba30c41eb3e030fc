//! The leaves of an epoch: lines of pay that the settlement contract holds, and the file of all.

mod file;
mod owed;

pub use owed::Owed;

use crate::State;
use crate::chain::{FIRST, Site};
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use proof::claim::{Debits, Domain, Hashes, Leaf, LeafFault, Tree};
use protocol::command::{CloseEpoch, TokenTotal};
use protocol::event::PurseOwner;
use protocol::{AccountId, Address, Amount, AssetId, EpochId, Hash, Rejection, TokenId};

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
        let mut text = String::new();
        self.write(epoch, &mut text)
            .expect("writing into memory has no way to fail");
        text.into_bytes()
    }

    fn write(&self, epoch: EpochId, out: &mut String) -> fmt::Result {
        let mut file = file::Writer::begin(out, epoch, &self.domain, self.root())?;
        for (place, (domain, leaves, debits)) in self.parts().enumerate() {
            if place > 0 {
                file.chain(domain)?;
            }
            leaves.iter().try_for_each(|leaf| file.leaf(leaf))?;
            file.debits(debits)?;
        }
        file.end()
    }
}

/// The lines as of now: earnings and pool shares that are released, of accounts whose wallet is
/// known, and on the first chain what [`crate::line`] adds. One leaf per wallet and chain, however
/// many accounts it has: a chain pays its own tokens.
///
/// An address that a passkey has named is paid on the first chain only. Nobody has shown that it
/// has a key, and what it is elsewhere nobody has said: a wallet of several signers may stand on
/// one chain alone, and an exchange may credit one alone. What is due elsewhere waits.
pub fn statement(state: &State) -> Result<Statement, Rejection> {
    let owed = Owed::of(state)?;
    let (mut parts, mut hashes) = (Vec::new(), Hashes::new());
    for chain in owed.chains() {
        let mut leaves = Vec::new();
        owed.each_leaf(chain, |leaf| {
            hashes.push(&leaf, &chain.domain).map_err(unpaid)?;
            leaves.push(leaf);
            Ok::<(), Rejection>(())
        })?;
        parts.push((chain.domain, leaves));
    }
    let mut hashes = hashes.finish();
    owed.add_debits(&mut hashes)?;
    let (domain, leaves) = parts.remove(0);
    Ok(Statement {
        domain,
        leaves,
        further: parts,
        debits: owed.debits().to_vec(),
        tree: Tree::new(hashes),
        totals: owed.totals().to_vec(),
    })
}

/// What [`Statement::closing`] says, without the memory of leaves and tree.
pub fn closing(state: &State, epoch: EpochId) -> Result<CloseEpoch, Rejection> {
    Owed::of(state)?.closing(epoch)
}

/// What the epoch debits on each chain.
fn debits(state: &State) -> Result<Vec<Debits>, Rejection> {
    let of = |site: Site<'_>| {
        let rows = state.debit_leaves(&site)?;
        // Where there are none, nothing is said of the Escrow either.
        let escrow = match rows.is_empty() {
            true => [0; 20],
            false => site.escrow.0,
        };
        Ok(Debits { escrow, rows })
    };
    state.sites().map(of).collect()
}

/// A leaf that no contract pays: its lines come in order and are few, so that only an amount is
/// left.
fn unpaid(_: LeafFault) -> Rejection {
    Rejection::AmountTooLarge
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
    for (id, wallet) in state.accounts.wallets() {
        let due = &due[id.index() * tokens..][..tokens];
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

/// So much is owed to this wallet in this token.
type Row = (Address, TokenId, Amount);

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use proof::claim::file::{self, Part};
    use proof::claim::{Debit, Line, LineKind};

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

    fn debits() -> Debits {
        let row = |id, cumulative| Debit { id, cumulative };
        let (escrow, rows) = ([4; 20], vec![row(5, 6), row(7, 8)]);
        Debits { escrow, rows }
    }

    /// Claims, watchers and other people's programs read these bytes, and their hash is posted.
    #[test]
    fn the_bytes_are_as_they_are_for_good() {
        let mut statement = Statement {
            domain: domain(1),
            leaves: vec![leaf(1, 5), leaf(2, 6)],
            further: vec![(domain(7), vec![]), (domain(8), vec![leaf(3, 9)])],
            debits: vec![Debits::default(); 3],
            tree: Tree::new(Vec::new()),
            totals: Vec::new(),
        };
        statement.leaves[1].lines.push(Line {
            kind: LineKind::Pay,
            token: [8; 20],
            cumulative: 0,
        });
        let (settlement, root) = ("03".repeat(20), "00".repeat(32));
        let first = format!(
            "{{\n\"epoch\":12,\n\"chainId\":1,\n\"settlement\":\"0x{settlement}\",\n\
             \"root\":\"0x{root}\",\n\"leaves\":["
        );
        let line = |kind: u8, token: u8, cumulative: u8| {
            let token = format!("{token:02x}").repeat(20);
            format!("{{\"kind\":{kind},\"token\":\"0x{token}\",\"cumulative\":\"{cumulative}\"}}")
        };
        let leaf = |account: u8, lines: &str| {
            let account = format!("{account:02x}").repeat(20);
            format!("{{\"account\":\"0x{account}\",\"lines\":[{lines}]}}")
        };
        let further = |id: u8, leaves: &str| {
            format!(
                "{{\"chainId\":{id},\"settlement\":\"0x{settlement}\",\"leaves\":[{leaves}\n]}}"
            )
        };
        let two = format!("{},{}", line(3, 9, 6), line(1, 8, 0));
        let leaves = format!("\n{},\n{}", leaf(1, &line(3, 9, 5)), leaf(2, &two));
        let last = format!("\n{}", leaf(3, &line(3, 9, 9)));
        let (seventh, eighth) = (further(7, ""), further(8, &last));
        let all = format!("{first}{leaves}\n],\n\"further\":[\n{seventh},\n{eighth}\n]\n}}\n");
        assert_eq!(statement.file(EpochId(12)), all.as_bytes());
        statement.debits[2] = debits();
        statement.debits[0] = debits();
        let escrow = "04".repeat(20);
        let debits = format!(
            "\n],\n\"escrow\":\"0x{escrow}\",\n\"debits\":[\n{{\"id\":5,\"cumulative\":\"6\"}},\n\
             {{\"id\":7,\"cumulative\":\"8\"}}"
        );
        let eighth = further(8, &format!("{last}{debits}"));
        let all =
            format!("{first}{leaves}{debits}\n],\n\"further\":[\n{seventh},\n{eighth}\n]\n}}\n");
        assert_eq!(statement.file(EpochId(12)), all.as_bytes());
        statement.debits = vec![Debits::default()];
        statement.further.clear();
        let alone = format!("{first}{leaves}\n]\n}}\n");
        assert_eq!(statement.file(EpochId(12)), alone.as_bytes());
        statement.leaves.clear();
        assert_eq!(
            statement.file(EpochId(12)),
            format!("{first}\n]\n}}\n").as_bytes()
        );
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
        let debited = Statement {
            debits: vec![debits()],
            ..alone.clone()
        };
        let several = Statement {
            further,
            debits: vec![Debits::default(), debits(), debits()],
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
