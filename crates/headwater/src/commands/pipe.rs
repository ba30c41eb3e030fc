//! Standard output whose reader may go away, as `head` does.

use std::fmt::Display;
use std::io::Write as _;
use std::panic::{PanicHookInfo, set_hook, take_hook};
use std::process::exit;

/// What a shell reports of a tool that has written to a pipe that nobody reads: 128 and the number
/// of the signal. The signal itself stays ignored, or a socket that its peer has closed could end
/// the process, too.
const CLOSED_PIPE: i32 = 128 + 13;

/// Ends the process without a word once it prints to a pipe that nobody reads, as other Unix tools
/// end; `println!` would panic instead.
pub fn end_with_reader() {
    let usual = take_hook();
    set_hook(Box::new(move |panic| {
        if is_closed_pipe(panic) {
            exit(CLOSED_PIPE);
        }
        usual(panic);
    }));
}

fn is_closed_pipe(panic: &PanicHookInfo<'_>) -> bool {
    let said = panic.payload_as_str().unwrap_or_default();
    said.starts_with("failed printing to std") && said.contains("Broken pipe")
}

/// Prints a line of a server, which goes on when nobody reads it.
pub fn say(line: impl Display) {
    writeln!(std::io::stdout(), "{line}").ok();
}
