//! `cargo xtask test --cluster`: a replicated Ceph that must pass, and Garage that must be refused.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::emulators::{self, Found, run};
use super::servers::{self, Expected, KEY_ID, SECRET, Server};
use super::{Outcome, said_by};
use crate::tree::Tree;

const GARAGE: &str = "2.5.0";
const OSDS: u8 = 3;

pub fn moto(tree: &Tree) -> Result<Outcome> {
    match emulators::moto_server(tree)? {
        Found::Ready(server) => measured(&server),
        Found::Absent(outcome) => Ok(outcome),
    }
}

pub fn azurite(tree: &Tree) -> Result<Outcome> {
    match emulators::azurite_server(tree)? {
        Found::Ready(server) => measured(&server),
        Found::Absent(outcome) => Ok(outcome),
    }
}

/// One monitor, three stores in memory that hold every object three times, and the S3 gateway.
pub fn ceph(tree: &Tree) -> Result<Outcome> {
    for tool in ["ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "ceph"] {
        if said_by(tool, &["--version"]).is_none() {
            let packages = "radosgw ceph-mon ceph-osd ceph-mgr ceph-common";
            let why = format!("`{tool}` is not installed; Debian has {packages}");
            return Ok(Outcome::Skipped(why));
        }
    }
    let python = match emulators::python_with_moto(tree)? {
        Found::Ready(python) => python,
        Found::Absent(outcome) => return Ok(outcome),
    };
    let mut server = Server::new(tree, "ceph")?;
    start_monitor(&mut server)?;
    for id in 0..OSDS {
        start_osd(&mut server, id)?;
    }
    let port = start_gateway(&mut server)?;
    emulators::make_bucket(&python, port, "default")?;
    server.speaks_s3(port, "default");
    measured(&server)
}

/// A single node, made by `cargo install` if it is not there yet, which takes a while.
pub fn garage(tree: &Tree) -> Result<Outcome> {
    let folder = servers::folder(tree)?.join("garage");
    let program = folder.join("bin/garage");
    if !program.exists() {
        let mut install = crate::cargo::command();
        install.args(["install", "garage", "--locked", "--version", GARAGE]);
        install.arg("--root").arg(&folder);
        run(install.arg("--target-dir").arg(folder.join("build")))?;
    }
    let mut server = Server::new(tree, "garage-run")?;
    let [api, rpc] = [servers::free_port()?, servers::free_port()?];
    let at = server.folder().to_owned();
    let config = format!(
        "metadata_dir = \"{0}/meta\"\ndata_dir = \"{0}/data\"\ndb_engine = \"sqlite\"\n\
         replication_factor = 1\nrpc_bind_addr = \"127.0.0.1:{rpc}\"\nrpc_secret = \"{SECRET}\"\n\
         [s3_api]\ns3_region = \"garage\"\napi_bind_addr = \"127.0.0.1:{api}\"\n",
        at.display()
    );
    fs::write(at.join("garage.toml"), config)?;
    let mut command = Command::new(program);
    command.arg("-c").arg(at.join("garage.toml"));
    command.args(["server", "--single-node", "--default-bucket"]);
    command.env("GARAGE_DEFAULT_ACCESS_KEY", KEY_ID);
    command.env("GARAGE_DEFAULT_SECRET_KEY", SECRET);
    command.env("GARAGE_DEFAULT_BUCKET", "headwater");
    server.start("garage", &mut command)?;
    server.await_port(api)?;
    server.speaks_s3(api, "garage");
    server.suite(Expected::Refused)
}

/// The suite, the figures of a store that passes it, and a failover on it.
fn measured(server: &Server) -> Result<Outcome> {
    for step in [|it: &Server| it.suite(Expected::Kept), Server::measure] {
        let outcome = step(server)?;
        if !matches!(outcome, Outcome::Passed(_)) {
            return Ok(outcome);
        }
    }
    server.failover()
}

