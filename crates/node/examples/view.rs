//! Measures the view: `cargo run --release -p node --example view [ANSWERS] [PER_ENTRY]`.

use ledger::State;
use ledger::commitment::{self, AnswerPlace};
use proof::hash::sha256;
use protocol::campaign::{Consensus, Rule, Spec, Weighting};
use protocol::command::{
    CloseRound, CreditDeposit, Genesis, OpenAccount, OpenRound, PostScores, SealAnswers,
};
use protocol::document::{AnswerOpening, GoldOpening, Openings, Unit, Units};
use protocol::entry::{Entry, Signed, Submission};
use protocol::terms::{Demand, Terms};
use protocol::{
    AccountId, Address, Amount, CampaignId, Command, Event, FundId, Hash, Ppm, Scope, SessionKey,
    Signature, Space, TokenId, codec,
};
use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};
use view::projection::{Applied, Documents};
use view::question::UnitFilter;
use view::{Projection, Questions};

const SPACE: Space = Space([7; 16]);
const START_MS: u64 = 1_767_603_600_000;
const OVERLAP: u32 = 5;
const PEOPLE: u32 = 500;
/// Entries per transaction.
const BATCH: usize = 4_096;

#[derive(Default)]
struct Shelf(BTreeMap<Hash, Vec<u8>>);

impl ledger::Documents for Shelf {
    fn document(&self, hash: &Hash) -> Option<Vec<u8>> {
        self.0.get(hash).cloned()
    }
}

impl Documents for Shelf {
    fn document(&self, hash: &Hash) -> Option<Vec<u8>> {
        self.0.get(hash).cloned()
    }
}

/// A log in memory, whose signatures nobody checks.
struct World {
    state: State,
    shelf: Shelf,
    made: Vec<(Entry, Vec<Event>, usize)>,
    view: Projection,
    projecting: Duration,
    nonces: BTreeMap<Option<u32>, u64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1).map(|arg| arg.parse::<u32>());
    let answers = args.next().unwrap_or(Ok(1_000_000))?;
    let per_entry = args.next().unwrap_or(Ok(20))?;
    let dir = env::temp_dir().join(format!("headwater-view-{}", std::process::id()));
    std::fs::create_dir_all(&dir)?;
    let path = dir.join("view.sqlite");
    let mut world = World {
        state: State::new(SPACE),
        shelf: Shelf::default(),
        made: Vec::new(),
        view: Projection::open(&path)?.projection,
        projecting: Duration::ZERO,
        nonces: BTreeMap::new(),
    };
    world.open(answers / OVERLAP)?;
    world.project()?;
    let (before, began) = (world.state.size, world.projecting);
    let openings = world.seal(answers, per_entry)?;
    world.project()?;
    let (entries, spent) = (world.state.size - before, world.projecting - began);
    println!("sealed: {entries} entries of {per_entry} answers in {spent:.2?}");
    world.close(openings)?;
    let size = std::fs::metadata(&path)?.len();
    println!(
        "view: {size} bytes, {} per answer",
        size / u64::from(answers)
    );
    drop(world.view);
    let began = Instant::now();
    drop(Projection::open(&path)?);
    println!("opened and checked in {:.2?}", began.elapsed());
    ask(&path)?;
    std::fs::remove_dir_all(&dir)?;
    Ok(())
}

impl World {
    fn enter(&mut self, account: Option<u32>, command: Command) -> Result<(), Box<dyn Error>> {
        // Above those by which accounts were opened.
        let nonce = self.nonces.entry(account).or_insert(first_nonce(account));
        let key = account.unwrap_or(self.state.accounts.len() as u32);
        let submission = Submission {
            space: SPACE,
            account: account.map(AccountId),
            key: SessionKey(sha256(&[&key.to_be_bytes()])),
            nonce: *nonce,
            private: matches!(command, Command::OpenAccount(_)).then_some(Hash([1; 32])),
            command,
        };
        *nonce += 1;
        let entry = Entry {
            seq: self.state.size,
            time_ms: START_MS + self.state.size * 10,
            rule: 1,
            signed: Signed {
                submission,
                signature: Signature([0; 64]),
            },
        };
        let events = ledger::decide(&self.state, &entry, &self.shelf)
            .map_err(|rejection| format!("{:?}: {rejection}", entry.signed.submission.command))?;
        ledger::apply::apply(&mut self.state, &entry, &events);
        let bytes = codec::encode(&entry).len();
        self.made.push((entry, events, bytes));
        if self.made.len() == BATCH {
            self.project()?;
        }
        Ok(())
    }

