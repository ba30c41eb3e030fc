//! One key's transactions on somebody else's chain: each is sent once, whatever crashes.
//!
//! What is signed is on the disk before anybody else sees it. It is handed in until it stands in a
//! block that is final, by the same bytes, or dearer ones with the same nonce: of these the chain
//! takes one. What a label was once signed for stays what it is signed for.

mod fee;
mod journal;
mod watch;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use alloy_primitives::U256;

use crate::devnet::GAS_CAP;
use crate::endpoint::answer::{Included, Place};
use crate::endpoint::{At, Endpoint, hexed};
use crate::{Error, Signer};
pub use fee::{Fee, FeeRule};
use journal::{Journal, Signed};

/// Gas on top of what a server estimates, in parts of a hundred: the state may change before the
/// transaction's turn.
const GAS_MARGIN: u64 = 20;
/// Most transactions of a key that are on their way at a time; nodes drop long rows of them.
const MOST_WAITING: usize = 16;

/// What is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// What it is for: while one with this label is on its way, no other is signed.
    pub label: String,
    /// The contract; none to create one.
    pub to: Option<[u8; 20]>,
    /// ABI-encoded call, or the code of a contract to create.
    pub calldata: Vec<u8>,
}

/// How far a transaction has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// In no block yet, or no longer in one.
    Waiting,
    /// In a block that the chain may still take back.
    Mined(Included),
}

/// A transaction on its way, perhaps in several versions with one nonce.
#[derive(Clone, Debug)]
struct Flight {
    order: Order,
    /// All that was ever signed for this nonce, the newest last.
    versions: Vec<Signed>,
    /// When the newest version was handed in, by the caller's clock; none before that.
    handed_ms: Option<u64>,
    /// When the newest version was signed.
    signed_ms: u64,
    standing: Standing,
    /// The newest height when its nonce was first seen used by none of its versions.
    used_at: Option<u64>,
}

/// Sends for one key. There must be no other sender of that key.
pub struct Sender {
    endpoint: Endpoint,
    chain_id: u64,
    signer: Arc<dyn Signer>,
    rule: FeeRule,
    journal: Journal,
    flights: BTreeMap<u64, Flight>,
    /// What was signed for labels that failed for good: it may be sent again, nothing else may.
    settled: BTreeMap<String, Order>,
    /// By label: what took effect for good and nobody has asked about yet.
    outcomes: BTreeMap<String, Included>,
    /// The lowest nonce that was not seen used: a server that is behind may name a lower one.
    floor: u64,
    /// What went wrong last, by nonce; for people.
    problems: BTreeMap<u64, String>,
}

impl Sender {
    /// Opens the journal of this key in `directory`. What it had on its way is taken up again by
    /// the first [`Sender::turn`].
    ///
    /// # Errors
    /// `Corrupt` for a journal of another chain or key, or one that is damaged.
    pub fn open(
        directory: &Path,
        (endpoint, chain_id): (Endpoint, u64),
        signer: Arc<dyn Signer>,
        rule: FeeRule,
    ) -> Result<Self, Error> {
        let path = directory.join(format!("sent-{}", hex::encode(signer.address())));
        let (journal, kept) = Journal::open(&path, chain_id)?;
        let mut sender = Self {
            endpoint,
            chain_id,
            signer,
            rule,
            journal,
            flights: BTreeMap::new(),
            settled: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            floor: 0,
            problems: BTreeMap::new(),
        };
        for signed in kept.signed {
            sender.note(signed, None);
        }
        sender.settled = kept.failed;
        Ok(sender)
    }

    /// The key's address.
    pub fn address(&self) -> [u8; 20] {
        self.signer.address()
    }

    /// How far what was sent under a label has come; none if nothing is on its way.
    pub fn standing(&self, label: &str) -> Option<&Standing> {
        let flight = self.flights.values().find(|it| it.order.label == label);
        flight.map(|flight| &flight.standing)
    }

    /// What a transaction did that is final, until it is forgotten.
    pub fn outcome(&self, label: &str) -> Option<&Included> {
        self.outcomes.get(label)
    }

    /// The outcome was told: the same label may be sent anew.
    pub fn forget(&mut self, label: &str) {
        self.outcomes.remove(label);
    }

    /// What was once signed under a label and is not known to have taken effect.
    pub fn earlier(&self, label: &str) -> Option<&Order> {
        let flights = self.flights.values().map(|flight| &flight.order);
        flights
            .chain(self.settled.values())
            .find(|order| order.label == label)
    }

    /// How many are on their way.
    pub fn waiting(&self) -> usize {
        self.flights.len()
    }

    /// What keeps transactions from going on, for people.
    pub fn problems(&self) -> impl Iterator<Item = &str> {
        self.problems.values().map(String::as_str)
    }

