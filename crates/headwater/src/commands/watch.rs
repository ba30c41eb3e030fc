//! `headwater watch`: posted epochs against the log, and objections in time.

mod alarm;

use super::public::Public;
use super::{audit, ground};
use crate::cli::Failure;
use crate::cli::watch::Watch;
use ::audit::Options;
use alarm::Alarm;
use anyhow::{Context as _, Result, bail};
use chain::Endpoint;
use chain::sender::FeeRule;
use chain::watched::Watched;
use chain::wire::{Line, Wire as _};
use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;
use watch::{Alert, Level, Memory, Outcome, Settings, Watcher};

/// How long a transaction is waited for, in milliseconds.
const PATIENCE_MS: u64 = 120_000;

/// Watches until a signal ends it, or once.
pub fn run(args: &Watch) -> Result<()> {
    let trust = audit::trust("watch", &args.trusted)?;
    let source = Public::named(&args.log, None)?.without_chain();
    let memory = Memory::open(&args.memory).with_context(|| {
        let memory = args.memory.display();
        format!("cannot use the watcher's directory `{memory}`")
    })?;
    let mut line = line(ground::endpoint(&args.rpc)?)?;
    let mut first = Vec::new();
    if let Some(key) = key(args)? {
        match line.chain_id()? {
            chain::devnet::CHAIN_ID => first.push(only_tells()),
            chain_id => {
                ground::is_own(chain_id, "watch", key.address())?;
                line = line.with_key(&args.memory, key, FeeRule::default())?;
            }
        }
    }
    let remote = source.is_remote();
    let threads = audit::cores().max(if remote { audit::REMOTE_THREADS } else { 1 });
    let settings = Settings {
        settlement: args
            .settlement
            .as_deref()
            .map(ground::address)
            .transpose()?,
        from_block: args.from_block,
        most_bond: args.most_bond,
        challenges_unchecked: args.challenge_unchecked,
        options: Options {
            signatures: true,
            threads,
        },
    };
    let mut others = Vec::new();
    for named in &args.also_rpc {
        others.push(Other::new(named)?);
    }
    let mut station = Station {
        watcher: Watcher::new(&source, trust, memory, settings),
        line,
        others,
        alarm: Alarm::new(args)?,
    };
    station.alarm.raise(&first);
    match args.once {
        true => station.look(),
        false => station.follow(Duration::from_secs(args.every)),
    }
}

/// On a devnet of the operator's, halting is the operator's and the arbiter's.
fn only_tells() -> Alert {
    let what = "the chain is an operator's own devnet, which takes no objections from others: the \
                watcher tells, and cannot act";
    Alert::new(Level::Warning, "devnet_of_the_operator", None, what)
}

fn line(endpoint: Endpoint) -> Result<Line> {
    let shown = endpoint.server();
    let line = Line::open(endpoint, Arc::new(ground::Machine), PATIENCE_MS);
    line.with_context(|| format!("cannot watch the chain of `{shown}`"))
}

fn key(args: &Watch) -> Result<Option<Arc<dyn chain::Signer>>> {
    let named = args.key_env.as_ref().map(|name| format!("env:{name}"));
    let named = named.or_else(|| args.key.clone());
    named.map(|named| ground::key(&named)).transpose()
}

/// Another chain of the operator's, for its statements.
struct Other {
    line: Line,
    shown: String,
    from_block: u64,
    watched: Option<Watched>,
}

impl Other {
    fn new(named: &str) -> Result<Other> {
        let (endpoint, from_block) = ground::server(named)?;
        Ok(Other {
            shown: endpoint.server(),
            line: line(endpoint)?,
            from_block,
            watched: None,
        })
    }

    /// The statements that were posted there.
    fn statements(
        &mut self,
        settlement: [u8; 20],
    ) -> Result<Vec<chain::objection::Signed>, chain::Error> {
        let watched = match &mut self.watched {
            Some(watched) => watched,
            None => {
                let watched = Watched::new(&self.line, settlement, self.from_block)?;
                self.watched.insert(watched)
            }
        };
        watched.statements(&self.line)
    }
}