    fn project(&mut self) -> Result<(), view::Error> {
        let made = std::mem::take(&mut self.made);
        let applied: Vec<Applied<'_>> = made
            .iter()
            .map(|(entry, events, bytes)| Applied {
                entry,
                events,
                bytes: *bytes,
            })
            .collect();
        let began = Instant::now();
        self.view.apply(&applied, &self.shelf)?;
        self.projecting += began.elapsed();
        Ok(())
    }

    fn timed(&mut self, what: &str) -> Result<(), view::Error> {
        let before = self.projecting;
        self.project()?;
        println!("{what}: {:.2?}", self.projecting - before);
        Ok(())
    }

    /// People, money, a campaign with texts as units, and its one round.
    fn open(&mut self, units: u32) -> Result<(), Box<dyn Error>> {
        let genesis = Genesis {
            chain_id: 1,
            settlement: Address([1; 20]),
            escrow: Address([2; 20]),
            tokens: vec![Address([3; 20])],
            log_key: proof::note::Signer::from_seed("bench", &[5; 32])?
                .verifier()
                .to_string(),
            state_every: 0,
        };
        self.enter(None, Command::Genesis(genesis))?;
        for _ in 0..=PEOPLE {
            let join = OpenAccount {
                scope: Scope::WORK.and(Scope::REQUEST),
                expires_ms: START_MS * 2,
            };
            self.enter(None, Command::OpenAccount(join))?;
        }
        let deposit = CreditDeposit {
            fund: FundId(1),
            account: AccountId(1),
            token: TokenId(0),
            amount_units: Amount::MAX,
            epoch_cap_units: Amount::MAX,
            closes_ms: START_MS * 2,
        };
        self.enter(Some(0), Command::CreditDeposit(deposit))?;
        let spec = spec(units, self.keep(&units_of(units)));
        self.enter(Some(1), Command::OpenCampaign(spec))?;
        self.timed("campaign opened")?;
        let round = OpenRound {
            campaign: CampaignId(0),
            first_unit: 0,
            unit_count: units,
            gold_root: commitment::gold_root(SPACE, CampaignId(0), 0, &gold(units)),
        };
        self.enter(Some(0), Command::OpenRound(round))
    }

    fn keep<T: minicbor::Encode<()>>(&mut self, document: &T) -> Hash {
        let bytes = codec::encode(document);
        let hash = Hash(sha256(&[&bytes]));
        self.shelf.0.insert(hash, bytes);
        hash
    }

    fn seal(&mut self, answers: u32, per_entry: u32) -> Result<Openings, Box<dyn Error>> {
        let units = answers / OVERLAP;
        let mut openings = Vec::new();
        for first in (0..answers).step_by(per_entry as usize) {
            let account = 2 + first / per_entry % PEOPLE;
            let nonce = self.nonces.get(&Some(account)).copied();
            let nonce = nonce.unwrap_or(first_nonce(Some(account)));
            let mut commitments = Vec::new();
            for (field, number) in (0_u16..).zip(first..(first + per_entry).min(answers)) {
                let unit = number % units;
                let noise = sha256(&[&number.to_be_bytes()]);
                let wrong = u16::from(noise[0] < 50) * (1 + u16::from(noise[1] % 2));
                let opening = AnswerOpening {
                    unit,
                    label: ((unit % 3) as u16 + wrong) % 3,
                    salt: Hash(noise),
                    text: None,
                };
                let place = AnswerPlace {
                    space: SPACE,
                    account: AccountId(account),
                    nonce,
                    field,
                };
                commitments.push(commitment::answer(place, &opening));
                openings.push(Some(opening));
            }
            let seal = SealAnswers {
                campaign: CampaignId(0),
                commitments,
            };
            self.enter(Some(account), Command::SealAnswers(seal))?;
        }
        Ok(Openings {
            answers: openings,
            gold: gold(units),
        })
    }

    fn close(&mut self, openings: Openings) -> Result<(), Box<dyn Error>> {
        let openings = self.keep(&openings);
        let campaign = CampaignId(0);
        self.enter(
            Some(0),
            Command::CloseRound(CloseRound { campaign, openings }),
        )?;
        self.timed("round closed")?;
        let work = &self.state.campaigns[0];
        let input = ledger::score::input_root(SPACE, campaign, work);
        let scores = ledger::score(work, true)?;
        let post = PostScores {
            campaign,
            algorithm: ledger::score::ALGORITHM.to_owned(),
            input,
            scores: self.keep(&scores),
            closing: true,
        };
        self.enter(Some(0), Command::PostScores(post))?;
        self.timed("scores posted")?;
        self.enter(Some(1), Command::CloseCampaign(campaign))?;
        Ok(self.timed("campaign closed")?)
    }
}

