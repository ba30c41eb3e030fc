//! Answers a second and how long a contributor waits, at a small campaign and a large one.

use crate::figure::{Goal, Table, millis};
use crate::scratch;
use crate::site::Site;
use anyhow::Result;
use headwater::load::{Member, Play, Played};
use protocol::CampaignId;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

/// Units of the small campaign, enough for all that is measured there, and of the large one.
const UNITS: [u32; 2] = [60_000, 1_000_000];
/// Longest that one measure may take.
const LIMIT: Duration = Duration::from_secs(60);

/// What one stretch of work has shown.
struct Stretch {
    played: Played,
    /// Milliseconds of the server's CPU for each answer, requests for tasks included.
    cpu_ms: f64,
}

/// Rows of the small campaign, then of the large one.
pub fn measure(table: &mut Table) -> Result<()> {
    let dir = scratch()?;
    let mut site = Site::start(&dir.path().join("node"))?;
    let imported = site.import(UNITS[0], 30)?;
    let campaign = site.open(imported.plan)?;
    let one = site.crowd(1, 4)?;
    let sixteen = site.crowd(16, 4)?;
    let many = site.crowd(64, 2)?;
    let [mut one, mut sixteen, mut many] = [one, sixteen, many];
    let goal = Goal::Least((table.syncs * 0.8).min(1_000.0));
    let alone = work(&site, campaign, &mut one, (10, 2_000))?;
    rows(table, "1 client", &alone, &goal);
    let together = work(&site, campaign, &mut sixteen, (10, 20_000))?;
    rows(table, "16 clients", &together, &Goal::Least(3_000.0));
    let crowd = work(&site, campaign, &mut many, (10, 20_000))?;
    rows(table, "64 clients", &crowd, &Goal::Least(3_000.0));
    next(
        table,
        "60,000 units",
        (&site, campaign),
        (&mut one, &mut sixteen),
    )?;
    let imported = site.import(UNITS[1], 4)?;
    let campaign = site.open(imported.plan)?;
    next(
        table,
        "1,000,000 units",
        (&site, campaign),
        (&mut one, &mut sixteen),
    )
}

/// Work with prefetched tasks, as the page does it.
fn work(
    site: &Site,
    campaign: CampaignId,
    clients: &mut [Vec<Member>],
    (ahead, answers): (usize, u64),
) -> Result<Stretch> {
    let count = AtomicU64::new(0);
    let play = Play {
        address: &site.node.address,
        campaign,
        ahead,
        answers,
        until: Some(Instant::now() + LIMIT),
        patient: false,
        count: &count,
    };
    let cpu = site.node.cpu_s();
    let played = play.run(clients)?;
    let spent = site.node.cpu_s().zip(cpu).map(|(now, then)| now - then);
    let done = played.acknowledged.len().max(1) as f64;
    anyhow::ensure!(
        played.refused.is_empty(),
        "refused: {:?}",
        played.refused[0]
    );
    Ok(Stretch {
        cpu_ms: spent.unwrap_or(f64::NAN) * 1_000.0 / done,
        played,
    })
}

fn rows(table: &Table, who: &str, stretch: &Stretch, goal: &Goal) {
    let Stretch { played, cpu_ms } = stretch;
    let late = if who == "1 client" {
        Goal::None
    } else {
        Goal::Most(30.0)
    };
    let row = |name: &str| format!("{name}, {who}");
    table.row(
        &row("answers/s, signed and durable"),
        (played.rate(), ""),
        goal,
    );
    table.row(
        &row("submit p50"),
        (millis(&played.submit, 500), " ms"),
        &Goal::None,
    );
    table.row(
        &row("submit p99"),
        (millis(&played.submit, 990), " ms"),
        &late,
    );
    table.row(
        &row("server CPU per answer"),
        (*cpu_ms, " ms"),
        &Goal::Most(0.3),
    );
}

/// One task at a time.
fn next(
    table: &Table,
    size: &str,
    (site, campaign): (&Site, CampaignId),
    (one, sixteen): (&mut [Vec<Member>], &mut [Vec<Member>]),
) -> Result<()> {
    let alone = work(site, campaign, one, (1, 500))?;
    let together = work(site, campaign, sixteen, (1, 6_000))?;
    for (who, stretch, most) in [("1 client", alone, 3.0), ("16 clients", together, 15.0)] {
        let times = &stretch.played.next;
        let row = |name: &str| format!("{name}, {who}, {size}");
        table.row(
            &row("next task p50"),
            (millis(times, 500), " ms"),
            &Goal::None,
        );
        table.row(
            &row("next task p99"),
            (millis(times, 990), " ms"),
            &Goal::Most(most),
        );
    }
    Ok(())
}
