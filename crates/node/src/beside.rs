//! Contracts beside the pot: stakes are noted, slashes carried out, votes opened and minted.

mod carried;
mod noted;

use crate::Error;
use crate::door::Door;
use crate::office::Office;
use carried::Open;
use chain::Backend as _;
use protocol::line::OpenVotes;
use protocol::market::AssetKind;
use protocol::{Address, AssetId, Command};
use std::collections::BTreeSet;

/// Most calls, and most contracts, that one turn sends: the rest of the node waits meanwhile.
const MOST_CALLS: usize = 64;

/// Which contracts the operator keeps beside Settlement and Escrow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// True if the contributors of every label set vote.
    pub votes: bool,
    /// How long a stake waits on its way out, in seconds; `None` where stakes are not taken.
    pub stake_exit_s: Option<u64>,
}

/// What is remembered of these contracts from turn to turn. A new start sees it all again in the
/// log and on the chain.
#[derive(Default)]
pub(crate) struct Kept {
    /// What their events have come to.
    events: chain::beside::Beside,
    /// Size of the log and height of the chain that were looked at last.
    seen: Option<(u64, u64)>,
    /// The epoch whose lines are carried out.
    epoch: u64,
    /// Those that a contract is behind.
    open: Vec<Open>,
    /// Whose stake was last held against the contract itself.
    asked: Option<Address>,
    /// Whether events were forgotten that did not add up; once is enough for a start.
    forgot: bool,
    /// What could not be done, for people.
    problems: Vec<String>,
    /// Why events are not believed, for people, until they add up.
    doubt: Option<String>,
}

impl Kept {
    /// The value; where a contract or a rule has said no, that is remembered, and the rest goes on,
    /// as it does where something is on its way.
    fn survive<T>(&mut self, doing: &str, done: Result<T, Error>) -> Result<Option<T>, Error> {
        match done {
            Ok(value) => Ok(Some(value)),
            Err(Error::Chain(error)) if error.waiting => Ok(None),
            Err(error @ (Error::Chain(_) | Error::Rejected { .. })) => {
                self.problems.push(format!("{doing}: {error}"));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

impl<D: Door> Office<D> {
    /// Opens the Stake contract, unless it stands already, and says where it is. It stands on the
    /// first chain. The delay of one that the log knows is not changed.
    pub fn open_stakes(&mut self, exit_s: u64) -> Result<[u8; 20], Error> {
        self.follow_time()?;
        let maker = self.door.keys().wallet("stakes");
        Ok(self.chain.put_stake(&maker, exit_s)?)
    }

    /// Opens votes for the contributors of an asset, unless they are open; where they are counted.
    pub fn open_votes(&mut self, asset: AssetId) -> Result<Address, Error> {
        let known = {
            let state = self.door.state();
            let mut pools = state.sections.lines.pools.iter();
            pools
                .find(|pool| pool.asset == asset)
                .map(|pool| pool.contract)
        };
        if let Some(contract) = known {
            return Ok(contract);
        }
        self.follow_time()?;
        let maker = self.door.keys().wallet(&format!("votes {asset}"));
        let name = format!("Headwater pool {asset}");
        let contract = Address(self.chain.put_votes(&maker, &name)?);
        let open = OpenVotes { asset, contract };
        self.operate("open votes", Command::OpenVotes(open))?;
        Ok(contract)
    }

    /// Label sets with contributors whose votes are not open.
    fn voteless(&self) -> Vec<AssetId> {
        let state = self.door.state();
        if state.most_pools() == 0 {
            return Vec::new();
        }
        let pools = state.sections.lines.pools.iter();
        let open: BTreeSet<AssetId> = pools.map(|pool| pool.asset).collect();
        let numbered = (0u32..).map(AssetId).zip(&state.assets);
        let pooled = numbered.filter(|(id, asset)| {
            let labels = asset.registered.kind == AssetKind::LabelSet;
            labels && asset.total_shares > 0 && !open.contains(id)
        });
        pooled.map(|(id, _)| id).collect()
    }

    /// What stakes and votes could not do, for people.
    pub fn beside_problems(&self) -> Option<String> {
        let Kept {
            problems, doubt, ..
        } = &self.beside;
        let all: Vec<&str> = problems.iter().chain(doubt).map(String::as_str).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    /// How long stakes wait on their way out, in seconds, where a contract stands or the log says:
    /// whatever the settings are now.
    pub fn stake_exit_s(&self) -> Option<u64> {
        let noted = self.door.state().sections.lines.stakes.terms;
        if let Some(terms) = noted {
            return Some(terms.exit_ms / 1_000);
        }
        // Elsewhere another delay is another place.
        self.chain.devnet.local().ok()?;
        let place = chain::stake::place(&self.door.keys().wallet("stakes"));
        let standing = self.chain.stake_terms(place).ok().flatten();
        Some(standing?.exit_s)
    }

    /// What of this is due in a turn. Where nothing has come into the log or onto the chain since
    /// the last one, nothing is.
    pub(crate) fn tend_beside(&mut self, beside: Beside) -> Result<(), Error> {
        let size = self.door.state().size;
        let now = (size, self.chain.devnet.settled_height());
        if self.beside.seen == Some(now) {
            return Ok(());
        }
        self.beside.problems.clear();
        if beside.votes {
            self.open_all_votes()?;
        }
        let noted = self.door.state().sections.lines.stakes.terms;
        let stake = match (noted, beside.stake_exit_s) {
            (Some(terms), _) => Some(terms.contract.0),
            (None, Some(exit_s)) => {
                let opened = self.open_stakes(exit_s);
                self.beside.survive("stakes cannot be taken", opened)?
            }
            (None, None) => None,
        };
        let votes = self.counted();
        let contracts: Vec<[u8; 20]> = stake.iter().chain(&votes).copied().collect();
        let whole = self.chain.devnet.attend(&contracts);
        let doing = "the events of stakes and votes cannot be read";
        if self.beside.survive(doing, whole.map_err(Error::Chain))? != Some(true) {
            return Ok(());
        }
        self.beside.events.keep(stake, &votes);
        self.beside.events.follow(&self.chain)?;
        let carried = self.carry_out_lines(stake, &votes);
        self.beside
            .survive("lines cannot be carried out", carried)?;
        self.beside.events.follow(&self.chain)?;
        if let Some(contract) = stake {
            let noted = self.note_stakes(contract);
            self.beside.survive("stakes cannot be noted", noted)?;
        }
        // As it was before: what this turn has added is looked at in the next.
        self.beside.seen = Some(now);
        Ok(())
    }

    /// Opens votes that are not open. On another's chain one is on its way at a time.
    fn open_all_votes(&mut self) -> Result<(), Error> {
        for asset in self.voteless().into_iter().take(MOST_CALLS) {
            let opened = self.open_votes(asset);
            let waits = matches!(&opened, Err(Error::Chain(error)) if error.waiting);
            let doing = format!("votes of asset {asset} cannot be opened");
            self.beside.survive(&doing, opened)?;
            if waits {
                break;
            }
        }
        Ok(())
    }

    /// The contracts that count votes, as the log names them.
    fn counted(&self) -> BTreeSet<[u8; 20]> {
        let state = self.door.state();
        let pools = state.sections.lines.pools.iter();
        pools.map(|it| it.contract.0).collect()
    }
}
