//! The chains that a node settles on: which of them is which, how each is doing, and who joins.

use crate::Error;
use crate::door::Door;
use crate::office::{Office, Settling};
use chain::Backend as _;
use chain::error::ErrorKind;
use ledger::State;
use ledger::chain::{FIRST, Site};
use protocol::chain::{Contracts, FurtherChain};
use protocol::{Address, ChainIndex, Command};
use store::claims::Claims;

/// How long a chain that does not answer is left alone at first, in milliseconds; twice as long
/// after each further failure.
const REST_MS: u64 = 1_000;
/// Most times that this doubles: about a minute.
const MOST_DOUBLINGS: u32 = 6;

/// How a chain is doing, as far as this process has seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standing {
    /// Why it does not go on, for people.
    problem: Option<String>,
    /// How often it has not answered, one time after the other.
    failures: u32,
    /// Until when it is left alone, so that the others need not wait for it.
    rests_until_ms: u64,
    /// Epochs from before it joined that are known to be final on it.
    pub(crate) through: u64,
}

/// A chain of a log as pages and commands show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// EIP-155 number.
    pub chain_id: u64,
    /// The Settlement there.
    pub settlement: Address,
    /// The Escrow there.
    pub escrow: Address,
    /// The tokens it pays.
    pub tokens: Vec<Address>,
    /// The number in the log of its first token; the others follow.
    pub first_token: u16,
    /// Deposits on it that the log has credited.
    pub deposits: u64,
    /// Epochs whose money is released on it, those before it joined among them.
    pub released: u64,
    /// Epochs that another chain has released and this one has not.
    pub behind: u64,
}

/// All chains of a log, the first entry's first.
pub fn shown(state: &State) -> Vec<Shown> {
    let released = |site: &Site<'_>| state.released_on(site.chain);
    let furthest = state.sites().map(|site| released(&site)).max().unwrap_or(0);
    let show = |site: Site<'_>| Shown {
        chain_id: site.chain_id,
        settlement: site.settlement,
        escrow: site.escrow,
        tokens: site.tokens.to_vec(),
        first_token: site.first.0,
        deposits: state.deposits_on(site.chain),
        released: released(&site),
        behind: furthest - released(&site),
    };
    state.sites().map(show).collect()
}

/// The contracts of a chain as the log names them.
pub fn deployment(site: &Site<'_>) -> chain::Deployment {
    chain::Deployment {
        tokens: site.tokens.iter().map(|token| token.0).collect(),
        settlement: site.settlement.0,
        escrow: site.escrow.0,
    }
}

impl<D: Door> Office<D> {
    /// The chains at hand, the first entry's first.
    pub fn chains(&self) -> impl Iterator<Item = ChainIndex> + use<D> {
        let last = u16::try_from(self.further.len()).expect("a log has few chains");
        (0..=last).map(ChainIndex)
    }

    /// One of the chains.
    ///
    /// # Errors
    /// `Corrupt` where the log has fewer.
    pub fn on(&self, chain: ChainIndex) -> Result<&Settling, Error> {
        match chain.index().checked_sub(1) {
            None => Ok(&self.chain),
            Some(place) => self.further.get(place).ok_or_else(unknown),
        }
    }

    /// The same, for wallets other than the operator's too.
    ///
    /// # Errors
    /// As [`Office::on`].
    pub fn on_mut(&mut self, chain: ChainIndex) -> Result<&mut Settling, Error> {
        match chain.index().checked_sub(1) {
            None => Ok(&mut self.chain),
            Some(place) => self.further.get_mut(place).ok_or_else(unknown),
        }
    }

    /// Settles on further chains from here on. One that the log does not name joins it, for good;
    /// one that it names and nobody gives waits until it is given again.
    ///
    /// # Errors
    /// `Corrupt` where the log names other contracts on the same chain.
    pub fn join(&mut self, given: Vec<Settling>) -> Result<(), Error> {
        for settling in &given {
            let id = settling.devnet.chain_id();
            let named = {
                let state = self.door.state();
                let mut sites = state.sites();
                sites
                    .find(|it| it.chain_id == id)
                    .map(|it| (it.chain, deployment(&it)))
            };
            match named {
                Some((chain, own)) if chain != FIRST && own == settling.deployment => {}
                Some((_, own)) => return Err(other(id, &own)),
                None => self.join_one(settling)?,
            }
        }
        let named: Vec<_> = {
            let state = self.door.state();
            let further = state.sites().skip(1);
            further
                .map(|site| (site.chain_id, deployment(&site)))
                .collect()
        };
        let mut given = given;
        self.further.clear();
        for (id, own) in named {
            let place = given.iter().position(|it| it.devnet.chain_id() == id);
            let settling = place.map(|place| given.swap_remove(place));
            self.further
                .push(settling.unwrap_or_else(|| Settling::away(id, own)));
        }
        self.standings
            .resize_with(self.further.len() + 1, Standing::default);
        Ok(())
    }

