//! `headwater backup`, `restore`, `scrub` and `rebuild`: copies of a node, and whether it is whole.

use super::{run, session};
use crate::cli::Failure;
use crate::cli::upkeep::{Backup, Restore, Scrub, Where};
use crate::words;
use anyhow::{Context as _, Result};
use node::rebuild::Rebuilt;
use std::path::Path;
use store::backup::Secrets;
use store::{Place, Store};

/// Copies a node while it runs.
pub fn backup(args: &Backup) -> Result<()> {
    session::require_existing(&args.data)?;
    let secrets = if args.with_keys {
        Secrets::Copied
    } else {
        Secrets::Left
    };
    let place = Place::directory(&args.data);
    let beside = || databases(&args.data, &args.to, args.with_keys);
    let head = store::backup::backup_with(&place, &args.to, secrets, beside)?;
    let entries = words::count(u128::from(head.size));
    println!("copied {entries} entries to `{}`", args.to.display());
    if args.with_keys {
        println!("`keys/` is in it: keep the copy as secret as the node");
    } else {
        println!("`keys/` is not in it: keep it by other means, without it nothing can be signed");
    }
    Ok(())
}

/// Databases that follow from nothing else, and those of them that hold secrets. The view is filled
/// again from the log; answers to requests with an `Idempotency-Key` live for a day.
const DATABASES: &[(&str, bool)] = &[
    ("plans.sqlite", false),
    ("desk.sqlite", false),
    ("login.sqlite", false),
    ("downloads.sqlite", false),
    ("gateway.sqlite", false),
    ("webhooks.sqlite", true),
];

fn databases(from: &Path, to: &Path, with_keys: bool) -> store::error::Result<()> {
    for (name, secret) in DATABASES {
        let path = from.join(name);
        if !path.exists() || (*secret && !with_keys) {
            continue;
        }
        view::Database::copy(&path, &to.join(name)).map_err(|error| {
            let doing = format!("copy `{}`", path.display());
            store::Error::unavailable(doing, error.to_string())
        })?;
    }
    contents(&from.join("content"), &to.join("content"))
}

/// Uploaded contents: a file is named by its hash and never changes.
fn contents(from: &Path, to: &Path) -> store::error::Result<()> {
    let failed = |error: std::io::Error| {
        let doing = format!("copy `{}`", from.display());
        store::Error::unavailable(doing, error.to_string())
    };
    if !from.exists() {
        return Ok(());
    }
    std::fs::create_dir_all(to).map_err(failed)?;
    for entry in std::fs::read_dir(from).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let Some(name) = path.file_name() else {
            continue;
        };
        let copy = to.join(name);
        if path.extension().is_none() && !copy.exists() {
            std::fs::copy(&path, copy).map_err(failed)?;
        }
    }
    Ok(())
}

/// Makes a node of a copy.
pub fn restore(args: &Restore) -> Result<()> {
    let head = store::backup::restore(&args.from, &Place::directory(&args.data))?;
    let entries = words::count(u128::from(head.size));
    println!(
        "restored {entries} entries to `{}`, all read back",
        args.data.display()
    );
    if !args.data.join("keys/master").exists() {
        println!("`keys/` was not in the copy: put it back before the node starts");
    }
    println!("the next start asks the witnesses whether this is the newest log");
    Ok(())
}

/// Reads every durable byte again.
pub fn scrub(args: &Scrub) -> Result<()> {
    session::require_existing(&args.data)?;
    let place = run::place(&args.data, args.store.as_deref(), true)?;
    let found = if place.bucket.is_some() {
        store::scrub::Scrub::of_bucket(&place)?.run()?
    } else {
        let (store, recovered) = Store::open(&place)?;
        for notice in recovered.notices {
            println!("note: {notice}");
        }
        store.scrub().run()?
    };
    println!(
        "read {} entries and {} attachments",
        words::count(u128::from(found.entries)),
        words::count(u128::from(found.attachments))
    );
    for healed in &found.healed {
        println!("written again from the journal: {healed}");
    }
    for damaged in &found.damaged {
        println!("damaged: {damaged}");
    }
    if found.damaged.is_empty() {
        match found.healed.len() {
            0 => println!("every byte is what was written"),
            _ => println!("every byte is what was written, or is so again"),
        }
        return Ok(());
    }
    let what = "stored bytes are damaged\n\
                hint: restore them from a backup or a mirror of the public files";
    Err(Failure::Check(what.to_owned()).into())
}

/// Makes the state anew from the entries alone.
pub fn rebuild(args: &Where) -> Result<()> {
    session::require_existing(&args.data)?;
    let place = run::place(&args.data, args.store.as_deref(), true)?;
    let rebuilt = node::rebuild::rebuild(&place)
        .with_context(|| format!("cannot replay the log in `{}`", args.data.display()))?;
    println!(
        "entries      {}",
        words::count(u128::from(rebuilt.state.size))
    );
    println!("state root   {}", rebuilt.root);
    println!(
        "roots in the log that were computed again  {}",
        rebuilt.roots
    );
    let snapshot = if rebuilt.snapshot {
        "compared"
    } else {
        "none to compare"
    };
    println!("snapshot     {snapshot}");
    for damaged in &rebuilt.damaged {
        println!("damaged: {damaged}");
    }
    for difference in &rebuilt.differences {
        println!("differs: {difference}");
    }
    if !rebuilt.differences.is_empty() {
        let what = "the state that the entries make is not what was saved or posted\n\
                    hint: delete a snapshot that differs; where a root of the log differs keep \
                    both programs, and report it";
        return Err(Failure::Check(what.to_owned()).into());
    }
    if !rebuilt.damaged.is_empty() {
        let what = "a snapshot is damaged\n\
                    hint: delete it; a start then replays more of the log, and nothing is lost";
        return Err(Failure::Check(what.to_owned()).into());
    }
    println!("{}", compared(&rebuilt));
    Ok(())
}

/// What the entries were held against, and no more.
fn compared(rebuilt: &Rebuilt) -> &'static str {
    match (rebuilt.snapshot, rebuilt.roots) {
        (true, 1..) => "the entries make the state that was saved and posted",
        (true, 0) => "the entries make the state that was saved; no root of it was posted",
        (false, 1..) => "the entries make the state that was posted; none was saved",
        (false, 0) => "the entries can be replayed; no state was saved or posted to compare",
    }
}