fn start_monitor(server: &mut Server) -> Result<()> {
    let at = server.folder().to_owned();
    let [new, old] = [servers::free_port()?, servers::free_port()?];
    let address = format!("[v2:127.0.0.1:{new},v1:127.0.0.1:{old}]");
    let cluster = uuid()?;
    fs::write(at.join("ceph.conf"), config(&at, &cluster, &address))?;
    for id in 0..OSDS {
        fs::create_dir_all(at.join(format!("osd{id}")))?;
    }
    let keyring = at.join("keyring");
    let mut key = Command::new("ceph-authtool");
    key.arg("--create-keyring").arg(&keyring);
    run(key.args(["--gen-key", "-n", "mon.", "--cap", "mon", "allow *"]))?;
    let mut key = Command::new("ceph-authtool");
    key.arg(&keyring).args(["--gen-key", "-n", "client.admin"]);
    for part in ["mon", "osd", "mgr"] {
        key.args(["--cap", part, "allow *"]);
    }
    run(&mut key)?;
    let mut map = Command::new("monmaptool");
    map.args(["--create", "--clobber", "--addv", "a", &address, "--fsid"]);
    run(map.arg(&cluster).arg(at.join("monmap")))?;
    let mut make = ceph_command("ceph-mon", &at);
    make.args(["--mkfs", "-i", "a", "--monmap"]);
    run(make.arg(at.join("monmap")).arg("--keyring").arg(&keyring))?;
    server.start("mon", ceph_command("ceph-mon", &at).args(["-f", "-i", "a"]))?;
    asked(&at, &["status"]).map(|_| ())
}

fn start_osd(server: &mut Server, id: u8) -> Result<()> {
    let at = server.folder().to_owned();
    let (number, name) = (id.to_string(), format!("osd.{id}"));
    let identity = uuid()?;
    asked(&at, &["osd", "new", &identity, &number])?;
    let caps = ["mon", "allow profile osd", "osd", "allow *"];
    let key = asked(
        &at,
        &[&["auth", "get-or-create", &name], &caps[..]].concat(),
    )?;
    let keyring = at.join(format!("{name}.keyring"));
    fs::write(&keyring, key)?;
    let command = || {
        let mut command = ceph_command("ceph-osd", &at);
        command.args(["-i", &number, "--keyring"]).arg(&keyring);
        command
    };
    run(command().args(["--mkfs", "--osd-uuid", &identity]))?;
    server.start(&name, command().arg("-f"))?;
    let host = format!("host=h{id}");
    let place = ["osd", "crush", "add", &name, "1.0", "root=default", &host];
    asked(&at, &place).map(|_| ())
}

fn start_gateway(server: &mut Server) -> Result<u16> {
    let at = server.folder().to_owned();
    let caps = ["mon", "allow rwx", "osd", "allow rwx"];
    let get = ["auth", "get-or-create", "client.rgw.a"];
    let key = asked(&at, &[&get[..], &caps[..]].concat())?;
    let keyring = at.join("rgw.keyring");
    fs::write(&keyring, key)?;
    let port = servers::free_port()?;
    let mut gateway = ceph_command("radosgw", &at);
    gateway.args(["-f", "-n", "client.rgw.a", "--keyring"]);
    gateway.arg(&keyring).arg("--rgw-frontends");
    gateway.arg(format!("beast endpoint=127.0.0.1:{port}"));
    server.start("radosgw", &mut gateway)?;
    server.await_port(port)?;
    let mut user = ceph_command("radosgw-admin", &at);
    user.args(["user", "create", "--uid=headwater", "--display-name=test"]);
    user.args([
        format!("--access-key={KEY_ID}"),
        format!("--secret-key={SECRET}"),
    ]);
    run(&mut user)?;
    Ok(port)
}

fn config(at: &Path, cluster: &str, address: &str) -> String {
    let at = at.display();
    format!(
        "[global]\n\
         fsid = {cluster}\n\
         mon host = {address}\n\
         public addr = 127.0.0.1\n\
         cluster addr = 127.0.0.1\n\
         ms bind ipv6 = false\n\
         auth cluster required = cephx\n\
         auth service required = cephx\n\
         auth client required = cephx\n\
         keyring = {at}/keyring\n\
         admin socket =\n\
         run dir = {at}\n\
         log file = {at}/$name.ceph.log\n\
         mon data = {at}/mon\n\
         osd data = {at}/osd$id\n\
         rgw data = {at}/rgw\n\
         osd objectstore = memstore\n\
         memstore device bytes = 1073741824\n\
         osd pool default size = {OSDS}\n\
         osd pool default min size = 2\n\
         osd pool default pg num = 8\n\
         osd crush chooseleaf type = 0\n\
         osd max object name len = 256\n\
         mon warn on insecure global id reclaim = false\n"
    )
}

/// Asks the monitor and gives what it says.
fn asked(at: &Path, words: &[&str]) -> Result<Vec<u8>> {
    let mut command = ceph_command("ceph", at);
    let output = command
        .args(["--connect-timeout", "30"])
        .args(words)
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "`ceph {}`: {said}",
        words.join(" ")
    );
    Ok(output.stdout)
}

fn ceph_command(program: &str, at: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg("-c").arg(at.join("ceph.conf"));
    command
}

fn uuid() -> Result<String> {
    let uuid = fs::read_to_string("/proc/sys/kernel/random/uuid");
    Ok(uuid.context("this needs Linux")?.trim().to_owned())
}
