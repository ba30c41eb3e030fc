//! The clock as a port, so that tests move time themselves.

use std::fmt::Debug;
use std::sync::{Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Tells the time. It may jump, also backwards: log time does not follow it down.
pub trait Clock: Debug + Send + Sync {
    /// Milliseconds since 1970.
    fn now_ms(&self) -> u64;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        // A machine whose clock stands before 1970 gets log time from the last entry.
        since.map_or(0, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        })
    }
}

/// The time by the clocks of witnesses. Their cosignatures say when a checkpoint was the newest,
/// and whoever holds the log to a promise goes by that.
#[derive(Debug, Default)]
pub(crate) struct WitnessTime(Mutex<Option<(u64, Instant)>>);

impl WitnessTime {
    /// Takes note of a cosignature's time, in milliseconds since 1970.
    pub(crate) fn hear(&self, time_ms: u64) {
        let now = Instant::now();
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if time_ms > gone_on(*heard, now) {
            *heard = Some((time_ms, now));
        }
    }

    /// What those clocks show at least by now; 0 before any cosignature.
    pub(crate) fn now_ms(&self) -> u64 {
        let heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        gone_on(*heard, Instant::now())
    }
}

fn gone_on(heard: Option<(u64, Instant)>, now: Instant) -> u64 {
    heard.map_or(0, |(time_ms, then)| {
        let since = now.saturating_duration_since(then).as_millis();
        time_ms.saturating_add(u64::try_from(since).unwrap_or(u64::MAX))
    })
}
