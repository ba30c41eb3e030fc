//! Which command comes next: one that suits the state, so that money keeps moving.
use std::collections::BTreeMap;

use ledger::{Offer, State, claims};
use proof::merkle;
use protocol::command::{DiscloseWallet, GrantAllowance, OpenAccount, PostSegment, UsageTotal};
use protocol::document::Parents;
use protocol::market::{AssetKind, ParentList, RegisterAsset};
use protocol::terms::{Demand, Terms};
use protocol::{
    AccountId, AllowanceId, Amount, AssetId, Command, EpochId, FundId, Hash, Ppm, TokenId,
    UsageRow, codec,
};

use super::Clients;
use super::people::{DAY_MS, DEVELOPER, FAR_MS, OPERATOR, PAYERS, START_MS, WORKERS};
use crate::random::Random;

/// Accounts that a space has before anything else happens.
pub(super) const FOUNDERS: usize = 8;
pub(super) const USE_PRICE: u128 = 7;
/// What a row that belongs to no call says that was asked.
const NO_CALL: [u8; 32] = [1; 32];

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
            let genesis = Command::Genesis(self.people.genesis(self.tokens));
            return Some(self.sign_with(OPERATOR, None, genesis, None));
        }
        if state.accounts.len() < FOUNDERS {
            return self.join(state);
        }
        if state.funds.len() < FOUNDERS {
            return Some(self.deposit(state, random));
        }
        match random.weighted(&[8, 3, 8, 24, 9, 8, 36, 5, 2, 7, 2, 7, 3, 9, 14, 9]) {
            0 => Some(self.deposit(state, random)),
            1 => self.join(state),
            2 => Some(self.register(state, random)),
            3 => self.grant(state, now_ms, random),
            4 => self.segment(state, now_ms, random),
            5 => self.disclose(state, random),
            6 => self.work(state, random),
            7 => match self.prove_debits(state) {
                Some(offer) => Some(offer),
                None => self.close_epoch(state),
            },
            8 => Some(self.overdraw(state)),
            9 => Some(self.release(state, random)),
            10 => Some(self.join_chain(state, random)),
            11 => Some(self.note_stake(state, random)),
            12 => self.open_votes(state, random),
            13 => self.serve(state, random),
            14 => self.meter(state, now_ms, random),
            _ => self.credit(state, now_ms, random),
        }
    }

    /// The account of a person, who may not have joined.
    pub(super) fn account(&self, state: &State, who: usize) -> Option<AccountId> {
        let key = state.key(&self.people.persons[who].id())?;
        Some(key.account)
    }

    pub(super) fn person(&self, state: &State, account: AccountId) -> Option<usize> {
        let key = state.account(account)?.key;
        let mut persons = self.people.persons.iter();
        persons.position(|person| person.id() == key)
    }

    fn join(&mut self, state: &State) -> Option<Offer> {
        let persons = self.people.persons.iter();
        let who = persons
            .skip(1)
            .position(|person| state.key(&person.id()).is_none())?
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
        let token = match random.chance(650_000) {
            true => TokenId(0),
            false => TokenId(random.below(state.token_count() as u32) as u16),
        };
        let asset = RegisterAsset {
            kind: AssetKind::Model,
            title: format!("model {}", self.serial),
            content: Hash(proof::hash::sha256(&[&serial])),
            terms: Terms { token, ..terms() },
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
        let composed = &state.sections.compositions.assets;
        let composed: Vec<AssetId> = composed.keys().copied().collect();
        let asset = match !composed.is_empty() && random.chance(400_000) {
            true => random.pick(&composed),
            false => asset,
        };
        let token = state.asset(asset)?.registered.terms.token;
        let who = random.pick(&PAYERS);
        let account = self.account(state, who)?;
        let mut own = state.funds.iter().filter(|fund| fund.account == account);
        let fits = own.clone().find(|fund| fund.token == token);
        let fund = fits.or_else(|| own.next())?.fund;
        let grant = GrantAllowance {
            asset,
            fund,
            cap_units: amount(u128::from(random.between(1, 3_000))),
            expires_ms: now_ms.max(state.time_ms) + 3_600_000,
        };
        Some(self.sign(state, who, Command::GrantAllowance(grant)))
    }

    /// Allowances that pay for some uses, of assets that the gateway serves or that it does not.
    pub(super) fn live(
        &self,
        state: &State,
        now_ms: u64,
        served: bool,
    ) -> Vec<(AllowanceId, AssetId)> {
        let time_ms = now_ms.max(state.time_ms);
        let live = (0u32..).zip(&state.allowances).filter(|(_, allowance)| {
            let rest = state.book.hold(allowance.hold).rest.units();
            !allowance.ended
                && allowance.expires_ms > time_ms
                && rest >= 4 * USE_PRICE
                && state.serves(allowance.asset) == served
        });
        live.map(|(id, allowance)| (AllowanceId(id), allowance.asset))
            .collect()
    }

    /// An owner posts uses of an asset that the gateway does not serve.
    fn segment(&mut self, state: &State, now_ms: u64, random: &mut Random) -> Option<Offer> {
        let live = self.live(state, now_ms, false);
        let (allowance, asset) = (!live.is_empty()).then(|| random.pick(&live))?;
        let owner = state.asset(asset)?.registered.owner;
        let who = self.person(state, owner)?;
        let uses = random.between(1, 4);
        let rows = (0..uses).map(|_| self.row(allowance, NO_CALL)).collect();
        self.segment_of(state, (who, asset), rows)
    }

    /// The segment of an asset that some rows make.
    pub(super) fn segment_of(
        &mut self,
        state: &State,
        (who, id): (usize, AssetId),
        mut rows: Vec<UsageRow>,
    ) -> Option<Offer> {
        rows.sort_unstable();
        let leaves: Vec<_> = rows
            .iter()
            .map(|row| merkle::leaf_hash(&row.bytes()))
            .collect();
        let file: Vec<u8> = rows.iter().flat_map(UsageRow::bytes).collect();
        let segment = PostSegment {
            asset: id,
            number: state.asset(id)?.segments,
            rows_root: Hash(merkle::root(&leaves)),
            rows: Hash(proof::hash::sha256(&[&file])),
            totals: totals(&rows),
        };
        let mut offer = self.sign(state, who, Command::PostSegment(segment));
        offer.attachments.push(file);
        Some(offer)
    }

    /// One use; where a real row has the digest of what was asked, its call.
    pub(super) fn row(&mut self, allowance: AllowanceId, call: [u8; 32]) -> UsageRow {
        self.serial += 1;
        UsageRow {
            receipt: proof::hash::sha256(&[b"receipt", &self.serial.to_be_bytes()]),
            allowance: allowance.0,
            purpose: 0,
            time_ms: START_MS - DAY_MS,
            amount_units: USE_PRICE,
            input: call,
            output: [2; 32],
            tokens: None,
        }
    }

    fn disclose(&mut self, state: &State, random: &mut Random) -> Option<Offer> {
        // Workers first: what they have staked counts from then on.
        let silent = |who: &usize| {
            let account = self.account(state, *who).and_then(|it| state.account(it));
            account.is_some_and(|account| account.wallet.is_none())
        };
        let first = WORKERS.into_iter().find(silent);
        let any = random.between(1, self.people.persons.len() as u32 - 1) as usize;
        let who = first.filter(|_| random.chance(700_000)).unwrap_or(any);
        let person = &self.people.persons[who];
        let account = self.account(state, who)?;
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

/// Uses and money by allowance, ascending.
fn totals(rows: &[UsageRow]) -> Vec<UsageTotal> {
    let mut sums: BTreeMap<u32, u32> = BTreeMap::new();
    for row in rows {
        *sums.entry(row.allowance).or_default() += 1;
    }
    let total = |(allowance, uses): (u32, u32)| UsageTotal {
        allowance: AllowanceId(allowance),
        purpose: 0,
        uses,
        amount_units: amount(USE_PRICE * u128::from(uses)),
        input_tokens: None,
        output_tokens: None,
    };
    sums.into_iter().map(total).collect()
}
