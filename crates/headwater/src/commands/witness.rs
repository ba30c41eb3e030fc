//! `headwater witness`: a small C2SP witness that cosigns what grows and never what was rewritten.

use super::pipe::say;
use crate::cli::node::Witness as Args;
use anyhow::{Context as _, Result, bail};
use proof::cosignature::{Algorithm, Cosigner};
use proof::note::VerifierKey;
use std::path::Path;
use std::sync::Arc;
use store::{Directory, Disk as _, SystemDisk};
use web::witness::{Settings, Witness};

const SEED: &str = "keys/witness";

/// Serves until it is stopped.
pub fn run(args: &Args) -> Result<()> {
    let logs: Vec<VerifierKey> = args
        .log
        .iter()
        .map(|key| {
            let parsed = key.parse();
            parsed.with_context(|| format!("`{key}` is no log's key"))
        })
        .collect::<Result<_>>()?;
    let listener = super::run::listen(args.listen)?;
    std::fs::create_dir_all(args.data.join("keys"))
        .with_context(|| format!("cannot make the directory `{}`", args.data.display()))?;
    let _lock = lock(&args.data)?;
    let seed = seed(&args.data)?;
    let sign = |algorithm: Algorithm, duty: &[u8]| {
        let seed = proof::hash::sha256(&[b"headwater/witness/v1\0", duty, &seed]);
        Cosigner::from_seed(&args.name, algorithm, &seed)
    };
    let cosigners = vec![
        sign(Algorithm::Ed25519, b"ed25519").context("cannot take this name")?,
        sign(Algorithm::MlDsa44, b"ml-dsa-44").context("cannot take this name")?,
    ];
    let settings = Settings {
        cosigners,
        logs,
        clock: Arc::new(node::clock::SystemClock),
    };
    let files = Arc::new(Directory::at(&args.data));
    let witness = Arc::new(Witness::open(files, settings)?);
    let (keys, address) = (witness.keys(), listener.local_addr()?);
    let announce = || {
        for key in keys {
            say(format_args!("witness key  {key}"));
        }
        say(format_args!("address      http://{address}"));
    };
    let stop = web::Stop::on_signals();
    let routes = web::witness::routes(witness);
    web::serve(listener, routes, &stop, announce).context("cannot serve")
}

/// Two processes with one key could each cosign another branch of a log.
fn lock(dir: &Path) -> Result<impl std::fmt::Debug> {
    let locked = SystemDisk
        .lock(&dir.join("lock"))
        .with_context(|| format!("cannot lock `{}`", dir.display()))?;
    match locked {
        Some(lock) => Ok(lock),
        None => bail!(
            "cannot lock `{}`: another witness works in it\nhint: stop that one first",
            dir.display()
        ),
    }
}

/// The secret behind its keys, drawn at the first start, readable by the owner only.
fn seed(dir: &Path) -> Result<[u8; 32]> {
    let path = dir.join(SEED);
    let shown = path.display();
    if path.exists() {
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read the witness's key `{shown}`"))?;
        let mut seed = [0; 32];
        hex::decode_to_slice(text.trim(), &mut seed)
            .with_context(|| format!("the witness's key `{shown}` is not 64 hex digits"))?;
        return Ok(seed);
    }
    let mut seed = [0; 32];
    SystemDisk.random(&mut seed);
    let draft = path.with_extension("new");
    let written = SystemDisk
        .write_secret(&draft, format!("{}\n", hex::encode(seed)).as_bytes())
        .and_then(|()| SystemDisk.sync(&draft))
        .and_then(|()| SystemDisk.rename(&draft, &path))
        .and_then(|()| SystemDisk.sync_dir(&dir.join("keys")))
        .and_then(|()| SystemDisk.sync_dir(dir));
    written.with_context(|| format!("cannot write the witness's key `{shown}`"))?;
    Ok(seed)
}
