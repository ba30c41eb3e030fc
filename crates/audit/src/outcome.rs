//! What the log alone says: the state, what must fit the chain, and the counts of the report.

use crate::files::unreadable;
use crate::report::ChainCount;
use crate::{Fault, Named, Report, Source, TokenSums};
use ledger::State;
use ledger::chain::FIRST;
use ledger::claims::{Owed, Statement};
use proof::hash::sha256;
use protocol::chain::{Contracts, FurtherChain};
use protocol::command::CloseEpoch;
use protocol::credit::{Credit, NoteRedemption};
use protocol::document::Outcome;
use protocol::line::NoteStake;
use protocol::{ChainIndex, Command, Entry, EpochId, Hash};
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

/// The ledger as it grows, entry by entry.
pub(crate) struct Ledger {
    pub state: State,
    /// SHA-256 of each epoch's file of leaves.
    pub claim_files: Vec<[u8; 32]>,
    /// What epochs owe, by number, where it is computed for whoever watches them.
    pub computed: BTreeMap<u64, Statement>,
    /// What the log says was refunded, by deposit of the log.
    pub refunds: BTreeMap<u64, u128>,
    /// The entry that credited each deposit, and how many accounts there were then, by number less
    /// one.
    pub credited_at: Vec<(u64, usize)>,
    /// The entry that noted a release, by chain and epoch.
    pub released_at: BTreeMap<(ChainIndex, EpochId), u64>,
    /// What the log says of redeemed vouchers, in its order, with the entry of each.
    pub redeemed: Vec<(u64, NoteRedemption)>,
    /// What the log says of stakes, in its order.
    pub noted: Vec<Noted>,
    /// Score documents that were computed again.
    pub scores: u64,
    /// Score documents over erased answers.
    pub scores_erased: u64,
    /// Signatures that were verified.
    pub signatures: u64,
    /// Roots of the state by size, since the last one that was posted; `None` where openings that
    /// belong to it were missing.
    pub state_roots: BTreeMap<u64, Option<(&'static str, Hash)>>,
    /// Posted roots that replay has given too.
    pub state_roots_matched: u64,
    /// Posted roots that nobody can compute any more.
    pub state_roots_erased: u64,
    /// Openings that were missing until their tombstone.
    pub erased: u64,
}

/// One note of a stake.
pub(crate) struct Noted {
    pub seq: u64,
    pub time_ms: u64,
    pub note: NoteStake,
}

impl Ledger {
    pub fn new(state: State) -> Self {
        Self {
            state,
            claim_files: Vec::new(),
            computed: BTreeMap::new(),
            refunds: BTreeMap::new(),
            credited_at: Vec::new(),
            released_at: BTreeMap::new(),
            redeemed: Vec::new(),
            noted: Vec::new(),
            scores: 0,
            scores_erased: 0,
            signatures: 0,
            state_roots: BTreeMap::new(),
            state_roots_matched: 0,
            state_roots_erased: 0,
            erased: 0,
        }
    }

    /// The public file of leaves must be what the ledger owes, byte for byte.
    pub fn check_claims(
        &mut self,
        source: &dyn Source,
        seq: u64,
        close: &CloseEpoch,
    ) -> Result<(), Fault> {
        let EpochId(epoch) = close.epoch;
        let path = format!("claims/{epoch}.json");
        let fault = |code, what: String| Fault::new(code, what).of_file(&*path);
        let stored = source
            .claims(epoch)
            .map_err(|error| unreadable(&error).of_file(&*path))?;
        let stored = stored.ok_or_else(|| {
            let what =
                format!("the file of leaves `{path}` of epoch {epoch} (entry {seq}) is missing");
            fault("claims_missing", what)
        })?;
        let owed = Owed::of(&self.state).expect("`decide` has computed the same");
        let mut same = Same {
            line: 1,
            rest: &stored,
        };
        let written = write!(same, "{}", owed.file(close.epoch, close.root));
        if written.is_err() || !same.rest.is_empty() {
            let line = same.line;
            let what =
                format!("`{path}` is not what the ledger owes at entry {seq}: line {line} differs");
            return Err(fault("claims_changed", what));
        }
        self.claim_files.push(sha256(&[&stored]));
        Ok(())
    }

