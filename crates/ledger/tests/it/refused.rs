//! Each rejection is provoked at least once, and leaves no trace.

use crate::kit::{ppm, salt, terms};
use crate::world::{FAR_MS, SPACE, World, genesis, resign, units};
use protocol::command::{CloseRound, CreditDeposit, PostScores};
use protocol::document::Scores;
use protocol::entry::{Entry, RULE_VERSION};
use protocol::terms::{Demand, Terms};
use protocol::{
    AccountId, CampaignId, Command, EpochId, FundId, Rejection, Scope, Space, TokenId, codec,
};

pub type Outcome = Result<(), Rejection>;

#[test]
fn every_rejection_has_a_scenario() {
    for rejection in Rejection::ALL {
        let outcome = entry(*rejection)
            .or_else(|| people(*rejection))
            .or_else(|| deposit(*rejection))
            .or_else(|| campaign(*rejection))
            .or_else(|| round(*rejection))
            .or_else(|| market(*rejection))
            .or_else(|| crate::service::serving(*rejection))
            .or_else(|| crate::bonus::rewarding(*rejection))
            .or_else(|| crate::chains::settling(*rejection))
            .or_else(|| crate::payout_refused::naming(*rejection))
            .or_else(|| crate::refused_keeping::keeping(*rejection))
            .or_else(|| crate::refused_judging::judging(*rejection))
            .or_else(|| crate::refused_market::market(*rejection))
            .or_else(|| crate::line::refusing(*rejection));
        let code = rejection.code();
        assert_eq!(outcome, Some(Err(*rejection)), "scenario of `{code}`");
    }
}

fn free() -> Terms {
    terms(Demand::Floor(ppm(0)), 10)
}

/// `req` with deposit 1 of 2,000, `ann` with deposit 2 of 500.
pub fn world() -> World {
    let mut world = World::new(2);
    world.join("req");
    world.join("ann");
    world.deposit("req", 0, 2_000, 2_000).unwrap();
    world.deposit("ann", 0, 500, 500).unwrap();
    world
}

/// A campaign with an open round of 20 gold units.
fn working() -> World {
    let mut world = world();
    let spec = world.spec(1, 40);
    world.does("req", Command::OpenCampaign(spec));
    world.round(0, &[Some(0); 20]).unwrap();
    world
}

fn entry(rejection: Rejection) -> Option<Outcome> {
    let mut world = world();
    let signed = world.sign("ann", Command::CloseCampaign(CampaignId(0)), None);
    let mut submission = signed.submission.clone();
    let mut entry = Entry {
        seq: world.state.size,
        time_ms: world.time_ms,
        rule: RULE_VERSION,
        signed: signed.clone(),
    };
    Some(match rejection {
        Rejection::Malformed => ledger::verify(b"\xa0").map(drop),
        Rejection::TooLarge => {
            let mut terms = free();
            terms.purposes = (0..250).map(|n| format!("{n:0>300}")).collect();
            world.asset("ann", terms, &[])
        }
        Rejection::BadSignature => {
            submission.nonce += 1;
            let bent = protocol::Signed {
                submission,
                ..signed
            };
            world.enter(&bent)
        }
        Rejection::WrongSpace => {
            submission.space = Space([8; 16]);
            let bent = resign(world.actor("ann"), submission);
            world.enter(&bent)
        }
        Rejection::OutOfOrder => {
            entry.time_ms = world.state.time_ms - 1;
            let early = world.enter_entry(&entry);
            assert_eq!(early, Err(Rejection::OutOfOrder));
            entry.time_ms = world.time_ms;
            entry.rule = 2;
            assert_eq!(world.enter_entry(&entry), early);
            entry.rule = RULE_VERSION;
            entry.seq += 1;
            world.enter_entry(&entry)
        }
        Rejection::NonceReused => {
            world.asset("ann", free(), &[]).unwrap();
            world.actor("ann").nonce -= 1;
            world.asset("ann", free(), &[])
        }
        Rejection::NonceTooOld => {
            for _ in 0..65 {
                world.asset("ann", free(), &[]).unwrap();
            }
            world.actor("ann").nonce = 0;
            world.asset("ann", free(), &[])
        }
        Rejection::GenesisMisplaced => world.ask("operator", Command::Genesis(genesis(1))),
        _ => return None,
    })
}

