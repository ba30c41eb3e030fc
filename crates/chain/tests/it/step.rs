//! The steps that random histories are made of, and how often each comes.

use proptest::prelude::*;
use proptest::sample::Index;

/// Which epoch a step is about.
#[derive(Clone, Copy, Debug)]
pub enum Pick {
    /// The next to become final.
    OldestLive,
    Newest,
    NewestFinal,
    /// Any that exists, genesis, or one that does not exist yet.
    Any(Index),
}

/// Mostly the epoch for which a step makes sense, and sometimes any other.
fn mostly(pick: Pick) -> impl Strategy<Value = Pick> {
    prop_oneof![3 => Just(pick), 1 => any::<Index>().prop_map(Pick::Any)]
}

/// One step of anyone's.
#[derive(Clone, Debug)]
pub enum Step {
    Open {
        amount: u16,
        cap: u16,
    },
    /// The leaves add at most this much to the parent's; the total is the inflow less
    /// `short`, which may be below zero.
    Post {
        raises: [u16; 3],
        short: i8,
    },
    Debit {
        epoch: Pick,
        deposit: Index,
        amount: u16,
    },
    Halt(Pick),
    Rule {
        epoch: Pick,
        upheld: bool,
    },
    Lapse(Pick),
    Finalize(Pick),
    Release(Pick),
    Restore(Pick),
    Claim {
        epoch: Pick,
        first: usize,
    },
    Refund(Index),
    Block {
        account: usize,
        blocked: bool,
    },
    Wait(u32),
    /// An honest operator's epoch: a post, and a debit for it.
    Round {
        deposit: Index,
        amount: u16,
    },
    /// The window passes and an epoch becomes final, and its debits are released.
    Settle,
    /// The newest epoch is vetoed and its debits go back, of which a second call must do nothing.
    Veto,
}

pub fn step() -> impl Strategy<Value = Step> {
    let index = any::<Index>;
    prop_oneof![
        3 => (1..2_000_u16, 300..2_000_u16).prop_map(|(amount, cap)| Step::Open { amount, cap }),
        6 => (any::<[u8; 3]>(), -3..9_i8).prop_map(|(raises, short)| Step::Post {
            raises: raises.map(u16::from),
            short,
        }),
        8 => (mostly(Pick::Newest), index(), 1..900_u16)
            .prop_map(|(epoch, deposit, amount)| Step::Debit { epoch, deposit, amount }),
        1 => mostly(Pick::Newest).prop_map(Step::Halt),
        2 => (mostly(Pick::OldestLive), any::<bool>())
            .prop_map(|(epoch, upheld)| Step::Rule { epoch, upheld }),
        1 => mostly(Pick::OldestLive).prop_map(Step::Lapse),
        8 => mostly(Pick::OldestLive).prop_map(Step::Finalize),
        4 => mostly(Pick::NewestFinal).prop_map(Step::Release),
        2 => mostly(Pick::Newest).prop_map(Step::Restore),
        6 => (mostly(Pick::NewestFinal), 0..3_usize)
            .prop_map(|(epoch, first)| Step::Claim { epoch, first }),
        2 => index().prop_map(Step::Refund),
        1 => (0..3_usize, any::<bool>())
            .prop_map(|(account, blocked)| Step::Block { account, blocked }),
        4 => (1..3_000_u32).prop_map(Step::Wait),
        6 => (index(), 1..500_u16)
            .prop_map(|(deposit, amount)| Step::Round { deposit, amount }),
        6 => Just(Step::Settle),
        2 => Just(Step::Veto),
    ]
}
