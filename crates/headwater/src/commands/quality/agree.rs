//! `headwater quality agree`: how far workers agree beyond chance, and how sure that is.

use super::answers::{Crowd, places};
use super::grid::{Grid, Side};
use super::output::Output;
use super::page::Page;
use super::picture::{Interval, Picture, intervals};
use super::span::span;
use crate::cli::quality::{Agree, Scale};
use crate::words::{Paint, count, plural};
use anyhow::{Result, bail};
use quality::agree::{
    Contingency, Draws, Error, Estimate, Level, Measure, Units, Weighting, estimate, estimate_cohen,
};
use quality::parallel::Threads;
use quality::{Answer, Answers};
use serde_json::json;
use table::Column;
use table::error::{listed, quoted};

/// Measures, and writes the result in all forms that were asked for.
pub fn run(args: &Agree) -> Result<()> {
    let crowd = Crowd::read(&args.sheets, None)?;
    let labels = Labels::new(&crowd, args)?;
    let answers = labels.answers(&crowd)?;
    let units = Units::new(&answers);
    let found = measured(&crowd, &answers, &units, &labels, args)?;
    let rows = vec![
        Column::texts(
            "measure",
            found.iter().map(|it| it.name.to_owned()).collect(),
        ),
        Column::reals("value", found.iter().map(|it| it.estimate.value).collect()),
        Column::reals("low", found.iter().map(|it| it.estimate.low).collect()),
        Column::reals("high", found.iter().map(|it| it.estimate.high).collect()),
        Column::integers(
            "units",
            found.iter().map(|it| i64::from(it.units)).collect(),
        ),
    ];
    let json = json!({
        "measures": table::write::objects(&rows),
        "answers": answers.rows().len(),
        "workers": crowd.workers.len(),
        "tasks": crowd.tasks.len(),
        "labels": labels.names,
        "resamples": args.resamples,
        "seed": args.seed,
    });
    let picture = picture(&found);
    let output = Output {
        rows: &rows,
        json,
        words: words(&crowd, &units, &found, args),
        pictures: std::slice::from_ref(&picture),
        page: page(&crowd, &found, std::slice::from_ref(&picture), &rows),
    };
    output.write(&args.sheets)
}

/// Labels from the lowest to the highest, with their numbers where they are numbers.
struct Labels {
    names: Vec<String>,
    numbers: Option<Vec<f64>>,
    ranked: bool,
}

impl Labels {
    /// # Errors
    /// An order that does not name every label once, or a scale that the labels are not of.
    fn new(crowd: &Crowd, args: &Agree) -> Result<Self> {
        let number = |name: &String| {
            let number = name.trim().parse::<f64>().ok();
            number.filter(|number| number.is_finite())
        };
        let numbers: Option<Vec<f64>> = crowd.labels.iter().map(number).collect();
        if !args.order.is_empty() {
            let places = places(&args.order);
            let missing: Vec<&str> = crowd.labels.iter().map(String::as_str).collect();
            let missing: Vec<&str> = missing
                .into_iter()
                .filter(|name| !places.contains_key(name))
                .collect();
            if !missing.is_empty() || places.len() != args.order.len() {
                bail!(
                    "the order does not name every label once; missing: {}\nhint: give all labels \
                     as the file spells them, as in `--order low,middle,high`",
                    listed(missing)
                );
            }
            let names = args.order.clone();
            let numbers: Option<Vec<f64>> = names.iter().map(number).collect();
            return Ok(Self {
                names,
                numbers,
                ranked: true,
            });
        }
        let names = crowd.labels.clone();
        let Some(numbers) = numbers else {
            if !matches!(args.scale, Scale::Auto | Scale::Nominal) {
                let word = names.iter().find(|name| number(name).is_none());
                bail!(
                    "the label {} is no number\nhint: for ranks, give `--order` from the lowest to \
                     the highest",
                    quoted(word.map_or("", String::as_str))
                );
            }
            return Ok(Self {
                names,
                numbers: None,
                ranked: false,
            });
        };
        let mut order: Vec<usize> = (0..names.len()).collect();
        order.sort_by(|a, b| numbers[*a].total_cmp(&numbers[*b]));
        Ok(Self {
            names: order.iter().map(|at| names[*at].clone()).collect(),
            numbers: Some(order.iter().map(|at| numbers[*at]).collect()),
            ranked: true,
        })
    }

