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
}

impl Open {
    fn account(&self) -> [u8; 20] {
        self.claim.leaf.account
    }

    fn is_done(&self, events: &chain::beside::Beside) -> bool {
        let done = match self.kind {
            LineKind::Vote => events.minted(self.contract, self.account()),
            LineKind::Pay | LineKind::Slash => events.stake(self.contract, self.account()).slashed,
        };
        done >= self.cumulative
    }

    /// A slash waits for a stake: a later one is taken as soon as it is there.
    fn is_due(&self, events: &chain::beside::Beside) -> bool {
        let sums = events.stake(self.contract, self.account());
        let there = self.kind == LineKind::Vote || sums.active + sums.queued > 0;
        self.refused.is_none() && there
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
    pub(super) fn carry_out_lines(&mut self, stake: Option<[u8; 20]>) -> Result<(), Error> {
        let (newest, pools) = {
            let state = self.door.state();
            let pools = state.sections.lines.pools.iter();
            let pools: BTreeSet<[u8; 20]> = pools.map(|it| it.contract.0).collect();
            (state.released_on(FIRST), pools)
        };
        if stake.is_none() && pools.is_empty() {
            return Ok(());
        }
        if newest > self.beside.epoch {
            let leaves = self.leaves_on(FIRST, newest)?;
            self.beside.begin(newest, leaves.claims(), (stake, &pools));
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
        for (place, ended) in due.iter().zip(ended) {
            open[*place].refused = ended.err().map(|error| error.to_string());
        }
        let Kept { events, open, .. } = &mut self.beside;
        events.follow(&self.chain, |_| ())?;
        for place in due {
            let line = &mut open[*place];
            if !line.is_done(events) && line.is_due(events) {
                line.refused = Some("the contract took the call and did nothing".to_owned());
            }
        }
        open.retain(|line| !line.is_done(events));
        Ok(())
    }
}
