//! Rounds: they open, their seals are opened, and what they held may be erased.

use super::batch::{Batch, broken};
use crate::Error;
use protocol::Event;
use protocol::event::OpenedAnswer;
use rusqlite::params;
use std::collections::BTreeMap;

impl Batch<'_> {
    /// A round opens, closes, or is forgotten.
    pub fn round(&mut self, event: &Event) -> Result<(), Error> {
        self.flush()?;
        match event {
            Event::RoundOpened {
                campaign,
                first_unit,
                unit_count,
                gold_root,
            } => {
                let gold_root = gold_root.to_string();
                self.open_round(campaign.0, (*first_unit, *unit_count), &gold_root)
            }
            Event::RoundClosed {
                campaign,
                openings,
                answers,
                gold,
            } => {
                let openings = openings.to_string();
                self.close_round(campaign.0, &openings)?;
                self.show_gold(campaign.0, gold)?;
                self.show_answers(campaign.0, answers)?;
                self.count_mistakes(campaign.0, answers, gold)
            }
            Event::RoundForgotten {
                campaign, round, ..
            } => self.forget(campaign.0, *round),
            _ => Ok(()),
        }
    }

    fn open_round(
        &mut self,
        campaign: u32,
        (first, count): (u32, u32),
        gold_root: &str,
    ) -> Result<(), Error> {
        let known = self.campaign(campaign)?;
        let round = known.rounds;
        self.run(
            "INSERT INTO rounds (campaign, round, first_unit, unit_count, gold_root, opened_seq,
                                 opened_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                campaign,
                round,
                first,
                count,
                gold_root,
                self.seq,
                self.time_ms
            ],
        )?;
        let from = known.first_unit_id + i64::from(first);
        self.run(
            "UPDATE units SET round = ?3 WHERE unit_id >= ?1 AND unit_id < ?2",
            params![from, from + i64::from(count), round],
        )?;
        self.run(
            "UPDATE campaigns SET rounds = rounds + 1, units_out = ?2 WHERE campaign = ?1",
            params![campaign, first + count],
        )?;
        self.tally.campaigns.remove(&campaign);
        Ok(())
    }

    fn newest_round(&mut self, campaign: u32) -> Result<u32, Error> {
        let rounds = self.campaign(campaign)?.rounds;
        let newest = rounds.checked_sub(1);
        newest.ok_or_else(|| broken(format!("campaign {campaign} has no round")))
    }

    fn close_round(&mut self, campaign: u32, openings: &str) -> Result<(), Error> {
        let round = self.newest_round(campaign)?;
        self.run(
            "UPDATE rounds SET closed_seq = ?3, closed_ms = ?4, openings = ?5
             WHERE campaign = ?1 AND round = ?2",
            params![campaign, round, self.seq, self.time_ms, openings],
        )?;
        Ok(())
    }

    fn show_gold(&mut self, campaign: u32, gold: &[(u32, u16)]) -> Result<(), Error> {
        let round = self.newest_round(campaign)?;
        let first = self.campaign(campaign)?.first_unit_id;
        for (unit, label) in gold {
            let sql = "UPDATE units SET gold = ?2 WHERE unit_id = ?1";
            self.run(sql, params![first + i64::from(*unit), label])?;
        }
        let count = gold.len() as u64;
        self.run(
            "UPDATE rounds SET gold_units = ?3 WHERE campaign = ?1 AND round = ?2",
            params![campaign, round, super::batch::int(count)],
        )?;
        self.run(
            "UPDATE campaigns SET gold_units = gold_units + ?2 WHERE campaign = ?1",
            params![campaign, super::batch::int(count)],
        )?;
        Ok(())
    }

    /// The answers by the entries that have sealed them, each in its contributor's block.
    fn show_answers(&mut self, campaign: u32, answers: &[OpenedAnswer]) -> Result<(), Error> {
        let round = self.newest_round(campaign)?;
        let length = u32::from(self.campaign(campaign)?.block_length.max(1));
        let firsts = self.rows(
            "SELECT account, min(block) FROM blocks WHERE campaign = ?1 AND round = ?2
             GROUP BY account",
            (campaign, round),
            |row| Ok((row.get::<_, u32>(0)?, row.get::<_, u32>(1)?)),
        )?;
        let firsts: BTreeMap<u32, u32> = firsts.into_iter().collect();
        let seals = self.rows(
            "SELECT seq, account, answers FROM seals WHERE campaign = ?1 AND round = ?2
             ORDER BY seq",
            (campaign, round),
            |row| {
                Ok((
                    row.get::<_, i64>(0)?,
                    row.get::<_, u32>(1)?,
                    row.get::<_, u32>(2)?,
                ))
            },
        )?;
        let mut left = answers.iter();
        let mut counts: BTreeMap<u32, u32> = BTreeMap::new();
        for (seq, account, sealed) in seals {
            let first = firsts.get(&account).copied().unwrap_or(0);
            let count = counts.entry(account).or_default();
            for answer in left.by_ref().take(sealed as usize) {
                if answer.account.0 != account {
                    return Err(broken(format!(
                        "entry {seq} sealed another account's answer"
                    )));
                }
                let id = self.next.answer;
                self.next.answer += 1;
                let (unit, label) = answer.given.unzip();
                self.run(
                    "INSERT INTO answers VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    params![
                        id,
                        campaign,
                        account,
                        first + *count / length,
                        unit,
                        label,
                        seq
                    ],
                )?;
                *count += 1;
            }
        }
        if left.next().is_some() {
            return Err(broken("a round opens more answers than were sealed"));
        }
        self.count_answers(campaign, round, answers)
    }

    /// How many count, by contributor and by unit. A unit's answers all come in one round.
    fn count_answers(
        &mut self,
        campaign: u32,
        round: u32,
        answers: &[OpenedAnswer],
    ) -> Result<(), Error> {
        let mut people: BTreeMap<u32, i64> = BTreeMap::new();
        let mut votes: BTreeMap<u32, BTreeMap<u16, u32>> = BTreeMap::new();
        for answer in answers {
            if let Some((unit, label)) = answer.given {
                *people.entry(answer.account.0).or_default() += 1;
                *votes.entry(unit).or_default().entry(label).or_default() += 1;
            }
        }
        for (account, count) in &people {
            self.run(
                "UPDATE contributors SET answers = answers + ?3
                 WHERE campaign = ?1 AND account = ?2",
                (campaign, account, count),
            )?;
        }
        let first = self.campaign(campaign)?.first_unit_id;
        for (unit, votes) in votes {
            let sum: u32 = votes.values().sum();
            let most = votes.values().max().copied().unwrap_or(0);
            let ppm = u64::from(sum - most) * 1_000_000 / u64::from(sum.max(1));
            self.run(
                "UPDATE units SET answers = ?2, disagreement_ppm = ?3 WHERE unit_id = ?1",
                params![first + i64::from(unit), sum, super::batch::int(ppm)],
            )?;
        }
        let count: i64 = people.values().sum();
        self.run(
            "UPDATE rounds SET answers = ?3 WHERE campaign = ?1 AND round = ?2",
            (campaign, round, count),
        )?;
        self.run(
            "UPDATE campaigns SET answers = answers + ?2 WHERE campaign = ?1",
            (campaign, count),
        )?;
        Ok(())
    }

    fn count_mistakes(
        &mut self,
        campaign: u32,
        answers: &[OpenedAnswer],
        gold: &[(u32, u16)],
    ) -> Result<(), Error> {
        let round = self.newest_round(campaign)?;
        let gold: BTreeMap<u32, u16> = gold.iter().copied().collect();
        let mut pairs: BTreeMap<(u16, u16), i64> = BTreeMap::new();
        for (unit, given) in answers.iter().filter_map(|answer| answer.given) {
            if let Some(truth) = gold.get(&unit) {
                *pairs.entry((*truth, given)).or_default() += 1;
            }
        }
        for ((truth, given), count) in pairs {
            let sql = "INSERT INTO gold_confusions VALUES (?1, ?2, ?3, ?4, ?5)";
            self.run(sql, params![campaign, round, truth, given, count])?;
        }
        Ok(())
    }

    /// The answers keep their places with nothing in them, as if they had never been opened.
    fn forget(&mut self, campaign: u32, round: u32) -> Result<(), Error> {
        let first = self.campaign(campaign)?.first_unit_id;
        let sql = "SELECT first_unit, first_unit + unit_count, answers, gold_units FROM rounds
                   WHERE campaign = ?1 AND round = ?2";
        let read = self.row(sql, (campaign, round), |row| {
            let units: (i64, i64) = (row.get(0)?, row.get(1)?);
            Ok((units, row.get::<_, i64>(2)?, row.get::<_, i64>(3)?))
        })?;
        let ((from, to), answers, gold) =
            read.ok_or_else(|| broken(format!("campaign {campaign} has no round {round}")))?;
        self.run(
            "UPDATE contributors SET answers = answers - gone.count
             FROM (SELECT account, count(*) AS count FROM answers
                   WHERE campaign = ?1 AND unit >= ?2 AND unit < ?3 GROUP BY account) AS gone
             WHERE campaign = ?1 AND contributors.account = gone.account",
            (campaign, from, to),
        )?;
        self.run(
            "UPDATE answers SET unit = NULL, label = NULL
             WHERE campaign = ?1 AND unit >= ?2 AND unit < ?3",
            (campaign, from, to),
        )?;
        self.run(
            "UPDATE units SET gold = NULL, gold_void = 0, answers = 0, disagreement_ppm = NULL
             WHERE unit_id >= ?1 AND unit_id < ?2",
            (first + from, first + to),
        )?;
        let sql = "DELETE FROM gold_confusions WHERE campaign = ?1 AND round = ?2";
        self.run(sql, (campaign, round))?;
        self.run(
            "UPDATE rounds SET answers = 0, gold_units = 0, forgotten_seq = ?3
             WHERE campaign = ?1 AND round = ?2",
            (campaign, round, self.seq),
        )?;
        self.run(
            "UPDATE campaigns SET answers = answers - ?2, gold_units = gold_units - ?3
             WHERE campaign = ?1",
            (campaign, answers, gold),
        )?;
        Ok(())
    }
}
