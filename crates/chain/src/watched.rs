//! The contracts as whoever watches them sees them: rules, posts, statements, debits, objections.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use alloy_sol_types::{SolCall, SolEvent};
use proof::claim::Domain;

use crate::contract::{self, Epochs, Escrow, Settlement, TestToken};
use crate::escrow::Debit;
use crate::objection::Signed;
use crate::settlement::{Post, Status, Total};
use crate::token::units;
use crate::wire::{Event, Wire};
use crate::{Error, Statement};

/// Blocks that are read again at each look: what they held may have changed places.
const OVERLAP: u64 = 128;

/// What the contracts were deployed with, as they say themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// EIP-155 number of the chain.
    pub chain_id: u64,
    /// The contract that holds roots and pays claims.
    pub settlement: [u8; 20],
    /// The contract that holds budgets.
    pub escrow: [u8; 20],
    /// What is paid, ascending.
    pub tokens: Vec<[u8; 20]>,
    /// How long an epoch waits for objections, in seconds.
    pub window_s: u64,
    /// How long the arbiter has after a halt, in seconds.
    pub ruling_s: u64,
    /// The token of all bonds.
    pub bond_token: [u8; 20],
    /// What a challenge costs whose author is wrong, in base units.
    pub challenge_bond: u128,
}

impl Rules {
    /// The domain of the claim leaves that these contracts pay.
    pub fn domain(&self) -> Domain {
        Domain {
            chain_id: self.chain_id,
            contract: self.settlement,
        }
    }
}

/// A posted epoch, and all that has been held against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What was posted.
    pub post: Post,
    /// Where it stands.
    pub status: Status,
    /// When its window ends, in unix seconds; 0 once it is final or vetoed.
    pub ready_at_s: u64,
    /// The poster's signed statement, where its transaction was a plain post.
    pub signed: Option<Signed>,
    /// Whoever has ever challenged it.
    pub challenger: Option<[u8; 20]>,
    /// True while the challenge's bond stands in the contract.
    pub bonded: bool,
    /// True once a fault of it was proven.
    pub convicted: bool,
    /// What it has taken out of deposits and no veto has restored.
    pub debits: Vec<Debit>,
}

/// The contracts at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The chain's time, in unix seconds.
    pub time_s: u64,
    /// The first epoch to judge. Those before it are there as its parents, without their own.
    pub first: u64,
    /// The operator's bond, in base units: a proven fault takes all of it.
    pub bond: u128,
    /// Posted epochs in order: the newest final one, all live ones, those asked for, and all back
    /// to the parent of the first of these.
    pub epochs: Vec<Seen>,
}

/// The contracts and what their events have told so far.
#[derive(Debug)]
pub struct Watched {
    rules: Rules,
    posts: BTreeMap<u64, (Post, [u8; 32])>,
    signed: BTreeMap<[u8; 32], Option<Signed>>,
    challengers: BTreeMap<u64, [u8; 20]>,
    debited: BTreeMap<u64, BTreeSet<u64>>,
    next_block: u64,
}

impl Watched {
    /// The contracts behind a Settlement, whose events are read from a block on.
    pub fn new(wire: &dyn Wire, settlement: [u8; 20], from_block: u64) -> Result<Watched, Error> {
        let window = ask(wire, settlement, &Settlement::windowCall {}).map_err(|error| Error {
            doing: format!(
                "there is no Settlement contract at 0x{}: {}",
                hex::encode(settlement),
                error.doing
            ),
            ..error
        })?;
        let ruling = ask(wire, settlement, &Settlement::rulingTimeCall {})?;
        let tokens = ask(wire, settlement, &Settlement::tokensCall {})?;
        let bond = ask(wire, settlement, &Settlement::challengeBondCall {})?;
        let rules = Rules {
            chain_id: wire.chain_id()?,
            settlement,
            escrow: ask(wire, settlement, &Settlement::escrowCall {})?.into(),
            tokens: tokens.into_iter().map(Into::into).collect(),
            window_s: window.to(),
            ruling_s: ruling.to(),
            bond_token: ask(wire, settlement, &Settlement::bondTokenCall {})?.into(),
            challenge_bond: bond.to(),
        };
        Ok(Watched {
            rules,
            posts: BTreeMap::new(),
            signed: BTreeMap::new(),
            challengers: BTreeMap::new(),
            debited: BTreeMap::new(),
            next_block: from_block,
        })
    }

    /// What the contracts were deployed with.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Reads what is new, and where every epoch from `first` on stands, with the newest final one
    /// and the parent of the first.
    pub fn look(&mut self, wire: &dyn Wire, first: u64) -> Result<Look, Error> {
        let (height, time_s) = wire.newest()?;
        self.follow(wire, height)?;
        let settlement = self.rules.settlement;
        let final_id = ask(wire, settlement, &Settlement::finalIdCall {})?;
        let bond = ask(wire, settlement, &Settlement::bondCall {})?.to();
        let first = first.min(final_id.max(1));
        let oldest = self.posts.range(first..).next();
        // An epoch is judged by its parent, and what lies between the two was vetoed.
        let from = oldest.map_or(first, |(_, (post, _))| post.parent.max(1).min(first));
        let ids: Vec<u64> = self.posts.range(from..).map(|(id, _)| *id).collect();
        let mut epochs = Vec::with_capacity(ids.len());
        for id in ids {
            epochs.extend(self.seen(wire, id)?);
        }
        Ok(Look {
            time_s,
            first,
            bond,
            epochs,
        })
    }

