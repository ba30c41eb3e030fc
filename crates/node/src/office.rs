//! The operator's part: rounds, scores, deposits and epochs, through a door to the log.

use crate::Error;
use crate::door::{Door, Order};
use crate::round::Desks;
use protocol::{Amount, Command};

/// What the operator works with, besides the log behind the door.
pub struct Office<D> {
    pub(crate) door: D,
    pub(crate) chain: chain::Chain,
    pub(crate) desks: Desks,
}

impl<D: Door> Office<D> {
    /// The chain the node settles on.
    pub fn chain(&self) -> &chain::Chain {
        &self.chain
    }

    /// The chain, for wallets other than the operator's.
    pub fn chain_mut(&mut self) -> &mut chain::Chain {
        &mut self.chain
    }

    /// An office with all it needs; the desks agree with what the door will catch up from.
    pub fn new(door: D, chain: chain::Chain, desks: Desks) -> Self {
        Self { door, chain, desks }
    }

    /// The way to the log.
    pub fn door(&self) -> &D {
        &self.door
    }

    /// The devnet's clock goes by the log's.
    pub fn follow_time(&mut self) -> Result<(), Error> {
        let time_s = (self.door.now_ms() / 1_000).max(self.chain.devnet.time_s());
        Ok(self.chain.devnet.set_time(time_s)?)
    }

    /// Puts a stranger's transaction into the devnet's next block, durable, if it does nothing that
    /// the operator could not deal with and makes no more test money than this. It may revert.
    pub fn relay(&mut self, raw: &[u8], most_minted: Amount) -> Result<[u8; 32], Error> {
        self.follow_time()?;
        self.chain.permits(raw, most_minted.units())?;
        let sent = self.chain.devnet.send_many(&[raw.to_vec()])?;
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
