//! Campaigns: which there are, how one goes, and who works in it.

use super::{Page, Questions, amount, natural, one_more, page};
use crate::Error;
use protocol::Amount;
use rusqlite::Row;

/// Which campaigns; what is `None` does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CampaignFilter {
    /// `open`, `scored`, `closed` or `settled`.
    pub stage: Option<String>,
    /// The skill whose reputation the work builds.
    pub skill: Option<String>,
    /// The requester's account.
    pub owner: Option<u32>,
    /// Part of the title, in any case of ASCII letters.
    pub text: Option<String>,
}

/// A campaign in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignRow {
    /// Number in the log.
    pub campaign: u32,
    /// The requester's account.
    pub owner: u32,
    /// Name for people.
    pub title: String,
    /// The skill whose reputation the work builds.
    pub skill: String,
    /// `open`, `scored`, `closed` or `settled`.
    pub stage: String,
    /// Log time of its opening, milliseconds.
    pub opened_ms: u64,
    /// Units in all, and out for work so far.
    pub units: (u32, u32),
    /// Answers sealed, and of these opened ones that count.
    pub answers: (u64, u64),
    /// Answers in released blocks, and in rejected ones.
    pub judged: (u64, u64),
    /// Accounts that have worked.
    pub contributors: u32,
    /// Units with a label.
    pub labelled: u32,
    /// Place of the token in the first entry's list.
    pub token: u16,
    /// Set aside at opening.
    pub budget: Amount,
    /// Left the budget for good.
    pub spent: Amount,
    /// Most that one accepted answer earns.
    pub price: Amount,
    /// The label set, once closed.
    pub asset: Option<u32>,
}

/// How a campaign goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dashboard {
    /// Its counters.
    pub campaign: CampaignRow,
    /// Answers sealed by the hour in which they came (milliseconds), oldest first; hours without
    /// any are left out. Of the newest 1,000 hours.
    pub hours: Vec<(u64, u64)>,
    /// What a unit with a label has cost so far, rounded down; `None` before the first.
    pub cost_per_label: Option<Amount>,
    /// What an accepted answer has cost, rounded down; `None` before the first.
    pub cost_per_accepted: Option<Amount>,
    /// Answers to gold, and of these right ones, by the newest scores.
    pub gold: (u64, u64),
    /// Answers to gold by what was right, the most frequent pair first.
    pub mistakes: Vec<Mistake>,
}

/// Answers to gold units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Position of the known label.
    pub truth: u16,
    /// Position of the label that was given; the same where there is no mistake.
    pub given: u16,
    /// How often.
    pub answers: u64,
}

/// A contributor in a campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contributor {
    /// Who.
    pub account: u32,
    /// Blocks begun, released, rejected.
    pub blocks: [u32; 3],
    /// Answers sealed, opened and counting, accepted, rejected.
    pub answers: [u64; 4],
    /// What the work has earned.
    pub paid: Amount,
    /// Answers to gold, and of these right ones; `None` before the first scores.
    pub gold: Option<(u32, u32)>,
    /// Lower 5 % bound of the chance to be right, parts per million.
    pub reputation_ppm: Option<u32>,
    /// The most frequent mistake: truth, given, parts per million of the cases.
    pub mistake: Option<(u16, u16, u32)>,
    /// True if the test on gold takes the stake.
    pub slashed: bool,
}

const COLUMNS: &str = "campaign, owner, title, skill, stage, opened_ms, unit_count, units_out,
    sealed, answers, accepted, rejected, contributors, labelled, token, budget_units, spent_units,
    price_units, asset";

