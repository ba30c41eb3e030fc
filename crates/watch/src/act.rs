//! What the watcher does by itself: proves, challenges within its cap, and fetches its bonds back.

use crate::alert::{Alert, Level};
use crate::judge::Verdict;
use crate::memory::LOST;
use crate::prove::Evidence;
use crate::watcher::{Watcher, is_urgent};
use chain::error::ErrorKind;
use chain::objection::{self, Objection, Signed};
use chain::settlement::Status;
use chain::watched::{Look, Seen, Watched};
use chain::wire::Wire;
use std::collections::BTreeSet;
use std::io;

impl Watcher<'_> {
    /// Does one thing that is due, if there is one that can be done: then it must be looked again.
    pub(crate) fn act(&mut self, wire: &mut dyn Wire, look: &Look) -> io::Result<bool> {
        let Some(me) = wire.sender() else {
            return self.only_tell(wire, look);
        };
        for seen in &look.epochs {
            if let Some(proof) = self.proof(wire, look, seen)
                && self.send(wire, seen, &proof)?
            {
                return Ok(true);
            }
            if self.wants_challenge(look, seen)
                && self.may_challenge(wire, look, seen, me)?
                && self.send(wire, seen, &self.challenge(seen))?
            {
                return Ok(true);
            }
            if self.follow_up(wire, seen, me)? {
                return Ok(true);
            }
        }
        self.collect(wire, me)
    }

    /// Without a key: says what could be done.
    fn only_tell(&mut self, wire: &dyn Wire, look: &Look) -> io::Result<bool> {
        for seen in &look.epochs {
            let id = seen.post.id;
            let what = match self.proof(wire, look, seen) {
                Some(proof) => format!("{} of epoch {id} can be proven", noun(&proof)),
                None if self.wants_challenge(look, seen) => format!(
                    "epoch {id} can be challenged for a bond of {} units",
                    self.rules().challenge_bond
                ),
                None => continue,
            };
            let what = format!("{what}, but no key was given to act with");
            self.tell(Alert::new(Level::Warning, "not_acting", Some(id), what))?;
        }
        Ok(false)
    }

    /// A proof against an epoch that nobody has convicted yet. Statements are looked at whatever
    /// the epoch says; leaves and logs only where it is not the log's.
    fn proof(&self, wire: &dyn Wire, look: &Look, seen: &Seen) -> Option<Objection> {
        if seen.convicted {
            return None;
        }
        let watched = self.watched.as_ref();
        let counts = |signed: &Signed| {
            let counts = |watched: &Watched| watched.counts(wire, signed).unwrap_or(false);
            watched.is_some_and(counts)
        };
        let evidence = Evidence {
            audit: &self.audit,
            source: self.source,
            memory: &self.memory,
            rules: self.rules(),
            look,
            counts: &counts,
        };
        let id = seen.post.id;
        if let Some(two) = evidence.of_statements(id) {
            return Some(two);
        }
        let wrong = matches!(self.verdict_of(id), Some(Verdict::Wrong(_)));
        if !wrong || seen.status == Status::Vetoed {
            return None;
        }
        let logs = || evidence.of_logs(seen);
        evidence.of_leaves(seen).or_else(logs)
    }

    /// Wrong roots at once; what is missing once it will hardly come in time. What stands upon a
    /// halted epoch can wait with it, until its own window is about to end.
    fn wants_challenge(&self, look: &Look, seen: &Seen) -> bool {
        let live = matches!(seen.status, Status::Open | Status::Halted);
        if !live || seen.challenger.is_some() || look.time_s >= seen.ready_at_s {
            return false;
        }
        let urgent = is_urgent(look, seen, self.rules().window_s);
        match self.verdict_of(seen.post.id) {
            Some(Verdict::Wrong(_)) => seen.status == Status::Open || urgent,
            Some(Verdict::Missing(_)) => urgent,
            Some(Verdict::Unchecked(_)) => urgent && self.settings.challenges_unchecked,
            _ => false,
        }
    }

    fn challenge(&self, seen: &Seen) -> Objection {
        let reason = match self.verdict_of(seen.post.id) {
            Some(Verdict::Wrong(it) | Verdict::Missing(it) | Verdict::Unchecked(it)) => {
                format!("{}: {}", it.code, it.what)
            }
            Some(Verdict::Agrees) | None => String::new(),
        };
        let id = seen.post.id;
        Objection::Challenge { id, reason }
    }

    /// Whether a bond more stays within the cap and is at hand; says so where it does not.
    fn may_challenge(
        &mut self,
        wire: &mut dyn Wire,
        look: &Look,
        seen: &Seen,
        me: [u8; 20],
    ) -> io::Result<bool> {
        let (id, bond) = (seen.post.id, self.rules().challenge_bond);
        let mut risked = self.risked(look, me);
        risked.insert(id);
        let risked = bond.saturating_mul(risked.len() as u128);
        let most = self.settings.most_bond.unwrap_or(bond);
        if risked > most {
            let what = format!(
                "epoch {id} is not challenged: bonds of {risked} units would be at risk, and at \
                 most {most} may be"
            );
            self.warn_once("bond_capped", Some(id), what)?;
            return Ok(false);
        }
        let Some(watched) = &self.watched else {
            return Ok(false);
        };
        let settlement = watched.rules().settlement;
        let money = watched.bond_money(wire, me).and_then(|money| {
            let allowed = watched.allowance(wire, me)?;
            if money >= bond && allowed < bond {
                let approval = objection::approval(settlement, bond);
                wire.send(watched.rules().bond_token, approval)?;
            }
            Ok(money)
        });
        let short = match money {
            Ok(money) if money >= bond => None,
            Ok(money) => Some(format!(
                "epoch {id} is not challenged: the bond is {bond} units, the key has {money}"
            )),
            Err(error) => Some(format!("epoch {id} is not challenged: {error}")),
        };
        match short {
            Some(what) => self.warn_once("bond_short", Some(id), what)?,
            None => {
                let what = format!(
                    "challenging epoch {id} with a bond of {bond} units; {risked} of at most \
                     {most} are at risk"
                );
                self.tell(Alert::new(Level::Note, "bond_risked", Some(id), what))?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Epochs with a bond of one's own: those that the arbiter has let stand are lost, the others
    /// stand, or are on their way.
    fn risked(&self, look: &Look, me: [u8; 20]) -> BTreeSet<u64> {
        let own = |seen: &&Seen| match seen.challenger {
            Some(challenger) => challenger == me && (seen.bonded || seen.status != Status::Vetoed),
            None => {
                let live = matches!(seen.status, Status::Open | Status::Halted);
                live && self.unsure.contains(&seen.post.id)
            }
        };
        let mut risked = self.memory.lost();
        risked.extend(look.epochs.iter().filter(own).map(|it| it.post.id));
        risked
    }

    /// What comes after a challenge: the veto by silence, the bond back, or its loss.
    fn follow_up(&mut self, wire: &mut dyn Wire, seen: &Seen, me: [u8; 20]) -> io::Result<bool> {
        if seen.challenger != Some(me) {
            return Ok(false);
        }
        let id = seen.post.id;
        match (seen.status, seen.bonded) {
            (Status::Halted, true) => {
                let lapse = Objection::Lapse { id };
                let ripe = lapse
                    .calldata()
                    .and_then(|calldata| wire.call(self.rules().settlement, calldata).map(drop));
                Ok(ripe.is_ok() && self.send(wire, seen, &lapse)?)
            }
            (Status::Vetoed, true) => self.send(wire, seen, &Objection::Reclaim { id }),
            (Status::Open | Status::Final, false) => {
                let what = format!(
                    "the arbiter has let epoch {id} stand: the bond of {} units is lost",
                    self.rules().challenge_bond
                );
                self.warn_once(LOST, Some(id), what)?;
                Ok(false)
            }
            _ => Ok(false),
        }
    }

    /// Bonds and rewards that are there to be fetched.
    fn collect(&mut self, wire: &mut dyn Wire, me: [u8; 20]) -> io::Result<bool> {
        let owed = self.watched.as_ref().map(|watched| watched.owed(wire, me));
        let Some(Ok(owed @ 1..)) = owed else {
            return Ok(false);
        };
        let collect = Objection::Collect { account: me };
        let sent = collect.calldata();
        let sent = sent.and_then(|calldata| wire.send(self.rules().settlement, calldata));
        let alert = match sent {
            Ok(_) => {
                let what = format!("{owed} units of bonds and rewards were collected");
                Alert::new(Level::Note, "collected", None, what)
            }
            Err(error) => {
                let what =
                    format!("{owed} units of bonds and rewards stay where they are: {error}");
                Alert::new(Level::Warning, "not_collected", None, what)
            }
        };
        self.tell(alert)?;
        Ok(false)
    }

    /// Sends an objection and notes it; whether it has taken effect.
    fn send(&mut self, wire: &mut dyn Wire, seen: &Seen, what: &Objection) -> io::Result<bool> {
        let (id, deed) = (seen.post.id, noun(what));
        let calldata = what.calldata();
        match calldata.and_then(|calldata| wire.send(self.rules().settlement, calldata)) {
            Ok(tx) => {
                self.memory.finish(id, deed, &tx)?;
                let tx = hex::encode(tx);
                let told = format!("{deed} of epoch {id}: done in transaction 0x{tx}");
                self.tell(Alert::new(Level::Note, &code(deed), Some(id), told))?;
                Ok(true)
            }
            Err(error) => {
                let unsure = error.kind == ErrorKind::Unavailable;
                if unsure && matches!(what, Objection::Challenge { .. }) {
                    self.unsure.insert(id);
                }
                let told = format!("{deed} of epoch {id}: {error}");
                self.warn_once(&format!("{}_failed", code(deed)), Some(id), told)?;
                Ok(false)
            }
        }
    }
}

/// What an objection is called, for people and in the memory.
fn noun(objection: &Objection) -> &'static str {
    match objection {
        Objection::Decrease { .. } => "proof of a decrease",
        Objection::Duplicate { .. } => "proof of a duplicate",
        Objection::Equivocation { .. } => "proof of an equivocation",
        Objection::Fork { .. } => "proof of a fork",
        Objection::Challenge { .. } => "challenge",
        Objection::Lapse { .. } => "veto by silence",
        Objection::Reclaim { .. } => "return of the bond",
        Objection::Collect { .. } => "collection",
    }
}

fn code(deed: &str) -> String {
    deed.replace(' ', "_")
}
