//! Assets with what they inherit, money set aside for their use, and the uses.

use super::batch::{Batch, broken, end_ms, int};
use super::keeping::list;
use super::units::Units;
use super::work::{demand, units};
use crate::Error;
use protocol::command::{Command, UsageTotal};
use protocol::credit::Credit;
use protocol::event::NewAsset;
use protocol::{Amount, AssetId, Event, Hash};
use rusqlite::params;

impl Batch<'_> {
    /// Assets and their uses; the command says what events leave out.
    pub fn used(&mut self, event: &Event, command: &Command) -> Result<(), Error> {
        match (event, command) {
            (Event::AssetRegistered(asset), _) => self.register(asset),
            (
                Event::AllowanceGranted {
                    asset,
                    payer,
                    hold,
                    expires_ms,
                },
                command @ (Command::GrantAllowance(_) | Command::Credit(Credit::Open(_))),
            ) => {
                let (fund, cap) = match command {
                    Command::GrantAllowance(grant) => (Some(grant.fund), grant.cap_units),
                    _ => (None, Amount::ZERO),
                };
                let id = self.next.allowance;
                self.next.allowance += 1;
                self.run(
                    "INSERT INTO allowances
                         (allowance, asset, payer, fund, hold, cap_units, expires_ms, granted_seq)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    params![
                        id,
                        asset.0,
                        payer.0,
                        fund.map(|fund| int(fund.0)),
                        hold.0,
                        units(cap),
                        int(*expires_ms),
                        self.seq
                    ],
                )?;
                Ok(())
            }
            (Event::AllowanceEnded { allowance }, _) => {
                let sql = "UPDATE allowances SET ended_seq = ?2 WHERE allowance = ?1";
                self.run(sql, (allowance.0, self.seq))?;
                Ok(())
            }
            (
                Event::SegmentPosted {
                    asset,
                    rows_root,
                    totals,
                },
                Command::PostSegment(post),
            ) => {
                let place = (*asset, post.number);
                self.post_segment(place, (rows_root, &post.rows))?;
                totals
                    .iter()
                    .try_for_each(|total| self.charge(place, total))
            }
            _ => Err(broken("an event does not come from this command")),
        }
    }

    fn register(&mut self, asset: &NewAsset) -> Result<(), Error> {
        let id = self.next.asset;
        self.next.asset += 1;
        let kind = asset.kind.word();
        let terms = &asset.terms;
        let (owed, owed_ppm) = demand(terms.demand);
        let shares: u64 = asset
            .shares
            .iter()
            .map(|(_, share)| u64::from(*share))
            .sum();
        self.run(
            "INSERT INTO assets
                 (asset, owner, kind, title, content, purposes, token, price_units, demand,
                  demand_ppm, contributors_share_ppm, expires_ms, registered_seq, registered_ms,
                  total_shares)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
            params![
                id,
                asset.owner.0,
                kind,
                asset.title,
                asset.content.to_string(),
                list(&terms.purposes),
                terms.token.0,
                units(terms.price_units),
                owed,
                owed_ppm,
                terms.contributors_share.ppm(),
                terms.expires_ms.and_then(end_ms),
                self.seq,
                self.time_ms,
                int(shares)
            ],
        )?;
        let words = format!("{} {}", kind.replace('_', " "), terms.purposes.join(" "));
        let sql = "INSERT INTO asset_words (rowid, title, words) VALUES (?1, ?2, ?3)";
        self.run(sql, params![id, asset.title, words])?;
        for (parent, owed) in &asset.parents {
            let (owed, ppm) = demand(*owed);
            let sql = "INSERT INTO asset_parents VALUES (?1, ?2, ?3, ?4)";
            self.run(sql, params![id, parent.0, owed, ppm])?;
        }
        for (ancestor, ppm) in &asset.floors {
            let sql = "INSERT INTO asset_floors VALUES (?1, ?2, ?3)";
            self.run(sql, (id, ancestor.0, ppm.ppm()))?;
        }
        for (account, share) in &asset.shares {
            self.run(
                "INSERT INTO shares VALUES (?1, ?2, ?3)",
                (id, account.0, share),
            )?;
        }
        Ok(())
    }

    fn post_segment(
        &mut self,
        (asset, number): (AssetId, u32),
        (root, rows): (&Hash, &Hash),
    ) -> Result<(), Error> {
        self.run(
            "INSERT INTO segments VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                asset.0,
                number,
                self.seq,
                self.time_ms,
                root.to_string(),
                rows.to_string()
            ],
        )?;
        self.run(
            "UPDATE assets SET segments = segments + 1 WHERE asset = ?1",
            [asset.0],
        )?;
        Ok(())
    }

    fn charge(&mut self, (asset, number): (AssetId, u32), total: &UsageTotal) -> Result<(), Error> {
        let amount = total.amount_units.units();
        let sql = "SELECT payer, spent_units FROM allowances WHERE allowance = ?1";
        let read = self.row(sql, [total.allowance.0], |row| {
            Ok((row.get::<_, u32>(0)?, row.get::<_, Units>(1)?))
        })?;
        let (payer, Units(spent)) = read.ok_or_else(|| broken("a use has no allowance"))?;
        self.run(
            "UPDATE allowances SET spent_units = ?2, uses = uses + ?3 WHERE allowance = ?1",
            params![
                total.allowance.0,
                Units(spent.saturating_add(amount)),
                total.uses
            ],
        )?;
        let sql = "SELECT charged_units, purposes ->> ?2 FROM assets WHERE asset = ?1";
        let read = self.row(sql, (asset.0, total.purpose), |row| {
            Ok((row.get::<_, Units>(0)?, row.get::<_, String>(1)?))
        })?;
        let (Units(charged), purpose) = read.ok_or_else(|| broken("a use has no asset"))?;
        self.run(
            "UPDATE assets SET charged_units = ?2, uses = uses + ?3 WHERE asset = ?1",
            params![asset.0, Units(charged.saturating_add(amount)), total.uses],
        )?;
        let id = self.next.usage;
        self.next.usage += 1;
        self.run(
            "INSERT INTO uses VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                id,
                asset.0,
                number,
                total.allowance.0,
                payer,
                purpose,
                total.uses,
                Units(amount),
                self.seq,
                self.time_ms
            ],
        )?;
        Ok(())
    }
}
