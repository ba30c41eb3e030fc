//! Records of the spool, whole, cut and bent.

use super::*;
use crate::receipt::tests::row;
use proof::voucher::{Lent, SpendKey, Voucher};

const DRAWING: Drawing = Drawing {
    key: CreditKey {
        payer: [1; 20],
        key: [2; 20],
    },
    cumulative: 1 << 91,
};
const LENT: Lent = Lent {
    key: SpendKey {
        payer: [1; 20],
        token: [3; 20],
        key: [2; 20],
        cap: 1 << 92,
        expires_at_s: 7,
    },
    signature: [6; 65],
};

fn stored(lent: Option<Lent>) -> Stored {
    let voucher = Voucher {
        payer: [1; 20],
        token: [3; 20],
        key: [2; 20],
        cumulative: 1 << 91,
    };
    Stored {
        account: AccountId(8),
        signed: Signed {
            voucher,
            signature: [4; 65],
            lent,
        },
        served: 9,
    }
}

const ONCE: Once = Once {
    scope: [7; 32],
    body: [8; 32],
    within: true,
};

fn used(counter: u64, once: Option<Once>, paid: Paid) -> Record {
    Record::Use {
        asset: AssetId(4),
        payer: AccountId(1),
        counter,
        key: 7,
        row: row(3),
        once,
        paid,
    }
}

#[test]
fn records_read_back_up_to_where_a_file_is_cut() {
    let asset = AssetId(4);
    let credit = |ends| Paid::Credit {
        drawing: DRAWING,
        ends,
    };
    let records = vec![
        Record::Counter(AccountId(1), 9),
        Record::Spent(-3, 1 << 90),
        used(10, None, Paid::Allowance),
        used(11, Some(ONCE), Paid::Allowance),
        Record::Voucher(stored(None)),
        Record::Voucher(stored(Some(LENT))),
        used(12, Some(ONCE), credit(false)),
        used(13, None, credit(true)),
        used(14, None, Paid::Waits),
        Record::Open(DRAWING.key, None),
        Record::Open(DRAWING.key, Some(1 << 90)),
        Record::Ripe(AllowanceId(5), 2),
        Record::Answered(Answered {
            key: 7,
            once: ONCE,
            receipt: [9; 32],
            time_ms: 5,
        }),
        Record::Plan {
            asset,
            number: 2,
            count: 1,
            root: Hash([5; 32]),
            log_size: 77,
        },
        Record::Void(asset),
        Record::Lost(asset, [6; 32]),
        Record::Posted(asset),
    ];
    let all: Vec<Vec<u8>> = records.iter().map(Record::bytes).collect();
    let bytes = all.concat();
    assert_eq!(read(&bytes), records);
    let mut ends = vec![0];
    for one in &all {
        ends.push(ends[ends.len() - 1] + one.len());
    }
    for cut in 0..bytes.len() {
        let whole = ends.iter().filter(|end| **end <= cut).count() - 1;
        assert_eq!(read(&bytes[..cut]), records[..whole], "cut at {cut}");
        // Where the file had room for more, zeros stand behind the cut, and in what was cut.
        let roomy = [&bytes[..cut], &[0; 3_000]].concat();
        let there = |end: &&usize| bytes[cut.min(**end)..**end].iter().all(|byte| *byte == 0);
        let whole = ends.iter().filter(there).count() - 1;
        assert_eq!(read(&roomy), records[..whole], "zeros from {cut} on");
    }
    for at in 0..bytes.len() {
        let mut bent = bytes.clone();
        bent[at] ^= 1;
        assert!(read(&bent).len() < records.len(), "bent at {at}");
    }
}
