//! Rows of the table: what was measured, the figure, the goal, and whether it is met.

use crate::clock::Spent;

/// The table as it is printed, row by row.
pub struct Table(());

/// What a row is held against.
#[derive(Clone, Copy)]
pub enum Goal {
    /// So many a second, or more.
    Rate(f64),
    /// So many seconds, or fewer.
    Seconds(f64),
    /// None: for information.
    None,
}

impl Table {
    /// Prints the head of the table.
    pub fn begin() -> Self {
        println!("| measure | figure | by CPU time | goal | met |");
        println!("|---|---|---|---|---|");
        Self(())
    }

    /// A row of things per second.
    pub fn rate(&mut self, measure: &str, count: u64, spent: Spent, goal: Goal) {
        let of = |seconds: f64| count as f64 / seconds.max(1e-9);
        let (wall, cpu) = (of(spent.wall_s), of(spent.cpu_s));
        let (said, met) = match goal {
            Goal::Rate(least) => (
                format!(">= {} /s", grouped(least)),
                verdict(wall >= least, cpu >= least),
            ),
            _ => (String::new(), ""),
        };
        let figures = [
            format!("{} /s", grouped(wall)),
            format!("{} /s", grouped(cpu)),
        ];
        self.put(measure, &figures, &said, met);
    }

    /// A row of seconds.
    pub fn seconds(&mut self, measure: &str, spent: Spent, goal: Goal) {
        let (said, met) = match goal {
            Goal::Seconds(most) => (
                format!("<= {most} s"),
                verdict(spent.wall_s <= most, spent.cpu_s <= most),
            ),
            _ => (String::new(), ""),
        };
        let figures = [
            format!("{:.3} s", spent.wall_s),
            format!("{:.3} s", spent.cpu_s),
        ];
        self.put(measure, &figures, &said, met);
    }

    /// A row with a figure that no time changes, and whether its goal is met.
    pub fn fact(&mut self, measure: &str, figure: &str, goal: &str, met: bool) {
        self.put(
            measure,
            &[figure.to_owned(), String::new()],
            goal,
            verdict(met, met),
        );
    }

    /// A sentence in place of a row.
    pub fn skip(&mut self, measure: &str, why: &str) {
        self.put(measure, &[format!("skipped: {why}"), String::new()], "", "");
    }

    fn put(&mut self, measure: &str, figures: &[String; 2], goal: &str, met: &str) {
        let [figure, cpu] = figures;
        println!("| {measure} | {figure} | {cpu} | {goal} | {met} |");
    }
}

fn verdict(by_wall: bool, by_cpu: bool) -> &'static str {
    match (by_wall, by_cpu) {
        (true, _) => "yes",
        (false, true) => "by CPU time",
        (false, false) => "no",
    }
}

/// A whole number with commas.
pub fn grouped(number: f64) -> String {
    headwater::words::count(number.round() as u128)
}
