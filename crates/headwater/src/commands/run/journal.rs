//! What a running node tells its operator: one line per event on standard error.

use crate::cli::node::LogForm;
use node::Host;
use node::clock::{Clock as _, SystemClock};
use serde_json::{Map, Value, json};
use std::sync::OnceLock;
use std::time::Duration;

/// How often the node is asked how it does.
const LOOK: Duration = Duration::from_secs(1);

/// How the events are written; text until somebody says otherwise.
static FORM: OnceLock<LogForm> = OnceLock::new();

/// How much an event matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// As it should be.
    Info,
    /// Somebody should know.
    Warn,
    /// Somebody should do something.
    Error,
}

impl Level {
    fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// Says in which form events are written from now on; the first to say so counts.
pub fn begin(form: LogForm) {
    FORM.get_or_init(|| form);
}

/// Writes one event with its time: `2026-01-05 09:00:00 notice ...`, or as an object.
pub fn event(level: Level, event: &str, words: &str, fields: &[(&str, Value)]) {
    let now_ms = SystemClock.now_ms();
    eprintln!(
        "{}",
        written(form(), (now_ms, level), (event, words), fields)
    );
}

/// The same where programs read along; people have been told in another way.
pub fn for_programs(name: &str, words: &str, fields: &[(&str, Value)]) {
    if form() == LogForm::Json {
        event(Level::Info, name, words, fields);
    }
}

fn form() -> LogForm {
    FORM.get().copied().unwrap_or_default()
}

fn written(
    form: LogForm,
    (now_ms, level): (u64, Level),
    (event, words): (&str, &str),
    fields: &[(&str, Value)],
) -> String {
    let time = super::super::inspect::time(now_ms);
    if form == LogForm::Text {
        return format!("{time} {event} {}", words.replace('\n', "; "));
    }
    let time = format!("{}.{:03}Z", time.replacen(' ', "T", 1), now_ms % 1_000);
    let mut object = Map::new();
    for (name, value) in [
        ("time", json!(time)),
        ("level", json!(level.word())),
        ("event", json!(event)),
        ("message", json!(words)),
    ] {
        object.insert(name.to_owned(), value);
    }
    if !fields.is_empty() {
        let fields = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()));
        object.insert("fields".to_owned(), Value::Object(fields.collect()));
    }
    Value::Object(object).to_string()
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
                let fields = [("role", json!(role.word()))];
                event(Level::Warn, "role", role.word(), &fields);
            }
            for problem in health
                .problems
                .iter()
                .filter(|new| !problems.contains(*new))
            {
                event(Level::Error, "problem", problem, &[]);
            }
            for problem in problems.iter().filter(|old| !health.problems.contains(old)) {
                event(Level::Info, "solved", problem, &[]);
            }
            problems = health.problems;
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_in_either_form() {
        let time = (1_767_603_600_007, Level::Warn);
        let fields = [("entries", json!(7))];
        let text = written(LogForm::Text, time, ("notice", "one\ntwo \"x\""), &fields);
        assert_eq!(text, "2026-01-05 09:00:00 notice one; two \"x\"");
        let object = written(LogForm::Json, time, ("notice", "one\ntwo"), &fields);
        assert!(!object.contains('\n'));
        let read: Value = serde_json::from_str(&object).unwrap();
        let expected = json!({
            "time": "2026-01-05T09:00:00.007Z", "level": "warn", "event": "notice",
            "message": "one\ntwo", "fields": {"entries": 7},
        });
        assert_eq!(read, expected);
    }
}
