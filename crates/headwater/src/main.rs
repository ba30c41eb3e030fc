//! The `headwater` command: arguments in, a subcommand called, errors as words and exit codes.

use clap::Parser as _;
use headwater::cli::{Cli, Failure};
use headwater::words;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match headwater::commands::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", words::complaint(&error));
            let code = error
                .downcast_ref::<Failure>()
                .map_or(2, |failure| failure.code());
            ExitCode::from(code)
        }
    }
}
