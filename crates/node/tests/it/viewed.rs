//! The view says what the state says: over the committed log, which has every command in it.

use crate::agreement;
use ledger::State;
use node::market::Earner;
use proof::claim::LineKind;
use protocol::event::RoyaltyTo;
use protocol::{Amount, Command, Entry, Event, Hash, codec};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;
use view::console::{Cell, Console, Limits};
use view::projection::{Applied, Documents, Projection};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/replay");

/// Claim lines: what each wallet is owed for ever in each token.
type Lines = BTreeMap<(String, usize), u128>;

/// Documents by their hashes, without those that are erased.
#[derive(Default)]
struct Shelf {
    documents: BTreeMap<Hash, Vec<u8>>,
    erased: Vec<Hash>,
}

impl ledger::Documents for Shelf {
    fn document(&self, hash: &Hash) -> Option<Vec<u8>> {
        let whole = !self.erased.contains(hash);
        self.documents.get(hash).filter(|_| whole).cloned()
    }

    fn erased(&self, hash: &Hash) -> bool {
        self.erased.contains(hash)
    }
}

impl Documents for Shelf {
    fn document(&self, hash: &Hash) -> Option<Vec<u8>> {
        ledger::Documents::document(self, hash)
    }
}

/// The committed log, decided again: entries with their events, and the state after them.
struct Log {
    entries: Vec<(Entry, Vec<Event>, usize)>,
    shelf: Shelf,
    state: State,
    /// By epoch, what the claim tree was made of.
    claims: Vec<Lines>,
}

fn log(erased: bool) -> Log {
    let bytes = |name| fs::read(Path::new(FOLDER).join(name)).unwrap();
    let mut shelf = Shelf::default();
    for document in unframed(&bytes("documents"), 4) {
        shelf
            .documents
            .insert(Hash(proof::hash::sha256(&[&document])), document);
    }
    let entries = unframed(&bytes("entries"), 2);
    if erased {
        shelf.erased = entries.iter().filter_map(|bytes| erasure(bytes)).collect();
    }
    let first: Entry = codec::decode(&entries[0]).unwrap();
    let mut state = State::new(first.signed.submission.space);
    let (mut decided, mut lines) = (Vec::new(), Vec::new());
    for bytes in &entries {
        let entry: Entry = codec::decode(bytes).unwrap();
        if let Command::CloseEpoch(_) = entry.signed.submission.command {
            lines.push(claims(&state));
        }
        let events = ledger::decide(&state, &entry, &shelf).unwrap();
        ledger::apply::apply(&mut state, &entry, &events);
        decided.push((entry, events, bytes.len()));
    }
    Log {
        entries: decided,
        shelf,
        state,
        claims: lines,
    }
}

fn erasure(bytes: &[u8]) -> Option<Hash> {
    let entry: Entry = codec::decode(bytes).unwrap();
    match entry.signed.submission.command {
        Command::Erase(erase) => match erase.what {
            protocol::operation::Erasure::Openings(hash) => Some(hash),
            protocol::operation::Erasure::Body(_) => None,
        },
        _ => None,
    }
}

fn unframed(mut bytes: &[u8], width: usize) -> Vec<Vec<u8>> {
    let mut parts = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_at(width);
        let join = |sum: usize, byte: &u8| sum << 8 | usize::from(*byte);
        let (part, rest) = rest.split_at(length.iter().fold(0, join));
        parts.push(part.to_vec());
        bytes = rest;
    }
    parts
}

/// Applies the log in batches of these sizes, over and over.
fn project(log: &Log, path: &Path, sizes: &[usize]) {
    let mut view = Projection::open(path).unwrap().projection;
    let applied: Vec<Applied<'_>> = log
        .entries
        .iter()
        .map(|(entry, events, bytes)| Applied {
            entry,
            events,
            bytes: *bytes,
        })
        .collect();
    let mut rest = &applied[usize::try_from(view.through()).unwrap()..];
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (part, later) = rest.split_at(rest.len().min(*size));
        view.apply(part, &log.shelf).unwrap();
        rest = later;
    }
}

