//! A house on two chains, an asset and a deposit on each.

use crate::house::House;
use crate::twin::Twin;
use crate::world::{DAY_MS, PRICE, Person, START_MS, amount, asset};
use ledger::chain::FIRST;
use ledger::state::SETTLING_MS;
use node::beside::Beside;
use node::office::{Opener, Settling};
use node::{Keyring, Node, meter};
use proof::hash::sha256;
use protocol::command::GrantAllowance;
use protocol::usage::UsageRow;
use protocol::{AssetId, ChainIndex, Command, FundId, Scope, TokenId};
use sequencer::Offer;
use std::path::Path;
use std::sync::Arc;
use store::Place;

/// The number of the further chain.
pub const TWIN: u64 = 7_777;
const CHAINS: [ChainIndex; 2] = [FIRST, ChainIndex(1)];

/// Asset, deposit and allowance `n` are in the first token of chain `n`.
pub struct Two {
    pub house: House,
    pub twin: Arc<Twin>,
    /// Other chains whose clocks go along.
    pub late: Vec<Arc<Twin>>,
    pub developer: Person,
    pub user: Person,
    pub segments: [u32; 2],
}

pub fn house(dir: &Path, further: Vec<Settling>, opener: Option<Opener>) -> House {
    House::start_on(dir, Beside::default(), (further, opener))
}

impl Two {
    /// The first chain is the embedded one.
    pub fn new(dir: &Path) -> Self {
        let mut two = Self::begun(dir, None);
        let disclosed = two.developer.disclose();
        two.house.accepted(disclosed);
        two.house.give(&two.user, 1_000_000);
        two.serve();
        two
    }

    /// The first chain is another's, too.
    pub fn upon(dir: &Path, first: &Arc<Twin>) -> Self {
        let place = Place::directory(dir);
        let (keys, chain) = (Keyring::from_seed(b"business"), first.open(dir).unwrap());
        drop(Node::create_on(&place, keys, START_MS, chain).unwrap());
        let mut two = Self::begun(dir, Some(first.opener(dir)));
        two.late.push(Arc::clone(first));
        first.deposit(two.user.account, 1_000_000);
        two.serve();
        two
    }

    /// Both have joined, and the user has a deposit on the further chain.
    fn begun(dir: &Path, opener: Option<Opener>) -> Self {
        let twin = Twin::new(TWIN);
        let house = house(dir, vec![twin.open(dir).unwrap()], opener);
        let (space, first) = house.host.read(|state| {
            let first = state.site(FIRST).unwrap();
            (state.space, first.chain_id)
        });
        let person = |account, scope| Person::upon(first, space, account, scope);
        let mut two = Self {
            developer: person(1, Scope::PUBLISH.and(Scope::REQUEST)),
            user: person(2, Scope::SPEND),
            house,
            twin,
            late: Vec::new(),
            segments: [0; 2],
        };
        let (one, other) = (two.developer.join(), two.user.join());
        two.house.accepted(one);
        two.house.accepted(other);
        two.twin.deposit(two.user.account, 1_000_000);
        two
    }

    /// Deposits are credited; an asset and an allowance for it on each chain.
    fn serve(&mut self) {
        self.advance(1_000);
        for place in 0..2_u16 {
            let mut own = asset();
            own.terms.token = TokenId(place);
            let fund = self.fund(place.into());
            let offer = self.developer.sign(Command::RegisterAsset(own));
            self.house.accepted(offer);
            let grant = self.grant(place.into(), fund);
            self.house.accepted(grant);
        }
    }

    /// The deposit in the first token of a chain.
    pub fn fund(&self, place: usize) -> FundId {
        let found = |state: &ledger::State| state.fund_on(CHAINS[place], 1);
        self.house.host.read(found).unwrap()
    }

    pub fn grant(&mut self, place: u32, fund: FundId) -> Offer {
        let now_ms = self.house.host.now_ms();
        self.user.sign(Command::GrantAllowance(GrantAllowance {
            asset: AssetId(place),
            fund,
            cap_units: amount(50 * PRICE),
            expires_ms: now_ms + 60 * DAY_MS - SETTLING_MS,
        }))
    }

    /// The user calls the asset of a chain so often.
    pub fn calls(&mut self, place: usize, uses: u32) {
        let (number, time_ms) = (self.segments[place], self.house.host.now_ms());
        self.segments[place] += 1;
        let row = |count: u32| UsageRow {
            receipt: sha256(&[&[place as u8], &number.to_be_bytes(), &count.to_be_bytes()]),
            allowance: place as u32,
            purpose: 0,
            time_ms,
            amount_units: PRICE,
            input: [0; 32],
            output: [0; 32],
            tokens: None,
        };
        let rows = (0..uses).map(row).collect();
        let segment = meter::segment(AssetId(place as u32), number, rows);
        let segment = segment.unwrap().unwrap();
        let mut offer = self.developer.sign(Command::PostSegment(segment.command));
        offer.attachments = vec![segment.rows];
        self.house.accepted(offer);
    }

    pub fn advance(&mut self, milliseconds: u64) {
        let now_ms = self.house.host.now_ms() + milliseconds;
        let late = self.late.iter();
        late.chain([&self.twin])
            .for_each(|twin| twin.till(now_ms / 1_000));
        self.house.advance(milliseconds);
    }

    /// An epoch closes, and has the time to become final on both chains.
    pub fn epoch(&mut self) {
        self.advance(DAY_MS);
        for _ in 0..4 {
            self.advance(70_000);
        }
    }

    /// Chains that were away have the time to catch up; all is well then, and the node ends.
    pub fn catches_up(mut self, released: [u64; 2], payable: [u128; 2]) {
        for _ in 0..6 {
            self.advance(70_000);
        }
        assert_eq!((self.released(), self.payable()), (released, payable));
        assert_eq!(self.words(), "");
        self.house.stop();
    }

    /// What the developer can be paid on each chain, in calls.
    pub fn payable(&self) -> [u128; 2] {
        let due = self
            .house
            .host
            .read(|state| ledger::claims::due(state, |purse| purse.payable));
        let due = due.unwrap();
        [0, 1].map(|token| due[2 + token].units() / PRICE)
    }

    pub fn released(&self) -> [u64; 2] {
        self.house
            .host
            .read(|state| CHAINS.map(|chain| state.released_on(chain)))
    }

    pub fn closed(&self) -> usize {
        self.house.host.read(|state| state.epochs.len())
    }

    pub fn words(&self) -> String {
        let told = self.house.steward.chain_words();
        told.unwrap_or_default().to_string()
    }

    /// The node ends and starts again with these chains at hand.
    pub fn again(self, dir: &Path, further: Vec<Settling>, opener: Option<Opener>) -> Self {
        self.house.stop();
        let house = house(dir, further, opener);
        Self { house, ..self }
    }
}
