//! The business of a running writer: campaigns, tasks, logins, deposits and epochs.

mod asked;

use super::courier;
use super::crowd::{self, Crowd};
use super::journal::{self, Level};
use super::models::Models;
use crate::cli::node::Run;
use crate::commands::ground;
use anyhow::{Context as _, Result, anyhow};
use asked::{Asked, face};
use node::clock::SystemClock;
use node::host::Parts;
use node::office::{Office, Settling};
use node::service::StewardCashier;
use node::steward::{self, Ask, Pace, SharedPlans, Steward};
use node::webhook::{Courier, SharedWebhooks, Teller};
use node::workplace::{Rules, Workplace};
use node::{Host, Node, Running};
use protocol::Amount;
use serde_json::json;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use store::{Files, Place};
use view::plan::Plans;
use view::{Login, Replies, Webhooks};
use web::api::Announced;
use web::live::Live;
use web::login::{Door, Origin, Proxies, Settings};
use web::metrics::{self, Requests, Sources};

/// What a writer does besides its log.
pub struct Business {
    dir: PathBuf,
    files: Arc<dyn Files>,
    workplace: Workplace,
    plans: SharedPlans,
    steward: Sender<Ask>,
    thread: JoinHandle<Result<(), node::Error>>,
    models: Models,
    /// Where the crowd reaches the node.
    address: SocketAddr,
    /// Answers questions about the chain.
    chain: Asked,
    /// The people of a demo.
    crowd: Option<JoinHandle<Result<()>>>,
    faucet_units: Amount,
    claim_from_units: Amount,
    hooks: SharedWebhooks,
    courier: Arc<dyn Courier>,
    teller: Teller,
    /// How the business runs, for its operator.
    settings: Vec<(&'static str, String)>,
}

impl Business {
    /// Starts the node's threads, and the steward beside them.
    pub fn start(
        node: Node,
        place: &Place,
        args: &Run,
        (parts, config, address, further): (Parts, gateway::Config, SocketAddr, Vec<Settling>),
    ) -> Result<(Running, Self), node::Error> {
        let dir = &place.dir;
        let plans = Plans::open(&dir.join("plans.sqlite"))?;
        let hooks = Arc::new(Mutex::new(Webhooks::open(&dir.join("webhooks.sqlite"))?));
        let (log, mut chain, desks) = node.into_parts();
        let reader = Asked::of(&mut chain);
        let (size, files) = (log.state().size, log.store().files());
        let rounds = steward::running(log.state(), &desks, &plans)?;
        let running = Host::start(log, parts)?;
        let host = running.host.clone();
        let held = (chain, further, desks, size);
        let begun = begin(&host, held, place, (rounds, plans), args).and_then(|begun| {
            let labels = web::work::label_lines(host.clone(), Arc::clone(&files), begun.0.clone());
            let models = Models::open(&host, (place, labels), args.merge_delay, config)?;
            Ok((begun, models))
        });
        let ((workplace, plans, mut steward, sender), models) = match begun {
            Ok(begun) => begun,
            Err(error) => {
                // The threads have begun: they end before the error is told.
                host.stop();
                running.wait()?;
                return Err(error);
            }
        };
        node::fee::announce(&host, args.fee());
        steward.redeem_for(models.till());
        let thread = run(steward, host.clone());
        let couriers = courier::couriers(args.webhook_reach());
        let mut business = Self {
            courier: Arc::clone(&couriers[0]),
            teller: Teller::start(&host, &hooks, couriers),
            hooks,
            dir: dir.clone(),
            files,
            workplace,
            plans,
            steward: sender,
            thread,
            models,
            address,
            chain: reader,
            crowd: None,
            faucet_units: args.faucet(),
            claim_from_units: args.claim_from(),
            settings: told(args, address),
        };
        if args.demo {
            business.crowd = Some(business.gather(&host));
        }
        Ok((running, business))
    }

    /// The crowd of a demo, in a thread of its own. Its troubles are reported and end nothing else.
    fn gather(&self, host: &Host) -> JoinHandle<Result<()>> {
        let parts = crowd::Parts {
            host: host.clone(),
            workplace: self.workplace.clone(),
            plans: Arc::clone(&self.plans),
            steward: self.steward.clone(),
            files: Arc::clone(&self.files),
            keys: self.models.keys(),
            address: self.address,
            client: http::Client::default(),
        };
        let (dir, host) = (self.dir.clone(), host.clone());
        std::thread::spawn(move || {
            let lived = Crowd::new(parts, &dir);
            let lived = lived.and_then(|crowd| crowd.run(|milliseconds| host.pause(milliseconds)));
            if let Err(error) = &lived {
                host.report(
                    "crowd",
                    Some(format!("the demo's crowd has gone: {error:#}")),
                );
            }
            lived
        })
    }