impl Questions {
    /// Campaigns, the newest first; those before `before`.
    pub fn campaigns(
        &self,
        filter: &CampaignFilter,
        before: Option<u32>,
        limit: usize,
    ) -> Result<Page<CampaignRow>, Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM campaigns
             WHERE campaign < ?1 AND (?2 IS NULL OR stage = ?2) AND (?3 IS NULL OR skill = ?3)
               AND (?4 IS NULL OR owner = ?4) AND (?5 IS NULL OR instr(lower(title), lower(?5)))
             ORDER BY campaign DESC LIMIT ?6"
        );
        let CampaignFilter {
            stage,
            skill,
            owner,
            text,
        } = filter;
        let before = before.map_or(i64::MAX, i64::from);
        let rows = self.rows(
            &sql,
            (before, stage, skill, owner, text, one_more(limit)),
            campaign,
        )?;
        Ok(page(rows, limit))
    }

    /// How a campaign goes; `None` where there is none of that number.
    pub fn dashboard(&self, id: u32) -> Result<Option<Dashboard>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM campaigns WHERE campaign = ?1");
        let Some(row) = self.row(&sql, [id], campaign)? else {
            return Ok(None);
        };
        let mut hours = self.rows(
            "SELECT hour_ms, sealed FROM campaign_hours WHERE campaign = ?1
             ORDER BY hour_ms DESC LIMIT 1000",
            [id],
            |row| Ok((natural(row, 0)?, natural(row, 1)?)),
        )?;
        hours.reverse();
        let mistakes = self.rows(
            "SELECT truth, given, sum(answers) FROM gold_confusions WHERE campaign = ?1
             GROUP BY truth, given ORDER BY 3 DESC, 1, 2",
            [id],
            |row| {
                Ok(Mistake {
                    truth: row.get(0)?,
                    given: row.get(1)?,
                    answers: natural(row, 2)?,
                })
            },
        )?;
        let gold = self.row(
            "SELECT coalesce(sum(gold_seen), 0), coalesce(sum(gold_right), 0)
             FROM contributors WHERE campaign = ?1",
            [id],
            |row| Ok((natural(row, 0)?, natural(row, 1)?)),
        )?;
        Ok(Some(Dashboard {
            hours,
            cost_per_label: each(row.spent, u64::from(row.labelled)),
            cost_per_accepted: each(row.spent, row.judged.0),
            gold: gold.unwrap_or_default(),
            mistakes,
            campaign: row,
        }))
    }

    /// Appeals that wait for a panel, those that are due soonest first: campaign, account, block,
    /// and the log time in milliseconds after which no verdict is taken.
    pub fn open_appeals(&self, limit: usize) -> Result<Page<(u32, u32, u32, u64)>, Error> {
        let rows = self.rows(
            "SELECT campaign, account, block, due_ms FROM appeals WHERE upheld IS NULL
             ORDER BY due_ms LIMIT ?1",
            [one_more(limit)],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, natural(row, 3)?)),
        )?;
        Ok(page(rows, limit))
    }

    /// Appeals of one campaign that wait for its panel: how many, and when the first is due.
    pub fn waiting_appeals(&self, campaign: u32) -> Result<(u64, Option<u64>), Error> {
        let row = self.row(
            "SELECT count(*), min(due_ms) FROM appeals WHERE campaign = ?1 AND upheld IS NULL",
            [campaign],
            |row| {
                let due: Option<i64> = row.get(1)?;
                Ok((natural(row, 0)?, due.map(i64::unsigned_abs)))
            },
        )?;
        Ok(row.unwrap_or_default())
    }

    /// Contributors of a campaign by account, those behind `after`.
    pub fn contributors(
        &self,
        campaign: u32,
        after: Option<u32>,
        limit: usize,
    ) -> Result<Page<Contributor>, Error> {
        let rows = self.rows(
            "SELECT account, blocks, released_blocks, rejected_blocks, sealed, answers, accepted,
                    rejected, paid_units, gold_seen, gold_right, reputation_ppm, confusion_truth,
                    confusion_given, confusion_rate_ppm, slashed
             FROM contributors WHERE campaign = ?1 AND account > ?2 ORDER BY account LIMIT ?3",
            (campaign, after.map_or(-1, i64::from), one_more(limit)),
            contributor,
        )?;
        Ok(page(rows, limit))
    }
}

fn each(sum: Amount, count: u64) -> Option<Amount> {
    let each = sum.units().checked_div(u128::from(count))?;
    Amount::new(each)
}

fn campaign(row: &Row<'_>) -> rusqlite::Result<CampaignRow> {
    Ok(CampaignRow {
        campaign: row.get(0)?,
        owner: row.get(1)?,
        title: row.get(2)?,
        skill: row.get(3)?,
        stage: row.get(4)?,
        opened_ms: natural(row, 5)?,
        units: (row.get(6)?, row.get(7)?),
        answers: (natural(row, 8)?, natural(row, 9)?),
        judged: (natural(row, 10)?, natural(row, 11)?),
        contributors: row.get(12)?,
        labelled: row.get(13)?,
        token: row.get(14)?,
        budget: amount(row, 15)?,
        spent: amount(row, 16)?,
        price: amount(row, 17)?,
        asset: row.get(18)?,
    })
}

fn contributor(row: &Row<'_>) -> rusqlite::Result<Contributor> {
    let gold: (Option<u32>, Option<u32>) = (row.get(9)?, row.get(10)?);
    let truth: Option<u16> = row.get(12)?;
    let mistake = match truth {
        Some(truth) => Some((truth, row.get(13)?, row.get(14)?)),
        None => None,
    };
    Ok(Contributor {
        account: row.get(0)?,
        blocks: [row.get(1)?, row.get(2)?, row.get(3)?],
        answers: [
            natural(row, 4)?,
            natural(row, 5)?,
            natural(row, 6)?,
            natural(row, 7)?,
        ],
        paid: amount(row, 8)?,
        gold: gold.0.zip(gold.1),
        reputation_ppm: row.get(11)?,
        mistake,
        slashed: row.get(15)?,
    })
}
