//! One entry: its row, and each of its events where it belongs.

use super::Applied;
use super::batch::{Batch, failed, int};
use crate::Error;
use protocol::Command;
use protocol::credit::Credit;
use protocol::{AssetId, CampaignId, Event};
use rusqlite::params;

impl Batch<'_> {
    /// Applies an entry.
    pub fn entry(&mut self, applied: &Applied<'_>) -> Result<(), Error> {
        let (entry, events) = (applied.entry, applied.events);
        self.turn_to(entry);
        let submission = &entry.signed.submission;
        let account = submission.account.map_or(self.next.account, |id| id.0);
        let (campaign, asset) = subject(&submission.command);
        let campaign = campaign.or_else(|| self.opens(&submission.command));
        let asset = asset.or_else(|| self.registers(&submission.command));
        self.run(
            "INSERT INTO entries VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                self.seq,
                self.time_ms,
                account,
                word(&submission.command),
                campaign,
                asset,
                int(applied.bytes as u64)
            ],
        )?;
        if matches!(submission.command, Command::Genesis(_)) {
            self.space = Some(submission.space.to_string());
        }
        self.find_purposes(events)?;
        for event in events {
            self.event(&submission.command, event)?;
        }
        self.last = Some(entry.signed.signature.to_string());
        Ok(())
    }

    /// Notes how far the view has come; what it is known by.
    pub fn stop(&self) -> Result<(u64, String), Error> {
        let last = self.last.clone().unwrap_or_default();
        let sql = "UPDATE position SET through = ?1, time_ms = ?2, signature = ?3";
        self.connection
            .execute(sql, params![self.seq + 1, self.time_ms, last])
            .map_err(failed())?;
        Ok((self.seq.unsigned_abs() + 1, last))
    }

    fn opens(&self, command: &Command) -> Option<u32> {
        matches!(command, Command::OpenCampaign(_)).then_some(self.next.campaign)
    }

    fn registers(&self, command: &Command) -> Option<u32> {
        let makes = matches!(
            command,
            Command::RegisterAsset(_) | Command::CloseCampaign(_)
        );
        makes.then_some(self.next.asset)
    }

    /// What stands behind a seal shows when the round opens it; of roles, services and stakes the
    /// state tells.
    fn event(&mut self, command: &Command, event: &Event) -> Result<(), Error> {
        match event {
            Event::Moved(movement) => self.moved(movement),
            Event::SpaceOpened { .. }
            | Event::AccountOpened { .. }
            | Event::WalletDisclosed { .. }
            | Event::DepositCredited(_)
            | Event::KeyAdded { .. }
            | Event::KeyRevoked { .. }
            | Event::OperatorRotated { .. } => self.person(event),
            Event::PasskeyDisclosed { .. }
            | Event::PayoutBound { .. }
            | Event::PayoutCalledOff { .. }
            | Event::PayoutMoved { .. } => self.paid_at(event),
            Event::StateRootPosted { .. }
            | Event::WitnessesSet { .. }
            | Event::WitnessNoted { .. }
            | Event::LogKeyRotated { .. }
            | Event::Erased { .. } => self.kept(event),
            Event::CampaignOpened { .. }
            | Event::AnswersSealed { .. }
            | Event::BlockOpened { .. }
            | Event::EvidenceTaken { .. }
            | Event::StakeHeld { .. }
            | Event::FeesHeld { .. }
            | Event::BonusHeld { .. }
            | Event::UnitsClosed { .. }
            | Event::AccountPaused { .. } => self.work(event),
            Event::RoundOpened { .. }
            | Event::RoundClosed { .. }
            | Event::RoundForgotten { .. } => self.round(event),
            Event::AnswerReplaced { .. }
            | Event::RolesSet { .. }
            | Event::AssetServed { .. }
            | Event::AssetWithdrawn { .. }
            | Event::AssetComposed(_)
            | Event::GatewaySet { .. }
            | Event::FeeAnnounced(_) => Ok(()),
            Event::ScoresPosted { .. }
            | Event::BlockJudged { .. }
            | Event::Reviewed { .. }
            | Event::AppealOpened { .. }
            | Event::VerdictGiven { .. }
            | Event::AppealDecided { .. }
            | Event::CampaignClosed { .. }
            | Event::CampaignSettled { .. } => self.judged(event),
            Event::AssetRegistered(_)
            | Event::AllowanceGranted { .. }
            | Event::AllowanceEnded { .. }
            | Event::SegmentPosted { .. } => self.used(event, command),
            Event::AssetListed { .. }
            | Event::GrantBought(_)
            | Event::GrantRevoked { .. }
            | Event::WaiverOffered(_)
            | Event::WaiverUsed { .. } => self.traded(event),
            Event::RoyaltyPaid { .. } | Event::EpochClosed { .. } => self.settled(event),
            Event::Chain(_) | Event::Line(_) => self.settled(event),
        }
    }
}

