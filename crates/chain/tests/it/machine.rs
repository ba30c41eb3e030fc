//! Random histories against the contracts: the money adds up and vetoed roots never pay.

use std::collections::BTreeMap;

use alloy_sol_types::{SolCall, sol};
use chain::settlement::{Claim, Status};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::step::{Pick, Step, step};
use crate::world::{PLENTY, WINDOW_S, World, send};

sol! {
    function setBlocked(address account, bool blocked);
}

const ACCOUNTS: [[u8; 20]; 3] = [[0xa1; 20], [0xa2; 20], [0xa3; 20]];

/// The world, and what the test itself remembers of it.
struct History {
    world: World,
    claims: BTreeMap<u64, Vec<Claim>>,
    seen: BTreeMap<u64, Status>,
    claimed: [u128; 3],
    deposits: u64,
}

impl History {
    fn new() -> History {
        let world = World::on(&["BlockingToken"]);
        let (claims, seen) = (BTreeMap::new(), BTreeMap::new());
        History {
            world,
            claims,
            seen,
            claimed: [0; 3],
            deposits: 0,
        }
    }

    fn epoch(&self, pick: Pick) -> u64 {
        let live = |status: &Status| matches!(status, Status::Open | Status::Halted);
        let mut seen = self.seen.iter();
        let found = match pick {
            Pick::OldestLive => seen.find(|(_, status)| live(status)),
            Pick::Newest => seen.next_back(),
            Pick::NewestFinal => seen.rfind(|(_, status)| **status == Status::Final),
            Pick::Any(index) => return index.index(self.claims.len() + 2) as u64,
        };
        found.map_or(0, |(id, _)| *id)
    }

    /// A deposit that exists, or one of the two ids around these.
    fn deposit(&self, index: Index) -> u64 {
        index.index(self.deposits as usize + 2) as u64
    }

    /// Takes the step; a refusal is as good as success, but must be a contract's.
    fn take(&mut self, step: &Step) {
        let outcome = match *step {
            Step::Open { amount, cap } => self.open(amount, cap),
            Step::Post { raises, short } => self.post(raises, short),
            Step::Debit {
                epoch,
                deposit,
                amount,
            } => {
                let epoch = self.epoch(epoch);
                self.world
                    .debit(epoch, self.deposit(deposit), amount.into())
            }
            Step::Claim { epoch, first } => self.claim(epoch, first),
            Step::Finalize(epoch) => self.world.finalize(self.epoch(epoch)),
            Step::Release(epoch) => self.world.release(self.epoch(epoch)),
            Step::Block { account, blocked } => {
                self.block(ACCOUNTS[account], blocked);
                Ok(())
            }
            Step::Wait(seconds) => {
                self.world.chain.devnet.advance(seconds.into());
                Ok(())
            }
            Step::Round { deposit, amount } => self.post([9; 3], 0).and_then(|()| {
                let epoch = self.world.chain.last_id()?;
                self.world
                    .debit(epoch, self.deposit(deposit), amount.into())
            }),
            Step::Settle => {
                self.world.chain.devnet.advance(WINDOW_S);
                let epoch = self.epoch(Pick::OldestLive);
                self.world
                    .finalize(epoch)
                    .and_then(|()| self.world.release(epoch))
            }
            Step::Veto => [
                Step::Halt(Pick::Newest),
                Step::Rule {
                    epoch: Pick::Newest,
                    upheld: true,
                },
                Step::Restore(Pick::Newest),
                Step::Restore(Pick::Newest),
            ]
            .iter()
            .try_for_each(|part| self.intervene(part)),
            _ => self.intervene(step),
        };
        if let Err(error) = outcome {
            let refused = error.revert.is_some_and(|name| name != "Panic");
            assert!(refused, "{step:?} broke a contract");
        }
    }

    /// The steps of those who watch, and of funders.
    fn intervene(&mut self, step: &Step) -> Result<(), chain::Error> {
        let ids: Vec<u64> = (0..=self.deposits + 1).collect();
        let about = |pick| self.epoch(pick);
        let (epoch, refunded) = match *step {
            Step::Halt(pick) | Step::Lapse(pick) | Step::Restore(pick) => (about(pick), 0),
            Step::Rule { epoch, .. } => (about(epoch), 0),
            Step::Refund(id) => (0, self.deposit(id)),
            _ => unreachable!("`take` takes the other steps"),
        };
        let World {
            chain,
            guardian,
            arbiter,
            anyone,
            ..
        } = &mut self.world;
        match *step {
            Step::Halt(_) => chain.halt(guardian, epoch, "").map(drop),
            Step::Lapse(_) => chain.lapse(anyone, epoch).map(drop),
            Step::Restore(_) => chain.restore(anyone, epoch, &ids).map(drop),
            Step::Rule { upheld, .. } => chain.rule(arbiter, epoch, upheld).map(drop),
            _ => chain.refund(anyone, &[refunded]).map(drop),
        }
    }

    fn block(&mut self, account: [u8; 20], blocked: bool) {
        let call = setBlockedCall {
            account: account.into(),
            blocked,
        }
        .abi_encode();
        let anyone = self.world.anyone.clone();
        assert!(send(&mut self.world, &anyone, |to| to.token(), call).success);
    }

    fn open(&mut self, amount: u16, cap: u16) -> Result<(), chain::Error> {
        let closes_at_s = self.world.chain.devnet.time_s() + 20_000;
        let opening = chain::escrow::Opening {
            max_per_epoch: cap.into(),
            closes_at_s,
            ..self.world.opening(amount.into())
        };
        let token = self.world.token();
        self.deposits = self
            .world
            .chain
            .open_deposit(&self.world.funder, token, &opening)?;
        Ok(())
    }

