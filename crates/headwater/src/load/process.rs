//! A node as a process of its own: started, watched, killed, stopped.

use super::connection::Connection;
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a start may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// Ticks of `/proc/PID/stat` in a second.
const TICKS_A_SECOND: f64 = 100.0;

/// A serving process; dropping it kills it.
pub struct Process {
    child: Child,
    /// Host and port.
    pub address: String,
    /// From the start of the process to the first good answer of `/readyz`.
    pub ready: Duration,
    /// Kept open: a closed pipe would end whoever writes to it.
    out: BufReader<ChildStdout>,
}

impl Process {
    /// `headwater run` on a directory and a port of the loopback interface, ready to work.
    pub fn start(binary: &Path, dir: &Path, port: u16, more: &[&str]) -> Result<Self> {
        let start = Instant::now();
        let address = format!("127.0.0.1:{port}");
        let mut child = Command::new(binary)
            .args(["run", "--listen", &address, "--data"])
            .arg(dir)
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start `{}`", binary.display()))?;
        let out = child.stdout.take().context("its output is a pipe")?;
        let mut process = Self {
            child,
            address,
            ready: Duration::ZERO,
            out: BufReader::new(out),
        };
        process.listens()?;
        let mut connection = Connection::new(&process.address);
        loop {
            let asked = connection.ask(("GET", "/readyz"), "", ("", b""));
            if asked.is_ok_and(|reply| reply.status == 200) {
                process.ready = start.elapsed();
                return Ok(process);
            }
            if start.elapsed() > PATIENCE {
                bail!("the node does not become ready");
            }
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }

    /// A port that is free now, for a node that starts again on the same one.
    pub fn port() -> Result<u16> {
        Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
    }

    fn listens(&mut self) -> Result<()> {
        let mut said = String::new();
        loop {
            let start = said.len();
            if self.out.read_line(&mut said)? == 0 {
                bail!("the node has ended: {said}");
            }
            if said[start..].starts_with("address") {
                return Ok(());
            }
        }
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The URL under which everything stands.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Seconds on all cores so far, in hundredths.
    pub fn cpu_s(&self) -> Option<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks: f64 =
            fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
        Some(ticks / TICKS_A_SECOND)
    }

    /// Bytes in memory now.
    pub fn memory_bytes(&self) -> Option<u64> {
        self.status("VmRSS:")
    }

    /// Most bytes in memory since the start, or since [`Self::forget_peak`].
    pub fn peak_bytes(&self) -> Option<u64> {
        self.status("VmHWM:")
    }

    /// Lets the peak begin anew, where the system can.
    pub fn forget_peak(&self) {
        fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5").ok();
    }

    fn status(&self, name: &str) -> Option<u64> {
        let text = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kibibytes * 1024)
    }

    /// SIGKILL: the process gets no say.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// SIGTERM, and its end.
    pub fn stop(mut self) -> Result<()> {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status()?;
        let ended = self.child.wait()?;
        if !ended.success() {
            bail!("the node ends with {ended}");
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Already gone where it was stopped or killed on purpose.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
