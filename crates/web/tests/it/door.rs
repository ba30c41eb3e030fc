//! A node with its door, and browsers before it.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use node::service::{GatewayParts, Labels};
use node::workplace::{Rules, Workplace};
use node::{Clock, Host};
use proof::signature::WalletKey;
use proof::siwe;
use protocol::Amount;
use serde_json::{Value, json};
use view::plan::Plans;
use view::{Login, Replies, Webhooks};
use web::access::guard;
use web::login::{ContractWallets, Door, Origin, Parts, Settings};

use crate::person::Person;
use crate::raw::{self, Reply};
use crate::served::{START_MS, Served};

pub const ORIGIN: &str = "https://data.example.org";
pub const DAY_MS: u64 = 86_400_000;

#[derive(Debug)]
pub struct Moving(pub AtomicU64);

impl Clock for Moving {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Carries nothing: deliveries have tests of their own.
struct Nobody;

impl node::webhook::Courier for Nobody {
    fn check(&self, url: &str) -> Result<(), String> {
        let good = url.starts_with("https://") && !url.contains("localhost");
        good.then_some(())
            .ok_or_else(|| format!("`{url}` is not called"))
    }

    fn post(&self, _: &str, _: &[(&str, &str)], _: Vec<u8>) -> Result<u16, String> {
        Err("nobody carries this".to_owned())
    }
}

/// Knows no method: the chain has tests of its own.
struct NoChain;

impl web::rpc::ChainFace for NoChain {
    fn answer(&self, _: &[u8], _: &dyn Fn(&str) -> bool) -> Option<Vec<u8>> {
        let error = json!({"code": -32601, "message": "there is no chain here"});
        let answer = json!({"jsonrpc": "2.0", "id": null, "error": error});
        Some(answer.to_string().into_bytes())
    }
}

/// A node behind its door.
pub struct House {
    pub served: Served,
    pub clock: Arc<Moving>,
}

impl House {
    pub fn start(dir: &Path) -> Self {
        Self::with(dir, |_| (), None)
    }

    pub fn with(
        dir: &Path,
        adjust: impl FnOnce(&mut Settings),
        wallets: Option<Arc<dyn ContractWallets>>,
    ) -> Self {
        let clock = Arc::new(Moving(AtomicU64::new(START_MS)));
        let own = clock.clone();
        let chain = chain::devnet::CHAIN_ID;
        let served = Served::behind(&dir.join("node"), |host, routes| {
            let origins = vec![Origin::parse(ORIGIN).unwrap()];
            let mut settings = Settings::new(origins, vec![chain]).unwrap();
            adjust(&mut settings);
            let (work, workplace) = work(host, dir);
            let files = store::Place::directory(&dir.join("node")).files();
            let labels = web::work::label_lines(host.clone(), files, workplace.clone());
            let door = Door::new(Parts {
                host: host.clone(),
                clock: own,
                login: Login::open(&dir.join("login.sqlite")).unwrap(),
                replies: Replies::open(&dir.join("replies.sqlite")).unwrap(),
                settings,
                wallets: wallets.map(|wallets| (chain, wallets)),
            });
            let hooks = Webhooks::open(&dir.join("webhooks.sqlite")).unwrap();
            let hooks = web::webhook::routes(web::webhook::Parts {
                host: host.clone(),
                hooks: Arc::new(Mutex::new(hooks)),
                courier: Arc::new(Nobody),
            });
            let own = web::page::operator::routes(web::page::operator::Parts {
                host: host.clone(),
                workplace,
                door: door.clone(),
                hooks: Arc::new(Mutex::new(
                    Webhooks::open(&dir.join("told.sqlite")).unwrap(),
                )),
                gateway: None,
                chain: Some(Arc::new(NoChain)),
                dir: dir.join("node"),
                settings: vec![("Listens on", "<b>nowhere</b>".to_owned())],
            });
            let chain = web::rpc::routes(door.clone(), Arc::new(NoChain));
            let models = models(host, &dir.join("node"), labels);
            let routes = routes.merge(work).merge(hooks).merge(chain).merge(models);
            let routes = routes.merge(own);
            let routes = routes.merge(web::login::routes(door.clone()));
            guard(routes, door)
        });
        Self { served, clock }
    }

    pub fn pass(&self, ms: u64) {
        self.clock.0.fetch_add(ms, Ordering::Relaxed);
    }

    pub fn ask(&self, request: (&str, &str), headers: &[(&str, &str)], body: &[u8]) -> Reply {
        raw::ask(self.served.server.site.base(), request, headers, body)
    }

