//! Somebody else's chain as the ground a node settles on: final events in, each transaction once.

mod history;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use alloy_primitives::keccak256;

use crate::backend::{Act, Backend};
use crate::deployment::succeeded;
use crate::devnet::{Log, Receipt};
use crate::endpoint::answer::Included;
use crate::endpoint::{At, Endpoint, Finality, hexed};
use crate::sender::{FeeRule, Order, Standing};
use crate::{Deployment, Error, Sender, Signer, Wallet, suite};
pub use history::History;

/// The clock of whoever runs this.
pub trait Time: Send + Sync {
    /// Milliseconds of a clock that does not go back.
    fn now_ms(&self) -> u64;
    /// Lets time pass.
    fn pause(&self, milliseconds: u64);
}

/// Who signs what. Each is a key of its own: a stolen one does not stand for the others.
#[derive(Clone)]
pub struct Roles {
    /// Posts epochs and signs statements.
    pub post: Arc<dyn Signer>,
    /// Debits deposits.
    pub debit: Arc<dyn Signer>,
    /// Pays for what anybody may send: finality, release, claims, refunds.
    pub relay: Arc<dyn Signer>,
}

/// What is fixed for as long as the process runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// EIP-155 number that the server must have.
    pub chain_id: u64,
    /// Which blocks count.
    pub finality: Finality,
    /// The first block that may hold an event of the contracts.
    pub from_block: u64,
    /// What transactions may cost.
    pub fee: FeeRule,
    /// The log in signed statements, as the Settlement was deployed with it.
    pub log_id: [u8; 32],
    /// Time between looks at the chain, in milliseconds.
    pub poll_ms: u64,
    /// How long a call waits until its transactions are in a block, in milliseconds.
    pub patience_ms: u64,
}

/// A chain behind an endpoint.
pub struct Remote {
    endpoint: Endpoint,
    rules: Rules,
    roles: Roles,
    time: Arc<dyn Time>,
    directory: PathBuf,
    history: History,
    senders: BTreeMap<[u8; 20], Sender>,
    /// When it was last looked at the chain.
    looked_ms: Option<u64>,
}

impl fmt::Debug for Remote {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Remote({:?}, {:?})", self.endpoint, self.rules)
    }
}

impl Remote {
    /// Opens what is kept in `directory` of a chain whose contracts were checked.
    ///
    /// # Errors
    /// `Invalid` for a server of another chain; `Corrupt` for files that are damaged.
    pub fn open(
        directory: &Path,
        endpoint: Endpoint,
        (rules, roles): (Rules, Roles),
        time: Arc<dyn Time>,
        deployment: &Deployment,
    ) -> Result<Self, Error> {
        is_chain(&endpoint, rules.chain_id)?;
        let history = History::open(directory, &endpoint, &rules, deployment)?;
        let mut remote = Self {
            endpoint,
            rules,
            roles: roles.clone(),
            time,
            directory: directory.to_owned(),
            history,
            senders: BTreeMap::new(),
            looked_ms: None,
        };
        for signer in [roles.post, roles.debit, roles.relay] {
            remote.sender(&signer)?;
        }
        Ok(remote)
    }

    /// Who signs what.
    pub fn roles(&self) -> &Roles {
        &self.roles
    }

    /// The server, for questions of others.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Looks at the chain, unless that was just done: new final events, and what has become of
    /// transactions. True if it has looked and nothing final is left to read: whoever acts before
    /// could act upon what a later block has changed.
    ///
    /// # Errors
    /// `Unavailable` where the server is away, `Corrupt` once the chain is frozen.
    pub fn turn(&mut self) -> Result<bool, Error> {
        let now_ms = self.time.now_ms();
        let fresh = |looked: u64| now_ms.saturating_sub(looked) < self.rules.poll_ms;
        if self.looked_ms.is_some_and(fresh) {
            self.history.usable()?;
            return Ok(false);
        }
        self.look(now_ms)?;
        self.looked_ms = Some(now_ms);
        Ok(!self.history.is_behind())
    }

    /// The time of the newest block, in unix seconds.
    ///
    /// # Errors
    /// `Unavailable` where the server is away.
    pub fn now_s(&self) -> Result<u64, Error> {
        let newest = self.endpoint.block(At::Latest)?;
        Ok(newest.map_or(0, |newest| newest.time_s))
    }

