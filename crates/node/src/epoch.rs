//! An epoch of the log: closed, handed to the chains, claimed where its money is.

pub(crate) mod leaf_file;

use crate::Error;
use crate::deposit::amount;
use crate::door::Door;
use crate::office::{Office, Role};
use chain::settlement::Claim;
use ledger::chain::FIRST;
use ledger::claims::{self, Statement};
use proof::claim::LineKind;
use protocol::command::CloseEpoch;
use protocol::{Address, Amount, ChainIndex, Command, EpochId};
use store::claims::Claims;

/// A posted epoch: what its claims are made of.
#[derive(Debug)]
pub struct PostedEpoch {
    /// Its number.
    pub id: EpochId,
    /// The leaves and their tree.
    pub statement: Statement,
    /// What was debited from deposits on the first chain, in sum over all.
    pub debited: Amount,
    /// Gas of the posting transaction there.
    pub post_gas: u64,
}

impl<D: Door> Office<D> {
    /// Closes the epoch in the ledger, publishes the log, posts root and totals, announces the
    /// debits.
    pub fn close_epoch(&mut self) -> Result<PostedEpoch, Error> {
        let (id, statement) = self.write_claims()?;
        self.log_epoch(id, &statement)?;
        let first = self.post_epoch(id);
        let first = first.and_then(|gas| Ok((gas, self.debit_epoch(id)?)));
        // None waits for another, nor fails with it.
        for chain in self.chains().filter(|chain| *chain != FIRST) {
            let is_next = self.unfinished(chain).start() == &id.0;
            if is_next && !self.rests(chain) {
                let posted = self.take_on(chain, id, false);
                self.noted(chain, posted)?;
            }
        }
        let (post_gas, debited) = first?;
        Ok(PostedEpoch {
            id,
            statement,
            debited,
            post_gas,
        })
    }

    /// First step of an epoch: the public file of its leaves is durable before the log names its
    /// root.
    pub fn write_claims(&mut self) -> Result<(EpochId, Statement), Error> {
        let id = self.next_epoch();
        let statement = claims::statement(&self.door.state());
        let statement = statement.map_err(|rejection| Error::Rejected {
            doing: "close an epoch",
            rejection,
        })?;
        Claims::new(self.door.files()).put(id.0, &statement.file(id))?;
        Ok((id, statement))
    }

    /// Second step: the ledger closes the epoch.
    pub fn log_epoch(&mut self, id: EpochId, statement: &Statement) -> Result<u64, Error> {
        let close = CloseEpoch {
            epoch: id,
            root: statement.root(),
            leaves: statement.leaf_count(),
            totals: statement.totals.clone(),
        };
        self.operate("close an epoch", Command::CloseEpoch(close))
    }

    /// Claims every leaf of a final epoch on the first chain, relayed by the operator: anyone may
    /// claim for anyone. Returns what was paid in sum, and the gas of all claims.
    pub fn claim_all(&mut self, epoch: &PostedEpoch) -> Result<(Amount, u64), Error> {
        let claims: Vec<Claim> = epoch
            .statement
            .leaves
            .iter()
            .enumerate()
            .filter_map(|(position, leaf)| {
                let proof = epoch.statement.tree.proof(position)?;
                Some(Claim {
                    leaf: leaf.clone(),
                    proof,
                })
            })
            .collect();
        let relayer = self.signer(FIRST, Role::Relay);
        let receipts = self.chain.claim_many(&relayer, epoch.id.0, &claims)?;
        let payments = self.chain.payments(&receipts);
        let paid = payments
            .iter()
            .filter(|payment| payment.paid)
            .map(|payment| payment.amount);
        let gas = receipts.iter().map(|receipt| receipt.gas_used).sum();
        Ok((amount(paid.sum())?, gas))
    }

    /// Claims what the newest final epoch of each chain owes one wallet there, relayed by the
    /// operator. Returns the sum that was paid; nothing where no final epoch has a line for it.
    ///
    /// # Errors
    /// The first one, where no chain has paid.
    pub fn claim_for(&mut self, wallet: Address) -> Result<Amount, Error> {
        let (mut paid, mut failed) = (Amount::ZERO, None);
        let several = !self.further.is_empty();
        for chain in self.chains() {
            if several && self.rests(chain) {
                continue;
            }
            match self.claim_on(chain, wallet) {
                Ok(more) => paid = amount(paid.units() + more.units())?,
                Err(error) if several => {
                    self.noted::<()>(chain, Err(error))?;
                }
                Err(error) => failed = Some(error),
            }
        }
        match failed {
            Some(error) if paid.is_zero() => Err(error),
            _ => Ok(paid),
        }
    }

    /// [`Office::claim_for`] on one of the chains.
    pub fn claim_on(&mut self, chain: ChainIndex, wallet: Address) -> Result<Amount, Error> {
        self.follow_time_on(chain)?;
        let (since, last) = {
            let state = self.door.state();
            let since = state.site(chain).map_or(0, |site| site.since);
            (since, state.released_on(chain))
        };
        if last == since {
            return Ok(Amount::ZERO);
        }
        let file = Claims::new(self.door.files()).read(last)?;
        let file = file.unwrap_or_default();
        let domain = self.on(chain)?.domain();
        let leaves = leaf_file::read(&file).ok_or_else(|| {
            Error::Corrupt(format!("the file `claims/{last}.json` is no leaf file"))
        })?;
        let Some(claim) = leaves.claim(&domain, wallet.0) else {
            return Ok(Amount::ZERO);
        };
        if self.is_claimed(chain, &claim)? {
            return Ok(Amount::ZERO);
        }
        let relayer = self.signer(chain, Role::Relay);
        let on = self.on_mut(chain)?;
        let receipts = on.claim_many(&relayer, last, &[claim])?;
        let payments = on.payments(&receipts);
        let paid = payments.iter().filter(|payment| payment.paid);
        amount(paid.map(|payment| payment.amount).sum())
    }

    /// Whether nothing of a leaf is left to be paid. Only asked where a transaction costs money.
    fn is_claimed(&mut self, chain: ChainIndex, claim: &Claim) -> Result<bool, Error> {
        let on = self.on_mut(chain)?;
        if on.devnet.remote().is_none() {
            return Ok(false);
        }
        let pay = claim.leaf.lines.iter();
        for line in pay.filter(|line| line.kind == LineKind::Pay) {
            if on.claimed(claim.leaf.account, line.token)? < line.cumulative {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The number of the epoch that closes next.
    pub(crate) fn next_epoch(&self) -> EpochId {
        EpochId(self.door.state().epochs.len() as u64 + 1)
    }
}
