//! `headwater log`: entries in words, one or the newest ones.

use crate::cli::{Log, LogView};
use anyhow::{Context as _, Result, bail};
use protocol::{Entry, codec};
use store::PublicLog;

/// Shows what was asked for from the public log.
pub fn run(args: &Log) -> Result<()> {
    let dir = super::session::existing(args.data.as_deref())?;
    let log = PublicLog::open(&dir);
    let size = log
        .checkpoint_unverified()
        .with_context(|| format!("cannot read the log of `{}`", dir.display()))?
        .head
        .size;
    let check = |index: u64| {
        if index < size {
            return Ok(());
        }
        bail!(
            "there is no entry {index}\nhint: the log has {size} entries, the last is {}",
            size.saturating_sub(1)
        )
    };
    match args.view {
        LogView::Show { index } => {
            check(index)?;
            let bytes = log.entry(index, size)?;
            print_entry(&decode(index, &bytes)?, bytes.len());
        }
        LogView::Tail { count } => {
            for index in size.saturating_sub(count)..size {
                let bytes = log.entry(index, size)?;
                println!("{}", line(&decode(index, &bytes)?));
            }
        }
    }
    Ok(())
}

fn decode(index: u64, bytes: &[u8]) -> Result<Entry> {
    codec::decode(bytes).with_context(|| format!("entry {index} does not decode"))
}

fn line(entry: &Entry) -> String {
    let submission = &entry.signed.submission;
    let who = submission
        .account
        .map_or("new account".to_owned(), |id| format!("account {id}"));
    format!(
        "{:>8}  {}  {who:<14} {}",
        entry.seq,
        time(entry.time_ms),
        node::words::command(&submission.command)
    )
}

fn print_entry(entry: &Entry, bytes: usize) {
    let submission = &entry.signed.submission;
    println!("{}", line(entry));
    println!("  rules      {}", entry.rule);
    println!(
        "  key        {} (nonce {})",
        submission.key, submission.nonce
    );
    if let Some(private) = submission.private {
        println!("  private    committed to by {private}");
    }
    println!("  signature  {}", entry.signed.signature);
    println!("  size       {bytes} bytes");
    println!("  command    {:#?}", submission.command);
}

/// Log time as UTC (days by the civil calendar of Howard Hinnant's `civil_from_days`).
pub fn time(time_ms: u64) -> String {
    let (days, seconds) = (time_ms / 86_400_000, time_ms / 1_000 % 86_400);
    let z = days + 719_468;
    let (era, day_of_era) = (z / 146_097, z % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

#[cfg(test)]
mod tests {
    use super::time;

    #[test]
    fn log_time_is_utc() {
        assert_eq!(time(0), "1970-01-01 00:00:00");
        assert_eq!(time(951_782_399_000), "2000-02-28 23:59:59");
        assert_eq!(time(951_782_400_000), "2000-02-29 00:00:00");
        assert_eq!(time(super::super::session::START_MS), "2026-01-05 09:00:00");
    }
}
