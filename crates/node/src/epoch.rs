//! An epoch of the log: closed, handed to the chains, claimed where its money is.

use crate::Error;
use crate::deposit::amount;
use crate::door::Door;
use crate::office::{Office, Role};
use chain::leaves::Leaves;
use chain::settlement::Claim;
use ledger::chain::FIRST;
use ledger::claims::Owed;
use proof::claim::LineKind;
use protocol::command::CloseEpoch;
use protocol::{Address, Amount, ChainIndex, Command, EpochId, Rejection};
use std::io;
use store::claims::{self, Claims};

/// An epoch whose root was handed to a chain: what of it is told, and what its claims begin with.
#[derive(Debug)]
pub struct PostedEpoch {
    /// Its number.
    pub id: EpochId,
    /// How many leaves its public file has, over all chains.
    pub leaves: u32,
    /// What was debited from deposits, in sum over all; zero where the log settles on several
    /// chains, each of which is posted to in its turn.
    pub debited: Amount,
    /// Gas of the posting transaction; zero where there are several.
    pub post_gas: u64,
}

/// What a claim has paid in one token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paid {
    /// On which chain, by its EIP-155 number.
    pub chain_id: u64,
    /// ERC-20 contract there: another chain may have another token at the same address.
    pub token: Address,
    /// In base units.
    pub units: Amount,
}

/// What has become of a claim that the operator was asked to relay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// In each token; empty where nothing is owed.
    Paid(Vec<Paid>),
    /// So much is owed, in base units of the first token, too little for the operator to pay the
    /// gas: it waits for more.
    Waits(Amount),
}

impl<D: Door> Office<D> {
    /// Closes the epoch in the ledger, publishes the log, posts root and totals, announces the
    /// debits.
    pub fn close_epoch(&mut self) -> Result<PostedEpoch, Error> {
        let closing = self.write_claims()?;
        let (id, leaves) = (closing.epoch, closing.leaves);
        self.log_epoch(closing)?;
        let alone = self.further.is_empty();
        let (mut post_gas, mut debited) = (0, Amount::ZERO);
        if alone {
            post_gas = self.post_epoch(id)?;
            debited = self.debit_epoch(id)?;
        } else {
            self.post_each(id)?;
        }
        Ok(PostedEpoch {
            id,
            leaves,
            debited,
            post_gas,
        })
    }

    /// The epoch begins on each chain that has nothing before it; none waits for another, nor fails
    /// with it. On the others the steward posts it in its turn.
    fn post_each(&mut self, id: EpochId) -> Result<(), Error> {
        for chain in self.chains() {
            let is_next = self.unfinished(chain).start() == &id.0;
            if is_next && !self.rests(chain) {
                let posted = self.take_on(chain, id, false);
                self.noted(chain, posted)?;
            }
        }
        Ok(())
    }

    /// First step of an epoch: the public file of its leaves is durable before the log names its
    /// root. Returns the command that closes the epoch.
    pub fn write_claims(&mut self) -> Result<CloseEpoch, Error> {
        self.prove_debits()?;
        let id = self.next_epoch();
        let rejected = |rejection: Rejection| Error::Rejected {
            doing: "close an epoch",
            rejection,
        };
        // What waits for the state does not wait for the leaves, of which there may be millions.
        let owed = Owed::of(&self.door.state()).map_err(rejected)?;
        let closing = owed.closing(id).map_err(rejected)?;
        let file = owed.file(id, closing.root);
        let content = |out: &mut dyn io::Write| write!(out, "{file}");
        let claims = Claims::new(self.door.files());
        let held = claims.digest(id.0)?;
        if held.is_some() && held != Some(claims::digest_of(&content)?) {
            // Left by an attempt that the log did not follow: something was decided in between, so
            // that no root stands by it. Whoever has lost the log to another writer learns it here.
            self.door.publish()?;
            claims.replace(id.0, &content)?;
        } else {
            claims.put(id.0, &content)?;
        }
        Ok(closing)
    }

    /// Second step: the ledger closes the epoch.
    pub fn log_epoch(&mut self, closing: CloseEpoch) -> Result<u64, Error> {
        self.operate("close an epoch", Command::CloseEpoch(closing))
    }

