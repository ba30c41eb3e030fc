//! Label Studio beside us: installed from PyPI, driven by its own script, twice.
//!
//! Its default (SQLite, the server that `label-studio start` runs) and its best configuration here
//! (PostgreSQL and gunicorn, two processes of eight threads). The scripts stand beside the
//! checkout, in `../shared/bench/work`; without them, or without PyPI, the columns stay empty.

mod figures;
mod server;

use crate::figure::Table;
use anyhow::{Context as _, Result, ensure};
use server::Server;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is installed.
const PACKAGES: [&str; 5] = [
    "label-studio==1.23.2",
    "requests",
    "psutil",
    "gunicorn",
    "psycopg2-binary",
];
/// What the script does, in this order.
const STEPS: [&str; 7] = [
    "mem",
    "import10k",
    "ids",
    "submit",
    "import100k",
    "nextq",
    "export",
];

/// Where everything of it lies.
struct Studio {
    folder: PathBuf,
}

/// Fills both columns, or says why not.
pub fn measure(table: &mut Table) -> Result<()> {
    let studio = match Studio::ready() {
        Ok(studio) => studio,
        Err(why) => {
            table.note("Label Studio 1.23.2", &format!("skipped: {why:#}"));
            return Ok(());
        }
    };
    for configuration in 0..2 {
        if let Err(why) = studio.run(table, configuration) {
            let name = ["default", "with PostgreSQL"][configuration];
            table.note(
                &format!("Label Studio, {name}"),
                &format!("skipped: {why:#}"),
            );
        }
    }
    Ok(())
}

impl Studio {
    /// Scripts and a virtual environment, made where they are missing.
    fn ready() -> Result<Self> {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("label-studio");
        fs::create_dir_all(&folder)?;
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/bench/work");
        for name in ["ls_bench.py", "loadgen.py", "mkusers.py"] {
            let script = fs::read(scripts.join(name));
            let script = script.context("its scripts do not stand beside the checkout")?;
            fs::write(folder.join(name), script)?;
        }
        let studio = Self { folder };
        if !studio.program("label-studio").exists() {
            let venv = studio.folder.join(".venv-ls");
            said(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
            let mut pip = Command::new(studio.program("python"));
            said(pip.args(["-m", "pip", "install", "--quiet"]).args(PACKAGES))?;
        }
        Ok(studio)
    }

    fn program(&self, name: &str) -> PathBuf {
        self.folder.join(".venv-ls/bin").join(name)
    }

    /// Where its own modules lie, which depends on the Python.
    fn modules(&self) -> Result<PathBuf> {
        let lib = fs::read_dir(self.folder.join(".venv-ls/lib"))?;
        let inside = lib.flatten().map(|entry| entry.path());
        let found = inside.map(|path| path.join("site-packages/label_studio"));
        let mut found = found.filter(|path| path.exists());
        found.next().context("it is not installed")
    }

    fn run(&self, table: &mut Table, configuration: usize) -> Result<()> {
        let results = self.folder.join("results_ls.jsonl");
        for stale in [&results, &self.folder.join("ls_state.json")] {
            if stale.exists() {
                fs::remove_file(stale)?;
            }
        }
        let server = match configuration {
            0 => Server::default(self)?,
            _ => Server::best(self)?,
        };
        let ready = server.ready.as_secs_f64();
        fs::write(self.folder.join("server.pid"), server.id().to_string())?;
        let mut bench = server.python(self);
        bench.arg("ls_bench.py").args(STEPS);
        bench.env("PIDFILE", "server.pid").env("TAG", "measured");
        said(bench.env("CAP", "15").env("N1", "100").env("N16", "250"))?;
        figures::keep(table, configuration, &fs::read_to_string(&results)?)?;
        let figure = |seconds: f64| format!("{} s", crate::figure::short(seconds));
        table.theirs("first start to /readyz", configuration, figure(ready));
        if configuration == 0 {
            let size = said(
                Command::new("du")
                    .args(["-sm", ".venv-ls"])
                    .current_dir(&self.folder),
            )?;
            let size = size.split_whitespace().next().unwrap_or("?").to_owned();
            table.theirs("install", 0, format!("{size} MB"));
        }
        figures::keep_crowd(table, configuration, &self.crowd(&server)?)
    }

    /// Sixteen annotators at work at the same time, as one line of JSON.
    fn crowd(&self, server: &Server) -> Result<String> {
        let modules = self.modules()?;
        let mut users = server.python(self);
        users.arg("mkusers.py");
        // The script knows where one Python has them; twice on its path, they are refused.
        if !modules.ends_with("lib/python3.11/site-packages/label_studio") {
            users.env("PYTHONPATH", &modules);
        }
        said(&mut users)?;
        let state = fs::read_to_string(self.folder.join("ls_state.json"))?;
        let state: serde_json::Value = serde_json::from_str(&state)?;
        let project = state["measured"]["p10k"].as_u64().context("no project")?;
        let next = format!("/api/projects/{project}/next");
        let address = format!("127.0.0.1:{}", server.port);
        let mut load = server.python(self);
        load.args([
            "loadgen.py",
            "--conns",
            "16",
            "--total",
            "400",
            "--max-s",
            "30",
        ]);
        load.args(["--addr", &address, "--header-file", "ls_tokens.txt"]);
        load.args([
            "--next-method",
            "GET",
            "--next-path",
            &next,
            "--method",
            "POST",
        ]);
        load.args([
            "--path",
            "/api/tasks/{id}/annotations/",
            "--body-file",
            "ls_body.json",
        ]);
        said(&mut load)
    }
}

/// What a command says; its failure is an error with its last words.
fn said(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output();
    let output = output.with_context(|| format!("cannot start `{program}`"))?;
    let words = String::from_utf8_lossy(&output.stderr);
    let last = words.lines().last().unwrap_or_default();
    ensure!(output.status.success(), "`{program}` failed: {last}");
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
