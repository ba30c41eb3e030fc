//! An epoch on its way to the chain: closed, posted, debited, final, released, claimed.

use crate::Error;
use crate::deposit::amount;
use crate::door::Door;
use crate::log::digest;
use crate::office::{Office, Role};
use chain::escrow::{DEBITS_PER_TX, Debit};
use chain::settlement::{Claim, Post, Status, Total};
use ledger::claims::{self, Statement};
use proof::claim::{Leaf, Line, LineKind, Tree};
use protocol::command::{CloseEpoch, TokenTotal};
use protocol::{Address, Amount, Command, EpochId, FundId, Rejection};
use std::collections::BTreeMap;
use store::claims::Claims;

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

/// What has become of a claim that the operator was asked to relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// So much was paid, in base units of the first token; zero where nothing is owed.
    Paid(Amount),
    /// So much is owed, too little for the operator to pay the gas: it waits for more.
    Waits(Amount),
}

impl<D: Door> Office<D> {
    /// Closes the epoch in the ledger, publishes the log, posts root and totals, announces the
    /// debits.
    pub fn close_epoch(&mut self) -> Result<PostedEpoch, Error> {
        let (id, statement) = self.write_claims()?;
        self.log_epoch(id, &statement)?;
        let post_gas = self.post_epoch(id)?;
        let debited = self.debit_epoch(id)?;
        Ok(PostedEpoch {
            id,
            statement,
            debited,
            post_gas,
        })
    }

