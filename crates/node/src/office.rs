//! The operator's part: rounds, scores, deposits and epochs, through a door to the log.

use crate::Error;
use crate::beside::Kept;
use crate::door::{Door, Order};
use crate::round::Desks;
use crate::settling::Standing;
use chain::{Ground, Signer};
use ledger::chain::FIRST;
use protocol::{Amount, ChainIndex, Command};
use std::sync::Arc;

/// The chain of a node, whichever it is, and the contracts on it.
pub type Settling = chain::Chain<Ground>;

/// Opens a chain by its number once more; `None` where nobody says how to reach it.
pub type Opener = Box<dyn FnMut(u64) -> Result<Option<Settling>, chain::Error> + Send>;

/// What the operator signs on the chain, each with a key of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Posts epochs.
    Post,
    /// Debits deposits.
    Debit,
    /// Pays for what anybody may send: finality, release, claims, refunds.
    Relay,
}

/// What the operator works with, besides the log behind the door.
pub struct Office<D> {
    pub(crate) door: D,
    /// The first entry's.
    pub(crate) chain: Settling,
    /// Those that joined later, in that order.
    pub(crate) further: Vec<Settling>,
    /// How each of them is doing, the first one too.
    pub(crate) standings: Vec<Standing>,
    /// For those that could not be reached at the start.
    pub(crate) opener: Option<Opener>,
    pub(crate) desks: Desks,
    /// What is remembered of stakes and votes.
    pub(crate) beside: Kept,
}

impl<D: Door> Office<D> {
    /// The chain of the first entry.
    pub fn chain(&self) -> &Settling {
        &self.chain
    }

    /// The chain, for wallets other than the operator's.
    pub fn chain_mut(&mut self) -> &mut Settling {
        &mut self.chain
    }

    /// An office with all it needs; the desks agree with what the door will catch up from.
    pub fn new(door: D, chain: Settling, desks: Desks) -> Self {
        Self {
            door,
            chain,
            further: Vec::new(),
            standings: vec![Standing::default()],
            opener: None,
            desks,
            beside: Kept::default(),
        }
    }

    /// The way to the log.
    pub fn door(&self) -> &D {
        &self.door
    }

    /// The devnet's clock goes by the log's. Another's chain has its own: what is final there is
    /// read here, and what has become of transactions. False where nothing can have changed, as it
    /// was looked at just before.
    pub fn follow_time(&mut self) -> Result<bool, Error> {
        self.follow_time_on(FIRST)
    }

    pub(crate) fn follow_time_on(&mut self, chain: ChainIndex) -> Result<bool, Error> {
        let now_s = self.door.now_ms() / 1_000;
        match &mut self.on_mut(chain)?.devnet {
            Ground::Devnet(devnet) => {
                let time_s = now_s.max(devnet.time_s());
                devnet.set_time(time_s)?;
                Ok(true)
            }
            Ground::Remote(remote) => Ok(remote.turn()?),
            Ground::Away(_) => Ok(false),
        }
    }

    /// Reads what is new on a chain, and credits it. False where nothing can be new, and where more
    /// is left to read than a look has time for.
    pub fn follow_chain(&mut self, chain: ChainIndex) -> Result<bool, Error> {
        if self.is_away(chain) {
            self.reopen(chain)?;
        }
        let looked = self.follow_time_on(chain)?;
        self.credit_on(chain)?;
        // Everybody may ask another's chain for a refund; the devnet takes none from strangers.
        if looked && self.on_mut(chain)?.devnet.remote().is_some() {
            self.note_refunds_on(chain)?;
        }
        Ok(looked)
    }

    /// What keeps transactions on another's chain from going on, for people.
    pub fn chain_problems(&mut self) -> Option<String> {
        let all = [&mut self.chain].into_iter().chain(&mut self.further);
        let remotes = all.filter_map(|chain| chain.devnet.remote());
        let problems: Vec<String> = remotes.flat_map(|remote| remote.problems()).collect();
        (!problems.is_empty()).then(|| problems.join("; "))
    }

    /// Who signs in a role on a chain: on the devnet keys that follow from the node's own,
    /// elsewhere those that the operator has named.
    pub(crate) fn signer(&self, chain: ChainIndex, role: Role) -> Arc<dyn Signer> {
        if let Ok(Ground::Remote(remote)) = self.on(chain).map(|chain| &chain.devnet) {
            let roles = remote.roles();
            return Arc::clone(match role {
                Role::Post => &roles.post,
                Role::Debit => &roles.debit,
                Role::Relay => &roles.relay,
            });
        }
        Arc::new(self.door.keys().wallet(match role {
            Role::Post => "poster",
            Role::Debit => "debitor",
            Role::Relay => "relayer",
        }))
    }

    /// Puts a stranger's transaction into the devnet's next block, durable, if it does nothing that
    /// the operator could not deal with and makes no more test money than this. It may revert.
    pub fn relay(&mut self, raw: &[u8], most_minted: Amount) -> Result<[u8; 32], Error> {
        self.follow_time()?;
        let deployment = &self.chain.deployment;
        let devnet = self.chain.devnet.devnet()?;
        devnet.permits(deployment, raw, most_minted.units())?;
        let sent = devnet.send_many(&[raw.to_vec()])?;
        Ok(sent.first().map_or([0; 32], |receipt| receipt.tx_hash))
    }

    /// Signs and submits a command of the operator.
    pub(crate) fn operate(
        &mut self,
        doing: &'static str,
        order: impl Into<Order>,
    ) -> Result<u64, Error> {
        let entries = self.operate_many(doing, vec![order.into()])?;
        Ok(entries[0])
    }

    /// Signs and submits commands of the operator that become durable together.
    pub(crate) fn operate_many(
        &mut self,
        doing: &'static str,
        orders: Vec<Order>,
    ) -> Result<Vec<u64>, Error> {
        let entries = self.door.carry_out(doing, orders)?;
        self.door.catch_up(&mut self.desks)?;
        Ok(entries)
    }
}

/// Orders with nothing beside them.
pub(crate) fn plain(commands: impl IntoIterator<Item = Command>) -> Vec<Order> {
    commands.into_iter().map(Order::from).collect()
}
