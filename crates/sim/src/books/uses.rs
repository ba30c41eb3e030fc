//! Metered uses: an allowance pays what its segments say, of others only what was declared.
use std::collections::{BTreeMap, BTreeSet};

use ledger::State;
use protocol::command::PostSegment;
use protocol::credit::Credit;
use protocol::event::PurseOwner;
use protocol::service::ComposeAsset;
use protocol::usage::ROW_BYTES;
use protocol::{AccountId, AllowanceId, AssetId, Command, FundId, TokenId, UsageRow};

use super::{After, Seen, saw};
use crate::truth::{Violation, hold};

const DECLARED: &str = "calls use what was declared";
const PAID: &str = "allowances pay what was used";
const EARNED: &str = "what was used is its own revenue";
const DEBITED: &str = "deposits are debited what was used";

/// What commands have said of uses.
#[derive(Default)]
pub(super) struct Uses {
    /// The newest declaration of each asset.
    declared: BTreeMap<AssetId, Declared>,
    /// By number.
    allowances: Vec<Allowance>,
    /// Charged for each asset since the last close.
    revenue: BTreeMap<AssetId, u128>,
    /// Charged to each deposit since the last close.
    charged: BTreeMap<FundId, u128>,
    /// Deposits that pay for work.
    working: BTreeSet<FundId>,
    /// Who works: any deposit of theirs may back it.
    workers: BTreeSet<AccountId>,
}

/// What a call may use of others.
#[derive(Clone, Default)]
struct Declared {
    components: Vec<AssetId>,
    most: u128,
}

struct Allowance {
    asset: AssetId,
    /// Out of which deposit; `None` on credit, which holds nothing for it.
    fund: Option<FundId>,
    expires_ms: u64,
    cap: u128,
    charged: u128,
    /// As it stood at the grant.
    declared: Declared,
    /// What each call has spent on others; a row names its call where a real one has the digest of
    /// what was asked.
    calls: BTreeMap<[u8; 32], u128>,
}

impl Uses {
    pub fn enter(&mut self, after: &After<'_>, seen: &mut Seen) -> Result<(), Violation> {
        match after.command {
            Command::ComposeAsset(compose) => {
                self.compose(compose, after.state)?;
                saw(seen, "asset composed");
            }
            Command::GrantAllowance(grant) => self.grant(Allowance {
                fund: Some(grant.fund),
                expires_ms: grant.expires_ms,
                cap: grant.cap_units.units(),
                ..Allowance::of(grant.asset)
            }),
            Command::Credit(Credit::Open(open)) => self.grant(Allowance {
                expires_ms: open.expires_ms,
                ..Allowance::of(open.asset)
            }),
            Command::OpenCampaign(spec) => _ = self.working.insert(spec.fund),
            Command::SealAnswers(_) => self.workers.extend(after.asker),
            Command::PostSegment(segment) => {
                self.charge(segment, after.entry.time_ms, seen)?;
                self.hold_calls(segment.asset, after.attachments)?;
                self.hold_revenue(after.state)?;
            }
            Command::CloseEpoch(_) => {
                self.revenue.values_mut().for_each(|units| *units = 0);
                self.hold_revenue(after.state)?;
                self.hold_debits(after.state)?;
            }
            _ => {}
        }
        self.hold_rests(after.state)
    }

    /// Whatever may be used is older, and is paid in the same token.
    fn compose(&mut self, compose: &ComposeAsset, state: &State) -> Result<(), Violation> {
        let token = token(state, compose.asset);
        let fits = |id: &AssetId| *id < compose.asset && self::token(state, *id) == token;
        hold(
            compose.components.iter().all(fits) && token.is_some(),
            DECLARED,
            || format!("asset {} is made of what it cannot use", compose.asset),
        )?;
        let known = state.sections.compositions.newest(compose.asset);
        let known = known.map(|it| (&it.components, it.most_units));
        let said = (&compose.components, compose.most_units);
        hold(known == Some(said), DECLARED, || {
            format!(
                "asset {} declares {said:?}, {known:?} stands",
                compose.asset
            )
        })?;
        let declared = Declared {
            components: compose.components.clone(),
            most: compose.most_units.units(),
        };
        self.declared.insert(compose.asset, declared);
        Ok(())
    }

    fn grant(&mut self, allowance: Allowance) {
        let declared = self.declared.get(&allowance.asset);
        let declared = declared.cloned().unwrap_or_default();
        self.allowances.push(Allowance {
            declared,
            ..allowance
        });
    }

