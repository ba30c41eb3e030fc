//! CPU and wall time of a piece of work, and the peak memory of a process of its own.

use std::fs;
use std::process::Command;
use std::time::Instant;

/// The word before a child's name on the command line.
pub const CHILD: &str = "--child";

/// Seconds that a piece of work took, once.
#[derive(Clone, Copy, Debug)]
pub struct Spent {
    pub wall_s: f64,
    /// On the core of the calling thread only.
    pub cpu_s: f64,
}

/// Runs `work` three times over, each time as often as fills a tenth of a second, and returns the
/// middle cost of one run: the same that the peers' scripts do.
pub fn median<T>(mut work: impl FnMut() -> T) -> (T, Spent) {
    let (mut made, first) = time(&mut work);
    let often = (0.1 / first.cpu_s.max(1e-6)).ceil().clamp(1.0, 10_000.0) as u32;
    let mut runs: Vec<Spent> = (0..3)
        .map(|_| {
            let ((), all) = time(|| (0..often).for_each(|_| made = work()));
            Spent {
                wall_s: all.wall_s / f64::from(often),
                cpu_s: all.cpu_s / f64::from(often),
            }
        })
        .collect();
    runs.sort_by(|a, b| a.cpu_s.total_cmp(&b.cpu_s));
    (made, runs[1])
}

/// Runs `work` once on this thread.
pub fn time<T>(work: impl FnOnce() -> T) -> (T, Spent) {
    let (start, cpu) = (Instant::now(), thread_cpu_s());
    let made = work();
    let wall_s = start.elapsed().as_secs_f64();
    let cpu_s = thread_cpu_s()
        .zip(cpu)
        .map_or(wall_s, |(now, then)| now - then);
    (made, Spent { wall_s, cpu_s })
}

/// Runs the child `name` of this very program with `words` and reads what it says.
pub fn child(name: &str, words: &[&str]) -> Result<serde_json::Value, Box<dyn std::error::Error>> {
    let output = Command::new(std::env::current_exe()?)
        .args([CHILD, name])
        .args(words)
        .output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("child `{name}` failed: {said}").into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The most memory this process ever held, in MB of 10^6 bytes; 0 where the system does not say.
pub fn peak_mb() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kib.unwrap_or(0.0) * 1_024.0 / 1e6
}

fn thread_cpu_s() -> Option<f64> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: f64 = text.split(' ').next()?.parse().ok()?;
    Some(nanoseconds / 1e9)
}
