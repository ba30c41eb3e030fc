//! The peers and the upstream before which they stand, from the scripts beside the checkout.

use crate::load::said;
use anyhow::{Context as _, Result, bail};
use headwater::load::Connection;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Where the mock listens, as the scripts have it.
const MOCK: &str = "127.0.0.1:18000";
const CHAT: &str = "/v1/chat/completions";
/// How long a peer may take until its first answer.
const PATIENCE: Duration = Duration::from_secs(120);
/// Ticks of `/proc/PID/stat` in a second.
const TICKS_A_SECOND: f64 = 100.0;

/// A folder with scripts, programs and virtual environments.
pub struct Bench {
    /// Where everything of it lies.
    pub folder: PathBuf,
}

/// A process that answers, and how it wants to be asked; dropping it kills it.
pub struct Peer {
    name: &'static str,
    child: Child,
    /// Host and port.
    pub address: String,
    path: &'static str,
    body: &'static str,
    headers: Vec<String>,
}

/// What is measured: a running process, and how it wants to be asked.
pub struct Gateway {
    /// As the table names it.
    pub name: &'static str,
    /// Host and port.
    pub address: String,
    /// The route.
    pub path: &'static str,
    /// The file of the body, without `.json` or `_stream.json`.
    pub body: &'static str,
    /// Headers, `name: value`.
    pub headers: Vec<String>,
    /// Its number.
    pub process: u32,
}

impl Gateway {
    /// A peer as it stands.
    pub fn of(peer: &Peer) -> Self {
        Self {
            name: peer.name,
            address: peer.address.clone(),
            path: peer.path,
            body: peer.body,
            headers: peer.headers.clone(),
            process: peer.child.id(),
        }
    }

