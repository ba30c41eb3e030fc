//! How each chain is doing: what keeps it from going on, and for how long it is left alone.

use super::{Shown, shown};
use crate::Error;
use crate::door::Door;
use crate::export::iso;
use crate::office::Office;
use chain::error::ErrorKind;
use ledger::told::{Gap, Joint, Statement, Told};
use protocol::{ChainIndex, EpochId};

ledger::phrases! {
    CHAIN = Semicolon "chain", "chain {chain}";
    HALTED = Colon "halted", "epoch {epoch} is halted there until the arbiter rules";
    VETOED = Colon "vetoed",
        "epoch {epoch} was vetoed there, so that nothing later is settled and no work in its \
         tokens would be paid: new campaigns, allowances and licences in them are refused";
    UNDEBITED = Colon "undebited",
        "the window of epoch {epoch} ended there before all that it owes was debited, and its tree \
         shows nothing that the deposits still hold, so that it cannot be released; new campaigns, \
         allowances and licences in its tokens are refused";
    DISPUTED = Colon "disputed",
        "a funder disputes what epoch {epoch} has debited of deposit {deposit} there, and nothing \
         later is settled until the arbiter rules (`ruleDispute`) or his time is over at {until}: \
         then the node shows the debit and ends the dispute";
    DISPUTED_UNSHOWN = Colon "disputed-unshown",
        "a funder disputes what epoch {epoch} has debited of deposit {deposit} there, and nothing \
         later is settled until the arbiter rules (`ruleDispute`). No tree shows this debit, so \
         have him rule before {until}: after that anybody may give it back to the deposit \
         (`lapseDispute`), and this epoch is the last on that chain";
    FOREIGN = Colon "foreign",
        "the Settlement there has another root for epoch {epoch} than this log, so that nothing is \
         settled upon it, and new campaigns, allowances and licences in its tokens are refused";
    BEHIND_ONE = Comma "behind-one", "and it is 1 epoch behind";
    BEHIND = Comma "behind", "and it is {epochs} epochs behind";
    FAR_BEHIND = Semicolon "far-behind", "chain {chain} is {epochs} epochs behind the others";
}

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
    /// A funder has had a debit of it held, and the arbiter has not ruled.
    Disputed(Held),
    /// Another root or file stands there than the log's.
    Foreign,
}

/// A dispute that keeps a debit of a final epoch out of the pot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// The deposit's number in the chain's own Escrow.
    pub deposit: u64,
    /// When the arbiter's time is over, in unix seconds.
    pub until_s: u64,
    /// Whether the epoch's tree shows the debit, so that it is paid though he says nothing.
    pub is_shown: bool,
}

impl Held {
    fn told(self, epoch: (&'static str, Gap)) -> Statement {
        let phrase = match self.is_shown {
            true => DISPUTED,
            false => DISPUTED_UNSHOWN,
        };
        let until = iso(self.until_s.saturating_mul(1_000));
        let deposit = ("deposit", Gap::id(self.deposit));
        Statement::new(phrase, [epoch, deposit, ("until", Gap::Name(until))])
    }
}

impl Stop {
    /// False for a halt, which may be ruled to be unfounded, and for a dispute, which ends.
    fn is_lasting(self) -> bool {
        !matches!(self, Self::Halted | Self::Disputed(_))
    }

    fn told(self, id: EpochId) -> Statement {
        let epoch = ("epoch", Gap::Name(id.to_string()));
        let phrase = match self {
            Self::Halted => HALTED,
            Self::Vetoed => VETOED,
            Self::Undebited => UNDEBITED,
            Self::Disputed(held) => return held.told(epoch),
            Self::Foreign => FOREIGN,
        };
        Statement::new(phrase, [epoch])
    }

    /// The same as a failure of something that wanted the epoch through.
    pub(crate) fn error(self, id: EpochId) -> Error {
        Error::Chain(chain::Error::invalid(self.told(id).to_string()))
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
    pub fn chain_words(&self) -> Option<Told> {
        let shown = shown(&self.door.state());
        let pairs = shown.iter().zip(&self.standings);
        let all: Vec<Statement> = pairs.flat_map(|(it, own)| told(it, own)).collect();
        (!all.is_empty()).then_some(Told(all))
    }

    /// Remembers that an epoch is at its end on a chain, though the log may not say so: it notes
    /// none from before the chain joined.
    pub(crate) fn passed(&mut self, chain: ChainIndex, epoch: u64) {
        self.standings[chain.index()].through = epoch;
    }
}

/// What is to be known of a chain; nothing where all is well.
fn told(shown: &Shown, standing: &Standing) -> Vec<Statement> {
    let behind = shown.behind;
    let chain = ("chain", Gap::Name(shown.chain_id.to_string()));
    let epochs = ("epochs", Gap::Count(behind));
    let mut all = Vec::new();
    if let Some((id, why)) = standing.stopped {
        all.push(why.told(id));
    }
    if let Some(problem) = &standing.problem {
        let joint = match all.is_empty() {
            true => Joint::Colon,
            false => Joint::Semicolon,
        };
        all.push(Statement::raw(problem, joint));
    }
    if all.is_empty() {
        let far = behind > USUAL_LAG;
        all.extend(far.then(|| Statement::new(FAR_BEHIND, [chain, epochs])));
        return all;
    }
    all.insert(0, Statement::new(CHAIN, [chain]));
    match behind {
        0 => {}
        1 => all.push(Statement::plain(BEHIND_ONE)),
        _ => all.push(Statement::new(BEHIND, [epochs])),
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_is_told_of_in_one_sentence() {
        let mut standing = Standing::default();
        let said = |behind: u64, standing: &Standing| {
            let shown = Shown {
                chain_id: 31_337,
                settlement: protocol::Address([0; 20]),
                escrow: protocol::Address([0; 20]),
                tokens: Vec::new(),
                first_token: 0,
                deposits: 0,
                released: 0,
                behind,
            };
            Told(told(&shown, standing)).to_string()
        };
        assert_eq!(said(USUAL_LAG, &standing), "");
        assert_eq!(
            said(5, &standing),
            "chain 31337 is 5 epochs behind the others"
        );
        standing.problem = Some("the server is away".to_owned());
        assert_eq!(said(0, &standing), "chain 31337: the server is away");
        standing.stopped = Some((EpochId(3), Stop::Halted));
        let halted = "chain 31337: epoch 3 is halted there until the arbiter rules";
        assert_eq!(
            said(2, &standing),
            format!("{halted}; the server is away, and it is 2 epochs behind")
        );
        standing.problem = None;
        assert_eq!(
            said(1, &standing),
            format!("{halted}, and it is 1 epoch behind")
        );
        for is_shown in [true, false] {
            let held = Held {
                deposit: 12,
                until_s: 951_782_400,
                is_shown,
            };
            standing.stopped = Some((EpochId(3), Stop::Disputed(held)));
            let words = said(0, &standing);
            let what = "chain 31337: a funder disputes what epoch 3 has debited of deposit 12";
            assert!(words.starts_with(what), "{words}");
            assert!(words.contains("2000-02-29T00:00:00.000Z: "), "{words}");
            assert_eq!(words.ends_with("ends the dispute"), is_shown, "{words}");
        }
    }
}
