//! The operator's fee as a setting: announced once, and a refusal is a problem that is told.

use crate::space::{DEADLINE, accept, end, joins, lay_out, quiet, start};
use node::{Host, fee};
use protocol::fee::FEE_NOTICE_MS;
use protocol::{AccountId, Ppm};
use store::Place;

fn coming(host: &Host) -> Vec<(u64, u32, u32)> {
    assert!(host.wait_for(host.durable() - 1, DEADLINE));
    let row = |(from, fee, account): (u64, Ppm, AccountId)| (from, fee.ppm(), account.0);
    host.read(|state| state.sections.fees.coming(0).map(row).collect())
}

#[test]
fn a_fee_is_announced_once_and_lowered_within_a_minute() {
    let dir = tempfile::tempdir().unwrap();
    let place = Place::directory(dir.path());
    lay_out(&place);
    let running = start(&place, quiet());
    let host = &running.host;
    accept(host, joins(1..2));
    let fee = |ppm: u32, account: u32| Some((Ppm::new(ppm).unwrap(), AccountId(account)));
    fee::announce(host, None);
    fee::announce(host, fee(0, 1));
    assert_eq!(coming(host), []);
    fee::announce(host, fee(50_000, 1));
    let from_ms = host.now_ms() + FEE_NOTICE_MS + 60_000;
    assert_eq!(coming(host), [(from_ms, 50_000, 1)]);
    let entries = host.durable();
    fee::announce(host, fee(50_000, 1));
    assert_eq!(host.durable(), entries, "it stands in the log already");
    assert_eq!(host.health().problems, [""; 0]);
    fee::announce(host, fee(10_000, 99));
    let problems = host.health().problems;
    assert!(
        problems[0].contains("10000 ppm for account 99"),
        "{problems:?}"
    );
    // Before it has begun it is called off.
    fee::announce(host, fee(0, 1));
    assert_eq!(coming(host), [(host.now_ms() + 60_000, 0, 1)]);
    assert_eq!(host.health().problems, [""; 0]);
    end(running);
}