    /// Signs a transaction, writes it down, and hands it in. Where one of this label is on its way,
    /// nothing is signed.
    ///
    /// # Errors
    /// `Invalid` where the contract would refuse, or the account cannot pay: nothing was signed
    /// then. A server that is away after the signature is no error: the transaction is on its way.
    pub fn send(&mut self, order: Order, now_ms: u64) -> Result<(), Error> {
        if self.standing(&order.label).is_some() {
            return Ok(());
        }
        let order = self.settled.get(&order.label).cloned().unwrap_or(order);
        if self.flights.len() >= MOST_WAITING {
            return Err(Error::waiting("too many transactions are on their way"));
        }
        let nonce = self.next_nonce()?;
        let (to, calldata) = (order.to, &order.calldata);
        let estimate = self.endpoint.estimate(self.address(), to, calldata)?;
        let gas = estimate.saturating_add(estimate / 100 * GAS_MARGIN + 10_000);
        // No chain includes more than this (EIP-7825), whatever the margin.
        let gas = gas.min(GAS_CAP.max(estimate));
        let fee = self.rule.fee(&self.endpoint)?;
        self.can_pay(gas, &fee)?;
        let signed = self.signed(&order, (nonce, gas), fee, now_ms)?;
        self.journal.sign(&signed)?;
        self.settled.remove(&order.label);
        self.note(signed, None);
        self.hand_in(nonce, now_ms);
        Ok(())
    }

    /// Looks what has become of all that is on its way; hands in again what got lost, and dearer
    /// what is stuck. Blocks up to `last` are final.
    ///
    /// # Errors
    /// `Unavailable` where the server is away; nothing is lost.
    pub fn turn(&mut self, last: Place, now_ms: u64) -> Result<(), Error> {
        let nonces: Vec<u64> = self.flights.keys().copied().collect();
        let mut oldest = true;
        for nonce in nonces {
            if self.look(nonce, last)? {
                continue;
            }
            let waits = self.flights.get(&nonce);
            if waits.is_some_and(|flight| flight.standing == Standing::Waiting) {
                self.push(nonce, oldest, now_ms)?;
                oldest = false;
            }
        }
        Ok(())
    }

    /// The nonce after all that was ever signed here and all that the chain has taken.
    fn next_nonce(&self) -> Result<u64, Error> {
        let taken = self.endpoint.nonce(self.address(), At::Latest)?;
        let taken = taken.max(self.floor);
        let own = self.flights.keys().next_back().map_or(0, |last| last + 1);
        let waiting = self.endpoint.nonce(self.address(), At::Pending)?;
        if waiting > own.max(taken) {
            return Err(Error::busy(format!(
                "cannot send for `{}`: transactions of this key wait that were not signed here\n\
                 hint: each key has one sender; wait for them, or cancel them where they were sent",
                hexed(&self.address())
            )));
        }
        match own.max(taken) {
            // No key has come so far (EIP-2681), and none could come further.
            u64::MAX => Err(Error::corrupt(format!(
                "`{}` counts more transactions of `{}` than there can be\nhint: use another server",
                self.endpoint.server(),
                hexed(&self.address())
            ))),
            next => Ok(next),
        }
    }

    fn can_pay(&self, gas: u64, fee: &Fee) -> Result<(), Error> {
        let need = U256::from(gas) * U256::from(fee.most_per_gas());
        let held = self.endpoint.balance(self.address())?;
        if held >= need {
            return Ok(());
        }
        let address = hexed(&self.address());
        Err(Error::invalid(format!(
            "cannot pay for a transaction of `{address}`: it may cost {need} wei, and {held} are \
             there\nhint: send the difference to that address; what waits goes on by itself"
        )))
    }

    fn signed(
        &self,
        order: &Order,
        (nonce, gas): (u64, u64),
        fee: Fee,
        now_ms: u64,
    ) -> Result<Signed, Error> {
        let raw = fee::sign(&*self.signer, (self.chain_id, nonce, gas), fee, order)?;
        Ok(Signed {
            order: order.clone(),
            nonce,
            gas,
            fee,
            hash: alloy_primitives::keccak256(&raw).0,
            raw,
            time_ms: now_ms,
        })
    }

    fn note(&mut self, signed: Signed, handed_ms: Option<u64>) {
        let flight = self.flights.entry(signed.nonce).or_insert_with(|| Flight {
            order: signed.order.clone(),
            versions: Vec::new(),
            handed_ms: None,
            signed_ms: 0,
            standing: Standing::Waiting,
            used_at: None,
        });
        (flight.handed_ms, flight.signed_ms) = (handed_ms, signed.time_ms);
        flight.versions.push(signed);
    }
}
