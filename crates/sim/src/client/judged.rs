//! Campaigns that judge: gold on every unit, a stake with the first block, a slash for guessing.
use ledger::State;
use proof::hash::sha256;
use protocol::campaign::{Method, Rule, Spec};
use protocol::document::{AnswerOpening, GoldOpening};
use protocol::{Amount, FundId, Hash, TokenId};

use super::people::{CHEATS, SOON_MS};
use super::propose::{amount, share};
use crate::random::Random;

/// Enough right answers for a block to be released.
pub(super) const UNITS: u32 = 8;

/// Makes a campaign one that judges.
pub(super) fn judge(spec: &mut Spec) {
    spec.unit_count = UNITS;
    spec.budget_units = amount(2_000);
    spec.overlap = 6;
    spec.rule = Rule {
        gold_share: share(1_000_000),
        block_length: UNITS as u16,
        beta: share(300_000),
        ..spec.rule.clone()
    };
    spec.method = Some(Box::new(Method {
        algorithm: ledger::score::Algorithm::Pay2.name().to_owned(),
        trusts: Vec::new(),
        panel: Vec::new(),
        verdict_units: Amount::ZERO,
        panel_ms: 0,
        slash_below: share(990_000),
        stake_units: amount(20),
        target: share(0),
    }));
}

/// A deposit of an account, on whatever chain, and its token. Where work is judged it is mostly one
/// that stakes may back: of the first token, and closing soon.
pub(super) fn fund(
    state: &State,
    account: protocol::AccountId,
    judged: bool,
    random: &mut Random,
) -> Option<(FundId, TokenId)> {
    let own = state.funds.iter().filter(|fund| fund.account == account);
    let own: Vec<_> = own.collect();
    let backed = |closes_ms, token| closes_ms == SOON_MS && token == TokenId(0);
    let best = own.iter().filter(|it| backed(it.closes_ms, it.token));
    let best: Vec<_> = best.copied().collect();
    let from = match judged && !best.is_empty() && random.chance(700_000) {
        true => best,
        false => own,
    };
    let fund = (!from.is_empty()).then(|| random.pick(&from))?;
    Some((fund.fund, fund.token))
}

/// What a worker answers under a nonce, and what replaces it; some of it in words. Before gold,
/// most answer right and some wrong; else by chance.
pub(super) fn answer(
    (who, judged): (usize, bool),
    nonce: u64,
    unit: u32,
    version: u8,
) -> AnswerOpening {
    let salt = sha256(&[
        b"salt",
        &[who as u8, version],
        &nonce.to_be_bytes(),
        &unit.to_be_bytes(),
    ]);
    let wrong = CHEATS.contains(&who);
    let label = match judged {
        true => truth(unit) ^ u16::from(wrong),
        false => u16::from(salt[0] & 1),
    };
    AnswerOpening {
        unit,
        label,
        salt: Hash(salt),
        text: (salt[1] & 1 == 1).then(|| format!("for the reason {version}")),
    }
}

/// What the operator has committed to: the truth about every unit, or nothing about any.
pub(super) fn gold(units: u32, judged: bool) -> Vec<GoldOpening> {
    let opening = |unit: u32| GoldOpening {
        label: judged.then(|| truth(unit)),
        salt: Hash(sha256(&[b"gold", &unit.to_be_bytes()])),
    };
    (0..units).map(opening).collect()
}

fn truth(unit: u32) -> u16 {
    (unit % 2) as u16
}
