//! The table of the gateway: `cargo bench -p headwater --bench gateway [-- WORDS]`.
//!
//! Our node, TensorZero, Portkey and LiteLLM stand before the same mock upstream on the loopback
//! interface, in one run; ours meters, writes each use down durably and signs a receipt, theirs do
//! not. Words: `--seconds N` a point (20), `--alone` without peers, `--soak MINUTES` of load on our
//! node alone.

mod load;
mod ours;
mod peer;
mod segment;
mod table;

use anyhow::{Context as _, Result};
use headwater::load::machine;
use load::{Load, Point};
use ours::Ours;
use peer::{Bench, Gateway};
use table::Table;

/// Runs of each point; the median counts.
const REPEATS: usize = 3;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str| -> Result<Option<u64>> {
        let place = arguments.iter().position(|word| word == name);
        let value = place.map(|place| arguments.get(place + 1).context("a number is missing"));
        Ok(value.transpose()?.map(|text| text.parse()).transpose()?)
    };
    let seconds = number("--seconds")?.unwrap_or(20);
    println!("machine    {}", machine::machine());
    println!("load       {}", machine::load_average());
    println!();
    let bench = Bench::ready()?;
    let mock = bench.mock()?;
    let ours = Ours::start(&mock.address)?;
    if let Some(minutes) = number("--soak")? {
        return soak(&bench, &ours, minutes);
    }
    let mut gateways = vec![Gateway::of(&mock), ours.gateway()];
    let mut peers = Vec::new();
    let alone = arguments.iter().any(|word| word == "--alone");
    let others = if alone { Vec::new() } else { bench.peers() };
    for (name, peer) in others {
        match peer {
            Ok(peer) => {
                gateways.push(Gateway::of(&peer));
                peers.push(peer);
            }
            Err(why) => println!("{name} is left out: {why:#}"),
        }
    }
    let table = Table::begin(&gateways);
    table.row("resident memory before load", "MiB", &memory(&gateways));
    for load in [Load::Plain, Load::OneStream, Load::Streams] {
        let points = measure(&bench, &gateways, load, seconds);
        table.points(load, &points);
    }
    table.row("resident memory after load", "MiB", &memory(&gateways));
    table.ours(
        "receipt in the log after a call",
        "ms",
        ours.receipt_ms()?,
        2_000.0,
    );
    let (whole_ms, hash_rate) = segment::measure()?;
    table.ours(
        "1,000,000 uses into one segment, with a proof",
        "ms",
        whole_ms,
        2_000.0,
    );
    table.ours(
        "rows hashed, in millions a second",
        "",
        hash_rate,
        f64::INFINITY,
    );
    Ok(())
}

/// Every gateway in turn, several times over, so that none has the quiet minutes for itself.
fn measure(bench: &Bench, gateways: &[Gateway], load: Load, seconds: u64) -> Vec<Option<Point>> {
    let mut points: Vec<Vec<Point>> = gateways.iter().map(|_| Vec::new()).collect();
    for _ in 0..REPEATS {
        for (gateway, points) in gateways.iter().zip(&mut points) {
            match load.run(bench, gateway, seconds) {
                Ok(point) => points.push(point),
                // It may have gone down under the load; the others go on.
                Err(why) => println!("{} is left out: {why:#}", gateway.name),
            }
        }
    }
    points.into_iter().map(Point::median).collect()
}

fn memory(gateways: &[Gateway]) -> Vec<Option<f64>> {
    let mebibytes = |gateway: &Gateway| gateway.memory_bytes().map(|it| it as f64 / 1_048_576.0);
    gateways.iter().map(mebibytes).collect()
}

/// Memory must stay where it is.
fn soak(bench: &Bench, ours: &Ours, minutes: u64) -> Result<()> {
    println!("| minute | memory MiB | requests/s | refused | load |\n|---|---|---|---|---|");
    let gateway = ours.gateway();
    for minute in 1..=minutes {
        let point = Load::Plain.run(bench, &gateway, 60)?;
        let memory = gateway.memory_bytes().unwrap_or(0) as f64 / 1_048_576.0;
        println!(
            "| {minute} | {memory:.1} | {:.0} | {} | {} |",
            point.rate,
            point.failed,
            machine::load_average()
        );
    }
    Ok(())
}
