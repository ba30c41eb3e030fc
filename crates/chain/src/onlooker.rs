//! Somebody else's chain as it is at one block, for whoever reads it and sends nothing.

mod pace;

use crate::backend::{Act, Backend, Dated};
use crate::contract::{self, Escrow, Settlement};
use crate::devnet::{Log, Receipt};
use crate::endpoint::answer::Place;
use crate::endpoint::{At, Endpoint};
use crate::{Chain, Error, Signer, Wallet, suite};
pub use pace::{Pace, Step};

/// So many of the newest blocks are read again at each look: a chain takes no more back.
const OVERLAP: u64 = 256;
/// How often a chain is looked at that goes on while it is asked.
const ATTEMPTS: u32 = 3;

/// A chain behind an endpoint, with all events of its contracts up to a block.
#[derive(Debug)]
pub struct Onlooker {
    endpoint: Endpoint,
    chain_id: u64,
    /// Whose events are read.
    contracts: Vec<[u8; 20]>,
    /// The first block that is read.
    from_block: u64,
    /// Every question is answered as of this block, so that the answers fit each other.
    end: Place,
    /// Each with the height of its block.
    logs: Vec<(u64, Log)>,
    pace: Pace,
}

impl Chain<Onlooker> {
    /// Reads the events from `from_block` on of the contracts behind a Settlement, whose code must
    /// be ours, and of those `beside` it, and then asks what is wanted as of the newest block. A
    /// server that keeps little of the past, or a chain that takes that block back, is asked anew.
    /// What takes long is read part by part, and `pace` tells in between how far it is.
    ///
    /// # Errors
    /// `Invalid` where other code stands there; `Unavailable` where the server is away or leaves
    /// something out; and those of `asked`.
    pub fn look<T, E: From<Error>>(
        endpoint: Endpoint,
        (settlement, from_block): ([u8; 20], u64),
        beside: &[[u8; 20]],
        pace: Pace,
        asked: impl Fn(&Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let deployment = suite::found(&endpoint, settlement)?;
        let pot = [deployment.settlement, deployment.escrow];
        let contracts = pot.iter().chain(beside).copied().collect();
        let devnet = Onlooker::begin(endpoint, contracts, from_block, pace)?;
        let mut chain = Self { devnet, deployment };
        // The history may take long, and what is asked about its end must be asked at once.
        chain.devnet.go_on()?;
        let mut attempt = 0;
        loop {
            attempt += 1;
            chain.devnet.go_on()?;
            let whole = chain.check_whole(from_block);
            let found = whole.map_err(E::from).and_then(|()| asked(&chain));
            let last = attempt == ATTEMPTS;
            match chain.devnet.stands()? {
                true if found.is_ok() || last => return found,
                false if last => {
                    let why = "the chain changed while it was read\nhint: try again";
                    return Err(Error::busy(why).into());
                }
                _ => {}
            }
        }
    }

    /// The contracts number deposits and epochs without gaps: every number must have been
    /// announced. What payments come to, the contract says itself.
    fn check_whole(&self, from_block: u64) -> Result<(), Error> {
        // What stands beside them may leave anything.
        let logs = |of: [u8; 20]| {
            let logs = self.devnet.logs.iter().map(|(_, log)| log);
            logs.filter(move |log| log.address == of)
        };
        let opened = logs(self.deployment.escrow).filter_map(contract::event::<Escrow::Opened>);
        let posted = logs(self.deployment.settlement);
        let posted = posted.filter_map(contract::event::<Settlement::Posted>);
        if opened.map(|it| it.id).eq(1..=self.last_deposit()?)
            && posted.map(|it| it.id).eq(1..=self.last_id()?)
        {
            return Ok(());
        }
        Err(Error::busy(format!(
            "`{}` leaves out events of the contracts, or the first are before block \
             {from_block}\nhint: begin at the block in which they were deployed, or use another \
             server",
            self.devnet.endpoint.server()
        )))
    }
}

impl Onlooker {
    /// Before the first block that is read.
    fn begin(
        endpoint: Endpoint,
        contracts: Vec<[u8; 20]>,
        from_block: u64,
        pace: Pace,
    ) -> Result<Self, Error> {
        Ok(Self {
            chain_id: endpoint.chain_id()?,
            endpoint,
            contracts,
            from_block,
            end: Place {
                height: from_block,
                hash: [0; 32],
            },
            logs: Vec::new(),
            pace,
        })
    }

