//! Many rows in and out, memory, start and size.

use crate::binary;
use crate::figure::{Goal, Table};
use crate::scratch;
use crate::site::Site;
use anyhow::{Result, bail};
use headwater::load::once::SETTINGS;
use headwater::load::{Play, Process};
use serde_json::Value;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

const MEGABYTE: f64 = 1e6;
/// Longest that a campaign may take from its last answer to its label set.
const CLOSING: Duration = Duration::from_secs(120);

/// Start, import, export, size.
pub fn measure(table: &mut Table) -> Result<()> {
    let dir = scratch()?;
    let home = dir.path().join("node");
    let node = Process::start(binary(), &home, Process::port()?, SETTINGS)?;
    let ready = node.ready.as_secs_f64();
    table.row("first start to /readyz", (ready, " s"), &Goal::Most(1.0));
    node.stop()?;
    let node = Process::start(binary(), &home, Process::port()?, SETTINGS)?;
    let ready = node.ready.as_secs_f64();
    table.row("start again to /readyz", (ready, " s"), &Goal::Most(1.0));
    let idle = node.memory_bytes().unwrap_or(0) as f64 / MEGABYTE;
    table.row("memory idle", (idle, " MB"), &Goal::Most(60.0));
    let mut site = Site::of(node)?;
    let imported = site.import(100_000, 30)?;
    let took = imported.took.as_secs_f64();
    table.row("import of 100,000 texts", (took, " s"), &Goal::Most(2.0));
    let peak = imported.peak_bytes as f64 / MEGABYTE;
    table.row(
        "memory at the import's peak",
        (peak, " MB"),
        &Goal::Most(150.0),
    );
    let imported = site.import(1_000_000, 30)?;
    let took = imported.took.as_secs_f64();
    table.row("import of 1,000,000 texts", (took, " s"), &Goal::None);
    let peak = imported.peak_bytes as f64 / MEGABYTE;
    table.row(
        "memory at the peak of 1,000,000",
        (peak, " MB"),
        &Goal::Most(150.0),
    );
    export(table, &mut site)?;
    let size = std::fs::metadata(binary())?.len() as f64 / MEGABYTE;
    table.row("install", (size, " MB"), &Goal::Most(60.0));
    Ok(())
}

/// A campaign from its first answer to its label set, and that as a file of Label Studio's.
fn export(table: &mut Table, site: &mut Site) -> Result<()> {
    let imported = site.import(10_000, 30)?;
    let campaign = site.open(imported.plan)?;
    let mut crowd = site.crowd(16, 1)?;
    let count = AtomicU64::new(0);
    let play = Play {
        address: &site.node.address,
        campaign,
        ahead: 10,
        answers: u64::MAX,
        until: None,
        patient: false,
        count: &count,
    };
    play.run(&mut crowd)?;
    let path = format!("/api/v1/campaigns/{}", campaign.0);
    let start = Instant::now();
    loop {
        let row = site.requester.ask(("GET", &path), &Value::Null)?;
        if matches!(row["stage"].as_str(), Some("closed" | "settled")) {
            break;
        }
        if start.elapsed() > CLOSING {
            bail!("the campaign does not close: {row}");
        }
        std::thread::park_timeout(Duration::from_millis(200));
    }
    let path = format!("{path}/export?format=label-studio");
    let start = Instant::now();
    let requester = &mut site.requester;
    let reply = requester
        .member
        .ask(&mut requester.connection, ("GET", &path), &Value::Null)?;
    let took = start.elapsed().as_secs_f64();
    let rows = reply.json()?.as_array().map_or(0, Vec::len);
    anyhow::ensure!(rows == 10_000, "{rows} tasks were exported");
    table.row(
        "export of 10,000 labelled as JSON",
        (took, " s"),
        &Goal::Most(0.3),
    );
    Ok(())
}
