//! 100,000 units for one answer each, sixteen contributors, a node that is killed on the way.

use crate::figure::{Goal, Table};
use crate::{binary, scratch};
use anyhow::{Result, ensure};
use headwater::load::once::Once;

/// Rows of what was lost, told twice, answered twice.
pub fn measure(table: &mut Table) -> Result<()> {
    let dir = scratch()?;
    let once = Once {
        binary: binary(),
        dir: &dir.path().join("node"),
        units: 100_000,
        clients: 16,
        kills: 5,
    };
    let verdict = once.run()?;
    let played = &verdict.played;
    ensure!(played.refused.is_empty(), "refused: {}", played.refused[0]);
    let rows = [
        ("given twice, of 100,000 with 5 kills", verdict.given_twice),
        ("answered twice", verdict.answered_twice),
        ("acknowledged and lost", verdict.lost),
        ("never answered", 100_000 - verdict.answered),
    ];
    for (row, count) in rows {
        table.row(row, (count as f64, ""), &Goal::Most(0.0));
    }
    Ok(())
}
