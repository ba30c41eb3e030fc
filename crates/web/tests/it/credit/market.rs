//! A node with a model in service, a payer with credit, and a clock that the test moves.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use chain::Wallet;
use gateway::{Asked, Gateway, Reply};
use node::hosted::Hosted;
use node::office::{Office, Settling};
use node::service::{GatewayParts, Labels, Poster, StewardCashier};
use node::steward::{Pace, Steward};
use node::workplace::{Rules, Workplace};
use node::{Clock, Host, Keyring, Node, Running};
use proof::voucher::{EscrowDomain, SpendKey, Voucher};
use protocol::event::PurseOwner;
use protocol::market::{AssetKind, ParentList, RegisterAsset};
use protocol::service::ServeAsset;
use protocol::terms::{Demand, Terms};
use protocol::{AccountId, Amount, AssetId, Command, Hash, Ppm, TokenId, codec};
use serde_json::json;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::Place;
use view::plan::Plans;

use crate::person::Person;
use crate::served::START_MS;

pub const PRICE: u128 = 2_000;
pub const DAY_MS: u64 = 24 * 3_600_000;
/// The file of a built-in model, which needs no weights.
const MODEL: &[u8] = b"headwater embedding 1\n";
/// What the payer has put into the Escrow.
pub const CREDIT: u128 = 200 * PRICE;
const OWNER: AccountId = AccountId(1);

#[derive(Debug)]
pub struct Moved(AtomicU64);

impl Clock for Moved {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

pub fn payer() -> Wallet {
    Wallet::new(&[9; 32]).unwrap()
}

pub fn agent() -> Wallet {
    Wallet::new(&[10; 32]).unwrap()
}

/// A node that runs, whose clock and steward the test moves.
pub struct Market {
    pub clock: Arc<Moved>,
    pub host: Host,
    running: Running,
    workplace: Workplace,
    pub steward: Steward,
    poster: Poster,
    gateway: Arc<Gateway>,
    runtime: tokio::runtime::Runtime,
    domain: EscrowDomain,
    token: [u8; 20],
}

/// The chain of a node that does not run.
pub fn with_chain<T>(dir: &Path, act: impl FnOnce(&mut Settling) -> T) -> T {
    let (_, mut chain, _) = Node::open(dir).unwrap().node.into_parts();
    act(&mut chain)
}

impl Market {
    /// A model in service, and a payer with credit.
    pub fn begin(dir: &Path) -> Self {
        Node::create_with(
            &Place::directory(dir),
            Keyring::from_seed(b"credit"),
            START_MS,
            10,
        )
        .unwrap();
        with_chain(dir, |chain| {
            let (own, token) = (payer(), chain.deployment.token());
            chain.mint(&own, token, own.address(), CREDIT).unwrap();
            chain.approve(&own, token, CREDIT).unwrap();
            chain.add_credit(&own, token, CREDIT).unwrap();
        });
        let mut market = Self::open(dir);
        let space = market.host.read(|state| state.space);
        let owner = Person::trader(space, "owner");
        let register = RegisterAsset {
            kind: AssetKind::Model,
            title: "points".to_owned(),
            content: Hash(proof::hash::sha256(&[MODEL])),
            terms: Terms {
                purposes: vec!["research".to_owned()],
                token: TokenId(0),
                price_units: Amount::new(PRICE).unwrap(),
                demand: Demand::Floor(Ppm::ZERO),
                contributors_share: Ppm::ZERO,
                expires_ms: None,
            },
            parents: ParentList::Inline(Vec::new()),
            listing: None,
        };
        let serve = ServeAsset {
            asset: AssetId(0),
            tokens: None,
        };
        market.enter(owner.join());
        let mut registered = owner.asks(OWNER.0, 1, Command::RegisterAsset(register));
        registered.attachments = Some(vec![MODEL.to_vec().into()]);
        market.enter(registered);
        market.enter(owner.asks(OWNER.0, 2, Command::ServeAsset(serve)));
        market.enter(owner.disclose(OWNER.0, 3));
        market.turn(1_000);
        market
    }

    pub fn open(dir: &Path) -> Self {
        let place = Place::directory(dir);
        let node = Node::open(dir).unwrap().node;
        let clock = Arc::new(Moved(AtomicU64::new(node.now_ms())));
        let (log, chain, desks) = node.into_parts();
        let (domain, token) = (chain.escrow_domain(), chain.deployment.token());
        let size = log.state().size;
        let parts = node::host::Parts {
            settings: node::Settings {
                publish_every_ms: u64::MAX,
                ..node::Settings::default()
            },
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            witnesses: Vec::new(),
        };
        let running = Host::start(log, parts).unwrap();
        let host = running.host.clone();
        let hosted = Hosted::open(host.clone(), &place, size).unwrap();
        let office = Office::new(hosted, chain, desks);
        let beside = (dir, place.files());
        let workplace =
            Workplace::open(host.clone(), beside, Rules::default(), Vec::new()).unwrap();
        let plans = Arc::new(Mutex::new(Plans::open(&dir.join("plans.sqlite")).unwrap()));
        let pace = Pace {
            epoch_ms: DAY_MS,
            ..Pace::default()
        };
        let labels: Labels = Arc::new(|_| Err("there are no label sets".to_owned()));
        let (mut steward, asks) = Steward::new(office, workplace.clone(), plans, pace);
        let GatewayParts {
            till,
            books,
            keys,
            poster,
        } = GatewayParts::open(&host, (&place, labels), 60_000).unwrap();
        steward.redeem_for(Arc::clone(&till));
        let known = keys as Arc<dyn gateway::Keys>;
        let config = gateway::Config::default();
        let gateway = Gateway::new((books, known), till, config, &|_| None);
        let cashier = StewardCashier::open(&host, dir, asks).unwrap();
        gateway.take_payments(Arc::new(cashier), "http://node.example".to_owned());
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        Self {
            clock,
            host,
            running,
            workplace,
            steward,
            poster,
            gateway,
            runtime: runtime.worker_threads(2).enable_all().build().unwrap(),
            domain,
            token,
        }
    }

