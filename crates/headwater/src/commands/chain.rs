//! `headwater chain`: contracts on a chain that others run, too, and the end of a freeze.

use super::public::Public;
use super::{ground, inspect};
use crate::cli::chain::{Chain, Deploy, ShowDebits, Thaw};
use anyhow::{Context as _, Result, bail};
use audit::Source as _;
use chain::Sender;
use chain::deployment::Terms;
use chain::endpoint::At;
use chain::remote::Time;
use chain::sender::FeeRule;
use chain::showing::Held;
use chain::suite::Plan;
use chain::wire::{Line, Wire as _};
use std::sync::Arc;

/// How long a transaction is waited for, in milliseconds.
const PATIENCE_MS: u64 = 120_000;

/// Deploys or thaws.
pub fn run(action: &Chain) -> Result<()> {
    match action {
        Chain::Deploy(args) => deploy(args),
        Chain::Thaw(args) => thaw(args),
        Chain::ShowDebits(args) => show_debits(args),
    }
}

fn deploy(args: &Deploy) -> Result<()> {
    let plan = plan(args)?;
    let endpoint = ground::endpoint(&args.rpc_url)?;
    chain::remote::is_chain(&endpoint, args.chain_id)?;
    let named = [
        ("post", plan.terms.poster),
        ("debit", plan.terms.debitor),
        ("guardian", plan.terms.guardian),
        ("arbiter", plan.terms.arbiter),
        ("rotator", plan.rotator),
    ];
    for (role, address) in named {
        ground::is_own(args.chain_id, role, address)?;
    }
    let newest = endpoint.block(At::Latest)?.context("the chain is empty")?;
    let signer = ground::key(&args.key)?;
    let places = (endpoint.clone(), args.chain_id);
    let mut sender = Sender::open(&args.notes, places, signer, FeeRule::default())?;
    let time: Arc<dyn Time> = Arc::new(ground::Machine);
    let places = plan.deploy(&endpoint, &mut sender, &time)?;
    let found = chain::suite::found(&endpoint, places.settlement)?;
    if found.escrow != places.escrow {
        bail!("the Settlement names another Escrow than was deployed");
    }
    println!("[chain]");
    println!("chain_id = {}", args.chain_id);
    println!("settlement = \"0x{}\"", hex::encode(places.settlement));
    println!("from_block = {}", newest.place.height);
    println!("# escrow 0x{}", hex::encode(places.escrow));
    println!("# suite  0x{}", hex::encode(places.suite));
    Ok(())
}

fn plan(args: &Deploy) -> Result<Plan> {
    let terms = Terms {
        poster: ground::address(&args.post)?,
        guardian: ground::address(&args.guardian)?,
        arbiter: ground::address(&args.arbiter)?,
        debitor: ground::address(&args.debit)?,
        window_s: args.window,
        ruling_s: args.ruling,
    };
    let (rotator, holder) = (&args.rotator, &args.bond_holder);
    let others = (ground::address(rotator)?, ground::address(holder)?);
    let tokens: Result<Vec<_>> = args.token.iter().map(|it| ground::address(it)).collect();
    let mut tokens = tokens?;
    tokens.sort_unstable();
    tokens.dedup();
    Ok(Plan {
        tokens,
        bond: args.bond.into(),
        challenge_bond: args.challenge_bond.into(),
        ..Plan::usual(terms, others)
    })
}

/// Puts the file of events aside; the next start reads the chain from the contracts' first block.
/// What the log has credited stays credited: deposits are numbered, and none is taken twice.
fn thaw(args: &Thaw) -> Result<()> {
    let further = args.chain_id.map(|id| ground::dir_of(&args.data, id));
    let dir = further.unwrap_or_else(|| args.data.join("chain"));
    let path = dir.join("history");
    if !path.exists() {
        bail!(
            "there is no history of a chain in `{}`\nhint: name the directory of the node with \
             --data, and one of its further chains with --chain-id",
            dir.display()
        );
    }
    let aside = path.with_extension("before-thaw");
    std::fs::rename(&path, &aside)
        .with_context(|| format!("cannot put `{}` aside", path.display()))?;
    println!("put aside  {}", aside.display());
    println!("the next start reads the chain anew; deposits that the log has are not taken again");
    Ok(())
}

