//! The bucket suites against moto (S3) and Azurite (Azure), installed below the target directory.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::servers::{self, Expected, KEY_ID, SECRET, Server};
use super::{Outcome, npm, venv};
use crate::tree::Tree;

const MOTO: &str = "moto[s3,server]==5.2.5";
const AZURITE: &[&str] = &["azurite@3.35.0", "@azure/storage-blob@12.32.0"];
/// Makes a bucket with the client that moto is tested with.
const MAKE_BUCKET: &str = "
import sys, boto3
endpoint, key, secret, region = sys.argv[1:]
client = boto3.client('s3', endpoint_url=endpoint, aws_access_key_id=key,
                      aws_secret_access_key=secret, region_name=region)
client.create_bucket(Bucket='headwater')
";
const MAKE_CONTAINER: &str = "
const { BlobServiceClient, StorageSharedKeyCredential } = require('@azure/storage-blob');
const [endpoint, account, key] = process.argv.slice(1);
const credential = new StorageSharedKeyCredential(account, key);
new BlobServiceClient(`${endpoint}/${account}`, credential).createContainer('headwater')
  .catch((error) => { console.error(error); process.exit(1); });
";
/// The emulator's account, which its documentation gives to everybody.
const AZURE_ACCOUNT: &str = "devstoreaccount1";
const AZURE_KEY: &str = concat!(
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVEr",
    "Cz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
);

/// What is there to be used, or why it is not.
pub enum Found<T> {
    Ready(T),
    Absent(Outcome),
}

pub fn moto(tree: &Tree) -> Result<Outcome> {
    let server = match moto_server(tree)? {
        Found::Ready(server) => server,
        Found::Absent(outcome) => return Ok(outcome),
    };
    match server.suite(Expected::Kept)? {
        Outcome::Passed(_) => server.failover(),
        other => Ok(other),
    }
}

pub fn azurite(tree: &Tree) -> Result<Outcome> {
    match azurite_server(tree)? {
        Found::Ready(server) => server.suite(Expected::Kept),
        Found::Absent(outcome) => Ok(outcome),
    }
}

/// S3 as moto imitates it.
pub fn moto_server(tree: &Tree) -> Result<Found<Server>> {
    let python = match python_with_moto(tree)? {
        Found::Ready(python) => python,
        Found::Absent(outcome) => return Ok(Found::Absent(outcome)),
    };
    let port = servers::free_port()?;
    let mut server = Server::new(tree, "moto-run")?;
    let mut command = Command::new(python.with_file_name("moto_server"));
    command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
    server.start("moto", &mut command)?;
    server.await_port(port)?;
    make_bucket(&python, port, "us-east-1")?;
    server.speaks_s3(port, "us-east-1");
    Ok(Found::Ready(server))
}

/// Azure as Azurite imitates it.
pub fn azurite_server(tree: &Tree) -> Result<Found<Server>> {
    let modules = match azurite_modules(tree)? {
        Found::Ready(modules) => modules,
        Found::Absent(outcome) => return Ok(Found::Absent(outcome)),
    };
    let port = servers::free_port()?;
    let mut server = Server::new(tree, "azurite-run")?;
    let mut command = Command::new("node");
    command.arg(modules.join("azurite/dist/src/blob/main.js"));
    command.args(["--blobHost", "127.0.0.1", "--blobPort", &port.to_string()]);
    command.args(["--skipApiVersionCheck", "--silent", "--location"]);
    command.arg(server.folder());
    server.start("azurite", &mut command)?;
    server.await_port(port)?;
    let endpoint = format!("http://127.0.0.1:{port}");
    let mut make = Command::new("node");
    make.args(["-e", MAKE_CONTAINER, &endpoint, AZURE_ACCOUNT, AZURE_KEY]);
    make.env("NODE_PATH", &modules);
    run(&mut make)?;
    server.speaks_azure(port);
    Ok(Found::Ready(server))
}

/// Makes the bucket `headwater` on an S3 server of this machine.
pub fn make_bucket(python: &PathBuf, port: u16, region: &str) -> Result<()> {
    let endpoint = format!("http://127.0.0.1:{port}");
    let mut make = Command::new(python);
    make.args(["-c", MAKE_BUCKET, &endpoint, KEY_ID, SECRET, region]);
    run(&mut make)
}

/// A Python of its own that has moto, and with it an S3 client.
pub fn python_with_moto(tree: &Tree) -> Result<Found<PathBuf>> {
    venv::python_with(&servers::folder(tree)?.join("moto"), &[MOTO])
}

fn azurite_modules(tree: &Tree) -> Result<Found<PathBuf>> {
    let folder = servers::folder(tree)?.join("azurite");
    let modules = folder.join("node_modules");
    // An install that was cut off leaves some of its files, and npm does not mend all of that.
    let whole = folder.join("whole");
    if whole.exists() {
        return Ok(Found::Ready(modules));
    }
    if let Some(outcome) = npm::absent() {
        return Ok(Found::Absent(outcome));
    }
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let install = Command::new("npm")
        .args(["install", "--ignore-scripts", "--no-audit", "--no-fund"])
        .args(["--prefix", "."])
        .args(AZURITE)
        .current_dir(&folder)
        .output()?;
    let said = String::from_utf8_lossy(&install.stderr);
    if !install.status.success() && npm::is_cut_off(&said) {
        return Ok(absent("npm cannot reach its registry"));
    }
    anyhow::ensure!(install.status.success(), "npm cannot install it: {said}");
    fs::write(whole, "")?;
    Ok(Found::Ready(modules))
}

fn absent<T>(why: &str) -> Found<T> {
    Found::Absent(Outcome::Skipped(why.to_owned()))
}

/// Runs a command whose output matters only if it fails.
pub fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output();
    let output = output.with_context(|| format!("cannot start `{program}`"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "`{program}` failed: {said}");
    Ok(())
}
