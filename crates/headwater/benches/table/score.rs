//! Replays of real data sets by the program itself, and the scoring inside them.

use crate::binary::{self, memory};
use crate::clock::best_of;
use crate::header::scratch;
use crate::row::{Goal, Table, grouped};
use ledger::State;
use ledger::work::Campaign;
use protocol::document::Outcome;
use std::path::{Path, PathBuf};
use store::Place;
use store::snapshot::Snapshots;

/// Product with its goals, adult2 for information.
pub fn measure(table: &mut Table) -> anyhow::Result<()> {
    let crowd = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/crowd");
    for (set, wall, scoring) in [
        ("product", Goal::Seconds(3.0), Goal::Seconds(0.1)),
        ("adult2", Goal::None, Goal::None),
    ] {
        let files = ["answers.csv", "gold.csv"].map(|file| crowd.join(set).join(file));
        if !files.iter().all(|path| path.is_file()) {
            table.skip(&format!("replay of {set}"), "its files are not here");
            continue;
        }
        replay(table, set, &files, [wall, scoring])?;
    }
    Ok(())
}

fn replay(
    table: &mut Table,
    set: &str,
    files: &[PathBuf; 2],
    [wall, scoring]: [Goal; 2],
) -> anyhow::Result<()> {
    let dir = scratch()?;
    let data = dir.path().join(set);
    let [answers, gold] = files.each_ref().map(|path| path.display().to_string());
    let place = data.display().to_string();
    let run = binary::run(&[
        "replay",
        "--data",
        &place,
        "--answers",
        &answers,
        "--gold",
        &gold,
        "--json",
    ])?;
    let count = grouped(run.said["answers"].as_f64().unwrap_or(0.0));
    anyhow::ensure!(run.said["audit"] == "verified", "{set} is not verified");
    let measure = format!("replay of {set} ({count} answers), end to end with its audit");
    table.seconds(&measure, run.spent, wall);
    let campaign = unjudged(&data)?;
    let (scores, spent) = best_of(3, || ledger::score(&campaign, true));
    scores.map_err(|rejection| anyhow::anyhow!("cannot score {set}: {rejection}"))?;
    table.seconds(
        &format!("replay of {set}: `ledger::score` in it"),
        spent,
        scoring,
    );
    memory(table, &format!("replay of {set}: peak memory"), &run);
    Ok(())
}

/// The campaign as it stood before its only judgement.
fn unjudged(data: &Path) -> anyhow::Result<Campaign> {
    let found = Snapshots::new(Place::directory(data).files())
        .load(u64::MAX)?
        .snapshot;
    let state = found.and_then(|snapshot| State::from_bytes(&snapshot.bytes));
    let campaign = state.and_then(|state| state.campaigns.into_iter().next());
    let mut campaign = campaign.ok_or_else(|| anyhow::anyhow!("no campaign was replayed"))?;
    for block in campaign.work.values_mut().flat_map(|work| &mut work.blocks) {
        block.outcome = Outcome::Held;
    }
    Ok(campaign)
}
