//! Rows of the table: ours, the peer's, how many times faster, the goal, and whether it is met.

use std::fs;
use std::process::Command;

/// The table as it is printed, row by row.
pub struct Table(());

/// What a row is held against.
#[derive(Clone, Copy)]
pub enum Goal {
    /// So many times the peer's speed, or more.
    Times(f64),
    /// So many seconds, or fewer.
    Seconds(f64),
    /// Both: so many times the peer's speed, and so many seconds.
    Both(f64, f64),
    /// None: for information.
    None,
}

/// Prints machine, load and commit above the table.
pub fn header() {
    let described = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = described
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("unknown processor", |rest| {
        rest.trim_start_matches(['\t', ':', ' '])
    });
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let (system, machine) = (std::env::consts::OS, std::env::consts::ARCH);
    println!("machine    {model}, {cores} cores, {system} {machine}");
    println!("load       {}", said("cat", &["/proc/loadavg"]));
    let describe = ["describe", "--always", "--dirty", "--exclude=*"];
    let safe = ["-c", "safe.directory=*"];
    println!(
        "commit     {}",
        said("git", &[&safe[..], &describe[..]].concat())
    );
    println!("rustc      {}", said("rustc", &["--version"]));
    println!("figures    CPU seconds, one thread, median of 3, unless a row says otherwise");
    println!();
}

impl Table {
    /// Prints the head of the table.
    pub fn begin() -> Self {
        println!("| measure | figure | peer | ratio | goal | met |");
        println!("|---|---|---|---|---|---|");
        Self(())
    }

    /// A row of seconds beside those of a peer, or the reason why there are none.
    pub fn seconds(&mut self, measure: &str, own_s: f64, peer_s: &Result<f64, String>, goal: Goal) {
        let ratio = peer_s.as_ref().ok().map(|peer| peer / own_s.max(1e-9));
        let peer = match peer_s {
            Ok(seconds) => spelled(*seconds),
            Err(why) => why.clone(),
        };
        let fast = |times: f64| ratio.map(|ratio| ratio >= times);
        let (goal, met) = match goal {
            Goal::Times(times) => (format!(">= {times}x"), fast(times)),
            Goal::Seconds(most) => (format!("<= {}", spelled(most)), Some(own_s <= most)),
            Goal::Both(times, most) => (
                format!(">= {times}x, <= {}", spelled(most)),
                fast(times).map(|fast| fast && own_s <= most),
            ),
            Goal::None => (String::new(), None),
        };
        let ratio = ratio.map_or(String::new(), |ratio| format!("{ratio:.1}x"));
        self.put(measure, [&spelled(own_s), &peer, &ratio], &goal, met);
    }

    /// A row with a figure that no time changes, the peer's if it has one, and whether its goal is
    /// met, `None` without a goal.
    pub fn fact(&mut self, measure: &str, figures: [&str; 2], goal: &str, met: Option<bool>) {
        let [own, peer] = figures;
        self.put(measure, [own, peer, ""], goal, met);
    }

    /// A sentence in place of a row.
    pub fn skip(&mut self, measure: &str, why: &str) {
        self.put(measure, [&format!("skipped: {why}"), "", ""], "", None);
    }

    fn put(&mut self, measure: &str, figures: [&str; 3], goal: &str, met: Option<bool>) {
        let [own, peer, ratio] = figures;
        let met = met.map_or("", |met| if met { "yes" } else { "no" });
        println!("| {measure} | {own} | {peer} | {ratio} | {goal} | {met} |");
    }
}

/// Seconds in the unit that shows three digits.
fn spelled(seconds: f64) -> String {
    match seconds {
        s if s < 1e-3 => format!("{:.1} µs", s * 1e6),
        s if s < 1.0 => format!("{:.2} ms", s * 1e3),
        s => format!("{s:.2} s"),
    }
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output
        .ok()
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.filter(|text| !text.is_empty())
        .unwrap_or_else(|| "unknown".to_owned())
}
