//! What a figure was measured on: processor, load, and how long the disk takes to keep bytes.

use anyhow::Result;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// Processor, number of cores, system.
pub fn machine() -> String {
    let described = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = described
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("unknown processor", |rest| {
        rest.trim_start_matches(['\t', ':', ' '])
    });
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!(
        "{model}, {cores} cores, {} {}",
        std::env::consts::OS,
        std::env::consts::ARCH
    )
}

/// Processes that wanted a core over the last minute, as the system counts them.
pub fn load_average() -> String {
    let said = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    said.split(' ').next().unwrap_or("unknown").to_owned()
}

/// How long `count` calls of `fdatasync` took one after the other, each after 4 KiB more of a file
/// in `dir`; ascending.
pub fn sync_times(dir: &Path, count: usize) -> Result<Vec<Duration>> {
    let path = dir.join("sync");
    let mut file = File::create(&path)?;
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        file.write_all(&[1; 4096])?;
        let start = Instant::now();
        file.sync_data()?;
        times.push(start.elapsed());
    }
    drop(file);
    fs::remove_file(path)?;
    times.sort_unstable();
    Ok(times)
}
