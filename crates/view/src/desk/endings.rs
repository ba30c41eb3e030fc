//! How many leases of each account have ended, and how: counted as they end, so that nobody counts.

use super::conduct::{Outcome, Visit};
use super::{Desk, unsigned};
use crate::Error;
use protocol::{AccountId, CampaignId};
use rusqlite::{Connection, params};
use std::collections::BTreeMap;

/// The index on visits by account had nobody but those who counted.
pub(super) const STEP: &str = "
    CREATE TABLE endings (
        campaign INTEGER NOT NULL, account INTEGER NOT NULL, outcome INTEGER NOT NULL,
        leases INTEGER NOT NULL, PRIMARY KEY (campaign, account, outcome)) WITHOUT ROWID, STRICT;
    INSERT INTO endings
        SELECT campaign, account, outcome, count(*) FROM visits
        GROUP BY campaign, account, outcome;
    DROP INDEX visits_by;
";

/// Leases of one account in one campaign that have ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Endings {
    /// By sealed answers.
    pub answered: u32,
    /// Given back with a reason.
    pub skipped: u32,
    /// Given back without a word.
    pub returned: u32,
    /// Their time was over.
    pub abandoned: u32,
}

/// Counts a visit that is kept now.
pub(super) fn count(connection: &Connection, visit: &Visit) -> Result<(), rusqlite::Error> {
    let sql = "INSERT INTO endings VALUES (?1, ?2, ?3, 1)
               ON CONFLICT DO UPDATE SET leases = leases + 1";
    let place = params![visit.campaign.0, visit.account.0, visit.outcome as u8];
    connection.prepare_cached(sql)?.execute(place).map(|_| ())
}

impl Desk {
    /// How leases of a campaign have ended, by account; of one account where `only` names it.
    pub fn endings(
        &self,
        campaign: CampaignId,
        only: Option<AccountId>,
    ) -> Result<BTreeMap<AccountId, Endings>, Error> {
        let sql = "SELECT account, outcome, leases FROM endings
                   WHERE campaign = ?1 AND account BETWEEN ?2 AND ?3";
        let (first, last) = only.map_or((0, u32::MAX), |own| (own.0, own.0));
        let place = params![campaign.0, first, last];
        let doing = ("read how leases have ended", sql);
        let rows = self.rows(doing, place, |row| {
            let leases = u32::try_from(unsigned(row.get(2)?)).unwrap_or(u32::MAX);
            Ok((AccountId(row.get(0)?), row.get::<_, u8>(1)?, leases))
        })?;
        let mut all: BTreeMap<AccountId, Endings> = BTreeMap::new();
        for (account, outcome, leases) in rows {
            let own = all.entry(account).or_default();
            match Outcome::of(outcome) {
                Outcome::Answered => own.answered = leases,
                Outcome::Skipped => own.skipped = leases,
                Outcome::Abandoned => own.abandoned = leases,
                Outcome::Returned => own.returned = leases,
            }
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::Change;
    use crate::{Database, database::Durability};

    fn visit(account: u32, task: u32, outcome: Outcome) -> Change {
        Change::Visit(Visit {
            id: 0,
            campaign: CampaignId(3),
            first_unit: 0,
            task,
            account: AccountId(account),
            given_ms: 1,
            ended_ms: 2,
            outcome,
        })
    }

    #[test]
    fn endings_are_counted_also_those_of_before_they_were() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("desk.sqlite");
        let steps = crate::desk::STEPS;
        let (_, earlier) = steps.split_last().expect("there are steps");
        let old = Database::open(&path, Durability::Process, earlier).expect("it opens");
        let sql = "INSERT INTO visits
                   (campaign, first_unit, task, account, given_ms, ended_ms, outcome)
                   VALUES (3, 0, 7, 1, 1, 2, 0), (3, 0, 8, 1, 1, 2, 2)";
        old.connection.execute(sql, []).expect("it is kept");
        drop(old);
        let mut desk = Desk::open(&path).expect("it opens");
        let more = [
            visit(1, 9, Outcome::Answered),
            visit(2, 7, Outcome::Skipped),
            visit(2, 8, Outcome::Returned),
        ];
        desk.commit(&more).expect("it is kept");
        let one = Endings {
            answered: 2,
            abandoned: 1,
            ..Endings::default()
        };
        let two = Endings {
            skipped: 1,
            returned: 1,
            ..Endings::default()
        };
        let all = desk.endings(CampaignId(3), None).expect("it is read");
        assert_eq!(
            all,
            BTreeMap::from([(AccountId(1), one), (AccountId(2), two)])
        );
        let own = desk.endings(CampaignId(3), Some(AccountId(2)));
        assert_eq!(
            own.expect("it is read"),
            BTreeMap::from([(AccountId(2), two)])
        );
        let other = desk.endings(CampaignId(4), None).expect("it is read");
        assert!(other.is_empty(), "of another campaign");
    }
}