    /// Waits for the steward, who ends with the node, and for the desk.
    pub fn stop(self) -> Result<()> {
        if let Some(crowd) = self.crowd {
            // Its troubles were reported when they came.
            crowd
                .join()
                .map_err(|_| anyhow!("the crowd's thread has panicked"))?
                .ok();
        }
        self.teller.wait();
        self.workplace.stop();
        drop(self.steward);
        self.models.stop()?;
        let ended = self.thread.join();
        let ended = ended.map_err(|_| anyhow!("the steward's thread has panicked"))?;
        ended.context("the steward has stopped")
    }
}

/// Settings of the business as they run, in words.
fn told(args: &Run, address: SocketAddr) -> Vec<(&'static str, String)> {
    let demo = if args.demo {
        "a demo with a crowd"
    } else {
        "no demo"
    };
    vec![
        ("Listens on", address.to_string()),
        ("An epoch closes every", format!("{} ms", args.epoch_ms())),
        (
            "Test money for each who asks",
            format!("{} units", args.faucet()),
        ),
        (
            "Pays the gas of claims from",
            format!("{} units", args.claim_from()),
        ),
        ("Crowd", demo.to_owned()),
    ]
}

/// A node without its steward takes work that nobody will ever judge: however the steward's thread
/// ends, the node ends too.
struct StopsNode(Host);

impl Drop for StopsNode {
    fn drop(&mut self) {
        self.0.stop();
    }
}

fn run(steward: Steward, host: Host) -> JoinHandle<Result<(), node::Error>> {
    let guard = StopsNode(host);
    std::thread::spawn(move || {
        let host = guard.0.clone();
        steward.run(|milliseconds| host.pause(milliseconds))
    })
}

type Begun = (Workplace, SharedPlans, Steward, Sender<Ask>);

fn begin(
    host: &Host,
    (chain, further, desks, size): (Settling, Vec<Settling>, node::round::Desks, u64),
    place: &Place,
    (rounds, plans): (Vec<node::workplace::Running>, Plans),
    args: &Run,
) -> Result<Begun, node::Error> {
    let hosted = node::hosted::Hosted::open(host.clone(), place, size)?;
    let mut office = Office::new(hosted, chain, desks);
    for notice in office.join(further)? {
        journal::event(Level::Warn, "chain", &notice, &[]);
    }
    office.reopen_with(ground::opener(args.ground.clone(), place.dir.clone()));
    tell_delay(args, office.stake_exit_s());
    let beside = (place.dir.as_path(), place.files());
    let workplace = Workplace::open(host.clone(), beside, Rules::default(), rounds)?;
    let plans = Arc::new(Mutex::new(plans));
    let pace = Pace {
        epoch_ms: args.epoch_ms(),
        beside: args.beside(),
        ..Pace::default()
    };
    let (steward, sender) = Steward::new(office, workplace.clone(), Arc::clone(&plans), pace);
    Ok((workplace, plans, steward, sender))
}

/// Says it where stakes wait longer or shorter than the settings ask for.
fn tell_delay(args: &Run, held_s: Option<u64>) {
    let asked_s = args.beside().stake_exit_s;
    if let (Some(asked_s), Some(held_s)) = (asked_s, held_s)
        && asked_s != held_s
    {
        let (asked, held) = (asked_s / 86_400, held_s / 86_400);
        let words = format!(
            "stakes wait {held} days on their way out, as they have since they began: \
             `--stake-exit-days {asked}` changes nothing"
        );
        super::journal::event(super::Level::Warn, "stakes", &words, &[]);
    }
}

/// Where people reach the node: as it was told, or the address it listens on.
pub fn origins(named: &[String], address: SocketAddr) -> Result<Vec<Origin>> {
    let port = address.port();
    let mut own = vec![
        format!("http://localhost:{port}"),
        format!("http://127.0.0.1:{port}"),
    ];
    if address.ip().is_loopback() {
        own.insert(0, format!("http://{address}"));
        own.dedup();
    }
    let named = if named.is_empty() { &own[..] } else { named };
    let parse = |url: &String| {
        Origin::parse(url).map_err(|why| anyhow!("`{url}` is no public address: {why}"))
    };
    named.iter().map(parse).collect()
}

/// What the front of a node is told of itself.
pub struct Front {
    /// What the operator says of the node.
    pub announced: Announced,
    /// Where people reach it.
    pub origins: Vec<Origin>,
    /// What stands before it.
    pub proxies: Proxies,
    /// Counts of requests.
    pub requests: Requests,
}

/// All that the node answers, behind the table of who may ask what.
pub fn routes(host: &Host, business: Option<&Business>, front: Front) -> Result<web::Router> {
    let workplace = business.map(|business| business.workplace.clone());
    let live = Live::new(host.clone());
    let routes = web::api::routes(host.clone(), workplace.clone(), front.announced);
    let routes = routes.merge(web::live::routes(live.clone()));
    let mut sources = Sources {
        host: host.clone(),
        live,
        workplace,
        door: None,
        hooks: None,
    };
    let Some(business) = business else {
        return Ok(routes.merge(metrics::routes(sources, &front.requests)));
    };
    let door = door(host, business, (front.origins, front.proxies))?;
    let work = web::work::routes(web::work::Parts {
        host: host.clone(),
        workplace: business.workplace.clone(),
        plans: Arc::clone(&business.plans),
        steward: business.steward.clone(),
        files: Arc::clone(&business.files),
        faucet_units: business.faucet_units,
        claim_from_units: business.claim_from_units,
        market: web::work::Market::open(&business.dir)?,
        chain: face(business),
        models: Some(business.models.gateway()),
    });
    let hooks = web::webhook::routes(web::webhook::Parts {
        host: host.clone(),
        hooks: Arc::clone(&business.hooks),
        courier: Arc::clone(&business.courier),
    });
    let origin = door.settings().origins[0].to_string();
    if matches!(business.chain, Asked::Here(_)) {
        // On another's chain a payment would wait for its blocks, longer than a call may.
        let cashier = StewardCashier::open(host, &business.dir, business.steward.clone())?;
        business.models.take_payments(cashier, origin.clone());
    }
    let models = business.models.routes(host);
    let routes = routes.merge(operator(host, business, &door));
    let routes = routes.merge(work).merge(models).merge(hooks);
    let routes = routes.merge(web::login::routes(door.clone()));
    sources.door = Some(door.clone());
    sources.hooks = Some(Arc::clone(&business.hooks));
    let routes = routes.merge(metrics::routes(sources, &front.requests));
    let routes = match face(business) {
        Some(face) => routes.merge(web::rpc::routes(door.clone(), face)),
        None => routes,
    };
    let words = format!("at {origin}");
    journal::event(Level::Info, "login", &words, &[("origin", json!(origin))]);
    let calls = web::gateway::calls(business.models.gateway());
    Ok(web::access::guard(routes, door).merge(calls))
}

/// Where people and programs log in, at these addresses.
fn door(
    host: &Host,
    business: &Business,
    (origins, proxies): (Vec<Origin>, Proxies),
) -> Result<Door> {
    let chain_id = host.read(|state| state.genesis.as_ref().map(|it| it.chain_id));
    let settings = Settings::new(origins, chain_id.into_iter().collect());
    let mut settings = settings.map_err(|why| anyhow!("cannot take logins: {why}"))?;
    settings.proxies = proxies;
    settings.guests = !business.faucet_units.is_zero();
    Ok(Door::new(web::login::Parts {
        host: host.clone(),
        clock: Arc::new(SystemClock),
        login: open_login(&business.dir)?,
        replies: open_replies(&business.dir)?,
        settings,
        wallets: chain_id.map(|id| (id, business.chain.wallets())),
    }))
}

/// The page of whoever operates the node.
fn operator(host: &Host, business: &Business, door: &Door) -> web::Router {
    web::page::operator::routes(web::page::operator::Parts {
        host: host.clone(),
        workplace: business.workplace.clone(),
        door: door.clone(),
        hooks: Arc::clone(&business.hooks),
        gateway: Some(business.models.gateway()),
        chain: face(business),
        dir: business.dir.clone(),
        settings: business.settings.clone(),
    })
}

fn open_replies(dir: &Path) -> Result<Replies> {
    let path = dir.join("replies.sqlite");
    Replies::open(&path).with_context(|| format!("cannot open `{}`", path.display()))
}

fn open_login(dir: &Path) -> Result<Login> {
    let path = dir.join("login.sqlite");
    Login::open(&path).with_context(|| format!("cannot open `{}`", path.display()))
}
