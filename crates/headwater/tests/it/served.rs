//! The binary as a server: started on a free port, asked over HTTP, stopped, killed or waited for.

use crate::run::{Ran, binary, text};
use protocol::Space;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The end of a test that waits for a process which does not end.
const PATIENCE: Duration = Duration::from_secs(60);

/// A serving process; dropping it kills it.
pub struct Process {
    child: Child,
    said: Vec<String>,
    /// Kept open: a closed pipe would end whoever writes to it.
    out: BufReader<ChildStdout>,
}

impl Process {
    /// A serving command, once it listens.
    #[track_caller]
    pub fn start(args: &[&str]) -> Self {
        let mut process = Self::spawn(args);
        while !process.listens() {
            let mut line = String::new();
            if process.out.read_line(&mut line).unwrap() == 0 {
                panic!("`{args:?}` did not start: {:?}", process.ended());
            }
            process.said.push(line.trim_end().to_owned());
        }
        process
    }

    /// A node on a directory, once it listens.
    #[track_caller]
    pub fn node(dir: &Path, args: &[&str]) -> Self {
        Self::start(&[&["run", "--data", text(dir)], args].concat())
    }

    /// A serving command that may not have come far yet.
    pub fn spawn(args: &[&str]) -> Self {
        let mut command = binary();
        command
            .args(args)
            .args(["--listen", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        Self {
            out: BufReader::new(child.stdout.take().unwrap()),
            said: Vec::new(),
            child,
        }
    }

    fn listens(&self) -> bool {
        let last = self.said.last();
        last.is_some_and(|line| line.starts_with("address"))
    }

    /// What it has printed behind a word.
    pub fn told(&self, word: &str) -> &str {
        let line = self.said.iter().find_map(|line| line.strip_prefix(word));
        line.unwrap().trim_start()
    }

    pub fn site(&self) -> http::Site {
        http::Site::new(self.told("address")).unwrap()
    }

    /// The tenant key that submissions name.
    pub fn space(&self) -> Space {
        let about = self.json("api/v1/space");
        let digits = about["space"].as_str().unwrap();
        Space(hex::decode(digits).unwrap().try_into().unwrap())
    }

    /// The bytes of an entry, waited for until a checkpoint covers it.
    #[track_caller]
    pub fn entry(&self, index: u64) -> Vec<u8> {
        self.get(&format!("api/v1/entry/{index}?wait=20000"))
    }

    #[track_caller]
    pub fn json(&self, path: &str) -> serde_json::Value {
        serde_json::from_slice(&self.get(path)).unwrap()
    }

    #[track_caller]
    fn get(&self, path: &str) -> Vec<u8> {
        let answer = self.site().get(path, 1 << 24).unwrap();
        let said = String::from_utf8_lossy(&answer.body);
        assert_eq!(answer.status, 200, "{path}: {said}");
        answer.body
    }

    /// The process, for those who look at it from outside.
    pub fn id(&self) -> String {
        self.child.id().to_string()
    }

    /// Whether it has ended by itself.
    pub fn is_over(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.id()]).status();
        assert!(sent.unwrap().success());
    }

    /// SIGKILL: the process gets no say.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, as a supervisor stops a service.
    pub fn stop(self) -> Option<i32> {
        self.signal("-TERM");
        self.ended().code
    }

    /// What it has said before it ended by itself, the reason among it.
    #[track_caller]
    pub fn failed(self) -> String {
        let ended = self.ended();
        assert_eq!(ended.code, Some(2), "{}", ended.err);
        assert!(ended.err.contains("error: "), "{}", ended.err);
        ended.err
    }

    /// How it has ended; waits for that, but not for ever.
    #[track_caller]
    pub fn ended(mut self) -> Ran {
        let start = Instant::now();
        while !self.is_over() {
            assert!(
                start.elapsed() < PATIENCE,
                "it does not end: {:?}",
                self.said
            );
            thread::park_timeout(Duration::from_millis(5));
        }
        let (mut out, mut err) = (self.said.join("\n"), String::new());
        self.out.read_to_string(&mut out).unwrap();
        let errors = self.child.stderr.as_mut().unwrap();
        errors.read_to_string(&mut err).unwrap();
        let code = self.child.wait().unwrap().code();
        Ran { code, out, err }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Already gone where it was stopped or killed on purpose.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
