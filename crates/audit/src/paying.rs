//! What the newest final epoch of a chain pays there, out of its public file of leaves.

use crate::files::unreadable;
use crate::outcome::Ledger;
use crate::source::ChainFacts;
use crate::{Fault, ReadError, Source};
use proof::claim::{Domain, LineKind, file};
use proof::hash::sha256;
use std::collections::BTreeMap;

type Address20 = [u8; 20];

/// Cumulative amounts by wallet, kind and token. The replay held the file against the ledger, so
/// that reading it once more is cheaper than keeping the leaves of every epoch until a chain says
/// which of them it pays.
pub(crate) struct Paying(BTreeMap<(Address20, LineKind, Address20), u128>);

impl Paying {
    /// The lines on a chain of its newest final epoch; none where no epoch is final.
    pub fn read(
        source: &dyn Source,
        ledger: &Ledger,
        facts: &ChainFacts,
        domain: &Domain,
    ) -> Result<Self, Fault> {
        let final_ = facts.posted.iter().filter(|epoch| epoch.final_);
        let Some(epoch) = final_.map(|epoch| epoch.id).max() else {
            return Ok(Self(BTreeMap::new()));
        };
        let path = format!("claims/{epoch}.json");
        let changed = |why: &str| unreadable(&ReadError(why.to_owned())).of_file(&*path);
        let bytes = source.claims(epoch);
        let bytes = bytes.map_err(|error| unreadable(&error).of_file(&*path))?;
        let bytes = bytes.ok_or_else(|| changed("it was there, and is gone"))?;
        let number = usize::try_from(epoch - 1).unwrap_or(usize::MAX);
        if ledger.claim_files.get(number) != Some(&sha256(&[&bytes])) {
            return Err(changed("it is not what it was when it was verified"));
        }
        let parts = file::read(&bytes);
        let parts = parts.ok_or_else(|| changed("it does not read"))?;
        let own = parts.iter().filter(|part| part.domain == Some(*domain));
        let lines = own.flat_map(|part| &part.leaves).flat_map(|leaf| {
            let lines = leaf.lines.iter();
            lines.map(|line| ((leaf.account, line.kind, line.token), line.cumulative))
        });
        Ok(Self(lines.collect()))
    }

    /// A cumulative amount in base units; 0 where there is no such line.
    pub fn line(&self, place: (Address20, LineKind, Address20)) -> u128 {
        self.0.get(&place).copied().unwrap_or(0)
    }
}
