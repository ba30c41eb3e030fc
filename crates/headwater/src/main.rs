//! The `headwater` command: arguments in, a subcommand called, errors as words and exit codes.

use headwater::cli::Failure;
use headwater::words;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = headwater::cli::config::parse(std::env::args_os());
    match cli.and_then(headwater::commands::run) {
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
