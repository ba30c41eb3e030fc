//! Epochs on the chain: posts, halts, rulings, finality, and the claims that final roots pay.

use std::collections::BTreeMap;

use alloy_primitives::{Address, aliases::U96};
use alloy_sol_types::SolCall;
use proof::claim::{Leaf, Line};

use crate::contract::{self, Epochs, Settlement};
use crate::devnet::{Log, Receipt};
use crate::token::{uint96, units};
use crate::{Backend, Chain, Error, Signer, Statement};

/// Gas that one transaction of claims aims to stay under.
const CLAIM_GAS: u64 = 15_000_000;
/// Gas bounds for a claim at depth 24, and for each of its lines at an account that never held the
/// token.
const GAS_PER_CLAIM: u64 = 30_000;
const GAS_PER_LINE: u64 = 60_000;

/// The sum over all accounts of what one token owes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Total {
    /// ERC-20 contract.
    pub token: [u8; 20],
    /// Base units, cumulative: never below the parent's.
    pub amount: u128,
}

/// An epoch to post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// The last posted id plus one.
    pub id: u64,
    /// The newest id that is not vetoed; 0 at first.
    pub parent: u64,
    /// Root of the claim tree.
    pub root: [u8; 32],
    /// Sums of the leaves' lines; a listed token that is not named here has 0.
    pub totals: Vec<Total>,
    /// Root of the log from which the epoch is recomputed.
    pub checkpoint_root: [u8; 32],
    /// How many entries that log has.
    pub log_size: u64,
    /// The log's time that the epoch covers, in unix milliseconds.
    pub log_time_ms: u64,
    /// SHA-256 of the public file of leaves.
    pub data_hash: [u8; 32],
}

/// Where an epoch stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Its window runs, or has ended and nobody has finalised it.
    Open,
    /// Halted, or posted upon a halted epoch.
    Halted,
    /// Vetoed, or posted upon a vetoed epoch. It never pays.
    Vetoed,
    /// It pays, for ever.
    Final,
}

/// An epoch as it was posted, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// What was posted; `totals` names every listed token.
    pub post: Post,
    /// Where it stands at the present time.
    pub status: Status,
}

/// One leaf to claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The account and its lines.
    pub leaf: Leaf,
    /// From the leaf up to the root.
    pub proof: Vec<[u8; 32]>,
}

/// What a claim did for one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Who was, or should have been, paid.
    pub account: [u8; 20],
    /// ERC-20 contract.
    pub token: [u8; 20],
    /// Base units.
    pub amount: u128,
    /// False if the token refused, or the sum of claims would pass the total: then the line stays
    /// claimable.
    pub paid: bool,
}

/// What was ever paid in base units, by wallet and ERC-20 contract.
pub type Payouts = BTreeMap<([u8; 20], [u8; 20]), u128>;

impl<B: Backend> Chain<B> {
    /// Posts an epoch's root and starts its window. The poster's key also signs the epoch's
    /// [`crate::Statement`], which convicts it if it ever signs another one: what was once signed
    /// for an epoch and not seen to take effect is sent again as it was, whatever `post` says.
    pub fn post(&mut self, poster: &dyn Signer, post: &Post) -> Result<Receipt, Error> {
        let label = format!("post {}", post.id);
        let calldata = match self.devnet.earlier(poster.address(), &label) {
            Some(calldata) => calldata,
            None => self.post_call(poster, post)?.abi_encode(),
        };
        let named = (self.deployment.settlement, label);
        self.act_once::<Settlement::postCall>(poster, named, calldata)
    }

    fn post_call(&self, poster: &dyn Signer, post: &Post) -> Result<Settlement::postCall, Error> {
        let listed = &self.deployment.tokens;
        if post.totals.iter().any(|it| !listed.contains(&it.token)) {
            return Err(Error::invalid(
                "cannot post a total in a token that is not listed",
            ));
        }
        let total = |token: &[u8; 20]| {
            let named = post.totals.iter().find(|total| total.token == *token);
            let amount = uint96(named.map_or(0, |total| total.amount))?;
            Ok(Epochs::Totals {
                token: token.into(),
                amount,
            })
        };
        let totals = listed.iter().map(total).collect::<Result<_, Error>>()?;
        let message = Statement::of(post).message(&self.devnet.log_id());
        let signature = poster.sign_message(&message)?.to_vec();
        let epoch = Epochs::Post {
            id: post.id,
            parent: post.parent,
            root: post.root.into(),
            totals,
            checkpointRoot: post.checkpoint_root.into(),
            logSize: post.log_size,
            logTimeMs: post.log_time_ms,
            dataHash: post.data_hash.into(),
        };
        Ok(Settlement::postCall {
            epoch,
            signature: signature.into(),
        })
    }