fn people(rejection: Rejection) -> Option<Outcome> {
    let mut world = world();
    Some(match rejection {
        Rejection::UnknownKey => {
            let req = world.id("req");
            world.actor("ann").account = Some(req);
            world.asset("ann", free(), &[])
        }
        Rejection::KeyExpired => {
            world.time_ms = FAR_MS;
            world.asset("ann", free(), &[])
        }
        Rejection::OutOfScope => {
            world.meet("bob");
            let signed = world.opening("bob", Scope::WORK, FAR_MS);
            world.enter(&signed).unwrap();
            world.actor("bob").account = Some(AccountId(3));
            world.asset("bob", free(), &[])
        }
        Rejection::KeyExists => {
            world.actor("ann").account = None;
            let signed = world.opening("ann", Scope::WORK, FAR_MS);
            world.enter(&signed)
        }
        Rejection::BindingMismatch => {
            let other = world.actor("req").binding.clone();
            world.actor("ann").binding = other;
            world.disclose("ann")
        }
        Rejection::AlreadyDisclosed => {
            world.disclose("ann").unwrap();
            world.disclose("ann")
        }
        Rejection::NotOperator => world.ask("ann", Command::NoteRelease(EpochId(1))),
        Rejection::UnknownAccount => {
            world.actor("ann").account = None;
            world.asset("ann", free(), &[])
        }
        _ => return None,
    })
}

fn deposit(rejection: Rejection) -> Option<Outcome> {
    let mut world = world();
    let credit = CreditDeposit {
        fund: FundId(3),
        account: AccountId(1),
        token: TokenId(0),
        amount_units: units(100),
        epoch_cap_units: units(100),
        closes_ms: world.time_ms,
    };
    let mut ask = |deposit| world.ask("operator", Command::CreditDeposit(deposit));
    Some(match rejection {
        Rejection::UnknownToken => ask(CreditDeposit {
            token: TokenId(2),
            ..credit
        }),
        Rejection::DepositOutOfOrder => ask(CreditDeposit {
            fund: FundId(4),
            ..credit
        }),
        Rejection::AmountTooLarge => ask(CreditDeposit {
            amount_units: protocol::Amount::MAX,
            ..credit
        }),
        Rejection::FundClosed => {
            ask(credit).unwrap();
            let spec = world.spec(3, 20);
            world.ask("req", Command::OpenCampaign(spec))
        }
        Rejection::UnknownFund => world.refund(3, 1),
        Rejection::InsufficientFunds => world.refund(2, 501),
        Rejection::EpochCapReached => {
            world.deposit("req", 0, 2_000, 150).unwrap();
            world.asset("ann", free(), &[]).unwrap();
            world.allow("req", 0, 3, 100, 1_000).unwrap();
            world.allow("req", 0, 3, 100, 1_000).unwrap();
            world.meter("ann", 0, 0, 10).unwrap();
            world.meter("ann", 0, 1, 5).unwrap();
            let over = world.meter("ann", 0, 1, 1);
            world.epoch().unwrap();
            world.meter("ann", 0, 1, 1).unwrap();
            over
        }
        _ => return None,
    })
}

fn campaign(rejection: Rejection) -> Option<Outcome> {
    let mut world = world();
    let mut spec = world.spec(1, 20);
    let asker = if rejection == Rejection::NotOwner {
        "ann"
    } else {
        "req"
    };
    match rejection {
        Rejection::NotOwner => {}
        Rejection::AmountZero => spec.price_units = units(0),
        Rejection::BadList => spec.classes = vec!["no".into(), "no".into()],
        Rejection::OutOfRange => spec.skill = "Spam".into(),
        Rejection::MissingDocument => spec.units = salt(5),
        Rejection::BadDocument => spec.unit_count = 19,
        Rejection::CampaignState => {
            world.does("req", Command::OpenCampaign(spec));
            return Some(world.ask("req", Command::CloseCampaign(CampaignId(0))));
        }
        Rejection::UnknownCampaign => return Some(world.round(0, &[None])),
        _ => return None,
    }
    Some(world.ask(asker, Command::OpenCampaign(spec)))
}