/// A command as one word; the same as in `docs/spec/entry.md`.
pub fn word(command: &Command) -> &'static str {
    match command {
        Command::Genesis(_) => "genesis",
        Command::OpenAccount(_) => "open_account",
        Command::DiscloseWallet(_) => "disclose_wallet",
        Command::CreditDeposit(_) => "credit_deposit",
        Command::OpenCampaign(_) => "open_campaign",
        Command::OpenRound(_) => "open_round",
        Command::SealAnswers(_) => "seal_answers",
        Command::CloseRound(_) => "close_round",
        Command::PostScores(_) => "post_scores",
        Command::CloseCampaign(_) => "close_campaign",
        Command::ReturnHeld(_) => "return_held",
        Command::RegisterAsset(_) => "register_asset",
        Command::GrantAllowance(_) => "grant_allowance",
        Command::PostSegment(_) => "post_segment",
        Command::CloseEpoch(_) => "close_epoch",
        Command::NoteRelease(_) => "note_release",
        Command::NoteRefund(_) => "note_refund",
        Command::PostStateRoot(_) => "post_state_root",
        Command::SetWitnesses(_) => "set_witnesses",
        Command::NoteWitness(_) => "note_witness",
        Command::RotateLogKey(_) => "rotate_log_key",
        Command::RotateOperator(_) => "rotate_operator",
        Command::AddKey(_) => "add_key",
        Command::RevokeKey(_) => "revoke_key",
        Command::Erase(_) => "erase",
        Command::Appeal(_) => "appeal",
        Command::GiveVerdict(_) => "give_verdict",
        Command::CloseUnits(_) => "close_units",
        Command::PauseAccount(_) => "pause_account",
        Command::ReplaceAnswer(_) => "replace_answer",
        Command::SetRoles(_) => "set_roles",
        Command::BuyGrant(_) => "buy_grant",
        Command::RevokeGrant(_) => "revoke_grant",
        Command::WaiveFloor(_) => "waive_floor",
        Command::ListAsset(_) => "list_asset",
        Command::ServeAsset(_) => "serve_asset",
        Command::WithdrawAsset(_) => "withdraw_asset",
        Command::SetGateway(_) => "set_gateway",
        Command::SetFee(_) => "set_fee",
        Command::ComposeAsset(_) => "compose_asset",
        Command::OpenVotes(_) => "open_votes",
        Command::NoteStake(_) => "note_stake",
        Command::FurtherChain(_) => "further_chain",
        Command::ProveDebits => "prove_debits",
        Command::Credit(_) => "credit",
        Command::BindPayout(_) => "bind_payout",
        Command::CallOffPayout(_) => "call_off_payout",
    }
}

/// The campaign and the asset that a command names.
pub fn subject(command: &Command) -> (Option<u32>, Option<u32>) {
    let campaign = |id: &CampaignId| (Some(id.0), None);
    let asset = |id: &AssetId| (None, Some(id.0));
    match command {
        Command::OpenRound(it) => campaign(&it.campaign),
        Command::SealAnswers(it) => campaign(&it.campaign),
        Command::CloseRound(it) => campaign(&it.campaign),
        Command::PostScores(it) => campaign(&it.campaign),
        Command::CloseCampaign(id) | Command::ReturnHeld(id) => campaign(id),
        Command::Appeal(it) => campaign(&it.campaign),
        Command::GiveVerdict(it) => campaign(&it.campaign),
        Command::CloseUnits(it) => campaign(&it.campaign),
        Command::PauseAccount(it) => campaign(&it.campaign),
        Command::ReplaceAnswer(it) => campaign(&it.campaign),
        Command::GrantAllowance(it) => asset(&it.asset),
        Command::Credit(Credit::Open(it)) => asset(&it.asset),
        Command::PostSegment(it) => asset(&it.asset),
        Command::BuyGrant(it) => asset(&it.asset),
        Command::WaiveFloor(it) => asset(&it.asset),
        Command::ListAsset(it) => asset(&it.asset),
        Command::ServeAsset(it) => asset(&it.asset),
        Command::WithdrawAsset(id) => asset(id),
        _ => (None, None),
    }
}
