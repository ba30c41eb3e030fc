//! What the operations on contracts need of a chain: the devnet has it, and so has another's chain.

use crate::deployment::{self, LOG_ID};
use crate::devnet::{CHAIN_ID, GAS_CAP, Log, Receipt};
use crate::remote::Remote;
use crate::{Chain, Devnet, Error, Signer, Wallet, suite, wallet};

/// A transaction to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// The contract.
    pub to: [u8; 20],
    /// ABI-encoded call.
    pub calldata: Vec<u8>,
    /// What it is for; the call itself says it where there is none. While one with this label is on
    /// its way, no other is signed.
    pub label: Option<String>,
}

/// A chain that contracts stand on.
pub trait Backend {
    /// EIP-155 number.
    fn chain_id(&self) -> u64;

    /// The public log whose epochs are settled, as in signed statements.
    fn log_id(&self) -> [u8; 32] {
        LOG_ID
    }

    /// Calls a view function as the chain stands, and returns its ABI-encoded answer.
    fn ask(&self, to: [u8; 20], calldata: Vec<u8>) -> Result<Vec<u8>, Error>;

    /// The block up to which events are shown: nobody takes it back.
    fn settled_height(&self) -> u64;

    /// The same as of that block.
    fn ask_settled(&self, to: [u8; 20], calldata: Vec<u8>) -> Result<Vec<u8>, Error> {
        self.ask(to, calldata)
    }

    /// Whether a contract that stands there as of that block was made by this code, its arguments
    /// included: then nothing else ever ran before it.
    fn was_made(&self, contract: [u8; 20], code: &[u8]) -> Result<bool, Error>;

    /// Where [`Backend::put`] puts what this code creates.
    fn place(&self, _: &Wallet, code: &[u8]) -> [u8; 20] {
        suite::place(code)
    }

    /// Puts a contract there, unless it stands there already. The devnet takes it from `maker`, a
    /// key that sends nothing else; elsewhere the factory makes it, and the relay key pays.
    ///
    /// # Errors
    /// As for [`Backend::act`].
    fn put(&mut self, maker: &Wallet, code: &[u8]) -> Result<[u8; 20], Error>;

    /// Sends in order, and returns what became of each; what a contract refused is not sent or
    /// stands in its receipt.
    ///
    /// # Errors
    /// With `waiting` where some are on their way: the same call later goes on, and sends nothing
    /// twice.
    fn act(&mut self, signer: &dyn Signer, acts: Vec<Act>) -> Result<Vec<Receipt>, Error>;

    /// The same, where one that is refused, or is on its way, keeps no other from being sent.
    ///
    /// # Errors
    /// Only where nothing can be sent.
    fn act_each(
        &mut self,
        signer: &dyn Signer,
        acts: Vec<Act>,
    ) -> Result<Vec<Result<Receipt, Error>>, Error> {
        Ok(self.act(signer, acts)?.into_iter().map(Ok).collect())
    }

    /// Shows the events of a contract that nobody takes back, in order, as long as `look` says so.
    fn each_log(&self, contract: [u8; 20], look: &mut dyn FnMut(&Log) -> bool)
    -> Result<(), Error>;

    /// Shows the events of all contracts behind a place, those of each in its order, and returns
    /// the place behind the last. The first place is 0.
    fn each_since(&self, place: usize, look: &mut dyn FnMut(&Log)) -> Result<usize, Error>;

    /// The chain in process.
    ///
    /// # Errors
    /// `Invalid` where it is somebody else's.
    fn local(&self) -> Result<&Devnet, Error> {
        Err(elsewhere())
    }

    /// The same, to send to.
    ///
    /// # Errors
    /// `Invalid` where it is somebody else's.
    fn local_mut(&mut self) -> Result<&mut Devnet, Error> {
        Err(elsewhere())
    }

    /// The calldata that a key once signed under a label, unless it is known to have taken effect.
    fn earlier(&self, signer: [u8; 20], label: &str) -> Option<Vec<u8>>;
}

/// A chain whose events can be dated.
pub trait Dated: Backend {
    /// Shows all events that were read, in order, each with the height of its block.
    fn each_placed(&self, look: &mut dyn FnMut(&Log, u64));

    /// When the block at a height was, in unix seconds.
    fn block_time_s(&self, height: u64) -> Result<u64, Error>;
}

impl Dated for Devnet {
    fn each_placed(&self, look: &mut dyn FnMut(&Log, u64)) {
        for receipt in self.receipts() {
            receipt.logs.iter().for_each(|log| look(log, receipt.block));
        }
    }

