//! The subcommands, one file each.

mod account;
mod appeal;
mod audit;
mod audited;
mod backup;
mod call;
mod chain;
mod config;
mod demo;
mod exports;
mod facts;
mod ground;
mod inspect;
mod key;
mod load;
mod market;
mod model_key;
mod pipe;
mod public;
mod quality;
mod receipt;
mod replay;
mod rotation;
mod run;
mod session;
mod sim;
mod sql;
mod summary;
mod train;
mod upkeep;
mod verify;
mod waiver;
mod watch;
mod witness;

use crate::cli::{Cli, Command};
use anyhow::Result;
use clap::CommandFactory as _;

/// Runs what was asked for.
pub fn run(cli: Cli) -> Result<()> {
    if !is_server(&cli.command) {
        pipe::end_with_reader();
    }
    match cli.command {
        Command::Demo(args) => demo::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Audit(args) => audit::run(&args),
        Command::Log(args) => inspect::run(&args),
        Command::Account(args) => account::run(&args),
        Command::Run(args) => run::run(&args),
        Command::Config(args) => config::run(&args),
        Command::Chain(action) => chain::run(&action),
        Command::Watch(args) => watch::run(&args),
        Command::Witness(args) => witness::run(&args),
        Command::Asset(args) => market::asset(&args),
        Command::Grant(args) => market::grant(&args),
        Command::Waiver(args) => waiver::run(&args),
        Command::Deposit(args) => market::deposit(&args),
        Command::Key(args) => key::run(&args),
        Command::Receipt(args) => receipt::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Train(args) => train::run(&args),
        Command::Call(args) => call::run(&args),
        Command::ModelKey(args) => model_key::run(&args),
        Command::Backup(args) => backup::backup(&args),
        Command::Restore(args) => backup::restore(&args),
        Command::Scrub(args) => backup::scrub(&args),
        Command::Rebuild(args) => backup::rebuild(&args),
        Command::Rotate(args) => upkeep::rotate(&args),
        Command::Erase(args) => upkeep::erase(&args),
        Command::Witnesses(args) => upkeep::witnesses(&args),
        Command::Load(args) => load::run(&args),
        Command::Sim(args) => sim::run(&args),
        Command::Appeal(args) => appeal::run(&args),
        Command::Sql(args) => sql::run(&args),
        Command::Quality(args) => quality::run(&args),
        Command::Version => {
            println!("headwater {}", env!("CARGO_PKG_VERSION"));
            println!("rules {}", protocol::entry::RULE_VERSION);
            let scores = ledger::score::Algorithm::ALL.map(ledger::score::Algorithm::name);
            println!("scores {}", scores.join(", "));
            Ok(())
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "headwater", &mut script);
            print!("{}", String::from_utf8_lossy(&script));
            Ok(())
        }
    }
}

/// Whether others depend on it, whoever reads what it prints.
fn is_server(command: &Command) -> bool {
    matches!(
        command,
        Command::Run(_) | Command::Watch(_) | Command::Witness(_)
    )
}
