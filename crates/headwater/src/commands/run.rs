//! `headwater run`: a node that takes submissions over HTTP, makes them durable and publishes them.

pub(super) mod business;
pub mod courier;
mod crowd;
mod journal;
mod member;
mod models;
mod remote;
mod shop;

use super::ground;
use super::pipe::say;
use crate::cli::node::Run;
use crate::cli::upkeep::Stopped;
use anyhow::{Context as _, Result};
use business::{Business, Front};
use journal::Level;
use node::clock::SystemClock;
use node::health::Role;
use node::host::Parts;
use node::office::Settling;
use node::{Clock as _, Host, Keyring, Log, Node, Running, Settings, Witness as _};
use proof::cosignature::{CosignerKey, Policy};
use remote::RemoteWitness;
use serde_json::json;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use store::{Disk as _, Place, SystemDisk};
use web::api::Announced;
use web::metrics::Requests;

/// Serves until it is stopped or the node fails.
pub fn run(args: &Run) -> Result<()> {
    journal::begin(args.log);
    let settings = Settings::default();
    let witnesses = remote::witnesses(&args.witness, settings.witness_timeout_ms)?;
    let keys = witnesses.iter().map(|witness| witness.key().clone());
    Policy::new(keys.collect(), args.quorum).context("cannot ask these witnesses")?;
    // Before anything is written: a port that is taken is the likeliest mistake.
    let listener = listen(args.listen)?;
    let address = listener.local_addr()?;
    let advertised = args.advertise.clone();
    let settings = Settings {
        publish_every_ms: args.publish_every,
        merge_delay_ms: args.merge_delay,
        quorum: args.quorum,
        accept_rollback: args.accept_rollback,
        view: Some(node::projection::path(&args.data)),
        address: advertised.unwrap_or_else(|| format!("http://{address}")),
        ..settings
    };
    let announced = Announced {
        witnesses: witnesses.iter().map(|own| own.key().to_string()).collect(),
        quorum: args.quorum,
        merge_delay_ms: settings.merge_delay_ms,
    };
    let parts = Parts {
        settings,
        clock: Arc::new(SystemClock),
        witnesses: witnesses.into_iter().map(RemoteWitness::shared).collect(),
    };
    let origins = business::origins(&args.public_url, address)?;
    let place = place(&args.data, args.store.as_deref(), args.read_only)?;
    // What cannot be read is told by whoever opens it.
    let follows = args.standby || args.read_only;
    let is_new = !follows && matches!(Node::has_begun(&place), Ok(false));
    let (running, business) = start(args, &place, parts, reached(address))?;
    let host = running.host.clone();
    let requests = Requests::default();
    let front = Front {
        announced,
        origins,
        proxies: args.proxies.clone(),
        requests: requests.clone(),
    };
    let routes = business::routes(&host, business.as_ref(), front)?;
    let routes = routes.merge(web::public::routes(place.files()));
    let announce = || announce(&args.data, is_new, &host, address);
    serve((listener, announce), (routes, requests), running, business)
}

/// The keys of the witnesses that a node would ask.
pub fn witnesses(args: &Run) -> Result<Vec<CosignerKey>> {
    let timeout_ms = Settings::default().witness_timeout_ms;
    let named = remote::witnesses(&args.witness, timeout_ms)?;
    Ok(named.iter().map(|witness| witness.key().clone()).collect())
}

/// A writer on a node that exists, which nobody can reach: for the one entry of an operator.
pub fn start_silent(args: &Stopped) -> Result<Running> {
    let (dir, url) = (&args.place.data, args.place.store.as_deref());
    super::session::require_existing(dir)?;
    let settings = Settings::default();
    let witnesses = remote::witnesses(&args.witness, settings.witness_timeout_ms)?;
    let parts = Parts {
        settings: Settings {
            quorum: args.quorum,
            ..settings
        },
        clock: Arc::new(SystemClock),
        witnesses: witnesses.into_iter().map(RemoteWitness::shared).collect(),
    };
    let place = place(dir, url, false)?;
    if !Node::has_begun(&place)? {
        anyhow::bail!(
            "the log in `{}` has no first entry yet, which says for good where it settles\n\
             hint: start it first, with `headwater run` and its own settings",
            dir.display()
        );
    }
    let log = open(&place)?;
    Host::start(log, parts).with_context(|| format!("cannot start the node in `{}`", dir.display()))
}

