//! The gate between answers and looks behind their seals: one side waits for the other.

use super::Workplace;
use protocol::CampaignId;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Answers of a campaign on their way to the log.
pub struct Pass {
    pub(super) workplace: Workplace,
    pub(super) campaign: CampaignId,
}

impl Drop for Pass {
    fn drop(&mut self) {
        let gate = &self.workplace.inner.gate;
        gate.change(self.campaign, |side| side.on_their_way -= 1);
    }
}

/// Keeps new answers of a campaign waiting for as long as it lives, also through a panic.
pub(super) struct Shut<'a> {
    gate: &'a Gate,
    campaign: CampaignId,
}

impl Drop for Shut<'_> {
    fn drop(&mut self) {
        self.gate.change(self.campaign, |side| side.shut = false);
    }
}

/// Campaigns at which somebody passes or waits; no other has a place here.
#[derive(Default)]
pub(super) struct Gate {
    sides: Mutex<Sides>,
    changed: Condvar,
    /// Threads that wait; nearly always none, and to wake nobody is a call of the system.
    waiting: AtomicUsize,
}

type Sides = BTreeMap<CampaignId, Side>;

#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Side {
    on_their_way: usize,
    shut: bool,
}

impl Gate {
    /// One more is on its way, once the gate is open.
    pub(super) fn enter(&self, campaign: CampaignId) {
        let mut sides = self.wait(campaign, |side| side.shut);
        sides.entry(campaign).or_default().on_their_way += 1;
    }

    /// One more is on its way, if the gate is open; false if it is shut.
    pub(super) fn enters(&self, campaign: CampaignId) -> bool {
        let mut sides = self.sides.lock().unwrap_or_else(PoisonError::into_inner);
        let open = sides.get(&campaign).is_none_or(|side| !side.shut);
        if open {
            sides.entry(campaign).or_default().on_their_way += 1;
        }
        open
    }

    /// New answers wait from here on; returns when those on their way have arrived.
    pub(super) fn shut(&self, campaign: CampaignId) -> Shut<'_> {
        let mut sides = self.wait(campaign, |side| side.shut);
        sides.entry(campaign).or_default().shut = true;
        drop(sides);
        drop(self.wait(campaign, |side| side.on_their_way > 0));
        Shut {
            gate: self,
            campaign,
        }
    }

    fn wait(&self, campaign: CampaignId, not_yet: impl Fn(Side) -> bool) -> MutexGuard<'_, Sides> {
        let sides = self.sides.lock().unwrap_or_else(PoisonError::into_inner);
        let not_yet =
            |sides: &mut Sides| not_yet(sides.get(&campaign).copied().unwrap_or_default());
        // Changed and read under the lock alone.
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let waited = self.changed.wait_while(sides, not_yet);
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        waited.unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, campaign: CampaignId, how: impl FnOnce(&mut Side)) {
        let mut sides = self.sides.lock().unwrap_or_else(PoisonError::into_inner);
        let side = sides.entry(campaign).or_default();
        how(side);
        if *side == Side::default() {
            sides.remove(&campaign);
        }
        let awaited = self.waiting.load(Ordering::Relaxed) > 0;
        drop(sides);
        if awaited {
            self.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    const ID: CampaignId = CampaignId(4);

    #[test]
    fn a_look_and_answers_wait_for_each_other() {
        let gate = Gate::default();
        let (said, heard) = channel();
        gate.enter(ID);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let shut = gate.shut(ID);
                said.send("shut").expect("heard");
                drop(shut);
            });
            assert!(heard.try_recv().is_err(), "one is on its way");
            let shut = || gate.sides.lock().expect("sound")[&ID].shut;
            while !shut() {
                std::thread::yield_now();
            }
            assert!(!gate.enters(ID), "it is shut for new ones");
            scope.spawn(|| {
                gate.enter(ID);
                said.send("entered").expect("heard");
            });
            assert!(gate.enters(CampaignId(5)), "another's is open");
            gate.change(ID, |side| side.on_their_way -= 1);
            assert_eq!(heard.recv(), Ok("shut"), "the late one waits behind it");
            assert_eq!(heard.recv(), Ok("entered"));
        });
        gate.change(ID, |side| side.on_their_way -= 1);
        gate.change(CampaignId(5), |side| side.on_their_way -= 1);
        assert!(gate.sides.lock().expect("sound").is_empty());
    }

    #[test]
    fn a_panic_opens_the_gate() {
        let gate = Gate::default();
        let looked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _shut = gate.shut(ID);
            panic!("behind the seals");
        }));
        assert!(looked.is_err());
        gate.enter(ID);
    }
}