    /// Reads on up to the newest block.
    fn go_on(&mut self) -> Result<(), Error> {
        let newest = self.endpoint.block(At::Latest)?;
        let newest = newest.ok_or_else(|| {
            let server = self.endpoint.server();
            Error::busy(format!("`{server}` has no blocks yet\nhint: try later"))
        });
        let end = newest?.place;
        let from = self.end.height.saturating_sub(OVERLAP);
        let from = from.max(self.from_block);
        self.logs.retain(|(height, _)| *height < from);
        let mut next = from;
        while next <= end.height {
            let heights = (next, end.height);
            let part = self
                .endpoint
                .part(heights, &self.contracts, self.pace.time());
            let part = part.map_err(|error| self.stuck(heights, error))?;
            let seen = part.seen.into_iter();
            let seen = seen.map(|it| (it.place.height, it.log));
            self.logs.extend(seen);
            next = part.next;
            if next <= end.height {
                let (read, last) = (next.saturating_sub(1), end.height);
                self.pace.tell(Step::Events { read, last });
            }
        }
        self.end = end;
        Ok(())
    }

    /// What could not be read, and what to do about it: of what was read before, nothing is kept.
    fn stuck(&self, (next, last): (u64, u64), error: Error) -> Error {
        let why = error.doing.split("\nhint: ").next().unwrap_or_default();
        let from = self.from_block;
        Error {
            doing: format!(
                "the contracts' events from block `{next}` to `{last}` could not be read: {why}\n\
                 hint: try again later, or use another server; reading began at block `{from}`, \
                 and need not begin before the one in which the contracts were deployed"
            ),
            ..error
        }
    }

    /// Whether the chain still has the block that it was asked about.
    fn stands(&self) -> Result<bool, Error> {
        Ok(self.endpoint.stands(self.end)? == Some(true))
    }
}

impl Backend for Onlooker {
    fn chain_id(&self) -> u64 {
        self.chain_id
    }

    fn ask(&self, to: [u8; 20], calldata: Vec<u8>) -> Result<Vec<u8>, Error> {
        let at = At::Height(self.end.height);
        let answer = self.endpoint.call(to, &calldata, at);
        self.pace.answered();
        answer
    }

    fn settled_height(&self) -> u64 {
        self.end.height
    }

    fn was_made(&self, contract: [u8; 20], code: &[u8]) -> Result<bool, Error> {
        let at = At::Height(self.end.height);
        let own = suite::place(code) == contract;
        Ok(own && !self.endpoint.code(contract, at)?.is_empty())
    }

    fn put(&mut self, _: &Wallet, _: &[u8]) -> Result<[u8; 20], Error> {
        Err(looked_at())
    }

    fn act(&mut self, _: &dyn Signer, _: Vec<Act>) -> Result<Vec<Receipt>, Error> {
        Err(looked_at())
    }

    fn each_log(
        &self,
        contract: [u8; 20],
        look: &mut dyn FnMut(&Log) -> bool,
    ) -> Result<(), Error> {
        let logs = self.logs.iter().map(|(_, log)| log);
        logs.filter(|log| log.address == contract).all(look);
        Ok(())
    }

    fn each_since(&self, place: usize, look: &mut dyn FnMut(&Log)) -> Result<usize, Error> {
        let new = self.logs.get(place..).unwrap_or_default();
        new.iter().for_each(|(_, log)| look(log));
        Ok(self.logs.len())
    }

    fn earlier(&self, _: [u8; 20], _: &str) -> Option<Vec<u8>> {
        None
    }
}

impl Dated for Onlooker {
    fn each_placed(&self, look: &mut dyn FnMut(&Log, u64)) {
        self.logs
            .iter()
            .for_each(|(height, log)| look(log, *height));
    }

    fn block_time_s(&self, height: u64) -> Result<u64, Error> {
        let block = self.endpoint.block(At::Height(height))?;
        self.pace.answered();
        let server = self.endpoint.server();
        let why = || format!("`{server}` has no block `{height}`, whose events it has shown");
        Ok(block.ok_or_else(|| Error::busy(why()))?.time_s)
    }
}

fn looked_at() -> Error {
    Error::invalid("this chain is only looked at")
}