    /// Claims every leaf of a final epoch on the first chain, relayed by the operator: anyone may
    /// claim for anyone. Returns what was paid in sum, and the gas of all claims.
    pub fn claim_all(&mut self, epoch: &PostedEpoch) -> Result<(Amount, u64), Error> {
        let leaves = self.leaves_on(FIRST, epoch.id.0)?;
        let claims: Vec<Claim> = leaves.claims().collect();
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
    /// operator; nothing where no final epoch has a line for the wallet. On the first chain, less
    /// than `least` of its first token waits, as long as nothing in another token comes with it.
    /// Nothing is lost by that: lines add up.
    ///
    /// # Errors
    /// The first one, where no chain has paid: that something is on its way, or that a chain does
    /// not answer.
    pub fn claim_for(&mut self, wallet: Address, least: Amount) -> Result<Claimed, Error> {
        let (mut paid, mut waits, mut failed) = (Vec::new(), None, None);
        let several = !self.further.is_empty();
        for chain in self.chains() {
            let claimed = match several && self.rests(chain) {
                true => Err(self.away(chain)),
                false => self.claim_on(chain, wallet, least),
            };
            match claimed {
                Ok(Claimed::Paid(more)) => paid.extend(more),
                Ok(Claimed::Waits(owed)) => waits = Some(owed),
                Err(error) => {
                    if several && !self.rests(chain) && !self.is_of(chain, &error) {
                        return Err(error);
                    }
                    failed = failed.or(Some(error));
                }
            }
        }
        match (failed, waits) {
            (Some(error), _) if paid.is_empty() => Err(error),
            (None, Some(owed)) if paid.is_empty() => Ok(Claimed::Waits(owed)),
            _ => Ok(Claimed::Paid(paid)),
        }
    }

    /// [`Office::claim_for`] on one of the chains.
    pub fn claim_on(
        &mut self,
        chain: ChainIndex,
        wallet: Address,
        least: Amount,
    ) -> Result<Claimed, Error> {
        let nothing = Claimed::Paid(Vec::new());
        self.follow_time_on(chain)?;
        let (since, last) = {
            let state = self.door.state();
            let since = state.site(chain).map_or(0, |site| site.since);
            (since, state.released_on(chain))
        };
        if last == since {
            return Ok(nothing);
        }
        let Some(claim) = self.leaves_on(chain, last)?.claim_of(wallet.0) else {
            return Ok(nothing);
        };
        match self.left_of(chain, &claim)? {
            (0, 0) => return Ok(nothing),
            (owed, 0) if chain == FIRST && owed < least.units() => {
                return Ok(Claimed::Waits(amount(owed)?));
            }
            _ => {}
        }
        let relayer = self.signer(chain, Role::Relay);
        let on = self.on_mut(chain)?;
        let chain_id = on.domain().chain_id;
        let receipts = on.claim_many(&relayer, last, &[claim])?;
        let payments = on.payments(&receipts);
        let paid = payments.iter().filter(|payment| payment.paid);
        let paid = paid.map(|payment| {
            Ok(Paid {
                chain_id,
                token: Address(payment.token),
                units: amount(payment.amount)?,
            })
        });
        paid.collect::<Result<_, _>>().map(Claimed::Paid)
    }

    /// What a chain pays by the public file of an epoch, in the tree over all chains.
    pub(crate) fn leaves_on(&self, chain: ChainIndex, epoch: u64) -> Result<Leaves, Error> {
        let domain = self.on(chain)?.domain();
        let file = Claims::new(self.door.files()).read(epoch)?;
        let leaves = file.and_then(|file| Leaves::read(&file, &domain));
        leaves.ok_or_else(|| {
            Error::Corrupt(format!(
                "the file `claims/{epoch}.json` is missing, or is no leaf file\nhint: restore it \
                 from a backup or a copy of the public log"
            ))
        })
    }

    /// What of a leaf is left to be paid: of the chain's first token, and how many lines of others.
    fn left_of(&mut self, chain: ChainIndex, claim: &Claim) -> Result<(u128, usize), Error> {
        let on = self.on_mut(chain)?;
        let first = on.deployment.token();
        let (mut own, mut others) = (0, 0);
        let pay = claim.leaf.lines.iter();
        for line in pay.filter(|line| line.kind == LineKind::Pay) {
            let claimed = on.claimed(claim.leaf.account, line.token)?;
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
}
