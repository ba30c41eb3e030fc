//! Leaves made one at a time against leaves that are all there, and how much memory a file takes.

use super::*;
use crate::claims::Statement;
use alloc::string::ToString as _;
use alloc::vec;
use core::fmt::Write as _;
use proof::claim::{Debit, Tree};
use proptest::prelude::*;

/// Three tokens on the first chain, one on the second, none on the third that anybody is owed.
const CHAINS: [(u16, usize); 3] = [(0, 3), (3, 1), (4, 2)];

fn chains() -> Vec<Chain> {
    let numbered = (0..).zip(CHAINS);
    let chain = |(place, (first, count)): (u16, (u16, usize))| Chain {
        domain: Domain {
            chain_id: u64::from(place) + 1,
            contract: [place as u8; 20],
        },
        place: ChainIndex(place),
        first: TokenId(first),
        tokens: (1..=count as u8).map(|it| Address([it; 20])).collect(),
    };
    numbered.map(chain).collect()
}

fn address(number: u8) -> Address {
    Address([number; 20])
}

/// What wallets are owed, as it comes out of a state.
fn owed(mut rows: Vec<(u8, u16, u64)>, beside: &[(u8, u8, u64)], seed: u64) -> Owed {
    rows.sort_unstable();
    let row = |(wallet, token, units): (u8, u16, u64)| {
        let amount = Amount::new(units.into()).unwrap();
        (address(wallet), TokenId(token), amount)
    };
    let mut beside: Vec<(Address, Line)> = beside
        .iter()
        .map(|(wallet, token, units)| {
            let line = Line {
                kind: LineKind::Vote,
                token: [*token; 20],
                cumulative: u128::from(*units),
            };
            (address(*wallet), line)
        })
        .collect();
    beside.sort_by_key(|(wallet, line)| (*wallet, line.token));
    beside.dedup_by_key(|(wallet, line)| (*wallet, line.token));
    Owed {
        rows: rows.into_iter().map(row).collect(),
        chains: chains(),
        beside,
        debits: debits(seed),
        totals: Vec::new(),
    }
}

/// Some on each chain but the second.
fn debits(seed: u64) -> Vec<Debits> {
    let row = |id: u64| Debit {
        id,
        cumulative: u128::from(id) << 32 | 1,
    };
    let of = |place: u64| Debits {
        escrow: [7; 20],
        rows: (1..=seed % (3 * (place + 1))).map(row).collect(),
    };
    vec![of(0), Debits::default(), of(2)]
}

/// The leaves of a chain, found by looking at everything for each address.
fn leaves(owed: &Owed, chain: &Chain) -> Vec<Leaf> {
    let leaf = |account: u8| {
        let mut lines = Vec::new();
        for (token, contract) in (chain.first.0..).map(TokenId).zip(&chain.tokens) {
            let own = owed.rows.iter();
            let own = own.filter(|row| (row.0, row.1) == (address(account), token));
            let own: Vec<u128> = own.map(|row| row.2.units()).collect();
            lines.extend((!own.is_empty()).then(|| Line {
                kind: LineKind::Pay,
                token: contract.0,
                cumulative: own.iter().sum(),
            }));
        }
        let beside = owed.beside.iter().filter(|it| it.0 == address(account));
        lines.extend(beside.filter(|_| chain.place == FIRST).map(|it| it.1));
        let account = address(account).0;
        (!lines.is_empty()).then_some(Leaf { account, lines })
    };
    (0..=u8::MAX).filter_map(leaf).collect()
}

/// All of it in memory.
fn whole(owed: &Owed) -> Statement {
    let of = |chain: &Chain| (chain.domain, leaves(owed, chain));
    let mut parts: Vec<(Domain, Vec<Leaf>)> = owed.chains.iter().map(of).collect();
    let hashes = parts.iter().flat_map(|(domain, leaves)| {
        let hash = |leaf: &Leaf| leaf.hash(domain).unwrap();
        leaves.iter().map(hash).collect::<Vec<_>>()
    });
    let shown = owed.chains.iter().zip(&owed.debits);
    let shown = shown.flat_map(|(chain, own)| own.hashes(chain.domain.chain_id));
    let tree = Tree::new(hashes.chain(shown.map(Result::unwrap)).collect());
    let (domain, leaves) = parts.remove(0);
    Statement {
        domain,
        leaves,
        further: parts,
        debits: owed.debits.clone(),
        tree,
        totals: Vec::new(),
    }
}

proptest! {
    #[test]
    fn a_file_that_is_made_while_it_is_written_is_the_same_file(
        rows in prop::collection::vec((0..9_u8, 0..6_u16, any::<u64>()), 0..40),
        beside in prop::collection::vec((0..12_u8, 0..3_u8, any::<u64>()), 0..12),
        seed in any::<u64>(),
    ) {
        let owed = owed(rows, &beside, seed);
        let (whole, epoch) = (whole(&owed), EpochId(3));
        let closing = owed.closing(epoch).unwrap();
        prop_assert_eq!(&closing, &whole.closing(epoch));
        let file = owed.file(epoch, closing.root).to_string();
        prop_assert_eq!(file.into_bytes(), whole.file(epoch));
    }
}

/// Keeps nothing of what is written.
#[derive(Default)]
struct Counting {
    bytes: usize,
    longest: usize,
}

impl fmt::Write for Counting {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.bytes += text.len();
        self.longest = self.longest.max(text.len());
        Ok(())
    }
}

#[test]
fn however_many_leaves_there_are_the_file_leaves_in_small_pieces() {
    let many = 20_000_u32;
    let rows = (0..many).map(|wallet| {
        let mut place = [0; 20];
        place[..4].copy_from_slice(&wallet.to_be_bytes());
        (Address(place), TokenId(0), Amount::new(1_000_000).unwrap())
    });
    let owed = Owed {
        rows: rows.collect(),
        ..owed(vec![], &[], 0)
    };
    let mut counting = Counting::default();
    write!(counting, "{}", owed.file(EpochId(1), Hash([0; 32]))).unwrap();
    assert!(counting.bytes > 150 * many as usize);
    assert!(counting.longest <= 64, "{} bytes at once", counting.longest);
}
