//! The gateway: assets come into service, calls use others, and uses wait for their segment.
use std::collections::BTreeMap;

use ledger::{Offer, State};
use proof::hash::sha256;
use protocol::service::{ComposeAsset, ServeAsset};
use protocol::{AllowanceId, Amount, AssetId, Command, UsageRow};

use super::Clients;
use super::people::OPERATOR;
use super::propose::{USE_PRICE, amount};
use super::voucher::Till;
use crate::planted::Bug;
use crate::random::Random;

/// Most that a call uses of others.
const MOST_USED: u32 = 6;
/// How many calls in a million are paid by vouchers.
const PREPAID: u32 = 450_000;

/// What the gateway has served and not posted.
pub(super) struct Gateway {
    /// Lets calls spend more on others than was declared: a mistake to be found.
    overspends: bool,
    spool: BTreeMap<AssetId, Vec<UsageRow>>,
    pub till: Till,
}

impl Gateway {
    pub fn new(bug: Option<Bug>) -> Self {
        Self {
            overspends: bug == Some(Bug::CallOverspends),
            spool: BTreeMap::new(),
            till: Till::default(),
        }
    }

    /// Uses that the next segments will have.
    pub fn rows(&self) -> impl Iterator<Item = &UsageRow> {
        self.spool.values().flatten()
    }

    /// One use is ready for its segment.
    pub fn spool(&mut self, asset: AssetId, row: UsageRow) {
        self.spool.entry(asset).or_default().push(row);
    }

    /// What uses that are not posted yet will take of an allowance.
    fn aside(&self, allowance: AllowanceId) -> u128 {
        let own = self.rows().filter(|row| row.allowance == allowance.0);
        own.map(|row| row.amount_units).sum()
    }
}

impl Clients {
    /// An owner puts an asset into service, says what its calls may use, or takes it out again.
    pub(super) fn serve(&mut self, state: &State, random: &mut Random) -> Option<Offer> {
        let asset = AssetId(random.below(u32::try_from(state.assets.len()).ok()?.max(1)));
        let owner = state.asset(asset)?.registered.owner;
        let owner = self.person(state, owner)?;
        let command = match state.serves(asset) {
            false => Command::ServeAsset(ServeAsset {
                asset,
                tokens: None,
            }),
            true if random.chance(40_000) => Command::WithdrawAsset(asset),
            true => Command::ComposeAsset(compose(state, asset, random)),
        };
        Some(self.sign(state, owner, command))
    }

    /// The gateway answers some calls, and posts what it has of one asset.
    pub(super) fn meter(
        &mut self,
        state: &State,
        now_ms: u64,
        random: &mut Random,
    ) -> Option<Offer> {
        for _ in 0..random.between(1, 4) {
            self.call(state, now_ms, random);
        }
        self.unpark(state, random);
        let waiting: Vec<AssetId> = self.gateway.spool.keys().copied().collect();
        let asset = (!waiting.is_empty()).then(|| random.pick(&waiting))?;
        let rows = self.gateway.spool.remove(&asset)?;
        self.segment_of(state, (OPERATOR, asset), rows)
    }

    /// One call on somebody's allowance or credit, with what it uses of others.
    fn call(&mut self, state: &State, now_ms: u64, random: &mut Random) -> Option<()> {
        let prepaid = random.chance(PREPAID);
        let live = match prepaid {
            true => self.on_credit(state, now_ms),
            false => self.live(state, now_ms, true),
        };
        let (id, asset) = (!live.is_empty()).then(|| random.pick(&live))?;
        let declared = state.composition(id);
        let most = declared.map_or(Amount::ZERO, |it| it.most_units).units();
        let known = declared.map_or(&[][..], |it| &it.components);
        let served = known.iter().copied().filter(|it| state.serves(*it));
        let served: Vec<AssetId> = served.collect();
        let (drawn, left) = match prepaid {
            true => {
                let (of, left) = self.draw(state, (id, USE_PRICE + most), now_ms, random)?;
                (Some(of), left)
            }
            false => {
                let rest = state.book.hold(state.allowances[id.index()].hold).rest;
                let left = rest.units().checked_sub(self.gateway.aside(id))?;
                (None, left)
            }
        };
        let mut left = left.checked_sub(USE_PRICE)?;
        let mut uses = vec![asset];
        let mut spent = 0;
        for other in used(asset, &served, random) {
            let fits = spent + USE_PRICE <= most || self.gateway.overspends || served.is_empty();
            if fits && left >= USE_PRICE {
                spent += USE_PRICE;
                left -= USE_PRICE;
                uses.push(other);
            }
        }
        if let Some(of) = drawn {
            let units = USE_PRICE * uses.len() as u128;
            self.gateway.till.serve(of, units);
        }
        self.serial += 1;
        let call = sha256(&[b"call", &self.serial.to_be_bytes()]);
        for used in uses {
            let row = self.row(id, call);
            match drawn {
                Some(_) => self.gateway.till.park(used, row),
                None => self.gateway.spool(used, row),
            }
        }
        Some(())
    }
}

/// What a call uses of others: of those that it may, or of what nobody has declared.
fn used(asset: AssetId, served: &[AssetId], random: &mut Random) -> Vec<AssetId> {
    if !served.is_empty() {
        let count = random.below(MOST_USED);
        return (0..count).map(|_| random.pick(served)).collect();
    }
    match random.chance(60_000) && asset.0 > 0 {
        true => vec![AssetId(random.below(asset.0))],
        false => Vec::new(),
    }
}

/// What calls of an asset may use: older ones, most often in its own token.
fn compose(state: &State, asset: AssetId, random: &mut Random) -> ComposeAsset {
    let token = |id: AssetId| Some(state.asset(id)?.registered.terms.token);
    let older = (0..asset.0).map(AssetId);
    let mut fit: Vec<AssetId> = older.filter(|id| token(*id) == token(asset)).collect();
    random.draw_to_front(&mut fit, 3);
    fit.truncate(random.between(1, 3) as usize);
    fit.sort_unstable();
    let most = if fit.is_empty() {
        0
    } else {
        random.between(7, 30)
    };
    let mut compose = ComposeAsset {
        asset,
        components: fit,
        most_units: amount(most.into()),
    };
    match random.below(20) {
        0 => compose.components.push(asset),
        1 => compose.components.reverse(),
        2 => compose.most_units = Amount::ZERO,
        3 => compose
            .components
            .extend(random.chance(500_000).then_some(AssetId(u32::MAX))),
        _ => {}
    }
    compose
}