    /// Sentences about what does not go on, transactions or the reading of events, for people.
    pub fn problems(&self) -> Vec<String> {
        let problems = self.senders.values().flat_map(Sender::problems);
        let problems = problems.map(str::to_owned);
        problems
            .chain(self.history.problem(&self.endpoint))
            .collect()
    }

    /// The time of the last final block that was read, in unix seconds; `None` before a look.
    pub fn settled_s(&self) -> Option<u64> {
        self.history.time_s()
    }

    /// The events that it has read.
    pub(crate) fn history(&mut self) -> &mut History {
        &mut self.history
    }

    fn look(&mut self, now_ms: u64) -> Result<(), Error> {
        let (rules, time) = (&self.rules, &*self.time);
        let last = self.history.follow(&self.endpoint, rules.finality, time)?;
        for sender in self.senders.values_mut() {
            sender.turn(last, now_ms)?;
        }
        Ok(())
    }

    fn sender(&mut self, signer: &Arc<dyn Signer>) -> Result<(), Error> {
        if self.senders.contains_key(&signer.address()) {
            return Ok(());
        }
        let chain = (self.endpoint.clone(), self.rules.chain_id);
        let sender = Sender::open(&self.directory, chain, Arc::clone(signer), self.rules.fee)?;
        self.senders.insert(signer.address(), sender);
        Ok(())
    }

    /// Sends one call, unless what it did is known.
    fn order(&mut self, key: [u8; 20], act: Act, label: &str, now_ms: u64) -> Result<(), Error> {
        let Some(sender) = self.senders.get_mut(&key) else {
            let key = hexed(&key);
            return Err(Error::invalid(format!("`{key}` is no key of this node")));
        };
        if sender.outcome(label).is_some() {
            return Ok(());
        }
        let order = Order {
            label: label.to_owned(),
            to: Some(act.to),
            calldata: act.calldata,
        };
        sender.send(order, now_ms)
    }

    /// What became of these, once that is known of all, or after waiting for as long as a call may.
    fn awaited(
        &mut self,
        key: [u8; 20],
        labels: &[&String],
        began_ms: u64,
    ) -> Result<Vec<Option<Included>>, Error> {
        loop {
            self.look(self.time.now_ms())?;
            let found: Vec<_> = labels.iter().map(|it| self.outcome(key, it)).collect();
            let waited_ms = self.time.now_ms().saturating_sub(began_ms);
            if found.iter().all(Option::is_some) || waited_ms >= self.rules.patience_ms {
                return Ok(found);
            }
            self.time
                .pause(self.rules.poll_ms.min(self.rules.patience_ms));
        }
    }

    /// What became of a call, as far as it is known.
    fn outcome(&self, key: [u8; 20], label: &str) -> Option<Included> {
        let sender = self.senders.get(&key)?;
        match sender.standing(label) {
            Some(Standing::Mined(included)) => Some(included.clone()),
            Some(Standing::Waiting) => None,
            None => sender.outcome(label).cloned(),
        }
    }

    /// It was told what became of a call.
    fn told(&mut self, key: [u8; 20], label: &str) {
        if let Some(sender) = self.senders.get_mut(&key) {
            sender.forget(label);
        }
    }

    fn receipt(&self, included: Included) -> Result<Receipt, Error> {
        let block = self.endpoint.block(At::Height(included.place.height))?;
        let (tx, server) = (hexed(&included.tx_hash), self.endpoint.server());
        let failed = format!("an error that the receipt of {tx} from {server} does not name");
        Ok(Receipt {
            tx_hash: included.tx_hash,
            block: included.place.height,
            time_s: block.map_or(0, |block| block.time_s),
            gas_used: included.gas_used,
            success: included.success,
            created: included.created,
            logs: included.logs,
            revert: (!included.success).then_some(failed),
        })
    }
}

impl Backend for Remote {
    fn chain_id(&self) -> u64 {
        self.rules.chain_id
    }

    fn log_id(&self) -> [u8; 32] {
        self.rules.log_id
    }

    fn ask(&self, to: [u8; 20], calldata: Vec<u8>) -> Result<Vec<u8>, Error> {
        self.endpoint.call(to, &calldata, At::Latest)
    }

    fn settled_height(&self) -> u64 {
        self.history.cursor().height
    }

    fn ask_settled(&self, to: [u8; 20], calldata: Vec<u8>) -> Result<Vec<u8>, Error> {
        self.history.usable()?;
        let at = At::Height(self.settled_height());
        self.endpoint.call(to, &calldata, at)
    }