    pub fn stop(self) {
        self.served.stop();
    }
}

/// Campaigns without a steward: what is asked of the chain is not answered.
fn work(host: &Host, dir: &Path) -> (web::Router, Workplace) {
    let files = store::Place::directory(&dir.join("node")).files();
    let beside = (dir, Arc::clone(&files));
    let workplace = Workplace::open(host.clone(), beside, Rules::default(), Vec::new()).unwrap();
    let plans = Plans::open(&dir.join("plans.sqlite")).unwrap();
    let routes = web::work::routes(web::work::Parts {
        host: host.clone(),
        workplace: workplace.clone(),
        plans: Arc::new(Mutex::new(plans)),
        steward: channel().0,
        files,
        faucet_units: Amount::ZERO,
        claim_from_units: Amount::new(2_500_000).unwrap(),
        market: web::work::Market::open(&dir.join("node")).unwrap(),
        chain: Some(Arc::new(NoChain)),
        models: None,
    });
    (routes, workplace)
}

/// Models without a poster: what is served is not written into the log.
fn models(host: &Host, dir: &Path, labels: Labels) -> web::Router {
    let place = store::Place::directory(dir);
    let GatewayParts {
        till, books, keys, ..
    } = GatewayParts::open(host, (&place, labels), 60_000).unwrap();
    let known = Arc::clone(&keys) as Arc<dyn gateway::Keys>;
    let config = gateway::Config::default();
    let gateway = gateway::Gateway::new((books, known), till, config, &|_| None);
    let calls = web::gateway::calls(Arc::clone(&gateway));
    let host = host.clone();
    let parts = web::gateway::Parts {
        host,
        gateway,
        keys,
    };
    calls.merge(web::gateway::routes(parts))
}

/// A browser: its cookies, and the token of its page.
#[derive(Clone, Default)]
pub struct Browser {
    pub session: Option<String>,
    pub login: Option<String>,
    pub csrf: String,
}

/// What a page of ours sends along.
pub const OWN: (&str, &str) = ("sec-fetch-site", "same-origin");

impl Browser {
    fn cookies(&self) -> String {
        let session = self.session.iter().map(|own| format!("__Host-hw={own}"));
        let login = self.login.iter();
        let login = login.map(|own| format!("__Host-hw-login={own}"));
        session.chain(login).collect::<Vec<_>>().join("; ")
    }

    /// From a page of our own, with its token.
    pub fn ask(&mut self, house: &House, request: (&str, &str), body: &Value) -> Reply {
        let csrf = self.csrf.clone();
        self.send(house, request, &[OWN, ("hw-csrf", &csrf)], body)
    }

    /// With the cookies and these headers.
    pub fn send(
        &mut self,
        house: &House,
        request: (&str, &str),
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Reply {
        let body = if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        self.send_bytes(house, request, headers, &body)
    }

    /// The same with a body that is whatever it is.
    pub fn send_bytes(
        &mut self,
        house: &House,
        request: (&str, &str),
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Reply {
        let cookies = self.cookies();
        let headers = [
            headers,
            &[("cookie", &cookies), ("user-agent", "tests/1.0")],
        ]
        .concat();
        let reply = house.ask(request, &headers, body);
        for (name, slot) in [
            ("__Host-hw", &mut self.session),
            ("__Host-hw-login", &mut self.login),
        ] {
            if let Some(value) = reply.cookie(name) {
                *slot = Some(value).filter(|value| !value.is_empty());
            }
        }
        reply
    }

    pub fn nonce(&mut self, house: &House) -> String {
        let reply = self.ask(house, ("POST", "api/v1/login/nonce"), &Value::Null);
        assert_eq!(reply.status, 200, "{}", reply.said());
        reply.json()["nonce"].as_str().unwrap().to_owned()
    }

    /// Logs in with a message and whatever else.
    pub fn show(&mut self, house: &House, message: &str, signature: &[u8], more: Value) -> Reply {
        let mut body = json!({"message": message, "signature": hex(signature)});
        if !more.is_null() {
            body["account"] = more;
        }
        let reply = self.ask(house, ("POST", "api/v1/login/wallet"), &body);
        if reply.status == 200 {
            self.csrf = reply.json()["csrf"].as_str().unwrap().to_owned();
        }
        reply
    }

    /// Logs in as anybody does.
    pub fn enter(&mut self, house: &House, wallet: &WalletKey, more: Value) -> Reply {
        let text = message(&self.nonce(house), wallet, house.clock.now_ms());
        let signature = wallet.sign(&siwe::digest(&text));
        self.show(house, &text, &signature, more)
    }
}

/// Somebody who has logged in and opened an account.
pub fn joined(house: &House, name: &str) -> (Person, Browser) {
    let person = Person::new(house.served.space, name);
    let browser = joins(house, &person);
    (person, browser)
}

/// The browser of somebody who logs in for the first time and opens an account.
pub fn joins(house: &House, person: &Person) -> Browser {
    let mut browser = Browser::default();
    let reply = browser.enter(house, &person.wallet, opening(person));
    assert_eq!(reply.status, 200, "{}", reply.said());
    assert!(reply.json()["account"].is_u64());
    browser
}

/// The entry that opens somebody's account, as the login takes it.
pub fn opening(person: &Person) -> Value {
    let sent = person.join();
    let body = sent.body.unwrap();
    json!({"signed": BASE64.encode(&*sent.signed), "body": BASE64.encode(&*body)})
}

pub fn message(nonce: &str, wallet: &WalletKey, now_ms: u64) -> String {
    let (address, chain) = (
        siwe::checksummed(&wallet.address()),
        chain::devnet::CHAIN_ID,
    );
    let issued = date(now_ms);
    format!(
        "data.example.org wants you to sign in with your Ethereum account:\n{address}\n\n\
         Log in.\n\nURI: {ORIGIN}\nVersion: 1\nChain ID: {chain}\nNonce: {nonce}\n\
         Issued At: {issued}"
    )
}

/// A time of January 2026 as RFC 3339 has it.
pub fn date(ms: u64) -> String {
    let seconds = (ms - 1_767_225_600_000) / 1_000;
    let (day, rest) = (1 + seconds / 86_400, seconds % 86_400);
    assert!(day <= 31, "the tests stay in one month");
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("2026-01-{day:02}T{hour:02}:{minute:02}:{second:02}.000Z")
}

pub fn hex(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("0x{digits}")
}
