//! Postgres beside us: the same double-entry transfers, on the same disk, in the same run.
//!
//! A private cluster with its defaults for durability (`fsync`, `synchronous_commit` on), the
//! memory that a tuned server would have, over a Unix socket. Ours runs in process and pays no
//! socket, Postgres checks no log tree: the ratio says what a design costs, not who is better.

use crate::clock::Spent;
use crate::header::scratch;
use crate::pipeline;
use crate::row::{Goal, Table};
use anyhow::{Context as _, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const SECONDS: u32 = 5;
const ACCOUNTS: u32 = 10_000;
/// Statements as a team that moves money in Postgres would write them: no overdraft, a row for
/// each transfer, accounts locked in one order so that nothing deadlocks.
const SCHEMA: &str = "
create table account (id int primary key, balance bigint not null check (balance >= 0));
create table transfer (id bigserial primary key, debit int not null, credit int not null,
  amount bigint not null);
insert into account select id, 1000000000 from generate_series(1, 10000) id;
create function transfer(d int, c int, a bigint) returns void language plpgsql as $$ begin
  perform 1 from account where id in (d, c) order by id for update;
  update account set balance = balance - a where id = d;
  update account set balance = balance + a where id = c;
  insert into transfer (debit, credit, amount) values (d, c, a); end $$;
create function transfers(n int) returns void language sql as $$
  with t as materialized (select 1 + floor(random() * 10000)::int d,
    1 + floor(random() * 10000)::int c, 1::bigint a from generate_series(1, n)),
  kept as (insert into transfer (debit, credit, amount) select d, c, a from t),
  net as (select id, sum(x) x from (select d id, -a x from t union all select c, a from t) s
    group by id)
  update account set balance = balance + net.x from net where account.id = net.id $$;
";

/// Both rates of Postgres, and how many times the better one fits into our pipeline's, the median
/// of three.
pub fn measure(table: &mut Table) -> Result<()> {
    let Some(programs) = programs() else {
        table.skip("Postgres", "its programs are not installed");
        return Ok(());
    };
    settle()?;
    let server = Server::start(programs)?;
    let single = server.pgbench(
        &format!(
            "\\set d random(1, {ACCOUNTS})\n\\set c random(1, {ACCOUNTS})\n\
             select transfer(:d, :c, 1);\n"
        ),
        32,
    )?;
    print(
        table,
        "Postgres: a transfer per transaction, 32 clients",
        single,
    );
    let mut batch: f64 = 0.0;
    for (size, clients) in [(1_000, 1), (8_000, 1), (8_000, 2), (32_000, 1)] {
        let done = server.pgbench(&format!("select transfers({size});\n"), clients)?;
        batch = batch.max(done * f64::from(size));
    }
    print(
        table,
        "Postgres: best set-based batch of 1,000 to 32,000",
        batch,
    );
    drop(server);
    // Neither waits for what the other has left to be written.
    settle()?;
    let mut ours = Vec::new();
    for _ in 0..3 {
        let (entries, writing, _) = pipeline::run_once()?;
        ours.push(entries as f64 / writing.wall_s);
    }
    ours.sort_by(f64::total_cmp);
    let ours = ours[1];
    let figure = format!("{:.1}", ours / batch);
    table.fact(
        "pipeline over the best batch of Postgres",
        &figure,
        ">= 3",
        ours >= 3.0 * batch,
    );
    let figure = format!("{:.0}", ours / single);
    table.fact(
        "pipeline over single transfers of Postgres",
        &figure,
        ">= 20",
        ours >= 20.0 * single,
    );
    Ok(())
}

/// Returns once all that was written is on the disk.
fn settle() -> Result<()> {
    ensure!(Command::new("sync").status()?.success(), "`sync` fails");
    Ok(())
}

fn print(table: &mut Table, measure: &str, a_second: f64) {
    let wall_s = f64::from(SECONDS);
    let spent = Spent {
        wall_s,
        cpu_s: wall_s,
    };
    table.rate(measure, (a_second * wall_s) as u64, spent, Goal::None);
}

/// Where Debian puts the programs of a version, or the search path.
fn programs() -> Option<PathBuf> {
    let places = ["/usr/lib/postgresql/15/bin", "/usr/local/bin"];
    let programs = ["initdb", "postgres", "pg_ctl", "psql", "pgbench"];
    let whole = |dir: &Path| programs.iter().all(|name| dir.join(name).exists());
    places.into_iter().map(PathBuf::from).find(|dir| whole(dir))
}

/// A cluster of its own that ends with the measure.
struct Server {
    programs: PathBuf,
    dir: tempfile::TempDir,
    running: bool,
}

impl Server {
    fn start(programs: PathBuf) -> Result<Self> {
        let dir = scratch()?;
        let mut server = Self {
            programs,
            dir,
            running: false,
        };
        if root() {
            // The server refuses to run as root; its own user must reach the directory.
            let owned = Command::new("chown")
                .arg("postgres")
                .arg(server.dir.path())
                .status()?;
            ensure!(
                owned.success(),
                "cannot give the cluster's directory to `postgres`"
            );
        }
        let data = server.dir.path().join("data");
        let mut initdb = server.command("initdb");
        initdb
            .arg("-D")
            .arg(&data)
            .args(["-A", "trust", "-U", "bench"]);
        let made = initdb.output()?;
        ensure!(
            made.status.success(),
            "cannot make a Postgres cluster: {}",
            String::from_utf8_lossy(&made.stderr)
        );
        let socket = server.dir.path().display().to_string();
        let settings = format!(
            "-k {socket} -c listen_addresses= -c shared_buffers=1GB -c max_wal_size=4GB \
             -c wal_sync_method=fdatasync"
        );
        // Returns when the server answers.
        let mut start = server.command("pg_ctl");
        start
            .arg("-D")
            .arg(&data)
            .args(["start", "-w", "-o", &settings]);
        let log = server.dir.path().join("log");
        let started = start.arg("-l").arg(&log).stdout(Stdio::null()).status()?;
        server.running = started.success();
        ensure!(server.running, "Postgres does not start");
        server.run_sql(SCHEMA)?;
        Ok(server)
    }

    fn run_sql(&self, text: &str) -> Result<()> {
        let ran = self
            .client("psql")
            .args(["-q", "-v", "ON_ERROR_STOP=1", "-c", text])
            .output()?;
        ensure!(
            ran.status.success(),
            "{}",
            String::from_utf8_lossy(&ran.stderr)
        );
        Ok(())
    }

    /// Transactions per second of a script.
    fn pgbench(&self, script: &str, clients: u32) -> Result<f64> {
        let path = self.dir.path().join("script.sql");
        fs::write(&path, script)?;
        let ran = self
            .client("pgbench")
            .args([
                "-n",
                "-M",
                "prepared",
                "-j",
                "2",
                "-T",
                &SECONDS.to_string(),
            ])
            .args(["-c", &clients.to_string(), "-f"])
            .arg(&path)
            .output()?;
        let said = String::from_utf8_lossy(&ran.stdout).into_owned();
        let figure = said.lines().find_map(|line| line.strip_prefix("tps = "));
        let figure = figure.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
        figure.with_context(|| format!("pgbench: {said}{}", String::from_utf8_lossy(&ran.stderr)))
    }

    fn client(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command
            .arg("-h")
            .arg(self.dir.path())
            .args(["-U", "bench", "postgres"]);
        if program == "pgbench" {
            command = Command::new(self.programs.join(program));
            command.arg("-h").arg(self.dir.path()).args(["-U", "bench"]);
            command.env("PGDATABASE", "postgres");
        }
        command
    }

    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        if !root() {
            return Command::new(program);
        }
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let data = self.dir.path().join("data");
        if self.running {
            let mut stop = self.command("pg_ctl");
            // Nothing can be done about a server that does not stop but to leave it.
            stop.arg("-D")
                .arg(&data)
                .args(["stop", "-m", "immediate"])
                .output()
                .ok();
        }
    }
}

fn root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}
