//! The binary as a server: started on a free port, asked over HTTP, stopped or killed.

use crate::run::binary;
use protocol::Space;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// A serving node; dropping it kills it.
pub struct Served {
    child: Child,
    /// Kept open: a closed pipe would end whoever writes to it.
    _out: BufReader<ChildStdout>,
    address: String,
    pub log_key: String,
}

impl Served {
    /// Starts on a directory and returns once the node listens.
    #[track_caller]
    pub fn start(dir: &Path, arguments: &[&str]) -> Self {
        let mut child = binary()
            .args(["run", "--listen", "127.0.0.1:0", "--data"])
            .arg(dir)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let (mut address, mut log_key, mut line) = (String::new(), String::new(), String::new());
        while address.is_empty() {
            line.clear();
            if out.read_line(&mut line).unwrap() == 0 {
                let mut said = String::new();
                child
                    .stderr
                    .take()
                    .unwrap()
                    .read_to_string(&mut said)
                    .unwrap();
                panic!("the node did not start: {said}");
            }
            if let Some(key) = line.strip_prefix("log key") {
                log_key = key.trim().to_owned();
            }
            if let Some(url) = line.strip_prefix("address") {
                address = url.trim().to_owned();
            }
        }
        Self {
            child,
            _out: out,
            address,
            log_key,
        }
    }

    /// A path of this node.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// The tenant key that submissions name.
    pub fn space(&self) -> Space {
        let answer = self.get("/api/v1/space");
        let about: serde_json::Value = serde_json::from_slice(&answer).unwrap();
        let digits = about["space"].as_str().unwrap();
        Space(hex::decode(digits).unwrap().try_into().unwrap())
    }

    /// The bytes of an entry, waited for.
    #[track_caller]
    pub fn entry(&self, index: u64) -> Vec<u8> {
        self.get(&format!("/api/v1/entry/{index}?wait=20000"))
    }

    #[track_caller]
    fn get(&self, path: &str) -> Vec<u8> {
        let answer = http::Client::default()
            .get(&self.url(path), 1 << 24)
            .unwrap();
        let said = String::from_utf8_lossy(&answer.body);
        assert_eq!(answer.status, 200, "{path}: {said}");
        answer.body
    }

    /// SIGKILL: the process gets no say.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, as a supervisor stops a service; the node must end well.
    #[track_caller]
    pub fn stop(mut self) {
        let process = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &process])
                .status()
                .unwrap()
                .success()
        );
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Already gone where it was stopped or killed on purpose.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
