//! What an epoch owes, out of which leaves are made one at a time: closing and file need no more.

#[cfg(test)]
mod tests;

use super::{Row, debits, file, rows, unpaid};
use crate::State;
use crate::chain::{FIRST, Site};
use crate::line;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;
use proof::claim::{self, Debits, Domain, Hashes, Leaf, Line, LineKind};
use protocol::command::{CloseEpoch, TokenTotal};
use protocol::{Address, Amount, ChainIndex, EpochId, Hash, Rejection, TokenId};

/// What is owed to whom at one moment, apart from the state, which may go on: 48 bytes for each
/// wallet and token. Millions of leaves are made of it, and none is kept.
#[derive(Clone, Debug)]
pub struct Owed {
    /// Ascending.
    rows: Vec<Row>,
    chains: Vec<Chain>,
    /// Lines beside pay, on the first chain: ascending by address, and within one as they come.
    beside: Vec<(Address, Line)>,
    /// What the epoch debits, of each chain.
    debits: Vec<Debits>,
    totals: Vec<TokenTotal>,
}

/// One of the chains that pay.
#[derive(Clone, Debug)]
pub struct Chain {
    /// What its leaves are hashed with.
    pub domain: Domain,
    place: ChainIndex,
    first: TokenId,
    tokens: Vec<Address>,
}

/// The public leaf file of an epoch, as long as it is written.
struct File<'a> {
    owed: &'a Owed,
    epoch: EpochId,
    root: Hash,
}

impl Owed {
    /// As of now: see [`super::statement`].
    ///
    /// # Errors
    /// Where a sum is larger than an amount may be, or the log has no chain yet.
    pub fn of(state: &State) -> Result<Self, Rejection> {
        let rows = rows(state)?;
        let mut totals: BTreeMap<TokenId, Amount> = BTreeMap::new();
        for (_, token, amount) in &rows {
            let total = totals.entry(*token).or_default();
            let more = total.checked_add(*amount);
            *total = more.ok_or(Rejection::AmountTooLarge)?;
        }
        let total = |(token, amount_units)| TokenTotal {
            token,
            amount_units,
        };
        Ok(Self {
            rows,
            chains: state.sites().map(|site| Chain::of(&site)).collect(),
            beside: line::beside(state),
            debits: debits(state)?,
            totals: totals.into_iter().map(total).collect(),
        })
    }

    /// The chains, the first entry's first.
    pub fn chains(&self) -> &[Chain] {
        &self.chains
    }

    /// Cumulative sums of the lines of pay, by token; tokens without lines are left out.
    pub fn totals(&self) -> &[TokenTotal] {
        &self.totals
    }

    /// What the epoch debits, of each chain in this order.
    pub fn debits(&self) -> &[Debits] {
        &self.debits
    }

    /// Their hashes stand behind those of the leaves of all chains.
    pub(super) fn add_debits(&self, hashes: &mut Vec<[u8; 32]>) -> Result<(), Rejection> {
        for (chain, debits) in self.chains.iter().zip(&self.debits) {
            for hash in debits.hashes(chain.domain.chain_id) {
                hashes.push(hash.map_err(unpaid)?);
            }
        }
        Ok(())
    }

    /// Hands out the leaves of a chain, ascending by address.
    ///
    /// # Errors
    /// The first one of `take`.
    pub fn each_leaf<E>(
        &self,
        chain: &Chain,
        mut take: impl FnMut(Leaf) -> Result<(), E>,
    ) -> Result<(), E> {
        let beside = match chain.place {
            FIRST => &self.beside[..],
            _ => &[],
        };
        let mut beside = beside.chunk_by(|line, next| line.0 == next.0).peekable();
        let wallets = self.rows.chunk_by(|row, next| row.0 == next.0);
        for mut leaf in wallets.filter_map(|rows| chain.leaf(rows)) {
            while let Some(lines) = beside.next_if(|lines| lines[0].0.0 < leaf.account) {
                take(alone(lines))?;
            }
            if let Some(lines) = beside.next_if(|lines| lines[0].0.0 == leaf.account) {
                leaf.lines.extend(lines.iter().map(|(_, line)| *line));
            }
            take(leaf)?;
        }
        beside.try_for_each(|lines| take(alone(lines)))
    }

    /// The command that closes an epoch with this.
    ///
    /// # Errors
    /// Where a leaf is none that a contract pays.
    pub fn closing(&self, epoch: EpochId) -> Result<CloseEpoch, Rejection> {
        let mut hashes = Hashes::new();
        for chain in &self.chains {
            self.each_leaf(chain, |leaf| {
                hashes.push(&leaf, &chain.domain).map_err(unpaid)
            })?;
        }
        let leaves = u32::try_from(hashes.len()).map_err(|_| Rejection::AmountTooLarge)?;
        let mut hashes = hashes.finish();
        self.add_debits(&mut hashes)?;
        Ok(CloseEpoch {
            epoch,
            leaves,
            root: Hash(claim::root(hashes)),
            totals: self.totals.clone(),
        })
    }

    /// The public leaf file of an epoch with this root: the bytes of [`super::Statement::file`],
    /// made while they are written.
    pub fn file(&self, epoch: EpochId, root: Hash) -> impl fmt::Display {
        File {
            owed: self,
            epoch,
            root,
        }
    }
}

impl Chain {
    fn of(site: &Site<'_>) -> Self {
        Self {
            domain: site.domain(),
            place: site.chain,
            first: site.first,
            tokens: site.tokens.to_vec(),
        }
    }

    /// The address of a token; `None` where another chain has it.
    fn token(&self, token: TokenId) -> Option<Address> {
        let place = token.index().checked_sub(self.first.index())?;
        self.tokens.get(place).copied()
    }

    /// The leaf that one wallet has here, out of all its rows; `None` where nothing is owed.
    fn leaf(&self, rows: &[Row]) -> Option<Leaf> {
        let mut leaf: Option<Leaf> = None;
        for rows in rows.chunk_by(|row, next| row.1 == next.1) {
            let (wallet, token, _) = rows[0];
            let Some(token) = self.token(token) else {
                continue;
            };
            let amounts = rows.iter().map(|row| row.2.units());
            let line = Line {
                kind: LineKind::Pay,
                token: token.0,
                // The sums over all wallets were found to be amounts.
                cumulative: amounts.sum(),
            };
            // Most have one line, and there may be millions: no room is kept for more.
            match &mut leaf {
                Some(leaf) => leaf.lines.push(line),
                None => {
                    let (account, lines) = (wallet.0, Vec::from([line]));
                    leaf = Some(Leaf { account, lines });
                }
            }
        }
        leaf
    }
}

/// The leaf of an address that is owed no pay.
fn alone(lines: &[(Address, Line)]) -> Leaf {
    Leaf {
        account: lines[0].0.0,
        lines: lines.iter().map(|(_, line)| *line).collect(),
    }
}

impl fmt::Display for File<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = &self.owed.chains[0].domain;
        let mut file = file::Writer::begin(out, self.epoch, first, self.root)?;
        for (chain, debits) in self.owed.chains.iter().zip(&self.owed.debits) {
            if chain.place != FIRST {
                file.chain(&chain.domain)?;
            }
            self.owed.each_leaf(chain, |leaf| file.leaf(&leaf))?;
            file.debits(debits)?;
        }
        file.end()
    }
}
