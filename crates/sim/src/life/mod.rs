//! One log from its creation to its audit: a step is one thing that somebody does or suffers.
mod end;
mod publish;
mod start;
mod write;

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::bucket::{Objects, SimBucket};
use crate::client::Clients;
use crate::client::people::{People, START_MS};
use crate::disk::Image;
use crate::fault::{Fault, Rates};
use crate::machine::Machine;
use crate::outside::{Follower, Reader};
use crate::planted::Bug;
use crate::random::Random;
use crate::truth::{Truth, Violation};
use crate::witness::Witness;

const DAY_MS: i64 = 86_400_000;

/// How often each kind of step was taken.
pub(crate) type Counts = BTreeMap<&'static str, u64>;

/// What was done, as the trace says it: the kind of step, and how it went.
pub(crate) struct Done {
    pub deed: &'static str,
    pub outcome: String,
}

pub(crate) struct Life {
    people: Rc<People>,
    bug: Option<Bug>,
    random: Random,
    true_ms: u64,
    machines: Vec<Machine>,
    clients: Clients,
    truth: Truth,
    witness: Witness,
    reader: Reader,
    follower: Follower,
    backup: Option<Backup>,
    /// Size of the log under the checkpoint that was put in place last.
    published_size: u64,
    /// Commands that rules have turned away, by the rule's code.
    refused: Counts,
}

/// A copy of everything that is durable, as an operator might keep it too long.
struct Backup {
    size: u64,
    disks: Vec<Image>,
    objects: Option<Objects>,
}