    /// Makes an epoch final once the challenge window has passed, releases its debits, and notes in
    /// the log that the money is there. What of this is done already is passed over. False where
    /// the window is still open and its end cannot be brought about.
    pub fn finish_epoch(&mut self, id: EpochId) -> Result<bool, Error> {
        if !self.finalize_epoch(id)? {
            return Ok(false);
        }
        if self.chain.devnet.remote().is_none() {
            self.release_epoch(id)?;
        } else if !self.chain.is_released(id.0)? {
            // What the log says stays said: it waits until nobody can take the release back.
            self.release_epoch(id)?;
            return Ok(false);
        }
        let released = self.door.state().epoch(id).map(|epoch| epoch.released);
        if released == Some(false) {
            self.operate("note a release", Command::NoteRelease(id))?;
        }
        Ok(true)
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

    /// Third step: the log is published up to the epoch, then its root goes to the contract.
    /// Returns the gas used.
    pub fn post_epoch(&mut self, id: EpochId) -> Result<u64, Error> {
        let checkpoint = self.door.publish()?;
        let file = Claims::new(self.door.files()).read(id.0)?;
        let missing = || Error::Corrupt(format!("the file `claims/{id}.json` is missing"));
        let file = file.ok_or_else(missing)?;
        let unknown = Error::Rejected {
            doing: "post an epoch",
            rejection: Rejection::EpochOutOfOrder,
        };
        let epoch = self.door.state().epoch(id).cloned().ok_or(unknown)?;
        let tokens = &self.chain.deployment.tokens;
        let total = |total: &TokenTotal| Total {
            token: tokens[total.token.index()],
            amount: total.amount_units.units(),
        };
        let post = Post {
            id: id.0,
            parent: self.chain.head()?,
            root: epoch.root.0,
            totals: epoch.totals.iter().map(total).collect(),
            checkpoint_root: checkpoint.head.root,
            log_size: checkpoint.head.size,
            log_time_ms: epoch.time_ms,
            data_hash: digest(&file).0,
        };
        Ok(self.chain.post(&self.signer(Role::Post), &post)?.gas_used)
    }

    /// Fourth step: what the epoch owes is taken out of deposits, unless it has been already.
    /// Returns the sum over all deposits.
    pub fn debit_epoch(&mut self, id: EpochId) -> Result<Amount, Error> {
        let owed = self
            .door
            .state()
            .epoch(id)
            .map(|epoch| epoch.debits.clone());
        let owed = owed.unwrap_or_default();
        // Parts follow from the log alone, so that none is ever taken under two names.
        for (part, owed) in owed.chunks(DEBITS_PER_TX).enumerate() {
            let missing = self.missing(id, owed)?;
            if !missing.is_empty() {
                let debitor = self.signer(Role::Debit);
                self.chain.debit_part(&debitor, (id.0, part), &missing)?;
            }
        }
        amount(owed.iter().map(|(_, amount)| amount.units()).sum())
    }

    /// What of this no debit has taken. Of a disputed one the contract takes nothing more.
    fn missing(&self, id: EpochId, owed: &[(FundId, Amount)]) -> Result<Vec<Debit>, Error> {
        let funds: Vec<u64> = owed.iter().map(|(fund, _)| fund.0).collect();
        let taken = self.chain.debits_of(id.0, &funds)?;
        let taken: BTreeMap<u64, u128> = taken.iter().map(|it| (it.id, it.amount)).collect();
        let mut missing = Vec::new();
        for (fund, owed) in owed {
            let before = taken.get(&fund.0).copied().unwrap_or(0);
            let amount = owed.units().saturating_sub(before);
            if amount > 0 && (before > 0 || !self.chain.is_disputed(id.0, fund.0)?) {
                missing.push(Debit { id: fund.0, amount });
            }
        }
        Ok(missing)
    }

    /// Fifth step: when the window has passed the epoch is final; false where it has not.
    pub fn finalize_epoch(&mut self, id: EpochId) -> Result<bool, Error> {
        if self.status(id)? == Some(Status::Final) {
            return Ok(true);
        }
        let ready_ms = (self.chain.ready_at_s(id.0)? + 1) * 1_000;
        if !self.door.reach(ready_ms) || !self.chain_reaches(ready_ms)? {
            return Ok(false);
        }
        self.follow_time()?;
        self.chain.finalize(&self.signer(Role::Relay), id.0)?;
        Ok(true)
    }

    /// Whether another's chain has come to a time by its own clock; the devnet goes by ours.
    fn chain_reaches(&mut self, time_ms: u64) -> Result<bool, Error> {
        match self.chain.devnet.remote() {
            None => Ok(true),
            Some(remote) => Ok(remote.now_s()?.saturating_mul(1_000) >= time_ms),
        }
    }

    /// Sixth step: the contracts move the debits into the pot. The log's note of it comes last.
    pub fn release_epoch(&mut self, id: EpochId) -> Result<(), Error> {
        let tokens = self.chain.deployment.tokens.clone();
        self.chain
            .release(&self.signer(Role::Relay), id.0, &tokens)?;
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
        let relayer = self.signer(Role::Relay);
        let receipts = self.chain.claim_many(&relayer, epoch.id.0, &claims)?;
        let payments = self.chain.payments(&receipts);
        let paid = payments
            .iter()
            .filter(|payment| payment.paid)
            .map(|payment| payment.amount);
        let gas = receipts.iter().map(|receipt| receipt.gas_used).sum();
        Ok((amount(paid.sum())?, gas))
    }

    /// Claims what the newest final epoch owes one wallet, relayed by the operator; nothing where
    /// no final epoch has a line for it. Less than `least` of the first token waits, as long as
    /// nothing in another token comes with it. Nothing is lost by that: lines add up.
    pub fn claim_for(&mut self, wallet: Address, least: Amount) -> Result<Claimed, Error> {
        let nothing = Claimed::Paid(Amount::ZERO);
        self.follow_time()?;
        let released = {
            let state = self.door.state();
            state.epochs.iter().rposition(|epoch| epoch.released)
        };
        let Some(last) = released else {
            return Ok(nothing);
        };
        let id = EpochId(last as u64 + 1);
        let file = Claims::new(self.door.files()).read(id.0)?;
        let file = file.unwrap_or_default();
        let unreadable = || Error::Corrupt(format!("the file `claims/{id}.json` is no leaf file"));
        let leaves = read_leaves(&file).ok_or_else(unreadable)?;
        let domain = self.chain.domain();
        let hashes: Result<Vec<_>, _> = leaves.iter().map(|leaf| leaf.hash(&domain)).collect();
        let tree = Tree::new(hashes.map_err(|_| unreadable())?);
        let place = leaves.iter().position(|leaf| leaf.account == wallet.0);
        let claim = place.and_then(|place| {
            let (leaf, proof) = (leaves[place].clone(), tree.proof(place)?);
            Some(Claim { leaf, proof })
        });
        let Some(claim) = claim else {
            return Ok(nothing);
        };
        let first = self.chain.deployment.token();
        match self.owed(&claim, first)? {
            (0, 0) => return Ok(nothing),
            (owed, 0) if owed < least.units() => return Ok(Claimed::Waits(amount(owed)?)),
            _ => {}
        }
        let relayer = self.signer(Role::Relay);
        let receipts = self.chain.claim_many(&relayer, id.0, &[claim])?;
        let payments = self.chain.payments(&receipts);
        let paid = payments.iter().filter(|it| it.paid && it.token == first);
        amount(paid.map(|payment| payment.amount).sum()).map(Claimed::Paid)
    }

    /// What of a leaf is left to be paid: of the first token, and how many lines of others.
    fn owed(&mut self, claim: &Claim, first: [u8; 20]) -> Result<(u128, usize), Error> {
        let (mut own, mut others) = (0, 0);
        for line in &claim.leaf.lines {
            let claimed = self.chain.claimed(claim.leaf.account, line.token)?;
            match line.cumulative.saturating_sub(claimed) {
                left if line.token == first => own = left,
                left => others += usize::from(left > 0),
            }
        }
        Ok((own, others))
    }

    /// The number of the epoch that closes next.
    pub(crate) fn next_epoch(&self) -> EpochId {
        EpochId(self.door.state().epochs.len() as u64 + 1)
    }

    /// Where an epoch stands in the contract; `None` before it is posted.
    pub(crate) fn status(&self, id: EpochId) -> Result<Option<Status>, Error> {
        Ok(self.chain.status(id.0)?)
    }
}

/// The leaves of a public leaf file, in its order.
fn read_leaves(file: &[u8]) -> Option<Vec<Leaf>> {
    let file: serde_json::Value = serde_json::from_slice(file).ok()?;
    let address = |value: &serde_json::Value| -> Option<[u8; 20]> {
        let digits = value.as_str()?.strip_prefix("0x")?;
        let bytes: Option<Vec<u8>> = (0..20)
            .map(|at| u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok())
            .collect();
        bytes?.try_into().ok()
    };
    let line = |value: &serde_json::Value| {
        let pays = value["kind"].as_u64()? == LineKind::Pay as u64;
        pays.then_some(Line {
            kind: LineKind::Pay,
            token: address(&value["token"])?,
            cumulative: value["cumulative"].as_str()?.parse().ok()?,
        })
    };
    let leaf = |value: &serde_json::Value| {
        Some(Leaf {
            account: address(&value["account"])?,
            lines: value["lines"]
                .as_array()?
                .iter()
                .map(line)
                .collect::<Option<_>>()?,
        })
    };
    file["leaves"].as_array()?.iter().map(leaf).collect()
}
