//! Campaigns as they open, and the work that comes in.

use super::batch::{Batch, end_ms};
use super::keeping::list;
use super::units::Units;
use crate::Error;
use protocol::campaign::{Bonus, Consensus, Method, Spec, Weighting};
use protocol::judging::Evidence;
use protocol::terms::Demand;
use protocol::{AccountId, Amount, Event};
use rusqlite::params;

impl Batch<'_> {
    /// Campaigns, blocks, and what is said of a running round.
    pub fn work(&mut self, event: &Event) -> Result<(), Error> {
        match event {
            Event::CampaignOpened { owner, spec, .. } => self.open_campaign(*owner, spec),
            Event::AnswersSealed {
                campaign,
                account,
                commitments,
                ..
            } => self.seal((campaign.0, account.0), commitments.len()),
            Event::BlockOpened {
                campaign,
                account,
                pay,
                deposit,
            } => self.open_block((campaign.0, account.0), (pay.0, deposit.0)),
            Event::EvidenceTaken {
                campaign,
                account,
                evidence,
            } => self.take_evidence((campaign.0, account.0), evidence),
            Event::StakeHeld {
                campaign,
                account,
                hold,
            } => {
                self.flush()?;
                let sql = "UPDATE contributors SET stake_hold = ?3
                           WHERE campaign = ?1 AND account = ?2";
                self.run(sql, params![campaign.0, account.0, hold.0])?;
                Ok(())
            }
            Event::FeesHeld {
                campaign,
                account,
                block,
                hold,
            } => {
                let sql = "UPDATE blocks SET fees_hold = ?4
                           WHERE campaign = ?1 AND account = ?2 AND block = ?3";
                self.run(sql, params![campaign.0, account.0, block, hold.0])?;
                Ok(())
            }
            Event::BonusHeld {
                campaign,
                account,
                block,
                hold,
            } => {
                let sql = "UPDATE blocks SET bonus_hold = ?4
                           WHERE campaign = ?1 AND account = ?2 AND block = ?3";
                self.run(sql, params![campaign.0, account.0, block, hold.0])?;
                Ok(())
            }
            _ => self.said(event),
        }
    }

    /// What the operator says of a running round.
    fn said(&mut self, event: &Event) -> Result<(), Error> {
        match event {
            Event::UnitsClosed {
                campaign,
                units,
                evidence,
            } => {
                let known = self.campaign(campaign.0)?;
                for unit in units {
                    let sql = "UPDATE units SET closed_seq = ?2 WHERE unit_id = ?1";
                    self.run(sql, (known.first_unit_id + i64::from(*unit), self.seq))?;
                    let fact = ("unit_closed", campaign.0, evidence.to_string());
                    self.note_fact(fact, (Some(*unit), None))?;
                }
                Ok(())
            }
            Event::AccountPaused {
                campaign,
                account,
                evidence,
            } => {
                let fact = ("account_paused", campaign.0, evidence.to_string());
                self.note_fact(fact, (None, Some(account.0)))
            }
            _ => Ok(()),
        }
    }

    fn seal(&mut self, place: (u32, u32), answers: usize) -> Result<(), Error> {
        let round = self.campaign(place.0)?.rounds.saturating_sub(1);
        let answers = i64::try_from(answers).unwrap_or(i64::MAX);
        self.run(
            "INSERT INTO seals VALUES (?1, ?2, ?3, ?4, ?5)",
            params![place.0, round, self.seq, place.1, answers],
        )?;
        self.sealed(place, answers)
    }

    fn open_block(&mut self, place: (u32, u32), holds: (u32, u32)) -> Result<(), Error> {
        let round = self.campaign(place.0)?.rounds.saturating_sub(1);
        let block = self.begin_block(place)?;
        self.run(
            "INSERT INTO blocks (campaign, account, block, round, opened_seq, pay_hold,
                                 deposit_hold, outcome, reason)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'held', 'not_judged')",
            params![place.0, place.1, block, round, self.seq, holds.0, holds.1],
        )?;
        Ok(())
    }

    fn take_evidence(&mut self, place: (u32, u32), evidence: &Evidence) -> Result<(), Error> {
        self.flush()?;
        self.run(
            "UPDATE contributors
             SET prior_gold_micronats = ?3, prior_wealth_ppm = ?4, prior_right_milli = ?5,
                 prior_seen_milli = ?6
             WHERE campaign = ?1 AND account = ?2",
            params![
                place.0,
                place.1,
                evidence.gold_micronats,
                evidence.wealth.ppm(),
                evidence.right_milli,
                evidence.seen_milli
            ],
        )?;
        Ok(())
    }

    fn note_fact(
        &mut self,
        (kind, campaign, evidence): (&str, u32, String),
        (unit, account): (Option<u32>, Option<u32>),
    ) -> Result<(), Error> {
        let round = self.campaign(campaign)?.rounds.saturating_sub(1);
        let id = self.next.fact;
        self.next.fact += 1;
        self.run(
            "INSERT INTO facts VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![id, self.seq, kind, campaign, round, unit, account, evidence],
        )?;
        Ok(())
    }

    fn open_campaign(&mut self, owner: AccountId, spec: &Spec) -> Result<(), Error> {
        let id = self.next.campaign;
        self.next.campaign += 1;
        self.count_account(owner.0).campaigns += 1;
        self.write_campaign((id, owner.0), spec)?;
        self.write_terms(id, spec)?;
        if let Some(bonus) = &spec.bonus {
            self.write_bonus(id, bonus)?;
        }
        if let Some(method) = &spec.method {
            self.write_method(id, method)?;
        }
        for (label, name) in (0u32..).zip(&spec.classes) {
            self.run(
                "INSERT INTO classes VALUES (?1, ?2, ?3)",
                params![id, label, name],
            )?;
        }
        self.write_units(id, spec)
    }

    fn write_campaign(&mut self, (id, owner): (u32, u32), spec: &Spec) -> Result<(), Error> {
        let rule = &spec.rule;
        let consensus = match rule.consensus {
            Consensus::Majority => "majority",
            Consensus::DawidSkene => "dawid_skene",
            Consensus::DawidSkeneCrowdkit => "dawid_skene_crowdkit",
        };
        let weighting = match spec.weighting {
            Weighting::AcceptedAnswers => "accepted_answers",
            Weighting::PaidWork => "paid_work",
        };
        self.run(
            "INSERT INTO campaigns
                 (campaign, owner, title, skill, units_document, unit_count, fund, token,
                  budget_units, price_units, overlap, repeats, consensus, gold_share_ppm,
                  block_length, beta_ppm, reference_ppm, judgements_limit, appeal_ms, weighting,
                  first_unit_id, stage, opened_seq, opened_ms,
                  purposes, use_price_units, demand, demand_ppm, contributors_share_ppm)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
                     ?18, ?19, ?20, ?21, 'open', ?22, ?23, '', 0, '', 0, 0)",
            params![
                id,
                owner,
                spec.title,
                spec.skill,
                spec.units.to_string(),
                spec.unit_count,
                super::batch::int(spec.fund.0),
                spec.terms.token.0,
                units(spec.budget_units),
                units(spec.price_units),
                spec.overlap,
                spec.repeats,
                consensus,
                rule.gold_share.ppm(),
                rule.block_length,
                rule.beta.ppm(),
                rule.reference_accuracy.ppm(),
                rule.judgements,
                end_ms(spec.appeal_ms),
                weighting,
                self.next.unit_id,
                self.seq,
                self.time_ms
            ],
        )?;
        Ok(())
    }

    fn write_terms(&mut self, id: u32, spec: &Spec) -> Result<(), Error> {
        let terms = &spec.terms;
        let (demand, ppm) = demand(terms.demand);
        self.run(
            "UPDATE campaigns
             SET purposes = ?2, use_price_units = ?3, demand = ?4, demand_ppm = ?5,
                 contributors_share_ppm = ?6, terms_expire_ms = ?7
             WHERE campaign = ?1",
            params![
                id,
                list(&terms.purposes),
                units(terms.price_units),
                demand,
                ppm,
                terms.contributors_share.ppm(),
                terms.expires_ms.and_then(end_ms)
            ],
        )?;
        Ok(())
    }

    fn write_bonus(&mut self, id: u32, bonus: &Bonus) -> Result<(), Error> {
        self.run(
            "UPDATE campaigns
             SET bonus_fund = ?2, bonus_budget_units = ?3, bonus_price_units = ?4
             WHERE campaign = ?1",
            params![
                id,
                super::batch::int(bonus.fund.0),
                units(bonus.budget_units),
                units(bonus.price_units)
            ],
        )?;
        Ok(())
    }

    fn write_method(&mut self, id: u32, method: &Method) -> Result<(), Error> {
        self.run(
            "UPDATE campaigns
             SET algorithm = ?2, trusts = ?3, panel = ?4, verdict_units = ?5, panel_ms = ?6,
                 slash_below_ppm = ?7, stake_units = ?8, target_ppm = ?9
             WHERE campaign = ?1",
            params![
                id,
                method.algorithm,
                people(&method.trusts),
                people(&method.panel),
                units(method.verdict_units),
                end_ms(method.panel_ms),
                method.slash_below.ppm(),
                units(method.stake_units),
                method.target.ppm()
            ],
        )?;
        Ok(())
    }

    /// A row for each unit, with name and text where the document is at hand.
    fn write_units(&mut self, id: u32, spec: &Spec) -> Result<(), Error> {
        let known = self.units(&spec.units);
        let mut rows = known.iter().flat_map(|known| &known.rows);
        for unit in 0..spec.unit_count {
            let row = rows.next();
            let unit_id = self.next.unit_id;
            self.next.unit_id += 1;
            let name = row.map(|row| &row.name);
            let text = row.and_then(|row| row.text.as_ref());
            self.run(
                "INSERT INTO units (unit_id, campaign, unit, name, text)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                params![unit_id, id, unit, name, text],
            )?;
            if row.is_some() {
                let sql = "INSERT INTO unit_words (rowid, name, text) VALUES (?1, ?2, ?3)";
                self.run(sql, params![unit_id, name, text])?;
            }
        }
        Ok(())
    }
}

pub(super) fn units(amount: Amount) -> Units {
    Units(amount.units())
}

/// What descendants owe, as a word and a share.
pub(super) fn demand(demand: Demand) -> (&'static str, u32) {
    match demand {
        Demand::Floor(ppm) => ("floor", ppm.ppm()),
        Demand::Flow(ppm) => ("flow", ppm.ppm()),
    }
}

/// A JSON list of accounts.
fn people(accounts: &[AccountId]) -> String {
    let numbers: Vec<u32> = accounts.iter().map(|account| account.0).collect();
    serde_json::Value::from(numbers).to_string()
}
