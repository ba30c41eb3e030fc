//! Transfers a second on one core, in a book of a million accounts.

use crate::clock::time;
use crate::header::Random;
use crate::row::{Goal, Table};
use ledger::draft::Draft;
use ledger::{Book, State};
use protocol::event::{Movement, PurseId, PurseOwner};
use protocol::{AccountId, Amount, Event, Space, TokenId};

const ACCOUNTS: u32 = 1_000_000;
const TRANSFERS: u64 = 2_000_000;

/// `Book::apply` alone, then decided and applied one by one.
pub fn measure(table: &mut Table) -> anyhow::Result<()> {
    let mut state = State::new(Space([7; 16]));
    fill(&mut state.book);
    let moves = transfers();
    let (_, spent) = time(|| moves.iter().for_each(|movement| state.book.apply(movement)));
    table.rate(
        "ledger: `Book::apply`, random transfers among 1 M accounts",
        TRANSFERS,
        spent,
        Goal::Rate(1e6),
    );
    let (_, spent) = time(|| {
        for movement in &moves {
            let Movement::Transferred { from, to, amount } = *movement else {
                continue;
            };
            let mut draft = Draft::new(&state);
            draft
                .transfer(from, to, amount)
                .expect("purses hold enough");
            for event in draft.into_events() {
                if let Event::Moved(movement) = event {
                    state.book.apply(&movement);
                }
            }
        }
    });
    table.rate(
        "ledger: the same, each decided by a `Draft` first",
        TRANSFERS,
        spent,
        Goal::Rate(1e6),
    );
    anyhow::ensure!(state.book.imbalance().is_none(), "money was lost");
    Ok(())
}

fn fill(book: &mut Book) {
    for account in 0..ACCOUNTS {
        let (owner, token) = (PurseOwner::Earned(AccountId(account)), TokenId(0));
        book.apply(&Movement::Opened {
            owner,
            token,
            fund: None,
        });
        let amount = Amount::new(1_000_000).expect("below the cap");
        book.apply(&Movement::Credited {
            purse: PurseId(account),
            amount,
        });
    }
}

fn transfers() -> Vec<Movement> {
    let mut random = Random::of(1);
    let transfer = |_| Movement::Transferred {
        from: PurseId(random.below(ACCOUNTS)),
        to: PurseId(random.below(ACCOUNTS)),
        amount: Amount::new(u128::from(1 + random.below(100))).expect("below the cap"),
    };
    (0..TRANSFERS).map(transfer).collect()
}
