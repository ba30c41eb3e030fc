//! The chains that a node settles on: which of them is which, how each is doing, and who joins.

pub mod standing;

use crate::Error;
use crate::door::Door;
use crate::office::{Office, Opener, Settling};
use chain::error::ErrorKind;
use chain::{Backend as _, Ground};
use ledger::State;
use ledger::chain::{FIRST, Site};
use protocol::chain::{Contracts, FurtherChain};
use protocol::{Address, ChainIndex, Command};
pub(crate) use standing::{Standing, Stop};
use store::claims::Claims;

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
    /// one that it names and nobody gives waits until it is given or can be reached again. Returns
    /// a sentence about each that could not be asked and has not joined.
    ///
    /// # Errors
    /// `Corrupt` where a chain is given twice, where the log names other contracts on it, and where
    /// the contracts of a new one have been used.
    pub fn join(&mut self, mut given: Vec<Settling>) -> Result<Vec<String>, Error> {
        once_each(&given)?;
        let mut notices = Vec::new();
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
                None => match self.join_one(settling) {
                    Err(Error::Chain(error)) => {
                        let when = "and does at the next start at which it answers";
                        notices.push(format!("chain `{id}` has not joined, {when}: {error}"));
                    }
                    joined => joined?,
                },
            }
        }
        let named: Vec<_> = {
            let state = self.door.state();
            let further = state.sites().skip(1);
            further
                .map(|site| (site.chain_id, deployment(&site)))
                .collect()
        };
        self.further.clear();
        for (id, own) in named {
            let place = given.iter().position(|it| it.devnet.chain_id() == id);
            let settling = place.map(|place| given.swap_remove(place));
            self.further
                .push(settling.unwrap_or_else(|| Settling::away(id, own)));
        }
        self.standings
            .resize_with(self.further.len() + 1, Standing::default);
        Ok(notices)
    }

    /// How to open chains that could not be reached when the node started.
    pub fn reopen_with(&mut self, opener: Opener) {
        self.opener = Some(opener);
    }

    pub(crate) fn is_away(&self, chain: ChainIndex) -> bool {
        self.on(chain)
            .is_ok_and(|on| matches!(on.devnet, Ground::Away(_)))
    }

    /// Tries once to open a chain that could not be reached before.
    ///
    /// # Errors
    /// Of the chain alone, with which it is left alone for a while.
    pub(crate) fn reopen(&mut self, chain: ChainIndex) -> Result<(), Error> {
        let (id, own) = {
            let on = self.on(chain)?;
            (on.devnet.chain_id(), on.deployment.clone())
        };
        let Some(opener) = &mut self.opener else {
            return Ok(());
        };
        let opened = opener(id).and_then(|opened| match opened {
            Some(opened) if opened.deployment != own => {
                Err(chain::Error::invalid(other(id, &own).to_string()))
            }
            opened => Ok(opened),
        });
        match opened {
            Ok(Some(opened)) => {
                *self.on_mut(chain)? = opened;
                self.is_well(chain);
                Ok(())
            }
            Ok(None) => Ok(()),
            Err(error) => Err(Error::Chain(chain::Error {
                kind: ErrorKind::Unavailable,
                ..error
            })),
        }
    }

    fn join_one(&mut self, settling: &Settling) -> Result<(), Error> {
        let (posted, deposited) = (settling.last_id()?, settling.last_deposit()?);
        if posted > 0 || deposited > 0 {
            return Err(used(settling, posted, deposited));
        }
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
        if Claims::new(self.door.files()).digest(next.0)?.is_some() {
            let closing = self.write_claims()?;
            self.log_epoch(closing)?;
        }
        Ok(())
    }
}

fn unknown() -> Error {
    Error::Corrupt("the log does not settle on this chain".to_owned())
}

/// Two that share a directory would both send for its keys, and the one that is kept could be the
/// one whose notes the other has replaced: it would sign anew what was signed before.
fn once_each(given: &[Settling]) -> Result<(), Error> {
    let ids: Vec<u64> = given.iter().map(|it| it.devnet.chain_id()).collect();
    let mut numbered = ids.iter().enumerate();
    match numbered.find(|(place, id)| ids[..*place].contains(id)) {
        None => Ok(()),
        Some((_, id)) => Err(Error::Corrupt(format!(
            "chain `{id}` was given twice\nhint: name each chain in one table `[[chains]]`; \
             nothing was sent, and none has joined"
        ))),
    }
}

/// Deposits name accounts by their numbers, and the posts of another log are not ours: who brings
/// used contracts along would pay others with what was meant for theirs.
fn used(settling: &Settling, posted: u64, deposited: u64) -> Error {
    let (id, place) = (
        settling.devnet.chain_id(),
        Address(settling.deployment.settlement),
    );
    Error::Corrupt(format!(
        "chain `{id}` cannot join this log: the contracts of `0x{place}` have {posted} epochs and \
         {deposited} deposits, which name accounts of another log or come from before it\n\
         hint: deploy contracts for this log alone (other terms, such as another window, give \
         them another address), and deposit once it has joined"
    ))
}

fn other(id: u64, own: &chain::Deployment) -> Error {
    let place = Address(own.settlement);
    Error::Corrupt(format!(
        "this log settles with `0x{place}` on chain `{id}`, and that chain was given once more or \
         with other contracts\nhint: each chain of a log has one pair of contracts, for good"
    ))
}