fn round(rejection: Rejection) -> Option<Outcome> {
    let mut world = working();
    Some(match rejection {
        Rejection::RoundState => world.round(0, &[None]),
        Rejection::BudgetExhausted => {
            let mut spec = world.spec(1, 20);
            spec.budget_units = units(19);
            world.does("req", Command::OpenCampaign(spec));
            world.round(1, &[None; 20]).unwrap();
            world.seal("ann", 1, &[(0, 0)]).unwrap();
            world.seal("ann", 1, &[(1, 0)])
        }
        Rejection::DepositShort => {
            world.join("bob");
            world.seal("bob", 0, &[(0, 0)])
        }
        Rejection::OpeningMismatch => {
            world.seal("ann", 0, &[(0, 0)]).unwrap();
            let mut openings = world.openings(0, "");
            openings.answers[0].as_mut().unwrap().label = 1;
            let openings = world.shelf.put(codec::encode(&openings));
            let campaign = CampaignId(0);
            world.ask(
                "operator",
                Command::CloseRound(CloseRound { campaign, openings }),
            )
        }
        Rejection::ScoreMismatch => {
            world.seal("ann", 0, &[(0, 0)]).unwrap();
            world.open_seals(0, "").unwrap();
            let mut scores = world.scores(0, true);
            assert_eq!(other_input(&mut world, &scores), Err(rejection));
            scores.blocks.clear();
            world.post_scores(0, &scores, true)
        }
        Rejection::UnknownAlgorithm => {
            world.open_seals(0, "").unwrap();
            let post = PostScores {
                campaign: CampaignId(0),
                algorithm: "coin@1".into(),
                input: ledger::score::input_root(SPACE, CampaignId(0), &world.state.campaigns[0]),
                scores: salt(0),
                closing: true,
            };
            world.ask("operator", Command::PostScores(post))
        }
        Rejection::AppealsOpen => {
            world.seal("ann", 0, &[(0, 1)]).unwrap();
            world.open_seals(0, "").unwrap();
            let scores = world.scores(0, true);
            world.post_scores(0, &scores, true).unwrap();
            world.does("req", Command::CloseCampaign(CampaignId(0)));
            world.time_ms += 4_999;
            world.ask("operator", Command::ReturnHeld(CampaignId(0)))
        }
        _ => return None,
    })
}

/// The right scores, said to be of an input that the ledger does not hold.
fn other_input(world: &mut World, scores: &Scores) -> Outcome {
    let other = PostScores {
        campaign: CampaignId(0),
        algorithm: ledger::score::ALGORITHM.into(),
        input: salt(0),
        scores: world.shelf.put(codec::encode(scores)),
        closing: true,
    };
    world.ask("operator", Command::PostScores(other))
}

fn market(rejection: Rejection) -> Option<Outcome> {
    let mut world = world();
    let mut short = free();
    short.expires_ms = Some(world.time_ms + 10);
    world.asset("ann", short, &[]).unwrap();
    world.allow("req", 0, 1, 100, 20).unwrap();
    let mut total = world.total(0, 0, 1);
    Some(match rejection {
        Rejection::UnknownAsset => world.asset("ann", free(), &[9]),
        Rejection::TermsExpired => {
            world.time_ms += 10;
            assert_eq!(world.allow("req", 0, 1, 1, 5), Err(rejection));
            world.asset("ann", free(), &[0])
        }
        Rejection::DemandTooHigh => {
            let all = terms(Demand::Floor(ppm(1_000_000)), 1);
            world.asset("ann", all.clone(), &[]).unwrap();
            world.asset("ann", all, &[]).unwrap();
            world.asset("ann", free(), &[1, 2])
        }
        Rejection::UnknownPurpose => {
            total.purpose = 2;
            let segment = world.segment(0, vec![total]);
            world.ask("ann", Command::PostSegment(segment))
        }
        Rejection::UnknownAllowance => {
            world.asset("ann", free(), &[]).unwrap();
            assert_eq!(world.meter("ann", 0, 1, 1), Err(rejection));
            world.meter("ann", 1, 0, 1)
        }
        Rejection::AllowanceExhausted => {
            assert_eq!(world.meter("ann", 0, 0, 11), Err(rejection));
            world.time_ms += 20;
            world.meter("ann", 0, 0, 1)
        }
        Rejection::SegmentOutOfOrder => {
            let segment = world.segment(0, vec![total]);
            world.does("ann", Command::PostSegment(segment.clone()));
            world.ask("ann", Command::PostSegment(segment))
        }
        Rejection::SegmentMismatch => {
            total.amount_units = units(9);
            let segment = world.segment(0, vec![total]);
            world.ask("ann", Command::PostSegment(segment))
        }
        Rejection::EpochOutOfOrder => world.release(1),
        Rejection::EpochMismatch => {
            let mut close = world.closing();
            close.leaves = 1;
            world.ask("operator", Command::CloseEpoch(close))
        }
        _ => return None,
    })
}