fn first_nonce(account: Option<u32>) -> u64 {
    account.map_or(0, |_| 2 * u64::from(PEOPLE))
}

fn units_of(count: u32) -> Units {
    let words = [
        "river", "bank", "money", "water", "flood", "loan", "stone", "credit",
    ];
    let row = |unit: u32| {
        let text =
            (0..12).map(|place| words[sha256(&[&[place], &unit.to_be_bytes()])[0] as usize % 8]);
        Unit {
            name: format!("unit-{unit}"),
            text: Some(text.collect::<Vec<_>>().join(" ")),
        }
    };
    Units {
        rows: (0..count).map(row).collect(),
        brief: None,
    }
}

fn gold(units: u32) -> Vec<GoldOpening> {
    let none = GoldOpening {
        label: None,
        salt: Hash([0; 32]),
    };
    vec![none; units as usize]
}

fn spec(unit_count: u32, units: Hash) -> Spec {
    Spec {
        title: "a large campaign".to_owned(),
        skill: "reading".to_owned(),
        classes: ["a", "b", "c"].map(str::to_owned).to_vec(),
        units,
        unit_count,
        fund: FundId(1),
        budget_units: Amount::MAX,
        price_units: Amount::new(10_000).unwrap_or_default(),
        overlap: 100,
        repeats: true,
        rule: Rule {
            consensus: Consensus::Majority,
            gold_share: Ppm::ZERO,
            block_length: 20,
            beta: Ppm::new(50_000).unwrap_or_default(),
            reference_accuracy: Ppm::new(900_000).unwrap_or_default(),
            judgements: 4,
        },
        appeal_ms: 0,
        terms: Terms {
            purposes: vec!["research".to_owned()],
            token: TokenId(0),
            price_units: Amount::ZERO,
            demand: Demand::Floor(Ppm::ZERO),
            contributors_share: Ppm::ONE,
            expires_ms: None,
        },
        weighting: Weighting::AcceptedAnswers,
        method: None,
        bonus: None,
    }
}

/// The middle one of 21 times.
fn time(what: &str, mut question: impl FnMut() -> usize) {
    let mut times = Vec::new();
    let mut rows = 0;
    for _ in 0..21 {
        let began = Instant::now();
        rows = question();
        times.push(began.elapsed());
    }
    times.sort_unstable();
    println!(
        "{what}: {:.2?} for {rows} rows, slowest {:.2?}",
        times[10], times[20]
    );
}

fn ask(path: &Path) -> Result<(), view::Error> {
    let view = Questions::open(path)?;
    let count = |rows: Result<usize, view::Error>| rows.unwrap_or(usize::MAX);
    let units = |filter: UnitFilter, after| {
        view.units(0, &filter, after, 50)
            .map(|page| page.rows.len())
    };
    time("campaigns", || {
        count(
            view.campaigns(&Default::default(), None, 50)
                .map(|p| p.rows.len()),
        )
    });
    time("dashboard", || {
        count(view.dashboard(0).map(|found| found.iter().len()))
    });
    time("contributors", || {
        count(view.contributors(0, None, 50).map(|p| p.rows.len()))
    });
    time("units, first page", || count(units(UnitFilter::All, None)));
    time("units, page in the middle", || {
        count(units(UnitFilter::All, Some(100_000)))
    });
    time("units unlabelled", || {
        count(units(UnitFilter::Unlabelled, None))
    });
    time("units below 70 %", || {
        count(units(UnitFilter::Below(700_000), None))
    });
    let words = || UnitFilter::Matching("flood loan stone cre".to_owned());
    time("units by words", || count(units(words(), None)));
    time("disputed first", || {
        count(view.disputed(0, None, 50).map(|p| p.rows.len()))
    });
    let deep = Some((400_000, 100_000));
    time("disputed, deep", || {
        count(view.disputed(0, deep, 50).map(|p| p.rows.len()))
    });
    time("entries of an account", || {
        count(view.entries(7, None, 50).map(|p| p.rows.len()))
    });
    time("work of an account", || {
        count(view.work(7, None, 50).map(|p| p.rows.len()))
    });
    time("statement, newest", || {
        count(view.statement(7, None, 50).map(|p| p.rows.len()))
    });
    time("balances", || {
        count(view.balances(7).map(|rows| rows.len()))
    });
    time("totals", || count(view.totals().map(|rows| rows.len())));
    Ok(())
}
