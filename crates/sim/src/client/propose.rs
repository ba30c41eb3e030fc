//! Which command comes next: one that suits the state, so that money keeps moving.
use ledger::{Offer, State, claims};
use proof::merkle;
use protocol::command::{
    CreditDeposit, DiscloseWallet, GrantAllowance, OpenAccount, PostSegment, UsageTotal,
};
use protocol::document::Parents;
use protocol::market::{AssetKind, ParentList, RegisterAsset};
use protocol::terms::{Demand, Terms};
use protocol::{
    AccountId, AllowanceId, Amount, AssetId, Command, EpochId, FundId, Hash, Ppm, TokenId,
    UsageRow, codec,
};

use super::Clients;
use super::people::{DEVELOPER, FAR_MS, OPERATOR, PAYERS, START_MS, WORKERS};
use crate::random::Random;

/// Accounts that a space has before anything else happens.
const FOUNDERS: usize = 8;
const USE_PRICE: u128 = 7;
/// No clock of a simulated log goes back further than this.
const DAY_MS: u64 = 86_400_000;

pub(super) fn amount(units: u128) -> Amount {
    Amount::new(units).expect("below the cap of a token")
}

pub(super) fn share(ppm: u32) -> Ppm {
    Ppm::new(ppm).expect("at most a million")
}

pub(super) fn terms() -> Terms {
    Terms {
        purposes: vec!["inference".to_owned(), "research".to_owned()],
        token: TokenId(0),
        price_units: amount(USE_PRICE),
        demand: Demand::Floor(share(50_000)),
        contributors_share: share(600_000),
        expires_ms: None,
    }
}

impl Clients {
    /// A command that nobody has sent before; `None` where chance picked one that does not suit.
    pub(super) fn propose(
        &mut self,
        state: &State,
        now_ms: u64,
        random: &mut Random,
    ) -> Option<Offer> {
        if state.genesis.is_none() {
            let genesis = Command::Genesis(self.people.genesis());
            return Some(self.sign_with(OPERATOR, None, genesis, None));
        }
        if state.accounts.len() < FOUNDERS {
            return self.join(state);
        }
        if state.funds.len() < FOUNDERS {
            return Some(self.deposit(state, random));
        }
        match random.weighted(&[6, 3, 8, 40, 18, 2, 18, 3, 2]) {
            0 => Some(self.deposit(state, random)),
            1 => self.join(state),
            2 => Some(self.register(state, random)),
            3 => self.grant(state, now_ms, random),
            4 => self.segment(state, now_ms, random),
            5 => self.disclose(state, random),
            6 => self.work(state, random),
            7 => self.close_epoch(state),
            _ => Some(self.overdraw(state)),
        }
    }

    fn join(&mut self, state: &State) -> Option<Offer> {
        let persons = self.people.persons.iter();
        let who = persons
            .skip(1)
            .position(|person| !state.keys.contains_key(&person.id()))?
            + 1;
        let person = &self.people.persons[who];
        let open = Command::OpenAccount(OpenAccount {
            scope: person.scope,
            expires_ms: FAR_MS,
        });
        let mut offer = self.sign_with(who, None, open, Some(person.commitment));
        offer.body = codec::encode(&self.people.persons[who].binding);
        Some(offer)
    }

    fn deposit(&mut self, state: &State, random: &mut Random) -> Offer {
        let fund = FundId(state.funds.len() as u64 + 1);
        // The first deposits go to those who need money, in turn.
        let account = match state.funds.len() {
            number if number < FOUNDERS => number,
            _ => random.below(FOUNDERS as u32) as usize,
        };
        let units = amount(u128::from(random.between(100_000, 900_000)));
        let credit = CreditDeposit {
            fund,
            account: AccountId(account as u32),
            token: TokenId(0),
            amount_units: units,
            epoch_cap_units: units,
            closes_ms: FAR_MS,
        };
        self.sign(state, OPERATOR, Command::CreditDeposit(credit))
    }

    fn register(&mut self, state: &State, random: &mut Random) -> Offer {
        self.serial += 1;
        let serial = self.serial.to_be_bytes();
        let known = state.assets.len() as u32;
        let parents: Vec<AssetId> = (known.saturating_sub(3)..known).map(AssetId).collect();
        let document = codec::encode(&Parents {
            assets: parents.clone(),
        });
        let attached = !parents.is_empty() && random.chance(500_000);
        let parents = match attached {
            true => ParentList::Attached(Hash(proof::hash::sha256(&[&document]))),
            false if random.chance(500_000) => ParentList::Inline(parents),
            false => ParentList::Inline(Vec::new()),
        };
        let asset = RegisterAsset {
            kind: AssetKind::Model,
            title: format!("model {}", self.serial),
            content: Hash(proof::hash::sha256(&[&serial])),
            terms: terms(),
            parents,
            listing: None,
        };
        let mut offer = self.sign(state, DEVELOPER, Command::RegisterAsset(asset));
        if attached {
            offer.attachments.push(document);
        }
        offer
    }

