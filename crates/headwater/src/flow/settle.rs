//! Epochs to the chain and back: posted, final, released, claimed, refunded, compared.

use super::work::submit;
use super::{Progress, Roster, Worked};
use anyhow::{Result, ensure};
use ledger::claims;
use node::Node;
use node::epoch::PostedEpoch;
use protocol::{Amount, EpochId, TokenId};

/// What the epochs have moved, in base units.
#[derive(Clone, Debug, Default)]
pub struct Settled {
    /// Epochs posted by this run.
    pub epochs: Vec<EpochId>,
    /// Claims paid on chain.
    pub claimed: Amount,
    /// Deposits that went back to their funders, requesters and all others.
    pub refunded: Amount,
    /// Of these, to requesters.
    pub refunded_requesters: Amount,
    /// Gas of all claims, and how many leaves they paid.
    pub claim_gas: (u64, u64),
    /// Gas of the last posting.
    pub post_gas: u64,
    /// Wallets whose balance on chain was held against the ledger, to the last unit.
    pub wallets_equal: u64,
}

/// The run's way through the epochs.
pub(super) struct Settlement {
    settled: Settled,
}

impl Settlement {
    pub(super) fn new() -> Self {
        Self {
            settled: Settled::default(),
        }
    }

    /// First epoch: the work's money leaves the deposits.
    pub(super) fn pay_work(&mut self, node: &mut Node, progress: &mut Progress<'_>) -> Result<()> {
        progress("epochs settle on chain", 0, 3);
        self.epoch(node)?;
        progress("epochs settle on chain", 1, 3);
        Ok(())
    }

    /// Everybody makes known where they want to be paid.
    pub(super) fn disclose(&self, node: &mut Node, roster: &mut Roster) -> Result<()> {
        submit(
            node,
            roster.everybody().map(super::Person::disclose).collect(),
        )
    }

    /// Second epoch: charges flow up the lineage. Third: everything is claimed, and what is unspent
    /// goes back. Then balances on chain must equal the ledger.
    pub(super) fn finish(
        mut self,
        node: &mut Node,
        roster: &Roster,
        worked: &[Worked],
        end_ms: u64,
        progress: &mut Progress<'_>,
    ) -> Result<Settled> {
        let appeals_end = appeals_end(node, worked);
        node.advance(appeals_end.saturating_sub(node.now_ms()))?;
        for worked in worked {
            node.return_held(worked.campaign)?;
        }
        self.epoch(node)?;
        progress("epochs settle on chain", 2, 3);
        node.advance(end_ms.saturating_sub(node.now_ms()))?;
        let last = self.epoch(node)?;
        let (claimed, gas) = node.claim_all(&last)?;
        self.settled.claimed = claimed;
        self.settled.claim_gas = (gas, u64::from(last.leaves));
        self.refund(node, roster)?;
        self.settled.wallets_equal = compare(node, &last)?;
        progress("epochs settle on chain", 3, 3);
        Ok(self.settled)
    }

    fn epoch(&mut self, node: &mut Node) -> Result<PostedEpoch> {
        let posted = node.close_epoch()?;
        node.finish_epoch(posted.id)?;
        self.settled.epochs.push(posted.id);
        self.settled.post_gas = posted.post_gas;
        Ok(posted)
    }

    /// The contract pays back what neither work nor calls have used.
    fn refund(&mut self, node: &mut Node, roster: &Roster) -> Result<()> {
        let requesters: Vec<_> = roster
            .requesters
            .iter()
            .map(|person| person.account)
            .collect();
        for (fund, refunded) in node.refund_closed()? {
            let settled = &mut self.settled;
            let sum = |a: Amount| a.checked_add(refunded).unwrap_or(Amount::MAX);
            settled.refunded = sum(settled.refunded);
            let funder = node.state().fund(fund).map(|fund| fund.account);
            if funder.is_some_and(|funder| requesters.contains(&funder)) {
                settled.refunded_requesters = sum(settled.refunded_requesters);
            }
        }
        Ok(())
    }
}

/// When the last appeal of these campaigns is over.
fn appeals_end(node: &Node, worked: &[Worked]) -> u64 {
    let state = node.state();
    let blocks = worked
        .iter()
        .filter_map(|worked| state.campaign(worked.campaign))
        .flat_map(|campaign| campaign.work.values().flat_map(|work| &work.blocks));
    blocks
        .filter_map(|block| state.book.hold(block.pay).due_ms)
        .max()
        .unwrap_or(0)
}

/// What every wallet has been paid on chain equals what the ledger owes it, to the last unit.
fn compare(node: &Node, last: &PostedEpoch) -> Result<u64> {
    let state = node.state();
    let due = claims::due(state, |purse| purse.balance)
        .map_err(|rejection| anyhow::anyhow!("cannot sum what is due: {rejection}"))?;
    let tokens = node.chain().deployment.tokens.clone();
    let mut owed: std::collections::BTreeMap<([u8; 20], TokenId), u128> = Default::default();
    for (id, wallet) in state.accounts.wallets() {
        let due = &due[id.index() * tokens.len()..][..tokens.len()];
        for (token, amount) in (0u16..).map(TokenId).zip(due) {
            *owed.entry((wallet.0, token)).or_default() += amount.units();
        }
    }
    let mut equal = 0;
    for ((wallet, token), owed) in owed {
        let claimed = node.chain().claimed(wallet, tokens[token.index()])?;
        ensure!(
            claimed == owed,
            "wallet 0x{} was paid {claimed} units on chain, the ledger says {owed} (epoch {})",
            hex::encode(wallet),
            last.id
        );
        equal += 1;
    }
    Ok(equal)
}
