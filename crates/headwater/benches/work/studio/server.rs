//! Label Studio's server in one of two configurations, with its database.

use super::{Studio, said};
use anyhow::{Context as _, Result, bail, ensure};
use headwater::load::{Connection, Process};
use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The key of its first user, as its scripts have it.
const TOKEN: &str = "0123456789abcdef0123456789abcdef01234567";
const USER: [&str; 2] = ["bench@local.test", "bench-pass-1"];
/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(400);

/// A running server; dropping it ends it and its database.
pub struct Server {
    child: Child,
    /// Where it listens on the loopback interface.
    pub port: u16,
    /// From its start to the first good answer of `/health`.
    pub ready: Duration,
    environment: Vec<(String, String)>,
    postgres: Option<Postgres>,
}

impl Server {
    /// SQLite, and the server that `label-studio start` runs.
    pub fn default(studio: &Studio) -> Result<Self> {
        let (port, home) = (Process::port()?, studio.folder.join("ls-data"));
        let environment = environment(&home, port)?;
        let mut command = start(studio, &home, &environment);
        command.args(["--port", &port.to_string(), "--internal-host", "127.0.0.1"]);
        Self::wait(command, port, environment, None)
    }

    /// PostgreSQL, and gunicorn with two processes of eight threads.
    pub fn best(studio: &Studio) -> Result<Self> {
        let (port, home) = (Process::port()?, studio.folder.join("ls-pg-data"));
        let postgres = Postgres::start(&studio.folder.join("pg"))?;
        let mut environment = environment(&home, port)?;
        let own = [
            ("DJANGO_DB", "default".to_owned()),
            ("POSTGRE_NAME", "labelstudio".to_owned()),
            ("POSTGRE_USER", "postgres".to_owned()),
            ("POSTGRE_PASSWORD", "x".to_owned()),
            ("POSTGRE_HOST", "127.0.0.1".to_owned()),
            ("POSTGRE_PORT", postgres.port.to_string()),
        ];
        environment.extend(own.map(|(name, value)| (name.to_owned(), value)));
        // Its own command makes tables and user in a new database; then another server takes over.
        let mut first = start(studio, &home, &environment);
        first.args(["--port", &port.to_string(), "--internal-host", "127.0.0.1"]);
        drop(Self::wait(first, port, environment.clone(), None)?);
        let mut command = Command::new(studio.program("gunicorn"));
        command.args([
            "-w",
            "2",
            "--threads",
            "8",
            "-b",
            &format!("127.0.0.1:{port}"),
        ]);
        command.arg("core.wsgi:application");
        command.current_dir(studio.modules()?);
        command.env("DJANGO_SETTINGS_MODULE", "core.settings.label_studio");
        command.envs(environment.iter().cloned());
        Self::wait(command, port, environment, Some(postgres))
    }

    fn wait(
        mut command: Command,
        port: u16,
        environment: Vec<(String, String)>,
        postgres: Option<Postgres>,
    ) -> Result<Self> {
        // A group of its own, since it starts more processes.
        command.process_group(0).stdin(Stdio::null());
        let start = Instant::now();
        let child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let mut server = Self {
            child,
            port,
            ready: Duration::ZERO,
            environment,
            postgres,
        };
        let address = format!("127.0.0.1:{port}");
        loop {
            let mut connection = Connection::new(&address);
            let asked = connection.ask(("GET", "/health"), "", ("", b""));
            if asked.is_ok_and(|reply| reply.status == 200) {
                server.ready = start.elapsed();
                return Ok(server);
            }
            if start.elapsed() > PATIENCE || server.child.try_wait()?.is_some() {
                bail!("it does not start");
            }
            std::thread::park_timeout(Duration::from_millis(100));
        }
    }

    /// The first of its processes.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its Python with its environment, in the folder of its scripts.
    pub fn python(&self, studio: &Studio) -> Command {
        let mut command = Command::new(studio.program("python"));
        command.current_dir(&studio.folder);
        command.envs(self.environment.iter().cloned());
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let group = format!("-{}", self.child.id());
        // Whatever has ended by itself cannot be ended again.
        Command::new("kill")
            .args(["-KILL", "--", &group])
            .output()
            .ok();
        self.child.wait().ok();
        self.postgres = None;
    }
}

