//! Ten thousand people connected for a while: memory that stays, nobody turned away.

use crate::scratch;
use crate::site::Site;
use anyhow::{Result, ensure};
use headwater::load::{Connection, Member, Play, machine};
use serde_json::Value;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const PEOPLE: usize = 10_000;
/// Each asks for its earnings so often.
const EVERY: Duration = Duration::from_secs(30);
/// Threads that ask for all of them.
const THREADS: usize = 4;
/// Time between two lines of the report.
const LINE: Duration = Duration::from_secs(60);

/// Joins them, lets each ask in turn over a connection of its own, while sixteen others work.
pub fn run(minutes: u64) -> Result<()> {
    let dir = scratch()?;
    let mut site = Site::start(&dir.path().join("node"))?;
    let imported = site.import(1_000_000, 4)?;
    let campaign = site.open(imported.plan)?;
    let mut workers = site.crowd(16, 1)?;
    let mut people = site.crowd(THREADS, PEOPLE / THREADS)?;
    let end = Instant::now() + Duration::from_secs(60 * minutes);
    let (asked, failed) = (AtomicU64::new(0), AtomicU64::new(0));
    let over = AtomicBool::new(false);
    println!("| minute | memory MB | requests | answers | failed | CPU s | load |");
    println!("|---|---|---|---|---|---|---|");
    let count = AtomicU64::new(0);
    let play = Play {
        address: &site.node.address,
        campaign,
        ahead: 1,
        answers: u64::MAX,
        until: Some(end),
        patient: false,
        count: &count,
    };
    std::thread::scope(|scope| -> Result<()> {
        for own in &mut people {
            let (address, asked, failed, over) = (&site.node.address, &asked, &failed, &over);
            scope.spawn(move || hold(address, own, (asked, failed), over));
        }
        let working = scope.spawn(|| at_ease(play, &mut workers, end));
        let start = Instant::now();
        for line in 0.. {
            let memory = site.node.memory_bytes().unwrap_or(0) as f64 / 1e6;
            println!(
                "| {} | {memory:.1} | {} | {} | {} | {:.0} | {} |",
                line * LINE.as_secs() / 60,
                asked.load(Ordering::Relaxed),
                count.load(Ordering::Relaxed),
                failed.load(Ordering::Relaxed),
                site.node.cpu_s().unwrap_or(0.0),
                machine::load_average(),
            );
            if Instant::now() >= end {
                break;
            }
            let next = start + LINE * (line as u32 + 1);
            std::thread::park_timeout(next.saturating_duration_since(Instant::now()));
        }
        over.store(true, Ordering::Release);
        working.join().expect("workers do not panic")
    })?;
    ensure!(failed.load(Ordering::Relaxed) == 0, "some were turned away");
    Ok(())
}

/// Ten answers a second from everybody together.
fn at_ease(play: Play<'_>, workers: &mut [Vec<Member>], end: Instant) -> Result<()> {
    let mut answers = 0;
    while Instant::now() < end {
        answers += 10;
        let start = Instant::now();
        Play { answers, ..play }.run(&mut workers[..1])?;
        // A thread that has ended may have left a wake-up, which would end a single pause at once.
        while let Some(rest) = Duration::from_secs(1).checked_sub(start.elapsed()) {
            std::thread::park_timeout(rest);
        }
        workers.rotate_left(1);
    }
    Ok(())
}

/// One thread's people: each on a connection that stays open, asking in turn.
fn hold(
    address: &str,
    people: &mut [Member],
    (asked, failed): (&AtomicU64, &AtomicU64),
    over: &AtomicBool,
) {
    let mut lines: Vec<Connection> = people.iter().map(|_| Connection::new(address)).collect();
    let pause = EVERY / people.len() as u32;
    let mut due = Instant::now();
    for turn in (0..people.len()).cycle() {
        if over.load(Ordering::Acquire) {
            return;
        }
        let request = ("GET", "/api/v1/me/earnings");
        let reply = people[turn].ask(&mut lines[turn], request, &Value::Null);
        asked.fetch_add(1, Ordering::Relaxed);
        if !reply.is_ok_and(|reply| reply.status == 200) {
            failed.fetch_add(1, Ordering::Relaxed);
        }
        due += pause;
        std::thread::park_timeout(due.saturating_duration_since(Instant::now()));
    }
}
