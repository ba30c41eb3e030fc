//! Rows of the table: one column for each gateway, then the ratios that the goals ask for.

use crate::load::{Load, Point};
use crate::peer::Gateway;
use headwater::load::machine;

/// The columns, in order: direct, ours, and the peers that are there.
pub struct Table {
    names: Vec<&'static str>,
}

impl Table {
    /// Prints the head.
    pub fn begin(gateways: &[Gateway]) -> Self {
        let names: Vec<_> = gateways.iter().map(|gateway| gateway.name).collect();
        println!("| measure | {} | ours to them | load |", names.join(" | "));
        println!("|---|{}---|---|", "---|".repeat(names.len()));
        Self { names }
    }

    /// All rows of one kind of load.
    pub fn points(&self, load: Load, points: &[Option<Point>]) {
        let column = |value: fn(&Point) -> f64| -> Vec<Option<f64>> {
            points
                .iter()
                .map(|point| point.as_ref().map(value))
                .collect()
        };
        let what = match load {
            Load::Plain => "requests, 64 connections",
            Load::OneStream => "24-event streams, 1 connection",
            Load::Streams => "24-event streams, 64 connections",
        };
        self.row(what, "/s", &column(|point| point.rate));
        self.row(&format!("{what}: p50"), "ms", &column(|point| point.p50_ms));
        self.row(&format!("{what}: p99"), "ms", &column(|point| point.p99_ms));
        self.row(
            &format!("{what}: CPU each"),
            "us",
            &column(|point| point.cpu_us),
        );
        let failed = |point: &Point| point.failed as f64;
        self.row(&format!("{what}: failed"), "", &column(failed));
    }

    /// A row with a figure of each gateway.
    pub fn row(&self, what: &str, unit: &str, figures: &[Option<f64>]) {
        let shown = figures
            .iter()
            .map(|figure| figure.map_or_else(String::new, number));
        let shown: Vec<String> = shown.collect();
        let ours = self.names.iter().position(|name| *name == "ours");
        let ours = ours.and_then(|place| figures.get(place).copied().flatten());
        let others = self.names.iter().zip(figures);
        let others = others.filter(|(name, _)| **name != "ours");
        let ratios = others.filter_map(|(name, figure)| {
            let (ours, theirs) = ours.zip(*figure)?;
            (theirs > 0.0).then(|| format!("{name} x {:.2}", ours / theirs))
        });
        let ratios: Vec<String> = ratios.collect();
        let load = machine::load_average();
        println!(
            "| {what}, {unit} | {} | {} | {load} |",
            shown.join(" | "),
            ratios.join(", ")
        );
    }

    /// A row with a figure of ours alone, which is to be at most `most`.
    pub fn ours(&self, what: &str, unit: &str, figure: f64, most: f64) {
        let shown = self.names.iter().map(|name| match *name {
            "ours" => number(figure),
            _ => String::new(),
        });
        let shown: Vec<String> = shown.collect();
        let goal = match most.is_finite() {
            true => format!("goal <= {}", number(most)),
            false => String::new(),
        };
        let load = machine::load_average();
        println!(
            "| {what}, {unit} | {} | {goal} | {load} |",
            shown.join(" | ")
        );
    }
}

/// Three digits, and whole numbers from a hundred on.
fn number(figure: f64) -> String {
    match figure.abs() {
        size if size >= 100.0 => headwater::words::count(figure.round() as u128),
        size if size >= 10.0 => format!("{figure:.1}"),
        _ => format!("{figure:.2}"),
    }
}