    fn was_made(&self, contract: [u8; 20], code: &[u8]) -> Result<bool, Error> {
        let at = At::Height(self.settled_height());
        let own = suite::place(code) == contract;
        Ok(own && !self.endpoint.code(contract, at)?.is_empty())
    }

    fn put(&mut self, _: &Wallet, code: &[u8]) -> Result<[u8; 20], Error> {
        let place = suite::place(code);
        if !self.endpoint.code(place, At::Latest)?.is_empty() {
            return Ok(place);
        }
        suite::has_factory(&self.endpoint)?;
        // What does not stand there has done nothing.
        self.history.begin(place)?;
        let relay = Arc::clone(&self.roles.relay);
        let act = Act {
            to: suite::FACTORY,
            calldata: suite::making(code),
            label: None,
        };
        for receipt in self.act(&*relay, vec![act])? {
            succeeded(receipt, "the factory")?;
        }
        Ok(place)
    }

    fn act(&mut self, signer: &dyn Signer, acts: Vec<Act>) -> Result<Vec<Receipt>, Error> {
        self.history.usable()?;
        let (key, began_ms) = (signer.address(), self.time.now_ms());
        let labels: Vec<String> = acts.iter().map(label).collect();
        for (act, label) in acts.into_iter().zip(&labels) {
            self.order(key, act, label, began_ms)?;
        }
        let labels: Vec<&String> = labels.iter().collect();
        let found = self.awaited(key, &labels, began_ms)?;
        let Some(found) = found.into_iter().collect::<Option<Vec<_>>>() else {
            return Err(on_its_way());
        };
        labels.iter().for_each(|label| self.told(key, label));
        found.into_iter().map(|it| self.receipt(it)).collect()
    }

    fn act_each(
        &mut self,
        signer: &dyn Signer,
        acts: Vec<Act>,
    ) -> Result<Vec<Result<Receipt, Error>>, Error> {
        self.history.usable()?;
        let (key, began_ms) = (signer.address(), self.time.now_ms());
        let mut ordered = Vec::new();
        for act in acts {
            let label = label(&act);
            ordered.push(match self.order(key, act, &label, began_ms) {
                Ok(()) => Ok(label),
                Err(error) if error.waiting || error.revert.is_some() => Err(error),
                Err(error) => return Err(error),
            });
        }
        let labels: Vec<&String> = ordered.iter().flatten().collect();
        let mut found = self.awaited(key, &labels, began_ms)?.into_iter();
        let mut ended = Vec::new();
        for label in ordered {
            ended.push(label.and_then(|label| {
                let included = found.next().flatten().ok_or_else(on_its_way)?;
                let receipt = self.receipt(included)?;
                self.told(key, &label);
                Ok(receipt)
            }));
        }
        Ok(ended)
    }

    fn each_log(
        &self,
        contract: [u8; 20],
        look: &mut dyn FnMut(&Log) -> bool,
    ) -> Result<(), Error> {
        self.history.usable()?;
        let logs = self.history.logs().iter();
        logs.filter(|log| log.address == contract).all(look);
        Ok(())
    }

    fn each_since(&self, place: usize, look: &mut dyn FnMut(&Log)) -> Result<usize, Error> {
        self.history.usable()?;
        let logs = self.history.logs();
        let new = logs.get(place..).unwrap_or_default();
        new.iter().for_each(look);
        Ok(logs.len())
    }

    fn earlier(&self, signer: [u8; 20], label: &str) -> Option<Vec<u8>> {
        let order = self.senders.get(&signer)?.earlier(label)?;
        Some(order.calldata.clone())
    }
}

fn on_its_way() -> Error {
    Error::waiting("the transaction is on its way to the chain, and not in a block yet")
}

/// A call without a label is named by what it does.
fn label(act: &Act) -> String {
    let content = || hexed(&keccak256([&act.to[..], &act.calldata].concat()).0);
    act.label.clone().unwrap_or_else(content)
}

/// Refuses a server of another chain.
pub fn is_chain(endpoint: &Endpoint, chain_id: u64) -> Result<(), Error> {
    let found = endpoint.chain_id()?;
    if found == chain_id {
        return Ok(());
    }
    let server = endpoint.server();
    Err(Error::invalid(format!(
        "`{server}` is a server of chain `{found}`, not of `{chain_id}`\nhint: `chain.rpc_url` and \
         `chain.chain_id` must speak of one chain; nothing was sent"
    )))
}
