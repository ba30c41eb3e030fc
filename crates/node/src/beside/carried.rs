//! Slashes and votes of the newest final epoch: carried out, at the operator's cost.

use super::{Kept, MOST_CALLS};
use crate::Error;
use crate::door::Door;
use crate::office::{Office, Role};
use chain::beside::Call;
use chain::settlement::Claim;
use ledger::chain::FIRST;
use proof::claim::LineKind;
use protocol::Address;
use std::collections::BTreeSet;

/// A line that its contract was behind when the epoch became final.
pub(super) struct Open {
    contract: [u8; 20],
    kind: LineKind,
    cumulative: u128,
    claim: Claim,
    /// What the contract said to it: not asked again before the next epoch.
    refused: Option<String>,
    /// What stood there when the contract took it: it is not asked again before another event is
    /// final.
    taken: Option<(u128, u128)>,
}

impl Open {
    fn account(&self) -> [u8; 20] {
        self.claim.leaf.account
    }

    /// What the contract has done for the account, and what it could still take.
    fn stands(&self, events: &chain::beside::Beside) -> (u128, u128) {
        match self.kind {
            LineKind::Vote => (events.minted(self.contract, self.account()), 0),
            LineKind::Pay | LineKind::Slash => {
                let sums = events.stake(self.account());
                (sums.slashed, sums.active.saturating_add(sums.queued))
            }
        }
    }

    fn is_done(&self, events: &chain::beside::Beside) -> bool {
        self.stands(events).0 >= self.cumulative
    }

    /// A slash waits for a stake: a later one is taken as soon as it is there.
    fn is_due(&self, events: &chain::beside::Beside) -> bool {
        let stands = self.stands(events);
        let there = self.kind == LineKind::Vote || stands.1 > 0;
        self.refused.is_none() && self.taken != Some(stands) && there
    }

    fn words(&self) -> String {
        let account = Address(self.account());
        match self.kind {
            LineKind::Vote => format!("votes of 0x{account} cannot be minted"),
            LineKind::Pay | LineKind::Slash => format!("0x{account} cannot be slashed"),
        }
    }
}

impl Kept {
    /// The lines of these contracts in a new epoch, instead of an older one's.
    fn begin(
        &mut self,
        epoch: u64,
        claims: impl Iterator<Item = Claim>,
        (stake, pools): (Option<[u8; 20]>, &BTreeSet<[u8; 20]>),
    ) {
        self.epoch = epoch;
        self.open.clear();
        for claim in claims {
            for line in &claim.leaf.lines {
                let contract = match (line.kind, stake) {
                    (LineKind::Slash, Some(stake)) => stake,
                    (LineKind::Vote, _) if pools.contains(&line.token) => line.token,
                    _ => continue,
                };
                let open = Open {
                    contract,
                    kind: line.kind,
                    cumulative: line.cumulative,
                    claim: claim.clone(),
                    refused: None,
                    taken: None,
                };
                if !open.is_done(&self.events) {
                    self.open.push(open);
                }
            }
        }
    }
}

impl<D: Door> Office<D> {
    /// Sends what the newest final epoch's lines give and take beyond what was done, some in each
    /// turn. What a contract refuses is remembered, and keeps nothing else from being done.
    pub(super) fn carry_out_lines(
        &mut self,
        stake: Option<[u8; 20]>,
        pools: &BTreeSet<[u8; 20]>,
    ) -> Result<(), Error> {
        let newest = self.door.state().released_on(FIRST);
        if stake.is_none() && pools.is_empty() {
            return Ok(());
        }
        if newest > self.beside.epoch {
            let leaves = self.leaves_on(FIRST, newest)?;
            self.beside.begin(newest, leaves.claims(), (stake, pools));
        }
        let Kept { events, open, .. } = &mut self.beside;
        open.retain(|line| !line.is_done(events));
        let due = (0..open.len()).filter(|place| open[*place].is_due(events));
        let due: Vec<usize> = due.take(MOST_CALLS).collect();
        if !due.is_empty() {
            self.send(newest, &due)?;
        }
        let Kept { open, problems, .. } = &mut self.beside;
        let refused = open.iter().filter_map(|line| {
            let why = line.refused.as_ref()?;
            Some(format!("{}: {why}", line.words()))
        });
        problems.extend(refused);
        Ok(())
    }

    fn send(&mut self, epoch: u64, due: &[usize]) -> Result<(), Error> {
        let relay = self.signer(FIRST, Role::Relay);
        let open = &mut self.beside.open;
        let calls = due.iter().map(|place| {
            let line = &open[*place];
            Call {
                contract: line.contract,
                kind: line.kind,
                claim: &line.claim,
            }
        });
        let calls: Vec<Call<'_>> = calls.collect();
        let ended = self.chain.carry_out(&*relay, epoch, &calls)?;
        let Kept { events, open, .. } = &mut self.beside;
        for (place, ended) in due.iter().zip(ended) {
            let line = &mut open[*place];
            match ended {
                Ok(receipt) => {
                    line.taken = Some(line.stands(events));
                    let did = receipt.logs.iter().any(|it| it.address == line.contract);
                    let nothing = || "the contract took the call and did nothing".to_owned();
                    line.refused = (!did).then(nothing);
                }
                // Where no contract has spoken it is on its way, or tried again.
                Err(error) if error.revert.is_none() => {}
                Err(error) => line.refused = Some(error.to_string()),
            }
        }
        Ok(())
    }
}
