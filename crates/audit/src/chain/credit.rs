//! Vouchers of prepaid credit: what the log counts as redeemed is what the Escrow contract moved.

use super::Sides;
use crate::Fault;
use protocol::Address;

impl Sides<'_> {
    /// The n-th note of a chain is of its n-th redemption; newer ones wait for the log. Whose
    /// account an address is, the log alone says.
    pub(super) fn check_redemptions(&self) -> Result<(), Fault> {
        let noted = self.ledger.redeemed.iter();
        let own = noted.filter(|(_, note)| note.chain == self.site.chain);
        for (seq, note) in own {
            let place = note
                .number
                .checked_sub(1)
                .and_then(|at| usize::try_from(at).ok());
            let found = place.and_then(|place| self.facts.redeemed.get(place));
            let said = (self.token(note.token), note.amount_units.units());
            if found == Some(&said) {
                continue;
            }
            let (token, amount) = said;
            let held = found.map_or("has no such redemption".to_owned(), |(token, amount)| {
                let token = Address(*token);
                format!("has {amount} units of token 0x{token}")
            });
            let what = format!(
                "entry {seq} notes redemption {} of {amount} units of token 0x{}, the Escrow \
                 contract {held}",
                note.number,
                Address(token)
            );
            return Err(Fault::new("redemption_differs", what).of_entry(*seq));
        }
        Ok(())
    }
}
