//! What becomes of work: scores, blocks, appeals, and the end of a campaign.

use super::batch::{Batch, broken, end_ms};
use crate::Error;
use protocol::document::{ContributorScore, Outcome, UnitScore};
use protocol::judging::{Review, Suspension};
use protocol::{Event, Hash};
use rusqlite::params;

/// A contributor's block: campaign, account, number.
type Place = (u32, u32, u32);

impl Batch<'_> {
    /// Scores and what follows from them.
    pub fn judged(&mut self, event: &Event) -> Result<(), Error> {
        match event {
            Event::BlockJudged {
                campaign,
                account,
                block,
                outcome,
                valid,
            } => self.judge_block((campaign.0, account.0, *block), *outcome, *valid),
            Event::ScoresPosted {
                campaign,
                scores,
                units,
                contributors,
                closing,
            } => {
                self.flush()?;
                self.take_scores((campaign.0, *closing), scores, units)?;
                self.take_contributors(campaign.0, contributors)
            }
            Event::Reviewed { campaign, review } => {
                self.flush()?;
                self.take_review(campaign.0, review)
            }
            Event::CampaignClosed { campaign, asset } => {
                self.flush()?;
                self.close_campaign(campaign.0, asset.0)
            }
            Event::CampaignSettled { campaign } => {
                let sql = "UPDATE campaigns SET stage = 'settled', settled_ms = ?2
                           WHERE campaign = ?1";
                self.run(sql, (campaign.0, self.time_ms))?;
                Ok(())
            }
            _ => self.appeal(event),
        }
    }

    fn judge_block(&mut self, place: Place, outcome: Outcome, valid: u16) -> Result<(), Error> {
        let (campaign, account, block) = place;
        let judged = self.campaign(campaign)?.judged;
        let answers = i64::from(valid);
        let (word, factor, reason) = match outcome {
            Outcome::Held => ("held", None, "not_judged"),
            Outcome::Released(factor) if judged => {
                ("released", Some(factor.ppm()), "evidence_reached")
            }
            Outcome::Released(factor) => ("released", Some(factor.ppm()), "unjudged_campaign"),
            Outcome::Rejected => ("rejected", None, "no_evidence"),
        };
        self.run(
            "UPDATE blocks
             SET outcome = ?4, factor_ppm = ?5, valid = ?6, reason = ?7, judged_seq = ?8
             WHERE campaign = ?1 AND account = ?2 AND block = ?3",
            params![
                campaign, account, block, word, factor, valid, reason, self.seq
            ],
        )?;
        let column = match outcome {
            Outcome::Held => return Ok(()),
            Outcome::Released(_) => {
                self.count(campaign).released_blocks += 1;
                self.count(campaign).accepted += answers;
                self.count_account(account).accepted += answers;
                "UPDATE contributors
                 SET released_blocks = released_blocks + 1, accepted = accepted + ?3
                 WHERE campaign = ?1 AND account = ?2"
            }
            Outcome::Rejected => {
                self.count(campaign).rejected_blocks += 1;
                self.count(campaign).rejected += answers;
                self.count_account(account).rejected += answers;
                "UPDATE contributors
                 SET rejected_blocks = rejected_blocks + 1, rejected = rejected + ?3
                 WHERE campaign = ?1 AND account = ?2"
            }
        };
        match self.run(column, (campaign, account, answers))? {
            1 => Ok(()),
            _ => Err(broken(format!("account {account} has not worked here"))),
        }
    }

    fn take_scores(
        &mut self,
        (campaign, closing): (u32, bool),
        hash: &Hash,
        scored: &[UnitScore],
    ) -> Result<(), Error> {
        let first = self.campaign(campaign)?.first_unit_id;
        let mut labelled = 0_i64;
        for (unit, score) in (0_i64..).zip(scored) {
            labelled += i64::from(score.label.is_some());
            let probability = score.label.map(|_| score.probability.ppm());
            self.run(
                "UPDATE units SET label = ?2, probability_ppm = ?3, accepted = ?4
                 WHERE unit_id = ?1 AND (label, probability_ppm, accepted) IS NOT (?2, ?3, ?4)",
                params![first + unit, score.label, probability, score.accepted],
            )?;
        }
        self.run(
            "UPDATE campaigns SET judgements = judgements + 1, labelled = ?2, scores = ?3
             WHERE campaign = ?1",
            params![campaign, labelled, hash.to_string()],
        )?;
        if closing {
            self.run(
                "UPDATE campaigns SET stage = 'scored', scored_ms = ?2 WHERE campaign = ?1",
                (campaign, self.time_ms),
            )?;
        }
        let scores = self.scores(hash);
        for row in scores.iter().flat_map(|scores| &scores.blocks) {
            self.run(
                "UPDATE blocks
                 SET evidence_micronats = ?4, gold_seen = ?5, gold_right = ?6, peer_seen = ?7
                 WHERE campaign = ?1 AND account = ?2 AND block = ?3
                 AND (evidence_micronats, gold_seen, gold_right, peer_seen) IS NOT
                     (?4, ?5, ?6, ?7)",
                params![
                    campaign,
                    row.account.0,
                    row.block,
                    row.evidence_micronats,
                    row.gold_seen,
                    row.gold_right,
                    row.peer_seen
                ],
            )?;
        }
        Ok(())
    }

    fn take_contributors(&self, campaign: u32, rows: &[ContributorScore]) -> Result<(), Error> {
        for row in rows {
            let mistake = row.confusion;
            let changed = self.run(
                "UPDATE contributors
                 SET gold_seen = ?3, gold_right = ?4, peer_seen = ?5, proven = ?6,
                     reputation_ppm = ?7, confusion_truth = ?8, confusion_given = ?9,
                     confusion_rate_ppm = ?10
                 WHERE campaign = ?1 AND account = ?2",
                params![
                    campaign,
                    row.account.0,
                    row.gold_seen,
                    row.gold_right,
                    row.peer_seen,
                    row.proven,
                    row.reputation.ppm(),
                    mistake.map(|it| it.truth),
                    mistake.map(|it| it.given),
                    mistake.map(|it| it.rate.ppm())
                ],
            )?;
            if changed != 1 {
                return Err(broken(format!(
                    "account {} has not worked here",
                    row.account
                )));
            }
        }
        Ok(())
    }

    fn take_review(&mut self, campaign: u32, review: &Review) -> Result<(), Error> {
        let first = self.campaign(campaign)?.first_unit_id;
        let sql = "UPDATE units SET gold_void = 0 WHERE campaign = ?1 AND gold IS NOT NULL";
        self.run(sql, [campaign])?;
        for unit in &review.void {
            let sql = "UPDATE units SET gold_void = 1 WHERE unit_id = ?1";
            self.run(sql, [first + i64::from(*unit)])?;
        }
        self.run(
            "UPDATE campaigns SET void_gold = ?2, suspended = ?3 WHERE campaign = ?1",
            params![
                campaign,
                super::batch::int(review.void.len() as u64),
                review.suspended.map(why)
            ],
        )?;
        let sql = "UPDATE contributors SET slashed = 0 WHERE campaign = ?1 AND slashed = 1";
        self.run(sql, [campaign])?;
        for account in &review.slashed {
            let sql = "UPDATE contributors SET slashed = 1 WHERE campaign = ?1 AND account = ?2";
            self.run(sql, (campaign, account.0))?;
        }
        for shown in &review.evidence {
            let evidence = shown.evidence;
            self.run(
                "UPDATE contributors
                 SET gold_micronats = ?3, wealth_ppm = ?4, right_milli = ?5, seen_milli = ?6
                 WHERE campaign = ?1 AND account = ?2",
                params![
                    campaign,
                    shown.account.0,
                    evidence.gold_micronats,
                    evidence.wealth.ppm(),
                    evidence.right_milli,
                    evidence.seen_milli
                ],
            )?;
        }
        Ok(())
    }

    /// What the campaign has shown of its contributors is remembered in its skill.
    fn close_campaign(&mut self, campaign: u32, asset: u32) -> Result<(), Error> {
        self.run(
            "UPDATE campaigns SET stage = 'closed', closed_ms = ?2, asset = ?3
             WHERE campaign = ?1",
            (campaign, self.time_ms, asset),
        )?;
        let sql = "UPDATE assets SET campaign = ?2 WHERE asset = ?1";
        self.run(sql, (asset, campaign))?;
        self.run(
            "INSERT INTO skills
             SELECT w.account, c.skill, w.reputation_ppm, w.gold_seen, w.gold_right,
                    w.released_blocks, w.rejected_blocks
             FROM contributors AS w JOIN campaigns AS c ON c.campaign = w.campaign
             WHERE w.campaign = ?1 AND w.reputation_ppm IS NOT NULL
             ON CONFLICT DO UPDATE SET
                 reputation_ppm = excluded.reputation_ppm,
                 gold_seen = gold_seen + excluded.gold_seen,
                 gold_right = gold_right + excluded.gold_right,
                 released = released + excluded.released,
                 rejected = rejected + excluded.rejected",
            [campaign],
        )?;
        Ok(())
    }

    fn appeal(&mut self, event: &Event) -> Result<(), Error> {
        match event {
            Event::AppealOpened {
                campaign,
                account,
                block,
                due_ms,
                called,
            } => self.run(
                "INSERT INTO appeals (campaign, account, block, opened_seq, due_ms, called)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT DO UPDATE SET due_ms = excluded.due_ms, called = excluded.called",
                params![
                    campaign.0,
                    account.0,
                    block,
                    self.seq,
                    end_ms(*due_ms),
                    called.map(why)
                ],
            ),
            Event::VerdictGiven {
                campaign,
                account,
                block,
                by,
                upheld,
            } => self.give_verdict((campaign.0, account.0, *block), by.0, *upheld),
            Event::AppealDecided {
                campaign,
                account,
                block,
                upheld,
            } => self.decide_appeal((campaign.0, account.0, *block), *upheld),
            _ => Ok(0),
        }?;
        Ok(())
    }

    fn give_verdict(&self, place: Place, member: u32, upheld: bool) -> Result<usize, Error> {
        self.run(
            "INSERT INTO verdicts VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![place.0, place.1, place.2, member, upheld, self.seq],
        )?;
        self.run(
            "UPDATE appeals SET votes_for = votes_for + ?4,
                    votes_against = votes_against + 1 - ?4
             WHERE campaign = ?1 AND account = ?2 AND block = ?3",
            params![place.0, place.1, place.2, upheld],
        )
    }

    fn decide_appeal(&self, place: Place, upheld: bool) -> Result<usize, Error> {
        self.run(
            "UPDATE appeals SET upheld = ?4, decided_seq = ?5
             WHERE campaign = ?1 AND account = ?2 AND block = ?3",
            params![place.0, place.1, place.2, upheld, self.seq],
        )?;
        let reason = if upheld {
            "appeal_upheld"
        } else {
            "appeal_denied"
        };
        self.run(
            "UPDATE blocks SET reason = ?4 WHERE campaign = ?1 AND account = ?2 AND block = ?3",
            params![place.0, place.1, place.2, reason],
        )
    }
}

fn why(suspension: Suspension) -> &'static str {
    match suspension {
        Suspension::VoidGold => "void_gold",
        Suspension::FewAccepted => "few_accepted",
    }
}
