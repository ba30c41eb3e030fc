//! What a running node tells its operator: one line per event on standard error.

use crate::cli::node::LogForm;
use node::Host;
use node::clock::{Clock as _, SystemClock};
use node::health::Ill;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io::Write as _;
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
    let line = written(form(), (now_ms, level), (event, words), fields);
    // Whoever read along may have gone: a node does not end of that.
    writeln!(std::io::stderr(), "{line}").ok();
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
        let mut known = Known::new();
        while !stop.wait(LOOK) {
            let health = host.health();
            if health.role != role {
                role = health.role;
                let fields = [("role", json!(role.word()))];
                event(Level::Warn, "role", role.word(), &fields);
            }
            let (begun, solved) = changes(&mut known, &health.ills);
            for (part, problem) in begun {
                event(Level::Error, "problem", &problem, &[("part", json!(part))]);
            }
            for (part, problem) in solved {
                event(Level::Info, "solved", &problem, &[("part", json!(part))]);
            }
        }
    });
}

/// The problems that the operator knows of: the part that has each, and its newest sentence.
type Known = BTreeMap<&'static str, String>;

/// The problems that are new, and those that are over. A problem is told apart by the part that has
/// it and by its words: its sentence counts seconds or entries, and each count would be a problem
/// of its own. A part with another problem than before has a new one, and the old is not over.
fn changes(known: &mut Known, ills: &[Ill]) -> (Known, Known) {
    let now: Known = ills
        .iter()
        .map(|ill| (ill.part, ill.told.to_string()))
        .collect();
    let before = std::mem::replace(known, now.clone());
    let is_new = |part: &str, told: &str| {
        let old = before.get(part);
        old.is_none_or(|old| words(old) != words(told))
    };
    let begun = now.iter().filter(|(part, told)| is_new(part, told));
    let begun = begun.map(|(part, told)| (*part, told.clone())).collect();
    let solved = before.iter().filter(|(part, _)| !now.contains_key(*part));
    let solved = solved.map(|(part, told)| (*part, told.clone())).collect();
    (begun, solved)
}

/// A sentence without its numbers.
fn words(told: &str) -> String {
    told.chars().filter(|it| !it.is_ascii_digit()).collect()
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

    #[test]
    fn a_problem_begins_and_ends_once_however_often_its_sentence_changes() {
        let ill = |part, told: &str| Ill {
            part,
            told: told.into(),
        };
        let mut known = Known::new();
        let late = "the clock is 75 s behind the last entry";
        let (begun, solved) = changes(&mut known, &[ill("clock", late)]);
        assert_eq!(begun, Known::from([("clock", late.to_owned())]));
        assert_eq!(solved, Known::new());
        let later = "the clock is 76 s behind the last entry";
        let away = "cannot reach the bucket";
        let (begun, solved) = changes(&mut known, &[ill("clock", later), ill("tail", away)]);
        assert_eq!(begun, Known::from([("tail", away.to_owned())]));
        assert_eq!(solved, Known::new());
        let (begun, solved) = changes(&mut known, &[ill("tail", away)]);
        assert_eq!(begun, Known::new());
        assert_eq!(solved, Known::from([("clock", later.to_owned())]));
        let worse = "the bucket has another log";
        let (begun, solved) = changes(&mut known, &[ill("tail", worse)]);
        assert_eq!(begun, Known::from([("tail", worse.to_owned())]));
        assert_eq!(solved, Known::new());
    }
}
