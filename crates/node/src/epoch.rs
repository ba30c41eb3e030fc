//! An epoch on its way to the chain: closed, posted, debited, final, released, claimed.

use crate::deposit::amount;
use crate::node::{WINDOW_S, digest};
use crate::{Error, Node};
use chain::escrow::Debit;
use chain::settlement::{Claim, Post, Total};
use ledger::claims::{self, Statement};
use protocol::command::CloseEpoch;
use protocol::{Amount, Command, EpochId};

/// A posted epoch: what its claims are made of.
#[derive(Debug)]
pub struct PostedEpoch {
    /// Its number.
    pub id: EpochId,
    /// The leaves and their tree.
    pub statement: Statement,
    /// What was debited from deposits, in sum over all.
    pub debited: Amount,
    /// Gas of the posting transaction.
    pub post_gas: u64,
}

impl Node {
    /// Closes the epoch in the ledger, publishes the log, posts root and totals, announces the
    /// debits.
    pub fn close_epoch(&mut self) -> Result<PostedEpoch, Error> {
        let rejected = |rejection| Error::Rejected {
            doing: "close an epoch",
            rejection,
        };
        let id = EpochId(self.state().epochs.len() as u64 + 1);
        let statement = claims::statement(self.state()).map_err(rejected)?;
        let file = statement.file(id);
        let close = CloseEpoch {
            epoch: id,
            root: statement.root(),
            leaves: statement.leaf_count(),
            totals: statement.totals.clone(),
        };
        self.store.claims().put(id.0, &file)?;
        self.operate("close an epoch", Command::CloseEpoch(close), Vec::new())?;
        let checkpoint = self.publish()?;
        let tokens = self.chain.deployment.tokens.clone();
        let post = Post {
            id: id.0,
            parent: self.chain.head()?,
            root: statement.root().0,
            totals: statement
                .totals
                .iter()
                .map(|total| Total {
                    token: tokens[total.token.index()],
                    amount: total.amount_units.units(),
                })
                .collect(),
            checkpoint_root: checkpoint.head.root,
            log_size: checkpoint.head.size,
            log_time_ms: self.state().time_ms,
            data_hash: digest(&file).0,
        };
        let receipt = self.chain.post(&self.keys.wallet("poster"), &post)?;
        let debited = self.debit(id)?;
        Ok(PostedEpoch {
            id,
            statement,
            debited,
            post_gas: receipt.gas_used,
        })
    }

    /// Lets the challenge window pass on the devnet, makes the epoch final, releases its debits,
    /// and notes in the log that the money is there.
    pub fn finish_epoch(&mut self, id: EpochId) -> Result<(), Error> {
        self.advance((WINDOW_S + 1) * 1_000)?;
        let relayer = self.keys.wallet("relayer");
        self.chain.finalize(&relayer, id.0)?;
        let tokens = self.chain.deployment.tokens.clone();
        self.chain.release(&relayer, id.0, &tokens)?;
        self.operate("note a release", Command::NoteRelease(id), Vec::new())?;
        Ok(())
    }

    /// Claims every leaf of a final epoch, relayed by the operator: anyone may claim for anyone.
    /// Returns what was paid in sum, and the gas of all claims.
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
        let relayer = self.keys.wallet("relayer");
        let receipts = self.chain.claim_many(&relayer, epoch.id.0, &claims)?;
        let payments = self.chain.payments(&receipts);
        let paid = payments
            .iter()
            .filter(|payment| payment.paid)
            .map(|payment| payment.amount);
        let gas = receipts.iter().map(|receipt| receipt.gas_used).sum();
        Ok((amount(paid.sum())?, gas))
    }

    fn debit(&mut self, id: EpochId) -> Result<Amount, Error> {
        let epoch = self.state().epoch(id);
        let debits: Vec<Debit> = epoch
            .map_or(&[][..], |epoch| &epoch.debits)
            .iter()
            .map(|(fund, amount)| Debit {
                id: fund.0,
                amount: amount.units(),
            })
            .collect();
        if !debits.is_empty() {
            self.chain
                .debit(&self.keys.wallet("debitor"), id.0, &debits)?;
        }
        amount(debits.iter().map(|debit| debit.amount).sum())
    }
}
