//! The simulated disk and bucket against what their ports promise, and the simulator against bugs.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod faults;
mod ports;
mod runs;
mod starts;
