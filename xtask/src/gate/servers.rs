//! Servers for the bucket suites: started on free ports, waited for, stopped when dropped.

use std::fs::{self, File};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::{Outcome, ended, outside};
use crate::cargo;
use crate::tree::Tree;

/// How long a server may take until it accepts connections.
const START: Duration = Duration::from_secs(120);
/// What the servers' keys are; S3 wants a key id of some length.
pub const KEY_ID: &str = "GK000000000000000000000001";
pub const SECRET: &str = "0000000000000000000000000000000000000000000000000000000000000001";

/// Whether a store must pass the suite or must be refused by it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    Kept,
    Refused,
}

/// Processes that serve one bucket, and how a client reaches it.
pub struct Server {
    folder: PathBuf,
    processes: Vec<Child>,
    url: &'static str,
    settings: Vec<(&'static str, String)>,
}

impl Server {
    /// A server that keeps its files in an emptied folder of this name below the target directory.
    pub fn new(tree: &Tree, name: &str) -> Result<Self> {
        let folder = folder(tree)?.join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder)
                .with_context(|| format!("cannot clear `{}`", folder.display()))?;
        }
        fs::create_dir_all(&folder)?;
        Ok(Self {
            folder,
            processes: Vec::new(),
            url: "s3://headwater",
            settings: Vec::new(),
        })
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts a process whose output goes to `NAME.log` in the server's folder.
    pub fn start(&mut self, name: &str, command: &mut Command) -> Result<()> {
        let log = File::create(self.folder.join(format!("{name}.log")))?;
        let command = command.stdin(Stdio::null()).stdout(log.try_clone()?);
        let process = command.stderr(log).spawn();
        let process = process.with_context(|| format!("cannot start `{name}`"))?;
        self.processes.push(process);
        Ok(())
    }

    /// Waits until the process started last accepts connections.
    pub fn await_port(&mut self, port: u16) -> Result<()> {
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let process = self.processes.last_mut().context("nothing was started")?;
            if let Some(status) = process.try_wait()? {
                bail!("it ended with {status}, see `{}`", self.folder.display());
            }
            ensure!(
                start.elapsed() < START,
                "it does not listen on port {port} after {} s, see `{}`",
                START.as_secs(),
                self.folder.display()
            );
            // A port that is not open yet has no event to wait for.
            thread::park_timeout(Duration::from_millis(100));
        }
        Ok(())
    }

    /// An S3 server on a port of this machine, with the keys above.
    pub fn speaks_s3(&mut self, port: u16, region: &str) {
        self.settings = vec![
            ("AWS_ENDPOINT", format!("http://127.0.0.1:{port}")),
            ("AWS_ACCESS_KEY_ID", KEY_ID.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
            ("AWS_REGION", region.to_owned()),
        ];
    }

    /// The emulator of Azure's blobs on a port of this machine.
    pub fn speaks_azure(&mut self, port: u16) {
        self.url = "az://headwater";
        self.settings = vec![
            ("AZURE_STORAGE_USE_EMULATOR", "true".to_owned()),
            (
                "AZURITE_BLOB_STORAGE_URL",
                format!("http://127.0.0.1:{port}"),
            ),
        ];
    }

    /// Runs the suite of `crates/store/tests/it/bucket_servers.rs` against the bucket.
    pub fn suite(&self, expected: Expected) -> Result<Outcome> {
        let mut test = cargo::command();
        test.args(["test", "--quiet", "--release", "--locked"]);
        test.args(["--package", "store", "--test", "it", "--", "bucket_servers"]);
        test.envs(self.settings.iter().map(|(name, value)| (*name, value)));
        let (variable, passed) = match expected {
            Expected::Kept => ("HEADWATER_TEST_BUCKET", "the store keeps the promises"),
            Expected::Refused => ("HEADWATER_TEST_REFUSED_BUCKET", "the store is refused"),
        };
        test.env(variable, self.url);
        ended(&mut test, passed, "the suite failed, see above")
    }

    /// Runs `crates/headwater/tests/it/failover.rs` with processes on the bucket, and prints how
    /// long nobody wrote.
    pub fn failover(&self) -> Result<Outcome> {
        let mut test = cargo::command();
        test.args(["test", "--quiet", "--release", "--locked"]);
        test.args(["--package", "headwater", "--test", "it", "--"]);
        test.args(["--nocapture", "failover"]);
        test.envs(self.settings.iter().map(|(name, value)| (*name, value)));
        test.env("HEADWATER_TEST_BUCKET", self.url);
        let passed = "the store keeps the promises, a standby takes over";
        ended(&mut test, passed, "the failover failed, see above")
    }

    /// Prints latency and throughput of a log in the bucket.
    pub fn measure(&self) -> Result<Outcome> {
        let mut run = cargo::command();
        run.args(["run", "--quiet", "--release", "--locked"]);
        run.args(["--package", "store", "--example", "bucket", "--"]);
        run.arg(format!("{}/measured", self.url));
        run.envs(self.settings.iter().map(|(name, value)| (*name, value)));
        let passed = "the store keeps the promises; figures above";
        ended(&mut run, passed, "the measurement failed")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for process in self.processes.iter_mut().rev() {
            // It may have ended by itself; nothing more can be done about one that does not.
            process.kill().ok();
            process.wait().ok();
        }
    }
}

/// Where tools and files of servers stand, outside the checkout.
pub fn folder(tree: &Tree) -> Result<PathBuf> {
    Ok(outside::target_directory(&tree.root)?.join("servers"))
}

/// A port that was free a moment ago.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
