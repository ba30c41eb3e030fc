//! `headwater run`: a node that takes submissions over HTTP, makes them durable and publishes them.

mod journal;
mod remote;

use crate::cli::node::Run;
use crate::cli::upkeep::Stopped;
use anyhow::{Context as _, Result};
use node::clock::SystemClock;
use node::health::Role;
use node::host::Parts;
use node::{Clock as _, Host, Keyring, Log, Node, Running, Settings, Witness as _};
use proof::cosignature::Policy;
use remote::RemoteWitness;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use store::{Disk as _, Place, SystemDisk};
use web::api::Announced;

/// Serves until it is stopped or the node fails.
pub fn run(args: &Run) -> Result<()> {
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
    let place = place(&args.data, args.store.as_deref(), args.read_only)?;
    let is_new = !Node::exists(&args.data);
    let running = start(args, &place, parts)?;
    let host = running.host.clone();
    let announce = || announce(&args.data, is_new, &host, address);
    serve((listener, announce), &place, running, announced)
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
    let log = open(&place(dir, url, false)?)?;
    Host::start(log, parts).with_context(|| format!("cannot start the node in `{}`", dir.display()))
}

fn start(args: &Run, place: &Place, parts: Parts) -> Result<Running> {
    let role = match (args.standby, args.read_only) {
        (true, _) => Role::Standby,
        (_, true) => Role::Reader,
        _ => Role::Writer,
    };
    let started = if role == Role::Writer {
        Host::start(open(place)?, parts)
    } else {
        Host::follow(place, role, parts)
    };
    started.with_context(|| format!("cannot start the node in `{}`", args.data.display()))
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
    let dir = &place.dir;
    let failed = || format!("cannot open the node in `{}`", dir.display());
    if !Node::exists(dir) {
        super::session::refuse_existing(dir, "a new node")?;
        let keys = keys(dir)?;
        let made = Node::create_in(place, keys, SystemClock.now_ms());
        drop(made.with_context(|| format!("cannot make a node in `{}`", dir.display()))?);
    }
    let opened = Log::open(place).with_context(failed)?;
    let mut notices = opened.notices;
    let mut log = opened.log;
    if log.state().genesis.is_none() {
        // The first start ended before its first entry.
        drop(log);
        let mut begun = Node::open_in(place).with_context(failed)?;
        notices.extend(begun.node.resume().with_context(failed)?);
        drop(begun);
        log = Log::open(place).with_context(failed)?.log;
    }
    for notice in notices {
        journal::line("notice", &notice);
    }
    Ok(log)
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
    println!("node     {}, {made}", dir.display());
    println!("role     {}", host.health().role.word());
    println!("entries  {}", host.durable());
    println!("log key  {}", host.log_key());
    println!("address  http://{address}");
}

/// Ends with the signal or with the node, whichever comes first.
fn serve(
    (listener, ready): (TcpListener, impl FnOnce()),
    place: &Place,
    running: Running,
    announced: Announced,
) -> Result<()> {
    let host = running.host.clone();
    let routes =
        web::api::routes(host.clone(), announced).merge(web::public::routes(place.files()));
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
    let served = web::serve(listener, routes, &stop, ready).context("cannot serve HTTP");
    host.stop();
    let ended = ended.join().expect("the node's threads were waited for");
    ended.context("the node has stopped")?;
    journal::line(
        "stopped",
        &format!("{} entries are durable", host.durable()),
    );
    served
}