    /// Seconds on all cores so far, in hundredths.
    pub fn cpu_s(&self) -> Option<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process)).ok()?;
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = |place: usize| fields.get(place)?.parse::<f64>().ok();
        Some((ticks(11)? + ticks(12)?) / TICKS_A_SECOND)
    }

    /// Bytes in memory now.
    pub fn memory_bytes(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process)).ok()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kibibytes * 1_024)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Already gone where it has ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Bench {
    /// Copies the scripts and builds the mock.
    pub fn ready() -> Result<Self> {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("gateways");
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/bench/gateway");
        copy(&scripts, &folder).context("the peers' scripts do not stand beside the checkout")?;
        let mut cargo = Command::new("cargo");
        said(
            cargo
                .args(["build", "--release", "--target-dir", "target"])
                .current_dir(folder.join("mock")),
        )?;
        Ok(Self { folder })
    }

    /// One of the mock's programs.
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join("mock/target/release").join(name)
    }

    /// The upstream.
    pub fn mock(&self) -> Result<Peer> {
        let mut mock = Command::new(self.program("mock-upstream"));
        mock.arg(MOCK);
        self.start(
            ("direct", "body"),
            mock,
            (MOCK.to_owned(), CHAT, Vec::new()),
        )
    }

    /// All peers, or why one is not there.
    pub fn peers(&self) -> Vec<(&'static str, Result<Peer>)> {
        vec![
            ("TensorZero", self.tensorzero()),
            ("Portkey", self.portkey()),
            ("LiteLLM", self.litellm()),
        ]
    }

    fn tensorzero(&self) -> Result<Peer> {
        self.python()?;
        let file = self.folder.join("tz.url");
        fs::remove_file(&file).ok();
        let mut script = Command::new(self.folder.join("venv/bin/python"));
        script.args(["start_tensorzero.py", "tz.url"]);
        let mut child = self.spawn(&mut script)?;
        let start = Instant::now();
        let url = loop {
            match fs::read_to_string(&file) {
                Ok(url) if !url.is_empty() => break url,
                _ if start.elapsed() > PATIENCE => {
                    child.kill()?;
                    bail!("it does not begin");
                }
                _ => std::thread::park_timeout(Duration::from_millis(50)),
            }
        };
        let rest = url.strip_prefix("http://").context("it says no address")?;
        let address = rest.split('/').next().unwrap_or(rest).to_owned();
        let peer = Peer {
            name: "TensorZero",
            child,
            address,
            path: "/openai/v1/chat/completions",
            body: "body_tz",
            headers: Vec::new(),
        };
        self.answers(peer)
    }

    fn portkey(&self) -> Result<Peer> {
        let folder = self.folder.join("npm");
        if !folder.join("node_modules/@portkey-ai/gateway").is_dir() {
            fs::create_dir_all(&folder)?;
            let mut npm = Command::new("npm");
            said(
                npm.args(["install", "--silent", "@portkey-ai/gateway"])
                    .current_dir(&folder),
            )?;
        }
        let headers = vec![
            "Authorization: Bearer x".to_owned(),
            "x-portkey-provider: openai".to_owned(),
            format!("x-portkey-custom-host: http://{MOCK}/v1"),
        ];
        let mut script = Command::new("bash");
        script.args(["start_portkey.sh", "18002"]);
        let address = "127.0.0.1:18002".to_owned();
        self.start(("Portkey", "body"), script, (address, CHAT, headers))
    }

    fn litellm(&self) -> Result<Peer> {
        self.python()?;
        let settings = fs::read_to_string(self.folder.join("litellm.yaml"))?;
        let key = settings
            .lines()
            .find_map(|line| line.trim().strip_prefix("master_key: "));
        let key = key.context("litellm.yaml has no key")?;
        let mut script = Command::new("bash");
        script.arg("start_litellm.sh");
        let headers = vec![format!("Authorization: Bearer {key}")];
        let address = "127.0.0.1:18001".to_owned();
        self.start(("LiteLLM", "body"), script, (address, CHAT, headers))
    }

    /// A virtual environment with both peers that come from PyPI.
    fn python(&self) -> Result<()> {
        let venv = self.folder.join("venv");
        if !venv.join("bin/litellm").exists() {
            said(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
            let mut pip = Command::new(venv.join("bin/python"));
            said(
                pip.args([
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "litellm[proxy]",
                    "tensorzero",
                ])
                .arg("openai"),
            )?;
        }
        Ok(())
    }

    fn start(
        &self,
        (name, body): (&'static str, &'static str),
        mut command: Command,
        (address, path, headers): (String, &'static str, Vec<String>),
    ) -> Result<Peer> {
        let child = self.spawn(&mut command)?;
        self.answers(Peer {
            name,
            child,
            address,
            path,
            body,
            headers,
        })
    }

    fn spawn(&self, command: &mut Command) -> Result<Child> {
        let command = command.current_dir(&self.folder).stdin(Stdio::null());
        let command = command.stdout(Stdio::null()).stderr(Stdio::null());
        Ok(command.spawn()?)
    }

    /// Waits for the first good answer.
    fn answers(&self, peer: Peer) -> Result<Peer> {
        let body = fs::read(self.folder.join(format!("{}.json", peer.body)))?;
        let lines = peer.headers.iter().map(|line| format!("{line}\r\n"));
        let headers: String = lines.collect();
        let start = Instant::now();
        loop {
            let mut connection = Connection::new(&peer.address);
            let json = ("application/json", &*body);
            let reply = connection.ask(("POST", peer.path), &headers, json);
            if reply.is_ok_and(|reply| reply.status == 200) {
                return Ok(peer);
            }
            if start.elapsed() > PATIENCE {
                bail!("it does not answer");
            }
            std::thread::park_timeout(Duration::from_millis(200));
        }
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for item in fs::read_dir(from)? {
        let item = item?;
        let target = to.join(item.file_name());
        if item.file_type()?.is_dir() {
            copy(&item.path(), &target)?;
        } else {
            fs::copy(item.path(), target)?;
        }
    }
    Ok(())
}
