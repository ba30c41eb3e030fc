//! Wall time beside CPU time: on a shared machine only the second says what a thing costs.

use std::fs;
use std::time::Instant;

/// What a piece of work has taken.
#[derive(Clone, Copy, Default)]
pub struct Spent {
    /// Seconds that passed.
    pub wall_s: f64,
    /// Seconds on a core: of the measuring thread, or of a whole child process.
    pub cpu_s: f64,
}

impl std::ops::AddAssign for Spent {
    fn add_assign(&mut self, other: Self) {
        self.wall_s += other.wall_s;
        self.cpu_s += other.cpu_s;
    }
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

/// Runs `work` `times` times; the run with the least CPU time counts, since only disturbance adds
/// to it.
pub fn best_of<T>(times: usize, mut work: impl FnMut() -> T) -> (T, Spent) {
    let mut best = time(&mut work);
    for _ in 1..times {
        let next = time(&mut work);
        if next.1.cpu_s < best.1.cpu_s {
            best = next;
        }
    }
    best
}

/// User and system seconds of all children that have ended, in hundredths.
pub fn children_cpu_s() -> Option<f64> {
    const TICKS_A_SECOND: f64 = 100.0;
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // Fields are counted behind the command's closing parenthesis; cutime and cstime are 16 and 17.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: f64 = fields.get(13)?.parse::<f64>().ok()? + fields.get(14)?.parse::<f64>().ok()?;
    Some(ticks / TICKS_A_SECOND)
}

fn thread_cpu_s() -> Option<f64> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: f64 = text.split(' ').next()?.parse().ok()?;
    Some(nanoseconds / 1e9)
}