fn start(studio: &Studio, home: &Path, environment: &[(String, String)]) -> Command {
    let mut command = Command::new(studio.program("label-studio"));
    command.args([
        "start",
        "--no-browser",
        "--log-level",
        "WARNING",
        "--data-dir",
    ]);
    command.arg(home);
    command.args([
        "--username",
        USER[0],
        "--password",
        USER[1],
        "--user-token",
        TOKEN,
    ]);
    command.arg("--enable-legacy-api-token");
    command.envs(environment.iter().cloned());
    command.current_dir(&studio.folder);
    command
}

/// A private one: no telemetry, a fresh directory.
fn environment(home: &Path, port: u16) -> Result<Vec<(String, String)>> {
    if home.exists() {
        fs::remove_dir_all(home)?;
    }
    fs::create_dir_all(home)?;
    let home = home.display().to_string();
    let mut all: Vec<(String, String)> = [
        ("LS_DIR", home.clone()),
        ("LABEL_STUDIO_BASE_DATA_DIR", home),
        ("LS_PORT", port.to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    let fixed = [
        ("LS_TOKEN", TOKEN),
        ("LABEL_STUDIO_USERNAME", USER[0]),
        ("LABEL_STUDIO_PASSWORD", USER[1]),
        ("LABEL_STUDIO_USER_TOKEN", TOKEN),
        ("LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN", "true"),
        ("COLLECT_ANALYTICS", "False"),
        ("collect_analytics", "False"),
        ("LATEST_VERSION_CHECK", "False"),
        ("SENTRY_DSN", ""),
        ("FRONTEND_SENTRY_DSN", ""),
        ("SENTRY_RATE", "0"),
        ("LOG_LEVEL", "WARNING"),
    ];
    all.extend(fixed.map(|(name, value)| (name.to_owned(), value.to_owned())));
    Ok(all)
}

/// A cluster of its own.
struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
}

impl Postgres {
    fn start(folder: &Path) -> Result<Self> {
        let versions = fs::read_dir("/usr/lib/postgresql");
        let versions = versions.context("Debian's `postgresql` is not installed")?;
        let mut programs: Vec<PathBuf> =
            versions.flatten().map(|it| it.path().join("bin")).collect();
        programs.sort();
        let programs = programs
            .pop()
            .context("Debian's `postgresql` is not installed")?;
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder)?;
        // It refuses to run as root, and its own user must reach the directory.
        said(Command::new("chown").arg("postgres").arg(folder))?;
        let postgres = Self {
            programs,
            folder: folder.to_owned(),
            port: Process::port()?,
        };
        let data = postgres.folder.join("data");
        let mut make = postgres.command("initdb");
        said(
            make.arg("-D")
                .arg(&data)
                .args(["-A", "trust", "-U", "postgres"]),
        )?;
        let settings = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories={}",
            postgres.port,
            postgres.folder.display()
        );
        let mut start = postgres.command("pg_ctl");
        start
            .arg("-D")
            .arg(&data)
            .args(["start", "-w", "-o", &settings]);
        start.arg("-l").arg(postgres.folder.join("log"));
        // Its children keep a pipe open.
        let started = start
            .stdout(File::create(folder.join("started"))?)
            .status()?;
        ensure!(started.success(), "PostgreSQL does not start");
        let mut make = Command::new(postgres.programs.join("psql"));
        make.args([
            "-h",
            "127.0.0.1",
            "-p",
            &postgres.port.to_string(),
            "-U",
            "postgres",
        ]);
        said(make.args(["-c", "create database labelstudio"]))?;
        Ok(postgres)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("runuser");
        command
            .args(["-u", "postgres", "--"])
            .arg(self.programs.join(program));
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let data = self.folder.join("data");
        let mut stop = self.command("pg_ctl");
        // Nothing can be done about a server that does not stop but to leave it.
        stop.arg("-D")
            .arg(&data)
            .args(["stop", "-m", "immediate"])
            .output()
            .ok();
    }
}
