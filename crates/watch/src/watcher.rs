//! The turn of the watcher: read the chain and the log, judge, tell, and act.

use crate::alert::{Alert, Level, Outcome};
use crate::facts::facts;
use crate::judge::{self, Reason, Verdict};
use crate::memory::Memory;
use audit::source::ChainFacts;
use audit::{Audit, Fault, Options, Source, Trust};
use chain::settlement::{Post, Status};
use chain::watched::{Look, Seen, Watched};
use chain::wire::Wire;
use proof::hash::sha256;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// How a watcher is set up.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The Settlement to watch; without it, the one that the log names.
    pub settlement: Option<[u8; 20]>,
    /// The first block whose events matter.
    pub from_block: u64,
    /// Most base units that may stand in, or have been lost by, its own challenges; one challenge's
    /// where nothing is said.
    pub most_bond: Option<u128>,
    /// Whether to challenge too what could not be checked for want of a way to the log. An outage
    /// of one's own network costs a bond then.
    pub challenges_unchecked: bool,
    /// How the log is audited.
    pub options: Options,
}

/// Compares what is posted with the log, turn by turn.
pub struct Watcher<'a> {
    pub(crate) source: &'a dyn Source,
    pub(crate) trust: Trust,
    pub(crate) settings: Settings,
    pub(crate) audit: Audit<'a>,
    /// Why the audit has stopped, and the checkpoint under which it did.
    pub(crate) broken: Option<(Fault, Option<Vec<u8>>)>,
    pub(crate) watched: Option<Watched>,
    pub(crate) memory: Memory,
    /// Epochs whose challenge was sent, and nobody knows yet what has become of it.
    pub(crate) unsure: BTreeSet<u64>,
    pub(crate) verdicts: BTreeMap<u64, Verdict>,
    /// Epochs that were found to agree in this life but for their debits: what was posted, and
    /// whether it was final.
    pub(crate) right: BTreeMap<u64, ([u8; 32], bool)>,
    /// Whether the last look had no time for all events of the contracts.
    reading: bool,
    alerts: Vec<Alert>,
}

impl<'a> Watcher<'a> {
    /// A watcher that has read nothing yet but its memory.
    pub fn new(source: &'a dyn Source, trust: Trust, memory: Memory, settings: Settings) -> Self {
        let audit = Audit::new(source, trust.clone(), settings.options).computing_claims();
        Watcher {
            source,
            trust,
            settings,
            audit,
            broken: None,
            watched: None,
            memory,
            unsure: BTreeSet::new(),
            verdicts: BTreeMap::new(),
            right: BTreeMap::new(),
            reading: false,
            alerts: Vec::new(),
        }
    }

    /// Looks once at everything, does what is to be done, and gives what there is to tell, with how
    /// the whole stands.
    ///
    /// # Errors
    /// Of the own directory: without it nothing may be done, since it might be done twice.
    pub fn turn(&mut self, wire: &mut dyn Wire) -> io::Result<(Vec<Alert>, Outcome)> {
        self.read_log()?;
        let mut outcome = self.unread();
        // What is done changes where epochs stand, so it is looked again after each deed.
        for _ in 0..MOST_DEEDS {
            let look = match self.look(wire) {
                Ok(look) => look,
                Err((code, what)) => {
                    self.warn_once(code, None, what)?;
                    return Ok((
                        std::mem::take(&mut self.alerts),
                        outcome.max(Outcome::Unchecked),
                    ));
                }
            };
            self.catch_up(&look)?;
            let found = self.judge_all(wire, &look)?;
            outcome = outcome.max(self.unread()).max(found);
            if !self.act(wire, &look)? {
                break;
            }
        }
        Ok((std::mem::take(&mut self.alerts), outcome))
    }

    /// Whether the last turn had no time for all events of the contracts: the next one goes on.
    pub fn is_reading(&self) -> bool {
        self.reading
    }

    /// Keeps a statement from elsewhere, such as another chain or what somebody was handed: two of
    /// one epoch convict. Whether it was signed by a key of the operator is asked before use. True
    /// where it is new: the next turn acts upon it.
    pub fn learn(&mut self, signed: &chain::objection::Signed) -> io::Result<bool> {
        self.memory.learn(signed)
    }

    /// The Settlement on a chain, once it is known: the one that the log names there. Of a chain
    /// that it does not name, the one to watch, or the one of the first entry.
    pub fn settlement_on(&self, chain_id: u64) -> Option<[u8; 20]> {
        let first = || self.audit.settlement().ok().map(|(_, place)| place);
        let named = self.audit.settlement_on(chain_id).ok().flatten();
        named.or(self.settings.settlement).or_else(first)
    }

