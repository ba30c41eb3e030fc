//! Contributors at work: lease, seal, submit, each client in a closed loop, also past kills.

use super::connection::Connection;
use super::member::{Lease, Member, submit};
use anyhow::{Context as _, Result, bail};
use protocol::{AccountId, CampaignId};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use web::wire::{Outcome, Sent};

/// How long a client waits for a node that does not answer.
const PATIENCE: Duration = Duration::from_secs(120);

/// What is played.
#[derive(Clone, Copy, Debug)]
pub struct Play<'a> {
    /// Host and port of the node.
    pub address: &'a str,
    /// Where the work is.
    pub campaign: CampaignId,
    /// Tasks that a client holds at a time.
    pub ahead: usize,
    /// Answers after which all clients end; the campaign's end does it too.
    pub answers: u64,
    /// When all clients end, whatever is left.
    pub until: Option<Instant>,
    /// Whether a client waits for a node that has gone; else its going is an error.
    pub patient: bool,
    /// Counts answers that were acknowledged, for those who watch.
    pub count: &'a AtomicU64,
}

/// A task and who was told that it is theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Told {
    /// Its place in the round.
    pub task: u32,
    /// Whose.
    pub account: AccountId,
}

/// An answer that the node has said to be in the log.
#[derive(Clone, Debug)]
pub struct Acknowledged {
    /// Where it stands.
    pub index: u64,
    /// What it is an answer to, by its number in the ledger.
    pub unit: u32,
    /// The bytes that were sent.
    pub sent: Sent,
}

/// What has come of it.
#[derive(Default)]
pub struct Played {
    /// From the first request to the last answer.
    pub took: Duration,
    /// How long each request for tasks took.
    pub next: Vec<Duration>,
    /// How long each submission took.
    pub submit: Vec<Duration>,
    /// Everything that was given out.
    pub told: Vec<Told>,
    /// Everything that was taken.
    pub acknowledged: Vec<Acknowledged>,
    /// What was refused, in the node's words.
    pub refused: Vec<String>,
}

impl Play<'_> {
    /// Lets each client work in turn as its own members, one after the other.
    pub fn run(&self, clients: &mut [Vec<Member>]) -> Result<Played> {
        let start = Instant::now();
        let played = std::thread::scope(|scope| -> Result<Vec<Played>> {
            let threads: Vec<_> = clients
                .iter_mut()
                .map(|members| scope.spawn(|| self.client(members)))
                .collect();
            let joined = threads.into_iter().map(|thread| {
                let ended = thread.join();
                ended.unwrap_or_else(|_| bail!("a client has panicked"))
            });
            joined.collect()
        })?;
        let mut all = Played {
            took: start.elapsed(),
            ..Played::default()
        };
        for one in played {
            all.next.extend(one.next);
            all.submit.extend(one.submit);
            all.told.extend(one.told);
            all.acknowledged.extend(one.acknowledged);
            all.refused.extend(one.refused);
        }
        Ok(all)
    }

    fn client(&self, members: &mut [Member]) -> Result<Played> {
        let mut connection = Connection::new(self.address);
        let mut played = Played::default();
        let mut idle = 0;
        for turn in (0..members.len()).cycle() {
            if self.is_over() || idle >= members.len() {
                break;
            }
            let member = &mut members[turn];
            let start = Instant::now();
            let asked = self.again(|| member.lease(&mut connection, self.campaign, self.ahead))?;
            let Lease::Given(given) = asked? else {
                break;
            };
            played.next.push(start.elapsed());
            idle = if given.is_empty() { idle + 1 } else { 0 };
            for task in given {
                let (account, task, units) = (member.account(), task.task, task.units);
                played.told.push(Told { task, account });
                for unit in units {
                    self.answer((member, &mut connection), unit, &mut played)?;
                }
            }
        }
        Ok(played)
    }

    fn answer(
        &self,
        (member, connection): (&mut Member, &mut Connection),
        unit: u32,
        played: &mut Played,
    ) -> Result<()> {
        let sent = member.answer(self.campaign, unit, (unit % 2) as u16);
        let start = Instant::now();
        // Sent again is answered again: what a kill has cut off is in the log once.
        let outcome = self.again(|| submit(connection, &sent))??;
        played.submit.push(start.elapsed());
        match outcome {
            Outcome::Accepted { index, .. } => {
                self.count.fetch_add(1, Ordering::Relaxed);
                played.acknowledged.push(Acknowledged { index, unit, sent });
            }
            Outcome::Rejected { code, message, .. } | Outcome::Denied { code, message } => {
                played.refused.push(format!("{code}: {message}"));
            }
        }
        Ok(())
    }

    fn is_over(&self) -> bool {
        let late = self.until.is_some_and(|until| Instant::now() >= until);
        late || self.count.load(Ordering::Relaxed) >= self.answers
    }

    /// Asks until there is an answer, where that is wanted.
    fn again<T>(&self, mut ask: impl FnMut() -> io::Result<Result<T>>) -> Result<Result<T>> {
        let start = Instant::now();
        loop {
            let mut pause = Duration::from_millis(20);
            match ask() {
                // A node that ends or begins says that it is busy.
                Ok(Err(busy)) if self.patient && start.elapsed() < PATIENCE && is_busy(&busy) => {}
                // Nobody may ask more often than so and so: whoever is faster waits.
                Ok(Err(soon)) if start.elapsed() < PATIENCE && is_too_often(&soon) => {
                    pause = Duration::from_secs(1);
                }
                Ok(answered) => return Ok(answered),
                Err(_) if self.patient && start.elapsed() < PATIENCE => {}
                Err(error) => return Err(error).context("the node does not answer"),
            }
            std::thread::park_timeout(pause);
        }
    }
}

fn is_busy(error: &anyhow::Error) -> bool {
    format!("{error:#}").contains("answers 503")
}

fn is_too_often(error: &anyhow::Error) -> bool {
    format!("{error:#}").contains("answers 429")
}

impl Played {
    /// Answers that were taken, a second.
    pub fn rate(&self) -> f64 {
        self.acknowledged.len() as f64 / self.took.as_secs_f64().max(1e-9)
    }

    /// Tasks that two people were told to be theirs.
    pub fn given_twice(&self) -> usize {
        let mut told = self.told.clone();
        told.sort_unstable();
        told.dedup();
        let pairs = told.windows(2);
        pairs.filter(|pair| pair[0].task == pair[1].task).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_told_to_two_people_counts_and_one_told_again_does_not() {
        let told = |task, account| Told {
            task,
            account: AccountId(account),
        };
        let played = Played {
            told: vec![told(1, 4), told(2, 4), told(1, 4), told(2, 5), told(3, 5)],
            ..Played::default()
        };
        assert_eq!(played.given_twice(), 1);
    }
}
