//! Contracts that are asked for later than the first: their past is read by itself, then they join.

use serde_json::{Value, json};

use super::{History, STEP, read_up_to, shown};
use crate::Error;
use crate::devnet::Log;
use crate::endpoint::answer;
use crate::endpoint::{Endpoint, hexed};

/// How far the past of some contracts was read. A restart begins it anew.
pub(super) struct Late {
    contracts: Vec<[u8; 20]>,
    /// The next block to read.
    next: u64,
    logs: Vec<Log>,
    /// Why the last look has read nothing.
    failed: Option<String>,
}

impl History {
    /// Has these contracts read from the first block on; whether all that is final was. What they
    /// have done counts once it is whole.
    ///
    /// # Errors
    /// `Unavailable` where the server does not answer for the past.
    pub fn attend(&mut self, contracts: &[[u8; 20]]) -> Result<bool, Error> {
        let missing = contracts.iter().filter(|it| !self.contracts.contains(it));
        let missing: Vec<[u8; 20]> = missing.copied().collect();
        if missing.is_empty() {
            return Ok(true);
        }
        let next = self.from_block;
        let late = self.late.get_or_insert_with(|| Late {
            contracts: missing,
            next,
            logs: Vec::new(),
            failed: None,
        });
        match &late.failed {
            None => Ok(false),
            Some(why) => Err(Error::busy(why.clone())),
        }
    }

    /// Has a contract read from here on: nothing stood at its address after the last block that was
    /// read.
    ///
    /// # Errors
    /// `Unavailable` where that cannot be written down.
    pub fn begin(&mut self, contract: [u8; 20]) -> Result<(), Error> {
        match self.contracts.contains(&contract) {
            true => Ok(()),
            false => self.join(&[contract], &[]),
        }
    }

    /// Takes a contract out, with its events, which are behind other places from then on.
    ///
    /// # Errors
    /// `Unavailable` where that cannot be written down.
    pub fn forget(&mut self, contract: [u8; 20]) -> Result<(), Error> {
        let line = json!({"without": hexed(&contract)});
        self.append(&line)?;
        self.take(&line).expect("what was just written can be read");
        Ok(())
    }

    /// Reads on in the past of contracts that were asked for; that it cannot be read keeps nothing
    /// else from being.
    pub(super) fn read_late(
        &mut self,
        endpoint: &Endpoint,
        goes_on: &dyn Fn() -> bool,
    ) -> Result<(), Error> {
        while let Some(mut late) = self.late.take() {
            if late.next > self.cursor.height {
                return self.join(&late.contracts, &late.logs);
            }
            let to = self.cursor.height.min(late.next.saturating_add(STEP - 1));
            let part = endpoint.logs((late.next, to), &late.contracts, goes_on);
            late.failed = part.as_ref().err().map(ToString::to_string);
            let failed = late.failed.is_some();
            if let Ok(part) = part {
                late.logs.extend(part.seen.into_iter().map(|seen| seen.log));
                late.next = part.next;
            }
            self.late = Some(late);
            if failed || !goes_on() {
                break;
            }
        }
        Ok(())
    }

    /// From here on these are read with the others. The cursor is written first: blocks that are
    /// read again after a crash would show their events once more.
    fn join(&mut self, contracts: &[[u8; 20]], logs: &[Log]) -> Result<(), Error> {
        if self.written != self.cursor.height {
            self.append(&read_up_to(self.cursor, &[]))?;
            self.written = self.cursor.height;
        }
        let also = contracts.iter().map(|it| hexed(it));
        let line = json!({
            "also": also.collect::<Vec<_>>(),
            "logs": logs.iter().map(shown).collect::<Vec<_>>(),
        });
        self.append(&line)?;
        self.take(&line).expect("what was just written can be read");
        Ok(())
    }

    /// A line of this module; `None` where it is another's.
    pub(super) fn take_late(&mut self, line: &Value) -> Option<Option<()>> {
        if let Some(contract) = line.get("without") {
            return Some(address(contract).map(|contract| {
                self.contracts.retain(|it| *it != contract);
                self.logs.retain(|it| it.address != contract);
            }));
        }
        let also = line.get("also")?;
        Some(self.take_also(also, &line["logs"]))
    }

    fn take_also(&mut self, also: &Value, logs: &Value) -> Option<()> {
        let contracts = also.as_array()?.iter().map(address);
        let contracts: Vec<[u8; 20]> = contracts.collect::<Option<_>>()?;
        let logs = logs.as_array()?.iter().map(answer::log);
        let logs: Vec<Log> = logs.collect::<Option<_>>()?;
        self.contracts.extend(contracts);
        self.logs.extend(logs);
        Some(())
    }
}

fn address(value: &Value) -> Option<[u8; 20]> {
    answer::bytes(value)?.try_into().ok()
}
