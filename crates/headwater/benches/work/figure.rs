//! Rows of the table: Label Studio twice, ours, the goal, and how busy the machine was.

use headwater::load::machine;
use std::collections::BTreeMap;
use std::time::Duration;

/// The table as it is printed, row by row.
pub struct Table {
    /// Serial `fdatasync` calls that the disk does in a second.
    pub syncs: f64,
    /// What Label Studio was measured at: by row, default and best.
    theirs: BTreeMap<&'static str, [String; 2]>,
}

/// A figure and what it is held against.
pub enum Goal {
    /// At least so much.
    Least(f64),
    /// At most so much.
    Most(f64),
    /// None: for information.
    None,
}

impl Table {
    /// Prints the head.
    pub fn begin(syncs: f64) -> Self {
        println!(
            "| measure | Label Studio, default | PostgreSQL + gunicorn | ours | goal | met | load |"
        );
        println!("|---|---|---|---|---|---|---|");
        Self {
            syncs,
            theirs: BTreeMap::new(),
        }
    }

    /// Keeps a figure of Label Studio for the row of this name; 0 is its default configuration.
    pub fn theirs(&mut self, row: &'static str, configuration: usize, figure: String) {
        self.theirs.entry(row).or_default()[configuration] = figure;
    }

    /// A row with a number and its unit.
    pub fn row(&self, row: &str, (number, unit): (f64, &str), goal: &Goal) {
        let (said, met) = match goal {
            Goal::Least(least) => (format!(">= {}{unit}", short(*least)), number >= *least),
            Goal::Most(most) => (format!("<= {}{unit}", short(*most)), number <= *most),
            Goal::None => (String::new(), true),
        };
        let met = match (goal, met) {
            (Goal::None, _) => "",
            (_, true) => "yes",
            (_, false) => "no",
        };
        let none = [String::new(), String::new()];
        let [default, best] = self.theirs.get(row).unwrap_or(&none);
        let load = machine::load_average();
        let ours = format!("{}{unit}", short(number));
        println!("| {row} | {default} | {best} | {ours} | {said} | {met} | {load} |");
    }

    /// A row of Label Studio's that has no counterpart, or the reason why there is none.
    pub fn note(&self, row: &str, what: &str) {
        println!("| {row} | {what} | | | | | {} |", machine::load_average());
    }
}

/// The p-th thousandth of some times, in milliseconds.
pub fn millis(times: &[Duration], p: usize) -> f64 {
    let mut times = times.to_vec();
    times.sort_unstable();
    match times.len().checked_sub(1) {
        Some(last) => times[last * p / 1_000].as_secs_f64() * 1_000.0,
        None => f64::NAN,
    }
}

/// Three significant digits, and whole numbers from a thousand on with commas.
pub fn short(number: f64) -> String {
    match number.abs() {
        0.0 => "0".to_owned(),
        size if size >= 1_000.0 => headwater::words::count(number.round() as u128),
        size if size >= 100.0 => format!("{number:.0}"),
        size if size >= 10.0 => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    }
}
