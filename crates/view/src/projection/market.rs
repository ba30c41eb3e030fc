//! Listings, grants and waivers.

use super::batch::{Batch, broken, end_ms, int};
use super::work::units;
use crate::Error;
use protocol::market::{Grant, License, Listing, Waiver};
use protocol::{AssetId, Event};
use rusqlite::params;

impl Batch<'_> {
    /// What is asked, bought, taken back and waived.
    pub fn traded(&mut self, event: &Event) -> Result<(), Error> {
        match event {
            Event::AssetListed { asset, listing } => self.list_asset(*asset, listing),
            Event::GrantBought(grant) => self.buy_grant(grant),
            Event::GrantRevoked { grant, by } => {
                let sql = "UPDATE grants SET revoked_ms = ?2, revoked_by = ?3 WHERE grant_id = ?1";
                self.run(sql, (grant.0, self.time_ms, by.0))?;
                Ok(())
            }
            Event::WaiverOffered(waiver) => self.offer_waiver(waiver),
            Event::WaiverUsed { waiver, child } => {
                let sql = "UPDATE waivers SET used_by = ?2, used_seq = ?3 WHERE waiver = ?1";
                self.run(sql, (waiver.0, child.0, self.seq))?;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn list_asset(&mut self, asset: AssetId, listing: &Listing) -> Result<(), Error> {
        let (spdx, text) = match &listing.license {
            Some(License::Spdx(id)) => (Some(id.clone()), None),
            Some(License::Text(hash)) => (None, Some(hash.to_string())),
            None => (None, None),
        };
        let buyers: Vec<String> = listing.buyers.iter().map(ToString::to_string).collect();
        let buyers = (!buyers.is_empty()).then(|| format!("[{}]", buyers.join(",")));
        self.run(
            "INSERT INTO listings VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                asset.0,
                spdx,
                text,
                int(listing.rows),
                listing.revocable,
                buyers,
                listing.card.map(|hash| hash.to_string()),
                listing.version_of.map(|earlier| earlier.0),
                self.seq
            ],
        )?;
        for price in &listing.prices {
            self.run(
                "INSERT INTO listing_prices VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    asset.0,
                    self.purpose(asset, price.purpose)?,
                    units(price.flat_units),
                    units(price.row_units),
                    price.lasts_ms.map(int)
                ],
            )?;
        }
        Ok(())
    }

    fn buy_grant(&mut self, grant: &Grant) -> Result<(), Error> {
        let id = self.next.grant;
        self.next.grant += 1;
        self.run(
            "INSERT INTO grants VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, NULL, NULL)",
            params![
                id,
                grant.asset.0,
                grant.buyer.0,
                self.purpose(grant.asset, grant.purpose)?,
                int(grant.rows),
                units(grant.amount_units),
                self.seq,
                self.time_ms,
                grant.expires_ms.and_then(end_ms)
            ],
        )?;
        Ok(())
    }

    fn offer_waiver(&mut self, waiver: &Waiver) -> Result<(), Error> {
        let id = self.next.waiver;
        self.next.waiver += 1;
        self.run(
            "INSERT INTO waivers VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL, NULL)",
            params![
                id,
                waiver.asset.0,
                waiver.account.0,
                waiver.floor.ppm(),
                units(waiver.price_units),
                end_ms(waiver.expires_ms)
            ],
        )?;
        Ok(())
    }

    fn purpose(&self, asset: AssetId, place: u16) -> Result<String, Error> {
        let sql = "SELECT purposes ->> ?2 FROM assets WHERE asset = ?1";
        let found = self.row(sql, (asset.0, place), |row| row.get(0))?;
        found.ok_or_else(|| broken("a purpose is not in the asset's terms"))
    }
}