pub fn console(path: &Path) -> Console {
    let limits = Limits {
        rows: usize::MAX,
        time: Duration::from_secs(600),
    };
    Console::open(path, limits).unwrap()
}

/// Every row of every table.
pub fn dump(path: &Path) -> BTreeMap<&'static str, Vec<Vec<Cell>>> {
    let mut console = console(path);
    let tables = view::projection::schema::tables();
    let rows = |console: &mut Console, name: &str| {
        let sql = format!("SELECT * FROM {name} ORDER BY 1, 2, 3, 4");
        console
            .ask(&sql)
            .or_else(|_| console.ask(&format!("SELECT * FROM {name} ORDER BY 1, 2")))
    };
    tables
        .iter()
        .map(|table| (table.name, rows(&mut console, table.name).unwrap().rows))
        .collect()
}

/// The claim lines of the state as of now.
fn claims(state: &State) -> Lines {
    let statement = ledger::claims::statement(state).unwrap();
    let mut lines = Lines::new();
    for (site, (_, leaves, _)) in state.sites().zip(statement.parts()) {
        for leaf in leaves {
            let wallet = format!("0x{}", protocol::Address(leaf.account));
            let pay = leaf.lines.iter().filter(|it| it.kind == LineKind::Pay);
            for line in pay {
                let token = site.token(protocol::Address(line.token)).unwrap();
                lines.insert((wallet.clone(), token.index()), line.cumulative);
            }
        }
    }
    lines
}

/// The lines that stand in each epoch are those that its tree was made of.
fn check_claims(state: &State, claims: &[Lines], console: &mut Console) {
    assert_eq!(claims.len(), state.epochs.len());
    for (epoch, expected) in (1..).zip(claims) {
        let sql = format!(
            "SELECT wallet, token, cumulative_units FROM claims AS c
             WHERE epoch = (SELECT max(epoch) FROM claims AS d
                            WHERE d.wallet = c.wallet AND d.token = c.token
                            AND d.epoch <= {epoch})"
        );
        let found = agreement::ask(console, &sql).into_iter().map(|row| {
            let [wallet, token, amount] = <[String; 3]>::try_from(row).unwrap();
            ((wallet, token.parse().unwrap()), amount.parse().unwrap())
        });
        assert_eq!(&found.collect::<Lines>(), expected, "epoch {epoch}");
    }
}

#[test]
fn the_view_of_the_committed_log_says_what_the_state_says() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("view.sqlite");
    let log = log(false);
    project(&log, &path, &[7]);
    let mut console = console(&path);
    agreement::check(&log.state, &mut console);
    check_claims(&log.state, &log.claims, &mut console);
}

#[test]
fn the_batches_make_no_difference() {
    let dir = tempfile::tempdir().unwrap();
    let log = log(false);
    let views: Vec<_> = [&[1][..], &[1_000], &[3, 1, 40, 2]]
        .into_iter()
        .enumerate()
        .map(|(number, sizes)| {
            let path = dir.path().join(number.to_string());
            project(&log, &path, sizes);
            dump(&path)
        })
        .collect();
    assert!(
        views[0].values().all(|rows| !rows.is_empty()),
        "every table has rows"
    );
    assert_eq!(views[0], views[1]);
    assert_eq!(views[0], views[2]);
}

#[test]
fn what_is_erased_leaves_the_view_as_if_it_had_never_been_opened() {
    let dir = tempfile::tempdir().unwrap();
    let (live, later) = (dir.path().join("live"), dir.path().join("later"));
    project(&log(false), &live, &[5]);
    let rebuilt = log(true);
    assert!(!rebuilt.shelf.erased.is_empty());
    project(&rebuilt, &later, &[64]);
    assert_eq!(dump(&live), dump(&later));
}