    fn grant(&mut self, state: &State, now_ms: u64, random: &mut Random) -> Option<Offer> {
        let asset = AssetId(random.below(u32::try_from(state.assets.len()).ok()?.max(1)));
        state.asset(asset)?;
        let who = random.pick(&PAYERS);
        let account = state.keys.get(&self.people.persons[who].id())?.account;
        let fund = state
            .funds
            .iter()
            .find(|fund| fund.account == account)?
            .fund;
        let grant = GrantAllowance {
            asset,
            fund,
            cap_units: amount(u128::from(random.between(1, 3_000))),
            expires_ms: now_ms.max(state.time_ms) + 3_600_000,
        };
        Some(self.sign(state, who, Command::GrantAllowance(grant)))
    }

    fn segment(&mut self, state: &State, now_ms: u64, random: &mut Random) -> Option<Offer> {
        let live = (0u32..).zip(&state.allowances).filter(|(_, allowance)| {
            let rest = state.book.hold(allowance.hold).rest.units();
            let time = now_ms.max(state.time_ms);
            !allowance.ended && allowance.expires_ms > time && rest >= 4 * USE_PRICE
        });
        let live: Vec<(u32, AssetId)> = live.map(|(id, allowance)| (id, allowance.asset)).collect();
        if live.is_empty() {
            return None;
        }
        let (allowance, id) = random.pick(&live);
        let asset = state.asset(id)?;
        let owner = state.account(asset.registered.owner)?;
        let who = (self.people.persons.iter()).position(|person| person.id() == owner.key)?;
        let uses = random.between(1, 4);
        let rows = self.rows(allowance, uses);
        let leaves: Vec<_> = rows
            .iter()
            .map(|row| merkle::leaf_hash(&row.bytes()))
            .collect();
        let file: Vec<u8> = rows.iter().flat_map(UsageRow::bytes).collect();
        let segment = PostSegment {
            asset: id,
            number: asset.segments,
            rows_root: Hash(merkle::root(&leaves)),
            rows: Hash(proof::hash::sha256(&[&file])),
            totals: vec![UsageTotal {
                allowance: AllowanceId(allowance),
                purpose: 0,
                uses,
                amount_units: amount(USE_PRICE * u128::from(uses)),
                input_tokens: None,
                output_tokens: None,
            }],
        };
        let mut offer = self.sign(state, who, Command::PostSegment(segment));
        offer.attachments.push(file);
        Some(offer)
    }

    fn rows(&mut self, allowance: u32, uses: u32) -> Vec<UsageRow> {
        let row = |_| {
            self.serial += 1;
            UsageRow {
                receipt: proof::hash::sha256(&[b"receipt", &self.serial.to_be_bytes()]),
                allowance,
                purpose: 0,
                time_ms: START_MS - DAY_MS,
                amount_units: USE_PRICE,
                input: [1; 32],
                output: [2; 32],
                tokens: None,
            }
        };
        let mut rows: Vec<UsageRow> = (0..uses).map(row).collect();
        rows.sort_unstable();
        rows
    }

    fn disclose(&mut self, state: &State, random: &mut Random) -> Option<Offer> {
        let who = random.pick(&WORKERS);
        let person = &self.people.persons[who];
        let account = state.keys.get(&person.id())?.account;
        if state.account(account)?.wallet.is_some() {
            return None;
        }
        let binding = person.binding.clone();
        let disclosure = DiscloseWallet {
            wallet: binding.wallet,
            delegation: binding.delegation,
            salt: binding.salt,
        };
        Some(self.sign(state, who, Command::DiscloseWallet(disclosure)))
    }

    fn close_epoch(&mut self, state: &State) -> Option<Offer> {
        let epoch = EpochId(state.epochs.len() as u64 + 1);
        let close = claims::closing(state, epoch).ok()?;
        Some(self.sign(state, OPERATOR, Command::CloseEpoch(close)))
    }

    /// What a rule must refuse: more than the deposit holds.
    fn overdraw(&mut self, state: &State) -> Offer {
        let grant = GrantAllowance {
            asset: AssetId(0),
            fund: FundId(PAYERS[0] as u64 + 1),
            cap_units: amount(u128::from(u64::MAX)),
            expires_ms: FAR_MS - 1,
        };
        self.sign(state, PAYERS[0], Command::GrantAllowance(grant))
    }
}