    /// True if the statement was signed by a key that posts, or has posted, here.
    pub fn counts(&self, wire: &dyn Wire, signed: &Signed) -> Result<bool, Error> {
        let settlement = self.rules.settlement;
        let digest = wire.call(settlement, signed.digest_call())?;
        let pair = (digest.try_into(), signed.signature.as_slice().try_into());
        let (Ok(digest), Ok(signature)) = pair else {
            return Ok(false);
        };
        let Ok(key) = proof::signature::recover(&digest, &signature) else {
            return Ok(false);
        };
        let key = key.into();
        ask(wire, settlement, &Settlement::wasKeyCall { key })
    }

    /// What an account has of the bond's token, in base units.
    pub fn bond_money(&self, wire: &dyn Wire, account: [u8; 20]) -> Result<u128, Error> {
        let account = account.into();
        let call = TestToken::balanceOfCall { account };
        units(ask(wire, self.rules.bond_token, &call)?)
    }

    /// What the Settlement may take of an account's bond money, in base units.
    pub fn allowance(&self, wire: &dyn Wire, account: [u8; 20]) -> Result<u128, Error> {
        let call = TestToken::allowanceCall {
            owner: account.into(),
            spender: self.rules.settlement.into(),
        };
        Ok(units(ask(wire, self.rules.bond_token, &call)?).unwrap_or(u128::MAX))
    }

    /// What an account can collect of bonds and rewards, in base units.
    pub fn owed(&self, wire: &dyn Wire, account: [u8; 20]) -> Result<u128, Error> {
        let account = account.into();
        let call = Settlement::owedCall { account };
        Ok(ask(wire, self.rules.settlement, &call)?.to())
    }

    fn follow(&mut self, wire: &dyn Wire, height: u64) -> Result<(), Error> {
        let blocks = (self.next_block.saturating_sub(OVERLAP), height);
        let kinds = [
            Settlement::Posted::SIGNATURE_HASH.0,
            Settlement::Challenged::SIGNATURE_HASH.0,
        ];
        for event in wire.events(self.rules.settlement, &kinds, blocks)? {
            self.note(&event);
        }
        let kinds = [Escrow::Debited::SIGNATURE_HASH.0];
        for event in wire.events(self.rules.escrow, &kinds, blocks)? {
            if let Some(debited) = contract::event::<Escrow::Debited>(&event.log) {
                let ids = self.debited.entry(debited.epoch).or_default();
                ids.insert(debited.id);
            }
        }
        self.next_block = height + 1;
        Ok(())
    }

    fn note(&mut self, event: &Event) {
        if let Some(challenged) = contract::event::<Settlement::Challenged>(&event.log) {
            let challenger = challenged.challenger.into();
            self.challengers.insert(challenged.id, challenger);
        }
        let Some(posted) = contract::event::<Settlement::Posted>(&event.log) else {
            return;
        };
        let total = |total: &Epochs::Totals| Total {
            token: total.token.into(),
            amount: total.amount.to(),
        };
        let post = Post {
            id: posted.id,
            parent: posted.parent,
            root: posted.root.into(),
            totals: posted.totals.iter().map(total).collect(),
            checkpoint_root: posted.checkpointRoot.into(),
            log_size: posted.logSize,
            log_time_ms: posted.logTimeMs,
            data_hash: posted.dataHash.into(),
        };
        self.posts.insert(posted.id, (post, event.tx_hash));
    }

    /// Nothing where the chain has forgotten the epoch.
    fn seen(&mut self, wire: &dyn Wire, id: u64) -> Result<Option<Seen>, Error> {
        let settlement = self.rules.settlement;
        let status = match ask(wire, settlement, &Settlement::statusCall { id })? {
            0 => return Ok(None),
            1 => Status::Open,
            2 => Status::Halted,
            3 => Status::Vetoed,
            4 => Status::Final,
            other => return Err(Error::corrupt(format!("cannot read the status `{other}`"))),
        };
        let (post, tx_hash) = self.posts[&id].clone();
        let challenge = ask(wire, settlement, &Settlement::challengesCall { id })?;
        let ready_at = ask(wire, settlement, &Settlement::readyAtCall { id })?;
        Ok(Some(Seen {
            status,
            ready_at_s: ready_at.to(),
            signed: self.statement(wire, &post, tx_hash)?,
            challenger: self.challengers.get(&id).copied(),
            bonded: !challenge.challenger.is_zero(),
            convicted: ask(wire, settlement, &Settlement::convictedCall { id })?,
            debits: self.debits(wire, id)?,
            post,
        }))
    }

    fn statement(
        &mut self,
        wire: &dyn Wire,
        post: &Post,
        tx_hash: [u8; 32],
    ) -> Result<Option<Signed>, Error> {
        let signed = match self.signed.entry(tx_hash) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(unknown) => {
                let calldata = wire.calldata(tx_hash)?;
                let signed = calldata.and_then(|calldata| Signed::in_post(&calldata));
                unknown.insert(signed).clone()
            }
        };
        Ok(signed.filter(|signed| signed.statement == Statement::of(post)))
    }

    fn debits(&self, wire: &dyn Wire, epoch: u64) -> Result<Vec<Debit>, Error> {
        let ids = self.debited.get(&epoch).into_iter().flatten();
        let mut debits = Vec::new();
        for &id in ids {
            let call = Escrow::debitedCall { epoch, id };
            let amount: u128 = ask(wire, self.rules.escrow, &call)?.to();
            if amount > 0 {
                debits.push(Debit { id, amount });
            }
        }
        Ok(debits)
    }
}

fn ask<C: SolCall>(wire: &dyn Wire, to: [u8; 20], call: &C) -> Result<C::Return, Error> {
    let answer = wire.call(to, call.abi_encode())?;
    C::abi_decode_returns(&answer).map_err(|_| {
        let place = hex::encode(to);
        Error::invalid(format!(
            "cannot read the answer of `{}` at `0x{place}`",
            C::SIGNATURE
        ))
    })
}