    /// The crowd's answers with labels numbered from the lowest.
    fn answers(&self, crowd: &Crowd) -> Result<Answers> {
        let places = places(&self.names);
        let codes: Vec<u32> = crowd
            .labels
            .iter()
            .map(|name| places[name.as_str()])
            .collect();
        let rows = crowd.answers.rows().iter().map(|row| Answer {
            label: codes[row.label as usize],
            ..*row
        });
        let (units, workers) = (crowd.answers.units(), crowd.answers.workers());
        Ok(Answers::new(
            units,
            workers,
            self.names.len() as u32,
            rows.collect(),
        )?)
    }

    /// Alphas that the scale asks for, by name.
    fn levels(&self, scale: Scale) -> Result<Vec<(&'static str, Level<'_>)>> {
        let mut levels = Vec::new();
        let wanted = |one: Scale| scale == Scale::Auto || scale == one;
        if wanted(Scale::Nominal) {
            levels.push(("alpha nominal", Level::Nominal));
        }
        if wanted(Scale::Ordinal) && self.ranked {
            levels.push(("alpha ordinal", Level::Ordinal));
        }
        if let Some(numbers) = &self.numbers {
            if wanted(Scale::Interval) {
                levels.push(("alpha interval", Level::Interval(numbers)));
            }
            let from_zero = numbers.iter().all(|number| *number >= 0.0);
            if scale == Scale::Ratio && !from_zero {
                bail!(
                    "a label is below 0\n\
                     hint: ratios need numbers from 0 up; use `--scale interval`"
                );
            }
            if wanted(Scale::Ratio) && from_zero {
                levels.push(("alpha ratio", Level::Ratio(numbers)));
            }
        } else if matches!(scale, Scale::Interval | Scale::Ratio) {
            bail!("the labels are no numbers\nhint: use `--scale ordinal`");
        }
        Ok(levels)
    }
}

/// One number.
struct Found {
    name: &'static str,
    estimate: Estimate,
    units: u32,
}