    pub fn stop(self) {
        self.workplace.stop();
        self.host.stop();
        self.running.wait().unwrap();
    }

    fn enter(&self, sent: web::wire::Sent) {
        let signed: protocol::Signed = codec::decode(&sent.signed).unwrap();
        let mut offer: sequencer::Offer = signed.into();
        offer.body = sent.body.map(Into::into).unwrap_or_default();
        let attached = sent.attachments.unwrap_or_default();
        offer.attachments = attached.into_iter().map(Into::into).collect();
        let answers = self.host.submit(vec![offer]).unwrap();
        match answers.wait(Duration::MAX).unwrap().unwrap().remove(0) {
            node::Answer::Accepted(accepted) => {
                assert!(self.host.wait_for(accepted.index, Duration::MAX));
            }
            node::Answer::Refused(refused) => panic!("{}", refused.rejection),
        }
    }

    /// Lets time pass, and everybody do their part.
    pub fn turn(&mut self, later_ms: u64) {
        self.clock.0.fetch_add(later_ms, Ordering::Relaxed);
        for _ in 0..3 {
            self.steward.turn().unwrap();
            self.poster.turn().unwrap();
        }
    }

    pub fn call(&mut self, cumulative: u128) -> Reply {
        self.show(self.voucher(cumulative, &payer(), None))
    }

    /// The steward answers meanwhile.
    pub fn show(&mut self, payment: String) -> Reply {
        let asked = Asked {
            posts: true,
            path: "embeddings".to_owned(),
            payment: Some(payment),
            body: r#"{"model":"points","input":"hello"}"#.into(),
            ..Asked::default()
        };
        let gateway = Arc::clone(&self.gateway);
        let answer = self
            .runtime
            .spawn(async move { gateway.answer(asked).await });
        while !answer.is_finished() {
            self.steward.turn().unwrap();
        }
        self.runtime.block_on(answer).unwrap()
    }

    pub fn voucher(&self, cumulative: u128, key: &Wallet, lent: Option<(u128, u64)>) -> String {
        let (payer, hex) = (payer(), gateway::x402::hex);
        let voucher = Voucher {
            payer: payer.address(),
            token: self.token,
            key: key.address(),
            cumulative,
        };
        let mut payload = json!({
            "voucher": {
                "payer": hex(&voucher.payer),
                "token": hex(&voucher.token),
                "key": hex(&voucher.key),
                "cumulative": cumulative.to_string(),
            },
            "signature": hex(&key.sign_digest(&voucher.digest(&self.domain))),
        });
        if let Some((cap, expires_at_s)) = lent {
            let lent = SpendKey {
                payer: voucher.payer,
                token: voucher.token,
                key: voucher.key,
                cap,
                expires_at_s,
            };
            payload["spendKey"] = json!({
                "cap": cap.to_string(),
                "expiresAt": expires_at_s.to_string(),
                "signature": hex(&payer.sign_digest(&lent.digest(&self.domain))),
            });
        }
        let accepted = json!({
            "scheme": "escrow-credit",
            "network": format!("eip155:{}", self.domain.chain_id),
            "asset": hex(&self.token),
            "payTo": hex(&self.domain.escrow),
        });
        let sent = json!({"x402Version": 2, "accepted": accepted, "payload": payload});
        BASE64.encode(sent.to_string())
    }

    /// What the Escrow has moved into the pot, voucher by voucher.
    pub fn redeemed(&self) -> Vec<u128> {
        let redeemed = self.steward.chain().redemptions().unwrap();
        redeemed.iter().map(|it| it.amount).collect()
    }

    pub fn charged(&self) -> u128 {
        let charged = |state: &node::State| state.assets[0].charged_units.units();
        self.host.read(charged)
    }

    /// What redeemed vouchers have brought and no use has charged.
    pub fn left(&self) -> u128 {
        self.host.read(|state| {
            let accounts = 0..u32::try_from(state.accounts.len()).unwrap();
            let credit = |account| state.credit(AccountId(account), TokenId(0)).units();
            accounts.map(credit).sum()
        })
    }

    pub fn earned(&self) -> u128 {
        let owner = PurseOwner::Earned(OWNER);
        let earned = |state: &node::State| state.book.balance(owner, TokenId(0)).units();
        self.host.read(earned)
    }
}