    fn block_time_s(&self, height: u64) -> Result<u64, Error> {
        let place = usize::try_from(height.saturating_sub(1)).ok();
        let receipt = place.and_then(|place| self.receipts().get(place));
        let none = || Error::invalid(format!("the chain has no block `{height}`"));
        Ok(receipt.ok_or_else(none)?.time_s)
    }
}

impl Backend for Devnet {
    fn chain_id(&self) -> u64 {
        CHAIN_ID
    }

    fn settled_height(&self) -> u64 {
        self.height()
    }

    fn was_made(&self, contract: [u8; 20], code: &[u8]) -> Result<bool, Error> {
        Ok(self.creation(contract) == Some(code))
    }

    fn place(&self, maker: &Wallet, _: &[u8]) -> [u8; 20] {
        deployment::place(maker)
    }

    fn put(&mut self, maker: &Wallet, code: &[u8]) -> Result<[u8; 20], Error> {
        deployment::put(self, maker, code)
    }

    fn ask(&self, to: [u8; 20], calldata: Vec<u8>) -> Result<Vec<u8>, Error> {
        self.call(to, calldata)
    }

    fn act(&mut self, signer: &dyn Signer, acts: Vec<Act>) -> Result<Vec<Receipt>, Error> {
        let first = self.nonce(signer.address());
        let signed = (first..).zip(acts);
        let raws: Result<Vec<_>, Error> = signed
            .map(|(nonce, act)| wallet::free(signer, (nonce, GAS_CAP), Some(act.to), act.calldata))
            .collect();
        self.send_many(&raws?)
    }

    fn each_log(
        &self,
        contract: [u8; 20],
        look: &mut dyn FnMut(&Log) -> bool,
    ) -> Result<(), Error> {
        self.logs_of(contract).all(look);
        Ok(())
    }

    fn each_since(&self, place: usize, look: &mut dyn FnMut(&Log)) -> Result<usize, Error> {
        let receipts = self.receipts();
        let new = receipts.get(place..).unwrap_or_default();
        new.iter().flat_map(|receipt| &receipt.logs).for_each(look);
        Ok(receipts.len())
    }

    fn local(&self) -> Result<&Devnet, Error> {
        Ok(self)
    }

    fn local_mut(&mut self) -> Result<&mut Devnet, Error> {
        Ok(self)
    }

    fn earlier(&self, _: [u8; 20], _: &str) -> Option<Vec<u8>> {
        None
    }
}

/// The chain of a node: which of them is said by the first entry of its log.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "a node has one, for as long as it runs"
)]
pub enum Ground {
    /// In process.
    Devnet(Devnet),
    /// Somebody else's.
    Remote(Box<Remote>),
    /// Somebody else's, and nobody has said where it is to be reached: the log can be read.
    Away(u64),
}

impl From<Chain> for Chain<Ground> {
    fn from(chain: Chain) -> Self {
        let Chain { devnet, deployment } = chain;
        Self {
            devnet: Ground::Devnet(devnet),
            deployment,
        }
    }
}

impl Ground {
    /// The chain in process, where it is one.
    pub fn devnet(&mut self) -> Result<&mut Devnet, Error> {
        match self {
            Self::Devnet(devnet) => Ok(devnet),
            Self::Remote(_) | Self::Away(_) => Err(elsewhere()),
        }
    }

    /// Somebody else's chain, where it is one.
    pub fn remote(&mut self) -> Option<&mut Remote> {
        match self {
            Self::Remote(remote) => Some(remote),
            Self::Devnet(_) | Self::Away(_) => None,
        }
    }

    /// The time of the devnet's next block in unix seconds; 0 for other chains, which have their
    /// own.
    pub fn time_s(&self) -> u64 {
        match self {
            Self::Devnet(devnet) => devnet.time_s(),
            Self::Remote(_) | Self::Away(_) => 0,
        }
    }

    /// The time of the block up to which events are shown, in unix seconds; `None` before it was
    /// looked at.
    pub fn settled_s(&self) -> Option<u64> {
        match self {
            Self::Devnet(devnet) => Some(devnet.time_s()),
            Self::Remote(remote) => remote.settled_s(),
            Self::Away(_) => None,
        }
    }