    fn join_one(&mut self, settling: &Settling) -> Result<(), Error> {
        // A file of leaves that a crash has left says what is owed without this chain.
        self.finish_closing()?;
        let contracts = &settling.deployment;
        let join = FurtherChain::Join(Contracts {
            chain_id: settling.devnet.chain_id(),
            settlement: Address(contracts.settlement),
            escrow: Address(contracts.escrow),
            tokens: contracts.tokens.iter().copied().map(Address).collect(),
        });
        self.operate("settle on a further chain", Command::FurtherChain(join))?;
        Ok(())
    }

    /// Closes the epoch whose file of leaves is there and which the log does not know.
    pub(crate) fn finish_closing(&mut self) -> Result<(), Error> {
        let next = self.next_epoch();
        if Claims::new(self.door.files()).read(next.0)?.is_some() {
            let (id, statement) = self.write_claims()?;
            self.log_epoch(id, &statement)?;
        }
        Ok(())
    }

    /// What has become of something on a chain: `None`, and a problem of that chain alone, where it
    /// has not worked there. One that does not answer is left alone for a while.
    ///
    /// # Errors
    /// All that is not of the chain.
    pub(crate) fn noted<T>(
        &mut self,
        chain: ChainIndex,
        outcome: Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let now_ms = self.door.now_ms();
        let alone = self.further.is_empty();
        let standing = &mut self.standings[chain.index()];
        match outcome {
            Ok(found) => {
                (standing.problem, standing.failures) = (None, 0);
                Ok(Some(found))
            }
            Err(Error::Chain(error)) if error.waiting => Ok(None),
            Err(Error::Chain(error)) => {
                standing.problem = Some(error.to_string());
                if error.kind == ErrorKind::Unavailable && !alone {
                    let doublings = standing.failures.min(MOST_DOUBLINGS);
                    standing.failures += 1;
                    standing.rests_until_ms = now_ms + (REST_MS << doublings);
                }
                Ok(None)
            }
            Err(error @ Error::Rejected { .. }) => {
                standing.problem = Some(error.to_string());
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// True while a chain is left alone, since it has just not answered.
    pub(crate) fn rests(&self, chain: ChainIndex) -> bool {
        self.door.now_ms() < self.standings[chain.index()].rests_until_ms
    }

    /// What people should know of each chain where there are several: why it does not go on, and
    /// how far it is behind. `None` where all is well.
    pub fn chain_words(&self) -> Option<String> {
        if self.further.is_empty() {
            return None;
        }
        let shown = shown(&self.door.state());
        let pairs = shown.iter().zip(&self.standings);
        let all: Vec<String> = pairs.filter_map(|(it, own)| words(it, own)).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    /// Remembers that an epoch is at its end on a chain, though the log may not say so: it notes
    /// none from before the chain joined.
    pub(crate) fn passed(&mut self, chain: ChainIndex, epoch: u64) {
        self.standings[chain.index()].through = epoch;
    }
}

/// Epochs that a chain may be behind before that is told as a problem: windows differ.
const USUAL_LAG: u64 = 4;

fn words(shown: &Shown, standing: &Standing) -> Option<String> {
    let Shown {
        chain_id, behind, ..
    } = shown;
    let lag = match behind {
        0 => String::new(),
        1 => ", and it is 1 epoch behind".to_owned(),
        more => format!(", and it is {more} epochs behind"),
    };
    match &standing.problem {
        Some(problem) => Some(format!("chain {chain_id}: {problem}{lag}")),
        None if *behind > USUAL_LAG => Some(format!(
            "chain {chain_id} is {behind} epochs behind the others"
        )),
        None => None,
    }
}

fn unknown() -> Error {
    Error::Corrupt("the log does not settle on this chain".to_owned())
}

fn other(id: u64, own: &chain::Deployment) -> Error {
    let place = Address(own.settlement);
    Error::Corrupt(format!(
        "this log settles with `0x{place}` on chain `{id}`, and that chain was given once more or \
         with other contracts\nhint: each chain of a log has one pair of contracts, for good"
    ))
}
