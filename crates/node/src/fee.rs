//! The operator's fee as a setting: announced in the log where the log says another one.

use crate::Host;
use protocol::fee::{FEE_NOTICE_MS, SetFee};
use protocol::{AccountId, Command, Ppm};
use std::time::Duration;

/// Time in which the announcement reaches the log, before it begins.
const MARGIN_MS: u64 = 60_000;
/// How long a running node may take for it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Announces the fee that is set, unless it is announced already; a node without the setting leaves
/// the log's as it is. What the rules refuse is a problem of the node that its health names.
pub fn announce(host: &Host, fee: Option<(Ppm, AccountId)>) {
    let Some(wanted) = fee else { return };
    let now_ms = host.now_ms();
    let (now, lowest, newest) = host.read(|state| {
        let fees = &state.sections.fees;
        let now = fees.at(now_ms.max(state.time_ms));
        let coming = fees.coming(now_ms).last();
        // What begins before this could would be raised by it, as the ledger sees it.
        let before = fees.coming(now_ms);
        let before = before.filter(|(from, ..)| *from <= now_ms + MARGIN_MS);
        let lowest = before.map(|(_, fee, _)| fee).fold(now.0, Ppm::min);
        let newest = coming.map_or(now, |(_, fee, account)| (fee, account));
        (now, lowest, newest)
    });
    if newest == wanted || (newest.0 == Ppm::ZERO && wanted.0 == Ppm::ZERO) {
        return;
    }
    let lower = wanted.0 <= lowest && (wanted.1 == now.1 || wanted.0 == Ppm::ZERO);
    let notice_ms = if lower { 0 } else { FEE_NOTICE_MS };
    let set = SetFee {
        fee: wanted.0,
        account: wanted.1,
        from_ms: now_ms + notice_ms + MARGIN_MS,
    };
    let asked = host.operate(Command::SetFee(set));
    let answer = asked.map(|ticket| ticket.wait(PATIENCE));
    let why = match answer {
        Ok(Some(Ok(Ok(_)))) => None,
        Ok(Some(Ok(Err(rejection)))) => Some(rejection.to_string()),
        Ok(Some(Err(unanswered))) | Err(unanswered) => Some(unanswered.to_string()),
        Ok(None) => Some("the node does not answer".to_owned()),
    };
    let problem = why.map(|why| {
        let (fee, account) = (wanted.0.ppm(), wanted.1);
        format!("cannot announce a fee of {fee} ppm for account {account}: {why}")
    });
    host.report("fee", problem);
}