    /// Has the events of these contracts shown, too; whether all that they have done is. The devnet
    /// shows all that it has.
    ///
    /// # Errors
    /// `Unavailable` where the server does not answer for the past.
    pub fn attend(&mut self, contracts: &[[u8; 20]]) -> Result<bool, Error> {
        match self {
            Self::Remote(remote) => remote.history().attend(contracts),
            Self::Devnet(_) | Self::Away(_) => Ok(true),
        }
    }

    /// Forgets the events of a contract: what server they came from has left some out. Places of
    /// events are others from then on.
    ///
    /// # Errors
    /// `Unavailable` where that cannot be written down.
    pub fn forget(&mut self, contract: [u8; 20]) -> Result<(), Error> {
        match self {
            Self::Remote(remote) => remote.history().forget(contract),
            Self::Devnet(_) | Self::Away(_) => Ok(()),
        }
    }

    fn inner(&self) -> Result<&dyn Backend, Error> {
        match self {
            Self::Devnet(devnet) => Ok(devnet),
            Self::Remote(remote) => Ok(&**remote),
            Self::Away(id) => Err(away(*id)),
        }
    }
}

impl Backend for Ground {
    fn chain_id(&self) -> u64 {
        match self {
            Self::Devnet(devnet) => devnet.chain_id(),
            Self::Remote(remote) => remote.chain_id(),
            Self::Away(id) => *id,
        }
    }

    fn log_id(&self) -> [u8; 32] {
        self.inner().map_or(LOG_ID, Backend::log_id)
    }

    fn ask(&self, to: [u8; 20], calldata: Vec<u8>) -> Result<Vec<u8>, Error> {
        self.inner()?.ask(to, calldata)
    }

    fn settled_height(&self) -> u64 {
        self.inner().map_or(0, Backend::settled_height)
    }

    fn ask_settled(&self, to: [u8; 20], calldata: Vec<u8>) -> Result<Vec<u8>, Error> {
        self.inner()?.ask_settled(to, calldata)
    }

    fn was_made(&self, contract: [u8; 20], code: &[u8]) -> Result<bool, Error> {
        self.inner()?.was_made(contract, code)
    }

    fn place(&self, maker: &Wallet, code: &[u8]) -> [u8; 20] {
        match self {
            Self::Devnet(devnet) => devnet.place(maker, code),
            Self::Remote(_) | Self::Away(_) => suite::place(code),
        }
    }

    fn put(&mut self, maker: &Wallet, code: &[u8]) -> Result<[u8; 20], Error> {
        match self {
            Self::Devnet(devnet) => devnet.put(maker, code),
            Self::Remote(remote) => remote.put(maker, code),
            Self::Away(id) => Err(away(*id)),
        }
    }

    fn act_each(
        &mut self,
        signer: &dyn Signer,
        acts: Vec<Act>,
    ) -> Result<Vec<Result<Receipt, Error>>, Error> {
        match self {
            Self::Devnet(devnet) => devnet.act_each(signer, acts),
            Self::Remote(remote) => remote.act_each(signer, acts),
            Self::Away(id) => Err(away(*id)),
        }
    }

    fn act(&mut self, signer: &dyn Signer, acts: Vec<Act>) -> Result<Vec<Receipt>, Error> {
        match self {
            Self::Devnet(devnet) => devnet.act(signer, acts),
            Self::Remote(remote) => remote.act(signer, acts),
            Self::Away(id) => Err(away(*id)),
        }
    }

    fn each_log(
        &self,
        contract: [u8; 20],
        look: &mut dyn FnMut(&Log) -> bool,
    ) -> Result<(), Error> {
        self.inner()?.each_log(contract, look)
    }

    fn each_since(&self, place: usize, look: &mut dyn FnMut(&Log)) -> Result<usize, Error> {
        self.inner()?.each_since(place, look)
    }

    fn local(&self) -> Result<&Devnet, Error> {
        self.inner()?.local()
    }

    fn local_mut(&mut self) -> Result<&mut Devnet, Error> {
        self.devnet()
    }

    fn earlier(&self, signer: [u8; 20], label: &str) -> Option<Vec<u8>> {
        self.inner().ok()?.earlier(signer, label)
    }
}

fn elsewhere() -> Error {
    Error::invalid(
        "this node settles on a chain that others run, too\nhint: send transactions to that chain, \
         and deposit its real tokens",
    )
}

fn away(id: u64) -> Error {
    Error::invalid(format!(
        "this log settles on chain `{id}`, and the node was not told how to reach it\nhint: name \
         its server and the keys in `[chain]`, or in `[[chains]]` where it joined later, as \
         docs/operate/chain.md says"
    ))
}
