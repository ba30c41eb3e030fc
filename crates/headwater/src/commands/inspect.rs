//! `headwater log`: entries in words, one or the newest ones.

use crate::cli::{Log, LogView};
use anyhow::{Context as _, Result, bail};
use protocol::operation::{Authority, Erasure};
use protocol::{Command, Entry, Hash, codec};
use store::PublicLog;

/// Shows what was asked for from the public log.
pub fn run(args: &Log) -> Result<()> {
    super::session::require_existing(&args.data)?;
    let log = PublicLog::open(&args.data);
    let size = log
        .checkpoint_unverified()
        .with_context(|| format!("cannot read the log of `{}`", args.data.display()))?
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
        words(&submission.command)
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

/// A command in a few words.
pub fn words(command: &Command) -> String {
    account_words(command)
        .or_else(|| operator_words(command))
        .or_else(|| dispute_words(command))
        .or_else(|| market_words(command))
        .or_else(|| service_words(command))
        .or_else(|| keeping_words(command))
        .unwrap_or_else(|| format!("{command:?}"))
}

/// Assets that the gateway serves.
fn service_words(command: &Command) -> Option<String> {
    Some(match command {
        Command::ServeAsset(serve) => {
            let by_tokens = match serve.tokens {
                Some(prices) => format!(
                    ", a million tokens at {} asked and {} answered",
                    prices.input_units, prices.output_units
                ),
                None => String::new(),
            };
            format!("lets the gateway serve asset {}{by_tokens}", serve.asset)
        }
        Command::WithdrawAsset(asset) => {
            format!("takes asset {asset} out of the gateway's service")
        }
        Command::SetGateway(set) => format!("signs receipts of uses with key {}", set.key),
        Command::SetFee(set) => format!(
            "takes {} ppm of revenue from {} on, for account {}",
            set.fee.ppm(),
            node::export::iso(set.from_ms),
            set.account
        ),
        _ => return None,
    })
}

/// Answers taken back, appeals and verdicts.
fn dispute_words(command: &Command) -> Option<String> {
    Some(match command {
        Command::ReplaceAnswer(replace) => {
            let (entry, campaign) = (replace.entry, replace.campaign);
            format!("replaces a sealed answer of entry {entry} in campaign {campaign}")
        }
        Command::Appeal(appeal) => {
            let (block, campaign) = (appeal.block, appeal.campaign);
            format!("appeals the rejection of block {block} in campaign {campaign}")
        }
        Command::GiveVerdict(verdict) => {
            let (block, account) = (verdict.block, verdict.account);
            let what = if verdict.upheld {
                "deserves its pay"
            } else {
                "stays rejected"
            };
            let campaign = verdict.campaign;
            format!("finds in campaign {campaign} that block {block} of account {account} {what}")
        }
        _ => return None,
    })
}

/// Listings, grants and waivers.
fn market_words(command: &Command) -> Option<String> {
    Some(match command {
        Command::BuyGrant(buy) => {
            let (asset, units) = (buy.asset, buy.amount_units);
            format!("buys a grant for asset {asset} for {units} units")
        }
        Command::RevokeGrant(grant) => format!("revokes grant {grant}"),
        Command::WaiveFloor(waive) => {
            let (asset, account, floor) = (waive.asset, waive.account, waive.floor.ppm());
            format!("offers account {account} a floor of {floor} ppm for asset {asset}")
        }
        Command::ListAsset(list) => format!("lists asset {}", list.asset),
        _ => return None,
    })
}

fn account_words(command: &Command) -> Option<String> {
    Some(match command {
        Command::OpenAccount(open) => format!("joins, to {}", open.scope.text()),
        Command::DiscloseWallet(open) => format!("discloses wallet 0x{}", open.wallet),
        Command::BindPayout(bind) => format!("wants to be paid at 0x{}", bind.wallet),
        Command::CallOffPayout(_) => "calls a change of the payout address off".to_owned(),
        Command::OpenCampaign(spec) => {
            let (title, units, price) = (&spec.title, spec.unit_count, spec.price_units);
            format!("opens campaign `{title}`: {units} units at {price} units each")
        }
        Command::SealAnswers(sealed) => {
            format!(
                "seals {} answers in campaign {}",
                sealed.commitments.len(),
                sealed.campaign
            )
        }
        Command::CloseCampaign(id) => {
            format!("closes campaign {id}: its label set is an asset now")
        }
        Command::RegisterAsset(asset) => {
            format!(
                "registers `{}`, content {}",
                asset.title,
                short(&asset.content)
            )
        }
        Command::GrantAllowance(grant) => {
            format!(
                "sets {} units aside for uses of asset {}",
                grant.cap_units, grant.asset
            )
        }
        Command::PostSegment(segment) => {
            let uses: u64 = segment
                .totals
                .iter()
                .map(|total| u64::from(total.uses))
                .sum();
            let (asset, number) = (segment.asset, segment.number);
            format!("meters {uses} uses of asset {asset} in segment {number}")
        }
        _ => return None,
    })
}

fn operator_words(command: &Command) -> Option<String> {
    Some(match command {
        Command::Genesis(genesis) => format!("opens the space on chain {}", genesis.chain_id),
        Command::CreditDeposit(deposit) => {
            let (units, fund, account) = (deposit.amount_units, deposit.fund, deposit.account);
            format!("credits deposit {fund} of {units} units to account {account}")
        }
        Command::OpenRound(round) => {
            let (campaign, units) = (round.campaign, round.unit_count);
            format!("opens a round of campaign {campaign} over {units} units, gold sealed")
        }
        Command::CloseRound(round) => format!("opens the seals of campaign {}", round.campaign),
        Command::CloseUnits(close) => {
            let (units, campaign) = (close.units.len(), close.campaign);
            format!("closes {units} units of campaign {campaign}, sure enough before all answers")
        }
        Command::PauseAccount(pause) => {
            let (account, campaign) = (pause.account, pause.campaign);
            format!("pauses account {account} in the open round of campaign {campaign}")
        }
        Command::PostScores(scores) => {
            let last = if scores.closing { ", the last" } else { "" };
            format!(
                "posts scores of campaign {} by {}{last}",
                scores.campaign, scores.algorithm
            )
        }
        Command::ReturnHeld(id) => format!("returns held and unspent money of campaign {id}"),
        Command::CloseEpoch(epoch) => {
            let (number, leaves, root) = (epoch.epoch, epoch.leaves, short(&epoch.root));
            format!("closes epoch {number}: {leaves} leaves, claim root {root}")
        }
        Command::NoteRelease(epoch) => {
            format!("notes that epoch {epoch} is final and its money released")
        }
        Command::NoteRefund(refund) => {
            let (units, fund) = (refund.amount_units, refund.fund);
            format!("notes a refund of {units} units from deposit {fund}")
        }
        _ => return None,
    })
}

/// What keeps the log itself.
fn keeping_words(command: &Command) -> Option<String> {
    Some(match command {
        Command::PostStateRoot(post) => {
            let (size, root) = (post.size, short(&post.root));
            format!("posts the state's root after {size} entries, {root}")
        }
        Command::SetWitnesses(set) => {
            let (quorum, keys) = (set.quorum, set.keys.len());
            format!("lets {quorum} of {keys} witnesses vouch for the time")
        }
        Command::NoteWitness(note) => {
            let size = note.checkpoint.lines().nth(1).unwrap_or("?");
            format!("notes that witnesses have seen {size} entries")
        }
        Command::RotateLogKey(rotate) => format!("signs checkpoints with {} now", rotate.key),
        Command::RotateOperator(rotate) => format!("hands the log over to key {}", rotate.key),
        Command::AddKey(add) => {
            let by = match &add.authority {
                Authority::Wallet(_) => "the wallet",
                Authority::Disclosed(open, _) => &format!("wallet 0x{}, disclosed", open.wallet),
                Authority::Key(..) => "another key",
                Authority::Passkey(_) => "the passkey",
            };
            format!("joins as a further key, to {}, by {by}", add.scope.text())
        }
        Command::SetRoles(set) => {
            let who = set.account.map(|id| format!("account {id}"));
            let who = who.unwrap_or("every other account".to_owned());
            let roles = Some(set.roles.text()).filter(|text| !text.is_empty());
            format!(
                "gives {who} the roles: {}",
                roles.as_deref().unwrap_or("none")
            )
        }
        Command::RevokeKey(key) => format!("revokes key {key}"),
        Command::Erase(erase) => match erase.what {
            Erasure::Openings(hash) => format!("erases the openings {}", short(&hash)),
            Erasure::Body(seq) => format!("erases the private body of entry {seq}"),
        },
        _ => return None,
    })
}

fn short(hash: &Hash) -> String {
    hash.to_string()[..12].to_owned()
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