    /// What the contracts say; or a code and a sentence.
    fn look(&mut self, wire: &dyn Wire) -> Result<Look, (&'static str, String)> {
        let unreachable = |error: chain::Error| {
            let code = match error.waiting {
                true => "still_reading",
                false => "chain_unreadable",
            };
            (code, error.to_string())
        };
        self.reading = false;
        if self.watched.is_none() {
            let chain_id = wire.chain_id().map_err(unreachable)?;
            let named = || self.settlement_on(chain_id);
            let Some(settlement) = self.settings.settlement.or_else(named) else {
                let what = "the log does not say which contract to watch; name it";
                return Err(("settlement_unknown", what.to_owned()));
            };
            let watched = Watched::new(wire, settlement, self.settings.from_block);
            self.watched = Some(watched.map_err(unreachable)?);
        }
        let first = self.memory.first_open();
        let watched = self.watched.as_mut().expect("it was set above");
        let look = watched.look(wire, first);
        self.reading = look.as_ref().is_err_and(|error| error.waiting);
        let look = look.map_err(unreachable)?;
        if self.broken.is_none() {
            let facts = facts(watched.rules(), &look);
            let same = self.audit.check_contracts(&facts);
            same.map_err(|fault| (fault.code, fault.what))?;
        }
        Ok(look)
    }

    /// Judges every epoch of a look, and tells what is new.
    fn judge_all(&mut self, wire: &dyn Wire, look: &Look) -> io::Result<Outcome> {
        self.learn_all(wire, look)?;
        let found = self.compare(look);
        let newest_final = look.epochs.iter().filter(|it| it.status == Status::Final);
        let newest_final = newest_final.map(|it| it.post.id).max().unwrap_or(0);
        self.audit.forget_claims(newest_final);
        let mut outcome = self.tell_unread(look, &found)?;
        for seen in look.epochs.iter().filter(|it| it.post.id >= look.first) {
            outcome = outcome.max(self.judge_one(look, &found, seen)?);
        }
        Ok(outcome)
    }

    /// A look in the words of an audit, and what that finds of its money.
    fn compare(&self, look: &Look) -> Compared {
        let facts = facts(self.rules(), look);
        let (debits, redeemed) = match self.broken {
            // `look` has found the contracts to be the log's, so that there is no other fault.
            None => (
                self.audit.debit_faults(&facts).unwrap_or_default(),
                self.audit.check_redemptions(&facts).err(),
            ),
            Some(_) => (BTreeMap::new(), None),
        };
        Compared {
            facts,
            debits,
            redeemed,
        }
    }

    /// Of vouchers that were not all read, nothing is known but that the log notes some. That is
    /// nobody's fault, so that no epoch is challenged for it, whatever the settings are.
    fn tell_unread(&mut self, look: &Look, found: &Compared) -> io::Result<Outcome> {
        if look.redeemed.is_some() || found.redeemed.is_none() {
            return Ok(Outcome::Agree);
        }
        let what = "the log notes redeemed vouchers, and the events of what came into the pot do \
                    not add up to what the contract says\nhint: begin at the block in which the \
                    contracts were deployed, or use another server";
        // A turn looks again after each deed.
        if self.alerts.iter().all(|alert| alert.code != UNREAD) {
            self.warn_once(UNREAD, None, what.to_owned())?;
        }
        Ok(Outcome::Unchecked)
    }

    /// Statements count if a key of this operator signed them.
    fn learn_all(&mut self, wire: &dyn Wire, look: &Look) -> io::Result<()> {
        let Some(watched) = &self.watched else {
            return Ok(());
        };
        for signed in look.epochs.iter().filter_map(|seen| seen.signed.as_ref()) {
            if watched.counts(wire, signed).unwrap_or(false) {
                self.memory.learn(signed)?;
            }
        }
        Ok(())
    }

    fn judge_one(&mut self, look: &Look, found: &Compared, seen: &Seen) -> io::Result<Outcome> {
        let (id, posted) = (seen.post.id, digest(&seen.post));
        if seen.status == Status::Vetoed {
            if !seen.bonded {
                self.memory.agree(id, posted, true)?;
            }
            self.verdicts.remove(&id);
            return Ok(Outcome::Agree);
        }
        let mut verdict = self.verdict(&found.facts, seen, posted);
        if verdict == Verdict::Agrees {
            verdict = self.verdict_of_money(look, found, seen)?;
        }
        self.verdicts.insert(id, verdict.clone());
        let urgent = is_urgent(look, seen, self.rules().window_s);
        match verdict {
            Verdict::Agrees => Ok(Outcome::Agree),
            Verdict::Wrong(reason) => {
                self.tell_once(Level::Fault, &reason, id)?;
                Ok(Outcome::Fault)
            }
            Verdict::Missing(reason) | Verdict::Unchecked(reason) => {
                self.warn_of_window(look, seen, &reason, urgent)?;
                Ok(Outcome::Unchecked)
            }
        }
    }