type Deed = (u32, &'static str, fn(&mut Life, usize) -> Outcome);
type Outcome = Result<String, Violation>;

/// What can happen, and how often beside the rest.
const DEEDS: &[Deed] = &[
    (420, "batch", Life::batch),
    (150, "publish", Life::publish),
    (60, "read", Life::read),
    (40, "follow", Life::follow),
    (25, "snapshot", Life::snapshot),
    (60, "crash ahead", Life::arm_crash),
    (30, "error ahead", Life::arm_error),
    (15, "kill", Life::kill),
    (15, "power cut", Life::cut_power),
    (15, "disk full", Life::fill),
    (25, "second start", Life::second_start),
    (8, "backup", Life::back_up),
    (12, "old backup", Life::restore_old),
    (15, "clock", Life::jump),
    (12, "erase", Life::erase),
    (12, "forget", Life::forget),
    (20, "weather", Life::weather),
    (60, "stakes", Life::happen),
    (80, "credit", Life::prepay),
];

impl Life {
    /// A new world: one machine with a disk, or two with a bucket between them.
    pub fn new(people: Rc<People>, seed: u64, with_bucket: bool, bug: Option<Bug>) -> Self {
        let mut random = Random::new(seed);
        let bucket = SimBucket::new(random.bits(), crate::Faults::new(0));
        let names: &[char] = if with_bucket { &['a', 'b'] } else { &['a'] };
        let bucket = with_bucket.then_some(&bucket);
        let machines = names
            .iter()
            .map(|name| Machine::new(*name, &mut random, bucket));
        let machines = machines.collect();
        Self {
            machines,
            clients: Clients::new(people.clone(), bug, &mut random),
            witness: Witness::new(people.log_key.clone()),
            people,
            bug,
            random,
            true_ms: START_MS,
            truth: Truth::new(bug),
            reader: Reader::default(),
            follower: Follower::new(),
            backup: None,
            published_size: 0,
            refused: Counts::new(),
        }
    }

    /// One step, with everything checked after it.
    pub fn step(&mut self) -> Result<Done, Violation> {
        self.true_ms += u64::from(self.random.between(1, 2_000));
        let running = (0..self.machines.len()).filter(|at| self.machines[*at].writer.is_some());
        let running: Vec<usize> = running.collect();
        let (deed, outcome) = if running.is_empty() {
            let at = self.random.below(self.machines.len() as u32) as usize;
            ("start", self.start(at)?)
        } else {
            let at = self.random.pick(&running);
            let weights: Vec<u32> = DEEDS.iter().map(|deed| deed.0).collect();
            let (_, name, act) = DEEDS[self.random.weighted(&weights)];
            (name, act(self, at)?)
        };
        self.bury_the_dead();
        self.follower.check(&self.truth)?;
        self.clients.check_noted(self.truth.books.redemptions())?;
        Ok(Done { deed, outcome })
    }

    /// What went on so far in one number: equal lives have equal ones.
    pub fn digest(&self) -> (u64, Option<proof::Hash>) {
        let size = self.truth.size();
        (self.true_ms, self.truth.root(size))
    }

    /// How often its entries did what a run is meant to see, and how often which rule said no.
    pub fn seen(&self) -> Counts {
        let mut seen = self.truth.books.seen.clone();
        seen.insert("refused", self.refused.values().sum());
        seen.extend(self.refused.clone());
        seen
    }

    /// What payers do with their credit on the chains, and whoever holds their vouchers.
    fn prepay(&mut self, _: usize) -> Outcome {
        let (state, now_ms) = (&self.truth.books.state, self.true_ms);
        self.clients.prepay(state, now_ms, &mut self.random)
    }

    /// What happens to stakes on their chain, whoever watches it.
    fn happen(&mut self, _: usize) -> Outcome {
        let now_ms = self.true_ms;
        let lines = &self.truth.books.state.sections.lines;
        Ok(self.clients.stake(&lines.stakes, now_ms, &mut self.random))
    }

    /// Ends what has met its crash.
    fn bury_the_dead(&mut self) {
        for machine in &mut self.machines {
            if machine.faults.is_dead() {
                machine.stop(self.random.chance(600_000));
            }
        }
    }

    fn read(&mut self, at: usize) -> Outcome {
        let place = self.machines[at].outside();
        let key = &self.people.log_key;
        let size = self
            .reader
            .poll(&place, key, &self.truth, &mut self.random)?;
        Ok(format!("a reader is at {size}"))
    }

    fn follow(&mut self, at: usize) -> Outcome {
        let news = self.follower.poll(&self.machines[at].outside())?;
        Ok(format!("a follower takes {news}"))
    }

    fn arm_crash(&mut self, at: usize) -> Outcome {
        let calls = u64::from(self.random.below(40));
        self.machines[at].faults.arm(calls, Fault::Crash);
        Ok(format!(
            "{} will crash in {calls} calls",
            self.machines[at].name
        ))
    }

    fn arm_error(&mut self, at: usize) -> Outcome {
        let calls = u64::from(self.random.below(20));
        self.machines[at].faults.arm(calls, Fault::Error);
        Ok(format!(
            "{} will meet an error in {calls} calls",
            self.machines[at].name
        ))
    }

    fn kill(&mut self, at: usize) -> Outcome {
        self.machines[at].stop(false);
        Ok(self.machines[at].name.to_string())
    }

    fn cut_power(&mut self, at: usize) -> Outcome {
        self.machines[at].stop(true);
        Ok(self.machines[at].name.to_string())
    }

    fn fill(&mut self, at: usize) -> Outcome {
        let free = u64::from(self.random.below(6_000));
        let machine = &mut self.machines[at];
        machine.is_full = !machine.is_full;
        machine.disk.leave_free(machine.is_full.then_some(free));
        Ok(match machine.is_full {
            true => format!("{} has {free} bytes left", machine.name),
            false => format!("{} has space again", machine.name),
        })
    }

    fn jump(&mut self, at: usize) -> Outcome {
        let skews = [0, 0, -DAY_MS, DAY_MS, 5_000, -5_000];
        let machine = &mut self.machines[at];
        machine.skew_ms = self.random.pick(&skews);
        Ok(format!("{} is {} ms ahead", machine.name, machine.skew_ms))
    }

    fn weather(&mut self, at: usize) -> Outcome {
        let kinds = [
            (0, 0),
            (0, 0),
            (20_000, 0),
            (150_000, 0),
            (0, 50_000),
            (600_000, 0),
        ];
        let (lost_ppm, denied_ppm) = self.random.pick(&kinds);
        self.machines[at].faults.set_rates(Rates {
            lost_ppm,
            denied_ppm,
        });
        Ok(format!("{lost_ppm} ppm lost, {denied_ppm} ppm denied"))
    }

    fn back_up(&mut self, _: usize) -> Outcome {
        let bucket = self.machines[0].bucket.as_ref();
        self.backup = Some(Backup {
            size: self.truth.size(),
            disks: self.machines.iter().map(|it| it.disk.durable()).collect(),
            objects: bucket.map(SimBucket::objects),
        });
        Ok(format!("of {} entries", self.truth.size()))
    }
}
