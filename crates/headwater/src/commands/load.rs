//! `headwater load`: so many submissions over so many connections, and how long the answers took.

use crate::cli::node::Load;
use crate::client::{self, Person};
use crate::words::count;
use anyhow::{Context as _, Result, ensure};
use std::sync::Barrier;
use std::time::{Duration, Instant};
use web::wire::{Outcome, Sent};

/// Signs everything first, then sends it and prints one line of figures.
pub fn run(args: &Load) -> Result<()> {
    let terms = client::terms(&http::Site::new(&args.url)?)?;
    let run = terms.time_ms;
    let requests = args.count / (args.connections * args.batch);
    ensure!(
        requests > 0,
        "that is less than one request for each connection"
    );
    let start = Barrier::new(args.connections + 1);
    let (took, latencies) = std::thread::scope(|scope| -> Result<_> {
        let mut senders = Vec::new();
        for number in 0..args.connections {
            let site = http::Site::new(&args.url)?;
            let mut person = Person::new(terms, &format!("load {run} {number}"))?;
            person.join(&site)?;
            let requests = signed(&mut person, requests, args.batch);
            let start = &start;
            senders.push(scope.spawn(move || {
                start.wait();
                send(&site, &requests)
            }));
        }
        start.wait();
        let began = Instant::now();
        let mut latencies = Vec::new();
        for sender in senders {
            latencies.extend(sender.join().expect("senders do not panic")?);
        }
        Ok((began.elapsed(), latencies))
    })?;
    print(
        args,
        requests * args.connections * args.batch,
        took,
        latencies,
    )
}

fn signed(person: &mut Person, requests: usize, batch: usize) -> Vec<Vec<Sent>> {
    let mut number = 0;
    let mut next = || {
        number += 1;
        person.registration(&format!("load {number}"))
    };
    (0..requests)
        .map(|_| (0..batch).map(|_| next()).collect())
        .collect()
}

fn send(site: &http::Site, requests: &[Vec<Sent>]) -> Result<Vec<Duration>> {
    let mut latencies = Vec::with_capacity(requests.len());
    for request in requests {
        let sent = Instant::now();
        let outcomes = client::submit(site, request)?;
        latencies.push(sent.elapsed());
        for outcome in &outcomes {
            ensure!(
                matches!(outcome, Outcome::Accepted { .. }),
                "the node refuses: {outcome:?}"
            );
        }
    }
    Ok(latencies)
}

fn print(args: &Load, sent: usize, took: Duration, mut latencies: Vec<Duration>) -> Result<()> {
    latencies.sort();
    let last = latencies.len().checked_sub(1).context("nothing was sent")?;
    let millis = |share: usize| latencies[last * share / 1_000].as_secs_f64() * 1_000.0;
    let rate = sent as f64 / took.as_secs_f64();
    println!(
        "{} connections, {} a request: {} submissions/s, latency ms p50 {:.2} p99 {:.2} max {:.2}",
        args.connections,
        args.batch,
        count(rate as u128),
        millis(500),
        millis(990),
        millis(1_000),
    );
    Ok(())
}