    /// What was debited for an epoch, and redeemed before it. One that agrees is noted, unless
    /// vouchers that it rests on could not be read.
    fn verdict_of_money(
        &mut self,
        look: &Look,
        found: &Compared,
        seen: &Seen,
    ) -> io::Result<Verdict> {
        if let Some(fault) = found.debits.get(&seen.post.id) {
            return Ok(Verdict::Wrong(Reason::from(fault)));
        }
        let note = found.redeemed.as_ref();
        if let Some(note) = note.filter(|note| judge::rests_on(note, seen)) {
            return Ok(match look.redeemed.is_some() {
                true => Verdict::Wrong(judge::by_redemptions(note, seen)),
                false => Verdict::Agrees,
            });
        }
        // Nothing is taken any more once it is final, and its debits were looked at.
        let settled = seen.status == Status::Final && self.broken.is_none();
        self.memory
            .agree(seen.post.id, digest(&seen.post), settled)?;
        Ok(Verdict::Agrees)
    }

    /// What was posted, against the log before it. Neither can change, but the file of leaves may
    /// be gone once the epoch pays.
    fn verdict(&mut self, facts: &ChainFacts, seen: &Seen, posted: [u8; 32]) -> Verdict {
        let id = seen.post.id;
        let broken = self.broken.as_ref().map(|(fault, _)| fault);
        let now = (posted, seen.status == Status::Final);
        let known = self.right.get(&id) == Some(&now);
        if known || (broken.is_some() && self.memory.has_agreed(id, &posted)) {
            return Verdict::Agrees;
        }
        let file = || self.source.claims(id);
        let verdict = judge::judge(&self.audit, broken, facts, seen, file);
        if verdict == Verdict::Agrees {
            self.right.insert(id, now);
        }
        verdict
    }

    fn warn_of_window(
        &mut self,
        look: &Look,
        seen: &Seen,
        reason: &Reason,
        urgent: bool,
    ) -> io::Result<()> {
        let (id, what) = (seen.post.id, &reason.what);
        if seen.status == Status::Final {
            let what = format!("epoch {id} became final before it could be checked: {what}");
            return self.warn_once("window_missed", Some(id), what);
        }
        if !urgent {
            return self.warn_once(reason.code, Some(id), what.clone());
        }
        let left = seen.ready_at_s.saturating_sub(look.time_s);
        let what = format!("epoch {id} is still not checked, its window ends in {left} s: {what}");
        self.warn_once("window_ending", Some(id), what)
    }

    /// What was found of an epoch in this turn.
    pub(crate) fn verdict_of(&self, id: u64) -> Option<&Verdict> {
        self.verdicts.get(&id)
    }

    pub(crate) fn rules(&self) -> &chain::watched::Rules {
        let watched = self.watched.as_ref();
        watched
            .expect("there is no look before the contracts are known")
            .rules()
    }

    /// Tells a reason of this level once for an epoch, in all lives.
    fn tell_once(&mut self, level: Level, reason: &Reason, id: u64) -> io::Result<()> {
        let alert = Alert::new(level, reason.code, Some(id), reason.what.clone());
        self.tell(alert)
    }

    pub(crate) fn warn_once(
        &mut self,
        code: &str,
        epoch: Option<u64>,
        what: String,
    ) -> io::Result<()> {
        self.tell(Alert::new(Level::Warning, code, epoch, what))
    }

    /// Tells something unless it was told before, word for word, of an epoch; what concerns none is
    /// told again whenever it comes up.
    pub(crate) fn tell(&mut self, alert: Alert) -> io::Result<()> {
        let key = alert.epoch.map(|epoch| format!("{epoch} {}", alert.code));
        let new = key.map_or(Ok(true), |key| self.memory.tell(&key))?;
        if new {
            self.alerts.push(alert);
        }
        Ok(())
    }
}

/// A look as an audit compares it, and what it has found of its money.
struct Compared {
    facts: ChainFacts,
    /// What is wrong with the debits of each epoch.
    debits: BTreeMap<u64, Fault>,
    /// The first note of a redeemed voucher that these facts do not bear out.
    redeemed: Option<Fault>,
}

/// How it is told that not all redeemed vouchers could be read.
const UNREAD: &str = "redemptions_unread";
/// Deeds in one turn: all live epochs, with what follows from each.
const MOST_DEEDS: usize = 16;

/// Whether a live epoch's window is so far gone that what is missing will hardly come: its last
/// quarter.
pub(crate) fn is_urgent(look: &Look, seen: &Seen, window_s: u64) -> bool {
    let live = matches!(seen.status, Status::Open | Status::Halted);
    live && seen.ready_at_s.saturating_sub(look.time_s) <= window_s / 4
}

/// What an epoch was posted as, in one word.
fn digest(post: &Post) -> [u8; 32] {
    let mut text = format!("{} {} ", post.id, post.parent);
    for word in [post.root, post.checkpoint_root, post.data_hash] {
        text.push_str(&hex::encode(word));
    }
    text.push_str(&format!(" {} {}", post.log_size, post.log_time_ms));
    for total in &post.totals {
        text.push_str(&format!(" {} {}", hex::encode(total.token), total.amount));
    }
    sha256(&[text.as_bytes()])
}
