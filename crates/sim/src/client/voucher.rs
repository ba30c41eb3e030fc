//! Vouchers: payers sign for each call on their credit, and what was served waits for the money.
use std::collections::{BTreeMap, VecDeque};

use ledger::State;
use proof::hash::sha256;
use proof::signature::WalletKey;
use proof::voucher::{Lent, Signed, SpendKey, Voucher};
use protocol::{AllowanceId, AssetId, TokenId, UsageRow};

use super::Clients;
use super::escrow::Escrow;
use super::people::START_MS;
use crate::random::Random;

/// Whose credit, and in which token: the chain is the token's.
pub(super) type Purse = (usize, TokenId);

/// The most that a lent key ever spends, in base units.
pub(super) const LENT_CAP: u128 = 400;
/// Seconds until which vouchers of a lent key are redeemed.
pub(super) const LENT_UNTIL_S: u64 = START_MS / 1_000 + 900;
/// No call is taken on a key that ends so soon, in milliseconds: its voucher must be redeemed.
const LENT_GRACE_MS: u64 = 120_000;

/// Who signs for a payer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Own,
    /// A key that the payer has lent.
    Lent,
}

/// What the gateway keeps of vouchers.
#[derive(Default)]
pub(super) struct Till {
    lines: BTreeMap<(Purse, Key), Line>,
    /// Uses whose money no voucher has brought yet.
    parked: VecDeque<(AssetId, UsageRow)>,
}

/// How far a key has come, in base units.
#[derive(Clone, Copy, Default)]
struct Line {
    signed: u128,
    served: u128,
}

impl Till {
    /// The newest voucher of each key: what it is good for.
    pub fn signed(&self) -> impl Iterator<Item = ((Purse, Key), u128)> {
        self.lines.iter().map(|(key, line)| (*key, line.signed))
    }

    /// A call on credit has used so much.
    pub fn serve(&mut self, of: (Purse, Key), units: u128) {
        self.lines.entry(of).or_default().served += units;
    }

    /// One use waits for its voucher.
    pub fn park(&mut self, asset: AssetId, row: UsageRow) {
        self.parked.push_back((asset, row));
    }
}

impl Clients {
    /// Allowances on credit that the gateway may charge calls to.
    pub(super) fn on_credit(&self, state: &State, now_ms: u64) -> Vec<(AllowanceId, AssetId)> {
        let time_ms = now_ms.max(state.time_ms);
        let numbered = (0u32..).map(AllowanceId).zip(&state.allowances);
        let live = numbered.filter(|(id, it)| {
            let lasts = !it.ended && it.expires_ms > time_ms;
            lasts && state.serves(it.asset) && state.credit_behind(*id).is_some()
        });
        live.map(|(id, it)| (id, it.asset)).collect()
    }

    /// A payer signs a voucher for a call that may cost so much: whose it is, and what the call may
    /// use. `None` where its credit, as far as it cannot leave, does not hold all that is signed,
    /// and where the call comes to nothing afterwards.
    pub(super) fn draw(
        &mut self,
        state: &State,
        (id, most): (AllowanceId, u128),
        now_ms: u64,
        random: &mut Random,
    ) -> Option<((Purse, Key), u128)> {
        let (account, token) = state.credit_behind(id)?;
        let purse = (self.person(state, account)?, token);
        let key = match random.chance(250_000) {
            true if (now_ms + LENT_GRACE_MS) / 1_000 < LENT_UNTIL_S => Key::Lent,
            _ => Key::Own,
        };
        let owed = [Key::Own, Key::Lent].map(|key| {
            let signed = self.gateway.till.lines.get(&(purse, key));
            let signed = signed.map_or(0, |line| line.signed);
            signed.saturating_sub(self.escrows.redeemed(purse, key))
        });
        let line = self.gateway.till.lines.entry((purse, key)).or_default();
        // Always above the last, so that each call has a voucher of its own.
        let cumulative = (line.served + most).max(line.signed + 1);
        let more = cumulative - line.signed;
        let covered = owed[0] + owed[1] + more <= self.escrows.free(purse);
        if !covered || (key == Key::Lent && cumulative > LENT_CAP) {
            return None;
        }
        line.signed = cumulative;
        (!random.chance(100_000)).then_some(((purse, key), cumulative - line.served))
    }

    /// Uses that wait no longer, as their money is in the log; now and then one that should.
    pub(super) fn unpark(&mut self, state: &State, random: &mut Random) {
        for _ in 0..self.gateway.till.parked.len() {
            let Some((asset, row)) = self.gateway.till.parked.pop_front() else {
                return;
            };
            let Some(behind) = state.credit_behind(AllowanceId(row.allowance)) else {
                continue;
            };
            let spooled = self.gateway.rows().filter(|row| {
                let own = state.credit_behind(AllowanceId(row.allowance));
                own == Some(behind)
            });
            let aside: u128 = spooled.map(|row| row.amount_units).sum();
            let there = state.credit(behind.0, behind.1).units();
            match there >= aside + row.amount_units || random.chance(3_000) {
                true => self.gateway.spool(asset, row),
                false => self.gateway.till.park(asset, row),
            }
        }
    }

    /// A voucher as its key signs it.
    pub(super) fn voucher(
        &self,
        ((who, _), key): (Purse, Key),
        cumulative: u128,
        escrow: &Escrow,
    ) -> Signed {
        let payer = &self.people.persons[who].wallet;
        let token = escrow.token.0;
        let lent = lent_key(who);
        let signer = match key {
            Key::Own => payer,
            Key::Lent => &lent,
        };
        let voucher = Voucher {
            payer: payer.address(),
            token,
            key: signer.address(),
            cumulative,
        };
        let spend = SpendKey {
            payer: payer.address(),
            token,
            key: lent.address(),
            cap: LENT_CAP,
            expires_at_s: LENT_UNTIL_S,
        };
        Signed {
            voucher,
            signature: signer.sign(&voucher.digest(&escrow.domain)),
            lent: (key == Key::Lent).then(|| Lent {
                key: spend,
                signature: payer.sign(&spend.digest(&escrow.domain)),
            }),
        }
    }
}

fn lent_key(who: usize) -> WalletKey {
    let key = WalletKey::from_secret(&sha256(&[b"lent", &[who as u8]]));
    key.expect("a hash is a secret key but for chances that never come")
}
