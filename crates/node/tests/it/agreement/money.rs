//! Purses, holds, totals and balances.

use super::{ask, or_dash};
use ledger::State;
use protocol::event::PurseOwner;
use protocol::{AccountId, TokenId};
use std::collections::BTreeMap;
use view::console::Console;

/// In deposits, in budgets, reserved of them, deposits and stakes, allowances, pending, earned.
type Balances = BTreeMap<(AccountId, TokenId), [u128; 7]>;

pub fn check_book(state: &State, console: &mut Console) {
    let purses = (0..).zip(state.book.purses()).map(|(id, it): (u32, _)| {
        let (kind, owner) = owner(it.owner);
        row![
            id,
            kind,
            owner,
            it.token,
            or_dash(it.fund),
            it.balance,
            it.payable
        ]
    });
    assert_eq!(
        ask(console, "SELECT * FROM purses"),
        purses.collect::<Vec<_>>()
    );
    let holds = (0..)
        .zip(state.book.holds())
        .map(|(id, it): (u32, _)| row![id, it.from.0, it.to.0, it.rest, or_dash(it.due_ms)]);
    assert_eq!(
        ask(
            console,
            "SELECT hold, from_purse, to_purse, rest_units, due_ms FROM holds"
        ),
        holds.collect::<Vec<_>>()
    );
    let debits = state.book.debits().iter().map(|(fund, it)| row![fund, it]);
    assert_eq!(
        ask(
            console,
            "SELECT fund, debit_units FROM funds WHERE debit_units <> 0"
        ),
        debits.collect::<Vec<_>>()
    );
    let funds = state.funds.iter().map(|it| {
        row![
            it.fund,
            it.account,
            it.token,
            it.amount_units,
            it.epoch_cap_units,
            it.closes_ms
        ]
    });
    let sql = "SELECT fund, account, token, amount_units, epoch_cap_units, closes_ms FROM funds";
    assert_eq!(ask(console, sql), funds.collect::<Vec<_>>());
}

/// What came in is what is held and what went out, and both are the book's.
pub fn check_totals(state: &State, console: &mut Console) {
    let mut places: BTreeMap<(TokenId, &str), u128> = BTreeMap::new();
    for purse in state.book.purses() {
        *places
            .entry((purse.token, owner(purse.owner).0))
            .or_default() += purse.balance.units();
    }
    for hold in state.book.holds() {
        let token = state.book.purse(hold.from).token;
        *places.entry((token, "held")).or_default() += hold.rest.units();
    }
    for (token, flow) in state.book.flows() {
        places.insert((*token, "credited"), flow.credited.units());
        places.insert((*token, "refunded"), flow.refunded.units());
    }
    places.retain(|_, sum| *sum > 0);
    let expected = places
        .iter()
        .map(|((token, place), sum)| row![token, place, sum]);
    assert_eq!(
        ask(console, "SELECT * FROM totals WHERE units <> 0"),
        expected.collect::<Vec<_>>()
    );
    assert_eq!(state.book.imbalance(), None);
    let sums = "SELECT token, sum_units(units) FILTER (WHERE place <> 'credited'),
                       sum_units(units) FILTER (WHERE place = 'credited')
                FROM totals GROUP BY token";
    for sum in ask(console, sums) {
        assert_eq!(sum[1], sum[2], "token {}", sum[0]);
    }
}

pub fn check_balances(state: &State, console: &mut Console) {
    let mut expected = Balances::new();
    let side = |it: PurseOwner| match it {
        PurseOwner::Fund(fund) => state.fund(fund).map(|fund| (fund.account, 0)),
        PurseOwner::Credit(account) => Some((account, 0)),
        PurseOwner::Budget(id) => Some((state.campaign(id).unwrap().owner, 1)),
        PurseOwner::Earned(account) => Some((account, 6)),
        _ => None,
    };
    for purse in state.book.purses() {
        if let Some((account, column)) = side(purse.owner) {
            let row = expected.entry((account, purse.token)).or_default();
            row[column] += purse.balance.units();
        }
    }
    for hold in state
        .book
        .holds()
        .iter()
        .filter(|hold| !hold.rest.is_zero())
    {
        let (from, to) = (state.book.purse(hold.from), state.book.purse(hold.to));
        let (account, column) = side(from.owner).unwrap();
        let column = match (column, to.owner) {
            (1, _) => 2,
            (_, PurseOwner::Forfeit(_)) => 3,
            _ => 4,
        };
        expected.entry((account, from.token)).or_default()[column] += hold.rest.units();
        if let PurseOwner::Earned(account) = to.owner {
            expected.entry((account, from.token)).or_default()[5] += hold.rest.units();
        }
    }
    expected.retain(|_, row| row.iter().any(|units| *units > 0));
    assert_eq!(found_balances(console), expected);
}

fn found_balances(console: &mut Console) -> Balances {
    let sql = "SELECT account, token, free_units, budget_units, reserved_units, deposit_units,
                      stake_units, allowance_units, pending_units, accepted_units, verdict_units,
                      royalty_units
               FROM balances";
    let mut found = Balances::new();
    for row in ask(console, sql) {
        let units = |place: usize| row[place].parse::<u128>().unwrap();
        let key = (
            AccountId(row[0].parse().unwrap()),
            TokenId(row[1].parse().unwrap()),
        );
        let earned = units(9) + units(10) + units(11);
        let waiting = units(5) + units(6);
        let row = [
            units(2),
            units(3),
            units(4),
            waiting,
            units(7),
            units(8),
            earned,
        ];
        if row.iter().any(|units| *units > 0) {
            found.insert(key, row);
        }
    }
    found
}

fn owner(owner: PurseOwner) -> (&'static str, u64) {
    match owner {
        PurseOwner::Fund(id) => ("fund", id.0),
        PurseOwner::Budget(id) => ("budget", id.0.into()),
        PurseOwner::Forfeit(id) => ("forfeit", id.0.into()),
        PurseOwner::Gross(id) => ("gross", id.0.into()),
        PurseOwner::Pot(id) => ("pot", id.0.into()),
        PurseOwner::Pool(id) => ("pool", id.0.into()),
        PurseOwner::Earned(id) => ("earned", id.0.into()),
        PurseOwner::Panel(id) => ("panel", id.0.into()),
        PurseOwner::Credit(id) => ("credit", id.0.into()),
    }
}
