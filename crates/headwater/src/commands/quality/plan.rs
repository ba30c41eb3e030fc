//! `headwater quality plan`: how many answers a target accuracy needs, and what they cost.

use super::answers::{Crowd, read_known};
use super::grid::{Grid, Side};
use crate::cli::quality::{Plan, Sheets};
use crate::words::{Paint, count, plural};
use anyhow::{Result, ensure};
use quality::assign::{self, Need, Skills, Wish};
use serde_json::json;

/// Simulates, and prints the plan.
pub fn run(args: &Plan) -> Result<()> {
    let skills = skills(args)?;
    let wish = Wish {
        classes: args.classes,
        units: args.tasks,
        target_ppm: ppm("target", args.target)?,
        most: args.most,
        gold_ppm: ppm("gold-share", args.gold_share)?,
        price: args.price,
    };
    let plan = assign::plan(&skills, &wish, args.seed).map_err(|error| match error {
        quality::Error::Rule { field } => anyhow::anyhow!(
            "`{}` is out of range\nhint: the target lies above 1 / classes and below 1, \
             there are 2 \
             classes or more, and at most 100 answers to a task",
            field.trim_end_matches("_ppm")
        ),
        other => other.into(),
    })?;
    if args.json {
        let object = json!({
            "fixed": json_of(&plan.fixed),
            "adaptive": json_of(&plan.adaptive),
            "target": args.target,
            "tasks": args.tasks,
            "seed": args.seed,
        });
        println!("{object}");
    } else {
        print!("{}", words(args, &plan));
    }
    Ok(())
}

/// What the pilot shows, or the distribution of the command line.
fn skills(args: &Plan) -> Result<Skills> {
    let (Some(pilot), Some(gold)) = (&args.pilot, &args.gold) else {
        return Ok(Skills::Prior {
            right: args.right,
            wrong: args.wrong,
        });
    };
    let sheets = Sheets {
        file: pilot.clone(),
        columns: Vec::new(),
        json: false,
        output: None,
        svg: None,
        report: None,
    };
    let gold = read_known(gold, &sheets)?;
    let crowd = Crowd::read(&sheets, Some(&gold))?;
    let (known, _) = crowd.known(&gold)?;
    let mut counts = vec![(0_u32, 0_u32); crowd.workers.len()];
    for row in crowd.answers.rows() {
        if let Some(truth) = known[row.unit as usize] {
            let (right, all) = &mut counts[row.worker as usize];
            *right += u32::from(truth == row.label);
            *all += 1;
        }
    }
    counts.retain(|(_, all)| *all > 0);
    Ok(Skills::Pilot(counts))
}

fn ppm(name: &str, share: f64) -> Result<u32> {
    ensure!(
        (0.0..1.0).contains(&share),
        "`--{name}` is outside 0 to 1\nhint: write a share, as in `0.95`"
    );
    Ok((share * 1e6).round() as u32)
}

fn json_of(need: &Need) -> serde_json::Value {
    let shares = need.accuracy_ppm.map(|ppm| f64::from(ppm) / 1e6);
    json!({
        "answers_per_task": need.answers_milli.map(|milli| f64::from(milli) / 1e3),
        "answers": need.answers,
        "cost": need.cost,
        "accuracy": shares,
        "reached": f64::from(need.reached_ppm) / 1e6,
    })
}

fn words(args: &Plan, plan: &assign::Plan) -> String {
    let paint = Paint::new();
    let mut grid = Grid::new(&[
        ("way", Side::Left),
        ("answers a task", Side::Right),
        ("answers in all", Side::Right),
        ("cost", Side::Right),
        ("accuracy", Side::Right),
        ("crowds that reach it", Side::Right),
    ]);
    for (way, need) in [
        ("as many for each", &plan.fixed),
        ("until sure", &plan.adaptive),
    ] {
        let milli = need
            .answers_milli
            .map(|milli| format!("{:.2}", f64::from(milli) / 1e3));
        let share = need
            .accuracy_ppm
            .map(|ppm| format!("{:.1}", f64::from(ppm) / 1e4));
        grid.row([
            way.to_owned(),
            format!("{} ({} to {})", milli[1], milli[0], milli[2]),
            range(need.answers),
            range(need.cost),
            format!("{} % ({} to {})", share[1], share[0], share[2]),
            format!("{:.0} %", f64::from(need.reached_ppm) / 1e4),
        ]);
    }
    let head = format!(
        "{} at {:.1} % right",
        plural(u64::from(args.tasks), "task"),
        args.target * 100.0
    );
    format!(
        "{}\n  gold is {:.0} % of all answers and paid like them; ranges hold nine \
         crowds of ten\n\n{}\n  \
         Real tasks differ in difficulty, and skills must be found out: plan for more than this.\n",
        paint.bold(&head),
        args.gold_share * 100.0,
        grid.lines(paint)
    )
}

fn range([low, middle, high]: [u64; 3]) -> String {
    let [low, middle, high] = [low, middle, high].map(|value| count(u128::from(value)));
    format!("{middle} ({low} to {high})")
}
