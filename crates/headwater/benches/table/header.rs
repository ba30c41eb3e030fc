//! What makes the numbers worth something: machine, measured fdatasync, seed, commit.

use std::fs::{self, File};
use std::io::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

/// All input follows from it.
pub const SEED: u64 = 7;

/// Prints the lines above the table.
pub fn print() -> anyhow::Result<()> {
    let [middle, late] = sync_times()?;
    println!("machine    {}", machine());
    println!("load       {}", said("cat", &["/proc/loadavg"]));
    println!("fdatasync  p50 {middle:.2?}, p99 {late:.2?} after 4 KiB");
    println!("seed       {SEED}");
    println!(
        "commit     {}",
        said(
            "git",
            &[
                "-c",
                "safe.directory=*",
                "describe",
                "--always",
                "--dirty",
                "--exclude=*"
            ]
        )
    );
    println!("rustc      {}", said("rustc", &["--version"]));
    println!();
    Ok(())
}

/// Numbers that follow from [`SEED`] and a stream's name (splitmix64).
pub struct Random(u64);

impl Random {
    /// The stream of one measure.
    pub fn of(stream: u64) -> Self {
        Self(SEED ^ stream.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let high = (mixed ^ (mixed >> 31)) >> 32;
        ((high * u64::from(limit)) >> 32) as u32
    }
}

/// A new empty directory on the disk that is measured.
pub fn scratch() -> anyhow::Result<tempfile::TempDir> {
    Ok(tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?)
}

fn machine() -> String {
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

fn sync_times() -> anyhow::Result<[Duration; 2]> {
    let dir = scratch()?;
    let mut file = File::create(dir.path().join("sync"))?;
    let mut times = Vec::new();
    for _ in 0..200 {
        file.write_all(&[1; 4096])?;
        let start = Instant::now();
        file.sync_data()?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    Ok([times[100], times[197]])
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output
        .ok()
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.filter(|text| !text.is_empty())
        .unwrap_or_else(|| "unknown".to_owned())
}