    /// Stops an epoch and all that are posted upon it until the arbiter rules.
    pub fn halt(&mut self, guardian: &dyn Signer, id: u64, reason: &str) -> Result<Receipt, Error> {
        let call = Settlement::haltCall {
            id,
            reason: reason.to_owned(),
        };
        self.act(guardian, self.deployment.settlement, &call)
    }

    /// Ends a halt: an upheld one vetoes the epoch and its descendants.
    pub fn rule(&mut self, arbiter: &dyn Signer, id: u64, upheld: bool) -> Result<Receipt, Error> {
        self.act(
            arbiter,
            self.deployment.settlement,
            &Settlement::ruleCall { id, upheld },
        )
    }

    /// Vetoes an epoch on whose halt nobody ruled in time. Any wallet may.
    pub fn lapse(&mut self, wallet: &dyn Signer, id: u64) -> Result<Receipt, Error> {
        self.act(
            wallet,
            self.deployment.settlement,
            &Settlement::lapseCall { id },
        )
    }

    /// Makes an epoch final after its window. Any wallet may.
    pub fn finalize(&mut self, wallet: &dyn Signer, id: u64) -> Result<Receipt, Error> {
        self.act(
            wallet,
            self.deployment.settlement,
            &Settlement::finalizeCall { id },
        )
    }

    /// Claims leaves of a final epoch for their accounts, in as few transactions as the gas cap
    /// allows. Any wallet may; [`Chain::payments`] tells what came of it.
    pub fn claim_many(
        &mut self,
        wallet: &dyn Signer,
        epoch: u64,
        claims: &[Claim],
    ) -> Result<Vec<Receipt>, Error> {
        let mut calls: Vec<Settlement::claimManyCall> = Vec::new();
        let mut left = 0;
        for claim in claims {
            let gas = GAS_PER_CLAIM + GAS_PER_LINE * claim.leaf.lines.len() as u64;
            if gas > left {
                calls.push(Settlement::claimManyCall {
                    id: epoch,
                    claims: Vec::new(),
                });
                left = CLAIM_GAS;
            }
            left -= gas;
            let call = calls.last_mut().expect("the first claim starts a call");
            call.claims.push(claim_argument(claim)?);
        }
        self.act_many(wallet, self.deployment.settlement, &calls)
    }

    /// What claims paid and what they could not pay, in order.
    pub fn payments(&self, receipts: &[Receipt]) -> Vec<Payment> {
        let settlement = self.deployment.settlement;
        let logs = receipts.iter().flat_map(|receipt| &receipt.logs);
        let own = logs.filter(|log| log.address == settlement);
        own.filter_map(payment).collect()
    }

    /// What was ever paid, by wallet and token: the sums of all payments.
    pub fn payouts(&self) -> Result<Payouts, Error> {
        let mut sums = Payouts::new();
        self.devnet
            .each_log(self.deployment.settlement, &mut |log| {
                if let Some(it) = payment(log).filter(|it| it.paid) {
                    let sum = sums.entry((it.account, it.token)).or_default();
                    *sum = sum.saturating_add(it.amount);
                }
                true
            })?;
        Ok(sums)
    }

    /// Where an epoch stands in the contract now; none if the id was never used.
    pub fn status(&self, id: u64) -> Result<Option<Status>, Error> {
        let status = self.ask(self.deployment.settlement, &Settlement::statusCall { id })?;
        Ok(Some(match status {
            0 => return Ok(None),
            1 => Status::Open,
            2 => Status::Halted,
            3 => Status::Vetoed,
            4 => Status::Final,
            other => return Err(Error::corrupt(format!("cannot read the status `{other}`"))),
        }))
    }

