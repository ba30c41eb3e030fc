//! Serving processes and what they print, with keys, hashes and times as words.

use crate::run::{Ran, binary, headwater};
use headwater::client::{self, Person};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use web::wire::Outcome;

/// A serving process, which ends with the test.
pub struct Process {
    child: Child,
    said: Vec<String>,
    _out: BufReader<ChildStdout>,
}

impl Process {
    /// By its arguments in one line, on a free port.
    pub fn start(line: &str) -> Self {
        let mut command = binary();
        command
            .args(line.split(' '))
            .args(["--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut said: Vec<String> = Vec::new();
        while !said.last().is_some_and(|line| line.starts_with("address")) {
            let mut line = String::new();
            assert!(out.read_line(&mut line).unwrap() > 0, "it ended: {said:?}");
            said.push(line.trim_end().to_owned());
        }
        Self {
            child,
            said,
            _out: out,
        }
    }

    /// What it has printed behind a word.
    pub fn told(&self, word: &str) -> &str {
        let line = self.said.iter().find_map(|line| line.strip_prefix(word));
        line.unwrap().trim_start()
    }

    pub fn site(&self) -> http::Site {
        http::Site::new(self.told("address")).unwrap()
    }

    /// Asks it to end, and waits.
    pub fn stop(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status().unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Runs a line of arguments, none of which has a blank.
pub fn ask(line: &str) -> Ran {
    headwater(line.split(' '))
}

/// Joins and gives the promise.
pub fn join(site: &http::Site, name: &str) -> (Person, u64, String) {
    let mut person = Person::new(client::terms(site).unwrap(), name).unwrap();
    match person.join(site).unwrap() {
        Outcome::Accepted { index, promise, .. } => (person, index, promise),
        Outcome::Rejected { message, .. } | Outcome::Denied { message, .. } => panic!("{message}"),
    }
}

/// Keys, hashes and times as words.
pub fn plain(words: &str) -> String {
    let is_time = |word: &str| word.len() == 8 && word.matches(':').count() == 2;
    let is_day =
        |word: &str| word.len() == 10 && word.matches('-').count() == 2 && !word.starts_with('-');
    let is_hash = |word: &str| word.len() > 30 && !word.contains('.');
    let mut lines = Vec::new();
    for line in words.lines() {
        let (indent, rest) = line.split_at(line.len() - line.trim_start().len());
        let shown = rest.split(' ').map(|word| match word {
            _ if is_day(word) => "DAY",
            _ if is_time(word) => "TIME",
            _ if word.starts_with("headwater/") && word.contains('+') => "KEY",
            _ if word.starts_with("headwater/") => "LOG",
            _ if word.starts_with('/') => "PATH",
            _ if is_hash(word) => "HASH",
            _ => word,
        });
        lines.push(format!("{indent}{}", shown.collect::<Vec<_>>().join(" ")));
    }
    lines.join("\n")
}