    /// Keeps what the epoch owes, whatever its public file says.
    pub fn compute_claims(&mut self, close: &CloseEpoch) {
        let statement = ledger::claims::statement(&self.state)
            .expect("`decide` has computed the same statement");
        let file = statement.file(close.epoch);
        self.claim_files.push(sha256(&[&file]));
        self.computed.insert(close.epoch.0, statement);
    }

    /// Keeps what an entry says of the contracts, which they are held against at the end.
    pub fn remember(&mut self, entry: &Entry) {
        let seq = entry.seq;
        match &entry.signed.submission.command {
            Command::NoteRefund(refund) => {
                *self.refunds.entry(refund.fund.0).or_default() += refund.amount_units.units();
            }
            Command::CreditDeposit(_) | Command::FurtherChain(FurtherChain::Credit(..)) => {
                self.credited_at.push((seq, self.state.accounts.len()));
            }
            Command::NoteRelease(epoch) => {
                self.released_at.insert((FIRST, *epoch), seq);
            }
            Command::FurtherChain(FurtherChain::Release(chain, epoch)) => {
                self.released_at.insert((*chain, *epoch), seq);
            }
            Command::Credit(Credit::Redeem(note)) => self.redeemed.push((seq, *note)),
            Command::NoteStake(note) => self.noted.push(Noted {
                seq,
                time_ms: entry.time_ms,
                note: *note,
            }),
            _ => {}
        }
    }

    pub fn check_balance(&self, seq: u64) -> Result<(), Fault> {
        self.state.book.imbalance().map_or(Ok(()), |token| {
            let what = format!("after entry {seq} the book of token {token} does not balance");
            Err(Fault::new("imbalance", what))
        })
    }

    /// The counts of what has been replayed; the checkpoint's and the chain's are added later.
    pub fn report(&self) -> Report {
        let state = &self.state;
        let count = |length: usize| length as u64;
        let members = || {
            let accounts = state.accounts.iter();
            accounts.filter(|account| account.binding.is_some())
        };
        let disclosed = count(members().filter(|account| account.wallet.is_some()).count());
        let campaigns = || state.campaigns.iter();
        let blocks = || {
            campaigns()
                .flat_map(|it| it.work.values())
                .flat_map(|work| &work.blocks)
        };
        let released = |outcome| matches!(outcome, Outcome::Released(_));
        Report {
            signatures_checked: self.signatures,
            accounts: count(state.accounts.len()),
            wallets_disclosed: disclosed,
            wallets_undisclosed: count(members().count()) - disclosed,
            campaigns: count(state.campaigns.len()),
            answers: campaigns()
                .map(|campaign| count(campaign.answers.len()))
                .sum(),
            scores_recomputed: self.scores,
            scores_erased: self.scores_erased,
            erased: self.erased,
            state_roots_matched: self.state_roots_matched,
            state_roots_erased: self.state_roots_erased,
            blocks_released: count(blocks().filter(|block| released(block.outcome)).count()),
            blocks_rejected: count(
                blocks()
                    .filter(|block| block.outcome == Outcome::Rejected)
                    .count(),
            ),
            assets: count(state.assets.len()),
            segments: state
                .assets
                .iter()
                .map(|asset| u64::from(asset.segments))
                .sum(),
            uses: state.assets.iter().map(|asset| asset.uses).sum(),
            epochs: count(state.epochs.len()),
            chains: self.named().iter().map(unread).collect(),
            names_beside: {
                let lines = &state.sections.lines;
                lines.stakes.terms.is_some() || !lines.pools.is_empty()
            },
            money: self.money(),
            ..Report::default()
        }
    }

    /// The chains that the log names, the first entry's first.
    pub fn named(&self) -> Vec<Named> {
        let sites = self.state.sites();
        let mut named: Vec<Named> = sites
            .map(|site| Named {
                contracts: Contracts {
                    chain_id: site.chain_id,
                    settlement: site.settlement,
                    escrow: site.escrow,
                    tokens: site.tokens.to_vec(),
                },
                stake: None,
                stakers: Vec::new(),
                votes: Vec::new(),
            })
            .collect();
        // Contracts beside the pot stand on the first chain alone.
        if let Some(first) = named.first_mut() {
            let lines = &self.state.sections.lines;
            first.stake = lines.stakes.terms.map(|terms| terms.contract);
            first.stakers = lines.stakes.wallets.keys().copied().collect();
            first.votes = lines.pools.iter().map(|pool| pool.contract).collect();
        }
        named
    }

