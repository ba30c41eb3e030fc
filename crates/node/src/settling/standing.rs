//! How each chain is doing: what keeps it from going on, and for how long it is left alone.

use super::{Shown, shown};
use crate::Error;
use crate::door::Door;
use crate::office::Office;
use chain::error::ErrorKind;
use protocol::{ChainIndex, EpochId};

/// How long a chain that does not answer is left alone at first, in milliseconds; twice as long
/// after each further failure.
const REST_MS: u64 = 1_000;
/// Most times that this doubles: about a minute.
const MOST_DOUBLINGS: u32 = 6;
/// How long one chain may be asked in a turn, in milliseconds.
const TURN_MS: u64 = 10_000;
/// Epochs that a chain may be behind before that is told as a problem: windows differ.
const USUAL_LAG: u64 = 4;

/// How a chain is doing, as far as this process has seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standing {
    /// Why it does not go on, for people.
    problem: Option<String>,
    /// How often it has not answered, one time after the other.
    failures: u32,
    /// Until when it is left alone, so that the others need not wait for it.
    rests_until_ms: u64,
    /// The epoch at which it ends, and why.
    stopped: Option<(EpochId, Stop)>,
    /// Epochs whose post was held against the log.
    compared: u64,
    /// Epochs from before it joined that are known to be final on it.
    pub(crate) through: u64,
}

/// Why nothing later settles on a chain than a certain epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Somebody has halted it, and the arbiter has not ruled.
    Halted,
    /// It was vetoed, and with it all that would be posted upon it.
    Vetoed,
    /// Its window is over, and not all that it owes was debited: it would release too little.
    Undebited,
    /// Another root or file stands there than the log's.
    Foreign,
}

impl Stop {
    /// False for a halt, which may be ruled to be unfounded.
    fn is_lasting(self) -> bool {
        self != Self::Halted
    }

    fn words(self, id: EpochId) -> String {
        match self {
            Self::Halted => format!("epoch {id} is halted there until the arbiter rules"),
            Self::Vetoed => format!(
                "epoch {id} was vetoed there, so that nothing later is settled and no work in its \
                 tokens would be paid: new campaigns, allowances and licences in them are refused"
            ),
            Self::Undebited => format!(
                "the window of epoch {id} ended there before all that it owes was debited, so that \
                 it cannot be released; `debitByProof` of the Escrow takes the rest, and until \
                 then new campaigns, allowances and licences in its tokens are refused"
            ),
            Self::Foreign => format!(
                "the Settlement there has another root for epoch {id} than this log, so that \
                 nothing is settled upon it, and new campaigns, allowances and licences in its \
                 tokens are refused"
            ),
        }
    }

    /// The same as a failure of something that wanted the epoch through.
    pub(crate) fn error(self, id: EpochId) -> Error {
        Error::Chain(chain::Error::invalid(self.words(id)))
    }
}

impl<D: Door> Office<D> {
    /// What has become of something on a chain: `None`, and a problem of that chain alone, where it
    /// has not worked there.
    ///
    /// # Errors
    /// All that is not of the chain.
    pub(crate) fn noted<T>(
        &mut self,
        chain: ChainIndex,
        outcome: Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        match outcome {
            Ok(found) => Ok(Some(found)),
            Err(error) if self.is_of(chain, &error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether a failure is of a chain alone, which is then noted. A chain that does not answer is
    /// left alone for a while.
    pub(crate) fn is_of(&mut self, chain: ChainIndex, error: &Error) -> bool {
        let now_ms = self.door.now_ms();
        let alone = self.further.is_empty() && !self.is_away(chain);
        let standing = &mut self.standings[chain.index()];
        match error {
            Error::Chain(error) if error.waiting => true,
            Error::Chain(error) => {
                standing.problem = Some(error.to_string());
                if error.kind == ErrorKind::Unavailable && !alone {
                    let doublings = standing.failures.min(MOST_DOUBLINGS);
                    standing.failures += 1;
                    standing.rests_until_ms = now_ms + (REST_MS << doublings);
                }
                true
            }
            Error::Rejected { .. } => {
                standing.problem = Some(error.to_string());
                true
            }
            _ => false,
        }
    }

    /// A chain has been looked at and settled on, and nothing was wrong. A look alone says little:
    /// a server may give the newest block and nothing else.
    pub(crate) fn is_well(&mut self, chain: ChainIndex) {
        let standing = &mut self.standings[chain.index()];
        (standing.problem, standing.failures) = (None, 0);
    }

    /// Whether a chain has been asked for long enough in this turn. One that answers slowly is then
    /// left alone for as long as it took, so that the others have their half of the time.
    pub(crate) fn is_slow(&mut self, chain: ChainIndex, since_ms: u64) -> bool {
        let now_ms = self.door.now_ms();
        let took_ms = now_ms.saturating_sub(since_ms);
        let is_slow = took_ms > TURN_MS && !self.further.is_empty();
        if is_slow {
            let standing = &mut self.standings[chain.index()];
            standing.rests_until_ms = standing.rests_until_ms.max(now_ms + took_ms);
        }
        is_slow
    }

    /// True while a chain is left alone, since it has just not answered.
    pub(crate) fn rests(&self, chain: ChainIndex) -> bool {
        self.door.now_ms() < self.standings[chain.index()].rests_until_ms
    }

    /// Why a chain does not go on, as a failure of what wants something of it now.
    pub(crate) fn away(&self, chain: ChainIndex) -> Error {
        let problem = self.standings[chain.index()].problem.clone();
        let doing = problem.unwrap_or_else(|| "the chain does not answer".to_owned());
        Error::Chain(chain::Error::busy(doing))
    }

    /// The newest epoch of a chain whose post was found to be the log's.
    pub(crate) fn compared(&self, chain: ChainIndex) -> u64 {
        self.standings[chain.index()].compared
    }

    /// Remembers one more.
    pub(crate) fn has_compared(&mut self, chain: ChainIndex, id: EpochId) {
        self.standings[chain.index()].compared = id.0;
    }

    /// Where a chain ends, or that it goes on.
    pub(crate) fn stops(&mut self, chain: ChainIndex, at: Option<(EpochId, Stop)>) {
        self.standings[chain.index()].stopped = at;
    }

    /// The chains whose tokens pay for nothing new: what was bought with them would not be paid.
    pub(crate) fn stopped(&self) -> Vec<ChainIndex> {
        let lasts = |it: &Standing| it.stopped.is_some_and(|(_, why)| why.is_lasting());
        let numbered = (0..).map(ChainIndex).zip(&self.standings);
        let stopped = numbered.filter(|(_, standing)| lasts(standing));
        stopped.map(|(chain, _)| chain).collect()
    }

    /// What people should know of each chain: why it does not go on, and, where there are several,
    /// how far it is behind. `None` where all is well.
    pub fn chain_words(&self) -> Option<String> {
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

fn words(shown: &Shown, standing: &Standing) -> Option<String> {
    let Shown {
        chain_id, behind, ..
    } = shown;
    let lag = match behind {
        0 => String::new(),
        1 => ", and it is 1 epoch behind".to_owned(),
        more => format!(", and it is {more} epochs behind"),
    };
    let stopped = standing.stopped.map(|(id, why)| why.words(id));
    let parts: Vec<String> = stopped
        .into_iter()
        .chain(standing.problem.clone())
        .collect();
    match parts.join("; ") {
        none if none.is_empty() => (*behind > USUAL_LAG)
            .then(|| format!("chain {chain_id} is {behind} epochs behind the others")),
        problem => Some(format!("chain {chain_id}: {problem}{lag}")),
    }
}