/// The watcher with its ways to the chain and to people.
struct Station<'a> {
    watcher: Watcher<'a>,
    line: Line,
    others: Vec<Other>,
    alarm: Alarm,
}

impl Station<'_> {
    /// One look, and whether the next is due at once.
    fn turn(&mut self) -> Result<(Outcome, bool)> {
        let stuck = self.line.turn().unwrap_or_default();
        let stuck = stuck.into_iter().map(|what| {
            let code = "transaction_stuck";
            Alert::new(Level::Warning, code, None, what)
        });
        self.alarm.raise(&stuck.collect::<Vec<_>>());
        let (alerts, outcome) = self.watcher.turn(&mut self.line).context(MEMORY)?;
        self.alarm.raise(&alerts);
        // Which contracts stand on the other chains the log has said by now.
        let learned = self.learn()?;
        Ok((outcome, learned || self.watcher.is_reading()))
    }

    /// Takes in what the operator has stated on other chains, where the contracts are known. True
    /// where something is new, or there was no time for all of it.
    fn learn(&mut self) -> Result<bool> {
        let mut goes_on = false;
        for other in &mut self.others {
            let settlement = other
                .line
                .chain_id()
                .map(|id| self.watcher.settlement_on(id));
            let statements = match settlement {
                Ok(None) => continue,
                Ok(Some(settlement)) => other.statements(settlement),
                Err(error) => Err(error),
            };
            match statements {
                Ok(statements) => {
                    for signed in &statements {
                        goes_on |= self.watcher.learn(signed).context(MEMORY)?;
                    }
                }
                Err(error) => {
                    goes_on |= error.waiting;
                    let what = format!("the chain of `{}` is not read: {error}", other.shown);
                    let code = "other_chain_unreadable";
                    let alert = Alert::new(Level::Warning, code, None, what);
                    self.alarm.raise(&[alert]);
                }
            }
        }
        Ok(goes_on)
    }

    /// One look, in as many turns as it takes.
    fn look(mut self) -> Result<()> {
        let mut found = false;
        loop {
            let (outcome, goes_on) = self.turn()?;
            found |= outcome == Outcome::Fault;
            if !goes_on {
                self.alarm.finish();
                return verdict(if found { Outcome::Fault } else { outcome });
            }
        }
    }

    /// The worst of all turns counts for a fault, the last one for what could not be checked.
    fn follow(mut self, every: Duration) -> Result<()> {
        let ends = audit::ends();
        let mut found = false;
        loop {
            let (outcome, goes_on) = self.turn()?;
            found |= outcome == Outcome::Fault;
            let pause = if goes_on { Duration::ZERO } else { every };
            match ends.recv_timeout(pause) {
                Err(RecvTimeoutError::Timeout) => {}
                _ => {
                    self.alarm.finish();
                    return verdict(if found { Outcome::Fault } else { outcome });
                }
            }
        }
    }
}

const MEMORY: &str = "cannot write to the watcher's directory: without it nothing may be done";

fn verdict(outcome: Outcome) -> Result<()> {
    match outcome {
        Outcome::Agree => Ok(()),
        Outcome::Fault => {
            let what = "an epoch on the chain is not what the log says";
            Err(Failure::Check(what.to_owned()).into())
        }
        Outcome::Unchecked => bail!(
            "not everything could be checked\n\
             hint: see what was told above; look again before the window of the epoch ends"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The exit code as the program gives it: 2 where the error is none of a check.
    fn code(outcome: Outcome) -> u8 {
        verdict(outcome).map_or_else(
            |error| error.downcast_ref::<Failure>().map_or(2, Failure::code),
            |()| 0,
        )
    }

    #[test]
    fn the_exit_code_says_how_it_stands() {
        for outcome in [Outcome::Agree, Outcome::Fault, Outcome::Unchecked] {
            assert_eq!(code(outcome), outcome.code());
        }
        assert_eq!(Outcome::Fault.max(Outcome::Unchecked), Outcome::Fault);
    }
}