fn measured(
    crowd: &Crowd,
    answers: &Answers,
    units: &Units,
    labels: &Labels,
    args: &Agree,
) -> Result<Vec<Found>> {
    let draws = Draws {
        resamples: args.resamples,
        seed: args.seed,
        ..Draws::default()
    };
    let threads = Threads::new(args.threads);
    let refused = |error: Error| {
        let hint = match error {
            Error::NoPairs => "agreement needs tasks that two workers or more answered",
            Error::NoVariation => "agreement needs at least two different labels among the answers",
            _ => "check the labels",
        };
        anyhow::anyhow!("cannot measure agreement: {error}\nhint: {hint}")
    };
    let levels = labels.levels(args.scale)?;
    let mut measures: Vec<(&str, Measure<'_>)> = Vec::new();
    measures.extend(
        levels
            .into_iter()
            .map(|(name, level)| (name, Measure::Alpha(level))),
    );
    measures.push(("kappa of Fleiss", Measure::Fleiss));
    measures.push(("agreeing pairs", Measure::Percentage));
    let mut found = Vec::new();
    for (name, measure) in measures {
        let estimate = estimate(units, measure, draws, threads).map_err(refused)?;
        found.push(Found {
            name,
            estimate,
            units: units.count(),
        });
    }
    if let Some((one, other)) = pair(crowd, args)? {
        let table = Contingency::new(answers, one, other).map_err(refused)?;
        let mut kinds = vec![("kappa of Cohen", Weighting::Plain)];
        if labels.ranked && args.scale != Scale::Nominal {
            kinds.push(("kappa, linear weights", Weighting::Linear));
            kinds.push(("kappa, quadratic weights", Weighting::Quadratic));
        }
        for (name, weighting) in kinds {
            let estimate = estimate_cohen(&table, weighting, draws, threads).map_err(refused)?;
            found.push(Found {
                name,
                estimate,
                units: table.units(),
            });
        }
    }
    Ok(found)
}

/// The two workers of `--pair`, or the only two.
fn pair(crowd: &Crowd, args: &Agree) -> Result<Option<(u32, u32)>> {
    let [one, other] = &args.pair[..] else {
        return Ok((crowd.workers.len() == 2).then_some((0, 1)));
    };
    let places = places(&crowd.workers);
    let place = |name: &String| {
        places.get(name.as_str()).copied().ok_or_else(|| {
            anyhow::anyhow!(
                "there is no worker {}\nhint: name workers as the file spells them",
                quoted(name)
            )
        })
    };
    let pair = (place(one)?, place(other)?);
    if pair.0 == pair.1 {
        bail!("a worker always agrees with themselves\nhint: name two different workers");
    }
    Ok(Some(pair))
}

fn words(crowd: &Crowd, units: &Units, found: &[Found], args: &Agree) -> String {
    let paint = Paint::new();
    let size = format!(
        "{} by {} to {}",
        plural(crowd.answers.rows().len() as u64, "answer"),
        plural(crowd.workers.len() as u64, "worker"),
        plural(crowd.tasks.len() as u64, "task"),
    );
    let mut grid = Grid::new(&[
        ("measure", Side::Left),
        ("value", Side::Right),
        ("95 %", Side::Left),
        ("0 to 1", Side::Left),
        ("tasks", Side::Right),
    ]);
    for it in found {
        let Estimate {
            value, low, high, ..
        } = it.estimate;
        grid.row([
            it.name.to_owned(),
            format!("{value:.3}"),
            format!("{low:.3} to {high:.3}"),
            span([low, value, high], [0.0, 1.0]),
            count(u128::from(it.units)),
        ]);
    }
    format!(
        "{}\n  {} with two answers or more; {} of them for the intervals, seed {}\n\n{}",
        paint.bold(&size),
        plural(u64::from(units.count()), "task"),
        plural(u64::from(args.resamples), "resample"),
        args.seed,
        grid.lines(paint)
    )
}

fn picture(found: &[Found]) -> Picture {
    let row = |it: &Found| Interval {
        name: it.name.to_owned(),
        value: it.estimate.value * 100.0,
        low: it.estimate.low * 100.0,
        high: it.estimate.high * 100.0,
    };
    let rows: Vec<Interval> = found.iter().map(row).collect();
    Picture {
        title: "How far workers agree".to_owned(),
        ..intervals(
            &rows,
            "per cent",
            "Alpha and kappas: 0 is what chance would give, 100 full agreement. Agreeing pairs: \
             the plain share, chance included. Lines are 95 % intervals over tasks.",
        )
    }
}

fn page<'a>(
    crowd: &Crowd,
    found: &[Found],
    pictures: &'a [Picture],
    rows: &'a [Column],
) -> Page<'a> {
    let finding = |it: &Found| {
        let Estimate {
            value, low, high, ..
        } = it.estimate;
        (
            format!("{value:.3}"),
            format!("{} ({low:.3} to {high:.3})", it.name),
        )
    };
    let findings: Vec<(String, String)> = found.iter().map(finding).collect();
    Page {
        title: "How far workers agree".to_owned(),
        findings,
        pictures,
        tables: vec![("Measures", rows)],
        small_print: vec![
            format!(
                "{} by {}.",
                plural(crowd.answers.rows().len() as u64, "answer"),
                plural(crowd.workers.len() as u64, "worker")
            ),
            "Workers who agree may all be wrong: agreement measures whether labels can be \
             reproduced, not whether they are right."
                .to_owned(),
        ],
    }
}
