//! Every number of a view against the state that the same entries have made.

/// A row of words.
macro_rules! row {
    ($($value:expr),* $(,)?) => { vec![$($value.to_string()),*] };
}

#[path = "agreement/asset.rs"]
mod asset;
#[path = "agreement/campaign.rs"]
mod campaign;
#[path = "agreement/judging.rs"]
mod judging;
#[path = "agreement/money.rs"]
mod money;

use ledger::State;
use view::console::{Cell, Console};

/// Asks, and gives rows of words: amounts without leading zeros, nothing as `-`.
pub fn ask(console: &mut Console, sql: &str) -> Vec<Vec<String>> {
    let answer = console
        .ask(sql)
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
    let word = |cell: &Cell| match cell {
        Cell::Null => "-".to_owned(),
        Cell::Integer(number) => number.to_string(),
        Cell::Text(text) if text.len() == 29 && text.bytes().all(|b| b.is_ascii_digit()) => {
            text.trim_start_matches('0').to_owned()
        }
        Cell::Text(text) => text.clone(),
        other => panic!("{sql}: {other:?}"),
    };
    answer
        .rows
        .iter()
        .map(|row| row.iter().map(word).collect())
        .collect()
}

fn or_dash<T: ToString>(value: Option<T>) -> String {
    value.map_or("-".to_owned(), |value| value.to_string())
}

pub fn check(state: &State, console: &mut Console) {
    assert_eq!(
        ask(console, "SELECT through, time_ms FROM position"),
        [row![state.size, state.time_ms]]
    );
    assert_eq!(
        ask(console, "SELECT count(*), max(seq) FROM entries"),
        [row![state.size, state.size - 1]]
    );
    check_people(state, console);
    money::check_book(state, console);
    money::check_totals(state, console);
    money::check_balances(state, console);
    for (id, campaign) in state.numbered_campaigns() {
        campaign::check(campaign, id.0, console);
        campaign::check_work(campaign, id.0, console);
        campaign::check_units(campaign, id.0, console);
        judging::check(campaign, id.0, console);
    }
    asset::check(state, console);
    check_epochs(state, console);
    check_keeping(state, console);
}

fn check_people(state: &State, console: &mut Console) {
    let accounts = (0..).zip(state.accounts.iter()).map(|(id, it): (u32, _)| {
        let expires = i64::try_from(it.expires_ms).ok();
        let wallet = it.wallet.map(|wallet| format!("0x{wallet}"));
        row![
            id,
            or_dash(wallet),
            or_dash(it.binding),
            it.key,
            it.scope.text(),
            or_dash(expires)
        ]
    });
    assert_eq!(
        ask(
            console,
            "SELECT account, wallet, binding, key, scope, expires_ms FROM accounts"
        ),
        accounts.collect::<Vec<_>>()
    );
    for key in ask(console, "SELECT key, account, scope, revoked_seq FROM keys") {
        let mut bytes = [0; 32];
        for (byte, place) in bytes.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&key[0][place..place + 2], 16).unwrap();
        }
        let known = state.key(&protocol::SessionKey(bytes)).unwrap();
        let expected = row![known.account, known.scope.text(), known.revoked];
        assert_eq!(row![key[1], key[2], key[3] != "-"], expected);
    }
    let skills = state.skills.iter().map(|((account, skill), it)| {
        let counts = row![it.gold_seen, it.gold_right, it.released, it.rejected];
        [row![account, skill, it.reputation.ppm()], counts].concat()
    });
    assert_eq!(
        ask(console, "SELECT * FROM skills"),
        skills.collect::<Vec<_>>()
    );
}

fn check_epochs(state: &State, console: &mut Console) {
    let epochs = (1..).zip(&state.epochs).map(|(id, it): (u64, _)| {
        row![
            id,
            it.log_size - 1,
            it.time_ms,
            it.root,
            it.leaves,
            it.released
        ]
    });
    let sql = "SELECT epoch, seq, time_ms, root, leaves,
                      iif(released_seq IS NULL, 'false', 'true')
               FROM epochs";
    assert_eq!(ask(console, sql), epochs.collect::<Vec<_>>());
    let all = || (1..).zip(&state.epochs).map(|(id, it): (u64, _)| (id, it));
    let totals = all().flat_map(|(id, it)| {
        it.totals
            .iter()
            .map(move |sum| row![id, sum.token, sum.amount_units])
    });
    assert_eq!(
        ask(console, "SELECT * FROM epoch_totals"),
        totals.collect::<Vec<_>>()
    );
    let debits = all().flat_map(|(id, it)| it.debits.iter().map(move |(f, a)| row![id, f, a]));
    assert_eq!(
        ask(console, "SELECT * FROM epoch_debits"),
        debits.collect::<Vec<_>>()
    );
}

fn check_keeping(state: &State, console: &mut Console) {
    let keys = state.log_keys.iter().map(|it| row![it.since, it.key]);
    assert_eq!(
        ask(console, "SELECT * FROM log_keys"),
        keys.collect::<Vec<_>>()
    );
    let root = state.posted_root.iter().map(|it| row![it.size, it.root]);
    let sql = "SELECT size, root FROM state_roots ORDER BY size DESC LIMIT 1";
    assert_eq!(ask(console, sql), root.collect::<Vec<_>>());
    let mut tombstones: Vec<u64> = state.erased.values().map(|it| it.seq).collect();
    tombstones.sort_unstable();
    let tombstones = tombstones.into_iter().map(|seq| row![seq]);
    assert_eq!(
        ask(console, "SELECT seq FROM tombstones"),
        tombstones.collect::<Vec<_>>()
    );
    let witnessed = state.witnessed.iter().map(|it| row![it.quorum]);
    let sql = "SELECT quorum FROM witness_sets ORDER BY seq DESC LIMIT 1";
    assert_eq!(ask(console, sql), witnessed.collect::<Vec<_>>());
}
