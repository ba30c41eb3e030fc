//! What a running node tells its operator: one line per event on standard error.

use node::Host;
use node::clock::{Clock as _, SystemClock};
use std::time::Duration;

/// How often the node is asked how it does.
const LOOK: Duration = Duration::from_secs(1);

/// Writes one event with its time: `2026-01-05 09:00:00 notice ...`.
pub fn line(event: &str, words: &str) {
    let time = super::super::inspect::time(SystemClock.now_ms());
    let words = words.replace('\n', "; ");
    eprintln!("{time} {event} {words}");
}

/// Tells of every change of role and every new or ended problem, until the server stops.
pub fn watch(host: Host, stop: web::Stop) {
    std::thread::spawn(move || {
        let mut role = host.health().role;
        let mut problems = Vec::new();
        while !stop.wait(LOOK) {
            let health = host.health();
            if health.role != role {
                role = health.role;
                line("role", role.word());
            }
            for problem in health
                .problems
                .iter()
                .filter(|new| !problems.contains(*new))
            {
                line("problem", problem);
            }
            for problem in problems.iter().filter(|old| !health.problems.contains(old)) {
                line("solved", problem);
            }
            problems = health.problems;
        }
    });
}
