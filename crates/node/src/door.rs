//! How the operator's part reaches a log: one of its own, or that of a running node.

use crate::round::Desks;
use crate::{Error, Keyring};
use ledger::State;
use proof::Checkpoint;
use protocol::Command;
use std::ops::Deref;
use std::sync::Arc;
use store::Files;

/// A command of the operator with what must become durable beside it.
#[derive(Clone, Debug)]
pub struct Order {
    /// What is to be done.
    pub command: Command,
    /// The private body.
    pub body: Vec<u8>,
    /// Documents that the command names.
    pub attachments: Vec<Vec<u8>>,
}

impl From<Command> for Order {
    /// With nothing beside it.
    fn from(command: Command) -> Self {
        Self {
            command,
            body: Vec::new(),
            attachments: Vec::new(),
        }
    }
}

/// A log that takes orders. After an order all that [`Door::state`] shows rests on it.
pub trait Door {
    /// The state while it is looked at.
    type Look<'a>: Deref<Target = State>
    where
        Self: 'a;

    /// Everything durable. Keep it short: a running node's new entries wait meanwhile.
    fn state(&self) -> Self::Look<'_>;

    /// Signs orders with the operator's key, decides them in turn, and returns their entries once
    /// they are durable. A refused one is an error; the others stand.
    fn carry_out(&mut self, doing: &'static str, orders: Vec<Order>) -> Result<Vec<u64>, Error>;

    /// Publishes everything durable.
    fn publish(&mut self) -> Result<Checkpoint, Error>;

    /// Brings what lies behind the seals of open rounds up to the state.
    fn catch_up(&mut self, desks: &mut Desks) -> Result<(), Error>;

    /// The operator's keys.
    fn keys(&self) -> &Keyring;

    /// The files of the log.
    fn files(&self) -> Arc<dyn Files>;

    /// Milliseconds since 1970.
    fn now_ms(&self) -> u64;

    /// Lets time pass where this can be done by saying so; false where the time is not there yet.
    fn reach(&mut self, time_ms: u64) -> bool;
}
