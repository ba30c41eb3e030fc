//! The program as its users run it: a child process with its time, its peak memory and its size.

use crate::clock::{Spent, children_cpu_s};
use crate::header::scratch;
use crate::row::{Goal, Table, grouped};
use serde_json::Value;
use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const BINARY: &str = env!("CARGO_BIN_EXE_headwater");
const MEGABYTE: f64 = 1e6;

/// What a run has said and taken.
pub struct Run {
    /// The JSON object it printed.
    pub said: Value,
    /// Seconds, wall and CPU on all cores.
    pub spent: Spent,
    /// Most bytes it held in memory; `None` where the system does not tell.
    pub peak_bytes: Option<f64>,
}

/// The demo and the binary's size.
pub fn measure(table: &mut Table) -> anyhow::Result<()> {
    let dir = scratch()?;
    let data = dir.path().join("demo").display().to_string();
    let run = run(&["demo", "--data", &data, "--json"])?;
    let answers = run.said["answers"].as_f64().unwrap_or(0.0);
    let fits = answers >= 20_000.0;
    table.fact("demo: signed answers", &grouped(answers), ">= 20,000", fits);
    table.seconds(
        "demo: wall time and CPU time on all cores",
        run.spent,
        Goal::Seconds(10.0),
    );
    memory(table, "demo: peak memory", &run);
    let size = fs::metadata(BINARY)?.len() as f64 / MEGABYTE;
    table.fact(
        "binary size",
        &format!("{size:.1} MB"),
        "<= 40 MB",
        size <= 40.0,
    );
    Ok(())
}

/// A row of peak memory.
pub fn memory(table: &mut Table, measure: &str, run: &Run) {
    match run.peak_bytes {
        Some(bytes) => {
            let figure = format!("{:.0} MB", bytes / MEGABYTE);
            table.fact(measure, &figure, "<= 200 MB", bytes <= 200.0 * MEGABYTE);
        }
        None => table.skip(measure, "this system has no `/proc/PID/status`"),
    }
}

/// Runs the program with `--json` among its arguments.
pub fn run(arguments: &[&str]) -> anyhow::Result<Run> {
    let (start, cpu) = (Instant::now(), children_cpu_s());
    let mut child = Command::new(BINARY)
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let peak_bytes = watch(&mut child)?;
    let output = child.wait_with_output()?;
    let wall_s = start.elapsed().as_secs_f64();
    anyhow::ensure!(
        output.status.success(),
        "`headwater {}` failed",
        arguments.join(" ")
    );
    let cpu_s = children_cpu_s()
        .zip(cpu)
        .map_or(wall_s, |(now, then)| now - then);
    let said = serde_json::from_slice(&output.stdout)?;
    Ok(Run {
        said,
        spent: Spent { wall_s, cpu_s },
        peak_bytes,
    })
}

/// The child's memory high-water mark, read until it ends; what it prints must fit a pipe.
fn watch(child: &mut Child) -> anyhow::Result<Option<f64>> {
    let path = format!("/proc/{}/status", child.id());
    let mut peak = None;
    while child.try_wait()?.is_none() {
        peak = fs::read_to_string(&path)
            .ok()
            .and_then(|text| high_water(&text))
            .or(peak);
        thread::park_timeout(Duration::from_millis(2));
    }
    Ok(peak)
}

fn high_water(status: &str) -> Option<f64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024.0)
}