fn show_debits(args: &ShowDebits) -> Result<()> {
    let source = Public::named(&args.log, None)?.without_chain();
    let file = source.claims(args.epoch)?.with_context(|| {
        format!(
            "`{}` has no file of leaves of epoch {}\nhint: name an epoch that the log has closed",
            args.log, args.epoch
        )
    })?;
    let mut line = Line::open(
        ground::endpoint(&args.rpc)?,
        Arc::new(ground::Machine),
        PATIENCE_MS,
    )?;
    if let Some(key) = &args.key {
        let key = ground::key(key)?;
        ground::is_own(line.chain_id()?, "sending", key.address())?;
        line = line.with_key(&args.notes, key, FeeRule::default())?;
    }
    let settlement = ground::address(&args.settlement)?;
    let mut shown = chain::showing::showings(&line, settlement, (args.epoch, &file))?;
    match args.deposit {
        Some(deposit) => shown.retain(|it| it.debit.id == deposit),
        None => shown.retain(|it| it.missing > 0 || it.held.is_some()),
    }
    if shown.is_empty() {
        let which = args.deposit.map(|id| format!(" of deposit {id}"));
        let which = which.unwrap_or_default();
        println!(
            "nothing to show: epoch {} has no debit{which} that is missing",
            args.epoch
        );
    }
    let (_, now_s) = line.newest()?;
    for it in &shown {
        let (id, missing) = (it.debit.id, it.missing);
        println!("deposit    {id}: {missing} base units are missing");
        let lapse = it.held.as_ref().and_then(|held| lapse(held, now_s));
        if args.key.is_none() || missing > 0 || lapse.is_some() {
            call(&mut line, "shown", (it.escrow, &it.calldata[..]))?;
        }
        if let Some(lapse) = lapse {
            call(&mut line, "lapsed", (it.escrow, lapse))?;
        }
    }
    Ok(())
}

/// Says how long a dispute holds a debit, and gives the call that ends it where nobody has ruled in
/// time.
fn lapse(held: &Held, now_s: u64) -> Option<&[u8]> {
    let until = inspect::time(held.until_s.saturating_mul(1_000));
    println!(
        "disputed   {} base units, until the arbiter rules or {until} UTC",
        held.amount
    );
    if now_s >= held.until_s {
        return Some(held.calldata.as_slice());
    }
    println!("           show the debit again after that: it ends the dispute as well");
    None
}

/// Sends a call, or prints it where there is no key.
fn call(line: &mut Line, done: &str, (to, calldata): ([u8; 20], &[u8])) -> Result<()> {
    if line.sender().is_none() {
        println!("to         0x{}", hex::encode(to));
        println!("data       0x{}", hex::encode(calldata));
        return Ok(());
    }
    let hash = line.send(to, calldata.to_vec())?;
    println!("{done:<10} 0x{}", hex::encode(hash));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thaw_is_of_the_chain_that_was_named_and_says_where_it_looked() {
        let dir = tempfile::tempdir().unwrap();
        let own = dir.path().join("chain-5");
        let args = Thaw {
            data: dir.path().to_owned(),
            chain_id: Some(5),
        };
        let error = thaw(&args).unwrap_err().to_string();
        let place = format!("in `{}`", own.display());
        assert!(error.contains(&place), "{error}");
        std::fs::create_dir(&own).unwrap();
        std::fs::write(own.join("history"), "").unwrap();
        thaw(&args).unwrap();
        assert!(!own.join("history").exists());
        assert!(own.join("history.before-thaw").exists());
    }
}
