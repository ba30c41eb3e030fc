//! The contracts as whoever watches them sees them: rules, posts, statements, debits, objections.

mod told;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use alloy_primitives::U256;
use alloy_sol_types::SolCall;
use proof::claim::Domain;

use crate::contract::{Settlement, TestToken};
use crate::credit::Redeemed;
use crate::objection::Signed;
use crate::settlement::{Post, Status};
use crate::taken::{self, Taken};
use crate::token::units;
use crate::wire::Wire;
use crate::{Error, Statement};
use told::{Announced, Told};

/// How often a chain is looked at that goes on while it is asked.
const ATTEMPTS: u32 = 3;

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
}

/// The contracts at one block.
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
    /// All epochs before those: each is final or vetoed.
    pub earlier: Vec<(Post, Status)>,
    /// What was ever taken from deposits, in order, with the epoch that it was taken for: what was
    /// disputed or restored later too.
    pub taken: Vec<(u64, Taken)>,
    /// What rulings upon disputes have given back, in base units by deposit.
    pub returned: BTreeMap<u64, u128>,
    /// Vouchers of prepaid credit that were redeemed, in order; `None` where events of what came
    /// into the pot are left out, or stand before the block that is begun with: these have no
    /// numbers, so that one which is not seen moves the places of all others.
    pub redeemed: Option<Vec<Redeemed>>,
}