    /// An epoch as posted and where it stands; none if the id was never used. On another's chain,
    /// none before the post is final.
    pub fn posted(&self, id: u64) -> Result<Option<Posted>, Error> {
        let mut found = None;
        self.devnet
            .each_log(self.deployment.settlement, &mut |log| {
                let event = contract::event::<Settlement::Posted>(log);
                found = event.filter(|event| event.id == id);
                found.is_none()
            })?;
        let Some(event) = found else {
            return Ok(None);
        };
        let Some(status) = self.status(id)? else {
            return Err(Error::corrupt("a posted epoch has no status"));
        };
        let total = |total: &Epochs::Totals| Total {
            token: total.token.into(),
            amount: total.amount.to(),
        };
        let post = Post {
            id,
            parent: event.parent,
            root: event.root.into(),
            totals: event.totals.iter().map(total).collect(),
            checkpoint_root: event.checkpointRoot.into(),
            log_size: event.logSize,
            log_time_ms: event.logTimeMs,
            data_hash: event.dataHash.into(),
        };
        Ok(Some(Posted { post, status }))
    }

    /// The newest id ever posted; 0 if none.
    pub fn last_id(&self) -> Result<u64, Error> {
        self.ask(self.deployment.settlement, &Settlement::lastIdCall {})
    }

    /// The parent of the next post: the newest id that is not vetoed, 0 for genesis.
    pub fn head(&self) -> Result<u64, Error> {
        self.ask(self.deployment.settlement, &Settlement::headCall {})
    }

    /// When the window of an epoch ends, in unix seconds; 0 for an id that was never used.
    pub fn ready_at_s(&self, id: u64) -> Result<u64, Error> {
        Ok(self
            .ask(self.deployment.settlement, &Settlement::readyAtCall { id })?
            .to())
    }

    /// What an account was ever paid, in base units.
    pub fn claimed(&self, account: [u8; 20], token: [u8; 20]) -> Result<u128, Error> {
        let call = Settlement::claimedCall {
            account: account.into(),
            token: token.into(),
        };
        Ok(self.ask(self.deployment.settlement, &call)?.to())
    }

    /// What all accounts were ever paid, in base units.
    pub fn paid(&self, token: [u8; 20]) -> Result<u128, Error> {
        let call = Settlement::paidCall {
            token: token.into(),
        };
        Ok(self.ask(self.deployment.settlement, &call)?.to())
    }

    /// The total of the newest final epoch, which payments never pass, in base units.
    pub fn final_total(&self, token: [u8; 20]) -> Result<u128, Error> {
        let call = Settlement::finalTotalCall {
            token: token.into(),
        };
        Ok(self.ask(self.deployment.settlement, &call)?.to())
    }

    /// What the Escrow ever released into the pot, in base units.
    pub fn inflow(&self, token: [u8; 20]) -> Result<u128, Error> {
        let call = Settlement::inflowCall {
            token: token.into(),
        };
        units(self.ask(self.deployment.settlement, &call)?)
    }

    /// The hash that the contract itself computes for a leaf: equal to [`Leaf::hash`] in this
    /// deployment's domain.
    pub fn leaf_hash(&self, leaf: &Leaf) -> Result<[u8; 32], Error> {
        let lines = lines(leaf)?;
        let call = Settlement::leafHashCall {
            account: leaf.account.into(),
            lines,
        };
        Ok(self.ask(self.deployment.settlement, &call)?.into())
    }
}

/// What an event says of a payment, if it does.
fn payment(log: &Log) -> Option<Payment> {
    let paid = contract::event::<Settlement::Claimed>(log)
        .map(|event| (event.account, event.token, event.amount, true));
    let failed = contract::event::<Settlement::PaymentFailed>(log)
        .map(|event| (event.account, event.token, event.amount, false));
    let (account, token, amount, paid) = paid.or(failed)?;
    Some(Payment {
        account: account.into(),
        token: token.into(),
        amount: amount.to(),
        paid,
    })
}

fn claim_argument(claim: &Claim) -> Result<Settlement::Claim, Error> {
    Ok(Settlement::Claim {
        account: claim.leaf.account.into(),
        lines: lines(&claim.leaf)?,
        proof: claim.proof.iter().map(Into::into).collect(),
    })
}

/// The lines of a leaf as a contract takes them; each binding has a type of its own for one.
pub(crate) fn lines<L: From<(u8, Address, U96)>>(leaf: &Leaf) -> Result<Vec<L>, Error> {
    let line = |line: &Line| {
        let cumulative = uint96(line.cumulative)?;
        Ok(L::from((line.kind as u8, line.token.into(), cumulative)))
    };
    leaf.lines.iter().map(line).collect()
}