    fn money(&self) -> Vec<TokenSums> {
        let book = &self.state.book;
        let mut money = Vec::new();
        for site in self.state.sites() {
            money.extend(site.tokens.iter().map(|token| TokenSums {
                token: token.0,
                chain_id: site.chain_id,
                ..TokenSums::default()
            }));
        }
        for purse in book.purses() {
            money[purse.token.index()].in_purses += purse.balance.units();
            money[purse.token.index()].payable += purse.payable.units();
        }
        for hold in book.holds() {
            money[book.purse(hold.from).token.index()].held += hold.rest.units();
        }
        for (token, flow) in book.flows() {
            money[token.index()].deposited = flow.credited.units();
            money[token.index()].refunded = flow.refunded.units();
        }
        // What a slash brings is credited like a deposit, and is none.
        let stakes = &self.state.sections.lines.stakes;
        if let Some(terms) = stakes.terms {
            let taken = stakes.wallets.values().map(|stake| stake.slashed.units());
            let sums = &mut money[terms.token.index()];
            sums.slashed = taken.sum();
            sums.deposited = sums.deposited.saturating_sub(sums.slashed);
        }
        money
    }
}

/// Holds what is written against bytes that are there, as far as they are the same.
struct Same<'a> {
    /// The line of the first byte that may differ, from 1.
    line: usize,
    rest: &'a [u8],
}

impl fmt::Write for Same<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let pairs = self.rest.iter().zip(text.as_bytes());
        let same = pairs.take_while(|(a, b)| a == b).count();
        let (known, rest) = self.rest.split_at(same);
        self.line += known.iter().filter(|byte| **byte == b'\n').count();
        self.rest = rest;
        match same == text.len() {
            true => Ok(()),
            false => Err(fmt::Error),
        }
    }
}

/// A chain that nobody has looked at yet.
fn unread(named: &Named) -> ChainCount {
    ChainCount {
        chain_id: named.contracts.chain_id,
        beside_why: Some("the chain was not given".to_owned()),
        ..ChainCount::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::event::{Movement, PurseId, PurseOwner};
    use protocol::{Amount, AssetId, Space, TokenId};

    #[test]
    fn the_line_is_told_in_which_a_file_of_leaves_differs() {
        for (stored, line) in [
            ("a\nb\nc\n", None),
            ("a\nb\nd\n", Some(3)),
            ("a\nb", Some(2)),
            ("a\nb\nc\nd", Some(4)),
            ("", Some(1)),
        ] {
            let mut same = Same {
                line: 1,
                rest: stored.as_bytes(),
            };
            let (one, two) = ("a\nb", "\nc\n");
            let written = write!(same, "{one}{two}");
            let differs = written.is_err() || !same.rest.is_empty();
            assert_eq!(differs.then_some(same.line), line, "{stored:?}");
        }
    }

    #[test]
    fn a_book_that_mixes_tokens_does_not_balance() {
        let mut ledger = Ledger::new(State::new(Space([0; 16])));
        let amount = Amount::new(5).unwrap();
        for token in [TokenId(0), TokenId(1)] {
            let owner = PurseOwner::Pot(AssetId(0));
            ledger.state.book.apply(&Movement::Opened {
                owner,
                token,
                fund: None,
            });
        }
        let (from, to) = (PurseId(0), PurseId(1));
        ledger.state.book.apply(&Movement::Credited {
            purse: from,
            amount,
        });
        assert_eq!(ledger.check_balance(3), Ok(()));
        ledger
            .state
            .book
            .apply(&Movement::Transferred { from, to, amount });
        let fault = ledger.check_balance(3).unwrap_err();
        assert_eq!(
            fault.what,
            "after entry 3 the book of token 0 does not balance"
        );
    }
}
