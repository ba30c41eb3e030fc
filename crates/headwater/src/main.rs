//! The `headwater` command: arguments in, a subcommand called, errors as words and exit codes.

use headwater::cli::Failure;
use headwater::words;
use std::process::ExitCode;

/// A call of the gateway makes some hundred allocations: of the system's allocator that is a sixth
/// of its time, and what is freed stays in pieces.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
