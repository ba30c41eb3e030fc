//! Standard output whose reader may go away, as `head` does.

use anyhow::Result;
use std::fmt::Display;
use std::io::Write as _;

/// Ends the process without a word once it writes to a pipe that nobody reads, as other Unix tools
/// end: Rust ignores the signal that says so, and `println!` would panic instead. Sockets do not
/// raise it.
#[cfg(unix)]
pub fn end_with_reader() -> Result<()> {
    let always = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    signal_hook::flag::register_conditional_default(signal_hook::consts::SIGPIPE, always)?;
    Ok(())
}

/// Elsewhere there is no such signal.
#[cfg(not(unix))]
pub fn end_with_reader() -> Result<()> {
    Ok(())
}

/// Prints a line of a server, which goes on when nobody reads it.
pub fn say(line: impl Display) {
    writeln!(std::io::stdout(), "{line}").ok();
}
