//! Golden replay: a committed log gives the same state roots on every release, in every profile.
//!
//! `vectors/replay/`: `entries`, each behind its length in 2 bytes (as in C2SP entry bundles);
//! `documents`, each behind its length in 4 bytes; `roots.json`, the root after every 8 entries.

use crate::script::play;
use crate::world::{SPACE, Shelf, World, step};
use ledger::State;
use ledger::snapshot::LAYOUTS;
use protocol::{Command, Entry, codec};
use serde_json::{Map, Value, json};
use std::fs;
use std::path::Path;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/replay");
/// Entries from one kept root to the next: the interval of the log's own roots.
const EVERY: usize = 8;
/// Where the log ended in an earlier release: that root stays, too.
const ENDED: usize = 354;

/// People, money, and two campaigns that are worked on, judged and closed.
const STORY: &str = "
    join ann bob cid dee req dev user
    disclose ann
    disclose dev
    deposit req 20000
    deposit ann 300
    deposit bob 900
    deposit cid 300 token=1
    deposit user 50000
    deposit user 9000 token=1 cap=5000
    campaign req fund=1 units=60 budget=6000
    round 0 gold=8
    seal ann 0
    seal bob 0
    seal bob 0 to=5
    open 0
    score 0
    round 0 units=40 gold=4
    seal ann 0 from=20 to=40
    seal bob 0 from=20 to=60 always=1
    open 0 bob
    score 0 closing
    finish req 0
    campaign req fund=1 units=20 price=3 gold=0
    round 1
    seal dee 1
    seal ann 1 to=7
    open 1
    score 1 closing
    finish operator 1
    wait 5000
    return 0
    return 1
    asset dev parent:0 floor=50000
    asset dev parent:1 parent:2 flow=100000 price=4
    allow user 2 fund=5 cap=20000
    allow user 3 fund=5 cap=4000 for=50
    allow user 0 fund=5 cap=900
    use dev 2 times=30
    use dev 3 allowance=1 times=11
    use req 0 allowance=2 times=100
    epoch
    release 1
    root 8
";

/// The log's own keeping, from its middle on.
const KEEPING: &str = "
    logkey 1
    witnesses abc quorum=2
    seen a=1008 b=1007 c=1009
    key phone ann
    key tab phone
    revoke ann phone
    walletkey spare ann
    revoke spare ann
    operator next
    erase 12
    forget 0 0
    witnesses bcd quorum=1
    seen d=1300
    root 56
";

/// Campaigns with a method: evidence that carries over, a slash, an appeal, facts of a round.
const JUDGED: &str = "
    join joe eve fay gus hal
    deposit req 20000
    deposit eve 900
    deposit fay 900
    deposit gus 900
    deposit hal 900
    campaign req fund=19 judged overlap=4 budget=6000 panel:joe slash=750000 trusts:req \
        units=60 stake=30 target=900000 prefix=1
    round 14 units=60 gold=50
    seal eve 14 to=60
    seal fay 14 to=60
    seal hal 14 to=60
    seal gus 14 to=50 always=1
    sure 14 from=55 to=60
    pause 14 gus
    open 14
    score 14 closing
    appeal gus 14 0
    appeal gus 14 1
    verdict joe 14 gus 0 denied
    verdict joe 14 gus 1 upheld
    finish req 14
    campaign req fund=19 judged budget=2000 trusts:req units=20 prefix=2
    round 15 gold=4
    seal eve 15
    open 15
    score 15 closing
    finish req 15
    wait 9000
    return 14
    return 15
    epoch
    root 288
";

/// A few hundred entries with everything in them.
pub fn story() -> String {
    let mut story = format!("{STORY}\n{KEEPING}");
    for day in 1..=12 {
        story += "\n deposit user 1000\n campaign req fund=1 budget=90 price=1 gold=0";
        for _ in 0..12 {
            story += &format!("\n use dev 2 times={day}\n wait 1000");
        }
        story += &format!("\n epoch\n release {}\n refund {} 10", day + 1, day + 5);
    }
    story + "\n logkey 2\n root 256" + JUDGED + crate::later::STORY
}