/// A writer with its business, or a node that follows another's log.
fn start(
    args: &Run,
    place: &Place,
    parts: Parts,
    address: SocketAddr,
) -> Result<(Running, Option<Business>)> {
    let role = match (args.standby, args.read_only) {
        (true, _) => Role::Standby,
        (_, true) => Role::Reader,
        _ => Role::Writer,
    };
    let failed = || format!("cannot start the node in `{}`", args.data.display());
    if role == Role::Writer {
        let config = models::config(args.gateway.as_deref())?;
        let chain = first(args, place)?;
        let node = open_whole(place, args.window(), chain)?;
        let (further, unopened) = ground::further(&args.ground, &place.dir);
        unopened.iter().for_each(warn);
        let given = (parts, config, address, further);
        let started = Business::start(node, place, args, given);
        let (running, business) = started.with_context(failed)?;
        return Ok((running, Some(business)));
    }
    let running = Host::follow(place, role, parts).with_context(failed)?;
    Ok((running, None))
}

/// The chain of the first entry. A log that has begun starts without it where its server does not
/// answer: the steward tries again and again, and what needs no chain goes on meanwhile. Before
/// that entry it would settle on the embedded chain instead, for good.
fn first(args: &Run, place: &Place) -> Result<Option<Settling>> {
    match ground(args, place) {
        Err(error) if ground::is_away(&error) => {
            if !Node::has_begun(place)? {
                return Err(error.context("a first start needs the chain that it names for good"));
            }
            warn(&error);
            Ok(None)
        }
        opened => opened,
    }
}

fn warn(error: &anyhow::Error) {
    journal::event(Level::Warn, "chain", &format!("{error:#}"), &[]);
}

/// The chain that others run, too, where the flags name one. What is kept of it stands beside the
/// keys, which are drawn first; a first start draws them once nothing speaks against the chain, so
/// that one that is refused leaves nothing behind.
fn ground(args: &Run, place: &Place) -> Result<Option<Settling>> {
    if args.ground.chain_rpc_url.is_none() {
        return Ok(None);
    }
    if args.demo || !args.faucet().is_zero() {
        anyhow::bail!(
            "--demo and --faucet make test money, and only the embedded chain has any\n\
             hint: leave them out, or leave `chain.rpc_url` out"
        );
    }
    let dir = &place.dir;
    if !Node::exists(dir) {
        super::session::refuse_existing(dir, "a new node")?;
        store::Store::check_vacant(place)?;
        let trial = tempfile::tempdir().context("cannot make a temporary directory")?;
        ground::open(&args.ground, trial.path())?;
        keys(dir)?.save(dir)?;
    }
    ground::open(&args.ground, dir)
}

/// The address under which this machine reaches itself.
fn reached(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        return SocketAddr::from(([127, 0, 0, 1], address.port()));
    }
    address
}

/// Binds an address or says who can help.
pub fn listen(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).with_context(|| {
        format!(
            "cannot listen on `{address}`\n\
             hint: is the port taken? name another one with --listen, port 0 for a free one"
        )
    })
}

/// A directory, and the bucket of its log if it has one.
pub fn place(dir: &Path, url: Option<&str>, read_only: bool) -> Result<Place> {
    let place = Place::directory(dir);
    let Some(url) = url else {
        return Ok(place);
    };
    let bucket = if read_only {
        store::Bucket::reading(url, std::env::vars())
    } else {
        store::Bucket::writing(url, std::env::vars())
    };
    let bucket = bucket.with_context(|| format!("cannot keep the log in `{url}`"))?;
    Ok(place.with_bucket(Arc::new(bucket)))
}

fn open(place: &Place) -> Result<Log> {
    Ok(open_whole(place, node::node::WINDOW_S, None)?
        .into_parts()
        .0)
}

/// The node, made now with this window for objections if it is not there, with all finished that
/// an earlier end has left half done.
fn open_whole(place: &Place, window_s: u64, mut chain: Option<Settling>) -> Result<Node> {
    let dir = &place.dir;
    let failed = || format!("cannot open the node in `{}`", dir.display());
    if !Node::exists(dir) {
        super::session::refuse_existing(dir, "a new node")?;
        let keys = keys(dir)?;
        let now_ms = SystemClock.now_ms();
        let made = match chain.take() {
            Some(chain) => Node::create_on(place, keys, now_ms, chain),
            None => Node::create_with(place, keys, now_ms, window_s),
        };
        let made = made.with_context(|| format!("cannot make a node in `{}`", dir.display()))?;
        chain = made.into_parts().1.into_remote();
    }
    let opened = Node::open_on(place, chain).with_context(failed)?;
    let (mut node, mut notices) = (opened.node, opened.notices);
    if node.state().genesis.is_none() {
        // The first start ended before its first entry.
        notices.extend(node.resume().with_context(failed)?);
    }
    for notice in notices {
        journal::event(Level::Warn, "notice", &notice, &[]);
    }
    Ok(node)
}