/// What the view says that uses have brought to a pool is what the epochs have paid into it, also
/// where the earlier ones are taken together.
#[test]
fn pools_have_what_the_epochs_paid_them() {
    let dir = tempfile::tempdir().unwrap();
    let log = log(false);
    let path = dir.path().join("view");
    project(&log, &path, &[50]);
    let questions = view::question::Questions::open(&path).unwrap();
    let mut paid: BTreeMap<u32, u128> = BTreeMap::new();
    for event in log.entries.iter().flat_map(|(_, events, _)| events) {
        if let Event::RoyaltyPaid {
            from,
            to: RoyaltyTo::Pool,
            token,
            amount,
        } = event
            && token.index() == 0
        {
            *paid.entry(from.0).or_default() += amount.units();
        }
    }
    let mut seen = 0;
    for account in (0_u32..).take(log.state.accounts.len()) {
        let own = |asset: &u32| {
            let shares = &log.state.assets[*asset as usize].registered.shares;
            shares.iter().any(|(own, _)| own.0 == account)
        };
        let expected = paid.iter().filter(|(asset, _)| own(asset));
        let expected: BTreeMap<u32, u128> = expected.map(|(asset, sum)| (*asset, *sum)).collect();
        for since in [0, 2, log.state.epochs.len() as u64] {
            let rows = questions.pool_revenue(account, 0, since).unwrap();
            let mut found: BTreeMap<u32, u128> = BTreeMap::new();
            for row in &rows {
                *found.entry(row.asset).or_default() += row.units.units();
            }
            assert_eq!(found, expected);
            assert!(rows.is_sorted_by_key(|row| row.time_ms));
            seen += rows.len();
        }
    }
    assert!(seen > 0, "nobody has a share of anything that was used");
}

/// A batch that cannot be finished leaves no trace, and the right one can follow.
#[test]
fn a_batch_happens_whole_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let log = log(false);
    let (path, clean) = (dir.path().join("tried"), dir.path().join("clean"));
    project(&log, &clean, &[50]);
    let mut view = Projection::open(&path).unwrap().projection;
    let wrong = [Event::Moved(protocol::event::Movement::Voided {
        hold: protocol::event::HoldId(u32::MAX),
    })];
    let applied: Vec<Applied<'_>> = log
        .entries
        .iter()
        .map(|(entry, events, bytes)| Applied {
            entry,
            events,
            bytes: *bytes,
        })
        .collect();
    for part in applied.chunks(9) {
        let mut broken = part.to_vec();
        broken.last_mut().unwrap().events = &wrong;
        let error = view.apply(&broken, &log.shelf).unwrap_err();
        assert_eq!(error.kind, view::error::Kind::Corrupt);
        let gap = view.apply(&part[1..], &log.shelf);
        assert!(part.len() == 1 || gap.is_err_and(|it| it.kind == view::error::Kind::Invalid));
        view.apply(part, &log.shelf).unwrap();
        view.apply(part, &log.shelf).unwrap();
    }
    assert_eq!(view.through(), log.state.size);
    assert_eq!(dump(&path), dump(&clean));
}

/// The committed log's last epoch with revenue passes on what uses of one asset have paid, with the
/// operator's fee in force.
#[test]
fn a_payment_is_split_as_the_epoch_does_it() {
    let log = log(false);
    let pays = |event: &Event| matches!(event, Event::RoyaltyPaid { .. });
    let mut entries = log.entries.iter().rev();
    let (_, events, _) = entries.find(|it| it.1.iter().any(pays)).unwrap();
    let mut paid: BTreeMap<(u32, String), u128> = BTreeMap::new();
    let (mut gross, mut used) = (0, None);
    for event in events {
        let Event::RoyaltyPaid {
            from, to, amount, ..
        } = event
        else {
            continue;
        };
        let earner = match to {
            RoyaltyTo::Operator(account) => Earner::Operator(*account),
            RoyaltyTo::Owner(account) => Earner::Owner(*account),
            RoyaltyTo::Pool => Earner::Contributors,
            RoyaltyTo::Floor(_) | RoyaltyTo::Flow(_) => continue,
        };
        if let Earner::Operator(_) = earner {
            used = Some(*from);
        }
        gross += amount.units();
        *paid.entry((from.0, format!("{earner:?}"))).or_default() += amount.units();
    }
    let used = used.expect("the operator was paid");
    let split = node::market::split(&log.state, used, Amount::new(gross).unwrap());
    let split = split.iter().map(|part| {
        let earner = format!("{:?}", part.earner);
        ((part.asset.0, earner), part.units)
    });
    assert_eq!(split.collect::<BTreeMap<_, _>>(), paid);
}