#[test]
fn a_committed_log_gives_the_same_roots() {
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        write();
    }
    let (entries, shelf, kept) = read();
    let found = roots(&entries, &shelf);
    assert_eq!(kept["entries"], entries.len(), "a whole fixture");
    assert_eq!(
        kept["roots"], found["roots"],
        "the state of a committed log differs. If its bytes are meant to change, its layout needs \
         another name than `{LAYOUTS:?}`, and old logs the old one; if they are not, a rule has \
         changed under logs that exist"
    );
    assert_eq!(kept["layouts"], json!(LAYOUTS));
}

#[test]
fn signatures_hold_on_one_thread_and_on_two() {
    let (entries, ..) = read();
    for threads in [1, 2] {
        let checked: usize = std::thread::scope(|scope| {
            let parts = entries.chunks(entries.len().div_ceil(threads));
            let parts: Vec<_> = parts
                .map(|part| scope.spawn(move || signed(part)))
                .collect();
            parts.into_iter().map(|part| part.join().unwrap()).sum()
        });
        assert_eq!(checked, entries.len(), "{threads}");
    }
}

#[test]
fn the_committed_log_has_every_command_and_fills_every_table() {
    let (entries, shelf, _) = read();
    let kind = |entry: &Vec<u8>| {
        let entry: Entry = codec::decode(entry).unwrap();
        crate::vectors::kind(&entry.signed.submission.command)
    };
    let mut kinds: Vec<u8> = entries.iter().map(kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let later = [
        30, 31, 32, 33, 34, 36, 37, 38, 40, 41, 48, 49, 51, 52, 53, 54, 55,
    ];
    assert_eq!(kinds, (0..=28).chain(later).collect::<Vec<_>>());
    let state = replayed(&entries, &shelf);
    let tables = [
        state.accounts.len(),
        state.accounts.keys().len(),
        state.book.purses().len(),
        state.book.holds().len(),
        state.book.debits().len() + state.epochs.iter().map(|e| e.debits.len()).sum::<usize>(),
        state.book.flows().len(),
        state.funds.len(),
        state.deposits.len(),
        state.campaigns.len(),
        state.assets.len(),
        state.allowances.len(),
        state.epochs.iter().map(|epoch| epoch.totals.len()).sum(),
        state.skills.len(),
        state.added.len(),
        state.log_keys.len(),
        state.erased.len(),
        state.posted_root.iter().len(),
        state.witnessed.iter().len(),
        state.assets.iter().map(|asset| asset.received.len()).sum(),
        state
            .assets
            .iter()
            .map(|asset| asset.registered.floors.len())
            .sum(),
        state
            .campaigns
            .iter()
            .map(|campaign| campaign.gold.len())
            .sum(),
        state
            .campaigns
            .iter()
            .map(|campaign| campaign.contributors.len())
            .sum(),
    ];
    assert!(
        !tables.contains(&0),
        "an empty table hides how its rows are written: {tables:?}"
    );
}

#[test]
fn the_committed_log_fills_what_stands_behind_the_first_layout() {
    let (entries, shelf, _) = read();
    let state = replayed(&entries, &shelf);
    let conducts = || state.campaigns.iter().map(|campaign| &campaign.conduct);
    let lines = &state.sections.lines;
    let chains = || state.sections.chains.further().iter();
    let tables = [
        state.practice.evidence.len(),
        state.practice.retired.len(),
        conducts().map(|it| it.prior.len()).sum(),
        conducts().map(|it| it.stakes.len()).sum(),
        conducts().map(|it| it.fees.len()).sum(),
        conducts().map(|it| it.closed.len()).sum(),
        conducts().map(|it| it.paused.len()).sum(),
        conducts().map(|it| it.review.slashed.len()).sum(),
        conducts().map(|it| it.appeals.len()).sum(),
        lines.pools.iter().map(|pool| pool.given.len()).sum(),
        lines.stakes.wallets.len(),
        lines.stakes.locks.len(),
        chains().map(|it| it.funds.len()).sum(),
        chains().filter(|it| it.released > it.since).count(),
        usize::from(
            !state
                .sections
                .debits
                .charged(protocol::FundId(26))
                .is_zero(),
        ),
    ];
    assert!(!tables.contains(&0), "an empty table: {tables:?}");
}

#[test]
fn posted_roots_are_those_of_the_replay() {
    let (entries, shelf, kept) = read();
    let mut posted = 0;
    for bytes in &entries {
        let entry: Entry = codec::decode(bytes).unwrap();
        if let Command::PostStateRoot(post) = entry.signed.submission.command {
            assert_eq!(kept["roots"][post.size.to_string()], post.root.to_string());
            posted += 1;
        }
    }
    assert_eq!(posted, 5);
    assert_eq!(replayed(&entries, &shelf).posted_root.unwrap().size, 344);
}

fn signed(entries: &[Vec<u8>]) -> usize {
    let good = |bytes: &&Vec<u8>| {
        let entry: Entry = codec::decode(bytes).unwrap();
        ledger::verify::verify_signed(&entry.signed).is_ok()
    };
    entries.iter().filter(good).count()
}

fn replayed(entries: &[Vec<u8>], shelf: &Shelf) -> State {
    let mut state = State::new(SPACE);
    for bytes in entries {
        step(&mut state, bytes, shelf);
    }
    state
}

fn roots(entries: &[Vec<u8>], shelf: &Shelf) -> Value {
    let mut state = State::new(SPACE);
    let mut roots = Map::new();
    for (seq, bytes) in (1..).zip(entries) {
        step(&mut state, bytes, shelf);
        if usize::is_multiple_of(seq, EVERY) || [ENDED, entries.len()].contains(&seq) {
            roots.insert(seq.to_string(), state.root().to_string().into());
        }
    }
    json!({
        "made_with": "crates/ledger/tests/it/golden.rs, UPDATE_VECTORS=1",
        "layouts": LAYOUTS,
        "entries": entries.len(),
        "roots": roots,
    })
}

/// Plays the story and keeps its log. A layout that is committed keeps its name only while it gives
/// the roots that are committed with it; to begin anew, delete the folder first.
fn write() {
    if Path::new(FOLDER).exists() {
        let (entries, shelf, kept) = read();
        let same = roots(&entries, &shelf)["roots"] == kept["roots"];
        assert!(same, "give the layout another name");
    }
    let (world, shown) = play(&story());
    let refused: Vec<&str> = shown.lines().filter(|line| line.contains("->")).collect();
    assert!(
        refused.is_empty(),
        "the story keeps the rules: {refused:#?}"
    );
    let World { entries, shelf, .. } = &world;
    fs::create_dir_all(FOLDER).unwrap();
    let text = serde_json::to_string_pretty(&roots(entries, shelf)).unwrap() + "\n";
    fs::write(file("roots.json"), text).unwrap();
    fs::write(file("entries"), framed(entries.iter(), 2)).unwrap();
    fs::write(file("documents"), framed(shelf.0.values(), 4)).unwrap();
}

fn read() -> (Vec<Vec<u8>>, Shelf, Value) {
    let bytes = |name| fs::read(file(name)).unwrap();
    let mut shelf = Shelf::default();
    for document in unframed(&bytes("documents"), 4) {
        shelf.put(document);
    }
    let kept = serde_json::from_slice(&bytes("roots.json")).unwrap();
    (unframed(&bytes("entries"), 2), shelf, kept)
}

fn file(name: &str) -> std::path::PathBuf {
    Path::new(FOLDER).join(name)
}

/// Each behind its length in so many bytes, big end first.
fn framed<'a>(parts: impl Iterator<Item = &'a Vec<u8>>, width: usize) -> Vec<u8> {
    let frame = |part: &'a Vec<u8>| {
        let length = part.len().to_be_bytes();
        [&length[length.len() - width..], part].concat()
    };
    parts.flat_map(frame).collect()
}

fn unframed(mut bytes: &[u8], width: usize) -> Vec<Vec<u8>> {
    let mut parts = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_at(width);
        let length = length
            .iter()
            .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        let (part, rest) = rest.split_at(length);
        parts.push(part.to_vec());
        bytes = rest;
    }
    parts
}