/// What an earlier start has drawn, or a new secret.
fn keys(dir: &Path) -> Result<Keyring> {
    if dir.join("keys/master").exists() {
        return Ok(Keyring::open(dir)?);
    }
    let mut seed = [0; 32];
    SystemDisk.random(&mut seed);
    Ok(Keyring::from_seed(&seed))
}

fn announce(dir: &Path, is_new: bool, host: &Host, address: SocketAddr) {
    let made = if is_new { "made now" } else { "opened" };
    say(format_args!("node     {}, {made}", dir.display()));
    say(format_args!("role     {}", host.health().role.word()));
    say(format_args!("entries  {}", host.durable()));
    say(format_args!("log key  {}", host.log_key()));
    say(format_args!("address  http://{address}"));
    let words = format!("http://{address}");
    let fields = [
        ("data", json!(dir.display().to_string())),
        ("new", json!(is_new)),
        ("role", json!(host.health().role.word())),
        ("entries", json!(host.durable())),
        ("log_key", json!(host.log_key().to_string())),
    ];
    journal::for_programs("ready", &words, &fields);
}

/// Ends with the signal or with the node, whichever comes first.
fn serve(
    (listener, ready): (TcpListener, impl FnOnce()),
    (routes, requests): (web::Router, Requests),
    running: Running,
    business: Option<Business>,
) -> Result<()> {
    let host = running.host.clone();
    let stop = web::Stop::on_signals();
    let ended = {
        let stop = stop.clone();
        std::thread::spawn(move || {
            let ended = running.wait();
            stop.now();
            ended
        })
    };
    journal::watch(host.clone(), stop.clone());
    let served = web::server::serve_counted(listener, routes, (&stop, &requests), ready);
    let served = served.context("cannot serve HTTP");
    // The steward first: what it has begun needs the writer.
    host.stop();
    let ended = ended.join().expect("the node's threads were waited for");
    let tidied = business.map_or(Ok(()), Business::stop);
    ended.context("the node has stopped")?;
    tidied?;
    let words = format!("{} entries are durable", host.durable());
    let durable = json!(host.durable());
    journal::event(Level::Info, "stopped", &words, &[("durable", durable)]);
    served
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::chain::Ground;
    use crate::cli::upkeep::Where;
    use crate::cli::{Cli, Command};
    use clap::Parser as _;

    /// A node on a chain whose server nobody is at, with keys that are asked for no signature.
    fn away(dir: &Path) -> Run {
        let signer = |digit: &str| format!("signer:http://127.0.0.1:1#0x{}", digit.repeat(40));
        let settlement = format!("0x{}", "5".repeat(40));
        let [post, debit, relay] = ["6", "7", "8"].map(signer);
        let flags = [
            ("--chain-rpc-url", "http://127.0.0.1:1"),
            ("--chain-id", "5"),
            ("--chain-settlement", settlement.as_str()),
            ("--chain-post-key", post.as_str()),
            ("--chain-debit-key", debit.as_str()),
            ("--chain-relay-key", relay.as_str()),
        ];
        let flags = flags.iter().flat_map(|(flag, value)| [*flag, *value]);
        let data = dir.to_str().unwrap();
        let words = ["headwater", "run", "--data", data].into_iter();
        let Command::Run(mut run) = Cli::try_parse_from(words.chain(flags)).unwrap().command else {
            unreachable!("the words name `run`");
        };
        // Beside another one it is asked once, without a pause.
        run.ground.further.push(Ground::default());
        run
    }

    #[test]
    fn a_first_start_that_is_refused_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let (args, place) = (away(dir.path()), Place::directory(&dir.path().join("new")));
        let error = first(&args, &place).map(drop).unwrap_err();
        assert!(ground::is_away(&error), "{error:#}");
        assert!(!place.dir.exists());
    }

    #[test]
    fn a_chain_that_is_away_is_done_without_once_the_log_has_begun() {
        let dir = tempfile::tempdir().unwrap();
        let (args, place) = (away(dir.path()), Place::directory(dir.path()));
        keys(dir.path()).unwrap().save(dir.path()).unwrap();
        drop(store::Store::create(&place).unwrap());
        let error = first(&args, &place).map(drop).unwrap_err();
        assert!(ground::is_away(&error), "{error:#}");
        let stopped = Stopped {
            place: Where {
                data: dir.path().to_owned(),
                store: None,
            },
            witness: Vec::new(),
            quorum: 0,
        };
        let error = start_silent(&stopped).err().unwrap().to_string();
        assert!(error.contains("has no first entry yet"), "{error}");
        let mut node = Node::open(dir.path()).unwrap().node;
        node.resume().unwrap();
        drop(node);
        assert!(first(&args, &place).unwrap().is_none());
    }
}