    /// The poster may lie: the leaves need not fit the total.
    fn post(&mut self, raises: [u16; 3], short: i8) -> Result<(), chain::Error> {
        let world = &mut self.world;
        let inflow = world.chain.inflow(world.token()).expect("an answer");
        let parent = self.claims.get(&world.chain.head().expect("an answer"));
        let amounts: Vec<([u8; 20], u128)> = (0..3)
            .map(|at| {
                let before = parent.map_or(0, |claims| claims[at].leaf.lines[0].cumulative);
                (ACCOUNTS[at], before + u128::from(raises[at]))
            })
            .collect();
        let (root, claims) = world.claims(&amounts);
        let post = world.next_post(root, inflow.saturating_add_signed(-i128::from(short)));
        world.chain.post(&world.poster, &post)?;
        self.claims.insert(post.id, claims);
        Ok(())
    }

    fn claim(&mut self, epoch: Pick, first: usize) -> Result<(), chain::Error> {
        let epoch = self.epoch(epoch);
        let claims = self
            .claims
            .get(&epoch)
            .map_or(&[][..], |claims| &claims[first..]);
        if claims.is_empty() {
            return Ok(());
        }
        let outcome = self
            .world
            .chain
            .claim_many(&self.world.anyone, epoch, claims);
        let status = self.world.chain.posted(epoch)?.expect("posted").status;
        assert_eq!(
            outcome.is_ok(),
            status == Status::Final,
            "epoch {epoch} is {status:?}"
        );
        outcome.map(drop)
    }

    fn check(&mut self) {
        self.check_statuses();
        let (chain, token) = (&self.world.chain, self.world.token());
        let inflow = chain.inflow(token).expect("an answer");
        let paid = chain.paid(token).expect("an answer");
        let limit = chain.final_total(token).expect("an answer");
        assert!(
            paid <= limit && limit <= inflow,
            "{paid} <= {limit} <= {inflow}"
        );

        let claimed = ACCOUNTS.map(|account| chain.claimed(account, token).expect("an answer"));
        assert!(
            claimed
                .iter()
                .zip(&self.claimed)
                .all(|(now, before)| now >= before)
        );
        assert_eq!(claimed.iter().sum::<u128>(), paid);
        assert_eq!(claimed, ACCOUNTS.map(|account| self.world.balance(account)));
        self.claimed = claimed;

        let deposits = chain.deposits().expect("an answer");
        assert!(
            deposits
                .iter()
                .map(|deposit| deposit.id)
                .eq(1..=self.deposits)
        );
        let sum = |of: fn(&chain::escrow::Deposit) -> u128| deposits.iter().map(of).sum::<u128>();
        let held = sum(|deposit| deposit.opening.amount - deposit.refunded) - inflow;
        let epochs = 1..=self.claims.len() as u64;
        let pending: u128 = epochs
            .map(|epoch| chain.pending(epoch, token).expect("an answer"))
            .sum();
        let escrow = self.world.balance(chain.deployment.escrow);
        assert_eq!(escrow, held);
        assert_eq!(escrow, sum(|deposit| deposit.available) + pending);

        let pot = self.world.balance(chain.deployment.settlement);
        assert_eq!(pot, inflow - paid);
        let funder = self.world.balance(self.world.funder.address());
        assert_eq!(funder + escrow + pot + paid, PLENTY);
    }

    /// Finality and vetoes last for ever, live epochs form one line, and descendants share their
    /// ancestor's fate.
    fn check_statuses(&mut self) {
        let chain = &self.world.chain;
        let mut live = 0;
        for id in self.claims.keys() {
            let posted = chain.posted(*id).expect("an answer").expect("posted");
            let parent = self
                .seen
                .get(&posted.post.parent)
                .copied()
                .unwrap_or(Status::Final);
            let fits = match posted.status {
                Status::Final => parent == Status::Final,
                Status::Open => matches!(parent, Status::Final | Status::Open),
                Status::Halted => parent != Status::Vetoed,
                Status::Vetoed => true,
            };
            assert!(fits, "epoch {id} is {:?} upon {parent:?}", posted.status);
            let before = self.seen.insert(*id, posted.status);
            let lasting = matches!(before, Some(Status::Final | Status::Vetoed));
            assert!(!lasting || before == Some(posted.status));
            live += u32::from(matches!(posted.status, Status::Open | Status::Halted));
        }
        assert!(live <= 4);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn money_adds_up_whatever_anyone_does(steps in prop::collection::vec(step(), 1..120)) {
        let mut history = History::new();
        for step in &steps {
            history.take(step);
            history.check();
        }
    }
}

/// The random histories above are worth something only if they get money through.
#[test]
fn random_histories_reach_payment_veto_and_refund() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut paid, mut vetoed, mut refunded) = (0, 0, 0);
    for _ in 0..25 {
        let steps = prop::collection::vec(step(), 120)
            .new_tree(&mut runner)
            .expect("steps");
        let mut history = History::new();
        for step in &steps.current() {
            history.take(step);
            history.check();
        }
        paid += u32::from(history.claimed.iter().sum::<u128>() > 0);
        vetoed += u32::from(
            history
                .seen
                .values()
                .any(|status| *status == Status::Vetoed),
        );
        let deposits = history.world.chain.deposits().expect("an answer");
        refunded += u32::from(deposits.iter().any(|deposit| deposit.refunded > 0));
    }
    assert!(
        paid >= 5 && vetoed >= 5 && refunded >= 5,
        "{paid}, {vetoed}, {refunded} of 25"
    );
}
