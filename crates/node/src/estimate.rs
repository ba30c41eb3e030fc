//! What a campaign will cost and how right its labels will be, before any money is set aside.

use crate::draft::{Draft, decimal};
use protocol::Amount;
use protocol::brief::Kind;
use quality::assign::{Skills, Wish, plan};
use serde::Serialize;

/// Seed of the simulated crowds: the same plan has the same estimate.
const SEED: u64 = 0x5eed;

/// An estimate; shares in ppm, money in base units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Estimate {
    /// Tasks of the plan.
    pub tasks: u32,
    /// Answers if every task gets all that are wanted.
    pub answers: u64,
    /// Most that this costs, verdicts included.
    #[serde(with = "decimal")]
    pub most_units: Amount,
    /// What crowds of usual skill need for the target; none for free text.
    pub forecast: Option<Forecast>,
}

/// By simulation of crowds of which four answers in five are right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Forecast {
    /// Share of labels that will be right with all answers: low, median, high.
    pub accuracy_ppm: [u32; 3],
    /// Answers that a stop at the target needs: low, median, high.
    pub adaptive_answers: [u64; 3],
    /// What these cost.
    pub adaptive_units: [u64; 3],
    /// Share of crowds that reach the target at all.
    pub reached_ppm: u32,
}

/// A usual crowd: four of five answers right on average, people differ.
const USUAL: Skills = Skills::Prior { right: 8, wrong: 2 };

/// Estimates a plan of so many tasks.
pub fn estimate(draft: &Draft, tasks: u32) -> Estimate {
    let units = u64::from(tasks) * u64::from(draft.units_per_task());
    Estimate {
        tasks,
        answers: units * u64::from(draft.overlap),
        most_units: draft.cost(tasks).unwrap_or(Amount::MAX),
        forecast: forecast(draft, u32::try_from(units).unwrap_or(u32::MAX)),
    }
}

fn forecast(draft: &Draft, units: u32) -> Option<Forecast> {
    if draft.kind == Kind::Text || units == 0 {
        return None;
    }
    let classes = u32::try_from(draft.ledger_classes().len()).ok()?;
    let target = match draft.target_ppm {
        0 => 950_000,
        target => target,
    };
    let wish = Wish {
        classes,
        units,
        target_ppm: target,
        most: u32::from(draft.overlap).min(100),
        gold_ppm: draft.gold_ppm,
        price: u64::try_from(draft.price_units.units()).unwrap_or(u64::MAX),
    };
    let planned = plan(&USUAL, &wish, SEED).ok()?;
    Some(Forecast {
        accuracy_ppm: planned.fixed.accuracy_ppm,
        adaptive_answers: planned.adaptive.answers,
        adaptive_units: planned.adaptive.cost,
        reached_ppm: planned.adaptive.reached_ppm,
    })
}
