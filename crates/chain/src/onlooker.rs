//! Somebody else's chain as it is at one block, for whoever reads it once and sends nothing.

use crate::backend::{Act, Backend};
use crate::contract::{self, Escrow, Settlement};
use crate::devnet::{Log, Receipt};
use crate::endpoint::answer::Place;
use crate::endpoint::{At, Endpoint};
use crate::{Chain, Deployment, Error, Signer, suite};

/// A chain behind an endpoint, with all events of two contracts up to a block.
#[derive(Debug)]
pub struct Onlooker {
    endpoint: Endpoint,
    chain_id: u64,
    /// Every question is answered as of this block, so that the answers fit each other.
    end: Place,
    logs: Vec<Log>,
}

impl Chain<Onlooker> {
    /// Reads the events from `from_block` to the newest block of the contracts behind a Settlement,
    /// whose code must be ours.
    ///
    /// # Errors
    /// `Invalid` where other code stands there; `Unavailable` where the server is away or leaves
    /// something out.
    pub fn look(endpoint: Endpoint, settlement: [u8; 20], from_block: u64) -> Result<Self, Error> {
        let deployment = suite::found(&endpoint, settlement)?;
        let server = endpoint.server();
        let devnet = Onlooker::read(endpoint, &deployment, from_block)?;
        let chain = Self { devnet, deployment };
        if chain.is_whole()? {
            return Ok(chain);
        }
        Err(Error::busy(format!(
            "`{server}` leaves out events of the contracts, or the first are before block \
             {from_block}\nhint: begin at the block in which they were deployed, or use another \
             server"
        )))
    }

    /// The contracts number deposits and epochs without gaps: whether every number was announced.
    /// What payments come to, the contract says itself.
    fn is_whole(&self) -> Result<bool, Error> {
        let logs = || self.devnet.logs.iter();
        let opened = logs().filter_map(contract::event::<Escrow::Opened>);
        let posted = logs().filter_map(contract::event::<Settlement::Posted>);
        Ok(opened.map(|it| it.id).eq(1..=self.last_deposit()?)
            && posted.map(|it| it.id).eq(1..=self.last_id()?))
    }
}

impl Onlooker {
    fn read(endpoint: Endpoint, deployment: &Deployment, from_block: u64) -> Result<Self, Error> {
        let chain_id = endpoint.chain_id()?;
        let newest = endpoint.block(At::Latest)?;
        let newest = newest.ok_or_else(|| {
            let server = endpoint.server();
            Error::busy(format!("`{server}` has no blocks yet\nhint: try later"))
        });
        let end = newest?.place;
        let contracts = [deployment.settlement, deployment.escrow];
        let seen = endpoint.logs((from_block, end.height), &contracts)?;
        if endpoint.stands(end)? != Some(true) {
            let why = "the chain changed while it was read\nhint: try again";
            return Err(Error::busy(why));
        }
        Ok(Self {
            endpoint,
            chain_id,
            end,
            logs: seen.into_iter().map(|seen| seen.log).collect(),
        })
    }
}

impl Backend for Onlooker {
    fn chain_id(&self) -> u64 {
        self.chain_id
    }

    fn ask(&self, to: [u8; 20], calldata: Vec<u8>) -> Result<Vec<u8>, Error> {
        self.endpoint
            .call(to, &calldata, At::Height(self.end.height))
    }

    fn act(&mut self, _: &dyn Signer, _: Vec<Act>) -> Result<Vec<Receipt>, Error> {
        Err(Error::invalid("this chain is only looked at"))
    }

    fn each_log(
        &self,
        contract: [u8; 20],
        look: &mut dyn FnMut(&Log) -> bool,
    ) -> Result<(), Error> {
        let logs = self.logs.iter();
        logs.filter(|log| log.address == contract).all(look);
        Ok(())
    }

    fn earlier(&self, _: [u8; 20], _: &str) -> Option<Vec<u8>> {
        None
    }
}