/// The contracts and what their events have told so far.
#[derive(Debug)]
pub struct Watched {
    rules: Rules,
    told: Told,
    signed: BTreeMap<[u8; 32], Option<Signed>>,
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
            told: Told::before(from_block),
            signed: BTreeMap::new(),
        })
    }

    /// What the contracts were deployed with.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Reads what is new, and where every epoch from `first` on stands, with the newest final one
    /// and the parent of the first: all as of the newest block, so that it fits together.
    ///
    /// # Errors
    /// With `waiting` where there was no time to read all events: the next look goes on.
    /// `Unavailable` where the server is away or leaves a post out.
    pub fn look(&mut self, wire: &dyn Wire, first: u64) -> Result<Look, Error> {
        for _ in 1..ATTEMPTS {
            let newest = wire.newest()?;
            match self.look_at(wire, newest, first) {
                // A server may keep the newest state alone, and that block has passed meanwhile.
                Err(error) if !error.waiting && wire.newest()? != newest => {}
                found => return found,
            }
        }
        self.look_at(wire, wire.newest()?, first)
    }

    /// Every statement that was posted, from what is new on the chain and what was read before.
    ///
    /// # Errors
    /// As for [`Watched::look`].
    pub fn statements(&mut self, wire: &dyn Wire) -> Result<Vec<Signed>, Error> {
        let (height, _) = wire.newest()?;
        self.told.follow(wire, self.places(), height)?;
        let posts: Vec<Announced> = self.told.posts.values().cloned().collect();
        let mut statements = Vec::new();
        for announced in &posts {
            statements.extend(self.statement(wire, announced)?);
        }
        Ok(statements)
    }

    fn look_at(
        &mut self,
        wire: &dyn Wire,
        (height, time_s): (u64, u64),
        first: u64,
    ) -> Result<Look, Error> {
        self.told.follow(wire, self.places(), height)?;
        let state = State {
            wire,
            settlement: self.rules.settlement,
            height,
        };
        let last = state.ask(&Settlement::lastIdCall {})?;
        if !self.told.posts.keys().copied().eq(1..=last) {
            return Err(Error::busy(
                "the server leaves out posts, or the first is before the block that is begun with\n\
                 hint: begin at the block in which the contracts were deployed, or use another \
                 server",
            ));
        }
        let final_id = state.ask(&Settlement::finalIdCall {})?;
        let bond = state.ask(&Settlement::bondCall {})?.to();
        let first = first.min(final_id.max(1));
        let oldest = self.told.posts.get(&first);
        // An epoch is judged by its parent, and what lies between the two was vetoed.
        let from = oldest.map_or(first, |oldest| oldest.post.parent.max(1).min(first));
        let looked: Vec<Announced> = self
            .told
            .posts
            .range(from..)
            .map(|it| it.1.clone())
            .collect();
        let mut epochs = Vec::with_capacity(looked.len());
        for announced in looked {
            epochs.push(self.seen(&state, announced)?);
        }
        let redeemed = self.redeemed(&state)?;
        let taken = self.told.moved();
        Ok(Look {
            time_s,
            first,
            bond,
            epochs,
            earlier: self.earlier(from),
            taken: taken
                .filter_map(|it| Some((it.epoch, it.taken()?)))
                .collect(),
            returned: taken::returned(self.told.moved()),
            redeemed,
        })
    }

    /// What was redeemed, if the events of the pot's inflow add up to what the contract says.
    fn redeemed(&self, state: &State<'_>) -> Result<Option<Vec<Redeemed>>, Error> {
        for token in &self.rules.tokens {
            let call = Settlement::inflowCall {
                token: (*token).into(),
            };
            if state.ask(&call)? != U256::from(self.told.inflow(*token)) {
                return Ok(None);
            }
        }
        Ok(Some(self.told.redeemed().collect()))
    }

    /// What stands before an epoch that is final, or the next one to become so.
    fn earlier(&self, from: u64) -> Vec<(Post, Status)> {
        let posts = self.told.posts.range(..from);
        let settled = |(id, announced): (&u64, &Announced)| {
            let status = match self.told.is_vetoed(*id) {
                true => Status::Vetoed,
                false => Status::Final,
            };
            (announced.post.clone(), status)
        };
        posts.map(settled).collect()
    }

    fn places(&self) -> ([u8; 20], [u8; 20]) {
        (self.rules.settlement, self.rules.escrow)
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

    fn seen(&mut self, state: &State<'_>, announced: Announced) -> Result<Seen, Error> {
        let id = announced.post.id;
        let status = match state.ask(&Settlement::statusCall { id })? {
            1 => Status::Open,
            2 => Status::Halted,
            3 => Status::Vetoed,
            4 => Status::Final,
            other => return Err(Error::corrupt(format!("cannot read the status `{other}`"))),
        };
        let challenge = state.ask(&Settlement::challengesCall { id })?;
        let ready_at = state.ask(&Settlement::readyAtCall { id })?;
        Ok(Seen {
            status,
            ready_at_s: ready_at.to(),
            signed: self.statement(state.wire, &announced)?,
            challenger: self.told.challenger(id),
            bonded: !challenge.challenger.is_zero(),
            convicted: state.ask(&Settlement::convictedCall { id })?,
            post: announced.post,
        })
    }

    fn statement(
        &mut self,
        wire: &dyn Wire,
        announced: &Announced,
    ) -> Result<Option<Signed>, Error> {
        let signed = match self.signed.entry(announced.tx_hash) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(unknown) => {
                let calldata = wire.calldata(announced.tx_hash)?;
                let signed = calldata.and_then(|calldata| Signed::in_post(&calldata));
                unknown.insert(signed).clone()
            }
        };
        let own = Statement::of(&announced.post);
        Ok(signed.filter(|signed| signed.statement == own))
    }
}

/// The Settlement at one block.
struct State<'a> {
    wire: &'a dyn Wire,
    settlement: [u8; 20],
    height: u64,
}

impl State<'_> {
    fn ask<C: SolCall>(&self, call: &C) -> Result<C::Return, Error> {
        let encoded = call.abi_encode();
        let answer = self.wire.call_at(self.height, self.settlement, encoded)?;
        read::<C>(self.settlement, &answer)
    }
}

pub(crate) fn ask<C: SolCall>(wire: &dyn Wire, to: [u8; 20], call: &C) -> Result<C::Return, Error> {
    read::<C>(to, &wire.call(to, call.abi_encode())?)
}

fn read<C: SolCall>(from: [u8; 20], answer: &[u8]) -> Result<C::Return, Error> {
    C::abi_decode_returns(answer).map_err(|_| {
        let place = hex::encode(from);
        Error::invalid(format!(
            "cannot read the answer of `{}` at `0x{place}`",
            C::SIGNATURE
        ))
    })
}