    fn charge(
        &mut self,
        segment: &PostSegment,
        time_ms: u64,
        seen: &mut Seen,
    ) -> Result<(), Violation> {
        for total in &segment.totals {
            let allowance = self.allowance(total.allowance)?;
            hold(allowance.expires_ms > time_ms, PAID, || {
                format!("allowance {} is over, and is charged", total.allowance)
            })?;
            let own = allowance.asset == segment.asset;
            let named = allowance.declared.components.contains(&segment.asset);
            hold(own || named, DECLARED, || {
                let (asset, of) = (segment.asset, allowance.asset);
                format!("a use of asset {asset} is charged to an allowance for {of}")
            })?;
            if !own {
                saw(seen, "use within a call charged");
            }
            allowance.charged += total.amount_units.units();
            if let Some(fund) = allowance.fund {
                *self.charged.entry(fund).or_default() += total.amount_units.units();
            }
            let revenue = self.revenue.entry(segment.asset).or_default();
            *revenue += total.amount_units.units();
        }
        Ok(())
    }

    /// No call spends more on others than its payer could read.
    fn hold_calls(&mut self, asset: AssetId, files: &[Vec<u8>]) -> Result<(), Violation> {
        let rows = files.iter().flat_map(|file| file.chunks(ROW_BYTES));
        for row in rows.filter_map(UsageRow::from_bytes) {
            let allowance = self.allowance(AllowanceId(row.allowance))?;
            if allowance.asset == asset {
                continue;
            }
            let spent = allowance.calls.entry(row.input).or_default();
            *spent += row.amount_units;
            let (spent, most) = (*spent, allowance.declared.most);
            hold(spent <= most, DECLARED, || {
                format!("a call spends {spent} units on others, at most {most} were declared")
            })?;
        }
        Ok(())
    }

    fn allowance(&mut self, id: AllowanceId) -> Result<&mut Allowance, Violation> {
        let found = self.allowances.get_mut(id.index());
        found.ok_or_else(|| Violation::new(PAID, format!("there is no allowance {id}")))
    }

    /// What is left of an allowance is what it was less what was charged, until it ends.
    fn hold_rests(&self, state: &State) -> Result<(), Violation> {
        let known = self.allowances.iter().zip(&state.allowances);
        for (number, (own, known)) in known.enumerate() {
            let rest = state.book.hold(known.hold).rest.units();
            let left = match own.fund {
                Some(_) => own.cap.checked_sub(own.charged),
                None => Some(0),
            };
            let fits = match known.ended {
                true => left.is_some() && rest == 0,
                false => left == Some(rest),
            };
            hold(fits && own.asset == known.asset, PAID, || {
                let (cap, charged) = (own.cap, own.charged);
                format!("{rest} of {cap} units are left of allowance {number}, {charged} charged")
            })?;
        }
        let (is, was) = (state.allowances.len(), self.allowances.len());
        hold(is == was, PAID, || {
            format!("{is} allowances of {was} granted")
        })
    }

    /// A deposit that pays for nothing but uses is debited what segments have charged to it.
    fn hold_debits(&mut self, state: &State) -> Result<(), Violation> {
        let charged = std::mem::take(&mut self.charged);
        let debits = state.epochs.last().map_or(&[][..], |epoch| &epoch.debits);
        let debits = debits.iter().map(|(fund, it)| (*fund, it.units()));
        let debits: BTreeMap<FundId, u128> = debits.collect();
        let funds = charged.keys().chain(debits.keys());
        let works = |fund: &FundId| {
            let owner = state.fund(*fund).map(|it| it.account);
            self.working.contains(fund) || owner.is_some_and(|it| self.workers.contains(&it))
        };
        for fund in funds.filter(|fund| !works(fund)) {
            let is = debits.get(fund).copied().unwrap_or_default();
            let was = charged.get(fund).copied().unwrap_or_default();
            hold(is == was, DEBITED, || {
                format!("deposit {fund} is debited {is} units for {was} of uses")
            })?;
        }
        Ok(())
    }

    fn hold_revenue(&self, state: &State) -> Result<(), Violation> {
        for (asset, units) in &self.revenue {
            let token = token(state, *asset);
            let gross = token.map(|it| state.book.balance(PurseOwner::Gross(*asset), it));
            let gross = gross.unwrap_or_default().units();
            hold(gross == *units, EARNED, || {
                format!("asset {asset} has {gross} units of revenue for {units} of uses")
            })?;
        }
        Ok(())
    }
}

impl Allowance {
    fn of(asset: AssetId) -> Self {
        Self {
            asset,
            fund: None,
            expires_ms: 0,
            cap: 0,
            charged: 0,
            declared: Declared::default(),
            calls: BTreeMap::new(),
        }
    }
}

fn token(state: &State, asset: AssetId) -> Option<TokenId> {
    Some(state.asset(asset)?.registered.terms.token)
}
