//! What holds after every entry: debits, claim lines and what stands behind them.

use ledger::section::Part as _;
use ledger::{State, claims};
use proof::claim::LineKind;
use protocol::{Address, Amount, TokenId};
use std::collections::BTreeMap;

/// What is in the pots without a debit: what the Stake contract has taken and the ledger has
/// credited, and what redeemed vouchers have brought, which is all else that came in.
fn beside(state: &State) -> BTreeMap<TokenId, u128> {
    let mut beside: BTreeMap<TokenId, u128> = BTreeMap::new();
    for (token, flow) in state.book.flows() {
        let own = state.funds.iter().filter(|fund| fund.token == *token);
        let deposited: u128 = own.map(|fund| fund.amount_units.units()).sum();
        beside.insert(*token, flow.credited.units() - deposited);
    }
    let stakes = &state.sections.lines.stakes;
    if let Some(terms) = stakes.terms {
        let taken = stakes.wallets.values().map(|stake| stake.slashed.units());
        let came = beside.get(&terms.token).copied().unwrap_or_default();
        let (taken, redeems) = (taken.sum::<u128>(), !state.sections.credits.is_empty());
        assert!(
            came == taken || redeems && came > taken,
            "slashed and not credited"
        );
    }
    beside.retain(|_, units| *units > 0);
    beside
}

/// What no deposit stands behind any more has been debited, to the unit, and within the caps.
pub fn check_debits(state: &State) {
    let mut debited: BTreeMap<TokenId, u128> = BTreeMap::new();
    let open = state.book.debits().iter().map(|(fund, sum)| (*fund, *sum));
    let closed = state.epochs.iter().flat_map(|epoch| &epoch.debits).copied();
    for (fund, amount) in closed.chain(open) {
        let fund = state.fund(fund).expect("debits name deposits");
        assert!(
            amount <= fund.epoch_cap_units,
            "an epoch debits more than its cap"
        );
        *debited.entry(fund.token).or_default() += amount.units();
    }
    for (token, units) in beside(state) {
        *debited.entry(token).or_default() += units;
    }
    let mut gone: BTreeMap<TokenId, u128> = BTreeMap::new();
    for purse in state
        .book
        .purses()
        .iter()
        .filter(|purse| purse.fund.is_none())
    {
        *gone.entry(purse.token).or_default() += purse.balance.units();
    }
    gone.retain(|_, sum| *sum > 0);
    assert_eq!(
        debited, gone,
        "money that left deposits is not what was debited"
    );
}

/// Claim lines never fall, add up to the totals, and stay within what released epochs have debited.
pub fn check_claims(before: &State, after: &State) {
    let payable = |state: &State| claims::due(state, |purse| purse.payable).unwrap();
    let (old, new) = (payable(before), payable(after));
    let rows = |due: Vec<Amount>, state: &State| -> Vec<Vec<Amount>> {
        due.chunks(state.token_count().max(1))
            .map(<[Amount]>::to_vec)
            .collect()
    };
    let (old, new) = (rows(old, before), rows(new, after));
    let mut pairs = old.iter().zip(&new);
    // A chain that joins brings tokens of which nobody has any.
    let falls = |(old, new): (&Vec<Amount>, &Vec<Amount>)| old.iter().zip(new).any(|(a, b)| a > b);
    assert!(!pairs.any(falls), "a line fell");
    let mut released: BTreeMap<TokenId, u128> = BTreeMap::new();
    for (number, epoch) in (1..).zip(&after.epochs) {
        for (fund, amount) in &epoch.debits {
            let (chain, token) = (after.number_of(*fund).0, after.fund(*fund).unwrap().token);
            assert_eq!(
                after.site_of(token).unwrap().chain,
                chain,
                "another's money"
            );
            if number <= after.released_on(chain) {
                *released.entry(token).or_default() += amount.units();
            }
        }
    }
    for (token, units) in beside(after) {
        *released.entry(token).or_default() += units;
    }
    check_lines(after, &released);
}

/// Each chain's lines are in its own tokens and within what was released on it.
fn check_lines(state: &State, released: &BTreeMap<TokenId, u128>) {
    let statement = claims::statement(state).unwrap();
    let totals = statement.totals.iter();
    let totals: BTreeMap<_, _> = totals
        .map(|it| (it.token, it.amount_units.units()))
        .collect();
    let mut lines: BTreeMap<TokenId, u128> = BTreeMap::new();
    for (site, (domain, leaves, _)) in state.sites().zip(statement.parts()) {
        assert_eq!(site.domain(), *domain, "leaves of another chain");
        let all = leaves.iter().flat_map(|leaf| &leaf.lines);
        for line in all.filter(|line| line.kind == LineKind::Pay) {
            assert!(line.cumulative > 0, "an empty line");
            let token = site.token(Address(line.token));
            let token = token.expect("a line in a token that the chain does not list");
            *lines.entry(token).or_default() += line.cumulative;
        }
    }
    assert_eq!(lines, totals, "lines do not add up");
    for (token, sum) in lines {
        let held = released.get(&token).copied().unwrap_or(0);
        assert!(sum <= held, "a line promises money that was not released");
    }
}
