//! Votes and stakes: which contracts count, and what the operator has seen there.

use super::Context;
use crate::draft::Draft;
use crate::work::Campaign;
use protocol::document::Outcome;
use protocol::event::PurseOwner;
use protocol::line::{LineEvent, NoteStake, OpenVotes};
use protocol::{AccountId, Address, Amount, CampaignId, Event, Rejection};

impl Context<'_> {
    pub(super) fn open_votes(
        &self,
        draft: &mut Draft<'_>,
        open: &OpenVotes,
    ) -> Result<(), Rejection> {
        self.state.check_votes(open)?;
        draft.note(Event::Line(LineEvent::VotesOpened(*open)));
        Ok(())
    }

    /// What was slashed since the last note is in the pot already, and goes to whom it harmed.
    pub(super) fn note_stake(
        &self,
        draft: &mut Draft<'_>,
        note: &NoteStake,
    ) -> Result<(), Rejection> {
        self.state.check_stake(note)?;
        for (campaign, amount) in self.state.sections.lines.stakes.repaid(note) {
            let campaign = self.state.campaign(campaign);
            let asset = campaign.and_then(|campaign| campaign.asset);
            let asset = asset.ok_or(Rejection::CampaignState)?;
            let pool = draft.purse(PurseOwner::Pool(asset), note.token, None);
            draft.credit(pool, amount)?;
        }
        draft.note(Event::Line(LineEvent::StakeNoted(*note)));
        Ok(())
    }

    /// The votes that a close gives.
    pub(super) fn give_votes(&self, draft: &mut Draft<'_>) {
        for (asset, given) in self.state.votes_due() {
            draft.note(Event::Line(LineEvent::VotesGiven { asset, given }));
        }
    }

    /// What the asker must stake now, and the address whose stake in the contract stands for it;
    /// none where a deposit must.
    pub(super) fn stake(
        &self,
        campaign: &Campaign,
        id: CampaignId,
        opened: usize,
    ) -> Result<(Amount, Option<Address>), Rejection> {
        if opened > 0 {
            let leaving = self.state.stake_is_leaving(id, self.asker);
            return match leaving {
                true => Err(Rejection::DepositShort),
                false => Ok((Amount::ZERO, None)),
            };
        }
        let stake = campaign.stake().unwrap_or_default();
        let what = (&campaign.spec, stake);
        let wallet = self.state.stake_for(self.asker, what, self.entry.time_ms);
        Ok((stake, wallet.filter(|_| !stake.is_zero())))
    }

    /// Stakes of a campaign end with it. What is lost of deposits is forfeited; what is lost of
    /// stakes in the contract becomes due, of those alone who have a rejected block: who is listed
    /// is the operator's word, and that the log shows.
    pub(super) fn end_stakes(
        &self,
        draft: &mut Draft<'_>,
        (campaign, work): (CampaignId, &Campaign),
        lost: impl Fn(AccountId) -> bool,
    ) -> Result<(), Rejection> {
        for (account, stake) in &work.conduct.stakes {
            if lost(*account) {
                draft.post(*stake, draft.hold(*stake).rest)?;
            } else {
                draft.void(*stake)?;
            }
        }
        let stakes = &self.state.sections.lines.stakes;
        let rejected = |account| {
            let own = work.work.get(&account).map(|own| &own.blocks);
            let mut blocks = own.into_iter().flatten();
            blocks.any(|block| block.outcome == Outcome::Rejected)
        };
        for (account, lock) in stakes.locks_of(campaign) {
            let slashed = lost(account) && rejected(account);
            let due = stakes.wallets.get(&lock.wallet).map(|stake| stake.due);
            if slashed && due.and_then(|due| due.checked_add(lock.amount)).is_none() {
                return Err(Rejection::AmountTooLarge);
            }
            draft.note(Event::Line(LineEvent::StakeUnlocked {
                campaign,
                account,
                slashed,
            }));
        }
        Ok(())
    }
}
