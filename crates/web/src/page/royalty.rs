//! What one's own shares in label sets have brought, over time.

use std::collections::BTreeMap;

use maud::{Markup, html};
use node::earnings::Share;
use protocol::{AccountId, Amount};
use view::question::PoolRevenue;

use super::words::Words;
use crate::chart::{Caption, Line, Measure, Point, lines};
use crate::problem::Problem;
use crate::work::Work;

/// Most epochs that the line shows one by one; what came before stands in the first of them.
const EPOCHS: u64 = 200;

/// What uses have brought in the first token to the pools in which an account has shares; nothing
/// is asked for somebody without any. Waits for the view.
pub(super) fn read(
    work: &Work,
    own: AccountId,
    shares: &[Share],
) -> Result<Vec<PoolRevenue>, Problem> {
    asked(shares, || {
        let epochs = work.host().read(|state| state.epochs.len() as u64);
        let since = epochs.saturating_sub(EPOCHS).saturating_add(1);
        Ok(work.market().questions()?.pool_revenue(own.0, 0, since)?)
    })
}

fn asked(
    shares: &[Share],
    ask: impl FnOnce() -> Result<Vec<PoolRevenue>, Problem>,
) -> Result<Vec<PoolRevenue>, Problem> {
    if shares.is_empty() {
        return Ok(Vec::new());
    }
    ask()
}

/// The line of all shares together.
pub(super) fn section(words: Words, rows: &Result<Vec<PoolRevenue>, Problem>) -> Markup {
    let rows = match rows {
        Ok(rows) => rows,
        Err(problem) => return html! { p.empty { (words.why(problem)) } },
    };
    let line = [Line {
        name: words.say("earnings.royalties"),
        points: grown(rows),
    }];
    let caption = Caption {
        words,
        id: "royalties",
        title: words.say("earnings.over-time"),
        says: words.say("earnings.over-time-how"),
        empty: words.say("earnings.over-time-empty"),
    };
    let up = Measure {
        words,
        name: words.say("earnings.royalties"),
        whole: super::part::WHOLE,
        sign: "",
        exact: Words::money,
    };
    lines(
        caption,
        &line,
        (words.say("earnings.epoch-end"), Words::time),
        up,
    )
}

/// What the shares had brought in all at the end of each epoch. A pool is divided as it stands, so
/// what is left over of one epoch counts in the next.
fn grown(rows: &[PoolRevenue]) -> Vec<Point> {
    let mut pools: BTreeMap<u32, (Amount, u128)> = BTreeMap::new();
    let mut points: Vec<Point> = Vec::new();
    for row in rows {
        let (pool, part) = pools.entry(row.asset).or_default();
        *pool = pool.checked_add(row.units).unwrap_or(Amount::MAX);
        *part = pool.part(row.share.0, row.share.1).map_or(0, Amount::units);
        let point = Point {
            x: row.time_ms,
            y: sum(&pools),
            band: None,
        };
        match points.last_mut() {
            Some(last) if last.x == point.x => *last = point,
            _ => points.push(point),
        }
    }
    points
}

/// The parts of all pools together.
fn sum(pools: &BTreeMap<u32, (Amount, u128)>) -> u128 {
    let parts = pools.values().map(|(_, part)| *part);
    parts.fold(0, u128::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(asset: u32, time_ms: u64, share: (u32, u32), units: u128) -> PoolRevenue {
        PoolRevenue {
            asset,
            time_ms,
            share,
            units: Amount::new(units).unwrap(),
        }
    }

    #[test]
    fn pools_are_divided_as_they_stand_and_epochs_add_up() {
        let rows = [
            row(3, 100, (1, 3), 10),
            row(8, 100, (1, 2), 5),
            row(3, 200, (1, 3), 2),
            row(3, 300, (1, 3), 1),
        ];
        let points: Vec<(u64, u128)> = grown(&rows).iter().map(|it| (it.x, it.y)).collect();
        // 10/3 + 5/2, then 12/3 + 5/2, then 13/3 + 5/2, each rounded down.
        assert_eq!(points, [(100, 5), (200, 6), (300, 6)]);
        assert!(grown(&[]).is_empty());
    }

    #[test]
    fn nothing_is_asked_for_somebody_without_shares() {
        let ask = || Err(Problem::missing("the view was asked"));
        assert_eq!(asked(&[], ask).map(|rows| rows.len()), Ok(0));
        let share = Share {
            asset: 3,
            title: "moods".to_owned(),
            shares: 1,
            of: 2,
            units: Amount::ZERO,
        };
        assert!(asked(&[share], ask).is_err());
    }

    #[test]
    fn sums_of_pools_have_an_end() {
        let most = (Amount::MAX, u128::MAX);
        assert_eq!(sum(&BTreeMap::from([(1, most), (2, most)])), u128::MAX);
    }

    #[test]
    fn a_line_is_drawn_and_none_is_said_in_words() {
        let drawn = section(Words::ENGLISH, &Ok(vec![row(3, 100, (1, 2), 3_000_000)]));
        assert!(
            drawn.0.contains("<svg") && drawn.0.contains("1.50"),
            "{}",
            drawn.0
        );
        let none = section(Words::ENGLISH, &Ok(Vec::new()));
        assert!(!none.0.contains("<svg") && none.0.contains("starts with the first"));
    }
}
