//! Peers from the Python package index, each group in a virtual environment of its own.
//!
//! A group `NAME` is `peers/NAME.txt`, the pinned requirements, and `peers/NAME.py`, a script that
//! is called with the words of [`Peer::run`] and prints one JSON value; CPU seconds in it are
//! `time.process_time()` around the call alone, the median of three. The environment stands below
//! the target directory and is made once for one text of requirements. Where it cannot be made the
//! peer's columns say so.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// One group of peers, ready or not.
pub struct Peer {
    script: PathBuf,
    python: Result<PathBuf, String>,
}

impl Peer {
    /// Makes the environment of group `name` unless it exists.
    pub fn new(name: &str) -> Self {
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/quality/peers");
        let python = environment(name, &own.join(format!("{name}.txt")));
        if let Err(why) = &python {
            eprintln!("peers of `{name}` are missing: {why}");
        }
        Self {
            script: own.join(format!("{name}.py")),
            python,
        }
    }

    /// What the script prints for `words`, or why there is nothing.
    pub fn run(&self, words: &[&str]) -> Result<Value, String> {
        let python = self.python.as_ref().map_err(|_| "no peer".to_owned())?;
        let output = Command::new(python)
            .arg(&self.script)
            .args(words)
            .env("OMP_NUM_THREADS", "1")
            .env("OPENBLAS_NUM_THREADS", "1")
            .output();
        let output = output.map_err(|error| error.to_string())?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            eprintln!("{said}");
            let last = said.trim().lines().last().unwrap_or("failed");
            return Err(last.chars().take(60).collect());
        }
        serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())
    }

    /// The field `cpu_s` of what the script prints for `words`.
    pub fn cpu_s(&self, words: &[&str]) -> Result<f64, String> {
        let said = self.run(words)?;
        said["cpu_s"]
            .as_f64()
            .ok_or_else(|| "says no CPU seconds".to_owned())
    }
}

/// A directory below the target directory for what measures and peers hand to each other.
pub fn scratch(name: &str) -> std::io::Result<PathBuf> {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("quality")
        .join(name);
    fs::create_dir_all(&place)?;
    Ok(place)
}

fn environment(name: &str, requirements: &Path) -> Result<PathBuf, String> {
    let wanted = fs::read_to_string(requirements).map_err(|error| error.to_string())?;
    let place = scratch(&format!("venv-{name}")).map_err(|error| error.to_string())?;
    let (python, made) = (place.join("bin/python"), place.join("made.txt"));
    if fs::read_to_string(&made).is_ok_and(|made| made == wanted) {
        return Ok(python);
    }
    eprintln!("making the environment of `{name}`, once");
    let run = |program: &Path, words: &[&str]| {
        let output = Command::new(program).args(words).output();
        let output = output.map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let last = said.trim().lines().last().unwrap_or("failed").to_owned();
        output.status.success().then_some(()).ok_or(last)
    };
    let (target, list) = (
        place.display().to_string(),
        requirements.display().to_string(),
    );
    run(Path::new("python3"), &["-m", "venv", "--clear", &target])?;
    run(
        &python,
        &["-m", "pip", "install", "--quiet", "--requirement", &list],
    )?;
    fs::write(made, wanted).map_err(|error| error.to_string())?;
    Ok(python)
}
